# SPDX-License-Identifier: Apache-2.0
"""A comparison as lines of a table: sections, rows, and cells that are made when they are seen.

* Only what differs is shown unless asked for; what is hidden is counted, never dropped in silence.
* Artifacts stand in the tree of their folders; the same means the same digest.
* Figures of one row have the same decimals; a delta has them too.
* A delta is coloured only where it leaves the noise and the metric says which way is better; the
  arrow behind the name says the same without colour.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.desktop.compare.folders import File, Folder, tree_of
from strongroom.desktop.compare.lazy_cells import LazyCells
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import (
    MISSING,
    Cell,
    Group,
    Line,
    Notice,
    NumberCell,
    Row,
    TextCell,
)
from strongroom.desktop.kit.figures import Figures
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.shown import shown
from strongroom.domain.comparison import (
    USUAL_NOISE,
    ComparedRow,
    ComparedRuns,
    Delta,
    NoiseBand,
    Section,
    Value,
    delta,
    is_equal,
)
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import Direction, MetricRule, MetricSchema

TITLES = {
    Section.METRICS: "Metrics",
    Section.PARAMS: "Parameters",
    Section.DATASETS: "Datasets",
    Section.SOURCE: "Source",
    Section.ENVIRONMENT: "Environment",
    Section.TAGS: "Tags",
    Section.RUN: "Run",
    Section.ARTIFACTS: "Artifacts",
}
_DIGESTS = frozenset({"commit", "digest"})  # shown short; equal starts would mean equal content
_ARROWS = {Direction.HIGHER: "↑", Direction.LOWER: "↓", Direction.NONE: ""}
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """How somebody looks at a comparison.

    Attributes:
        order: The runs from left to right, as places in the comparison.
        baseline: The run every delta is told against, as a place in the comparison.
        only_differing: Leaves out rows that are the same in all runs.
        words: All of them have to be in the name of a row, in any case.
        by_difference: Biggest difference first instead of by name.
        in_percent: Deltas relative to the baseline.
        noise: How far a metric may move and still be called the same.
        now_us: The time that "Yesterday" is told from.
    """

    order: tuple[int, ...]
    baseline: int
    only_differing: bool = True
    words: str = ""
    by_difference: bool = False
    in_percent: bool = False
    noise: NoiseBand = USUAL_NOISE
    now_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The lines to show, how many rows differ of how many, and the row behind each key."""

    lines: tuple[Line, ...]
    differing: int
    total: int
    hidden: int
    rows: Mapping[str, ComparedRow] = field(repr=False)


def lay_out(
    compared: ComparedRuns,
    view: Viewpoint,
    schema: MetricSchema,
    reading: Iterable[Section] = (),
) -> Sheet:
    """Returns the lines of a comparison; ``reading`` names sections still being read."""
    waited, words = set(reading), view.words.lower().split()
    lines: list[Line] = []
    rows: dict[str, ComparedRow] = {}
    left_out: dict[Section, int] = {}
    for section in Section:
        whole = [row for row in compared.rows if row.section is section]
        differing = [row for row in whole if not row.is_same]
        named = differing if view.only_differing else whole
        left_out[section] = len(whole) - len(named)
        chosen = [row for row in named if all(word in row.key.lower() for word in words)]
        if section in waited and not whole:
            lines.append(Group(section.value, TITLES[section], "reading…"))
        if not chosen:
            continue
        lines.append(Group(section.value, TITLES[section], _count(len(differing), len(whole))))
        rows |= {f"{section.value} {row.key}": row for row in chosen}
        if section is Section.ARTIFACTS and not view.by_difference:
            lines += _tree(chosen, whole, view, schema)
            continue
        for row in _ordered(chosen, section, view):
            lines.append(Row(f"{section.value} {row.key}", RowCells(row, view, schema)))
    if rows and not words and any(left_out.values()):
        lines.append(Notice("same", _same_words(left_out), "mute", "equal", folds=False))
    return Sheet(
        lines=tuple(lines),
        differing=sum(not row.is_same for row in compared.rows),
        total=len(compared.rows),
        hidden=sum(left_out.values()),
        rows=rows,
    )


class RowCells(LazyCells):
    """The cells of one row: name, a run each, room."""

    def __init__(
        self, row: ComparedRow, view: Viewpoint, schema: MetricSchema, file: File | None = None
    ) -> None:
        super().__init__(len(view.order) + 2)
        self._row, self._view, self._file = row, view, file
        self._rule = schema.rule(row.key) if row.section is Section.METRICS else None
        self._figures: Figures | None = None

    def make(self, at: int) -> Cell | None:
        """Returns a cell; the decimals of a row are found with its first value."""
        if at == 0:
            return name_cell(self._row, self._rule, self._file)
        if at > len(self._view.order):
            return None
        if self._figures is None:
            self._figures = figures_of(self._row)
        place = self._view.order[at - 1]
        return value_cell(self._row, place, self._view, self._rule, self._figures)


def name_cell(row: ComparedRow, rule: MetricRule | None, file: File | None = None) -> TextCell:
    """Returns the cell of a row's name, with unit and the direction that is better.

    ``file`` is the place of an artifact in the tree; its whole path is in the tooltip.
    """
    name = shown(row.key)
    if file is not None:
        whole = name if file.depth else ""
        return TextCell(shown(file.name), "text_secondary", spoken=whole, depth=file.depth)
    if rule is None:
        return TextCell(name, "text_secondary")
    title = f"{name}, {rule.unit}" if rule.unit else name
    note = _ARROWS[rule.direction]
    spoken = f"{title}, {rule.direction.value} is better" if note else ""
    return TextCell(title, "text_secondary", note=note, spoken=spoken)


def value_cell(
    row: ComparedRow, at: int, view: Viewpoint, rule: MetricRule | None, figures: Figures
) -> Cell:
    """Returns the cell of one run: its value and the delta to the baseline's."""
    value, base = row.values[at], row.values[view.baseline]
    is_base = at == view.baseline
    if value is None:
        missing = "" if is_base or base is None else "missing"
        return NumberCell("", missing, slot=True) if missing else MISSING
    words = written(row, value, figures, view.now_us)
    is_mono = _is_digest(row)
    if is_base or (row.is_same and row.section is not Section.ARTIFACTS):
        return NumberCell(words, slot=not is_base, mono=is_mono, spoken=_whole(row, value, words))
    told = _delta_words(row, value, base, view, rule, figures)
    spoken = _whole(row, value, words)
    if told.spoken:
        spoken = f"{spoken or words} ({told.spoken})"
    return NumberCell(words, told.words, told.tone, slot=True, mono=is_mono, spoken=spoken)


def written(row: ComparedRow, value: Value, figures: Figures, now_us: int = 0) -> str:
    """Returns a value as the table shows it."""
    if value is None:
        return ""
    if isinstance(value, float):
        if row.section is Section.RUN:
            return (
                wording.moment(round(value), now_us)
                if row.key == "started"
                else wording.duration(round(value))
            )
        return figures.number(value)
    if _is_digest(row) and len(value) >= 16:
        return value[:8] if row.key == "commit" else wording.digest(value, 2)
    if row.section is Section.PARAMS:
        return figures.written(value)
    return shown(value)


@dataclass(frozen=True, slots=True)
class _Told:
    words: str
    tone: Tone
    spoken: str


def _delta_words(
    row: ComparedRow,
    value: Value,
    base: Value,
    view: Viewpoint,
    rule: MetricRule | None,
    figures: Figures,
) -> _Told:
    if base is None:
        others = sum(one is not None for one in row.values) - 1
        said = "only here" if row.section is Section.ARTIFACTS and not others else "new"
        return _Told(said, "mute", "the baseline has none")
    if row.section is Section.ARTIFACTS:
        same = is_equal(value, base)
        return _Told("same", "mute", "the same") if same else _Told("differs", "mute", "differs")
    if is_equal(value, base):
        is_pair = (
            len(row.values) == 2
        )  # then shortened texts that look the same are known not to be
        return _Told("changed", "mute", "changed further on") if is_pair else _Told("", "mute", "")
    if row.section is Section.RUN and row.key == "started":
        return _Told("", "mute", "")
    found = delta(value, base, rule, view.noise) if _is_measured(row) else None
    if found is None:
        return _Told("changed", "mute", "changed")
    return _Told(_delta_text(row, found, view, figures), _tone(found), _spoken(found, rule))


def _delta_text(row: ComparedRow, found: Delta, view: Viewpoint, figures: Figures) -> str:
    if view.in_percent:
        return percent(found.share)
    if row.section is Section.RUN:
        length = wording.duration(abs(round(found.absolute)))
        return ("+" if found.absolute > 0 else wording.MINUS) + length
    decimals = figures.decimals
    if decimals is None:
        text = wording.number(found.absolute)
        return text if found.absolute < 0 else f"+{text}"
    text = wording.signed(found.absolute, decimals)
    if text[0] == "0" and found.absolute:  # smaller than the last decimal that is shown
        return (
            "<" if found.absolute > 0 else f">{wording.MINUS}"
        ) + f"{10.0**-decimals:.{decimals}f}"
    return text


def percent(share: float | None) -> str:
    """Returns a relative difference: ``+1.2 %``, ``−40 %``, ``× 12``; a dash without a baseline."""
    if share is None:
        return wording.DASH
    size = abs(share) * 100
    if size >= 10_000:
        return f"× {share + 1:,.0f}".replace("-", wording.MINUS)
    decimals = 0 if size >= 100 else 1 if size >= 1 else 2
    return f"{wording.signed(share * 100, decimals)} %"


def _tone(found: Delta) -> Tone:
    return "mute" if found.is_better is None else "ok" if found.is_better else "bad"


def _spoken(found: Delta, rule: MetricRule | None) -> str:
    parts = [f"{found.absolute:+.6g}".replace("-", wording.MINUS)]
    if found.share is not None:
        parts.append(percent(found.share))
    if found.is_better is not None:
        parts.append("better" if found.is_better else "worse")
    elif rule is not None and rule.direction is not Direction.NONE:
        parts.append("within the noise")
    return ", ".join(parts)


def _whole(row: ComparedRow, value: Value, words: str) -> str:
    """Returns what the words leave out: the exact figure, the whole digest."""
    exact = ""
    if isinstance(value, float):
        if row.section is Section.METRICS:
            exact = repr(value)
        elif row.key == "started":
            exact = wording.exact(round(value))
    if isinstance(value, str) and _is_digest(row):
        exact = value
    return exact if exact and exact != words else ""


def _is_digest(row: ComparedRow) -> bool:
    last = row.key.rpartition(", ")[2]
    return row.section is Section.ARTIFACTS or (
        row.section in {Section.SOURCE, Section.DATASETS} and last in _DIGESTS
    )


def _is_measured(row: ComparedRow) -> bool:
    if row.section is Section.RUN:
        return row.key == "duration"
    if row.section is Section.DATASETS:
        return row.key.endswith(", rows")
    return row.section in {Section.METRICS, Section.PARAMS}


def figures_of(row: ComparedRow) -> Figures:
    """Returns how the figures of a row are written."""
    known = [value for value in row.values[:_SAMPLE] if value is not None]
    numbers = [value for value in known if isinstance(value, float)]
    if numbers:
        return Figures.of_values(numbers)
    texts = [value for value in known if isinstance(value, str)]
    return Figures.of_texts(texts) if row.section is Section.PARAMS else Figures(None)


def _tree(
    chosen: Sequence[ComparedRow],
    whole: Sequence[ComparedRow],
    view: Viewpoint,
    schema: MetricSchema,
) -> Iterable[Line]:
    """Yields files under their folders, which say how many of all their files differ."""
    rows = {row.key: row for row in chosen}
    all_below: Counter[str] = Counter()
    for row in whole:
        parts = row.key.split("/")[:-1]
        all_below.update("/".join(parts[: at + 1]) + "/" for at in range(len(parts)))
    for line in tree_of(rows):
        if isinstance(line, Folder):
            differing = sum(not rows[path].is_same for path in line.files)
            note = _count(differing, max(all_below[line.path], len(line.files)))
            key, title = f"folder {line.path}", f"{shown(line.title)}/"
            yield Group(key, title, note, depth=line.depth)
        else:
            row = rows[line.path]
            cells = RowCells(row, view, schema, line)
            yield Row(f"{Section.ARTIFACTS.value} {row.key}", cells)


def _ordered(rows: list[ComparedRow], section: Section, view: Viewpoint) -> Iterable[ComparedRow]:
    if view.by_difference:
        return sorted(rows, key=lambda row: (-row.spread(view.baseline), row.key))
    if section is Section.METRICS:
        return sorted(rows, key=lambda row: (metric_rank(row.key), row.key))
    return rows


def _same_words(left_out: Mapping[Section, int]) -> str:
    total = sum(left_out.values())
    parts = [
        f"{TITLES[section]} {wording.count(count)}" for section, count in left_out.items() if count
    ]
    verb = "is" if total == 1 else "are"
    return f"{wording.count(total, 'row')} {verb} the same and hidden: {', '.join(parts)}"


def _count(differing: int, total: int) -> str:
    return f"{wording.count(differing)} of {wording.count(total)} differ"
