# SPDX-License-Identifier: Apache-2.0
"""In the window: is the data still the same, who else used it, and who still has a damaged file."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import strongroom as sr
from strongroom.desktop.kit.facts import Link
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.detail import DetailPane
from strongroom.domain.backup import KeepRule
from strongroom.services.artifact_repair import ArtifactRepair
from strongroom.services.backups import Backups
from strongroom.services.sticks import Sticks
from support.accessibility import nameless
from support.compare_page import compare_pages
from support.compare_page import services_of as comparing
from support.peers import Peer, Team
from support.runs_page import services_of
from support.settling import settle


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text("age,pay\n1,2\n3,4\n")
    return path


@pytest.fixture
def shown(app, tasks: Tasks, tmp_path: Path, qtbot) -> Iterator:
    made: list[DetailPane] = []

    def open_it(run_id: str, peer: Peer | None = None) -> DetailPane:
        services = services_of(tmp_path / "store" if peer is None else peer.store)
        if peer is not None:
            repair = ArtifactRepair(peer.at, Sticks(peer.at, lambda: ()))
            services = replace(services, repair=repair)
        services.runs.refresh()
        pane = DetailPane(services, tasks)
        qtbot.addWidget(pane)
        pane.resize(432, 900)
        pane.show()
        pane.show_run(run_id)
        settle(tasks)
        made.append(pane)
        return pane

    yield open_it
    tasks.close()
    for pane in made:
        pane._services.runs.catalog.close()


def logged(tmp_path: Path, data: Path) -> str:
    with sr.start_run("churn", store=tmp_path / "store") as run:
        sr.log_input(data)
        sr.log_input({"x": [1, 2]}, name="in memory", context="test")
    return run.run_id


def said(pane: DetailPane) -> list[str]:
    return [banner.accessibleName() for banner in pane.body.overview.datasets.answers()]


def press(widget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_question_is_answered_for_each_dataset_with_what_changed(
    shown, tasks, tmp_path, data
) -> None:
    pane = shown(logged(tmp_path, data))
    part = pane.body.overview.datasets
    press(part.ask_button)
    settle(tasks)
    assert said(pane)[0].startswith("train.csv is the same. All 16 bytes were read")
    assert said(pane)[1].startswith("in memory: cannot tell. It was an array in memory")
    data.write_text("age,wage\n1,2\n")
    QTest.keyClick(part.ask_button, Qt.Key.Key_Space)
    settle(tasks)
    assert "train.csv has changed" in said(pane)[0]
    assert "Rows: 2 → 1." in said(pane)[0]
    assert "Columns: pay → wage." in said(pane)[0]
    data.unlink()
    pane.check_data()
    settle(tasks)
    assert said(pane)[0].startswith("train.csv is gone. Nothing lies at")
    assert nameless(pane) == []


def test_answers_go_when_another_run_is_shown_and_a_slow_one_is_dropped(
    shown, tasks, tmp_path, data
) -> None:
    first, second = logged(tmp_path, data), logged(tmp_path, data)
    pane = shown(first)
    pane.check_data()
    settle(tasks)
    assert len(said(pane)) == 2
    pane.check_data()
    pane.show_run(second)
    settle(tasks)
    assert said(pane) == []
    assert pane.body.overview.datasets.ask_button.isEnabled()


def test_runs_with_the_same_data_are_one_click_away(shown, tasks, tmp_path, data) -> None:
    first = logged(tmp_path, data)
    logged(tmp_path, data)
    pane = shown(first)
    (link, other) = pane.body.overview.datasets.uses.findChildren(Link)
    assert link.text() == "train.csv: 1 other run"
    places = []
    pane.place_requested.connect(places.append)
    press(link)
    (place,) = places
    found = pane._services.runs.search(place.filter)
    assert (place.page, found.total) == ("runs", 2)
    assert other.text() == "in memory: 1 other run"


def test_a_damaged_file_is_brought_back_from_the_window(shown, tasks, tmp_path) -> None:
    team = Team(tmp_path)
    ada, _ = team.peers
    run = ada.train()
    Backups(ada.at).save_plan(tmp_path / "backups", every_hours=24, keep=KeepRule())
    Backups(ada.at).create()
    (path,) = (ada.at.runs.run_folder(run) / "obj").iterdir()
    right = path.read_bytes()
    path.write_bytes(b"x" + right[1:])
    pane = shown(run, ada)
    pane.open_tab("artifacts")
    tab = pane.artifacts
    tab.table.select("model/weights.bin")
    settle(tasks)
    assert tab.view.banner.isVisible()
    press(tab.view.banner._button)
    settle(tasks)
    assert tab.repair.banner.title() == "1 file does not hold"
    assert "backups has 1." in tab.repair.banner.accessibleName()
    press(tab.repair.banner._button)
    settle(tasks)
    assert tab.repair.banner.title() == "1 file brought back"
    assert path.read_bytes() == right
    assert not tab.view.banner.isVisible()
    assert nameless(pane) == []
    team.close()


def test_what_nobody_has_is_said_and_nothing_is_offered(shown, tasks, tmp_path) -> None:
    team = Team(tmp_path)
    ada, _ = team.peers
    run = ada.train()
    shutil.rmtree(team.share)
    (path,) = (ada.at.runs.run_folder(run) / "obj").iterdir()
    path.unlink()
    pane = shown(run, ada)
    pane.repair()
    settle(tasks)
    strip = pane.artifacts.repair
    assert "No place that answers has a copy." in strip.banner.accessibleName()
    assert "Not asked: remote share" in strip.banner.accessibleName()
    assert strip.banner._button.text() == "Close"
    press(strip.banner._button)
    assert not strip.isVisible()
    team.close()


def test_compared_runs_are_asked_together_and_each_place_is_read_once(
    app, tasks, tmp_path, data, qtbot
) -> None:
    ids = [logged(tmp_path, data), logged(tmp_path, data)]
    services = comparing(tmp_path / "store")
    with compare_pages(services, qtbot, tasks) as open_page:
        page = open_page()
        page.show_place(Place.of("compare", {"runs": ",".join(ids)}))
        settle(tasks)
        page.check_data()
        settle(tasks)
        said = page.same_data.banner
        assert said.title() == "2 of 4 datasets the same"
        assert "Cannot tell: in memory of" in said.accessibleName()
        data.write_text("age,pay\n1,2\n")
        page.check_data()
        settle(tasks)
        assert said.title() == "0 of 4 datasets the same"
        assert "(bytes 16 → 12, rows 2 → 1)" in said.accessibleName()
        press(said._button)
        assert not page.same_data.isVisible()
    services.runs.catalog.close()
