# SPDX-License-Identifier: Apache-2.0
"""The Compare page: runs side by side, only what differs by default, deltas to a baseline.

* The baseline is the first run; its column has no deltas.
* The place names the runs, so Back and a ticket lead to the same comparison.
"""

from dataclasses import dataclass

from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button, Toggle
from strongroom.desktop.kit.cells import MISSING, Cell, Column, Group, NumberCell, Row, TextCell
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import number, signed
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.run import Run
from strongroom.services.runs import Runs

MOST = 12  # columns that fit a wide screen; more are better told by charts
NEWEST = 4  # compared when nobody has chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareServices:
    """What the page asks."""

    runs: Runs
    clock: Clock


class ComparePage(Page):
    """A table with one column a run."""

    page_id = "compare"
    title = "Compare"

    def __init__(
        self, services: CompareServices, tasks: Tasks, session: Session | None = None
    ) -> None:
        self._services, self._tasks, self._session = services, tasks, session or Session()
        self._wanted: tuple[str, ...] = ()
        self._runs: tuple[Run, ...] = ()
        self.only_differences = Toggle("Only what differs", on=True)
        self.baseline = Choice([], "", name="Baseline", nothing="No baseline")
        self.back_button = Button("Choose runs", "secondary", "flask-conical")
        self.table = Table((Column("what", "What", 240),), name="Comparison", selection="one")
        self._empty = EmptyState(
            "Nothing to compare yet",
            "Check two or more runs on the Runs page, or log some: their parameters and metrics"
            " stand side by side here.",
            "Go to runs",
            "flask-conical",
        )
        super().__init__(
            PageBar("Compare", [], [self.only_differences, self.baseline, self.back_button]),
            self._empty,
            self.table,
        )
        self._empty.hide()
        self._empty.acted.connect(lambda: self.place_requested.emit(Place("runs")))
        self.back_button.clicked.connect(lambda: self.place_requested.emit(Place("runs")))
        self.only_differences.toggled.connect(lambda _on: self._show_table())
        self.baseline.chosen.connect(lambda _key: self._show_table())

    def show_place(self, place: Place) -> None:
        """Compares the runs the place names, else the newest."""
        named = place.argument("runs")
        self._wanted = tuple(named.split(",")) if named else self._wanted
        self._read()

    def place(self) -> Place:
        """Returns the comparison as a place."""
        if not self._wanted:
            return Place(self.page_id)
        return Place.of(self.page_id, {"runs": ",".join(self._wanted)})

    def refresh(self, changes: Changes) -> None:
        """Reads again when a compared run changed."""
        if changes.runs & {run.run_id for run in self._runs} and self.isVisible():
            self._read()

    def _read(self) -> None:
        wanted = self._wanted[:MOST]
        self._tasks.ask(
            "compare.runs",
            "Reading runs",
            lambda _progress: _find(self._services.runs, wanted),
            self._show,
            owner=self,
        )

    def _show(self, runs: tuple[Run, ...]) -> None:
        self._runs = runs
        self._empty.setVisible(len(runs) < 2)
        self.table.setVisible(len(runs) >= 2)
        current = self.baseline.current()
        choices = [(run.run_id, f"Baseline: {run.name or run.run_id[:8]}") for run in runs]
        known = {run.run_id for run in runs}
        first = runs[0].run_id if runs else ""
        self.baseline.set_choices(choices, current if current in known else first)
        self._show_table()

    def _show_table(self) -> None:
        runs = self._runs
        if len(runs) < 2:
            return
        at_base = next(
            (at for at, run in enumerate(runs) if run.run_id == self.baseline.current()), 0
        )
        columns = [Column("what", "What", 240)]
        columns += [
            Column(run.run_id, run.name or run.run_id[:8], 170, "right", sub=run.experiment,
                   series=at)
            for at, run in enumerate(runs)
        ]  # fmt: skip
        columns.append(Column("room", "", 40, stretch=True))
        self.table.set_columns(tuple(columns))
        lines: list[Group | Row] = []
        for section, rows in (
            ("Metrics", self._metric_rows(at_base)),
            ("Parameters", self._text_rows("params")),
            ("Tags", self._text_rows("tags")),
        ):
            if rows:
                lines.append(Group(section, section, str(len(rows))))
                lines += rows
        self.table.set_lines(lines)

    def _metric_rows(self, at_base: int) -> list[Row]:
        keys = sorted({key for run in self._runs for key in run.metrics})
        rows = []
        for key in keys:
            values = [run.metrics[key].last if key in run.metrics else None for run in self._runs]
            if self.only_differences.isChecked() and len(set(map(repr, values))) == 1:
                continue
            base = values[at_base]
            cells: list[Cell] = [TextCell(key)]
            for at, value in enumerate(values):
                if value is None:
                    cells.append(MISSING)
                    continue
                delta = signed(value - base, 4) if base is not None and at != at_base else ""
                cells.append(NumberCell(number(value, 4), delta, slot=True, strong=at == at_base))
            rows.append(Row(f"metric {key}", (*cells, TextCell(""))))
        return rows

    def _text_rows(self, kind: str) -> list[Row]:
        tables = [run.params if kind == "params" else run.tags for run in self._runs]
        rows = []
        for key in sorted({key for table in tables for key in table}):
            values = [table.get(key) for table in tables]
            if self.only_differences.isChecked() and len(set(values)) == 1:
                continue
            cells: list[Cell] = [TextCell(key)]
            cells += [MISSING if value is None else NumberCell(value) for value in values]
            rows.append(Row(f"{kind} {key}", (*cells, TextCell(""))))
        return rows


def _find(runs: Runs, wanted: tuple[str, ...]) -> tuple[Run, ...]:
    """Returns the wanted runs in their order, or the newest."""
    if not wanted:
        return runs.search(order_by="start_time DESC", limit=NEWEST).runs
    listed = ", ".join(f"'{run_id}'" for run_id in wanted if run_id.isalnum())
    found = {run.run_id: run for run in runs.search(f"run_id IN ({listed})", limit=MOST).runs}
    return tuple(found[run_id] for run_id in wanted if run_id in found)
