# SPDX-License-Identifier: Apache-2.0
"""A page of the documentation as it is read: our type, hits marked, nothing loaded."""

import re
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.services.doc_search import marks_in, words_of
from strongroom.services.doc_sections import slug

MOST_MARKS = 500  # on one page; more hide the words they mark
_USUAL_WEIGHT = 450
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")


def lay_out(document: QTextDocument) -> None:
    """Gives a page our type: space between blocks, headings by size, code in the mono font."""
    look = theme()
    whole = QTextCursor(document)
    whole.beginEditBlock()  # laid out once at the end: a table of 1,000 cells took 20 s otherwise
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        is_code, is_code_next = _is_code(block), _is_code(block.next())
        shape = QTextBlockFormat()
        shape.setLineHeight(140, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if level:
            shape.setTopMargin(look.scaled(22 if level < 3 else 14))
        shape.setBottomMargin(0 if is_code and is_code_next else look.scaled(8))
        cursor = QTextCursor(block)
        cursor.mergeBlockFormat(shape)
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            font = look.font("body")
            if level:
                font = look.font("display" if level == 1 else "title")
            elif is_code or fragment.charFormat().fontFixedPitch():
                font = look.font("mono")
            elif fragment.charFormat().fontWeight() > _USUAL_WEIGHT:
                font = look.font("strong")
            letters = QTextCharFormat()
            letters.setFont(font)
            if fragment.charFormat().isAnchor():
                letters.setForeground(look.colour("accent_text"))
            elif is_code:
                letters.setForeground(look.colour("text_secondary"))
            cursor.setPosition(fragment.position())
            cursor.setPosition(
                fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor
            )
            cursor.mergeCharFormat(letters)
            fragments += 1
        block = block.next()
    whole.endEditBlock()


def _is_code(block: QTextBlock) -> bool:
    shape = block.blockFormat()
    return block.isValid() and shape.hasProperty(QTextFormat.Property.BlockCodeLanguage)


class PageView(QTextBrowser):
    """Shows Markdown and loads nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Documentation")
        self.document().setDocumentMargin(20)
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the font of the look in force."""
        self.setFont(theme().font("body"))

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:  # noqa: ANN401 - Qt's own signature
        """Loads nothing, whatever a page names."""
        return None

    def show_page(self, text: str, heading: str, sought: str = "") -> None:
        """Shows a page, scrolled to a heading; the words that were sought are marked."""
        self.setMarkdown(_PICTURE.sub(r"*\1*", text))
        lay_out(self.document())
        self.mark(sought)
        block = self.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and slug(block.text()) == heading:
                cursor = QTextCursor(block)
                self.setTextCursor(cursor)
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + self.cursorRect(cursor).top() - 8)
                return
            block = block.next()

    def mark(self, sought: str) -> None:
        """Marks every place where a sought word stands or begins; "" takes the marks away."""
        asked = words_of(sought)
        marked: list[QTextEdit.ExtraSelection] = []
        block = self.document().begin()
        while asked and block.isValid() and len(marked) < MOST_MARKS:
            for start, end in marks_in(block.text(), asked):
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + start)
                cursor.setPosition(block.position() + end, QTextCursor.MoveMode.KeepAnchor)
                one = QTextEdit.ExtraSelection()
                one.cursor, one.format = cursor, _mark()
                marked.append(one)
            block = block.next()
        self.setExtraSelections(marked)

    def marked(self) -> tuple[str, ...]:
        """Returns the words that are marked, in the order they stand."""
        return tuple(each.cursor.selectedText() for each in self.extraSelections())


def _mark() -> QTextCharFormat:
    """Returns how a found word looks: a ground and a line, so that colour is not alone."""
    form = QTextCharFormat()
    form.setBackground(theme().colour("warn_bg"))
    form.setFontUnderline(True)
    return form
