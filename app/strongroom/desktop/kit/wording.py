# SPDX-License-Identifier: Apache-2.0
"""Times, durations, sizes, numbers and digests as people read them.

* Times are shown local, the exact form in UTC belongs into the tooltip.
* A missing value is a dash, never 0.
* What it is "now" comes in as an argument.
"""

import math
from datetime import UTC, datetime, tzinfo

from strongroom.domain.clock import MICROSECONDS

DASH = "—"
MINUS = "−"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")


def moment(time_us: int | None, now_us: int, zone: tzinfo | None = None) -> str:
    """Returns ``09:41`` today, ``Yesterday``, ``21 Nov 17:20`` this year, else ``21 Nov 2025``.

    Args:
        time_us: Microseconds since the epoch, or None for a dash.
        now_us: The current time in microseconds.
        zone: The zone to show it in, None is the machine's.
    """
    if time_us is None:
        return DASH
    then, now = _local(time_us, zone), _local(now_us, zone)
    days = (now.date() - then.date()).days
    if days == 0:
        return f"{then:%H:%M}"
    if days == 1:
        return "Yesterday"
    if then.year == now.year:
        return f"{then.day} {_MONTHS[then.month - 1]} {then:%H:%M}"
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}"


def day_and_time(time_us: int, now_us: int, zone: tzinfo | None = None) -> str:
    """Returns ``today 09:41``, ``yesterday 17:20`` or ``21 Nov 17:20`` for sentences."""
    then, now = _local(time_us, zone), _local(now_us, zone)
    days = (now.date() - then.date()).days
    if days in {0, 1}:
        return f"{'yesterday' if days else 'today'} {then:%H:%M}"
    year = "" if then.year == now.year else f" {then.year}"
    return f"{then.day} {_MONTHS[then.month - 1]}{year} {then:%H:%M}"


def sentence_case(words: str) -> str:
    """Returns words with a capital first letter, for where they stand alone."""
    return words[:1].upper() + words[1:]


def exact(time_us: int) -> str:
    """Returns the full time in UTC, ``2026-11-23 04:10:11 UTC``, for tooltips."""
    return f"{_local(time_us, UTC):%Y-%m-%d %H:%M:%S} UTC"


def remaining(until_us: int, now_us: int) -> str:
    """Returns ``in 5 d``, ``in 9 h``, ``in 12 m`` or ``Expired``."""
    seconds = (until_us - now_us) // MICROSECONDS
    if seconds <= 0:
        return "Expired"
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"in {seconds // length} {unit}"
    return "in 1 m"


def duration(length_us: int | None) -> str:
    """Returns ``820 ms``, ``6.2 s``, ``14 m 08 s``, ``3 h 05 m`` or ``2 d 04 h``."""
    if length_us is None or length_us < 0:
        return DASH
    if length_us < MICROSECONDS:
        return f"{length_us // 1000} ms"
    seconds = length_us // MICROSECONDS
    if seconds < 60:
        return f"{length_us / MICROSECONDS:.1f} s" if seconds < 10 else f"{seconds} s"
    for coarse, fine, length in (("m", "s", 60), ("h", "m", 3_600)):
        if seconds < length * (60 if length == 60 else 24):
            return f"{seconds // length} {coarse} {seconds % length * 60 // length:02d} {fine}"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3_600:02d} h"


def size(size_bytes: int | None) -> str:
    """Returns ``0 B``, ``0.9 kB``, ``41.8 MB``, ``200 MB`` (powers of 1,000)."""
    if size_bytes is None:
        return DASH
    if size_bytes < 100:
        return f"{size_bytes} B"
    value = float(size_bytes)
    step = 0
    while step < len(_SIZES) - 1 and (step == 0 or round(value, 1) >= 1000):
        value /= 1000
        step += 1
    return f"{value:.0f} {_SIZES[step]}" if value >= 99.95 else f"{value:.1f} {_SIZES[step]}"


def count(number: int, one: str = "", many: str = "") -> str:
    """Returns ``1,284`` or, with words, ``1 run`` and ``1,284 runs``."""
    if not one:
        return f"{number:,}"
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def number(value: float | None, decimals: int | None = None) -> str:
    """Returns a value with a real minus sign; four significant digits unless told otherwise."""
    if value is None:
        return DASH
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if decimals is not None:
        written = f"{value:,.{decimals}f}"
    elif value == 0:
        written = "0"
    elif value.is_integer() and abs(value) < 1e9:
        written = f"{value:,.0f}"
    elif 1e-4 <= abs(value) < 1e6:
        written = f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
    else:
        written = f"{value:.3e}"
    return written.replace("-", MINUS)


def signed(value: float, decimals: int = 4) -> str:
    """Returns a difference with its sign: ``+0.0085``, ``−0.0016``, ``0.0000``."""
    written = f"{value:+,.{decimals}f}"
    if float(written.replace(",", "")) == 0:
        return written[1:]
    return written.replace("-", MINUS)


def digest(hexadecimal: str, groups: int = 0) -> str:
    """Returns a digest in groups of four; ``groups`` above 0 shows only the first ones."""
    shown = hexadecimal[: groups * 4] if groups else hexadecimal
    return " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))


def _local(time_us: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(time_us / MICROSECONDS, tz=UTC).astimezone(zone)
