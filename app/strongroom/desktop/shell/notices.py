# SPDX-License-Identifier: Apache-2.0
"""What happened: a toast for a few seconds, and a panel that keeps the history.

* One entry for one cause; a repeat counts up instead of stacking.
* Nothing that happens in the background ever opens a dialog.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell, TimeCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.theme import theme
from strongroom.domain.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 200  # entries; the log on disk has the rest
TOAST_MS = 4_000
TOAST_WIDTH = 360
_ICONS = {"ok": "circle-check", "warn": "triangle-alert", "bad": "circle-x"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEntry:
    """Something that happened, and how often."""

    cause: str
    tone: Tone
    title: str
    detail: str
    at_us: int
    times: int = 1


class Notices(QObject):
    """The history of what happened, newest first.

    Signals:
        changed: There is another entry or a repeat.
        told: Something worth a toast (a `NoticeEntry`).
    """

    changed = Signal()
    told = Signal(object)

    def __init__(self, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._entries: list[NoticeEntry] = []
        self.message_ms: Callable[[], int] = lambda: TOAST_MS

    def tell(self, title: str, detail: str = "", tone: Tone = "ok", cause: str = "") -> None:
        """Tells that something happened; the same cause counts up."""
        cause = cause or f"{tone}:{title}"
        at_us = self._clock.now_us()
        entry = NoticeEntry(cause=cause, tone=tone, title=title, detail=detail, at_us=at_us)
        for old in self._entries:
            if old.cause == cause:
                entry = replace(entry, times=old.times + 1)
                self._entries.remove(old)
                break
        self._entries.insert(0, entry)
        del self._entries[KEPT:]
        self.changed.emit()
        self.told.emit(entry)

    def entries(self) -> tuple[NoticeEntry, ...]:
        """Returns the history, newest first."""
        return tuple(self._entries)


class ToastHost(QWidget):
    """Shows the last notice at the lower left of the pages for a few seconds."""

    def __init__(self, notices: Notices, window: QWidget) -> None:
        super().__init__(window)
        self._notices = notices
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, on=False)
        self._banner = Banner("ok", "", parent=self)
        self._banner.acted.connect(self.hide)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self._banner)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        notices.told.connect(self.show_entry)
        self.hide()

    def show_entry(self, entry: NoticeEntry) -> None:
        """Shows an entry in place of an older one."""
        times = f" ({entry.times} times)" if entry.times > 1 else ""
        self._banner.show_outcome(entry.tone, entry.title + times, entry.detail, "Close")
        self.adjustSize()
        self.resize(TOAST_WIDTH, max(52, self._banner.sizeHint().height()))
        self.place()
        self.show()
        self.raise_()
        self._timer.start(self._notices.message_ms())

    def place(self) -> None:
        """Moves to the lower left of the pages, where no page has its buttons."""
        window = self.parentWidget()
        if window is not None:
            left = theme().height("rail_width") + 16
            self.move(QPoint(left, window.height() - self.height() - 44))

    def stop(self) -> None:
        """Hides at once; a closing window leaves no timer."""
        self._timer.stop()
        self.hide()


class NoticesPanel(Dialog):
    """The history as a table."""

    def __init__(self, notices: Notices, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(
            "Notices", title="Notices", width=640, height=420, cancel="Close", parent=parent
        )
        entries = notices.entries()
        if not entries:
            self.set_body(EmptyState("Nothing yet", "What happens in the background is kept here."))
            return
        table = Table(
            (
                Column("what", "What happened", 260, stretch=True),
                Column("times", "Times", 64, "right"),
                Column("when", "When", 110, "right"),
            ),
            name="Notices",
            edge=20,
        )
        now_us = clock.now_us()
        table.set_lines(
            [
                Row(
                    entry.cause,
                    (
                        TextCell(
                            f"{entry.title}. {entry.detail}" if entry.detail else entry.title,
                            icon=_ICONS.get(entry.tone, "info"),
                            icon_role="bad_icon" if entry.tone == "bad" else "text_secondary",
                        ),
                        NumberCell(wording.count(entry.times)),
                        TimeCell.at(entry.at_us, now_us),
                    ),
                )
                for entry in entries
            ]
        )
        self.set_body(table, margins=(0, 4, 0, 0))
