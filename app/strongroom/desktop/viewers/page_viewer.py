# SPDX-License-Identifier: Apache-2.0
"""Markdown laid out as a page that loads nothing and leads nowhere.

* HTML stays text. Pictures become their words before the page is laid out: Qt would open the
  files they name. Links become words followed by their address; nothing can be pressed.
* `loadResource` answers nothing and counts what was asked for; tests expect that to stay 0.
"""

from PySide6.QtCore import QRectF, QUrl
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.services.views.visible import visible_line

MOST_ADDRESS = 200
_TITLES = {1: 20, 2: 16, 3: 14}  # px at 100 %
_FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownNoHTML
    | QTextDocument.MarkdownFeature.MarkdownDialectGitHub
)


class PageViewer(QTextBrowser):
    """Shows a Markdown text."""

    def __init__(self, name: str = "Page", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.asked: list[str] = []
        self._markdown = ""
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.apply_theme()
        theme().follow(self)

    def show_markdown(self, markdown: str) -> None:
        """Shows another text."""
        self._markdown = markdown
        document = _Closed(self)
        document.setDefaultFont(theme().font("body"))
        document.setDocumentMargin(2)
        document.setMarkdown(markdown, _FEATURES)
        _make_harmless(document)
        document.setIndentWidth(20)
        self.setDocument(document)  # the one before goes with it: the browser owned it

    def loadResource(self, kind: int, name: QUrl) -> object:  # type: ignore[override]
        """Loads nothing, whatever is asked for."""
        self.asked.append(f"{kind} {name.toString()[:MOST_ADDRESS]}")
        return ""

    def apply_theme(self) -> None:
        """Takes over font and colours of the look in force."""
        look = theme()
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, look.colour("bg_surface"))
        palette.setColor(QPalette.ColorRole.Text, look.colour("text_primary"))
        palette.setColor(QPalette.ColorRole.Link, look.colour("text_primary"))
        self.setPalette(palette)
        self.setFont(look.font("body"))
        if self._markdown:
            self.show_markdown(self._markdown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the page and the ring."""
        super().paintEvent(event)
        if self.hasFocus():
            paint.focus_ring(QPainter(self.viewport()), QRectF(self.viewport().rect()), 4)


class _Closed(QTextDocument):
    """A document that loads nothing either."""

    def loadResource(self, _kind: int, _name: QUrl) -> object:  # type: ignore[override]
        """Loads nothing."""
        return ""


def _make_harmless(document: QTextDocument) -> None:
    """Turns pictures and links into words, and gives code the mono font."""
    look = theme()
    found: list[tuple[int, int, QTextCharFormat]] = []
    block = document.begin()
    while block.isValid():
        is_code = bool(block.blockFormat().property(QTextFormat.Property.BlockCodeLanguage)) or (
            block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)
        )
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            form = fragment.charFormat()
            if form.isImageFormat() or form.isAnchor() or form.fontFixedPitch() or is_code:
                found.append((fragment.position(), fragment.length(), QTextCharFormat(form)))
            fragments += 1
        block = block.next()
    cursor = QTextCursor(document)
    for at, length, form in reversed(found):
        cursor.setPosition(at)
        cursor.setPosition(at + length, QTextCursor.MoveMode.KeepAnchor)
        if form.isImageFormat():
            plain = QTextCharFormat()
            plain.setForeground(look.colour("text_tertiary"))
            named = visible_line(form.toImageFormat().name(), MOST_ADDRESS)
            cursor.insertText(f"[picture not loaded: {named}]", plain)
        elif form.isAnchor():
            said, address = cursor.selectedText(), visible_line(form.anchorHref(), MOST_ADDRESS)
            plain = QTextCharFormat()
            plain.setFontWeight(form.fontWeight())
            plain.setForeground(look.colour("text_primary"))
            more = "" if address.strip("/") == said.strip("/") else f" ({address})"
            cursor.insertText(said + more, plain)
        else:
            plain = QTextCharFormat()
            plain.setFont(look.font("mono"))
            plain.setBackground(look.colour("bg_sunken"))
            cursor.setCharFormat(plain)
    _space(document)
    _draw_tables(document)


def _draw_tables(document: QTextDocument) -> None:
    """Gives tables hairlines of the look instead of frames in the colour of the text."""
    for frame in document.rootFrame().childFrames():
        if not isinstance(frame, QTextTable):
            continue
        form = frame.format().toTableFormat()
        form.setBorderCollapse(True)
        form.setBorder(1)
        form.setBorderBrush(theme().colour("border_default"))
        form.setBorderStyle(QTextTableFormat.BorderStyle.BorderStyle_Solid)
        form.setCellPadding(5)
        form.setTopMargin(6)
        form.setBottomMargin(8)
        frame.setFormat(form)


def _space(document: QTextDocument) -> None:
    """Gives paragraphs air, and titles the sizes of a pane instead of those of a book."""
    look = theme()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        cursor = QTextCursor(block)
        if cursor.currentTable() is None and block.textList() is None:
            form = QTextBlockFormat(block.blockFormat())
            is_code = form.hasProperty(QTextFormat.Property.BlockCodeFence)
            form.setTopMargin(12 if level else 0 if is_code else 4)
            form.setBottomMargin(0 if is_code else 4)
            cursor.setBlockFormat(form)
        if level:
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            title = QTextCharFormat()
            title.setFont(look.font("body", weight=600, size=_TITLES.get(level, 13)))
            cursor.mergeCharFormat(title)
        block = block.next()
