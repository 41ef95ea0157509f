# SPDX-License-Identifier: Apache-2.0
"""packaging/run.py keeps its promises: standard library only, nothing left behind."""

import ast
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from strongroom.domain import places
from support.checkout import ROOT, modules, text
from support.no_internet import GUARDED

SCRIPTS = ROOT / "packaging"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    """Loads one of the scripts as Python does when run.py is called: from its own folder."""
    monkeypatch.syspath_prepend(SCRIPTS)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_the_scripts_need_the_standard_library_only():
    own = {path.stem for path in modules(SCRIPTS)}
    for path in modules(SCRIPTS):
        for node in ast.walk(ast.parse(text(path))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | own


def test_the_script_and_the_program_agree_where_data_lies(script):
    assert script("run")._data_root() == places.data_root()


def test_a_part_without_matching_tests_does_not_hide_a_failure(script):
    combined = script("run")._combined
    assert combined(0, 5) == 0
    assert combined(1, 5) == 1
    assert combined(0, 3) == 3
    assert combined(5, 5) == 5
    assert combined(-11, 0) != 0


def test_programs_of_a_session_find_the_program_compiled(script, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "module.py").write_text("")
    with script("session").Session(tmp_path) as private:
        assert private.run([sys.executable, "-c", "import module"], PYTHONPATH=GUARDED) == 0
    assert list(tmp_path.rglob("module.*.pyc"))


def test_a_part_of_the_session_that_ended_by_itself_is_told(script, tmp_path, capfd):
    session = script("session")
    with session.Session(tmp_path) as private:
        staying = private.start(["sleep", "60"])
        going = private.start([sys.executable, "-c", "import os; os.abort()"])
        going.wait(30)
        private.run(["true"])
        assert staying.poll() is None
    told = capfd.readouterr().err
    assert f"Ended by itself, with {-signal.SIGABRT}" in told
    assert "os.abort()" in told
    assert "sleep" not in told


def test_a_chosen_marker_is_kept_in_both_parts(script):
    run = script("run")
    rest, chosen = run._split_marker(["tests/unit", "-m", "slow", "-q"])
    assert rest == ["tests/unit", "-q"]
    assert run._and(chosen, "not e2e") == "(slow) and (not e2e)"
    assert run._and("", "e2e") == "e2e"


def test_slow_tests_run_when_all_are_asked_for_or_they_are_named(script):
    chosen = script("run")._chosen
    assert chosen(["-x"]) == (["-x"], "not slow")
    assert chosen(["--all", "-x"]) == (["-x"], "")
    assert chosen(["-m", "slow"]) == ([], "slow")


def test_a_tool_outside_of_the_path_of_people_is_found(script, monkeypatch, tmp_path):
    libraries = script("libraries")
    (tmp_path / "smbd").touch(mode=0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(libraries, "SYSTEM_FOLDERS", (str(tmp_path),))
    wanted = {"smbd": "samba", "nosuchtool": "nosuch"}
    assert libraries.missing(libraries={}, tools=wanted) == ["nosuch"]


@pytest.mark.parametrize(
    "stamp", ["", "{", "[]", '{"extras": ["test"]}', '{"key": "other", "extras": ["test"]}']
)
def test_a_broken_or_old_stamp_is_not_believed(script, monkeypatch, tmp_path, stamp):
    environment = script("environment")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp.json")
    environment.STAMP.write_text(stamp)
    assert environment._held_extras("key") == frozenset()


def test_a_stamp_remembers_what_was_installed(script, monkeypatch, tmp_path):
    environment = script("environment")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp.json")
    environment.STAMP.write_text(json.dumps({"key": "key", "extras": ["demo", "test"]}))
    assert environment._held_extras("key") == {"demo", "test"}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_closed_session_leaves_no_process_and_no_folder(script, tmp_path):
    told = tmp_path / "grandchild"
    with script("session").Session(tmp_path) as private:
        private.use_private_folders()
        folder = Path(private.environment["XDG_RUNTIME_DIR"])
        process = private.start(["sh", "-c", f"sleep 60 & echo $! >{told}; wait"])
        _wait(lambda: told.exists() and told.read_text().endswith("\n"))
    assert process.returncode is not None
    _wait(lambda: not _is_running(int(told.read_text())))
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_a_killed_session_takes_its_processes_with_it(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "import session, pathlib, time\n"
        f"private = session.Session(pathlib.Path({str(tmp_path)!r}))\n"
        "print(private.start(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    _wait(lambda: not _is_running(child))


def _wait(has_happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not has_happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    """Whether the process lives; one that waits to be collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class Recorder:
    """Stands for a session that runs commands; keeps them instead."""

    ran: ClassVar[list[list[str]]] = []

    def __init__(self, _folder: Path) -> None:
        self.ran.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_failure: object) -> None:
        """Leaves nothing."""

    def use_private_folders(self) -> None:
        """Has none."""

    def run(self, command: list[str], **_environment: str) -> int:
        self.ran.append(command)
        return 0


def test_programs_to_measure_beside_are_installed_only_when_asked_for(script, monkeypatch):
    run, environment = script("run"), script("environment")
    asked: list[str] = []
    monkeypatch.setattr(run.libraries, "ensure", lambda **_wanted: frozenset())
    monkeypatch.setattr(environment, "ensure", lambda _extras: False)
    monkeypatch.setattr(
        environment, "ensure_peers", lambda: asked.append("peers") or Path("/apart/peers.json")
    )
    monkeypatch.setattr(run.session, "Session", Recorder)
    assert run.bench(["--big"]) == 0
    assert not asked
    assert run.bench(["--peers", "-k", "mlflow"]) == 0
    assert asked == ["peers"]
    assert Recorder.ran[0][-3:] == ["--peers=/apart/peers.json", "-k", "mlflow"]


def test_a_program_that_cannot_be_installed_keeps_nobody_from_measuring_the_others(
    script, monkeypatch, tmp_path
):
    environment = script("environment")
    made: list[str] = []

    def install(folder: Path, *wanted: str) -> None:
        if folder.name == "aim":
            raise environment.SetupError("The index has no such package.")
        made.append(folder.name)

    def works(folder: Path) -> bool:
        return (folder / environment.STAMP.name).exists()

    monkeypatch.setattr(environment, "PEERS_FOLDER", tmp_path / "peers")
    monkeypatch.setattr(environment, "_make", lambda folder: folder.mkdir(exist_ok=True))
    monkeypatch.setattr(environment, "_works", works)
    monkeypatch.setattr(environment, "_install", install)
    for _ in range(2):  # what is there is not installed again; what failed is tried again
        found = json.loads(environment.ensure_peers().read_text("utf-8"))
    assert found["aim"] == {"python": "", "reason": "The index has no such package."}
    assert found["mlflow"]["python"].startswith(str(tmp_path / "peers" / "mlflow"))
    assert made == [name for name in environment.PEERS if name != "aim"]
