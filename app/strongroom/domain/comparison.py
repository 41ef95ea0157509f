# SPDX-License-Identifier: Apache-2.0
"""Runs side by side as values: rows of fields, whether they differ, and deltas to a baseline.

* A row is the same only if every run has the field and its values are equal; NaN equals NaN.
* A delta is better or worse only outside the noise band, and only if the metric's rule says which
  direction is better. Inside the band it is just a difference.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.metric_schema import Direction, MetricRule
from strongroom.domain.run import Run

MOST_COMPARED = 200  # runs side by side; more are a question for the runs table
Value = float | str | None


class Section(StrEnum):
    """What a row of a comparison is about."""

    METRICS = "metrics"
    PARAMS = "params"
    DATASETS = "datasets"
    SOURCE = "source"
    ENVIRONMENT = "environment"
    TAGS = "tags"
    RUN = "run"
    ARTIFACTS = "artifacts"


class MetricChoice(StrEnum):
    """Which value of a metric stands in the row; best follows the metric's rule, else last."""

    LAST = "last"
    MIN = "min"
    MAX = "max"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One field of all runs: a value a run, None where a run does not have it.

    ``is_same`` is told by whoever read the whole values: long texts are shortened here.
    ``points`` is the longest series of a metric among the runs.
    """

    section: Section
    key: str
    values: tuple[Value, ...]
    is_same: bool
    points: int = 0

    def spread(self, baseline: int = 0) -> float:
        """Returns the biggest difference from the baseline, relative where the baseline is not 0.

        Texts that differ count as 1; rows without a difference as 0.
        """
        base = self.values[baseline]
        numbers = [number for value in self.values if (number := as_number(value)) is not None]
        anchor = as_number(base)
        if anchor is None or len(numbers) < 2:
            return 0.0 if self.is_same else 1.0
        widest = max(abs(number - anchor) for number in numbers if math.isfinite(number))
        return widest / abs(anchor) if anchor else widest


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRuns:
    """Runs in the order asked for, their rows section by section, and what is not in the store.

    ``unlisted`` counts the keys of a section beyond those that are listed; ``faults`` says of a
    run (its id) in one sentence what of it could not be read.
    """

    runs: tuple[Run, ...]
    rows: tuple[ComparedRow, ...]
    unknown: tuple[str, ...] = ()
    unlisted: tuple[tuple[Section, int], ...] = ()
    faults: tuple[tuple[str, str], ...] = ()

    def differing(self) -> tuple[ComparedRow, ...]:
        """Returns the rows that are not the same in all runs."""
        return tuple(row for row in self.rows if not row.is_same)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseBand:
    """How far a metric may move and still be called the same.

    ``of_range`` is the share of the range of a metric with both bounds, ``of_value`` the share of
    the baseline of any other.
    """

    of_range: float = 0.005
    of_value: float = 0.02

    def width(self, base: float, rule: MetricRule) -> float:
        """Returns the half width of the band around a baseline."""
        if rule.low is not None and rule.high is not None:
            return self.of_range * (rule.high - rule.low)
        return self.of_value * abs(base)


USUAL_NOISE = NoiseBand()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A difference to the baseline; ``share`` is relative to it, ``is_better`` None if unknown."""

    absolute: float
    share: float | None
    is_better: bool | None


def delta(
    value: Value, base: Value, rule: MetricRule | None = None, noise: NoiseBand = USUAL_NOISE
) -> Delta | None:
    """Returns how a value differs from the baseline's, None if that is no number.

    Without a rule nothing is better or worse: a param is a choice.
    """
    number, anchor = as_number(value), as_number(base)
    if number is None or anchor is None or not math.isfinite(difference := number - anchor):
        return None
    share = difference / abs(anchor) if anchor and math.isfinite(anchor) else None
    is_better: bool | None = None
    is_told = rule is not None and rule.direction is not Direction.NONE
    if rule is not None and is_told and abs(difference) > noise.width(anchor, rule):
        is_better = (difference > 0) is (rule.direction is Direction.HIGHER)
    return Delta(absolute=difference, share=share, is_better=is_better)


def as_number(value: Value) -> float | None:
    """Returns a value as a finite number, None for words, dashes, NaN and infinities."""
    if value is None:
        return None
    if isinstance(value, str):
        if not value or value[0] not in "+-.0123456789" or "_" in value:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def all_same(values: Sequence[Value]) -> bool:
    """Returns whether all runs have the value and it is the same; NaN equals NaN."""
    first = values[0] if values else None
    return first is not None and all(is_equal(first, value) for value in values)


def is_equal(first: Value, second: Value) -> bool:
    """Returns whether two values are equal; NaN equals NaN, a number never equals a text."""
    if isinstance(first, float) and isinstance(second, float):
        return first == second or (math.isnan(first) and math.isnan(second))
    return type(first) is type(second) and first == second
