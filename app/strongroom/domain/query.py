# SPDX-License-Identifier: Apache-2.0
"""A question about runs, as a tree of frozen values.

The language is a superset of MLflow's ``search_runs`` filter; `query_parser` reads it, the store
answers it. Logic is two-valued: a comparison with something a run does not have is false, so
``NOT params.a = 'x'`` includes runs that have no ``a``.
"""

from collections.abc import Mapping
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
    ARTIFACT = "artifact"
    CONTRACT = "contract"
    """What contracts say of the run; resolved into other fields before it is answered."""

    @property
    def is_manifold(self) -> bool:
        """Whether a run may have several values, so that one of them answering is enough."""
        return self in {FieldKind.DATASET, FieldKind.ARTIFACT, FieldKind.CONTRACT}


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


class ArtifactFact(StrEnum):
    """What of a run's artifacts can be asked for; one of them answering is enough."""

    PATH = "path"
    DIGEST = "digest"


class ContractFact(StrEnum):
    """What contracts say of a run: which speak for it, which rules it breaks or may break."""

    NAME = "name"
    BREAKS = "breaks"
    WAIVES = "waives"


FACTS: Mapping[FieldKind, type[StrEnum]] = {
    FieldKind.DATASET: DatasetFact,
    FieldKind.ARTIFACT: ArtifactFact,
    FieldKind.CONTRACT: ContractFact,
}
"""The facts of each kind of thing a run has several of."""


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
    """What is compared: a number of a metric, a param, a tag, an attribute, one of `FACTS`."""

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
class Shaped:
    """The run has a text for the field that has one of the shapes (`domain.shape`).

    Contracts ask so; nobody types it.
    """

    field: Field
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """The run has a text for the field that lacks one of what is asked of it.

    It has none of the shapes, is none of the words, or is no number within the bounds. Contracts
    ask so; nobody types it.
    """

    field: Field
    shapes: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """The runs of these catalog ids (a JSON list): a part that was answered before the others."""

    ids: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misnamed:
    """The run has a metric, param or tag whose name has none of the shapes and is not known.

    Contracts ask so; nobody types it.
    """

    kind: FieldKind
    shapes: tuple[str, ...]
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """The run has a logged model whose signature is missing, or lacks one of these columns.

    Contracts ask so; nobody types it. Answered before the rest: signatures stand in files, not in
    the catalog.

    Attributes:
        shapes: Of the paths of ``MLmodel`` files that are meant.
        inputs: Name and type of what has to go in, the type "" for any.
        outputs: Name and type of what has to come out.
    """

    shapes: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()


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


FieldTest = Comparison | Membership | Presence | Shaped | Unfit
Filter = FieldTest | Misnamed | Unsigned | Among | Not | AllOf | AnyOf

NOBODY = AnyOf(parts=())
"""The filter that holds for no run."""
EVERYBODY = AllOf(parts=())
"""The filter that holds for every run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One column of the order, never one of `FACTS`; runs without it come last either way."""

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
