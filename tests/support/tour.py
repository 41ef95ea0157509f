# SPDX-License-Identifier: Apache-2.0
"""A tour through the whole window, by its commands, keys and mouse: the walk others are tested on.

Each stop is a name and what is done there; between two stops the window lives until no job runs.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.detail_tabs import EVERY_TAB
from strongroom.desktop.runs.lower_pane import VIEWS
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.palette import Palette
from strongroom.domain.query import Field, FieldKind

Stop = tuple[str, Callable[[], object]]
REST_MS = 30
WAIT_S = 60.0


def live(ms: int) -> None:
    """Lets the event loop turn for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def live_until_idle(tasks: Tasks) -> None:
    """Lets the event loop turn until no job runs in two looks; never blocks it."""
    end = time.monotonic() + WAIT_S
    calm = 0
    while calm < 2:
        live(REST_MS)
        calm = 0 if tasks.running() else calm + 1
        assert time.monotonic() < end, f"still running: {[each.name for each in tasks.running()]}"


def stops(window: MainWindow, *, filter_: str, group_by: str) -> Iterator[Stop]:
    """Yields the stops; each is to be done before the next is asked for.

    Args:
        window: The window, shown, on the Runs page.
        filter_: A filter that holds for some runs.
        group_by: A param to group by.
    """
    page = window.page()
    assert isinstance(page, RunsPage)
    yield from _table(page, filter_, group_by)
    yield from _charts(page)
    yield from _places(window, page)
    for name in ("dark", "high-contrast", "light"):
        yield f"theme {name}", partial(theme().switch, name=name)
    yield "palette", lambda: window.commands.run("window.palette")
    yield "palette: typing", lambda: QTest.keyClicks(_palette(), "run-00")
    yield "palette: closing", lambda: _palette().close()


def _table(page: RunsPage, filter_: str, group_by: str) -> Iterator[Stop]:
    table = page.table
    bar = table.verticalScrollBar()
    yield "scroll to the end", lambda: bar.setValue(bar.maximum())
    yield "scroll to the middle", lambda: bar.setValue(bar.maximum() // 2)
    yield "scroll back", lambda: bar.setValue(0)
    yield "wheel", partial(_times, 10, partial(_wheel, table.viewport(), -120))
    yield "page down", lambda: [QTest.keyClick(table, Qt.Key.Key_PageDown) for _ in range(5)]
    yield "end", lambda: QTest.keyClick(table, Qt.Key.Key_End)
    yield "home", lambda: QTest.keyClick(table, Qt.Key.Key_Home)
    sortable = [each.key for each in page.model.sheet.columns if each.order][:4]
    for key in sortable:
        yield f"sort by {key}", partial(page.sort_by, key, descending=True)
    yield "filter", lambda: _ask(page, filter_)
    yield "group", lambda: page.group_by(Field(kind=FieldKind.PARAM, key=group_by))
    yield "group: scroll", lambda: bar.setValue(bar.maximum())
    yield "no group", lambda: page.group_by(None)
    yield "no filter", lambda: _ask(page, "")
    yield "select everything", table.selectAll
    yield "select one", lambda: table.select_row(0)


def _charts(page: RunsPage) -> Iterator[Stop]:
    ids = [page.table.run_id(row) for row in range(12)]
    yield "tick twelve", lambda: page.tick([each for each in ids if each], on=True)
    for key, _ in VIEWS:
        yield f"below the table: {key}", partial(page.below.open, key)
    yield "below the table: curves again", lambda: page.below.open("curves")
    charts = [chart for chart in page.findChildren(LineChart) if chart.isVisible()]
    for chart in charts[:2]:
        port = chart._view.viewport()
        yield "chart: zoom", partial(_times, 6, partial(_wheel, port, 120, ctrl=True))
        yield "chart: pan", partial(_drag, port)
        yield "chart: hover", partial(_sweep, port)
        yield "chart: everything", chart.reset_view


def _places(window: MainWindow, page: RunsPage) -> Iterator[Stop]:
    run_id = page.table.run_id(0)
    yield "open a run", lambda: page.open_run(run_id)
    for key, _ in EVERY_TAB:
        yield f"run: {key}", partial(page.detail.open_tab, key)
    yield "close the run", page.close_run
    charted = ",".join(page.charted())
    yield "compare", lambda: window.open_place(Place.of("compare", {"runs": charted}))
    yield "back", window.go_back
    yield "forward", window.go_forward
    for command in window.commands.commands():
        if command.group == "Places":
            yield f"place: {command.title}", partial(window.commands.run, command.id)
    yield "place: Runs again", lambda: window.commands.run("go.runs")


def _ask(page: RunsPage, text: str) -> None:
    page.query.show_text(text)
    page.query.applied.emit(text)


def _palette() -> Palette:
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, Palette)]
    return next(each for each in found if each.isVisible())


def _wheel(port: QWidget, turn: int, *, ctrl: bool = False) -> None:
    at = QPointF(port.rect().center())
    keys = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, QPointF(port.mapToGlobal(at)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
        keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def _drag(port: QWidget) -> None:
    middle = port.rect().center()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(8):
        QTest.mouseMove(port, middle + QPoint(6 * step, 0))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=middle + QPoint(48, 0))


def _times(count: int, act: Callable[[], object]) -> None:
    for _ in range(count):
        act()


def _sweep(port: QWidget) -> None:
    for at in range(10, 200, 10):
        _move(port, at)


def _move(port: QWidget, x: int) -> None:
    at = QPointF(x, port.height() / 2)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, QPointF(port.mapToGlobal(at)), none, none,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(port, event)
