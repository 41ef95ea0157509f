# SPDX-License-Identifier: Apache-2.0
"""Adds up a column value by value in bounded memory, for whatever has no arrays.

* Mean and spread as Welford does it; quantiles from every k-th value, k growing with the column,
  so that the same column always tells the same.
* Values are counted until there are too many different ones to be categories.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from strongroom.domain.data_profile import QUANTILES, ColumnProfile, most_named

MOST_SAMPLED = 8_192
MOST_COUNTED = 2_000  # different values; beyond that a column is no list of categories
LONGEST_COUNTED = 256  # characters; a longer text is prose
MOST_CELLS = 2_000_000  # of a file that are looked at: three seconds
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


class ColumnTally:
    """One column on its way to a `ColumnProfile`.

    Args:
        name: Of the column.
        is_text: Whether values come as the texts of a file, where "1.5" is a number and
            an empty cell is missing.
    """

    def __init__(self, name: str, *, is_text: bool = False) -> None:
        self.name = name
        self.count = 0
        self._is_text = is_text
        self._missing = 0
        self._kinds: dict[str, int] = {}
        self._numbers = 0
        self._mean = self._squares = 0.0
        self._low, self._high = math.inf, -math.inf
        self._times: tuple[str, str] | None = None
        self._sample: list[float] = []
        self._every = 1
        self._counts: dict[str, int] | None = {}

    def add_all(self, values: Iterable[object]) -> None:
        """Adds values one after the other."""
        for value in values:
            self.add(value)

    def add(self, value: object) -> None:
        """Adds a value; None, NaN and what pandas and Arrow say for nothing are missing."""
        self.count += 1
        if self._is_text and isinstance(value, str):
            value = _read(value)
        if _is_missing(value):
            self._missing += 1
        elif isinstance(value, bool) or type(value).__name__ == "bool_":
            self._kind("boolean", str(bool(value)).lower())
        elif isinstance(value, date):
            self._add_time(value.isoformat())
        elif isinstance(value, str):
            self._kind("text", value)
        elif isinstance(value, int | float) or hasattr(value, "__float__"):
            self._add_number(value)
        else:
            self._kind("other", None)

    def profile(self) -> ColumnProfile:
        """Returns what the column held."""
        kinds = set(self._kinds)
        kind = "other"
        if kinds <= {"integer", "number"} and kinds:
            kind = "number" if "number" in kinds else "integer"
        elif kinds:
            kind = kinds.pop() if len(kinds) == 1 else "mixed"
        has_numbers = kind in {"integer", "number"} and self._numbers > 0
        counts = self._counts if kind != "number" else None
        times = self._times if kind == "time" else None
        return ColumnProfile(
            name=self.name,
            kind=kind,
            count=self.count,
            missing=self._missing,
            distinct=None if counts is None else len(counts),
            minimum=self._low if has_numbers else times[0] if times else None,
            maximum=self._high if has_numbers else times[1] if times else None,
            mean=self._mean if has_numbers else None,
            deviation=self._deviation() if has_numbers else None,
            quantiles=self._quantiles() if has_numbers else (),
            top=() if counts is None or kind == "time" else most_named(counts),
        )

    def _add_number(self, value: object) -> None:
        try:
            number = float(value)  # type: ignore[arg-type]  # what is no number says so
        except (TypeError, ValueError, OverflowError):
            self._kind("other", None)
            return
        is_whole = isinstance(value, int) or "int" in type(value).__name__
        self._kind("integer" if is_whole else "number", str(value) if is_whole else None)
        if not math.isfinite(number):
            return
        self._numbers += 1
        distance = number - self._mean
        self._mean += distance / self._numbers
        self._squares += distance * (number - self._mean)
        self._low, self._high = min(self._low, number), max(self._high, number)
        if self._numbers % self._every == 0:
            self._sample.append(number)
            if len(self._sample) > MOST_SAMPLED:
                self._sample = self._sample[1::2]
                self._every *= 2

    def _add_time(self, text: str) -> None:
        self._kind("time", None)
        low, high = self._times or (text, text)
        self._times = min(low, text), max(high, text)

    def _kind(self, kind: str, text: str | None) -> None:
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if self._counts is None or text is None:
            return
        is_much = len(text) > LONGEST_COUNTED or len(self._counts) >= MOST_COUNTED
        if is_much and text not in self._counts:
            self._counts = None
            return
        self._counts[text] = self._counts.get(text, 0) + 1

    def _deviation(self) -> float | None:
        if self._numbers < 2 or not self._squares >= 0:  # beyond what a double holds
            return None
        return math.sqrt(self._squares / (self._numbers - 1))

    def _quantiles(self) -> tuple[tuple[str, float], ...]:
        ordered = sorted(self._sample)
        if not ordered:
            return ()
        last = len(ordered) - 1
        return tuple(
            (name, ordered[round(share * last)])
            for name, share in zip(QUANTILES, _SHARES, strict=True)
        )


def _read(text: str) -> object:
    """Returns what the text of a cell stands for."""
    cell = text.strip()
    if cell.lower() in _MISSING:
        return None
    if cell.lower() in {"true", "false"}:
        return cell.lower() == "true"
    if _NUMBER.fullmatch(cell):
        return _first_of((int, float), cell)
    return _first_of((datetime.fromisoformat,), cell) if _TIME.fullmatch(cell) else cell


def _first_of(readers: Iterable[Callable[[str], object]], cell: str) -> object:
    for read in readers:
        try:
            return read(cell)
        except ValueError:
            continue
    return cell


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def rows_apart(size_bytes: int, head: str, columns: int) -> int:
    """Returns which row of a file of text is looked at: each, or every k-th of a long one.

    Args:
        size_bytes: Of the file.
        head: Its beginning, which tells how long rows are.
        columns: How many cells a row has.
    """
    lines = size_bytes * (head.count("\n") + 1) // max(1, len(head))
    return max(1, -(-lines * columns // MOST_CELLS))


def look_at(rows: Iterable[list[str]], tallies: list[ColumnTally], every: int) -> int:
    """Adds every k-th row to the tallies, evenly from the first to the last; returns the rows."""
    count = 0
    for row in rows:
        if not row:
            continue
        if count % every == 0:
            for tally, cell in zip(tallies, row, strict=False):
                tally.add(cell)
        count += 1
    return count
