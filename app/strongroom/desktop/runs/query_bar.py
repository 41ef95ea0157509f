# SPDX-License-Identifier: Apache-2.0
"""The row of the filter: editor, live count, clear, and what else can be done with a filter.

* A filter that reads is applied while typing, after a pause; another keeps the rows shown.
* Where reading stopped is underlined, and one sentence below says what was expected.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.columns import NameCount
from strongroom.desktop.runs.completion import Completion
from strongroom.desktop.runs.query_field import QueryEditor
from strongroom.desktop.runs.query_history import QueryHistory
from strongroom.desktop.runs.query_text import Offer, offers
from strongroom.desktop.runs.words import shown
from strongroom.domain.query import FilterError
from strongroom.domain.query_parser import parse_filter

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

PAUSE_MS = 250
MOST_OFFERED = 8  # recent filters in the menu; the arrows go further back
COPIES = (("python", "Copy as Python"), ("cli", "Copy as command line"))


class QueryBar(QWidget):
    """The row of the filter.

    Args:
        history: Filters that were used before.

    Signals:
        applied: A filter that reads is in force (its text).
        copy_requested: The filter is wanted as ``python`` or ``cli``.
    """

    applied = Signal(str)
    copy_requested = Signal(str)

    def __init__(self, history: QueryHistory | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = QueryEditor()
        self.history = history or QueryHistory()
        self._names: tuple[NameCount, ...] = ()
        self._applied = ""
        self._is_walking = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.apply)
        self._count = Label("", "text_secondary", "dense")
        self._clear = Button("", "ghost", "x", name="Clear filter", small=True)
        self._clear.clicked.connect(self.clear)
        self._error = Label("", "bad_text", "dense")
        self._completion: Completion | None = None
        frame = _Frame(self.editor, self._count, self._clear)
        self.frame = frame
        more = MenuButton("", COPIES, kind="secondary", icon_name="ellipsis", name="Filter actions")
        more.chosen.connect(self._on_more)
        self._more = more
        self._offer_recent()
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(8)
        across.addWidget(frame, 1)
        across.addWidget(more)
        down = QVBoxLayout(self)
        down.setContentsMargins(16, 9, 16, 10)
        down.setSpacing(4)
        down.addLayout(across)
        down.addWidget(self._error)
        self._error.hide()
        self._clear.hide()
        self.setFocusProxy(self.editor)
        self.editor.installEventFilter(self)
        self.editor.edited.connect(self._on_edited)
        self.editor.submitted.connect(self._submit)
        self.editor.names_requested.connect(lambda: self._offer(asks=True))

    def text(self) -> str:
        """Returns the filter in force."""
        return self._applied

    def set_text(self, text: str) -> None:
        """Shows a filter and puts it in force at once if it reads."""
        self.editor.set_text(text)
        self._close()
        self.apply()

    def show_text(self, text: str) -> bool:
        """Shows a filter that is in force already; returns whether it reads."""
        self._applied = text.strip()
        self.editor.set_text(text)
        self._close()
        self.apply()
        if self.error():
            self._applied = ""
        return not self.error()

    def clear(self) -> None:
        """Takes the filter away."""
        self.set_text("")
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_names(self, names: Sequence[NameCount]) -> None:
        """Says which names the completion knows."""
        self._names = tuple(names)

    def set_count(self, words: str) -> None:
        """Changes the count at the right."""
        self._count.setText(words)

    def error(self) -> str:
        """Returns the sentence below the field, "" for none."""
        return self._error.text() if not self._error.isHidden() else ""

    def apply(self) -> None:
        """Puts the text in force if it reads, otherwise says where it does not."""
        self._pause.stop()
        text = self.editor.text().strip()
        try:
            parse_filter(text)
        except FilterError as fault:
            lead = len(self.editor.text()) - len(self.editor.text().lstrip())
            self.editor.set_error(fault.position + lead)
            self._error.setText(f"{fault.title}.")
            is_typing = self._completion is not None and self._completion.isVisible()
            self._error.setVisible(not is_typing)
            self.frame.set_bad(is_bad=not is_typing)
            return
        self._forget_error()
        if text != self._applied:
            self._applied = text
            self.applied.emit(text)

    def completion(self) -> Completion | None:
        """Returns the list of names, None before it was first needed."""
        return self._completion

    # ------------------------------------------------------------ Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Gives keys to the open completion first; closes it when the keyboard goes."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.frame.update()
            if event.type() == QEvent.Type.FocusOut:
                self._close()
                self._remember()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if self._completion is not None and self._completion.take_key(event):
                if event.key() == Qt.Key.Key_Escape:
                    self.apply()
                return True
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
            if Qt.Key(event.key()) in steps:
                self._walk(steps[Qt.Key(event.key())])
                return True
            if event.key() == Qt.Key.Key_Escape and self.editor.text():
                self.clear()
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Closes the completion, whose place is another one now."""
        super().resizeEvent(event)
        self._close()

    # ------------------------------------------------------------ inside

    def _submit(self) -> None:
        self.apply()
        self._remember()

    def _remember(self) -> None:
        if self._applied and self._applied == self.editor.text().strip():
            self.history.add(self._applied)
            self._offer_recent()

    def _walk(self, by: int) -> None:
        """Shows an older or newer filter of the history."""
        found = self.history.step(by, self.editor.text())
        if found is not None:
            self._is_walking = True
            self.editor.set_text(found)
            self._is_walking = False
            self._close()
            self._pause.start()

    def _offer_recent(self) -> None:
        recent = [
            (f"again:{text}", shown(text)[:60]) for text in self.history.texts()[:MOST_OFFERED]
        ]
        self._more.set_choices((*COPIES, *([("", "")] if recent else []), *recent))

    def _on_more(self, key: str) -> None:
        if key.startswith("again:"):
            self.set_text(key.removeprefix("again:"))
            self._remember()
        else:
            self.copy_requested.emit(key)

    def _on_edited(self, text: str) -> None:
        if not self._is_walking:
            self.history.leave()
        self._clear.setVisible(bool(text))
        self._forget_error()
        self._pause.start()
        if self.editor.hasFocus():
            self._offer(asks=False)

    def _forget_error(self) -> None:
        self.editor.set_error(None)
        self._error.hide()
        self._error.setText("")
        self.frame.set_bad(is_bad=False)

    def _offer(self, *, asks: bool) -> None:
        text, caret = self.editor.text(), self.editor.textCursor().position()
        found = offers(text, caret, self._names)
        if not asks and found and not found[0].begun and not text[:caret].endswith("."):
            found = ()  # an empty place offers every name only when asked
        if len(found) == 1 and not asks and text[found[0].start : caret] == found[0].insert:
            found = ()
        if self._completion is None:
            if not found:
                return
            self._completion = Completion(self.window())
            self._completion.accepted.connect(self._on_accepted)
        start = found[0].start if found else caret
        self._completion.offer(found, self._below(start))

    def _below(self, position: int) -> QPoint:
        cursor = self.editor.textCursor()
        cursor.setPosition(position)
        left = self.editor.cursorRect(cursor).x()
        at = self.editor.viewport().mapTo(self.window(), QPoint(left - 10, 0))
        bottom = self.frame.mapTo(self.window(), QPoint(0, self.frame.height() + 4))
        return QPoint(at.x(), bottom.y())

    def _on_accepted(self, offer: Offer) -> None:
        self.editor.replace(offer.start, offer.insert + " ")
        self._close()

    def _close(self) -> None:
        if self._completion is not None:
            self._completion.hide()


class _Frame(QWidget):
    """The painted frame around editor, count and clear button."""

    def __init__(self, editor: QueryEditor, count: Label, clear: Button) -> None:
        super().__init__()
        self._editor = editor
        self._is_bad = False
        across = QHBoxLayout(self)
        across.setContentsMargins(34, 1, 6, 1)
        across.setSpacing(6)
        across.addWidget(editor, 1)
        across.addWidget(count)
        across.addWidget(clear)
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        self.setFixedHeight(theme().height("control"))

    def set_bad(self, *, is_bad: bool) -> None:
        """Marks the filter as wrong."""
        self._is_bad = is_bad
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, icon and ring."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        quiet: Role = "border_control" if theme().tokens.is_high_contrast else "border_default"
        edge: Role = "bad_icon" if self._is_bad else quiet
        paint.rounded(painter, rect, 6, "bg_surface", edge)
        if self._editor.hasFocus():
            paint.focus_ring(painter, rect)
        paint.icon(painter, "list-filter", 11, round((rect.height() - 16) / 2), "text_tertiary")
