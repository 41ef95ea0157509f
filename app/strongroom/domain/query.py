# SPDX-License-Identifier: Apache-2.0
"""A question about runs, as a tree of frozen values.

The language is a superset of MLflow's ``search_runs`` filter; `query_parser` reads it, the store
answers it. Logic is two-valued: a comparison with something a run does not have is false, so
``NOT params.a = 'x'`` includes runs that have no ``a``.
"""

from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.errors import BadInput


class FieldKind(StrEnum):
    """Where a value of a run is looked up."""

    METRIC = "metrics"
    PARAM = "params"
    TAG = "tags"
    ATTRIBUTE = "attributes"
    DATASET = "dataset"


class Aggregate(StrEnum):
    """Which number of a metric's points is meant."""

    LAST = "last"
    MIN = "min"
    MAX = "max"
    BEST = "best"
    """The largest or the smallest, as the metric's rule says; resolved before it is answered."""
    COUNT = "count"


class DatasetFact(StrEnum):
    """What of a run's datasets can be asked for; one of them answering is enough."""

    NAME = "name"
    DIGEST = "digest"
    CONTEXT = "context"


class Attribute(StrEnum):
    """The attributes of a run that can be asked for."""

    RUN_ID = "run_id"
    NAME = "name"
    STATUS = "status"
    EXPERIMENT = "experiment"
    START_TIME = "start_time"
    END_TIME = "end_time"
    DURATION = "duration"
    HOST = "host"
    USER = "user"

    @property
    def is_numeric(self) -> bool:
        """Whether the attribute is a time or a duration."""
        return self in {Attribute.START_TIME, Attribute.END_TIME, Attribute.DURATION}


class Operator(StrEnum):
    """How a value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is compared: a number of a metric, a param, a tag, an attribute or a dataset's fact."""

    kind: FieldKind
    key: str
    aggregate: Aggregate = Aggregate.LAST

    @property
    def is_numeric(self) -> bool:
        """Whether only numbers can be compared with it."""
        if self.kind is FieldKind.ATTRIBUTE:
            return Attribute(self.key).is_numeric
        return self.kind is FieldKind.METRIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``field operator value``; times are microseconds UTC, durations microseconds."""

    field: Field
    operator: Operator
    value: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """``field IN (…)``."""

    field: Field
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """``field IS NOT NULL``: the run has the field."""

    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The runs that the part does not hold for."""

    part: "Filter"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """The runs that every part holds for."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """The runs that at least one part holds for."""

    parts: tuple["Filter", ...]


Filter = Comparison | Membership | Presence | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One column of the order, never a dataset's fact; runs without it come last either way."""

    field: Field
    is_descending: bool = False


class FilterError(BadInput):
    """A filter that cannot be understood.

    Attributes:
        position: 0-based character at which reading stopped.
        expected: What could have stood there.
    """

    def __init__(self, position: int, expected: str, found: str) -> None:
        shown = f", found {found!r}" if found else ", found the end"
        super().__init__(
            "E-FILTER",
            f"The filter cannot be read at character {position + 1}: expected {expected}{shown}",
            "Example: metrics.accuracy > 0.9 and params.optimizer = 'adam' and status = 'FINISHED'",
        )
        self.position = position
        self.expected = expected
