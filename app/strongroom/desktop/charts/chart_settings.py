# SPDX-License-Identifier: Apache-2.0
"""What can be set on one chart, in a popover beside it; every change is taken over at once.

Law: an empty field means "as the board" or "as the data"; a number that says nothing turns its
field red and changes nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.charts.layout import Size
from strongroom.desktop.charts.options import METRIC, ChartOptions
from strongroom.desktop.charts.smoothing_control import SmoothingControl
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.tabs import Segmented
from strongroom.services.smoothing import Smoothing

BOARD = "board"
AXES = (("step", "Step"), ("relative", "Relative time"), ("time", "Wall time"))
CLIPS = (
    ("0", "Show all of y"),
    ("1", "Cut outer 1 %"),
    ("2", "Cut outer 2 %"),
    ("5", "Cut outer 5 %"),
)
SIZES = ((Size.SMALL, "Small"), (Size.MEDIUM, "Medium"), (Size.LARGE, "Large"))


class ChartSettings(QWidget):
    """The controls.

    Args:
        name: The chart, for people who do not see it.
        own: What is set on the chart.
        board: What the board says.
        size: How much room the card takes.
        metrics: Metrics that can lie along x.

    Signals:
        changed: Something is set otherwise (`ChartOptions`).
        size_chosen: Another size was chosen (`Size`).
    """

    changed = Signal(object)
    size_chosen = Signal(object)

    def __init__(
        self,
        name: str,
        own: ChartOptions,
        board: ChartOptions,
        size: Size,
        metrics: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._own = own
        whole = own.over(board)
        self.title = Field(f"Title of {name}", name, own.title)
        known = [key for key in metrics if f"{METRIC}{key}" != own.x]
        chosen = [own.x.removeprefix(METRIC)] if own.x.startswith(METRIC) else []
        self.x_choice = Choice(
            [
                (BOARD, "As the board"),
                *AXES,
                *((f"{METRIC}{key}", key) for key in (*chosen, *known)),
            ],
            own.x or BOARD,
            name="Horizontal axis",
        )
        self.log_x = Check("Logarithmic x", on=bool(whole.log_x))
        self.log_y = Check("Logarithmic y", on=bool(whole.log_y))
        self.low = Field("Lower end of y", "from data", _text(own.low), mono=True)
        self.high = Field("Upper end of y", "from data", _text(own.high), mono=True)
        self.clip = Choice(CLIPS, f"{whole.clip or 0:g}", name="Outliers", nothing="Show all of y")
        self.smoothing = SmoothingControl(own.smoothing, inherit="As the board")
        self.size_choice = Segmented([(str(s), w) for s, w in SIZES], str(size), name="Size")
        self._lay_out()
        self._wire()

    def options(self) -> ChartOptions:
        """Returns what is set."""
        return self._own

    def _lay_out(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(8)
        ends = QHBoxLayout()
        ends.setSpacing(8)
        ends.addWidget(self.low)
        ends.addWidget(Label("to", "text_tertiary"))
        ends.addWidget(self.high)
        logs = QHBoxLayout()
        logs.setSpacing(16)
        logs.addWidget(self.log_x)
        logs.addWidget(self.log_y)
        logs.addStretch(1)
        for words, part in (
            ("Title", self.title),
            ("Along x", self.x_choice),
            ("", logs),
            ("y from", ends),
            ("", self.clip),
            ("Smoothing", self.smoothing),
            ("Size", self.size_choice),
        ):
            if words:
                down.addWidget(Label(words, "text_secondary", "caption"))
            down.addLayout(part) if isinstance(part, QHBoxLayout) else down.addWidget(part)

    def _wire(self) -> None:
        self.title.changed.connect(lambda text: self._take(replace(self._own, title=text.strip())))
        self.x_choice.chosen.connect(
            lambda key: self._take(replace(self._own, x="" if key == BOARD else key))
        )
        self.log_x.toggled.connect(lambda on: self._take(replace(self._own, log_x=on)))
        self.log_y.toggled.connect(lambda on: self._take(replace(self._own, log_y=on)))
        self.clip.chosen.connect(lambda key: self._take(replace(self._own, clip=float(key))))
        self.smoothing.changed.connect(self._on_smoothing_changed)
        self.size_choice.changed.connect(lambda key: self.size_chosen.emit(Size(key)))
        for field in (self.low, self.high):
            field.changed.connect(lambda _text: self._on_ends_typed())

    def _on_smoothing_changed(self, smoothing: Smoothing | None) -> None:
        self._take(replace(self._own, smoothing=smoothing))

    def _on_ends_typed(self) -> None:
        ends = [_number(field.text()) for field in (self.low, self.high)]
        bad = [end is None for end in ends]
        numbers = [end for end in ends if isinstance(end, float)]
        is_crossed = len(numbers) == 2 and numbers[0] >= numbers[1]
        self.low.set_bad(is_bad=bad[0] or is_crossed)
        self.high.set_bad(is_bad=bad[1] or is_crossed)
        if not any(bad) and not is_crossed:
            low, high = (end if isinstance(end, float) else None for end in ends)
            self._take(replace(self._own, low=low, high=high))

    def _take(self, options: ChartOptions) -> None:
        if options != self._own:
            self._own = options
            self.changed.emit(options)


def _text(end: float | None) -> str:
    return "" if end is None else f"{end:g}"


def _number(text: str) -> float | str | None:
    """Returns the number, "" for an empty field, None for what is no finite number."""
    if not text.strip():
        return ""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
