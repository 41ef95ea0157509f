# SPDX-License-Identifier: Apache-2.0
"""Importance below the table: bars over all found runs, by mouse and keyboard, then a scatter."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from strongroom.desktop.charts.importance import ROW, ImportanceBars
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from support.accessibility import nameless
from support.runs_on_disk import START_US, write_run
from support.runs_page import fill_two_dozen, runs_page, settle


def fill(store: Path) -> None:
    for number in range(48):
        lr = (number * 7 % 48) / 48
        write_run(
            store,
            number + 1,
            params={"lr": lr, "<b>opt</b>": "adam" if number % 2 else "sgd", "same": 1},
            metrics={"score": [0.1, lr * lr + (number % 2) * 0.1], "few": [1.0]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as shown:
        shown.below.open("importance")
        settle(tasks)
        yield shown


def chart(page: RunsPage) -> ImportanceBars:
    plot = page.below.plots.current().plot()
    assert isinstance(plot, ImportanceBars)
    return plot


def test_params_that_differ_stand_in_order_with_figures_that_can_be_read_and_saved(
    page: RunsPage, tasks: Tasks, tmp_path: Path
) -> None:
    bars = chart(page)
    found = bars.importance()
    assert [each.field.key for each in found.params] == ["lr", "<b>opt</b>"]
    assert found.params[0].share > 0.3
    assert found.params[0].correlation > 0.9
    assert "48 runs, the forest tells" in bars._header.note
    assert nameless(page.below) == []
    target = tmp_path / "importance.csv"
    page.below.plots.write(bars, "csv", target)
    settle(tasks)
    rows = target.read_text("utf-8").splitlines()
    assert rows[0].startswith('"param","share","least","most","correlation"')
    assert len(rows) == 3
    numbers = page.below.plots.show_numbers()
    assert numbers.model.rowCount() == 2
    numbers.reject()


def test_a_bar_under_mouse_or_keyboard_is_told_and_opens_the_scatter(
    page: RunsPage, tasks: Tasks
) -> None:
    bars = chart(page)
    plain = bars.grab().toImage()
    spot = QPoint(round(bars._bars().left()) + 4, round(bars._bars().top() + ROW / 2))
    QTest.mouseMove(bars, spot)
    assert bars.accessibleDescription().startswith("lr: ")
    assert bars.grab().toImage() != plain
    bars.setFocus()
    QTest.keyClick(bars, Qt.Key.Key_End)
    assert bars.accessibleDescription().startswith("<b>opt</b>: ")
    QTest.keyClick(bars, Qt.Key.Key_Up)
    QTest.keyClick(bars, Qt.Key.Key_Return)
    settle(tasks)
    assert page.below.view() == "scatter"
    scatter = page.below.plots.panels["scatter"]
    assert [field.key for field in scatter.wanted()][:2] == ["score", "lr"]
    page.below.open("importance")
    settle(tasks)
    bars = chart(page)
    spot = QPoint(spot.x(), round(bars._bars().top() + 1.5 * ROW))
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=spot)
    settle(tasks)
    assert page.below.view() == "scatter"
    assert [field.key for field in scatter.wanted()][:2] == ["score", "<b>opt</b>"]


def test_what_the_table_shows_is_what_is_looked_at_and_too_few_say_so(
    page: RunsPage, tasks: Tasks
) -> None:
    page.show_found("params.lr < 0.3")
    settle(tasks)
    assert chart(page).importance().total == 0 or chart(page).message() is not None
    assert "of at least 20 runs have this metric" in (chart(page).message() or ("",))[0]
    page.show_found("")
    settle(tasks)
    assert chart(page).importance().run_count == 48


def test_a_metric_that_never_differs_gives_a_reason(
    tmp_path: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    with runs_page(tmp_path / "store", qtbot, tasks, fill_two_dozen) as page:
        page.below.open("importance")
        settle(tasks)
        assert chart(page).message() is None
        panel = page.below.plots.panels["importance"]
        panel.restore({"metric": "metrics.nobody"})
        page.below.plots.reload()
        settle(tasks)
        assert "0 of at least 20 runs" in (chart(page).message() or ("",))[0]
