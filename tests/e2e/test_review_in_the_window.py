# SPDX-License-Identifier: Apache-2.0
"""The main job by mouse and keyboard: filter, chart two runs, read a request, sign, Production."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.transition_dialog import TransitionDialog
from strongroom.desktop.runs.page import RunsPage
from strongroom.domain.ids import in_groups
from strongroom.domain.registry import TransitionRequest
from support.pixels import near, room_of
from support.real_window import RealWindow
from support.table_rows import shown_runs
from support.workplaces import PASSPHRASE, Workplace, found_team, train

pytestmark = pytest.mark.e2e

OpenWindow = Callable[[Path, Path], RealWindow]
Shoot = Callable[[str], None]

MODEL = "digit-reader"
RUNS = {"amber-fox": 0.93, "brave-otter": 0.95, "calm-heron": 0.97, "dull-finch": 0.71}
REASON = "Reads sevens better."


@dataclass(frozen=True, slots=True)
class Story:
    """A store where the second version waits for Production, and who works there."""

    analyst: Workplace
    approver: Workplace
    runs: dict[str, str]
    request: TransitionRequest


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The first version is in Production; the analyst asks for the second to replace it."""
    folder = tmp_path_factory.mktemp("story") / "desk"
    store = folder / "store"
    founder, analyst, approver = (
        Workplace(name, store, folder / "homes" / name.split()[0].lower())
        for name in ("Aiko Tanabe", "Jonas Feld", "Mara Lindqvist")
    )
    found_team(founder, {analyst: "analyst", approver: "release-approver"}, "Harbour ML")
    runs = {
        name: train(store, name, experiment="digits", best=best, rate=0.05 + at * 0.03)
        for at, (name, best) in enumerate(RUNS.items())
    }
    with analyst.services() as services:
        services.registering.register(runs["amber-fox"], "model", MODEL)
        first = services.reviews.request(f"{MODEL}/1", "Production", reason="The first one.")
    with approver.services() as services:
        services.reviews.approve(first.id, comment="Looked at every metric.")
    with analyst.services() as services:
        services.registering.register(runs["calm-heron"], "model", MODEL)
        request = services.reviews.request(f"{MODEL}/2", "Production", reason=REASON)
    return Story(analyst, approver, runs, request)


@pytest.fixture
def story(written: Story, tmp_path: Path) -> Story:
    """A copy of the story: store and homes; the keys stay in the keyring of the system."""
    before, after = written.analyst.store.parent, tmp_path / "desk"
    shutil.copytree(before, after)

    def moved(place: Workplace) -> Workplace:
        return replace(place, store=after / "store", home=after / place.home.relative_to(before))

    return replace(written, analyst=moved(written.analyst), approver=moved(written.approver))


def test_the_approver_filters_charts_reads_signs_and_sees_production(
    story: Story, open_window: OpenWindow, shoot: Shoot
) -> None:
    mara = story.approver
    real = open_window(mara.store, mara.home)
    _filter_runs(real, shoot)
    _chart_two_runs(real, story, shoot)
    _approve(real, story, shoot)
    real.go("Models")
    real.wait_for("v2")
    shoot("6-models")
    assert _has_keyboard(real.page())
    assert "Production" in real.words(real.page())
    versions = _stages_on_disk(mara)
    assert versions == {"1": "Archived", "2": "Production"}


def test_the_requester_reads_why_approving_is_not_for_him(
    story: Story, open_window: OpenWindow, shoot: Shoot
) -> None:
    jonas = story.analyst
    real = open_window(jonas.store, jonas.home)
    page = real.go("Reviews")
    assert isinstance(page, ReviewsPage)
    real.wait_for("Nothing waits for you", within=page)
    real.press("Show all open", within=page, then=page.table.selected)
    real.press("Review", within=page)
    dialog = real.dialog(TransitionDialog)
    shoot("own-request")
    approve = real.button("Approve", within=dialog)
    assert not approve.isEnabled()
    assert "you" in dialog.reason().lower()
    at = approve.mapToGlobal(approve.rect().center())
    real.hands.press_at(at)
    assert dialog.isVisible()
    assert not [one for one in real.open_dialogs() if isinstance(one, UnlockDialog)]
    real.press("Cancel", within=dialog, then=lambda: not real.open_dialogs())
    assert _stages_on_disk(jonas) == {"1": "Production", "2": "None"}


# -------------------------------------------------------------------- the scenes


def _filter_runs(real: RealWindow, shoot: Shoot) -> None:
    """A wrong filter says so and loses nothing; a right one keeps the runs it names."""
    page = real.page()
    assert isinstance(page, RunsPage)
    real.hands.until(lambda: page.model.rowCount() == len(RUNS), "every run is in the table")
    editor = page.query.editor
    real.hands.fill(editor, "metrics.val/acc >", editor.text)
    real.hands.press("Return", then=page.query.error)
    shoot("1-wrong-filter")
    real.wait_for(page.query.error(), within=page)
    assert page.model.rowCount() == len(RUNS)
    assert editor.text() == "metrics.val/acc >"
    real.hands.write(" 0.9")
    real.hands.press("Return", then=lambda: page.model.rowCount() == 3)
    assert not page.query.error()
    real.wait_idle()
    shown = {run.name for run in shown_runs(page.model.sheet) if run is not None}
    assert shown == {"amber-fox", "brave-otter", "calm-heron"}


def _chart_two_runs(real: RealWindow, story: Story, shoot: Shoot) -> None:
    """Two boxes are ticked with the mouse; both curves are on the screen, in their colours."""
    page = real.page()
    assert isinstance(page, RunsPage)
    titles = page.table.pinned.head.viewport()
    all_boxes = QPoint(20, titles.height() - 12)
    real.hands.click(titles, all_boxes, then=lambda: len(page.charted()) == 3)
    real.hands.click(titles, all_boxes, then=lambda: not page.charted())
    wanted = [story.runs["brave-otter"], story.runs["calm-heron"]]
    for run_id in wanted:
        _tick(real, page, run_id)
    assert list(page.charted()) == wanted

    def chart() -> LineChart | None:
        found = page.charts.board.chart("val/acc")
        return found if found is not None and len(found.series()) == 2 else None

    found = real.hands.until(chart, "the chart of val/acc has two lines")
    assert found is not None
    assert [one.label for one in found.series()] == ["brave-otter", "calm-heron"]
    assert [float(one.y.max()) for one in found.series()] == pytest.approx([0.95, 0.97], abs=0.03)
    real.wait_idle()
    shoot("2-chart")
    picture = real.hands.see()
    for one in found.series():
        colour = QColor(theme().series_colour(one.colour_index))
        assert near(picture, room_of(found), colour) > 50, f"{one.label} is not to be seen"


def _approve(real: RealWindow, story: Story, shoot: Shoot) -> None:
    """The request is opened from the list; the sentence, the digest, the passphrase, and done."""
    page = real.go("Reviews")
    assert isinstance(page, ReviewsPage)
    real.wait_for(f"{MODEL} v2", within=page)
    real.select(page.table, story.request.id)
    real.wait_idle()
    shoot("3-reviews")
    real.press("Review", within=page)
    dialog = real.dialog(TransitionDialog)
    real.wait_idle()
    shoot("4-dialog")
    said = real.words(dialog)
    assert f"You are about to sign: {dialog.case.statement}" in said
    assert in_groups(story.request.key[2], 16) in said
    assert f"{MODEL} v2" in dialog.case.statement
    assert REASON in said
    assert real.button("Cancel", within=dialog).hasFocus()
    real.press("Approve", within=dialog)
    real.dialog(UnlockDialog)
    shoot("5-passphrase")
    real.unlock(PASSPHRASE)
    real.hands.until(lambda: not real.open_dialogs(), "the dialog has closed")
    real.wait_idle()
    real.wait_for("Applied", within=page)
    real.wait_for("Production", within=page)
    shoot("5-applied")
    assert _has_keyboard(page)


# -------------------------------------------------------------------- inside


def _has_keyboard(page: QWidget) -> bool:
    """Returns whether the page has the keyboard, not whatever stands beside it."""
    focused = page.window().focusWidget()
    return focused is page or page.isAncestorOf(focused)


def _tick(real: RealWindow, page: RunsPage, run_id: str) -> None:
    """Ticks or unticks the box of a run with the mouse."""
    boxes = page.table.pinned
    was = run_id in page.charted()
    box = boxes.visualRect(
        page.model.index(page.model.sheet.rows.row_of(page.model.windows.id_of(run_id)), 0)
    ).center()
    real.hands.click(boxes.viewport(), box, then=lambda: (run_id in page.charted()) is not was)


def _stages_on_disk(place: Workplace) -> dict[str, str]:
    """Returns the stage of each version as another process reads it from the disk."""
    with place.services() as services:
        digest = services.registry.state().digest
    answer = subprocess.run(
        [sys.executable, "-m", "strongroom", "registry", "state", "--json"],
        env={
            **os.environ,
            "STRONGROOM_STORE": str(place.store),
            "STRONGROOM_HOME": str(place.home),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    state = json.loads(answer.stdout)
    assert state["digest"] == digest
    (model,) = (each for each in state["models"] if each["name"] == MODEL)
    return {str(each["version"]): each["stage"] for each in model["versions"]}
