# SPDX-License-Identifier: Apache-2.0
"""``%load_ext strongroom`` in IPython's own shell: magics, mistakes, and a panel that follows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

import strongroom as sr
from strongroom.domain.run import RunStatus
from strongroom.journal.reader import read_run
from strongroom.sdk.session import SESSION
from strongroom.services.live_panel import MOST_KEPT, LivePanel
from support.journals import only_run


class Screen(DisplayPublisher):
    """Stands where a notebook's front end is, and keeps what it is told to show."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # type: ignore[no-untyped-call]
        self.shown: list[tuple[dict[str, str], str, bool]] = []

    def publish(self, data: Any, metadata: Any = None, *rest: Any, **given: Any) -> None:
        name = (given.get("transient") or {}).get("display_id", "")
        self.shown.append((data, name, bool(given.get("update"))))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path / "store"))
    SESSION.end_all()
    InteractiveShell.clear_instance()
    found: Any = InteractiveShell.instance()
    found.history_manager.enabled = False
    found.display_pub = Screen()
    found.run_line_magic("load_ext", "strongroom")
    yield found
    found.run_line_magic("unload_ext", "strongroom")
    SESSION.end_all()
    found.history_manager.end_session()
    InteractiveShell.clear_instance()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_cells_log_into_the_run_that_another_cell_began(shell: Any) -> None:
    for cell in (
        "import strongroom as sr\nrun = sr.start_run('cells', name='first')",
        "sr.log_metric('loss', 0.5)",
        "sr.end_run()",
    ):
        assert shell.run_cell(cell).success
    found = shell.run_line_magic("strongroom", "metrics.loss < 1")
    assert [run.name for run in found] == ["first"]
    assert "text/html" in shell.display_formatter.format(found)[0]
    assert shell.run_line_magic("strongroom", "show first").params == {}
    compared = shell.run_line_magic("strongroom", "compare first first")
    assert "1 runs" in repr(compared) or "2 runs" in repr(compared)


def test_a_mistake_is_a_line_and_no_traceback(shell: Any) -> None:
    for line, expected in (
        ("metrics.loss <", "E-FILTER"),
        ("show nobody", "E-RUN"),
        ("compare 'open", "quotation"),
        ("watch", "No run is active here"),
    ):
        assert shell.run_line_magic("strongroom", line) is None
        data, _, _ = shell.display_pub.shown[-1]
        assert expected in data["text/plain"]


def test_a_panel_follows_the_run_and_ends_with_it(shell: Any) -> None:
    run = sr.start_run("live", name="<b>live</b>")
    extension = shell.find_line_magic("strongroom").__self__
    extension._every_s = 0.02
    shell.run_line_magic("strongroom", "watch")
    screen = shell.display_pub.shown
    assert screen[0][2] is False  # the first one stands where the cell is
    for step in range(10):
        sr.log_metric("loss", 1.0 / (step + 1), step)
    _until(lambda: "0.1</td>" in screen[-1][0]["text/html"])
    data, name, is_update = screen[-1]
    assert is_update
    assert name == screen[0][1] != ""
    assert "█" in data["text/html"]
    assert "<b>live" not in data["text/html"].replace("<b>&lt;b", "")
    assert "running" in data["text/html"]
    sr.log_metric("loss", 7.5, 10)
    run.end()
    (panel,) = extension.panels
    _until(lambda: not panel.is_following)
    assert "ended" in screen[-1][0]["text/html"]
    assert "7.5" in screen[-1][0]["text/plain"]  # what came last is there
    told = len(screen)
    time.sleep(0.1)
    assert len(screen) == told


def test_a_panel_that_is_stopped_stays_as_it_is(shell: Any) -> None:
    sr.start_run("live")
    extension = shell.find_line_magic("strongroom").__self__
    extension._every_s = 0.02
    shell.run_line_magic("strongroom", "watch")
    (panel,) = extension.panels
    shell.run_line_magic("strongroom", "stop")
    assert not panel.is_following
    told = len(shell.display_pub.shown)
    sr.log_metric("loss", 1.0)
    time.sleep(0.1)
    assert len(shell.display_pub.shown) == told


@pytest.mark.parametrize(
    ("cell", "status"),
    [("sr.log_metric('a', 1)", RunStatus.FINISHED), ("sr.log_metric('a', 1); 1 / 0", RunStatus.FAILED)],  # noqa: E501
)  # fmt: skip
def test_a_tracked_cell_is_a_run(
    shell: Any, tmp_path: Path, cell: str, status: RunStatus,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    shell.run_cell("import strongroom as sr")
    shell.run_cell_magic("tracked", "cells", cell)
    content = read_run(only_run(tmp_path / "store"))
    assert content.status is status
    assert content.header.experiment == "cells"
    assert content.metrics["a"].values.tolist() == [1.0]
    assert ("ZeroDivisionError" in capsys.readouterr().out) == (status is RunStatus.FAILED)
    assert sr.active_run() is None


def test_a_panel_stays_small_whatever_is_logged(tmp_path: Path) -> None:
    run = sr.start_run(store=tmp_path)
    panel = LivePanel(run.folder, "big")
    for part in range(6):
        run.log_batch({"loss": [float(part)] * 3_000})
        assert panel.read()
    run.log_metrics({f"metric {n}": n for n in range(200)})
    run.end()
    panel.read()
    line = panel._lines["loss"]
    assert (line.count, line.last, line.low, line.high) == (18_000, 5.0, 0.0, 5.0)
    assert len(line.kept) <= MOST_KEPT
    assert line.kept == sorted(line.kept)
    assert len(line.kept) == -(-18_000 // line.every)
    assert "161 more metrics" in panel.html("ended")
