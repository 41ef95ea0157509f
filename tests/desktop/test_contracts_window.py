# SPDX-License-Identifier: Apache-2.0
"""Contracts in the window: stated, learned, seen as a picture; runs put right, with Undo."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

import strongroom as sr
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.contract_dialogs import ContractDialog, LearnDialog, RepairDialog
from strongroom.desktop.runs.contract_rule_dialog import ContractRuleDialog
from strongroom.desktop.runs.contracts_dialog import ContractsDialog
from strongroom.desktop.runs.page import RunsPage
from strongroom.disk.contract_folder import write_version
from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from support.accessibility import nameless
from support.runs_on_disk import START_US, run_id, write_run
from support.runs_page import runs_page
from support.settling import settle

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

D = TypeVar("D", bound=Dialog)
RULES = (
    ContractRule(subject=Subject.PARAM, key="lr", is_required=True, shapes=("number",)),
    ContractRule(subject=Subject.TAG, key="owner", is_required=True, level=Level.SHOULD),
)


def fill(store: Path) -> None:
    for number in range(1, 9):
        write_run(
            store,
            number,
            name=f"<b>{number}</b>",
            params={"lr": "fast" if number in {2, 5} else number / 10},
            tags={} if number == 8 else {"owner": "<i>mara</i>"},
            metrics={"loss": [1 / number]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as shown:
        yield shown


@pytest.fixture
def steps(page: RunsPage) -> "list[Step]":
    found: list[Step] = []
    page.undoable.connect(found.append)
    return found


def state(page: RunsPage, tasks: Tasks) -> None:
    page.contracts.state(Contract(name="fraud", rules=RULES))
    settle(tasks)


def opened(kind: type[D], tasks: Tasks) -> D:
    settle(tasks)
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def run(page: RunsPage, id_: str, *selection: str) -> None:
    here = WindowState(page="runs", has_store=True, selection=selection)
    command = next(each for each in page.commands() if each.id == id_)
    assert command.enabled(here) is None, id_
    command.run()


def retype(widget: QWidget, words: str) -> None:
    widget.setFocus()
    QTest.keySequence(widget, "Ctrl+A")
    QTest.keyClicks(widget, words)


def found(page: RunsPage, text: str) -> set[str]:
    return {each.run_id for each in page._services.runs.search(text).runs}


def test_from_an_empty_list_to_a_rule_that_flags_rows_and_back_by_undo(
    page: RunsPage, qtbot: QtBot, tasks: Tasks, steps: "list[Step]"
) -> None:
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    assert nameless(dialog) == []
    assert dialog.empty.isVisible()
    assert not dialog.add.isVisible()
    QTest.mouseClick(dialog.new, Qt.MouseButton.LeftButton)
    small = opened(ContractDialog, tasks)
    assert nameless(small) == []
    retype(small.name.edit, "Fraud")
    assert not small.save.isEnabled()
    retype(small.name.edit, "fraud")
    QTest.mouseClick(small.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert dialog.scope.text() == "Version 1, for every experiment"
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    form = opened(ContractRuleDialog, tasks)
    assert nameless(form) == []
    retype(form.key.edit, "lr")
    retype(form.shape.edit, "number")
    qtbot.waitUntil(lambda: not form._soon.isActive() and bool(form.answer.text()))
    settle(tasks)
    assert form.answer.text() == "2 of 8 runs would break it: <b>5</b>, <b>2</b>"
    QTest.mouseClick(form.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    (line,) = dialog.table.lines()
    assert [cell.words for cell in line.cells][:4] == [
        "param lr",
        "is there, a number",
        "must",
        "2",
    ]
    dialog.reject()
    settle(tasks)
    sheet = page.model.sheet
    broken = {
        loaded.row.run.run_id: loaded.row.broken
        for at in range(8)
        if (loaded := sheet.loaded(at)) is not None and loaded.row.broken
    }
    assert broken == {run_id(2): ("params.lr",), run_id(5): ("params.lr",)}
    assert found(page, "contract.breaks IS NOT NULL") == {run_id(2), run_id(5)}
    steps[-1].undo()
    settle(tasks)
    assert found(page, "contract.breaks IS NOT NULL") == set()
    steps[-1].redo()
    settle(tasks)
    assert found(page, "contract.breaks IS NOT NULL") == {run_id(2), run_id(5)}


def test_a_rule_about_signatures_is_filled_in_counted_and_told(
    page: RunsPage, qtbot: QtBot, tasks: Tasks
) -> None:
    store = page._services.runs.folder.root
    for number, inputs in enumerate([["age", "pay"], ["age"]]):
        with sr.start_run("iris", name=f"model {number}", store=store) as run_:
            columns = [{"name": name, "type": "long"} for name in inputs]
            run_.log_model(b"weights", signature={"inputs": columns})
    page._services.runs.refresh()
    page.contracts.state(Contract(name="fraud"))
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    form = opened(ContractRuleDialog, tasks)
    assert not form.inputs.isVisible()
    form.subject.choose("signatures")
    assert form.inputs.isVisible()
    assert not form.shape.isVisible()
    assert nameless(form) == []
    retype(form.key.edit, "*")
    retype(form.inputs.edit, "age: long, pay: lnog")
    assert not form.save.isEnabled()
    retype(form.inputs.edit, "age: long, pay")
    QTest.keyClick(form.required, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not form._soon.isActive() and bool(form.answer.text()))
    settle(tasks)
    assert form.answer.text() == "1 of 10 runs would break it: model 1"
    QTest.mouseClick(form.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    (line,) = dialog.table.lines()
    assert [cell.words for cell in line.cells][:4] == [
        "signature of a model",
        "is there with each model, takes age: long, pay",
        "must",
        "1",
    ]
    QTest.keyClick(dialog.matrix, Qt.Key.Key_Right)
    assert dialog.told.text() == "model 1 of iris breaks fraud: signature of a model"
    assert {each.run.run_id for each in dialog.matrix.shown_runs()} == found(
        page, "contract.breaks = 'signatures.*'"
    )


def test_the_picture_is_walked_with_the_keys_says_each_square_and_opens_its_run(
    page: RunsPage, tasks: Tasks
) -> None:
    state(page, tasks)
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    matrix = dialog.matrix
    assert [each.run.run_id for each in matrix.shown_runs()] == [run_id(8), run_id(5), run_id(2)]
    assert [matrix.state(row, column) for row in range(2) for column in range(3)] == [
        "", "must", "must", "should", "", "",
    ]  # fmt: skip
    matrix.setFocus()
    assert matrix.sentence() == "<b>8</b> of iris keeps fraud: param lr"
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    assert dialog.told.text() == "<b>5</b> of iris breaks fraud: param lr"
    ink = matrix.grab().toImage()
    places = [matrix._rect(0, column).center().toPoint() for column in range(3)]
    ratio = ink.devicePixelRatio()
    colours = [ink.pixelColor(place * ratio).name() for place in places]
    assert colours[1] == colours[2] != colours[0]
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    settle(tasks)
    assert page.body.open_run_id() == run_id(5)
    assert not [
        each for each in QApplication.topLevelWidgets() if isinstance(each, ContractsDialog)
    ]


def test_runs_that_break_a_rule_are_repaired_in_bulk_and_undo_takes_it_back(
    page: RunsPage, tasks: Tasks, steps: "list[Step]"
) -> None:
    state(page, tasks)
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    dialog.table.select("fraud:tags.owner")
    QTest.mouseClick(dialog.repair, Qt.MouseButton.LeftButton)
    repair = opened(RepairDialog, tasks)
    assert nameless(repair) == []
    assert (repair.verb.current(), repair.first.text()) == ("tag", "owner")
    retype(repair.second.edit, "jon")
    QTest.mouseClick(repair.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert found(page, "contract.breaks = 'tags.owner'") == set()
    assert found(page, "tags.owner = 'jon'") == {run_id(8)}
    steps[-1].undo()
    settle(tasks)
    assert found(page, "contract.breaks = 'tags.owner'") == {run_id(8)}


def test_a_rule_is_waived_in_writing_for_selected_runs(page: RunsPage, tasks: Tasks) -> None:
    state(page, tasks)
    page.table.select(run_id(5))
    settle(tasks)
    run(page, "runs.contract_repair", run_id(5))
    repair = opened(RepairDialog, tasks)
    repair.verb.set_current("waive")
    repair.verb.changed.emit("waive")
    assert not repair.save.isEnabled()
    retype(repair.second.edit, "bought from a vendor")
    QTest.mouseClick(repair.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert found(page, "contract.waives = 'params.lr'") == {run_id(5)}
    assert found(page, "contract.breaks = 'params.lr'") == {run_id(2)}


def test_what_runs_agree_on_is_ticked_and_stated(page: RunsPage, tasks: Tasks) -> None:
    page.show_found("tags.owner IS NOT NULL AND params.lr > 0")
    settle(tasks)
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    QTest.mouseClick(dialog.empty.button, Qt.MouseButton.LeftButton)
    learned = opened(LearnDialog, tasks)
    assert nameless(learned) == []
    assert not learned.save.isEnabled()
    retype(learned.name.edit, "good")
    learned.table.checked.emit("metrics.loss", False)
    QTest.mouseClick(learned.save, Qt.MouseButton.LeftButton)
    settle(tasks)
    (contract,) = page._services.runs.contracts.all()
    assert {rule.about for rule in contract.rules} == {"params.lr", "tags.owner"}
    assert contract.rule("params.lr").shapes == ("number",)
    assert found(page, "contract.breaks = 'params.lr'") == {run_id(2), run_id(5)}


def test_a_contract_that_cannot_be_read_is_said(page: RunsPage, tasks: Tasks) -> None:
    store = page._services.runs.folder.root
    write_version(store, Contract(name="fraud", rules=RULES))
    (store / "contracts" / "fraud.2.toml").write_bytes(b"\xff")
    run(page, "runs.contracts")
    dialog = opened(ContractsDialog, tasks)
    words = [each.accessibleName() for each in dialog.findChildren(QWidget)]
    assert any("fraud.2.toml" in each for each in words)
