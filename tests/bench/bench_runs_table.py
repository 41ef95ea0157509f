# SPDX-License-Identifier: Apache-2.0
"""What looking at many runs costs: the table alone at a million rows, and the page on a store.

Goal K: open, wheel and page of 1 M rows × 40 columns with a sparkline; goal D: search.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from bench.bare_page import WHY_SEARCH, bare_page_ms
from strongroom.desktop.charts.spark import spark_image
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.columns import FIXED, PINNED, spark_column, value_column
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.row_windows import LoadedRow
from strongroom.desktop.runs.sheet import Sheet
from strongroom.desktop.runs.table import RunsTable
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.services.run_table import RowOrder
from support.big_store import metric_name, param_name
from support.figures import Figure, report
from support.frames import cpu_ms, median_frame
from support.runs_page import services_of
from support.table_rows import MadeRows

SIZES = (10_000, 100_000, 1_000_000)
FRAMES = 60
WHY_PAGE = "A page paints each of its thousand cells anew; a turn of the wheel paints three rows."
KNOWN = 2_000  # different rows of the table alone
METRICS, PARAMS = 17, 16  # with the pinned and fixed columns and a sparkline: forty
LINE = np.sin(np.arange(64) / 9)


class Lines:
    """Hands out a line for every run, as `Sparks` does once a worker has read and drawn it."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[object, ...], QPixmap] = {}
        self._images: dict[tuple[object, ...], QImage] = {}

    def picture(
        self, row: LoadedRow, _key: str, size: QSize, colour: QColor, ratio: float
    ) -> QPixmap:
        """Returns the line of a run, taken over from the worker when it is first seen."""
        look = (size.width(), size.height(), colour.rgba(), ratio)
        if look not in self._images:
            self._images[look] = spark_image(LINE, size, colour, ratio)
        name = (row.row.id, *look)
        if name not in self._drawn:
            self._drawn[name] = QPixmap.fromImage(self._images[look].copy())
        return self._drawn[name]


def fields() -> list[Field]:
    return [
        *(Field(kind=FieldKind.METRIC, key=metric_name(at)) for at in range(METRICS)),
        *(Field(kind=FieldKind.PARAM, key=param_name(at)) for at in range(PARAMS)),
    ]


def made_run(number: int) -> Run:
    values = [(number * 7919 + at * 3571) % 10_007 / 10_007 for at in range(METRICS)]
    metrics = {  # no two columns show the same figure
        metric_name(at): MetricSummary(
            count=3, last=value, last_step=2, minimum=value, maximum=value
        )
        for at, value in enumerate(values)
    }
    return Run(
        run_id=f"{number:032x}", experiment="bench", name=f"run-{number:07}",
        status=RunStatus.FINISHED, started_us=1_700_000_000_000_000 + number * 1_000_000,
        ended_us=1_700_000_060_000_000 + number * 1_000_000, host="bench", user="ada",
        metrics=metrics, params={param_name(at): f"v{number % 8}" for at in range(PARAMS)},
    )  # fmt: skip


def put_away(view: QWidget) -> None:
    """Takes a widget away now: nothing of it is alive while the next one is measured."""
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete)


def wheel(view: QTableView, notches: int) -> None:
    at = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        at, view.viewport().mapToGlobal(at), QPoint(), QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)


def shown(view: QWidget) -> None:
    view.resize(1600, 900)
    view.show()
    QApplication.processEvents()


@pytest.mark.parametrize("count", SIZES)
def test_the_table_alone(app: QApplication, count: int, sized: Callable[[int], int]) -> None:
    is_largest, count = count == SIZES[-1], sized(count)
    table, model, opened = _open(count)
    wheeled = median_frame(lambda _at: wheel(table, 1), FRAMES)
    paged = median_frame(lambda _at: QTest.keyClick(table, Qt.Key.Key_PageDown), FRAMES)
    ends = median_frame(lambda at: table.verticalScrollBar().setValue(
        table.verticalScrollBar().maximum() if at % 2 else 0), 10)  # fmt: skip
    columns = model.columnCount()
    assert columns == 40
    name = f"table of {count:,} rows × {columns} columns"
    report(
        Figure(f"{name}: open", opened, "ms CPU", "≤ 300 ms"),
        Figure(f"{name}: wheel", wheeled, "ms CPU", "≤ 8 ms"),
        Figure(f"{name}: page", paged, "ms CPU", "≤ 16 ms", "", WHY_PAGE),
        Figure(f"{name}: from one end to the other", ends, "ms CPU", "≤ 16 ms"),
    )
    if is_largest:
        _report_peer(model, wheeled, paged)
    put_away(table)


def _open(count: int) -> tuple[RunsTable, RunsModel, float]:
    read = [made_run(number) for number in range(KNOWN)]  # a worker's time, not the window's
    rows = MadeRows(lambda id_: read[id_ % KNOWN])
    kept: list[tuple[RunsTable, RunsModel]] = []

    def open_() -> None:
        model = RunsModel(Charted(), rows)
        table = RunsTable(model)
        model.setParent(table)
        values = [value_column(each, [made_run(1)]) for each in fields()]
        line = spark_column(Field(kind=FieldKind.METRIC, key=metric_name(1)))
        columns = (*PINNED, *FIXED, line, *values)
        order = RowOrder(ids=np.arange(count, dtype=np.int64))
        sheet = Sheet(
            columns=columns, rows=FlatRows(order), windows=model.windows,
            sample=[made_run(at) for at in range(400)], now_us=1_800_000_000_000_000,
            sparks=Lines(),  # type: ignore[arg-type]  # stands for `Sparks` that has read
        )  # fmt: skip
        table.set_sheet(sheet)
        shown(table)
        kept.append((table, model))

    took = cpu_ms(open_)
    QApplication.processEvents()
    return (*kept[0], took)


def _report_peer(model: RunsModel, wheeled: float, paged: float) -> None:
    """Shows the same rows by Qt's own painting: an item, a style option and a look-up a cell."""
    view = QTableView()
    view.setModel(model)
    view.verticalHeader().setDefaultSectionSize(24)
    view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    for column in range(40):
        view.setColumnWidth(column, 84)
    shown(view)
    plain_wheel = median_frame(lambda _at: wheel(view, 1), FRAMES)
    plain_page = median_frame(lambda _at: QTest.keyClick(view, Qt.Key.Key_PageDown), FRAMES)
    report(
        Figure("plain QTableView of the same rows: wheel", plain_wheel, "ms CPU", ""),
        Figure("plain QTableView of the same rows: page", plain_page, "ms CPU", ""),
        Figure("plain QTableView ÷ ours: wheel", plain_wheel / wheeled, "times", ""),
        Figure("plain QTableView ÷ ours: page", plain_page / paged, "times", ""),
    )
    put_away(view)


@pytest.fixture(params=SIZES, ids=["10k", "100k", "1M"])
def count(request: pytest.FixtureRequest, is_big: bool, sized: Callable[[int], int]) -> int:
    size = int(request.param)
    if size > 100_000 and not is_big:
        pytest.skip("a catalog of a million runs takes minutes to make: --big")
    return sized(size)


def test_search(stores: Callable[[int], Path], count: int) -> None:
    services = services_of(stores(count))
    like = "'%-0000%'" if count < 10_000 else "'%-00099%'"
    asked = {
        "metric and param, by a metric": (
            "metrics.`val/auc` > 0.9 AND params.optimizer = 'lion'", "metrics.`val/loss` DESC"
        ),
        "newest": ("", ""),
        "name LIKE": (f"attributes.name LIKE {like}", ""),
    }  # fmt: skip
    goals = {10_000: "≤ 5 ms", 100_000: "≤ 15 ms", 1_000_000: "≤ 120 ms"}
    for what, (filter_, order) in asked.items():
        page = services.runs.search(filter_, order_by=order, limit=100)
        assert page.total > 0 or count < 10_000
        times = []
        for _ in range(7):
            start = time.perf_counter()
            services.runs.search(filter_, order_by=order, limit=100)
            times.append((time.perf_counter() - start) * 1000)
        goal = goals.get(count, "") if "metric" in what else ""
        name = f"search at {count:,} runs, page of 100: {what}"
        bare = bare_page_ms(stores(count) / "catalog.sqlite3", [run.run_id for run in page.runs])
        least = f"{bare:.2f} ms, fetching the page's rows with sqlite3 alone"
        report(Figure(name, median(times), "ms wall", goal, least, WHY_SEARCH))
    services.runs.catalog.close()


@pytest.fixture
def page(stores: Callable[[int], Path], count: int, app: QApplication) -> Iterator[RunsPage]:
    services, tasks = services_of(stores(count)), Tasks()
    made = RunsPage(services, tasks)
    made.following.look = lambda: None  # type: ignore[method-assign]  # the runs have no folders
    made.setProperty("tasks", tasks)
    yield made
    made.hide()
    tasks.wait_idle(10_000)
    tasks.close()
    made.close()
    made.deleteLater()
    QApplication.processEvents()
    services.runs.catalog.close()


def test_the_page_on_a_store(page: RunsPage, count: int) -> None:
    start, start_cpu = time.perf_counter(), time.thread_time()
    shown(page)
    while page.model.rowCount() == 0 or not page.table.run_id(0):
        QApplication.processEvents()
        time.sleep(0.001)
    first = (time.perf_counter() - start) * 1000
    while page.model.rowCount() < count and time.perf_counter() - start < 60:
        QApplication.processEvents()
        time.sleep(0.001)
    whole = (time.perf_counter() - start) * 1000
    assert page.model.rowCount() == count
    cpu = (time.thread_time() - start_cpu) * 1000
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.01)
    wheeled = median_frame(lambda _at: wheel(page.table, 1), FRAMES)
    paged = median_frame(lambda _at: QTest.keyClick(page.table, Qt.Key.Key_PageDown), 20)
    name = f"Runs page of {count:,} runs"
    report(
        Figure(f"{name}: first rows to be read", first, "ms wall",
               "≤ 300 ms" if count == 1_000_000 else ""),
        Figure(f"{name}: every row in the scroll bar", whole, "ms wall", ""),
        Figure(f"{name}: of it the window's thread", cpu, "ms CPU", ""),
        Figure(f"{name}: wheel", wheeled, "ms CPU", "≤ 8 ms"),
        Figure(f"{name}: page", paged, "ms CPU", "≤ 16 ms"),
    )  # fmt: skip
