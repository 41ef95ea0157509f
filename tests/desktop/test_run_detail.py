# SPDX-License-Identifier: Apache-2.0
"""One run in detail: every tab, the whole page, trust, notes, relatives, and a run that lives."""

import json
from pathlib import Path

import pytest

from PySide6.QtCore import Qt

from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.detail import DetailPane
from strongroom.domain import canonical
from strongroom.domain.metric_schema import MetricRule
from strongroom.services.run_story import RunStories
from strongroom.services.runs import open_runs
from support.accessibility import nameless
from support.artifact_room import Room, damage
from support.audit_store import copy_of
from support.runs_on_disk import START_US, add_process, random_bytes, run_id, write_run
from support.runs_page import runs_page, services_of
from support.settling import settle

RUN = run_id(1)
REQUIREMENTS = b"numpy==2.1.0\nscikit-learn>=1.5  # why\n-r other.txt\n\ntorch @ file:///x\n"


@pytest.fixture
def pane(app, tasks: Tasks, tmp_path: Path, qtbot):
    made: list[tuple[DetailPane, object]] = []

    def open_it(fill) -> DetailPane:
        services = services_of(tmp_path / "store")
        fill(services.runs.folder.root)
        services.runs.refresh()
        pane = DetailPane(services, tasks)
        qtbot.addWidget(pane)
        pane.resize(432, 800)
        pane.show()
        pane.show_run(RUN)
        settle(tasks)
        made.append((pane, services))
        return pane

    yield open_it
    tasks.close()
    for _, services in made:
        services.runs.catalog.close()


def lines(table) -> list[list[str]]:
    return [[cell.words if cell else "" for cell in row.cells] for row in table.lines()]


def test_params_are_searched_by_name_and_value(pane, tasks, qtbot) -> None:
    params = {f"layer_{at}": at for at in range(1_500)} | {"optimizer": "adamw"}
    shown = pane(lambda store: write_run(store, 1, params=params))
    shown.open_tab("params")
    assert shown.body.params.table.lines()[0].key == "layer_0"
    qtbot.keyClicks(shown.body.params.search.edit, "ADAM")
    assert lines(shown.body.params.table) == [["optimizer", "adamw"]]


def test_a_metric_tells_points_bounds_unit_and_what_breaks_its_rule(pane, tasks) -> None:
    def fill(store: Path) -> None:
        write_run(store, 1, metrics={"val/auc": [0.5, 0.9, 1.2], "latency_ms": [3.0, 2.0, 4.0]})

    shown = pane(fill)
    shown.open_tab("metrics")
    settle(tasks)
    rows = dict(zip([row.key for row in shown.metrics.lines()], lines(shown.metrics), strict=True))
    assert rows["latency_ms"][0] == "latency_ms, 3 points, ms"
    assert rows["val/auc"][0] == "val/auc, val/auc reached 1.2, above its bound of 1"
    assert rows["latency_ms"][2:] == ["4", "2", "4"]
    shown.set_wide(wide=True)
    rows = dict(zip([row.key for row in shown.metrics.lines()], lines(shown.metrics), strict=True))
    assert rows["latency_ms"][2:] == ["3", "2", "4", "2", "4", "2"]
    spark = shown.metrics.lines()[0].cells[1]
    assert spark.values == (3.0, 2.0, 4.0)


def test_a_stated_rule_is_used_when_the_run_is_read_again(pane, tasks) -> None:
    shown = pane(lambda store: write_run(store, 1, metrics={"speed": [10.0]}))
    shown.open_tab("metrics")
    settle(tasks)
    schemas = shown._services.metric_schemas
    schemas.set(MetricRule(key="speed", unit="km/h", high=5))
    shown.reload()
    settle(tasks)
    assert "above its bound of 5" in lines(shown.metrics)[0][0]


def test_system_metrics_stand_apart_as_small_curves(pane, tasks) -> None:
    metrics = {"loss": [1.0], "system/cpu_percent": [10.0, 90.0], "system/memory_mb": [1.0, 2.0]}
    shown = pane(lambda store: write_run(store, 1, metrics=metrics))
    shown.open_tab("system")
    settle(tasks)
    names = [tile.accessibleName() for tile in shown.body.system.tiles()]
    assert names == [
        "cpu_percent: last 90 %, 10 to 90, 2 points",
        "memory_mb: last 2 MB, 1 to 2, 2 points",
    ]
    assert [row.key for row in shown.metrics.lines()] == ["loss"]


def test_packages_come_from_the_requirements_of_the_run(pane, tasks, qtbot) -> None:
    files = {"model/requirements.txt": REQUIREMENTS}
    shown = pane(lambda store: write_run(store, 1, artifacts=files))
    shown.open_tab("environment")
    settle(tasks)
    found = lines(shown.body.environment.packages.table)
    assert found == [["numpy", "2.1.0"], ["scikit-learn", ">=1.5"], ["torch", "@ file:///x"]]


def test_code_and_differences_are_shown_with_their_signs(pane, tasks, qtbot) -> None:
    diff = b"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-old = 1\n+new = 2\n"
    files = {"code/changes.diff": diff, "data.csv": b"a\n1\n"}
    shown = pane(lambda store: write_run(store, 1, artifacts=files))
    shown.set_wide(wide=True)
    shown.resize(1_000, 800)
    shown.open_tab("code")
    settle(tasks)
    tab = shown.body.files_tab("code")
    area = tab.files.view.parts.text.area
    qtbot.waitUntil(lambda: area.toPlainText().splitlines()[3:] == ["-old = 1", "+new = 2"])

    def colours() -> set[str]:
        area.grab()  # a line is coloured when it first comes into sight
        found = [area.document().findBlockByNumber(at).layout().formats() for at in (3, 4)]
        return {part.format.foreground().color().name() for each in found for part in each[:1]}

    qtbot.waitUntil(lambda: len(colours()) == 2)
    assert [row.key for row in tab.files.table.lines() if hasattr(row, "cells")] == [
        "code/changes.diff"
    ]


def test_a_log_opens_at_its_end(pane, tasks) -> None:
    body = "".join(f"line {at}\n" for at in range(1, 5_001)).encode()
    shown = pane(lambda store: write_run(store, 1, artifacts={"logs/train.log": body}))
    shown.open_tab("logs")
    settle(tasks)
    area = shown.body.files_tab("logs").files.view.parts.text.area
    assert area.verticalScrollBar().value() == area.verticalScrollBar().maximum()
    assert area.toPlainText().endswith("line 5000")


def test_a_run_without_something_says_how_to_log_it(pane, tasks) -> None:
    shown = pane(lambda store: write_run(store, 1))
    for key, words in (
        ("params", "no params"), ("metrics", "no metrics"), ("artifacts", "no artifacts"),
        ("system", "no system metrics"), ("code", "No code was logged"),
        ("environment", "No list of packages"), ("logs", "No output was logged"),
        ("notes", "no notes yet"),
    ):  # fmt: skip
        shown.open_tab(key)
        settle(tasks)
        labels = shown.body.currentWidget().findChildren(Label)
        said = [label.text() for label in labels if label.isVisible()]
        assert any(words in each for each in said), (key, said)


def test_a_note_is_added_laid_out_and_told_to_the_window(pane, tasks, qtbot) -> None:
    shown = pane(lambda store: write_run(store, 1))
    heard = []
    shown.changed.connect(heard.append)
    shown.open_tab("notes")
    notes = shown.body.notes
    assert not notes.button.isEnabled()
    qtbot.keyClicks(notes.field.edit, "**Better** than run 7, <b>see</b> ![x](file:///etc/passwd)")
    qtbot.mouseClick(notes.button, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert heard
    assert RUN in heard[0].runs
    words = notes.page.toPlainText()
    assert words.startswith("Better than run 7, <b>see</b>")
    assert notes.page.asked == []
    assert notes.field.text() == ""


def test_children_and_parent_are_links_to_runs(pane, tasks) -> None:
    def fill(store: Path) -> None:
        write_run(store, 1, name="sweep")
        for number in (2, 3):
            folder = write_run(store, number, name=f"trial {number}")
            header = json.loads((folder / "run.json").read_text())
            header["parent"] = RUN
            (folder / "run.json").write_bytes(canonical.encode(header))

    shown = pane(fill)
    story = shown._services.stories.tell(RUN)
    assert sorted(child.name for child in story.children) == ["trial 2", "trial 3"]
    child = shown._services.stories.tell(run_id(2))
    assert child.parent is not None
    assert child.parent.name == "sweep"
    asked: list[str] = []
    shown.run_requested.connect(asked.append)
    shown.body.overview.related.followed.emit(f"run:{run_id(2)}")
    assert asked == [run_id(2)]


def test_an_unsigned_run_is_never_called_trusted(pane, tasks) -> None:
    shown = pane(lambda store: write_run(store, 1, artifacts={"a.txt": b"kept as it was\n"}))
    assert shown.trust.title() == "Cannot check"
    shown.verify()
    settle(tasks)
    assert shown.trust.title() == "Verified"
    assert "1 artifact" in shown.trust.accessibleName()


def test_verify_finds_a_changed_byte_of_an_artifact(pane, tasks) -> None:
    shown = pane(lambda store: write_run(store, 1, artifacts={"a.txt": b"kept as it was\n"}))
    runs = shown._services.runs
    damage(Room(runs.folder.root, runs, shown._services.viewing), b"kept as")
    shown.verify()
    settle(tasks)
    assert shown.trust.title() == "Does not match"
    assert "E-HASH" in shown.trust.accessibleName()


def test_a_version_made_from_the_run_gives_it_its_trust(tmp_path, tmp_path_factory) -> None:
    team = copy_of(tmp_path_factory, tmp_path / "team")
    runs = open_runs(team.store, team.clock, random_bytes)
    story = RunStories(runs, team.founder.workstation).tell(team.run)
    assert story.outcome == "valid"
    assert story.versions[0].model in story.sentence
    assert story.versions[0].signer in story.sentence
    assert RunStories(runs).tell(team.run).outcome == "cannot"
    runs.catalog.close()
    team.close()


def test_the_whole_page_and_back_by_keyboard(pane, tasks, qtbot) -> None:
    shown = pane(lambda store: write_run(store, 1))
    told: list[bool] = []
    shown.enlarged.connect(told.append)
    shown.set_wide(wide=True)
    assert shown.every.isVisible()
    assert shown.maximumWidth() > 2_000
    shown.every.set_current("notes")
    assert shown.body.current() == "notes"
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert told == [True, False]
    assert shown.maximumWidth() <= 480


def test_a_live_run_grows_in_place(pane, tasks) -> None:
    folder: list[Path] = []

    def fill(store: Path) -> None:
        folder.append(
            write_run(store, 1, metrics={"loss": [2.0]}, status="", now_us=START_US + 59_000_000)
        )

    shown = pane(fill)
    shown.open_tab("metrics")
    settle(tasks)
    add_process(folder[0], metrics={"loss": [1.0, 0.5]}, first_step=1, status="")
    shown._services.runs.refresh()  # what the page's pulse does
    shown.reload()
    settle(tasks)
    assert lines(shown.metrics)[0][0] == "loss, 3 points"
    assert shown.body.current() == "metrics"


def test_every_tab_has_names_for_what_the_keyboard_reaches(pane, tasks) -> None:
    files = {"code/a.py": b"x = 1\n", "out.log": b"x\n", "model/requirements.txt": REQUIREMENTS}
    shown = pane(lambda store: write_run(store, 1, metrics={"system/cpu": [1.0]}, artifacts=files))
    for wide in (False, True):
        shown.set_wide(wide=wide)
        for key in ("overview", "params", "system", "code", "environment", "logs", "notes"):
            shown.open_tab(key)
            settle(tasks)
            assert nameless(shown) == [], (wide, key)


def test_closing_an_enlarged_run_brings_the_table_back(tmp_path, qtbot, tasks) -> None:
    with runs_page(tmp_path / "store", qtbot, tasks, lambda store: write_run(store, 1)) as page:
        page.open_run(RUN)
        settle(tasks)
        page.detail.set_wide(wide=True)
        assert not page.table.isVisible()
        page.close_run()
        assert page.table.isVisible()
        page.open_run(RUN)
        settle(tasks)
        assert not page.detail.is_wide()
        enlarge = next(each for each in page.commands() if each.id == "runs.enlarge")
        enlarge.run()
        assert page.detail.is_wide()
        qtbot.keyClick(page.detail, Qt.Key.Key_Escape)
        assert page.table.isVisible()
        assert page.detail.isVisible()


def test_a_log_that_is_written_again_is_followed(pane, tasks) -> None:
    folder: list[Path] = []

    def fill(store: Path) -> None:
        folder.append(
            write_run(
                store, 1, artifacts={"train.log": b"one\n"}, status="", now_us=START_US + 59_000_000
            )
        )

    shown = pane(fill)
    shown.open_tab("logs")
    settle(tasks)
    area = shown.body.files_tab("logs").files.view.parts.text.area
    assert area.toPlainText() == "one"
    later = START_US + 60_000_000
    add_process(folder[0], artifacts={"train.log": b"one\ntwo\n"}, status="", now_us=later)
    shown._services.runs.refresh()
    shown.reload()
    settle(tasks)
    assert area.toPlainText() == "one\ntwo"
