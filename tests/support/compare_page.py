# SPDX-License-Identifier: Apache-2.0
"""A Compare page on a real store, shown and at rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt

from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.kit.cells import Row
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.table_model import CELL_ROLE
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.clock import Clock, FixedClock
from strongroom.services.artifacts import Artifacts
from strongroom.services.curves import Curves
from strongroom.services.datasets import Datasets
from strongroom.services.outgoing import Outgoing
from strongroom.services.run_comparison import RunComparison
from strongroom.services.run_texts import RunTexts
from strongroom.services.run_values import RunValues
from strongroom.services.runs import open_runs
from strongroom.services.viewing import Viewing
from support.runs_on_disk import START_US, random_bytes, run_id, write_run
from support.settling import settle

Opened = Callable[..., ComparePage]


def services_of(root: Path, clock: Clock | None = None) -> CompareServices:
    """Returns the services of the store at ``root``; close its catalog afterwards."""
    clock = clock or FixedClock(START_US + 60_000_000)
    runs = open_runs(root, clock, random_bytes)
    return CompareServices(
        runs=runs,
        comparison=RunComparison(runs),
        curves=Curves(runs),
        run_values=RunValues(runs.catalog, runs.questions),
        viewing=Viewing(Artifacts(runs)),
        outgoing=Outgoing(runs),
        texts=RunTexts(runs),
        metric_schemas=runs.metric_schemas,
        datasets=Datasets(runs),
        clock=clock,
    )


@contextmanager
def compare_pages(services: CompareServices, qtbot: QtBot, tasks: Tasks) -> Iterator[Opened]:
    """Gives a function that shows a page with these runs, by number, and closes them all."""
    made: list[ComparePage] = []

    def open_it(*numbers: int, baseline: int = 0, session: Session | None = None) -> ComparePage:
        services.runs.refresh()
        page = ComparePage(services, tasks, session or Session())
        page.resize(1200, 700)
        page.show()
        qtbot.waitExposed(page)
        page.activateWindow()
        arguments = {"runs": ",".join(run_id(number) for number in numbers)} if numbers else {}
        if baseline:
            arguments["baseline"] = run_id(baseline)
        page.show_place(Place.of("compare", arguments))
        made.append(page)
        settle(tasks)
        return page

    try:
        yield open_it
    finally:
        for page in made:
            page.hide()
            tasks.wait_idle(3_000)
            for key in page.overlays.board.shown_keys():
                chart = page.overlays.board.chart(key)
                if chart is not None:
                    chart.wait_for_picture()
            page.close()
            page.deleteLater()
        services.runs.catalog.close()


def fill(store: Path, count: int = 4) -> None:
    """Writes runs whose metrics, a parameter and a tag differ."""
    for number in range(1, count + 1):
        write_run(
            store,
            number,
            params={"lr": number / 10, "kind": "tree"},
            metrics={"val/auc": [0.5, 0.9 + number / 50], "loss": [1.0, 0.5], "same": [3.0]},
            tags={"owner": "ada", "note": f"<b>{number}</b>"},
        )


def keys_of(page: ComparePage) -> list[str]:
    """Returns the rows the table shows."""
    return [line.key for line in page.table.lines() if isinstance(line, Row)]


def words(page: ComparePage, key: str) -> list[str]:
    """Returns what a row shows, cell by cell, figure and delta."""
    return cells_of(page.table, key)


def cells_of(table: Table, key: str) -> list[str]:
    """Returns what a row of a table shows, cell by cell, figure and delta."""
    row = next(at for at, line in enumerate(table.lines()) if line.key == key)
    model = table.model()
    cells = [model.index(row, column).data(CELL_ROLE) for column in range(model.columnCount() - 1)]
    return [f"{getattr(cell, 'text', cell.words)} {getattr(cell, 'delta', '')}".strip()
            for cell in cells]  # fmt: skip


def heads(page: ComparePage) -> list[tuple[str, str]]:
    """Returns name and second line of each run's header."""
    return [(column.title, column.sub) for column in page.table.columns()[1:-1]]


def click_head(table: Table, qtbot: QtBot, at: int) -> None:
    """Clicks the header of a column."""
    head = table.horizontalHeader()
    middle = head.sectionViewportPosition(at) + head.sectionSize(at) // 2
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(middle, 20))
