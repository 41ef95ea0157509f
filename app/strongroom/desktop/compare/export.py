# SPDX-License-Identifier: Apache-2.0
"""A comparison outside the window: as CSV with exact figures, for a spreadsheet, as Markdown.

* Exactly the rows that are shown, in their order, turned round as they are seen; every column or
  row names its run.
* Texts are made harmless for spreadsheets (a cell that would be a formula stays a text) and for
  Markdown; figures are written exactly in CSV and on the clipboard, as they are seen in Markdown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from strongroom.desktop.compare.sheet import TITLES, RowCells, Sheet, Viewpoint
from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Cell, Group, NumberCell, Row, TextCell
from strongroom.domain.comparison import ComparedRow, ComparedRuns, Section, Value
from strongroom.domain.metric_schema import MetricSchema
from strongroom.services.chart_data import safe_cell

_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|~"})
_ONE_CELL = str.maketrans({"\t": " ", "\n": " ", "\r": " "})

Table = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is compared and how it is looked at; ``has_runs_down`` says that runs are rows."""

    compared: ComparedRuns
    view: Viewpoint
    schema: MetricSchema = field(default_factory=MetricSchema)
    has_runs_down: bool = False


def csv_rows(seen: Seen, sheet: Sheet) -> Table:
    """Returns a heading and a row for each row that is shown: section, field, a value a run.

    Turned round it is a row for each run: name, id, a value a field.
    """
    runs = [seen.compared.runs[at] for at in seen.view.order]
    rows = tuple(_rows(sheet))
    if seen.has_runs_down:
        heads = [safe_cell(f"{row.section.value}.{row.key}") for row in rows]
        lines = (
            (safe_cell(name_of(run)), run.run_id, *(_exact(row, row.values[at]) for row in rows))
            for run, at in zip(runs, seen.view.order, strict=True)
        )
        return (("run", "run_id", *heads), *lines)
    names = [safe_cell(f"{name_of(run)} ({run.run_id[:8]})") for run in runs]
    found = (
        (
            TITLES[row.section],
            safe_cell(row.key),
            *(_exact(row, row.values[at]) for at in seen.view.order),
        )
        for row in rows
    )
    return (("section", "field", *names), *found)


def spreadsheet(seen: Seen, sheet: Sheet) -> str:
    """Returns the rows of `csv_rows` parted by tabs, as spreadsheets paste them."""
    rows = csv_rows(seen, sheet)
    return "".join("\t".join(cell.translate(_ONE_CELL) for cell in row) + "\n" for row in rows)


def markdown(seen: Seen, sheet: Sheet) -> str:
    """Returns the rows that are shown as a table, with deltas in brackets; the baseline is bold."""
    heads = []
    for at in seen.view.order:
        name = name_of(seen.compared.runs[at]).translate(_ESCAPED)
        heads.append(f"**{name}**" if at == seen.view.baseline else name)
    if seen.has_runs_down:
        return _markdown_of_runs(heads, sheet)
    lines = [_line(["Field", *heads]), _line(["---", *("---:" for _ in heads)])]
    for line in sheet.lines:
        if isinstance(line, Group):
            lines.append(_line([f"**{line.title.translate(_ESCAPED)}**, {line.note}",
                                *("" for _ in heads)]))  # fmt: skip
        elif isinstance(line, Row) and isinstance(line.cells, RowCells):
            cells = line.cells[: len(line.cells) - 1]
            lines.append(_line([_words(cell) for cell in cells]))
    return "\n".join(lines) + "\n"


def _markdown_of_runs(heads: Sequence[str], sheet: Sheet) -> str:
    fields = [
        line.cells
        for line in sheet.lines
        if isinstance(line, Row) and isinstance(line.cells, RowCells)
    ]
    lines = [
        _line(["Run", *(_words(cells[0]) for cells in fields)]),
        _line(["---", *("---:" for _ in fields)]),
    ]
    for at, head in enumerate(heads, start=1):
        lines.append(_line([head, *(_words(cells[at]) for cells in fields)]))
    return "\n".join(lines) + "\n"


def _rows(sheet: Sheet) -> Iterable[ComparedRow]:
    return (sheet.rows[line.key] for line in sheet.lines if isinstance(line, Row))


def _exact(row: ComparedRow, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    if row.section is Section.RUN:
        return wording.exact(round(value)) if row.key == "started" else f"{value / 1e6:g} s"
    return repr(value)


def _words(cell: Cell | None) -> str:
    words = wording.DASH
    if isinstance(cell, NumberCell):
        words = f"{cell.text} ({cell.delta})" if cell.text and cell.delta else cell.text
        words = words or cell.delta
    elif isinstance(cell, TextCell):
        words = f"{cell.text} {cell.note}".rstrip()
    return words.translate(_ESCAPED)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
