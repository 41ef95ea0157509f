# SPDX-License-Identifier: Apache-2.0
"""The Compare page on a real store: what differs, the baseline, columns by hand and by key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.compare.arrangement import Arrangement
from strongroom.desktop.compare.colours import colours_of
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.sheet import Viewpoint, lay_out, percent
from strongroom.desktop.kit.cells import Group, Row
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.table_model import CELL_ROLE
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.clock import FixedClock
from strongroom.domain.comparison import ComparedRow, ComparedRuns, Section, Value, all_same
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import Run, RunStatus
from strongroom.journal.writer import JournalWriter
from support.accessibility import nameless
from support.compare_page import (
    Opened,
    click_head,
    compare_pages,
    fill,
    heads,
    keys_of,
    services_of,
    words,
)
from support.runs_on_disk import START_US, random_bytes, run_id, write_run
from support.settling import settle


@pytest.fixture
def services(tmp_path: Path) -> CompareServices:
    return services_of(tmp_path / "store")


@pytest.fixture
def store(services: CompareServices) -> Path:
    return services.runs.folder.root


@pytest.fixture
def opened(
    app: QApplication, qtbot: QtBot, tasks: Tasks, services: CompareServices
) -> Iterator[Opened]:
    with compare_pages(services, qtbot, tasks) as open_it:
        yield open_it


def test_only_what_differs_is_shown_and_the_rest_is_counted(
    opened: Opened, store: Path, qtbot: QtBot
) -> None:
    fill(store)
    page = opened(1, 2)
    assert {"metrics val/auc", "params lr", "tags note"} <= set(keys_of(page))
    assert not {"metrics loss", "metrics same", "params kind", "tags owner"} & set(keys_of(page))
    assert "hidden" in page.table.lines()[-1].text
    assert (
        page.table.columns()[0].title
        == f"{page.values.sheet.differing} of {page.values.sheet.total} rows differ"
    )
    qtbot.mouseClick(page.only_differences, Qt.MouseButton.LeftButton)
    assert {"metrics loss", "metrics same", "params kind", "tags owner"} <= set(keys_of(page))


def test_deltas_are_told_against_the_baseline_and_judged_by_the_metric(
    opened: Opened, store: Path
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    assert words(page, "metrics val/auc") == [
        "val/auc",
        "0.9200",
        "0.9400 +0.0200",
        "0.9600 +0.0400",
    ]
    row = next(at for at, line in enumerate(page.table.lines()) if line.key == "metrics val/auc")
    cell = page.table.model().index(row, 2).data(CELL_ROLE)
    assert cell.tone == "ok"
    assert "better" in cell.words
    assert words(page, "params lr") == ["lr", "0.1", "0.2 +0.1", "0.3 +0.2"]
    assert words(page, "tags note")[2] == "<b>2</b> changed"


def test_a_click_on_a_header_makes_that_run_the_baseline_and_undo_takes_it_back(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    steps, places = [], []
    page.undoable.connect(steps.append)
    page.place_changed.connect(places.append)
    click_head(page.table, qtbot, 2)
    assert heads(page)[1] == ("run 2", "Baseline")
    assert page.baseline.current() == run_id(2)
    assert words(page, "metrics val/auc")[1] == "0.9200 −0.0200"
    assert places[-1].argument("baseline") == run_id(2)
    steps[-1].undo()
    assert heads(page)[0] == ("run 1", "Baseline")
    settle(tasks)


def test_the_keyboard_walks_over_runs_makes_a_baseline_moves_and_removes(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    page.table.setFocus()
    run = {command.id: command.run for command in page.commands()}
    qtbot.keyClick(page.table, Qt.Key.Key_End)
    assert page.selection() == (run_id(3),)
    qtbot.keyClick(page.table, Qt.Key.Key_Left)
    assert page.selection() == (run_id(2),)
    run["compare.baseline"]()
    assert page.arrangement().baseline == run_id(2)
    run["compare.left"]()
    assert page.table.run_ids() == (run_id(2), run_id(1), run_id(3))
    assert page.selection() == (run_id(2),)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    settle(tasks)
    assert page.table.run_ids() == (run_id(1), run_id(3))
    assert page.arrangement().baseline == run_id(1)


def test_a_column_is_dragged_to_another_place(opened: Opened, store: Path) -> None:
    fill(store)
    page = opened(1, 2, 3)
    page.table.horizontalHeader().moveSection(3, 1)
    assert page.table.run_ids() == (run_id(3), run_id(1), run_id(2))
    head = page.table.horizontalHeader()
    assert [head.logicalIndex(at) for at in range(head.count())] == list(range(head.count()))
    assert page.arrangement().baseline == run_id(1)


def test_search_narrows_the_rows_and_escape_brings_them_back(
    opened: Opened, store: Path, qtbot: QtBot
) -> None:
    fill(store)
    page = opened(1, 2)
    qtbot.keyClick(page, Qt.Key.Key_Slash)
    qtbot.keyClicks(page.tools.search.edit, "AUC val")
    assert keys_of(page) == ["metrics val/auc"]
    qtbot.keyClicks(page.tools.search.edit, "zz")
    assert page.values.nothing.isVisible()
    qtbot.keyClick(page.tools.search.edit, Qt.Key.Key_Escape)
    assert "params lr" in keys_of(page)


def test_a_group_folds_with_the_keyboard_through_the_pinned_names(
    opened: Opened, store: Path, qtbot: QtBot
) -> None:
    fill(store)
    page = opened(1, 2)
    rect = page.table.pinned.visualRect(page.table.model().index(0, 0))
    qtbot.mouseClick(page.table.pinned.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert isinstance(page.table.lines()[0], Group)
    assert "metrics val/auc" not in keys_of(page)
    assert page.table.hasFocus()


def test_runs_that_are_not_there_are_said_and_the_others_stay(opened: Opened, store: Path) -> None:
    fill(store)
    page = opened(1, 9, 2)
    assert page.notice.isVisible()
    assert "1 run is not in this store" in page.notice.title()
    assert page.table.run_ids() == (run_id(1), run_id(2))


def test_a_run_that_was_deleted_meanwhile_says_so_in_its_header(
    opened: Opened, store: Path, services: CompareServices, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2, 3)
    page.refresh(services.runs.delete([run_id(2)]))
    settle(tasks)
    assert heads(page)[1] == ("run 2", "Deleted")
    assert "deleted" in page.notice.title()


def test_one_run_is_not_a_comparison_and_the_picker_finds_others(
    opened: Opened, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = opened(2)
    assert page.empty.isVisible()
    assert not page.add_button.isVisible()
    picker = page.choose_runs()
    settle(tasks)
    qtbot.keyClicks(picker.search.edit, "run 3")
    settle(tasks)
    assert [line.key for line in picker.table.lines()] == [run_id(3)]
    picker.table.setFocus()
    qtbot.keyClick(picker.table, Qt.Key.Key_Space)
    assert picker.ticked() == (run_id(3),)
    assert nameless(picker) == []
    qtbot.mouseClick(picker.add_button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.table.run_ids() == (run_id(2), run_id(3))
    assert page.table.isVisible()


def test_the_picker_takes_a_filter_and_says_what_is_wrong_with_it(
    opened: Opened, store: Path, tasks: Tasks
) -> None:
    fill(store)
    page = opened(1, 2)
    picker = page.choose_runs()
    picker.search.set_text("params.lr = '0.4'")
    settle(tasks)
    assert [line.key for line in picker.table.lines()] == [run_id(4)]
    picker.search.set_text("params.lr == = 3")
    settle(tasks)
    assert picker.table.lines() == []
    picker.search.set_text("%' OR '1'='1")
    settle(tasks)
    picker.reject()


def test_the_layout_is_remembered(opened: Opened, store: Path, tasks: Tasks) -> None:
    fill(store)
    session = Session()
    page = opened(1, 2, session=session)
    page.only_differences.click()
    page.tools.orders.choose("difference")
    page.tools.values.choose("max")
    settle(tasks)
    again = opened(1, 2, session=session)
    assert not again.only_differences.isChecked()
    assert again.tools.by_difference()
    assert words(again, "metrics loss")[1] == "1"


def test_everything_has_a_name_and_the_place_leads_back(opened: Opened, store: Path) -> None:
    fill(store)
    page = opened(1, 2, 3, baseline=3)
    assert nameless(page) == []
    place = page.place()
    assert Place.from_text(place.to_text()) == place
    assert Arrangement.from_place(place).baseline == run_id(3)


def test_two_hundred_runs_scroll_sideways_with_the_names_in_sight(
    opened: Opened, store: Path, tasks: Tasks
) -> None:
    for number in range(1, 201):
        write_run(store, number, params={"lr": number}, metrics={"loss": [float(number)]})
    page = opened(*range(1, 201))
    assert len(page.table.run_ids()) == 200
    assert words(page, "params lr")[200] == "200 +199"
    page.table.reach(run_id(200))
    QApplication.processEvents()
    assert page.table.horizontalScrollBar().value() > 10_000
    assert page.table.pinned.isVisible()
    assert page.table.pinned.geometry().right() + 1 == page.table.viewport().x()
    page.table.reach(run_id(1))
    rect = page.table.visualRect(page.table.currentIndex())
    assert rect.left() >= 0
    place = page.place()
    assert Place.from_text(place.to_text()) == place


# ---------------------------------------------------------------- laws


def _run(number: int) -> Run:
    return Run(
        run_id=run_id(number), experiment="e", name=f"r{number}", status=RunStatus.FINISHED,
        started_us=number, ended_us=number, host="", user="",
    )  # fmt: skip


cells = st.one_of(st.none(), st.floats(), st.sampled_from(["a", "b", "0.1", "0.10"]))
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6)
)


@given(tables, st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_only_what_differs_hides_exactly_the_equal_rows(
    values: list[list[Value]], by_difference: bool, in_percent: bool
) -> None:
    width = len(values[0]) if values else 2
    rows = tuple(
        ComparedRow(section=Section.METRICS, key=f"m{at}", values=tuple(row), is_same=all_same(row))
        for at, row in enumerate(values)
        if any(cell is not None for cell in row)
    )
    compared = ComparedRuns(runs=tuple(_run(at) for at in range(width)), rows=rows)
    for only in (True, False):
        view = Viewpoint(
            order=tuple(range(width)), baseline=width - 1, only_differing=only,
            by_difference=by_difference, in_percent=in_percent,
        )  # fmt: skip
        sheet = lay_out(compared, view, MetricSchema())
        expected = {row.key for row in rows if not (only and row.is_same)}
        assert {row.key for row in sheet.rows.values()} == expected
        assert sheet.hidden == len(rows) - len(expected)
        for line in sheet.lines:
            if isinstance(line, Row):
                assert len([cell.words for cell in line.cells if cell is not None]) == width + 1


ids = st.lists(st.sampled_from([run_id(number) for number in range(6)]), max_size=8)


@given(ids, ids, st.integers(-3, 3))
@settings(max_examples=150, deadline=None)
def test_an_arrangement_keeps_each_run_once_and_a_baseline_among_them(
    first: list[str], more: list[str], by: int
) -> None:
    found = Arrangement.of(first).with_runs(more)
    assert found.run_ids == tuple(dict.fromkeys([*first, *more]))
    for run in found.run_ids:
        moved = found.moved(run, by)
        assert sorted(moved.run_ids) == sorted(found.run_ids)
        assert moved.baseline == found.baseline
        rest = found.without(run)
        assert run not in rest.run_ids
        assert (rest.baseline in rest.run_ids) is bool(rest.run_ids)
    assert sorted(found.in_order(more).run_ids) == sorted(found.run_ids)
    place = Place.of("compare", found.arguments())
    assert Arrangement.from_place(place) == Arrangement.of(
        found.run_ids, "" if found.baseline in found.run_ids[:1] else found.baseline
    )


@given(ids, st.dictionaries(st.sampled_from([run_id(n) for n in range(6)]), st.integers(0, 9)))
@settings(max_examples=150, deadline=None)
def test_no_two_runs_share_a_colour_and_charted_ones_keep_theirs(
    run_ids: list[str], charted: dict[str, int]
) -> None:
    distinct = {run: place for place, run in {v: k for k, v in charted.items()}.items()}
    found = colours_of(run_ids, distinct.get)
    assert len(set(found.values())) == len(set(run_ids))
    assert all(found[run] == distinct[run] for run in run_ids if run in distinct)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.012, "+1.2 %"), (-0.4, "−40.0 %"), (2.5, "+250 %"), (120.0, "× 121"), (None, "—")],
)
def test_percents_are_short(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_a_run_that_still_logs_moves_by_itself(
    opened: Opened, store: Path, services: CompareServices, tasks: Tasks
) -> None:
    fill(store, 2)
    live = add_live_run(store, 3)
    page = opened(1, 3)
    page.changed.connect(page.refresh)
    assert heads(page)[1] == ("run 3", "Running")
    assert words(page, "metrics loss")[2] == "1.0000 +0.5000"
    live.series("loss", [0.25], [9], [START_US + 9])
    page.following.look()
    settle(tasks)
    assert words(page, "metrics loss")[2] == "0.2500 −0.2500"
    live.close("FINISHED")
    page.following.look()
    settle(tasks)
    assert heads(page)[1] == ("run 3", "")


def add_live_run(store: Path, number: int) -> JournalWriter:
    """Returns the writer of a run whose process, this one, is still there."""
    folder = write_run(store, number, status="")
    for journal in folder.glob("w-*"):
        journal.unlink()
    writer = JournalWriter(
        folder, folder.name, random_bytes=random_bytes, clock=FixedClock(START_US + 1_000_000)
    )
    writer.series("loss", [1.0], [0], [START_US])
    return writer


def test_names_that_look_like_markup_or_lines_stay_plain_text(opened: Opened, store: Path) -> None:
    name = "<img src=x>\n\u202eevil"
    for number in (1, 2):
        write_run(store, number, name=name, params={"<b>p</b>\n": number, "lr": 1})
    page = opened(1, 2)
    shown_names = {title for title, _ in heads(page)}
    assert shown_names == {"<img src=x>\\n\\u202eevil"}
    assert words(page, "params <b>p</b>\n")[0] == "<b>p</b>\\n"
    tip = page.table.model().headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img" in tip
    assert "<img" not in tip
