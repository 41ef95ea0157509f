# SPDX-License-Identifier: Apache-2.0
"""Read-only text with line numbers and colours, laid out a screen at a time.

* Text is plain: no link, no markup, no drop. Colours are given to the lines on the screen only.
* Matches of a search are marked by ground and, where they stand, by the selection.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.viewers.colouring import Language, inside_texts, spans

MOST_MARKED = 200  # matches with a ground; more are found one by one


class _Colours(QSyntaxHighlighter):
    """Colours the blocks it is asked to, and no others."""

    def __init__(self, area: "TextArea") -> None:
        super().__init__(area.document())
        self.language: Language = "plain"
        self.inside: frozenset[int] = frozenset()
        self.done: set[int] = set()
        self._now = False

    def colour(self, block: QTextBlock) -> None:
        """Colours one block once."""
        if block.blockNumber() in self.done:
            return
        self.done.add(block.blockNumber())
        self._now = True
        self.rehighlightBlock(block)
        self._now = False

    def highlightBlock(self, text: str) -> None:
        """Gives the parts of a line their colours."""
        if not self._now:
            return
        is_inside = self.currentBlock().blockNumber() in self.inside
        for start, length, role in spans(text, self.language, is_inside=is_inside):
            form = QTextCharFormat()
            form.setForeground(theme().colour(role))
            self.setFormat(start, length, form)


class _Numbers(QWidget):
    """The column of line numbers."""

    def __init__(self, area: "TextArea") -> None:
        super().__init__(area)
        self._area = area

    def sizeHint(self) -> QSize:
        """Returns the room of the largest number."""
        return QSize(self._area.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the numbers of the lines on the screen."""
        self._area.paint_numbers(self, event.rect())


class TextArea(QPlainTextEdit):
    """Shows lines of text."""

    def __init__(self, name: str = "Text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self._first: int | None = 1
        self._numbers = _Numbers(self)
        self._colours = _Colours(self)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._colour_visible)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.updateRequest.connect(self._on_update)
        self.apply_theme()
        theme().follow(self)

    def set_lines(
        self, lines: Sequence[str], *, first: int | None = 1, language: Language = "plain"
    ) -> None:
        """Shows other lines; ``first`` is the number of the first one, None hides the numbers."""
        self._first = first
        self._colours.language = language
        self._colours.inside = inside_texts(lines, language)
        self._colours.done.clear()
        self.setExtraSelections([])
        self.setPlainText("\n".join(lines))
        self._shape()
        self._later.start()

    def set_first(self, first: int | None) -> None:
        """Tells the number of the first line, once it is known."""
        self._first = first
        self._shape()

    def set_wrap(self, *, wraps: bool) -> None:
        """Breaks long lines at the edge, or not."""
        modes = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(modes.WidgetWidth if wraps else modes.NoWrap)

    def mark(self, places: Sequence[tuple[int, int]]) -> None:
        """Gives matches a ground; places are (position, length)."""
        marked = []
        for at, length in places[:MOST_MARKED]:
            one = QTextEdit.ExtraSelection()
            cursor = self.textCursor()
            cursor.setPosition(at)
            cursor.setPosition(at + length, cursor.MoveMode.KeepAnchor)
            one.cursor = cursor
            form = QTextCharFormat()
            form.setBackground(theme().colour("warn_bg"))
            one.format = form
            marked.append(one)
        self.setExtraSelections(marked)

    def go_to(self, at: int, length: int) -> None:
        """Selects a place and brings it to the middle of the screen."""
        cursor = self.textCursor()
        cursor.setPosition(at)
        cursor.setPosition(at + length, cursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    def first_number(self) -> int | None:
        """Returns the number of the first line, None if it is not known."""
        return self._first

    def first_visible_position(self) -> int:
        """Returns where the first line on the screen begins."""
        return self.firstVisibleBlock().position()

    def apply_theme(self) -> None:
        """Takes over font and colours of the look in force."""
        look = theme()
        self.setFont(look.font("mono"))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, look.colour("bg_sunken"))
        palette.setColor(QPalette.ColorRole.Text, look.colour("text_primary"))
        self.setPalette(palette)
        self.setTabStopDistance(4 * look.width("0", look.font("mono")))
        self._colours.done.clear()
        self._shape()
        self._later.start()

    def numbers_width(self) -> int:
        """Returns the width of the column of numbers in px."""
        if self._first is None:
            return 0
        last = self._first + self.blockCount()
        return round(theme().width("0" * max(3, len(f"{last}")), theme().font("mono"))) + 16

    def paint_numbers(self, column: QWidget, area: QRect) -> None:
        """Paints the numbers beside the lines on the screen."""
        painter = QPainter(column)
        paint.hairline(painter, QRectF(area), "bg_sunken")
        paint.hairline(painter, QRectF(column.width() - 1, area.y(), 1, area.height()))
        if self._first is None:
            return
        font = theme().font("mono")
        for block, rect in self._visible():
            if block.isVisible() and rect.bottom() >= area.top():
                words = f"{block.blockNumber() + self._first}"
                line = QRectF(0, rect.top(), column.width() - 9, theme().line("mono"))
                paint.text(painter, line, words, "text_tertiary", font, "right", "none")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the text and the ring."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            paint.focus_ring(painter, QRectF(self.viewport().rect()), 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the column of numbers at the left."""
        super().resizeEvent(event)
        self._shape()
        self._later.start()  # more lines may be on the screen now

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scrolls by keys, as there is no caret to see."""
        bar = self.verticalScrollBar()
        key = event.key()
        if key == Qt.Key.Key_Home and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            bar.setValue(0)
        elif key == Qt.Key.Key_End and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)

    def _shape(self) -> None:
        width = self.numbers_width()
        self.setViewportMargins(width, 0, 0, 0)
        inside = self.contentsRect()
        self._numbers.setGeometry(QRect(inside.left(), inside.top(), width, inside.height()))
        self._numbers.update()

    def _on_update(self, rect: QRect, moved: int) -> None:
        if moved:
            self._numbers.scroll(0, moved)
        self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())
        self._later.start()

    def _visible(self) -> list[tuple[QTextBlock, QRectF]]:
        found = []
        block = self.firstVisibleBlock()
        bottom = self.viewport().height()
        while block.isValid():
            rect = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if rect.top() > bottom:
                break
            found.append((block, rect))
            block = block.next()
        return found

    def _colour_visible(self) -> None:
        if self._colours.language == "plain":
            return
        for block, _ in self._visible():
            self._colours.colour(block)
