# SPDX-License-Identifier: Apache-2.0
"""The editor of a filter: one line, coloured words, soft grounds, an underline at an error.

* The query is plain text: what is pasted reads the same as what was typed.
* Enter, Tab and the arrows belong to the completion while it is open.
"""

from PySide6.QtCore import QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.runs.query_text import (
    MOST_CHARACTERS,
    Colour,
    coloured,
    complete_clauses,
    pieces,
)

PLACEHOLDER = 'Filter, such as  metrics."val/auc" > 0.9 AND params.lr = 0.05'
_ROLES: dict[Colour, Role] = {
    "key": "syntax_key",
    "operator": "syntax_op",
    "text": "syntax_str",
    "number": "syntax_num",
    "word": "syntax_op",
}


class QueryEditor(QPlainTextEdit):
    """One line to type a filter into.

    Signals:
        edited: The text is another one.
        submitted: Enter was pressed.
        names_requested: Ctrl+Space was pressed.
    """

    edited = Signal(str)
    submitted = Signal()
    names_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.filter")
        self.setAccessibleName("Filter")
        self.setAccessibleDescription(PLACEHOLDER)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(4)
        self._highlighter = _Highlighter(self.document())
        self._told = ""
        self.textChanged.connect(self._on_text_changed)
        self.apply_theme()
        theme().follow(self)

    def text(self) -> str:
        """Returns the filter."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Changes the filter and puts the caret at its end; it stays undoable."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(_one_line(text))
        self.setTextCursor(cursor)

    def replace(self, start: int, words: str) -> None:
        """Replaces what stands between ``start`` and the caret."""
        cursor = self.textCursor()
        end = cursor.position()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(words)
        self.setTextCursor(cursor)

    def set_error(self, position: int | None) -> None:
        """Underlines where reading stopped, None for nowhere."""
        self._highlighter.set_error(position)

    def has_error(self) -> bool:
        """Returns whether something is underlined."""
        return self._highlighter.error is not None

    def apply_theme(self) -> None:
        """Takes over font and colours of the look in force."""
        look = theme()
        self.setFont(look.font("mono"))
        self.document().setDefaultFont(look.font("mono"))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        palette.setColor(QPalette.ColorRole.Text, look.colour("text_primary"))
        self.setPalette(palette)
        self.setFixedHeight(look.line("mono") + 8)
        self._highlighter.rehighlight()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submits with Enter, asks for names with Ctrl+Space, and never breaks the line."""
        key = Qt.Key(event.key())
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.submitted.emit()
        elif key == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.names_requested.emit()
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Takes pasted text as one line, as long as a filter may be."""
        room = max(0, MOST_CHARACTERS - len(self.text()))
        self.textCursor().insertText(_one_line(source.text())[:room])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints soft grounds behind complete clauses, then the words."""
        painter = QPainter(self.viewport())
        for start, end in complete_clauses(self.text()):
            left, right = self._x(start), self._x(end)
            rect = QRectF(left - 3, 0, right - left + 6, self.viewport().height())
            paint.rounded(painter, rect, 4, "muted_bg")
        if not self.text():  # Qt's own placeholder breaks into lines
            place = QRectF(self.viewport().rect()).adjusted(6, 0, 0, 0)
            paint.text(painter, place, PLACEHOLDER, "text_tertiary", theme().font("mono"))
        painter.end()
        super().paintEvent(event)

    def _on_text_changed(self) -> None:
        text = self.text()
        if text != self._told:  # colouring words counts as a change for Qt
            self._told = text
            self.edited.emit(text)

    def _x(self, position: int) -> int:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        return self.cursorRect(cursor).x()


class _Highlighter(QSyntaxHighlighter):
    """Colours the words and underlines the place of an error."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.error: int | None = None

    def set_error(self, position: int | None) -> None:
        """Underlines a character, None for none."""
        if position != self.error:
            self.error = position
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colours one line."""
        look = theme()
        for piece in coloured(text):
            words = QTextCharFormat()
            words.setForeground(look.colour(_ROLES[piece.colour]))
            self.setFormat(piece.start, piece.end - piece.start, words)
        if self.error is not None and text:
            start, end = self._spot(text, self.error)
            for at in range(start, end):
                wrong = QTextCharFormat(self.format(at))
                wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                wrong.setUnderlineColor(look.colour("bad_icon"))
                self.setFormat(at, 1, wrong)

    @staticmethod
    def _spot(text: str, position: int) -> tuple[int, int]:
        """Returns the word at a position, or the last character where the end is wrong."""
        for piece in pieces(text):
            if piece.start <= position < piece.end:
                return position, piece.end
        position = min(position, len(text) - 1)
        return position, position + 1


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split("\n")).replace("\r", " ")[:MOST_CHARACTERS]
