# SPDX-License-Identifier: Apache-2.0
"""How far one job is, where it was started: a name, what it does now, a bar, and Stop."""

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.exchange.words import readable
from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme


class ProgressLine(Surface):
    """Follows the job of a key and hides when there is none.

    Args:
        tasks: The jobs of the window.
        key: The job.
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
        tasks.changed.connect(self._on_tasks_changed)
        self._on_tasks_changed()

    def _on_tasks_changed(self) -> None:
        state = next((state for state in self._tasks.running() if state.key == self._key), None)
        self.setVisible(state is not None)
        if state is None:
            return
        self._name.setText(state.name)
        share = state.share
        done = "" if share is None else f", {share:.0%}"
        self._what.set_text(f"{readable(state.what)}{done}" if state.what else "Starting")
        self._bar.show_share(share)

    def _on_stop_clicked(self) -> None:
        self._tasks.cancel(self._key)
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
