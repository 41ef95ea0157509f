# SPDX-License-Identifier: Apache-2.0
"""How far a job is, where it was started: a name, what it does now, how long yet, a bar, and Stop.

* A job that says nothing for a while is said to say nothing: a bar that stands is not an answer.
"""

import time

from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.exchange.words import readable
from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.task import Tasks, TaskState, time_left
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.wording import duration
from strongroom.domain.clock import MICROSECONDS

QUIET_AFTER_S = 5.0  # before, a disk that spins up or a large block is the likelier reason
LOOK_MS = 1_000


class ProgressLine(Surface):
    """Follows the job of a key and hides when there is none.

    Args:
        tasks: The jobs of the window.
        key: The job, or what the keys of several jobs begin with; then the oldest that is not
            silent is shown, and Stop stops them all.
        edges: Hairlines, as of `Surface`.

    Signals:
        stopped: Stop was pressed; the job hears it at its next step.
    """

    stopped = Signal()

    def __init__(
        self, tasks: Tasks, key: str, *, edges: str = "", margins: tuple[int, int, int, int]
    ) -> None:
        super().__init__(None, edges)
        self._tasks, self._key = tasks, key
        self._name = Label("", "text_primary", "strong")
        self._what = Elided("", "text_secondary", "dense")
        self._bar = _Bar()
        self.stop_button = Button("Stop", "secondary", small=True)
        self.stop_button.clicked.connect(self._on_stop_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*margins)
        layout.addWidget(
            row((column(self._name, self._what, 6, self._bar), 1), self.stop_button, spacing=16)
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._since: dict[str, float] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_tasks_changed)
        tasks.changed.connect(self._on_tasks_changed)
        self._on_tasks_changed()

    def words(self) -> tuple[str, str]:
        """Returns the name of the job and what it does now."""
        return self._name.text(), self._what.text()

    def _on_tasks_changed(self) -> None:
        states = [state for state in self._tasks.running() if state.key.startswith(self._key)]
        self.setVisible(bool(states))
        if not states:
            self._since.clear()
            self._timer.stop()
            return
        if not self._timer.isActive():
            self._timer.start()
        now = time.monotonic()
        self._since = {state.key: self._since.get(state.key, now) for state in states}
        state = min(states, key=lambda state: self._quiet_s(state) >= QUIET_AFTER_S)
        self._name.setText(state.name if len(states) == 1 else f"{state.name}, {len(states)} jobs")
        self._what.set_text(self._said(state, now))
        self._bar.show_share(state.share)

    def _said(self, state: TaskState, now: float) -> str:
        quiet_s = self._quiet_s(state)
        if quiet_s >= QUIET_AFTER_S:
            return f"No answer for {duration(round(quiet_s) * MICROSECONDS)}, waiting for it"
        if not state.what:
            return "Starting"
        left = time_left(state, now - self._since[state.key])
        parts = [readable(state.what)]
        parts += [f"{state.share:.0%}"] if state.share is not None else []
        return ", ".join([*parts, left] if left else parts)

    def _quiet_s(self, state: TaskState) -> float:
        return self._tasks.silent_s(state.key) or 0.0

    def _on_stop_clicked(self) -> None:
        for state in self._tasks.running():
            if state.key.startswith(self._key):
                self._tasks.cancel(state.key)
        self.stopped.emit()


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setFixedHeight(theme().scaled(4))
        self.setAccessibleName("Progress")

    def show_share(self, share: float | None) -> None:
        self._share = share or 0.0
        self.setAccessibleName(f"Progress {round(self._share * 100)} percent")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint.meter(QPainter(self), QRectF(self.rect()), self._share)
