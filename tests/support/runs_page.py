# SPDX-License-Identifier: Apache-2.0
"""A Runs page on a real store, shown and at rest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.clock import Clock, FixedClock
from strongroom.services.artifacts import Artifacts
from strongroom.services.curves import Curves
from strongroom.services.datasets import Datasets
from strongroom.services.experiments import Experiments
from strongroom.services.outgoing import Outgoing
from strongroom.services.run_export import RunExport
from strongroom.services.run_story import RunStories
from strongroom.services.run_table import RunTable
from strongroom.services.run_values import RunValues
from strongroom.services.runs import open_runs
from strongroom.services.viewing import Viewing
from support.runs_on_disk import START_US, random_bytes, write_run
from support.settling import settle

RUNS = 24  # of `fill_two_dozen`


def services_of(root: Path, clock: Clock | None = None) -> RunsServices:
    """Returns the services of the store at ``root``; close its catalog afterwards."""
    clock = clock or FixedClock(START_US + 60_000_000)
    runs = open_runs(root, clock, random_bytes)
    return RunsServices(
        runs=runs,
        run_table=RunTable(runs),
        experiments=Experiments(runs.catalog),
        metric_schemas=runs.metric_schemas,
        run_values=RunValues(runs.catalog, runs.questions),
        curves=Curves(runs),
        artifacts=Artifacts(runs),
        viewing=Viewing(Artifacts(runs)),
        run_export=RunExport(runs),
        outgoing=Outgoing(runs),
        stories=RunStories(runs),
        datasets=Datasets(runs),
        clock=clock,
    )


@contextmanager
def runs_page(
    root: Path,
    qtbot: QtBot,
    tasks: Tasks,
    fill: Callable[[Path], None],
    session: Session | None = None,
) -> Iterator[RunsPage]:
    """Shows a page over a store that ``fill`` wrote runs into."""
    services = services_of(root)
    fill(services.runs.folder.root)
    services.runs.refresh()
    page = RunsPage(services, tasks, session or Session())
    page.resize(1200, 860)
    page.show()
    qtbot.waitExposed(page)
    page.activateWindow()
    settle(tasks)
    try:
        yield page
    finally:
        settle(tasks)
        page.hide()
        tasks.wait_idle(3_000)
        for key in page.charts.board.shown_keys():
            chart = page.charts.board.chart(key)
            if chart is not None:
                chart.wait_for_picture()
        page.close()
        page.deleteLater()
        QApplication.processEvents()
        services.runs.catalog.close()


def fill_two_dozen(store: Path) -> None:
    """Writes runs whose val/auc rises and whose lr falls with their number."""
    for number in range(1, RUNS + 1):
        write_run(
            store,
            number,
            name=f"<b>run {number}</b>",
            params={"lr": 10 ** (-number / 6), "opt": ("adam", "it's")[number % 2], "same": 1},
            metrics={"val/auc": [0.5, number / RUNS], "loss": [1 / number]},
            started_us=START_US + number * 1_000_000,
        )


def names_in_table(page: RunsPage, tasks: Tasks) -> set[str]:
    """Returns the ids of the runs the table's filter holds for, once the table counts as many."""
    settle(tasks)
    found = page._services.runs.search(page.loader.question.filter).runs
    assert page.results.count() == len(found)
    return {run.run_id for run in found}


def drag(widget: QWidget, start: QPoint, *stops: QPoint, shift: bool = False) -> None:
    """Presses, moves through the stops and lets go, as a hand does."""
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, held, start)
    for stop in stops:
        QTest.mouseMove(widget, stop)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, held, stops[-1])
