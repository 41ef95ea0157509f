# SPDX-License-Identifier: Apache-2.0
"""One rule of a logging contract: what it is about, what it asks, which runs break it.

* A rule is one filter, the filter of the runs that break it. The same filter finds them in a
  store, judges a run that is still in memory, and counts them before the rule is stated.
* What a run lacks counts when it has finished; what is wrong counts at once. A run that failed
  promised nothing more.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Self

from strongroom.domain.errors import BadInput
from strongroom.domain.metric import is_name
from strongroom.domain.model import MODEL_FILE
from strongroom.domain.model_signature import asked_columns
from strongroom.domain.query import (
    NOBODY,
    Aggregate,
    AllOf,
    Among,
    AnyOf,
    ArtifactFact,
    Attribute,
    Comparison,
    DatasetFact,
    Field,
    FieldKind,
    Filter,
    Membership,
    Misnamed,
    Not,
    Operator,
    Presence,
    Shaped,
    Unfit,
    Unsigned,
)
from strongroom.domain.query_parser import parse_filter
from strongroom.domain.run import RunStatus
from strongroom.domain.shape import is_shape

MAX_ALLOWED = 1_000  # words of one vocabulary
MAX_WHY = 500  # characters; one or two sentences for whoever breaks the rule
MAX_SHAPES = 20
MAX_COLUMNS = 1_000  # a rule names; a signature may have more
ANY = "*"


class Subject(StrEnum):
    """What a rule is about."""

    PARAM = "params"
    METRIC = "metrics"
    TAG = "tags"
    DATASET = "datasets"
    ARTIFACT = "artifacts"
    SIGNATURE = "signatures"
    NAMES = "names"
    CONDITION = "condition"


class Level(StrEnum):
    """What follows from breaking a rule."""

    MUST = "must"
    """It is told, and no model of the run can be registered."""
    SHOULD = "should"
    """It is told."""


_FIELDS = {
    Subject.PARAM: FieldKind.PARAM,
    Subject.METRIC: FieldKind.METRIC,
    Subject.TAG: FieldKind.TAG,
}
NAMED_KINDS = {kind.value: kind for kind in _FIELDS.values()}
_FINISHED = Comparison(
    field=Field(kind=FieldKind.ATTRIBUTE, key=Attribute.STATUS.value),
    operator=Operator.EQUAL,
    value=RunStatus.FINISHED.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRule:
    """What a contract asks of one param, metric, tag, dataset, artifact, or of names.

    Attributes:
        subject: What it is about.
        key: Its name; a dataset's context, an artifact's or a model's path or pattern, ``params``
            for the names of params, or what a condition is called. ``*`` is any dataset or model.
        is_required: Whether a finished run has to have it.
        shapes: The text, or each name, has one of these (`domain.shape`).
        allowed: The text is one of these; for a dataset its name or digest.
        low: No number lies below.
        high: No number lies above.
        inputs: Columns a model's signature has among its inputs: ``age: long``, or ``age``.
        outputs: Columns it has among its outputs.
        must: For a condition: the filter that has to hold for a finished run.
        level: What follows from breaking it.
        why: What people should know about it.

    Raises:
        BadInput: ``E-CONTRACT`` if no run could be held to it.
    """

    subject: Subject
    key: str
    is_required: bool = False
    shapes: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    must: str = ""
    level: Level = Level.MUST
    why: str = ""

    def __post_init__(self) -> None:
        wrong = self._wrong()
        if wrong:
            raise refused(f"The rule {self.about[:80]} cannot stand: {wrong}")

    @property
    def about(self) -> str:
        """What the rule is about, as its id: ``params.lr``, ``names.tags``, ``datasets.*``."""
        return f"{self.subject.value}.{self.key}"

    @classmethod
    def of(cls, about: str) -> Self:
        """Returns the rule that only requires what an id names.

        Raises:
            BadInput: ``E-CONTRACT``.
        """
        subject, key = parse_about(about)
        return cls(subject=subject, key=key, is_required=True)

    @property
    def field(self) -> Field | None:
        """The param, metric or tag it is about; None for other subjects."""
        kind = _FIELDS.get(self.subject)
        return None if kind is None else Field(kind=kind, key=self.key)

    def lacking(self) -> Filter:
        """Returns the filter of the runs that lack what the rule requires."""
        return _lacking(self)

    def _lacking(self) -> Filter:
        if self.subject is Subject.CONDITION:
            tree = parse_filter(self.must)
            return NOBODY if tree is None else AllOf(parts=(_FINISHED, Not(part=tree)))
        if not self.is_required:
            return NOBODY
        return AllOf(parts=(_FINISHED, Not(part=self._having())))

    def failing(self) -> Filter:
        """Returns the filter of the runs that have what the rule forbids."""
        if self.subject is Subject.SIGNATURE:
            return self.unsigned()
        if self.subject is Subject.NAMES:
            kind = NAMED_KINDS[self.key]
            return Misnamed(kind=kind, shapes=self.shapes, known=self.allowed)
        field = self.field
        if field is None:
            return NOBODY
        if field.kind is FieldKind.METRIC:
            return AnyOf(parts=tuple(_bounds(self.key, self.low, self.high)))
        if not (self.shapes or self.allowed or bounds_said(self)):
            return NOBODY
        return Unfit(
            field=field, shapes=self.shapes, allowed=self.allowed, low=self.low, high=self.high
        )

    def unsigned(self) -> Unsigned:
        """Returns what a rule about signatures forbids the models it is about."""
        return Unsigned(
            shapes=self._model_files(),
            inputs=asked_columns(self.inputs),
            outputs=asked_columns(self.outputs),
        )

    def breach(self) -> Filter:
        """Returns the filter of the runs that break the rule."""
        return AnyOf(parts=(self.lacking(), self.failing()))

    def _having(self) -> Filter:
        """Returns the filter of the runs that have what the rule requires."""
        if self.subject is Subject.DATASET:
            return self._dataset()
        if self.subject in {Subject.ARTIFACT, Subject.SIGNATURE}:
            path = Field(kind=FieldKind.ARTIFACT, key=ArtifactFact.PATH.value)
            is_model = self.subject is Subject.SIGNATURE
            return Shaped(field=path, shapes=self._model_files() if is_model else (self.key,))
        assert self.field is not None  # noqa: S101 - names and conditions require nothing
        return Presence(field=self.field)

    def _model_files(self) -> tuple[str, ...]:
        """Returns the shapes of the paths of the files whose signature is meant."""
        anywhere = f"{self.key}/{MODEL_FILE}"
        return (MODEL_FILE, anywhere) if self.key == ANY else (anywhere,)

    def _dataset(self) -> Filter:
        name = Field(kind=FieldKind.DATASET, key=DatasetFact.NAME.value)
        digest = Field(kind=FieldKind.DATASET, key=DatasetFact.DIGEST.value)
        context = Field(kind=FieldKind.DATASET, key=DatasetFact.CONTEXT.value)
        parts: list[Filter] = []
        if self.key == ANY:
            parts.append(Presence(field=name))
        else:
            parts.append(Comparison(field=context, operator=Operator.EQUAL, value=self.key))
        if self.allowed:
            known = (Membership(field=each, values=self.allowed) for each in (name, digest))
            parts.append(AnyOf(parts=tuple(known)))
        return AllOf(parts=tuple(parts))

    def _wrong(self) -> str:
        if not is_name(self.key):
            return "its name is empty or too long"
        if len(self.why) > MAX_WHY or not _is_whole(self.why):
            return f"its reason has more than {MAX_WHY} characters"
        if len(self.allowed) > MAX_ALLOWED or not all(map(is_name, self.allowed)):
            return f"a vocabulary has at most {MAX_ALLOWED:,} words, none of them empty"
        if len(self.shapes) > MAX_SHAPES or not all(map(is_shape, self.shapes)):
            return "a shape is empty, too long or not printable"
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        if not all(map(math.isfinite, bounds)) or bounds != sorted(bounds):
            return "its bounds are not finite, or the wrong way round"
        return self._wrong_here()

    def _wrong_here(self) -> str:
        """Returns what does not go with the subject, or that nothing is asked."""
        is_text = self.subject in {Subject.PARAM, Subject.TAG, Subject.NAMES}
        is_number = self.subject in {Subject.PARAM, Subject.METRIC, Subject.TAG}
        asks = {
            "shapes": bool(self.shapes) <= is_text,
            "allowed words": bool(self.allowed) <= (is_text or self.subject is Subject.DATASET),
            "bounds": (self.low is None and self.high is None) or is_number,
            "columns": not (self.inputs or self.outputs) or self.subject is Subject.SIGNATURE,
            "a condition": bool(self.must) == (self.subject is Subject.CONDITION),
            "presence": self.is_required
            <= (self.subject not in {Subject.NAMES, Subject.CONDITION}),
        }
        for what, fits in asks.items():
            if not fits:
                return f"{what} cannot be asked of {self.subject.value}"
        if self.subject is Subject.NAMES:
            fits = self.key in NAMED_KINDS and bool(self.shapes)
            return "" if fits else "names are those of params, metrics or tags, and need a shape"
        if self.subject is Subject.ARTIFACT and not is_shape(self.key):
            return "an artifact's path has at most 200 printable characters"
        if self.subject in {Subject.SIGNATURE, Subject.CONDITION}:
            is_signature = self.subject is Subject.SIGNATURE
            return self._wrong_signature() if is_signature else _wrong_condition(self.must)
        if self.subject in {Subject.DATASET, Subject.ARTIFACT}:
            return "" if self.is_required else "it asks nothing"
        is_asking = self.is_required or self.shapes or self.allowed or bounds_said(self)
        return "" if is_asking else "it asks nothing"

    def _wrong_signature(self) -> str:
        if not is_shape(f"{self.key}/{MODEL_FILE}"):
            return "a model's path has at most 190 printable characters"
        if max(len(self.inputs), len(self.outputs)) > MAX_COLUMNS:
            return f"a signature is asked for at most {MAX_COLUMNS:,} inputs or outputs"
        if not all(map(is_name, (*self.inputs, *self.outputs))):
            return "the name of a column is empty or too long"
        try:
            self.unsigned()
        except ValueError as error:
            return str(error)
        return ""


@lru_cache(maxsize=1024)
def _lacking(rule: ContractRule) -> Filter:
    """Reads a condition once; a window of rows is held to it row by row."""
    return rule._lacking()  # noqa: SLF001 - the same module


def parse_about(about: str) -> tuple[Subject, str]:
    """Reads an id such as ``params.lr``.

    Raises:
        BadInput: ``E-CONTRACT`` for another word before the dot, or nothing behind it.
    """
    word, _, key = about.partition(".")
    if word not in set(Subject) or not key:
        raise refused(f"{about[:80]!r} is nothing a rule can be about")
    return Subject(word), key


def bounds_said(rule: ContractRule) -> bool:
    """Whether a rule has bounds."""
    return rule.low is not None or rule.high is not None


def refused(title: str) -> BadInput:
    """Returns the error for a contract that cannot stand."""
    return BadInput(
        "E-CONTRACT",
        title,
        "docs/reference/contracts.md shows each kind of rule by an example.",
    )


def _bounds(key: str, low: float | None, high: float | None) -> list[Filter]:
    """Returns a test for each bound of a metric; every point counts, NaN lies nowhere."""
    found: list[Filter] = []
    for bound, operator, aggregate in (
        (low, Operator.LESS, Aggregate.MIN),
        (high, Operator.GREATER, Aggregate.MAX),
    ):
        if bound is not None:
            field = Field(kind=FieldKind.METRIC, key=key, aggregate=aggregate)
            found.append(Comparison(field=field, operator=operator, value=float(bound)))
    return found


def _wrong_condition(must: str) -> str:
    if not must.isprintable() or len(must) > 2_000:
        return "its condition is longer than 2,000 characters"
    try:
        tree = parse_filter(must)
    except BadInput as error:
        return error.title
    if tree is None or _speaks_of_others(tree):
        return "a condition speaks of the run alone, without best(…) and contract"
    return ""


def _speaks_of_others(tree: Filter) -> bool:
    if isinstance(tree, AllOf | AnyOf):
        return any(_speaks_of_others(part) for part in tree.parts)
    if isinstance(tree, Not):
        return _speaks_of_others(tree.part)
    if isinstance(tree, Misnamed | Unsigned | Among):
        return False
    return tree.field.kind is FieldKind.CONTRACT or tree.field.aggregate is Aggregate.BEST


def _is_whole(text: str) -> bool:
    return not text or is_name(text)
