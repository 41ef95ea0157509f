# SPDX-License-Identifier: Apache-2.0
"""The rule of a metric, stated and forgotten in the window by every door, seen where it counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.rule_dialog import RuleDialog
from strongroom.desktop.runs.rules_list import RulesDialog
from strongroom.domain.metric_schema import Direction, MetricRule
from support.accessibility import nameless
from support.runs_on_disk import START_US, write_run
from support.runs_page import runs_page
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

D = TypeVar("D", RuleDialog, RulesDialog)
HERE = WindowState(page="runs", has_store=True)


def fill(store: Path) -> None:
    for number in range(1, 7):
        write_run(
            store,
            number,
            name=f"<i>{number}</i>",
            params={"lr": number / 10},
            metrics={"val/auc": [0.5, number / 6], "wait": [10.0 * number, 5.0 * number]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as shown:
        yield shown


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> list[QMenu]:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    return opened


def opened(kind: type[D], tasks: Tasks) -> D:
    settle(tasks)
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def answered(dialog: RuleDialog, qtbot: QtBot) -> str:
    """Waits until the dialog has said who breaks the draft."""
    qtbot.waitUntil(lambda: not dialog._soon.isActive() and bool(dialog.answer.text()))
    return dialog.answer.text()


def retype(widget: QWidget, words: str) -> None:
    widget.setFocus()
    QTest.keySequence(widget, "Ctrl+A")
    QTest.keyClicks(widget, words)


def choose(menu: QMenu, words: str) -> None:
    next(each for each in menu.actions() if each.text() == words).trigger()
    menu.deleteLater()


def run(page: RunsPage, id_: str) -> None:
    command = next(each for each in page.commands() if each.id == id_)
    assert command.enabled(HERE) is None, id_
    command.run()


def go_to_title(page: RunsPage, key: str) -> None:
    head = page.table.head
    head.setFocus()
    QTest.keyClick(head, Qt.Key.Key_Home)
    for _ in range([each.key for each in page.model.sheet.columns].index(key)):
        QTest.keyClick(head, Qt.Key.Key_Right)


def rule(page: RunsPage, key: str) -> MetricRule:
    return page._services.metric_schemas.read().rule(key)


def test_a_rule_stated_from_a_title_is_written_flags_runs_and_is_taken_back_by_undo(
    page: RunsPage, qtbot: QtBot, tasks: Tasks, menus: list[QMenu]
) -> None:
    steps: list[Step] = []
    page.undoable.connect(steps.append)
    go_to_title(page, "metrics.wait")
    QTest.keyClick(page.table.head, Qt.Key.Key_Space)
    choose(menus.pop(), "Rule…")
    dialog = opened(RuleDialog, tasks)
    assert nameless(dialog) == []
    assert answered(dialog, qtbot) == "6 runs logged it; without bounds none can break it"
    assert not dialog.save.isEnabled()
    retype(dialog.unit.edit, "ms")
    dialog.direction.setFocus()
    QTest.keyClick(dialog.direction, Qt.Key.Key_Home)
    QTest.keyClick(dialog.direction, Qt.Key.Key_Right)
    retype(dialog.high.edit, "45")
    dialog.answer.set_text("")
    said = answered(dialog, qtbot)
    assert said.startswith("2 of 6 runs would break it: <i>6</i>, <i>5</i>")
    assert rule(page, "wait").unit == ""  # nothing is written yet
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    settle(tasks)
    stated = rule(page, "wait")
    assert (stated.unit, stated.direction, stated.high) == ("ms", Direction.LOWER, 45.0)
    assert not stated.is_learned
    at = [each.key for each in page.model.sheet.columns].index("metrics.wait")
    assert page.model.sheet.columns[at].title == "wait, ms"
    column = page.model.sheet.columns[at]
    rows = [page.model.sheet.loaded(row) for row in range(6)]
    flags = [bool(page.model.sheet.breach(row, column)) for row in rows if row is not None]
    assert flags == [True, True, False, False, False, False]
    assert steps[-1].title == "state the rule of wait"
    steps[-1].undo()
    settle(tasks)
    assert rule(page, "wait").is_learned
    assert page.model.sheet.columns[at].title == "wait"
    steps[-1].redo()
    settle(tasks)
    assert rule(page, "wait").high == 45.0


def test_a_stated_unit_names_the_axis_of_curves_and_plots(page: RunsPage, tasks: Tasks) -> None:
    page.rules.state(MetricRule(key="wait", unit="ms"))
    settle(tasks)
    card = next(each for each in page.charts.board.places() if each == "wait")
    chart = page.charts.board.chart(card)
    assert chart is not None
    assert page.charts._words_of(
        page.charts.board.layout_value().card(card), page.charts.board.options(card)
    ).y.endswith("wait (ms)")
    page.below.open("bars")
    settle(tasks)
    panel = page.below.plots.panels["bars"]
    assert panel.schema.rule("wait").unit == "ms"


def test_fields_that_spell_no_rule_say_why_and_cannot_be_stated(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    go_to_title(page, "metrics.val/auc")
    run(page, "runs.column_rule")
    dialog = opened(RuleDialog, tasks)
    assert (dialog.low.text(), dialog.high.text()) == ("0", "1")
    assert answered(dialog, qtbot) == "None of 6 runs breaks it"
    for low, why in (("7", "The lower bound lies above"), ("x", "x is neither a number"),
                     ("inf", "A bound is not a finite")):  # fmt: skip
        retype(dialog.low.edit, low)
        QApplication.processEvents()  # the reason is a new widget, shown by the layout
        assert not dialog.save.isEnabled()
        said = [w.accessibleName() for w in dialog.findChildren(QWidget) if w.isVisible()]
        assert any(why in words for words in said), (low, said)
    retype(dialog.low.edit, "none")
    assert dialog.save.isEnabled()
    dialog.reject()
    settle(tasks)
    assert rule(page, "val/auc").is_learned


def test_the_list_of_all_rules_finds_opens_and_forgets_and_shows_the_runs_that_break_one(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    stated = MetricRule(key="wait", unit="s", high=25.0)
    page.rules.state(stated)
    settle(tasks)
    run(page, "runs.rules")
    listed = opened(RulesDialog, tasks)
    assert nameless(listed) == []
    assert [line.key for line in listed.table.lines()] == ["wait", "val/auc"]
    QTest.keyClicks(listed.search.edit, "wai")
    QTest.keyClick(listed.search.edit, Qt.Key.Key_Return)
    dialog = opened(RuleDialog, tasks)
    answered(dialog, qtbot)
    QTest.mouseClick(dialog.find_them, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert not any(isinstance(w, RulesDialog) for w in QApplication.topLevelWidgets())
    assert page.results.count() == 4  # 30, 40, 50, 60
    page.rules.ask("wait")
    dialog = opened(RuleDialog, tasks)
    QTest.mouseClick(dialog.forget, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert rule(page, "wait").is_learned


def test_a_chart_and_a_metric_of_a_run_are_doors_to_the_rule(
    page: RunsPage, tasks: Tasks, menus: list[QMenu]
) -> None:
    chart = page.charts.exportable()
    assert chart is not None
    choose(page.charts.build_menu(chart), "Rule of the metric…")
    dialog = opened(RuleDialog, tasks)
    assert dialog.draft().key == page.charts.rule_metrics(chart)[0]
    dialog.reject()
    settle(tasks)
    run(page, "charts.rule")
    opened(RuleDialog, tasks).reject()
    page.open_run(page.table.selected()[0] if page.table.selected() else page.charted()[0])
    settle(tasks)
    page.detail.open_tab("metrics")
    settle(tasks)
    page.detail.metrics.context_requested.emit("wait", QPoint())
    choose(menus.pop(), "Rule…")
    dialog = opened(RuleDialog, tasks)
    assert dialog.draft().key == "wait"
    dialog.reject()
