# SPDX-License-Identifier: Apache-2.0
"""Saved views, the history of filters, new runs, lines by step, and acts on many runs at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor

from strongroom.desktop.kit.errors import FaultDialog
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.new_since import NewSince
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.query_history import MOST_KEPT, QueryHistory
from strongroom.desktop.runs.saved_views import SavedViews
from strongroom.desktop.shell.view_section import ViewSection
from strongroom.domain.query import Field, FieldKind
from strongroom.services.run_table import thinned
from support.runs_on_disk import START_US, run_id, write_run
from support.runs_page import runs_page
from support.settling import settle
from support.table_rows import shown_runs

if TYPE_CHECKING:
    from strongroom.desktop.kit.undo import Step

KIND = Field(kind=FieldKind.PARAM, key="kind")


def fill(store: Path) -> None:
    for number in range(1, 7):
        write_run(
            store,
            number,
            experiment="iris",
            params={"lr": number / 10, "kind": "tree" if number < 4 else "line"},
            metrics={"loss": [1.0, 0.5, 1 / number]},
            started_us=START_US + number * 1_000_000,
        )


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot, tasks: Tasks, session: Session) -> Iterator[RunsPage]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill, session) as shown:
        yield shown


def names(page: RunsPage) -> list[str]:
    return [run.name for run in shown_runs(page.model.sheet) if run is not None]


def test_a_view_brings_back_filter_order_groups_and_columns(
    page: RunsPage, tasks: Tasks, session: Session
) -> None:
    told: list[tuple[tuple[str, int | None], ...]] = []
    page.views_changed.connect(told.append)
    page.query.set_text("params.lr > 0.2")
    page.group_by(KIND)
    page.sort_by("metrics.loss", descending=False)
    page.set_fields((KIND,))
    settle(tasks)
    shown, columns = names(page), [each.key for each in page.model.sheet.columns]
    dialog = page.view_actions.ask_save()
    dialog.accept()
    settle(tasks)
    assert told[-1] == (("params.lr > 0.2", 4),)
    page.query.set_text("")
    page.group_by(None)
    page.set_fields(None)
    settle(tasks)
    assert len(names(page)) == 6
    page.show_place(Place.of("runs", {"view": "params.lr > 0.2"}))
    settle(tasks)
    assert (names(page), [each.key for each in page.model.sheet.columns]) == (shown, columns)
    assert page.model.sorting == ("metrics.loss", False)
    assert page._group.field() == KIND
    again = SavedViews(page._services, tasks, session, page)
    assert again.views() == page.views.views()


def test_forgetting_a_view_is_undone(page: RunsPage, tasks: Tasks) -> None:
    steps: list[Step] = []
    page.undoable.connect(steps.append)
    page.view_actions.save("mine")
    page.view_actions.remove("mine")
    assert page.views.views() == ()
    steps[-1].undo()
    assert [view.name for view in page.views.views()] == ["mine"]
    settle(tasks)


@pytest.mark.parametrize(
    "kept",
    [
        [3, None, {"name": ""}, {"name": "x" * 99}, {"name": "a", "filter": 3}],
        [{"name": "a", "group": "metrics.loss", "sorting": [1, 2], "columns": "no"}],
        [{"name": "a", "filter": "lr >", "hidden": 7}],
    ],
)
def test_a_damaged_memory_of_views_opens_nothing_wrong(
    page: RunsPage, tasks: Tasks, session: Session, kept: list[object]
) -> None:
    session.set_value("runs.views", kept)  # type: ignore[arg-type]  # JSON of any kind
    read = SavedViews(page._services, tasks, session, page)
    for view in read.views():
        assert view.question.group_by is None
        assert view.sorting is None
    heard: list[tuple[tuple[str, int | None], ...]] = []
    read.changed.connect(heard.append)
    read.count()
    settle(tasks)
    assert all(count is None or count == 6 for views in heard for _, count in views)


def test_the_rail_lists_views_and_forgets_one_with_delete(qtbot: QtBot, app: object) -> None:
    section = ViewSection()
    qtbot.addWidget(section)
    chosen: list[str] = []
    removed: list[str] = []
    section.chosen.connect(chosen.append)
    section.removed.connect(removed.append)
    assert section.isHidden()
    section.set_views((("<b>bold</b>", 1_204), ("broken", None)))
    section.show()
    first, second = section.entries()
    assert first.accessibleName() == "Saved view <b>bold</b>, 1,204 runs"
    assert second.accessibleName() == "Saved view broken"
    qtbot.keyClick(first, Qt.Key.Key_Return)
    qtbot.keyClick(second, Qt.Key.Key_Delete)
    section.grab()
    assert (chosen, removed) == (["<b>bold</b>"], ["broken"])
    section.set_views(())
    assert section.isHidden()


def test_the_arrows_walk_through_the_filters_that_were_used(
    page: RunsPage, qtbot: QtBot, tasks: Tasks, session: Session
) -> None:
    editor = page.query.editor
    for text in ("params.lr = 0.1", "params.lr = 0.2"):
        page.focus_filter()
        editor.set_text(text)
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
        editor.set_text(text)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        settle(tasks)
    editor.set_text("half")
    page.query._close()
    walked = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(editor, key)
        walked.append(editor.text())
    older, newer = "params.lr = 0.1", "params.lr = 0.2"
    assert walked == [newer, older, older, newer, "half"]
    assert QueryHistory(session).texts() == (newer, older)
    page.query.clear()
    settle(tasks)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=5), max_size=80))
def test_a_history_holds_each_filter_once_and_not_without_end(texts: list[str]) -> None:
    history = QueryHistory()
    for text in texts:
        history.add(text)
    kept = history.texts()
    assert len(set(kept)) == len(kept) <= MOST_KEPT
    assert kept[:1] == tuple(texts[-1:])


def test_runs_are_new_until_the_page_was_left(
    page: RunsPage, tasks: Tasks, qtbot: QtBot, session: Session
) -> None:
    store = page._services.runs.folder.root
    assert page.model.sheet.seen_id > 1 << 60
    page.hide()
    write_run(store, 9, experiment="iris", started_us=START_US + 99_000_000)
    page.show()
    qtbot.waitUntil(lambda: names(page)[:1] == ["run 9"], timeout=6_000)
    settle(tasks)
    speak = Qt.ItemDataRole.AccessibleTextRole
    assert page.model.index(0, 1).data(speak) == "Run: run 9, new"
    assert page.model.index(1, 1).data(speak) == "Run: run 6"
    page.see_all()
    assert page.model.index(0, 1).data(speak) == "Run: run 9"
    assert NewSince(session, str(store)).seen_id() == 7
    assert NewSince(session, "another").seen_id() > 1 << 60


def test_a_line_by_step_is_drawn_in_the_colour_of_its_run(page: RunsPage, tasks: Tasks) -> None:
    keys = [column.key for column in page.model.sheet.columns]
    at = keys.index("spark(metrics.loss)")
    page.table.grab()
    settle(tasks)
    picture = page.table.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()

    def colours(row: int) -> set[tuple[int, ...]]:
        cell = page.table.visualRect(page.model.index(row, at))
        area = QRect(cell.topLeft() * ratio, cell.size() * ratio)
        pixels = (
            QColor(picture.pixel(x, y))
            for x in range(area.left(), min(area.right(), picture.width()))
            for y in range(area.top() + 2, area.bottom() - 2)
        )
        return {
            (each.red(), each.green(), each.blue()) for each in pixels if each.saturation() > 60
        }

    assert colours(0)
    assert not colours(5)  # the sixth run is not ticked: its line is grey


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=600))
def test_a_thinned_line_keeps_its_extremes(values: list[float]) -> None:
    given_, kept = np.array(values), thinned(np.array(values))
    assert len(kept) <= max(128, 0) or len(values) <= 128
    finite = given_[np.isfinite(given_)]
    if len(finite):
        assert np.nanmax(kept[np.isfinite(kept)]) == finite.max()
        assert np.nanmin(kept[np.isfinite(kept)]) == finite.min()


@pytest.mark.parametrize("act", ["archive", "delete", "tag", "move"])
def test_an_act_on_all_selected_runs_is_told_and_undone(
    page: RunsPage, tasks: Tasks, act: str
) -> None:
    steps: list[Step] = []
    notes: list[str] = []
    page.undoable.connect(steps.append)
    page.noticed.connect(lambda title, _detail: notes.append(title))
    page.query.set_text("params.kind = 'tree'")
    settle(tasks)
    page.table.selectAll()
    acts = page.run_actions
    asked = {
        "archive": lambda: page.with_selected(acts.archive),
        "delete": lambda: page.with_selected(acts.delete),
        "tag": lambda: page.with_selected(lambda ids: acts.tag(ids, "owner", "mara")),
        "move": lambda: page.with_selected(lambda ids: acts.move(ids, "wine")),
    }
    asked[act]()
    settle(tasks)
    verb = {"archive": "Archived", "delete": "Deleted", "tag": "Tagged", "move": "Moved"}[act]
    assert notes == [f"{verb} 3 runs"]
    runs = page._services.runs
    told = {
        "archive": lambda: runs.search(is_archived=True).total,
        "delete": lambda: runs.search(is_deleted=True).total,
        "tag": lambda: runs.search("tags.owner = 'mara'").total,
        "move": lambda: runs.search(experiment="wine").total,
    }[act]
    assert told() == 3
    assert len(names(page)) == (0 if act in {"archive", "delete"} else 3)
    steps[-1].undo()
    settle(tasks)
    assert told() == 0
    assert len(names(page)) == 3
    steps[-1].redo()
    settle(tasks)
    assert told() == 3


def test_archived_runs_are_a_scope_of_their_own(page: RunsPage, tasks: Tasks) -> None:
    page.run_actions.archive((run_id(2), run_id(3)))
    settle(tasks)
    assert len(names(page)) == 4
    page._scope.choose("archived")
    settle(tasks)
    assert names(page) == ["run 3", "run 2"]
    assert page.place() == Place.of("runs", {"archived": "1"})
    page.run_actions.unarchive((run_id(2), run_id(3)))
    settle(tasks)
    page._scope.choose("all")
    settle(tasks)
    assert len(names(page)) == 6


def test_export_copies_every_selected_run(page: RunsPage, tasks: Tasks, tmp_path: Path) -> None:
    page.table.selectAll()
    page.with_selected(lambda ids: page.run_actions.export(ids, tmp_path / "out"))
    settle(tasks)
    assert len(list((tmp_path / "out").glob("*/run.json"))) == 6


def test_43_an_export_with_a_password_in_it_copies_nothing_and_names_the_place(
    page: RunsPage, tasks: Tasks, tmp_path: Path
) -> None:
    page._services.runs.tag([run_id(2)], "db_password", "tulip-in-march")
    page.table.selectAll()
    page.with_selected(lambda ids: page.run_actions.export(ids, tmp_path / "out"))
    settle(tasks)
    assert not (tmp_path / "out").exists()
    (dialog,) = page.window().findChildren(FaultDialog)
    (listed,) = dialog.findChildren(TextArea)
    assert "tag db_password" in listed.edit.toPlainText()
    assert "tulip" not in listed.edit.toPlainText()
    assert listed.edit.isReadOnly()
    dialog.reject()
