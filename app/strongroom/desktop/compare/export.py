# SPDX-License-Identifier: Apache-2.0
"""A comparison outside the window: as CSV with exact figures, or as a Markdown table as it is seen.

* Exactly the rows that are shown, in their order; every column names its run.
* Texts are made harmless for spreadsheets (a cell that would be a formula stays a text) and for
  Markdown; figures are written exactly in CSV.
"""

from collections.abc import Iterable, Sequence

from strongroom.desktop.compare.sheet import TITLES, RowCells, Sheet, Viewpoint
from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Group, NumberCell, Row, TextCell
from strongroom.domain.comparison import ComparedRow, ComparedRuns, Section, Value
from strongroom.services.chart_data import safe_cell

_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|~"})


def csv_rows(compared: ComparedRuns, sheet: Sheet, view: Viewpoint) -> tuple[tuple[str, ...], ...]:
    """Returns a heading and a row for each row that is shown: section, field, a value a run."""
    runs = [compared.runs[at] for at in view.order]
    names = [safe_cell(f"{name_of(run)} ({run.run_id[:8]})") for run in runs]
    rows = [("section", "field", *names)]
    for row in _rows(sheet):
        values = [_exact(row, row.values[at]) for at in view.order]
        rows.append((TITLES[row.section], safe_cell(row.key), *values))
    return tuple(rows)


def markdown(compared: ComparedRuns, sheet: Sheet, view: Viewpoint) -> str:
    """Returns the rows that are shown as a table, with deltas in brackets; the baseline is bold."""
    heads = []
    for at in view.order:
        name = name_of(compared.runs[at]).translate(_ESCAPED)
        heads.append(f"**{name}**" if at == view.baseline else name)
    lines = [_line(["Field", *heads]), _line(["---", *("---:" for _ in heads)])]
    for line in sheet.lines:
        if isinstance(line, Group):
            lines.append(_line([f"**{line.title}**, {line.note}", *("" for _ in heads)]))
        elif isinstance(line, Row) and isinstance(line.cells, RowCells):
            lines.append(_line(_words(line.cells)))
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


def _words(cells: RowCells) -> list[str]:
    found = []
    for cell in cells[: len(cells) - 1]:
        if isinstance(cell, NumberCell):
            words = f"{cell.text} ({cell.delta})" if cell.text and cell.delta else cell.text
            found.append(words or cell.delta)
        elif isinstance(cell, TextCell):
            found.append(f"{cell.text} {cell.note}".rstrip())
        else:
            found.append(wording.DASH)
    return [words.translate(_ESCAPED) for words in found]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
