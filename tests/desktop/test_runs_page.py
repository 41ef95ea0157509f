# SPDX-License-Identifier: Apache-2.0
"""The Runs page on a real store: filter, tick, follow, open, save, delete."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QMenu

import strongroom as sr
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.register import model_paths
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.query import Field, FieldKind
from support.accessibility import nameless
from support.runs_on_disk import START_US, run_id, write_run
from support.runs_page import services_of
from support.settling import settle
from support.table_rows import shown_runs

OpenPage = Callable[[], RunsPage]


@pytest.fixture
def services(tmp_path: Path) -> RunsServices:
    return services_of(tmp_path / "store")


@pytest.fixture
def store(services: RunsServices) -> Path:
    return services.runs.folder.root


@pytest.fixture
def open_page(
    app: QApplication, qtbot: QtBot, tasks: Tasks, services: RunsServices
) -> Iterator[OpenPage]:
    made: list[RunsPage] = []

    def open_it() -> RunsPage:
        services.runs.refresh()
        page = RunsPage(services, tasks)
        page.resize(1200, 800)
        page.show()
        qtbot.waitExposed(page)
        page.activateWindow()
        made.append(page)
        settle(tasks)
        return page

    yield open_it
    for page in made:
        page.hide()
        tasks.wait_idle(3_000)
        for key in page.charts.board.shown_keys():
            chart = page.charts.board.chart(key)
            if chart is not None:
                chart.wait_for_picture()
        page.close()
        page.deleteLater()
    tasks.close()
    services.runs.catalog.close()


def fill(store: Path, count: int = 6) -> None:
    for number in range(1, count + 1):
        write_run(
            store,
            number,
            experiment="iris" if number % 2 else "wine",
            params={"lr": number / 10, "kind": "tree"},
            metrics={"val/auc": [0.5, 0.9 + number / 100], "loss": [1.0, 0.5, 0.2]},
            tags={"owner": "ada"},
            started_us=START_US + number * 1_000_000,
        )


def names(page: RunsPage) -> list[str]:
    return [run.name for run in shown_runs(page.model.sheet) if run is not None]


def typed(page: RunsPage, qtbot: QtBot, tasks: Tasks, words: str) -> None:
    page.focus_filter()
    qtbot.keyClicks(page.query.editor, words)
    qtbot.keyClick(page.query.editor, Qt.Key.Key_Escape)  # closes the names, if they are open
    if page.query.editor.text() != words:
        page.query.editor.set_text(words)
    qtbot.keyClick(page.query.editor, Qt.Key.Key_Return)
    settle(tasks)


def test_the_newest_runs_are_there_ticked_and_charted(open_page: OpenPage, store: Path) -> None:
    fill(store, 7)
    page = open_page()
    assert names(page) == [f"run {number}" for number in range(7, 0, -1)]
    assert page.charted() == tuple(run_id(number) for number in range(7, 2, -1))
    chart = page.charts.board.chart("val/auc")
    assert chart is not None
    assert [series.label for series in chart.series()] == [f"run {n}" for n in range(7, 2, -1)]


def test_a_filter_narrows_the_rows_and_the_count_says_how_many(
    open_page: OpenPage, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = open_page()
    typed(page, qtbot, tasks, "metrics.val/auc > 0.945")
    assert names(page) == ["run 6", "run 5"]
    assert page.query.frame.findChildren(type(page.query._count))[0].text() == "2 of 6 runs"


def test_a_filter_is_applied_while_typing_once_it_reads(
    open_page: OpenPage, store: Path, qtbot: QtBot
) -> None:
    fill(store)
    page = open_page()
    page.focus_filter()
    qtbot.keyClicks(page.query.editor, "params.lr = 0.2")
    qtbot.waitUntil(lambda: names(page) == ["run 2"], timeout=4_000)


def test_a_filter_that_does_not_read_keeps_the_rows_and_says_where(
    open_page: OpenPage, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = open_page()
    typed(page, qtbot, tasks, "metrics.loss ~ 3")
    assert len(names(page)) == 6
    assert "character 14" in page.query.error()
    assert page.query.editor.has_error()
    page.query.clear()
    assert page.query.error() == ""
    assert not page.query.editor.has_error()


def test_names_are_completed_with_the_keyboard(
    open_page: OpenPage, store: Path, qtbot: QtBot
) -> None:
    fill(store)
    page = open_page()
    page.focus_filter()
    qtbot.keyClicks(page.query.editor, "metrics.v")
    popup = page.query.completion()
    assert popup is not None
    assert [offer.run_count for offer in popup.offers()] == [6]
    qtbot.keyClick(page.query.editor, Qt.Key.Key_Return)
    assert page.query.editor.text() == "metrics.val/auc "
    assert popup.isHidden()


def test_a_filter_that_matches_nothing_says_so_and_can_be_cleared(
    open_page: OpenPage, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = open_page()
    typed(page, qtbot, tasks, "metrics.loss > 99")
    assert page.body.no_match.isVisible()
    qtbot.mouseClick(page.body.no_match.button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert page.table.isVisible()
    assert len(names(page)) == 6


def test_two_ticked_runs_are_two_curves(
    open_page: OpenPage, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store)
    page = open_page()
    page.table.all_ticked.emit()  # five of six were ticked; the box in the header adds the sixth
    assert len(page.charted()) == 6
    page.table.all_ticked.emit()
    assert page.charted() == ()
    for row in (1, 4):
        place = page.table.pinned.visualRect(page.model.index(row, 0)).center()
        viewport = page.table.pinned.viewport()
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    settle(tasks)
    chart = page.charts.board.chart("loss")
    assert chart is not None
    assert [(series.label, series.colour_index) for series in chart.series()] == [
        ("run 5", 0),
        ("run 2", 1),
    ]


def test_a_live_run_grows_on_the_chart_and_its_end_is_seen(
    open_page: OpenPage, store: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    run = sr.start_run("iris", name="live", store=store)
    run.log_metrics({"loss": 3.0}, step=0)
    page = open_page()
    settle(tasks)
    chart = page.charts.board.chart("loss")
    assert chart is not None
    assert [len(series.x) for series in chart.series()] == [1]
    assert page.model.sheet.text(0, 3) == "Running"
    for step in range(1, 4):
        run.log_metrics({"loss": 3.0 - step / 2}, step=step)
    qtbot.waitUntil(lambda: len(chart.series()[0].x) == 4, timeout=6_000)
    run.log_metrics({"loss": 0.1, "late": 1.0}, step=4)
    run.end()
    qtbot.waitUntil(lambda: page.model.sheet.text(0, 3) == "Finished", timeout=6_000)
    qtbot.waitUntil(lambda: len(chart.series()[0].x) == 5, timeout=6_000)
    qtbot.waitUntil(lambda: "late" in page.charts.board.shown_keys(), timeout=6_000)


def test_a_run_of_another_program_shows_up_by_itself(
    open_page: OpenPage, store: Path, qtbot: QtBot
) -> None:
    page = open_page()
    assert page.body.no_runs.isVisible()
    fill(store, 1)
    page.look()
    qtbot.waitUntil(lambda: names(page) == ["run 1"], timeout=6_000)
    assert page.table.isVisible()


def test_the_store_without_runs_gives_a_snippet_to_copy(open_page: OpenPage, qtbot: QtBot) -> None:
    page = open_page()
    copy = next(
        button
        for button in page.body.no_runs.findChildren(Button)
        if button.accessibleName() == "Copy first run"
    )
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    snippet = QGuiApplication.clipboard().text()
    assert snippet.startswith("import strongroom as sr")
    compile(snippet, "snippet", "exec")


def test_a_title_sorts_and_missing_values_come_last(
    open_page: OpenPage, store: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    fill(store, 3)
    write_run(store, 9, metrics={"other": [1.0]})
    page = open_page()
    column = [each.key for each in page.model.sheet.columns].index("metrics.val/auc")
    header = page.table.horizontalHeader()
    place = header.viewport().rect().center()
    place.setX(header.sectionViewportPosition(column) + 30)
    for expected in (["run 3", "run 2", "run 1", "run 9"], ["run 1", "run 2", "run 3", "run 9"]):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        settle(tasks)
        assert names(page) == expected


def test_enter_opens_the_detail_and_escape_closes_it(
    open_page: OpenPage, store: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    fill(store, 3)
    page = open_page()
    page.table.setFocus()
    page.table.select(run_id(2))
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    settle(tasks)
    assert page.detail.isVisible()
    assert page.detail.params.lines()[1].key == "lr"
    page.detail.open_tab("metrics")
    settle(tasks)
    assert [line.key for line in page.detail.metrics.lines()] == ["loss", "val/auc"]
    assert page.place() == Place.of("runs", {"run": run_id(2)})
    qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.detail.isVisible()


def test_artifacts_are_previewed_and_saved_verified(
    open_page: OpenPage, store: Path, tasks: Tasks, tmp_path: Path
) -> None:
    picture = QImage(40, 30, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.blue)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    png = bytes(buffer.data().data())
    document = json.dumps({"a": "<b>bold</b>"}).encode()
    files = {"model/MLmodel": b"flavors: {}", "p.png": png, "c.json": document, "m.pkl": b"\x80"}
    write_run(store, 1, metrics={"loss": [1.0]}, artifacts=files)
    page = open_page()
    page.open_run(run_id(1))
    page.detail.open_tab("artifacts")
    settle(tasks)
    tab = page.detail.artifacts

    def look(path: str) -> str:
        tab.table.select(path)
        settle(tasks)
        assert tab.view.view is not None
        return tab.view.view.kind

    assert look("p.png") == "picture"
    assert look("m.pkl") == "program"
    assert look("c.json") == "tree"
    assert tab.view.parts.tree.model.index(0, 1).data() == "<b>bold</b>"
    tab.view.save(tmp_path / "saved.json")
    settle(tasks)
    assert (tmp_path / "saved.json").read_bytes() == document
    assert [each.name for each in tmp_path.glob(".strongroom*")] == []


def test_a_damaged_picture_says_why_it_is_not_shown(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    write_run(store, 1, artifacts={"p.png": b"\x89PNG but no more"})
    page = open_page()
    page.open_run(run_id(1))
    settle(tasks)
    page.detail.open_tab("artifacts")
    page.detail.artifacts.table.select("p.png")
    settle(tasks)
    assert "bytes are none" in page.detail.artifacts.view.note.text()


def test_31_hostile_names_stay_text_everywhere(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    name, key = "<img src=x>\n\u202eevil", "<b>x</b>\n&amp;"
    write_run(
        store, 1, name=name, experiment="<i>e</i>", params={key: "<u>v</u>"},
        metrics={key: [1.0, 2.0]}, tags={key: "<script>"},
    )  # fmt: skip
    write_run(store, 2, params={key: "other"}, metrics={key: [2.0, 2.0]})
    page = open_page()
    assert "<img src=x>\\n\\u202eevil" in [page.model.sheet.text(row, 1) for row in (0, 1)]
    titles = [column.title for column in page.model.sheet.columns]
    assert titles.count("<b>x</b>\\n&amp;") == 2
    page.open_run(run_id(1))
    page.focus_filter()
    page.query._offer(asks=True)
    settle(tasks)
    page.grab()
    page.query._close()


def test_deleting_hides_and_restoring_shows_again(
    open_page: OpenPage, store: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    fill(store, 3)
    page = open_page()
    page.table.select(run_id(2))
    dialog = page.run_actions.ask_delete(page.selection())
    button = next(each for each in dialog.findChildren(Button) if each.text() == "Delete")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == ["run 3", "run 1"], timeout=4_000)
    page._scope.choose("deleted")
    qtbot.waitUntil(lambda: names(page) == ["run 2"], timeout=4_000)
    page.table.select(run_id(2))
    page.run_actions.restore(page.selection())
    settle(tasks)
    page._scope.choose("all")
    qtbot.waitUntil(lambda: len(names(page)) == 3, timeout=4_000)


def test_a_tag_is_set_on_every_selected_run(
    open_page: OpenPage, store: Path, tasks: Tasks, services: RunsServices
) -> None:
    fill(store, 3)
    page = open_page()
    page.table.selectAll()
    page.run_actions.tag(page.selection(), "stage", "candidate")
    settle(tasks)
    assert services.runs.search("tags.stage = 'candidate'").total == 3


def test_registering_finds_the_model_of_the_run(
    open_page: OpenPage, store: Path, tasks: Tasks, qtbot: QtBot
) -> None:
    write_run(store, 1, artifacts={"model/MLmodel": b"flavors: {}", "model/data.bin": b"x"})
    page = open_page()
    asked: list[tuple[str, str]] = []
    page.register_requested.connect(lambda run, path: asked.append((run, path)))
    page.table.select(run_id(1))
    qtbot.mouseClick(page._register, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert asked == [(run_id(1), "model")]


def test_a_run_without_model_says_how_to_log_one(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    fill(store, 1)
    page = open_page()
    page.table.select(run_id(1))
    page.register_model()
    settle(tasks)
    dialog = page.register.dialog
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


def test_model_folders_are_those_that_hold_an_mlmodel() -> None:
    paths = ("MLmodel", "a/MLmodel", "b/c/MLmodel", "b/MLmodel.txt")
    files = [ArtifactFile(path=path, size_bytes=1, sha256="0" * 64) for path in paths]
    assert model_paths(files) == ("", "a", "b/c")


def test_columns_are_chosen_with_a_search(open_page: OpenPage, store: Path, tasks: Tasks) -> None:
    fill(store, 3)
    page = open_page()
    dialog = page.choose_columns()
    assert nameless(dialog) == []
    dialog.search("own")
    dialog.tick(Field(kind=FieldKind.TAG, key="owner"), on=True)
    dialog.accept()
    settle(tasks)
    assert page.model.sheet.columns[-1].key == "tags.owner"
    assert page.model.sheet.text(0, len(page.model.sheet.columns) - 1) == "ada"


def test_a_filter_is_copied_as_python_and_as_a_command_line(
    open_page: OpenPage, store: Path, qtbot: QtBot, tasks: Tasks
) -> None:
    fill(store, 3)
    page = open_page()
    typed(page, qtbot, tasks, "params.lr = 0.2")
    page.query.copy_requested.emit("cli")
    assert QGuiApplication.clipboard().text().endswith("-- 'params.lr = 0.2'")
    page.query.copy_requested.emit("python")
    out = io.StringIO()
    script = QGuiApplication.clipboard().text()
    said: dict[str, Any] = {"print": lambda *words: out.write(f"{words}")}
    exec(compile(script, "copied", "exec"), said)
    said["runs"].catalog.close()
    assert run_id(2) in out.getvalue()


def test_a_chart_is_written_as_png_svg_and_csv_off_the_windows_thread(
    open_page: OpenPage, store: Path, tmp_path: Path, tasks: Tasks
) -> None:
    fill(store, 2)
    page = open_page()
    chart = page.charts.exportable()
    assert chart is not None
    for form in ("png", "svg", "csv"):
        page.charts.write(chart, form, tmp_path / f"chart.{form}")
        assert [job.name for job in tasks.running()] == [f"Saving chart.{form}"]
        settle(tasks)
        assert (tmp_path / f"chart.{form}").stat().st_size > 100


def test_a_chart_that_cannot_be_written_says_where_and_why(
    open_page: OpenPage, store: Path, tmp_path: Path, tasks: Tasks
) -> None:
    fill(store, 2)
    page = open_page()
    chart = page.charts.exportable()
    assert chart is not None
    heard: list[BaseException] = []
    tasks.failed.connect(lambda fault, *_: heard.append(fault))
    page.charts.write(chart, "csv", tmp_path / "no such folder" / "chart.csv")
    settle(tasks)
    (fault,) = heard
    assert isinstance(fault, EnvironmentFault)
    assert "no such folder/chart.csv was not written: No such file or directory" in str(fault)
    assert list(tmp_path.glob("no*")) == []


def test_the_menu_of_a_chart_offers_its_export(
    open_page: OpenPage, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 2)
    page = open_page()
    chart = page.charts.exportable()
    assert chart is not None
    offered: list[str] = []
    monkeypatch.setattr(
        QMenu, "popup", lambda menu, _place: offered.extend(each.text() for each in menu.actions())
    )
    inner = chart.childAt(chart.rect().center()) or chart
    place = inner.mapToGlobal(inner.rect().center())
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, inner.rect().center(), place)
    QApplication.sendEvent(inner, event)
    assert "Save as CSV of the visible range…" in offered


def test_an_experiment_is_chosen_and_is_a_place_to_come_back_to(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    fill(store, 4)
    page = open_page()
    places: list[Place] = []
    page.place_changed.connect(places.append)
    page._scope.choose("in:wine")
    settle(tasks)
    assert names(page) == ["run 4", "run 2"]
    assert places[-1] == Place.of("runs", {"experiment": "wine"})
    page.show_place(Place.of("runs", {"experiment": "iris"}, "params.lr > 0.2"))
    settle(tasks)
    assert names(page) == ["run 3"]


def test_a_place_restores_filter_experiment_and_open_run(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    fill(store, 4)
    page = open_page()
    there = Place.of("runs", {"experiment": "iris", "run": run_id(3)}, "params.lr > 0.2")
    page.show_place(there)
    settle(tasks)
    assert page.place() == there
    page.show_place(Place("runs"))
    settle(tasks)
    assert page.place() == Place("runs")
    assert len(names(page)) == 4
    page.show_place(Place.of("runs", {}, "lr >"))
    settle(tasks)
    assert "character 1" in page.query.error()
    assert len(names(page)) == 4


def test_commands_say_why_they_cannot_run(open_page: OpenPage, store: Path) -> None:
    fill(store, 2)
    page = open_page()
    commands = {command.id: command for command in page.commands()}
    why = commands["runs.open"].enabled(WindowState(page="runs"))
    assert why is not None
    assert why.text == "Select one run first"
    assert commands["charts.export_png"].enabled(WindowState(page="runs")) is None
    chosen = WindowState(page="runs", selection=(run_id(1),))
    assert commands["runs.delete"].enabled(chosen) is None
    assert commands["runs.restore"].enabled(chosen) is not None


def test_everything_the_keyboard_reaches_has_a_name(
    open_page: OpenPage, store: Path, tasks: Tasks
) -> None:
    fill(store, 2)
    page = open_page()
    page.open_run(run_id(1))
    settle(tasks)
    assert nameless(page) == []
