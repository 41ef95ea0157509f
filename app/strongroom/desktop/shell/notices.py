# SPDX-License-Identifier: Apache-2.0
"""What happened: a toast for a few seconds, and the history behind it.

* One entry for one cause; a repeat counts up instead of stacking.
* Nothing that happens in the background ever opens a dialog.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QPoint, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtWidgets import QGraphicsOpacityEffect, QVBoxLayout, QWidget

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.theme import theme
from strongroom.domain.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 200  # entries; the log on disk has the rest
TOAST_MS = 4_000
FADE_MS = 120
TOAST_WIDTH = 360


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
        self._fade = QPropertyAnimation(self)
        self._fade.setPropertyName(QByteArray(b"opacity"))
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.finished.connect(self._on_fade_finished)
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
        self._fade_in()
        self._timer.start(self._notices.message_ms())

    def _fade_in(self) -> None:
        """Fades in, unless somebody asked for less motion."""
        length_ms = theme().motion_ms(FADE_MS)
        self._fade.stop()
        if not length_ms:
            self.setGraphicsEffect(None)  # type: ignore[arg-type] # Qt: None takes it away
            return
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        self._fade.setTargetObject(effect)
        self._fade.setDuration(length_ms)
        self._fade.start()

    def _on_fade_finished(self) -> None:
        self.setGraphicsEffect(None)  # type: ignore[arg-type] # an effect costs at every repaint

    def place(self) -> None:
        """Moves to the lower left of the pages, where no page has its buttons."""
        window = self.parentWidget()
        if window is not None:
            left = theme().height("rail_width") + 16
            self.move(QPoint(left, window.height() - self.height() - 44))

    def stop(self) -> None:
        """Hides at once; a closing window leaves no timer."""
        self._timer.stop()
        self._fade.stop()
        self.hide()
