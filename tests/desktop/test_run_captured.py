# SPDX-License-Identifier: Apache-2.0
"""What a run kept by itself, in the window: code, packages, machine, system metrics, GPU hours."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.facts import KeyValues
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.columns import NameCount, default_fields
from strongroom.desktop.runs.detail import DetailPane
from strongroom.domain import canonical
from strongroom.domain.clock import SystemClock
from strongroom.domain.comparison import Section
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.run import RunProcess, RunStatus
from strongroom.domain.run_cost import run_cost
from strongroom.services.run_comparison import RunComparison
from strongroom.services.run_texts import RunTexts, TextKind
from support.no_internet import GUARDED
from support.runs_on_disk import START_US, run_id, write_run
from support.runs_page import services_of
from support.settling import settle

SCRIPT = """import time
import strongroom as sr
with sr.start_run("churn", name="{name}"):
    time.sleep({wait})
"""
Opened = Callable[[str], DetailPane]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real runs of one repository; the second with what is not committed, and measured."""
    project = tmp_path_factory.mktemp("project")
    store = project.parent / "captured-store"
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    (project / "train.py").write_text(SCRIPT.format(name="before", wait=0))
    (project / "model.py").write_text("depth = 3\n")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    for name, wait in (("before", 0), ("after", 2.3)):
        if wait:
            (project / "train.py").write_text(SCRIPT.format(name=name, wait=wait))
        subprocess.run(
            [sys.executable, str(project / "train.py")],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": GUARDED, "HOME": str(project),
                 "STRONGROOM_STORE": str(store), "STRONGROOM_LOGGING_SYSTEM_SECONDS": "1"},
            cwd=project, check=True,
        )  # fmt: skip
    return store


@pytest.fixture
def opened(app: QApplication, tasks: Tasks, qtbot: QtBot, trained: Path) -> Iterator[Opened]:
    services = services_of(trained, SystemClock())
    services.runs.refresh()

    def show(name: str) -> DetailPane:
        pane = DetailPane(services, tasks)
        qtbot.addWidget(pane)
        pane.resize(900, 800)
        pane.set_wide(wide=True)
        pane.show()
        pane.show_run(services.runs.place(name).run_id)
        settle(tasks)
        return pane

    yield show
    settle(tasks)
    services.runs.catalog.close()


def told(facts: KeyValues) -> dict[str, str]:
    """Returns the lines a person reads, by their first word."""
    words = [each.text() for each in facts.findChildren(Elided) if each.isVisibleTo(facts)]
    return dict(zip(words[::2], words[1::2], strict=True))


def test_environment_shows_the_packages_and_the_machine_that_were_there(
    opened: Opened, tasks: Tasks
) -> None:
    pane = opened("after")
    pane.open_tab("environment")
    settle(tasks)
    rows = {
        row.cells[0].words: row.cells[1].words
        for row in pane.body.environment.packages.table.lines()
    }
    assert rows["pytest"] == pytest.__version__
    machine = told(pane.body.environment.facts)
    assert float(machine["Cores"]) > 0
    assert machine["Memory"].endswith(" GiB")


def test_code_shows_the_difference_first_and_where_it_stands(
    opened: Opened, tasks: Tasks, qtbot: QtBot
) -> None:
    pane = opened("after")
    pane.open_tab("code")
    settle(tasks)
    tab = pane.body.files_tab("code")
    area = tab.files.view.parts.text.area
    qtbot.waitUntil(lambda: '+with sr.start_run("churn", name="after"):' in area.toPlainText())
    listed = [row.key for row in tab.files.table.lines() if hasattr(row, "cells")]
    assert listed == ["captured/changes.diff", "captured/train.py"]


def test_system_shows_curves_of_what_was_measured(opened: Opened, tasks: Tasks) -> None:
    pane = opened("after")
    pane.open_tab("system")
    settle(tasks)
    names = [tile.accessibleName().partition(":")[0] for tile in pane.body.system.tiles()]
    assert {"cpu_percent", "memory_percent", "process_memory_mb", "disk_percent"} <= set(names)
    assert not pane.body.system.cost.isVisible()
    names_there = [
        NameCount(field=Field(kind=FieldKind.METRIC, key=key), run_count=9)
        for key in ("system/cpu_percent", "loss")
    ]
    assert [field.key for field in default_fields(names_there, ())] == ["loss"]


def test_compare_tells_both_environments_and_what_was_not_committed(trained: Path) -> None:
    services = services_of(trained, SystemClock())
    runs = services.runs
    runs.refresh()
    ids = [runs.place(name).run_id for name in ("before", "after")]
    found = RunComparison(runs).compare(ids, sections=(Section.SOURCE, Section.ENVIRONMENT))
    rows = {row.key: row for row in found.rows}
    assert rows["dirty"].values == ("no", "yes")
    assert rows["commit"].is_same
    assert rows["pytest"].values == (pytest.__version__,) * 2
    assert "+with" in RunTexts(runs).text(ids[1], TextKind.PATCH)
    assert RunTexts(runs).text(ids[0], TextKind.ENVIRONMENT).count("==") > 20
    runs.catalog.close()


def test_gpu_hours_and_their_cost_stand_above_the_curves(
    app: QApplication, tasks: Tasks, qtbot: QtBot, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    services = replace(services_of(store), gpu_hour_cents=lambda: 250)
    folder = write_run(store, 1, now_us=START_US + 2 * 3_600_000_000)
    header = json.loads((folder / "run.json").read_text())
    header["source"] |= {"gpus": "4", "gpu": "4 × NVIDIA A100"}
    (folder / "run.json").write_bytes(canonical.encode(header))
    services.runs.refresh()
    pane = DetailPane(services, tasks)
    qtbot.addWidget(pane)
    pane.show()
    pane.show_run(run_id(1))
    settle(tasks)
    pane.open_tab("system")
    facts = told(pane.body.system.cost)
    assert facts["GPU hours"].startswith("8.00, 4 cards held for 2")
    assert facts["GPU cost"] == "20.00 by the rate of your settings"
    detail = services.runs.show(run_id(1))
    two = tuple(RunProcess(host=host, pid=1) for host in ("a", "b", "a"))
    cost = run_cost(replace(detail, processes=two), now_us=0, cents_an_hour=0)
    assert cost is not None
    assert cost.gpu_hours == pytest.approx(16, abs=0.01)
    hostile = replace(detail, source={"gpus": "9" * 400})
    assert run_cost(hostile, now_us=0, cents_an_hour=1) is None
    lost = replace(detail.run, status=RunStatus.RUNNING, ended_us=None, is_lost=True)
    gone = replace(detail, run=lost, last_seen_us=lost.started_us + 3_600_000_000)
    held = run_cost(gone, now_us=START_US * 2, cents_an_hour=0)
    assert held is not None
    assert held.hours == 1
    services.runs.catalog.close()
