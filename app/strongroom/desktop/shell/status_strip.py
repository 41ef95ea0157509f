# SPDX-License-Identifier: Apache-2.0
"""The strip at the foot: what runs (with Cancel), the store, who, as of when, the chain.

* The oldest job of over 300 ms is shown, with how long it will take where that can be told; the
  others stand in the list of jobs behind it.
* Who is signed in is a button: it leads to signing in, or to the identity.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Line, Surface
from strongroom.desktop.kit.task import Tasks, TaskState, time_left
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role


SHOWN_AFTER_S = 0.3  # a job that is over before is not worth a flicker (desktop.md, the frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowStatus:
    """What the right side of the strip says; empty parts are left out.

    Attributes:
        store: The path of the store.
        person: Who is signed in and with which role, or how to sign in.
        as_of: When the last exchange was, such as ``As of 09:38, share risk-lab``.
        chain: The state of the log, such as ``Verified up to event 18,204 at 09:41``.
        chain_tone: ``ok``, ``warn`` or ``bad``.
    """

    store: str = ""
    person: str = ""
    as_of: str = ""
    chain: str = ""
    chain_tone: Tone = "ok"


class StatusStrip(Surface):
    """The strip.

    Args:
        tasks: The jobs of the window.

    Signals:
        sign_in_requested: The person was pressed.
        chain_requested: The state of the log was pressed.
        exchange_requested: The time of the last exchange was pressed.
        store_requested: The store was pressed.
        jobs_requested: The number of the other jobs was pressed.
        key_lock_requested: The countdown of the open key was pressed.
    """

    store_requested = Signal()
    sign_in_requested = Signal()
    chain_requested = Signal()
    exchange_requested = Signal()
    jobs_requested = Signal()
    key_lock_requested = Signal()

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("bg_chrome", "t", parent=parent)
        self._tasks = tasks
        self._task = _TaskView()
        self._cancel = _Part("", "Cancel")
        self._cancel.tint = "accent_text"
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self.more = _Part("", "")
        self.more.tint = "accent_text"
        self.more.clicked.connect(self.jobs_requested)
        self.store = _Part("hard-drive", "")
        self.store.clicked.connect(self.store_requested)
        self.person = _Part("user", "")
        self.key = _Part("lock-open", "")
        self.key.clicked.connect(self.key_lock_requested)
        self.as_of = _Part("refresh-cw", "")
        self.chain = _Part("shield-check", "")
        self.person.clicked.connect(self.sign_in_requested)
        self.chain.clicked.connect(self.chain_requested)
        self.as_of.clicked.connect(self.exchange_requested)
        across = QHBoxLayout(self)
        across.setContentsMargins(16, 1, 8, 0)
        across.setSpacing(6)
        across.addWidget(self._task)
        across.addWidget(self._cancel)
        across.addWidget(self.more)
        across.addStretch(1)
        self._lines: list[tuple[Line, _Part]] = []
        for part in (self.store, self.person, self.key, self.as_of, self.chain):
            line = Line(12)
            self._lines.append((line, part))
            across.addWidget(line)
            across.addWidget(part)
        self._since: dict[str, float] = {}
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(round(SHOWN_AFTER_S * 1000))
        self._later.timeout.connect(self._show_running)
        tasks.changed.connect(self._on_tasks_changed)
        self.set_status(WindowStatus())
        self._on_tasks_changed()
        self.apply_theme()
        theme().follow(self)

    def set_status(self, status: WindowStatus) -> None:
        """Shows another state."""
        icons = {"ok": "shield-check", "warn": "shield-alert", "bad": "shield-x"}
        self.chain.icon_name = icons.get(status.chain_tone, "shield-off")
        self.chain.icon_role = paint.TONE_ICON[status.chain_tone]
        is_quiet = status.chain_tone in {"ok", "mute"}
        self.chain.tint = "text_secondary" if is_quiet else paint.TONE_TEXT[status.chain_tone]
        for part, said in (
            (self.store, status.store),
            (self.person, status.person),
            (self.as_of, status.as_of),
            (self.chain, status.chain),
        ):
            part.set_words(said)
        self._show_parts()

    def set_key(self, words: str) -> None:
        """Shows how long the key stays open, nothing while it is locked."""
        if words == self.key.accessibleName():
            return
        self.key.set_words(words)
        self.key.setToolTip("Press to lock the key now" if words else "")
        self._show_parts()

    def _show_parts(self) -> None:
        is_first = True
        for line, part in self._lines:
            said = bool(part.accessibleName())
            part.setVisible(said)
            line.setVisible(said and not is_first)
            is_first = is_first and not said

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        self.setFixedHeight(theme().height("status"))

    def _on_tasks_changed(self) -> None:
        keys = [state.key for state in self._tasks.running()]
        now = time.monotonic()
        self._since = {key: self._since.get(key, now) for key in keys}
        self._show_running()
        if keys and not self._later.isActive():
            self._later.start()

    def _running(self) -> list[TaskState]:
        """Returns the jobs that have run long enough to be worth a word."""
        now = time.monotonic()
        return [
            state
            for state in self._tasks.running()
            if now - self._since.get(state.key, now) >= SHOWN_AFTER_S
        ]

    def _show_running(self) -> None:
        running = self._running()
        first = running[0] if running else None
        begun = self._since.get(first.key, 0.0) if first is not None else 0.0
        left = time_left(first, time.monotonic() - begun) if first is not None else ""
        self._task.show_task(first, left)
        self._cancel.setVisible(bool(running))
        self.more.set_words(f"{len(running) - 1} more" if len(running) > 1 else "")
        self.more.setVisible(len(running) > 1)

    def _on_cancel_clicked(self) -> None:
        running = self._running()
        if running:
            self._tasks.cancel(running[0].key)


class _TaskView(QWidget):
    """The name of the running job, its bar and its percentage."""

    def __init__(self) -> None:
        super().__init__()
        self._state: TaskState | None = None
        self._left = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_task(self, state: TaskState | None, left: str) -> None:
        """Shows a job and how long it will take, or that there is none."""
        self._state, self._left = state, left
        self.setAccessibleName(self._words())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the room of name, bar and percentage."""
        look = theme()
        width = look.width(self._words(), look.font("caption", weight=400)) + 4
        if self._state is not None and self._state.share is not None:
            width += 106 + look.width(self._figures(), look.font("caption", weight=400)) + 8
        return QSize(round(width), 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the job."""
        painter = QPainter(self)
        look = theme()
        font = look.font("caption", weight=400)
        rect = QRectF(self.rect())
        if self._state is None:
            paint.text(painter, rect, self._words(), "text_tertiary", font)
            return
        paint.text(painter, rect, self._words(), "text_secondary", font)
        share = self._state.share
        if share is not None:
            x = look.width(self._words(), font) + 10
            paint.meter(painter, QRectF(x, round(rect.center().y()) - 1, 96, 4), share)
            figures = QRectF(x + 104, 0, rect.width() - x - 104, rect.height())
            paint.text(painter, figures, self._figures(), "text_tertiary", font)

    def _figures(self) -> str:
        share = self._state.share if self._state is not None else None
        if share is None:
            return ""
        return f"{share * 100:.0f} %, {self._left}" if self._left else f"{share * 100:.0f} %"

    def _words(self) -> str:
        if self._state is None:
            return "No tasks running"
        what = f", {self._state.what}" if self._state.what else ""
        return f"{self._state.name}{what}"


class _Part(QPushButton):
    """One part of the strip: icon and words, pressable."""

    def __init__(self, icon: str, words: str) -> None:
        super().__init__(words)
        self.icon_name = icon
        self.icon_role: Role = "text_tertiary"
        self.tint: Role = "text_secondary"
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)

    def set_words(self, words: str) -> None:
        """Changes the words."""
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)
        self.setToolTip(plain_tooltip(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns icon, words and padding."""
        look = theme()
        words = look.width(self.accessibleName(), look.font("caption", weight=400))
        return QSize(round(words) + (32 if self.icon_name else 12), look.height("status") - 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints icon and words."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        if self.underMouse() and self.focusPolicy() != Qt.FocusPolicy.NoFocus:
            paint.rounded(painter, rect, 4, "bg_pressed")
        left = 6
        if self.icon_name:
            y = round((rect.height() - 14) / 2)
            paint.icon(painter, self.icon_name, left, y, self.icon_role, 14)
            left += 20
        font = look.font("caption", weight=500 if self.tint == "accent_text" else 400)
        paint.text(painter, rect.adjusted(left, 0, 0, 0), self.accessibleName(), self.tint, font)
        if self.hasFocus():
            paint.focus_ring(painter, rect, 4)
