# SPDX-License-Identifier: Apache-2.0
"""Where tick labels stand and what they say.

Laws: never more than ``AT_MOST``; steps are round for the reader (1, 2, 2.5, 5; 15 minutes;
decades); all labels of an axis have the same decimals; the step depends on the length of the range
alone, so panning does not change it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

AT_MOST = 5
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28, 91, 182, 364)),
)


class XAxis(Enum):
    """Names what x counts."""

    STEP = "step"
    RELATIVE = "relative"
    TIME = "time"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """Are positions on the axis, their labels, and the step they came from."""

    step: float
    values: tuple[float, ...]
    labels: tuple[str, ...]


def number_ticks(low: float, high: float, most: int = AT_MOST) -> Ticks:
    """Returns round ticks inside ``low..high``."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return Ticks(step=0.0, values=(), labels=())
    step = _round_step((high - low) / most)
    return _every(step, low, high, lambda value: number_text(value, step))


def log_ticks(low: float, high: float, most: int = AT_MOST) -> Ticks:
    """Returns ticks for an axis that shows log10 of its values."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return Ticks(step=0.0, values=(), labels=())
    decades = high - low
    digits = next((each for each in _DIGITS if decades * len(each) <= most), None)
    if digits is None:
        step = float(max(1, math.ceil(decades / most)))
        first = math.ceil(low / step - 1e-9)
        count = math.floor(high / step + 1e-9) - first + 1
        values = tuple((first + index) * step for index in range(count))
    else:
        step = 1 / len(digits)
        exponents = (
            decade + math.log10(digit)
            for decade in range(math.floor(low), math.ceil(high) + 1)
            for digit in digits
        )
        values = tuple(value for value in exponents if low <= value <= high)
        if len(values) < 2 and high < 300:  # less than a digit: as even as on any axis
            return _log_of(number_ticks(10.0**low, 10.0**high, most))
        values = values[:: math.ceil(len(values) / most)]
    return Ticks(step=step, values=values, labels=tuple(_power_text(v) for v in values))


_DIGITS = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,))


def _log_of(ticks: Ticks) -> Ticks:
    places = [math.log10(value) if value > 0 else math.nan for value in ticks.values]
    there = [index for index, place in enumerate(places) if not math.isnan(place)]
    return Ticks(
        step=ticks.step,
        values=tuple(places[index] for index in there),
        labels=tuple(ticks.labels[index] for index in there),
    )


def duration_ticks(low: float, high: float, most: int = AT_MOST) -> Ticks:
    """Returns ticks for seconds since a start."""
    step = _time_step(low, high, most)
    return _every(step, low, high, duration_text)


def clock_ticks(low: float, high: float, most: int = AT_MOST) -> Ticks:
    """Returns ticks for seconds since 1970, said in UTC."""
    step = _time_step(low, high, most)
    return _every(step, low, high, lambda value: clock_text(value, step))


def number_text(value: float, step: float) -> str:
    """Returns ``value`` with the decimals ``step`` needs and thousands separated."""
    if value != 0 and (abs(value) >= 1e9 or step < 1e-6):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")
    places = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    if abs(step * 10**places - round(step * 10**places)) > 1e-6:
        places += 1  # a step of 2.5
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def value_text(value: float) -> str:
    """Returns one measured value with four significant digits, or a dash when there is none."""
    if not math.isfinite(value):
        return "—"
    size = abs(value)
    if size != 0 and (size >= 1e7 or size < 1e-4):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")
    if size >= 1000:
        return f"{value:,.0f}" if size >= 1e5 else f"{value:,.1f}".removesuffix(".0")
    if (size >= 1 or size == 0) and float(value).is_integer():
        return f"{value:.0f}"
    places = 4 if size < 1 else max(0, 3 - math.floor(math.log10(size)))
    return f"{value:.{places}f}"


def duration_text(seconds: float) -> str:
    """Returns seconds as people write them: ``45 s``, ``12 m``, ``2 h 30``, ``3 d``."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    if left < 60:
        return f"{sign}{left:.0f} s" if left == int(left) or left >= 10 else f"{sign}{left:.1f} s"
    whole = round(left)
    if whole < _HOUR:
        minutes, rest = divmod(whole, _MINUTE)
        return f"{sign}{minutes} m" + (f" {rest:02d}" if rest else "")
    if whole < _DAY:
        hours, rest = divmod(whole, _HOUR)
        return f"{sign}{hours} h" + (f" {rest // 60:02d}" if rest else "")
    days, rest = divmod(whole, _DAY)
    return f"{sign}{days} d" + (f" {rest // _HOUR} h" if rest >= _HOUR else "")


def clock_text(seconds: float, step: float) -> str:
    """Returns a time in UTC, as exact as ``step``; a year outside 1970 to 9999 gives a dash."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "—"
    if step >= _DAY:
        return moment.strftime("%d %b")
    if moment.hour == moment.minute == moment.second == 0 and step >= _MINUTE:
        return moment.strftime("%d %b")
    return moment.strftime("%H:%M:%S" if step < _MINUTE else "%H:%M")


def x_text(value: float, axis: XAxis) -> str:
    """Returns a position on the x axis as the header says it."""
    if axis is XAxis.RELATIVE:
        return duration_text(value)
    if axis is XAxis.TIME:
        return clock_text(value, 1)
    if axis is XAxis.METRIC:
        return value_text(value)
    return number_text(value, 1.0 if float(value).is_integer() else 0.01)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    lead = least / power
    for digit in (1, 2, 2.5, 5):
        if lead <= digit * (1 + 1e-9):
            return digit * power
    return 10 * power


def _time_step(low: float, high: float, most: int) -> float:
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return 0.0
    least = (high - low) / most
    if least <= 1:
        return _round_step(least)
    return next((float(step) for step in _TIME_STEPS if step >= least), _round_step(least))


def _every(step: float, low: float, high: float, say: Callable[[float], str]) -> Ticks:
    if step <= 0:
        return Ticks(step=0.0, values=(), labels=())
    first = math.ceil(low / step - 1e-9)
    count = min(math.floor(high / step + 1e-9) - first + 1, 4 * AT_MOST)
    values = tuple((first + index) * step for index in range(max(count, 0)))
    return Ticks(step=step, values=values, labels=tuple(say(value) for value in values))


def _power_text(exponent: float) -> str:
    value = 10.0**exponent if -300 < exponent < 300 else math.nan
    if 1e-4 <= value < 1e6:
        places = max(0, -math.floor(exponent + 1e-9))
        return f"{value:,.{places}f}" if value >= 1 or places < 5 else f"{value:g}"
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")
