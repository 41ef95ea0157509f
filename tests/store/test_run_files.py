# SPDX-License-Identifier: Apache-2.0
"""Where the files of runs lie is read once for all of them, and again as soon as it may differ."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.sdk.fluent import log_text, start_run
from strongroom.store import run_files
from strongroom.store.liveness import Observer
from strongroom.store.run_files import RunFiles
from strongroom.store.run_state import RunState, read_state
from support.peers import Team

OBSERVER = Observer(now_us=1_795_420_000_000_000, boot_id="")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names the run folders whose lists were read."""
    read: list[str] = []

    def noted(folder: Path, *args: object) -> RunState:
        read.append(folder.name)
        return read_state(folder, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(run_files, "read_state", noted)
    return read


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def test_a_push_reads_the_list_of_a_run_once_however_many_files_it_has(
    team: Team, read: list[str]
) -> None:
    ada, ben = team.peers
    for name in ("first", "second"):
        ada.register(name, data={f"{name}-{n}.bin": os.urandom(50) for n in range(40)})
    read.clear()
    pushed = ada.push()
    assert pushed.pushed.objects > 80
    assert len(read) == len(set(read)) == 2, "not once for each of 40 files"
    assert ben.pull().is_clean
    assert ben.has_content()


def test_a_list_is_read_again_when_the_folder_is_not_as_it_was(team: Team, read: list[str]) -> None:
    ada = team.peers[0]
    run = ada.train("first")
    folder = ada.at.folder.find_run(run)
    assert folder is not None
    known = RunFiles(OBSERVER)
    before = known.of(folder)
    assert before
    assert known.of(folder) is before
    assert len(read) == 1
    os.utime(folder / "sealed.json", ns=(1, 1))  # another seal, or one copied over it
    assert known.of(folder) == before
    assert len(read) == 2
    with start_run(run_id=run, store=ada.store):
        log_text("later", "later.txt")
    assert {path for path, _ in known.of(folder)} == {path for path, _ in before} | {"later.txt"}


def test_what_is_remembered_is_bounded(
    team: Team, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = team.peers[0]
    folders = [ada.at.folder.find_run(ada.train(f"run-{n}")) for n in range(3)]
    monkeypatch.setattr(run_files, "MAX_REMEMBERED", 6)  # two runs of three files each
    known = RunFiles(OBSERVER)
    for folder in (*folders, folders[1], folders[0]):
        assert folder is not None
        assert len(known.of(folder)) == 3
    assert len(read) == 4, "only the one that was asked for longest ago was forgotten"
