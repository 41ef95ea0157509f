# SPDX-License-Identifier: Apache-2.0
"""The strip above all pages when somebody has to look: what happened, and what to do.

* It is there on every page, because nobody looks at Exchange while a request waits for approval.
* An alarm goes when its cause goes. Hiding it lasts until another one comes; the foot of the window
  and the Audit page tell it all the same.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.blocks import Badge
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Scroll, Surface, column, row
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom.desktop.kit.paint import Tone
    from strongroom.services.alarms import AlarmNote

WORDS = {"audit": "Show in the log", "people": "Show the team", "exchange": "Show the place",
         "reviews": "Show the request", "monitor": "Show the store"}  # fmt: skip
_ICONS = {True: "shield-alert", False: "git-fork"}
_ONLY_READ = frozenset({"E-FORMAT", "E-STORE"})  # of a store or home that is only read


class AlarmStrip(Surface):
    """The gravest alarm in two lines, and how many more there are.

    Signals:
        place_wanted: Open the place that shows an alarm (a `Place`).
    """

    place_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bad_bg", "b", parent=parent)
        self._notes: tuple[AlarmNote, ...] = ()
        self._hidden: frozenset[tuple[str, str]] = frozenset()
        self._icon = "shield-alert"
        self._tone: Tone = "bad"
        self.title = Elided("", "bad_text", "strong")
        self.advice = Elided("", "text_primary", "dense")
        self.show_button = Button("Show it", "secondary")
        self.all_button = Button("Details…", "secondary")
        self.hide_button = Button("", "ghost", "x", name="Hide until another alarm comes")
        self.show_button.clicked.connect(self._on_show_clicked)
        self.all_button.clicked.connect(self._on_all_clicked)
        self.hide_button.clicked.connect(self._on_hide_clicked)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.advice)
        across = QHBoxLayout(self)
        across.setContentsMargins(48, 8, 12, 9)
        across.setSpacing(8)
        across.addLayout(words, 1)
        for button in (self.show_button, self.all_button, self.hide_button):
            across.addWidget(button)
        self.hide()

    def show_notes(self, notes: "Sequence[AlarmNote]") -> None:
        """Shows the gravest of some alarms, nothing if there are none or all are hidden."""
        self._notes = tuple(notes)
        causes = frozenset((note.code, note.object or note.title) for note in notes)
        self._hidden &= causes  # what is over may come back, and is told again then
        self.setVisible(bool(notes) and not causes <= self._hidden)
        if not notes:
            return
        first = notes[0]
        self._tone = "bad" if first.is_grave else "warn"
        self._icon = _icon_of(first)
        self.set_fill("bad_bg" if first.is_grave else "warn_bg")
        self.title.set_text(first.title, "bad_text" if first.is_grave else "warn_text")
        self.advice.set_text(first.advice)
        self.show_button.set_words(WORDS.get(first.page, "Show it"))
        more = len(notes) - 1
        self.all_button.set_words(f"{more} more…" if more else "Details…")
        self.setAccessibleName(f"Alarm {first.code}: {first.title}. {first.advice}")
        self.update()

    def notes(self) -> "tuple[AlarmNote, ...]":
        """Returns the alarms there are, hidden or not."""
        return self._notes

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the icon beside the words."""
        super().paintEvent(event)
        y = round((self.height() - 20) / 2)
        paint.icon(QPainter(self), self._icon, 16, y, paint.TONE_ICON[self._tone], 20)

    def _on_show_clicked(self) -> None:
        if self._notes:
            self.place_wanted.emit(place_of(self._notes[0]))

    def _on_all_clicked(self) -> None:
        dialog = AlarmsDialog(self._notes, parent=self.window())
        dialog.place_wanted.connect(self.place_wanted)
        dialog.open()

    def _on_hide_clicked(self) -> None:
        self._hidden = frozenset((note.code, note.object or note.title) for note in self._notes)
        self.hide()


class AlarmsDialog(Dialog):
    """All alarms below each other, each with its code, what to do, and the way there.

    Args:
        notes: The alarms, the gravest first.

    Signals:
        place_wanted: Open the place that shows an alarm (a `Place`).
    """

    place_wanted = Signal(object)

    def __init__(self, notes: "Sequence[AlarmNote]", *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Alarms",
            title="What somebody has to look at",
            sentence="An alarm goes when its cause is gone. Nothing known here was changed.",
            width=640,
            cancel="Close",
            parent=parent,
        )
        self._rows = QVBoxLayout()
        self._rows.setSpacing(16)
        for note in notes:
            self._rows.addWidget(self._row(note))
        scroll = Scroll(column(self._rows, None))
        scroll.setMinimumHeight(min(theme().scaled(360), theme().scaled(96) * len(notes)))
        self.set_body(scroll)

    def _row(self, note: "AlarmNote") -> QWidget:
        tone: Tone = "bad" if note.is_grave else "warn"
        show = Button(
            WORDS.get(note.page, "Show it"), "secondary", small=True,
            name=f"{WORDS.get(note.page, 'Show it')}: {note.title}",
        )  # fmt: skip
        show.clicked.connect(lambda: self._on_show(note))
        return column(
            row(
                _Icon(_icon_of(note), tone),
                (Label(note.title, text="strong", wrap=True), 1),
                Badge(note.code, tone),
            ),
            row(28, (Label(note.advice, "text_secondary", wrap=True), 1), spacing=0),
            4,
            row(28, show, None, spacing=0),
        )  # fmt: skip

    def _on_show(self, note: "AlarmNote") -> None:
        self.accept()
        self.place_wanted.emit(place_of(note))


class _Icon(QWidget):
    def __init__(self, name: str, tone: "Tone") -> None:
        super().__init__()
        self._name: str = name
        self._tone: Tone = tone
        self.setFixedSize(20, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the icon."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.icon(painter, self._name, rect.x(), rect.y(), paint.TONE_ICON[self._tone], 20)


def _icon_of(note: "AlarmNote") -> str:
    return "lock" if note.code in _ONLY_READ else _ICONS[note.is_grave]


def place_of(note: "AlarmNote") -> Place:
    """Returns the place that shows an alarm."""
    if note.page == "reviews":
        return Place.of("reviews", {"tab": "open", "request": note.object})
    return Place(note.page)
