# SPDX-License-Identifier: Apache-2.0
"""The product's own push, pull and verify on a share of Samba's server, as offices have them."""

import contextlib
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault
from strongroom.store import publish
from support.no_internet import MAY_REACH
from support.peers import Peer, Team, files_of
from support.samba import Server, samba_share
from support.share_laws import breaches, unfinished

SMALL = {"weights.bin": b"w" * 2000, "card.md": b"# small"}
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    with samba_share(tmp_path_factory.mktemp("samba")) as given:
        yield given


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setattr(publish, "RETRY_PAUSES_S", (0.01,) * 6)
    made = Team(tmp_path, ("Ada", "Ben"))
    made.peers[0].register(data=SMALL)
    yield made
    made.close()


def meet(team: Team, folder: Path) -> tuple[Peer, Peer]:
    """Both know the folder by the name office."""
    ada, ben = team.peers
    for peer in (ada, ben):
        peer.add_remote(folder, "office")
    return ada, ben


def test_what_is_pushed_to_a_share_of_samba_is_pulled_from_it(
    team: Team, share: tuple[Server, Path]
) -> None:
    server, mount = share
    ada, ben = meet(team, mount / "first")
    ada.push("office")
    there = files_of(server.folder / "first")
    ada.push()
    assert {**there, "strongroom.json": b""} == {**files_of(team.share), "strongroom.json": b""}
    assert unfinished(server.folder / "first") == []
    assert ben.pull("office").is_clean
    assert ben.digest == ada.digest
    assert ben.has_content()
    assert ben.exchange.verify("office", is_reading_data=True).is_ok
    assert ada.push("office").new.is_empty


def test_9_a_server_that_dies_is_told_and_the_next_push_goes_on(
    team: Team, share: tuple[Server, Path]
) -> None:
    server, mount = share
    ada, ben = meet(team, mount / "second")

    class CutsThePower:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what == "Pushing manifests":
                server.stop()

    with pytest.raises(EnvironmentFault) as fault:
        ada.exchange.push("office", progress=CutsThePower())
    assert fault.value.code == "E-SHARE"
    assert breaches(server.folder / "second") == []
    with pytest.raises(EnvironmentFault):
        ben.pull("office")
    server.start()
    wait_for(mount / "second")
    assert ada.push("office").is_clean
    assert breaches(server.folder / "second") == []
    assert ben.pull("office").is_clean
    assert ben.digest == ada.digest


def wait_for(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if folder.is_dir():
                return
        time.sleep(0.1)
    pytest.fail("the server did not come back")


HOLD = """
import sys, time
import smbclient
how = {"port": int(sys.argv[1]), "username": sys.argv[2], "password": sys.argv[3]}
with smbclient.open_file(sys.argv[4], "rb", share_access="r", **how):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_48_a_reader_that_holds_a_damaged_file_is_waited_for_and_then_it_is_healed(
    team: Team, share: tuple[Server, Path]
) -> None:
    server, mount = share
    ada, _ = meet(team, mount / "third")
    ada.push("office")
    victim = max((server.folder / "third" / "obj").rglob("?" * 64), key=lambda p: p.stat().st_size)
    good = victim.read_bytes()
    victim.write_bytes(b"x" * len(good))
    assert not ada.exchange.verify("office", is_reading_data=True).is_ok
    with holding(server, victim) as let_go:
        with pytest.raises(EnvironmentFault) as fault:
            ada.push("office")
        assert fault.value.code == "E-SHARE"
        assert fault.value.advice
        let_go()
    assert ada.push("office").is_clean
    assert hashlib.sha256(victim.read_bytes()).hexdigest() == victim.name
    assert ada.exchange.verify("office", is_reading_data=True).is_ok


@contextlib.contextmanager
def holding(server: Server, victim: Path) -> Iterator[Callable[[], None]]:
    """Another client has a file open and shares it for reading only, as a virus scanner does."""
    from support.samba import PASSWORD, user

    path = "\\\\127.0.0.1\\share\\" + str(victim.relative_to(server.folder)).replace("/", "\\")
    reader = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(server.port), user(), PASSWORD, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={MAY_REACH: "1"},
    )  # fmt: skip
    assert reader.stdin
    assert reader.stdout
    assert reader.stdout.readline() == b"held\n"

    def let_go() -> None:
        if reader.poll() is None:
            reader.communicate(b"\n")

    try:
        yield let_go
    finally:
        let_go()
