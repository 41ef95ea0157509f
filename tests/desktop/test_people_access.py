# SPDX-License-Identifier: Apache-2.0
"""Who could do what, in the window: a grid that agrees with the rights, on any day, and saved."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import MISSING, Row, TextCell
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.page import PeoplePage
from strongroom.services.access_grid import Reach, grid_of
from strongroom.services.access_report import report_page
from strongroom.services.access_review import AccessReviews
from support.accessibility import nameless
from support.peers import Peer, Team
from support.people_page import opened
from support.settling import settle

ACCESS = Place.of("people", {"tab": "access"})


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founds; Ben may log fraud models only; Cleo was an analyst and is revoked."""
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    ada, _ben, cleo = three.peers
    ada.push()
    cleo.pull()
    cleo.say(1)
    cleo.push()
    ada.pull()
    ada.people.grant("Ben", "reviewer", scope="model:fraud-*")
    ada.people.revoke("Cleo", reason="left")
    yield three
    three.close()


def icon(page: PeoplePage, peer: Peer, cap: str) -> str:
    """Returns the icon that stands in the grid, "" for a dash."""
    at = [column.key for column in page.access.table.columns()].index(cap)
    lines = page.access.table.lines()
    row = next(line for line in lines if isinstance(line, Row) and line.key == peer.writer)
    cell = row.cells[at]
    if cell == MISSING:
        return ""
    assert isinstance(cell, TextCell)
    assert cell.words, "a sign says in words what it means"
    return cell.icon


def test_the_grid_shows_who_may_do_what_now_and_on_the_version_before(
    team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    ada, ben, cleo = team.peers
    page = opened(ada.at, tasks, qtbot, ACCESS)
    view, last = page.access, ada.people.team().version
    assert icon(page, ada, "team") == "circle-check"
    assert icon(page, ben, "team") == ""
    assert icon(page, ben, "approve:staging") == "contrast", "for fraud models only"
    assert icon(page, cleo, "log") == "", "she is revoked"
    assert view.line.current() == last
    assert nameless(page) == []
    view.line.setFocus()
    QTest.keyClick(view.line, Qt.Key.Key_Left)
    settle(tasks)
    assert view.line.current() == last - 1
    assert icon(page, cleo, "log") == "circle-minus", "she might then, and may not any more"
    assert f"Version {last - 1} of the team" in view.words()
    said = [label.text() for label in view.findChildren(QLabel) if not label.isHidden()]
    assert any(words.startswith("Cleo") and "revoked" in words for words in said)
    page.close()


def test_a_press_on_the_line_looks_at_that_version(team: Team, tasks: Tasks, qtbot: QtBot) -> None:
    ada = team.peers[0]
    page = opened(ada.at, tasks, qtbot, ACCESS)
    line = page.access.line
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=line.spot(1).toPoint() + QPoint(3, 2))
    settle(tasks)
    assert "Version 1 of the team" in page.access.words()
    rows = [row for row in page.access.table.lines() if isinstance(row, Row)]
    assert [row.key for row in rows] == [ada.writer]
    page.close()


def test_a_day_before_anybody_signed_is_told_and_a_word_that_is_no_day_as_well(
    team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    page = opened(team.peers[0].at, tasks, qtbot, ACCESS)
    view = page.access
    QTest.keyClicks(view.day.edit, "1999-01-01")
    QTest.keyClick(view.day.edit, Qt.Key.Key_Return)
    settle(tasks)
    assert view.fault.isVisible()
    assert view.fault.title() == "Nobody had signed anything by 1999-01-01"
    view.day.edit.clear()
    QTest.keyClick(view.day.edit, Qt.Key.Key_Return)
    settle(tasks)
    assert not view.fault.isVisible()
    page.close()


def test_what_to_tighten_stands_beside_the_grid_as_the_command_tells_it(
    team: Team, tasks: Tasks, qtbot: QtBot
) -> None:
    ada = team.peers[0]
    page = opened(ada.at, tasks, qtbot, ACCESS)
    told = [each.title() for each in page.access.findChildren(Banner) if not each.isHidden()]
    found = AccessReviews(ada.at).findings()
    assert found
    assert [f"{each.subject}: {each.text}" for each in found] == told[-len(found) :]
    page.close()


def test_a_saved_review_is_a_table_by_its_name_and_else_a_page_that_runs_nothing(
    team: Team, tasks: Tasks, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = team.peers[0]
    page = opened(ada.at, tasks, qtbot, ACCESS)
    for name in ("review.csv", "review.html"):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path: (str(p), ""))
        with qtbot.waitSignal(page.noticed, timeout=10_000):
            QTest.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
        settle(tasks)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "review.csv").read_text())))
    assert {row["name"] for row in rows} == {"Ada", "Ben", "Cleo"}
    text = (tmp_path / "review.html").read_text()
    assert "<h1>Who could do what in" in text
    assert "<script" not in text
    page.close()


def test_a_name_cannot_inject_markup_into_the_page_of_a_review(tmp_path: Path) -> None:
    two = Team(tmp_path, ("<b>Ada</b>", "Ben"))
    reviews = AccessReviews(two.peers[0].at)
    text = report_page(reviews.review(), (), team="<i>x", now_us=0)
    two.close()
    assert "<b>Ada" not in text
    assert "<i>x" not in text
    assert "&lt;b&gt;Ada" in text


def test_every_right_of_a_review_is_in_some_cell_of_its_grid(team: Team) -> None:
    review = AccessReviews(team.peers[0].at).review(version=2)
    grid = grid_of(review)
    for row in grid.rows:
        words = " ".join(cell.words for cell in row.cells)
        assert all(right.text in words for right in row.key.rights)
        assert all(bool(cell.words) == (cell.reach is not Reach.NONE) for cell in row.cells)
