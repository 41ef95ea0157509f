# SPDX-License-Identifier: Apache-2.0
"""What a person can set on a chart, or on all charts of a board; every part of it is saved.

Laws: None and "" mean "as the board says"; what is read back from a file is checked part by part,
and a part that does not hold is as if it had never been set.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from strongroom.desktop.charts.ticks import XAxis
from strongroom.desktop.kit.session import Json
from strongroom.domain.errors import BadInput
from strongroom.services.smoothing import OFF, Smoothing, SmoothingKind

METRIC = "metric:"  # in front of the key of a metric that lies along x
LONGEST = 300  # characters of a title or a key
MOST_CLIP = 20.0  # percent at each end


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartOptions:
    """The settings of one chart.

    Attributes:
        title: Instead of the metric's name.
        x: ``step``, ``relative``, ``time`` or ``metric:<key>``.
        smoothing: Kind and amount.
        log_x: The horizontal axis is logarithmic.
        log_y: The vertical axis is logarithmic.
        low: The lower end of y, None follows the data.
        high: The upper end of y, None follows the data.
        clip: Percent of y that may stick out at each end.
    """

    title: str = ""
    x: str = ""
    smoothing: Smoothing | None = None
    log_x: bool | None = None
    log_y: bool | None = None
    low: float | None = None
    high: float | None = None
    clip: float | None = None

    def over(self, board: "ChartOptions") -> "ChartOptions":
        """Returns these settings, and the board's where nothing is set."""
        return ChartOptions(
            title=self.title or board.title,
            x=self.x or board.x or "step",
            smoothing=next((s for s in (self.smoothing, board.smoothing) if s is not None), OFF),
            log_x=bool(board.log_x) if self.log_x is None else self.log_x,
            log_y=bool(board.log_y) if self.log_y is None else self.log_y,
            low=board.low if self.low is None else self.low,
            high=board.high if self.high is None else self.high,
            clip=(board.clip or 0.0) if self.clip is None else self.clip,
        )

    @property
    def x_axis(self) -> XAxis:
        """What x counts."""
        return XAxis.METRIC if self.x.startswith(METRIC) else XAxis(self.x or "step")

    def to_json(self) -> dict[str, Json]:
        """Returns what is set, as JSON."""
        found: dict[str, Json] = {
            name: value
            for name in ("title", "x", "log_x", "log_y", "low", "high", "clip")
            if (value := getattr(self, name)) not in (None, "")
        }
        if self.smoothing is not None:
            found["smoothing"] = [str(self.smoothing.kind), self.smoothing.amount]
        return found

    @classmethod
    def from_json(cls, value: object) -> "ChartOptions":
        """Returns the settings that hold."""
        if not isinstance(value, Mapping):
            return cls()
        low, high = _number(value.get("low")), _number(value.get("high"))
        if low is not None and high is not None and low >= high:
            low = high = None
        clip = _number(value.get("clip"))
        return cls(
            title=_words(value.get("title")),
            x=_x(value.get("x")),
            smoothing=_smoothing(value.get("smoothing")),
            log_x=_flag(value.get("log_x")),
            log_y=_flag(value.get("log_y")),
            low=low,
            high=high,
            clip=clip if clip is not None and 0 <= clip <= MOST_CLIP else None,
        )


def without_title(options: ChartOptions) -> ChartOptions:
    """Returns the settings a board can have for all its charts."""
    return replace(options, title="", low=None, high=None)


def smoothing_words(smoothing: Smoothing, *, seconds: bool = False) -> str:
    """Returns the smoothing as a chart's header says it, "" for none."""
    if not smoothing.is_on:
        return ""
    amount = smoothing.amount
    if smoothing.kind is SmoothingKind.EMA:
        places = 2 if round(amount, 2) == amount else 4
        return f"EMA {amount:.{places}f}"
    if smoothing.kind is SmoothingKind.TIME_EMA:
        return f"EMA over {amount:g} {'s' if seconds else 'of x'}"
    if smoothing.kind is SmoothingKind.GAUSSIAN:
        return f"Gaussian {amount:g}"
    return f"Mean of {amount:g}"


def _words(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _x(value: object) -> str:
    words = value if isinstance(value, str) else ""
    if words.startswith(METRIC):
        return words if len(METRIC) < len(words) <= LONGEST + len(METRIC) else ""
    return words if words in {"step", "relative", "time"} else ""


def _smoothing(value: object) -> Smoothing | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    kind, amount = value[0], _number(value[1])
    if kind not in list(SmoothingKind) or amount is None:
        return None
    try:
        return Smoothing(kind=SmoothingKind(kind), amount=amount)
    except BadInput:
        return None
