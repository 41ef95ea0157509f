# SPDX-License-Identifier: Apache-2.0
"""What an exchange costs, beside the system's own cp and sha256sum in the same run.

A file that goes to a folder is read, hashed, written and synced; on a stick or share it is read
back and hashed once more. The least for the first is ``cp`` and ``sha256sum`` one after the other.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from strongroom.store.repository import Repository
from support.figures import Figure, report
from support.peers import Peer, Team

GIGABYTE = 1_000_000_000
ROUNDS = 3


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def test_a_pull_with_nothing_new(team: Team) -> None:
    ada, ben = team.peers
    for number in range(20):
        data = {f"{part:02}.bin": os.urandom(4096) for part in range(50)}
        ada.register(f"run-{number}", data=data)
    ada.push()
    ben.pull()
    objects = sum(1 for _ in ben.at.folder.blobs.rglob("?" * 64))
    assert objects >= 1000
    pulls = [seconds(ben.pull) for _ in range(ROUNDS)]
    pushes = [seconds(ada.push) for _ in range(ROUNDS)]
    assert ben.pull().new.is_empty
    report(
        Figure(f"pull of {objects:,} objects, nothing new", median(pulls), "s", "≤ 1 s"),
        Figure(f"push of {objects:,} objects, nothing new", median(pushes), "s", ""),
    )


def test_a_push_of_a_gigabyte(
    team: Team, monkeypatch: pytest.MonkeyPatch, sized: Callable[[int], int]
) -> None:
    ada, size = team.peers[0], sized(GIGABYTE)
    large = team.root / "weights.bin"
    with large.open("wb") as file:
        for _ in range(0, size, 1 << 20):
            file.write(os.urandom(1 << 20))
        file.truncate(size)
    _register_file(ada, large)
    least: list[float] = []
    synced: list[float] = []
    ours: list[float] = []
    read_back: list[float] = []
    real = Repository.__init__

    def far(self: Repository, root: Path, **_: object) -> None:
        real(self, root, read_back=True)

    for number in range(ROUNDS):
        copy = team.root / "copy.bin"
        least.append(seconds(partial(_cp_and_sha256, large, copy, is_synced=False)))
        copy.unlink()
        synced.append(seconds(partial(_cp_and_sha256, large, copy, is_synced=True)))
        copy.unlink()
        for times, is_far in ((ours, False), (read_back, True)):
            name = f"{'far' if is_far else 'near'}-{number}"
            ada.add_remote(team.root / name, name)
            with monkeypatch.context() as patch:
                if is_far:
                    patch.setattr(Repository, "__init__", far)
                times.append(seconds(partial(ada.push, name)))
            for path in (team.root / name / "obj").rglob("?" * 64):
                path.unlink()
    speed = [base / mine for base, mine in zip(least, ours, strict=True)]
    of_synced = [base / mine for base, mine in zip(synced, ours, strict=True)]
    name = f"push of {size / 1e9:g} GB"
    report(
        Figure(f"{name} to a folder, cp + sha256sum ÷ ours", median(speed), "times",
               "≥ 0.8 times", f"{median(least):.2f} s, cp + sha256sum"),
        Figure(f"{name} to a folder", median(ours), "s", ""),
        Figure("the same, cp + sync + sha256sum ÷ ours", median(of_synced), "times", ""),
        Figure(f"{name} read back as from a stick", median(read_back), "s", ""),
    )  # fmt: skip


def _cp_and_sha256(source: Path, target: Path, *, is_synced: bool) -> None:
    subprocess.run(["cp", source, target], check=True)
    if is_synced:
        subprocess.run(["sync", target], check=True)
    subprocess.run(["sha256sum", target], check=True, stdout=subprocess.DEVNULL)


def _register_file(peer: Peer, path: Path) -> None:
    from strongroom.sdk.fluent import log_artifact, start_run
    from strongroom.services.registering import Registering
    from support.peers import MODEL

    with start_run(MODEL, name="large", store=peer.store) as run:
        log_artifact(path, "model")
    peer.at.runs.refresh()
    Registering(peer.at, peer.registry).register(run.run_id, "model", MODEL)
