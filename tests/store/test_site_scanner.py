# SPDX-License-Identifier: Apache-2.0
"""The site's scanner sees content of others before anything of it is used, or nothing comes in."""

import hashlib
import io
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import Cancelled, EnvironmentFault
from strongroom.exchange.scanner import Scanner
from strongroom.services.bundles import Bundles
from strongroom.services.site_scanner import site_scanner
from strongroom.store.waiting_room import WaitingRoom, sweep
from support.peers import MODEL, Peer, Team, codes, files_of

# What scanners call a virus by agreement; in two halves, so that none stops at this file.
MARK = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GREP = """#!/bin/sh
echo "$1" >> "$0.log"
if grep -rlF 'EICAR-STANDARD' "$1"; then exit 1; fi
exit 0
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada's version 1 is clean; nobody has exchanged anything."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Puts a scanner on Ben's workstation: a real program that reads what it is given."""

    def put(peer: Peer, program: str = GREP, timeout_s: int = 60) -> Path:
        path = tmp_path / "scan.sh"
        path.write_text(program)
        path.chmod(0o755)
        scanner = Scanner(command=(str(path),), timeout_s=timeout_s)
        peer.at.scanner = lambda: scanner
        return path

    return put


def seen_by(scanner: Path) -> list[str]:
    log = Path(f"{scanner}.log")
    return log.read_text().splitlines() if log.exists() else []


def test_what_is_clean_comes_in_after_it_was_scanned_on_this_machine(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    scanner = install(ben)
    ada.push()
    assert ben.pull().is_clean
    assert ben.has_content()
    (looked_at,) = seen_by(scanner)
    assert looked_at.startswith(str(ben.store)), "the stick may give other bytes the next time"
    assert files_of(ben.store / "cache" / "arrivals") == {}
    assert ben.pull().is_clean
    assert len(seen_by(scanner)) == 1, "nothing new, nothing to scan"


def test_what_is_found_bad_stays_out_and_everything_else_comes_in(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    install(ben)
    ada.register("bad", data={"weights.bin": b"\0" * 1000 + MARK, "card.md": b"# fine"})
    ada.push()
    outcome = ben.pull()
    assert codes(outcome) == ["E-SCAN"]
    assert ben.has_content(f"{MODEL}/1")
    assert not ben.has_content(f"{MODEL}/2")
    assert not any(MARK in data for data in files_of(ben.store).values()), "not even in quarantine"
    (item,) = ben.exchange.quarantined()
    assert item.code == "E-SCAN"
    assert "weights.bin" in item.reason
    (version,) = [i for i in outcome.items if i.title == f"{MODEL}/2" and i.kind == "version"]
    assert (version.result, version.code) == ("rejected", "E-SCAN")
    assert ben.digest == ada.digest, "what was signed is known all the same"
    assert codes(ben.pull()) == ["E-SCAN"], "told again as long as it lies there"


def test_a_bundle_is_scanned_too_even_a_sealed_one(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    install(ben)
    ada.register("bad", data={"weights.bin": MARK})
    file = team.root / "all.strongbundle"
    Bundles(ada.at).create(file, to=["Ben"])
    assert codes(Bundles(ben.at).take(file)) == ["E-SCAN"]
    assert not any(MARK in data for data in files_of(ben.store).values())


def test_run_folders_of_training_hosts_are_scanned_before_they_are_copied(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    install(ben)
    ada.train("bad", data={"weights.bin": MARK})
    outcome = ben.exchange.import_runs(ada.store / "runs")
    assert codes(outcome) == ["E-SCAN"]
    assert [item.result for item in outcome.items].count("new") == 1
    assert not any(MARK in data for data in files_of(ben.store).values())


def test_a_dry_run_starts_no_scanner(team: Team, install: Callable[..., Path]) -> None:
    ada, ben = team.peers
    scanner = install(ben)
    ada.push()
    ben.exchange.pull("share", is_dry=True)
    assert seen_by(scanner) == []


# ------------------------------------------------------------------ a scanner that does not work


@pytest.mark.parametrize(
    "program", ["#!/bin/sh\necho 'no signatures' >&2; exit 2\n", "#!/no/such/interpreter\n"]
)
def test_nothing_comes_in_unscanned_when_the_scanner_fails(
    team: Team, install: Callable[..., Path], program: str
) -> None:
    ada, ben = team.peers
    install(ben, program)
    ada.push()
    with pytest.raises(EnvironmentFault) as caught:
        ben.pull()
    assert caught.value.code == "E-SCAN"
    assert files_of(ben.store / "blobs") == {}
    assert not any((ben.store / "runs").glob("*/*"))
    scanner = install(ben)
    assert ben.pull().is_clean, "mended, and what was copied waits to be scanned"
    assert ben.has_content()
    assert len(seen_by(scanner)) == 1


def test_a_scanner_that_hangs_is_stopped_with_all_its_children(
    team: Team, install: Callable[..., Path], tmp_path: Path
) -> None:
    ada, ben = team.peers
    note = tmp_path / "child.pid"
    install(ben, f"#!/bin/sh\nsleep 300 & echo $! > {note}\nwait\n", timeout_s=1)
    ada.push()
    with pytest.raises(EnvironmentFault, match="did not end within 1 seconds"):
        ben.pull()
    assert is_gone(int(note.read_text()))
    assert files_of(ben.store / "blobs") == {}


def test_cancel_stops_the_scanner_and_nothing_unscanned_is_used(
    team: Team, install: Callable[..., Path], tmp_path: Path
) -> None:
    class Impatient:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what == "Scanning" and note.exists() and note.read_text().strip():
                raise Cancelled

    ada, ben = team.peers
    note = tmp_path / "child.pid"
    install(ben, f"#!/bin/sh\nsleep 300 & echo $! > {note}\nwait\n")
    ada.push()
    with pytest.raises(Cancelled):
        ben.exchange.pull("share", progress=Impatient())
    assert is_gone(int(note.read_text()))
    assert files_of(ben.store / "blobs") == {}


def test_what_a_scanner_prints_is_shown_on_one_line_and_short(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    install(ben, "#!/bin/sh\nprintf '\\033[31mhit\\n%01000d' 7; exit 1\n")
    ada.push()
    outcome = ben.pull()
    for trouble in outcome.rejected:
        assert "\x1b" not in trouble.detail
        assert len(trouble.detail) < 600


# ------------------------------------------------------------------ what waits


class StopsInTheScan:
    """Cancels once everything was copied and the scanner began."""

    def step(self, done: int, total: int, what: str = "") -> None:
        if what == "Scanning":
            raise Cancelled


def waiting(peer: Peer) -> list[str]:
    folder = peer.store / "cache" / "arrivals"
    return sorted(path.name for path in folder.rglob("*") if len(path.name) == 64)


def test_the_scanner_never_meets_what_an_earlier_pull_left_and_nobody_asks_for_now(
    team: Team, install: Callable[..., Path]
) -> None:
    ada, ben = team.peers
    install(ben, "#!/bin/sh\nexec sleep 60\n")
    ada.push()
    with pytest.raises(Cancelled):
        ben.exchange.pull("share", progress=StopsInTheScan())
    left = waiting(ben)
    assert left
    ben.at.scanner = lambda: None
    assert ben.pull().is_clean, "it came another way meanwhile"
    ada.register("second", data={"weights.bin": b"second"})
    ada.push()
    scanner = install(ben, '#!/bin/sh\nfind "$1" -type f >> "$0.log"\n')
    assert ben.pull().is_clean
    assert seen_by(scanner)
    assert not [line for line in seen_by(scanner) if Path(line).name in left]
    assert waiting(ben) == []


def test_what_was_copied_before_a_cancel_is_not_copied_again(
    team: Team, install: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    install(ben, "#!/bin/sh\nexec sleep 60\n")
    ada.push()
    with pytest.raises(Cancelled):
        ben.exchange.pull("share", progress=StopsInTheScan())
    install(ben)
    with monkeypatch.context() as patch:
        patch.setattr("strongroom.exchange.watched.Watched.read", None)
        assert ben.exchange.pull("share")[0].is_clean, "nothing is read from the share again"
    assert ben.has_content()


def test_a_pull_beside_another_one_of_the_same_place_takes_nothing_of_it(
    team: Team, install: Callable[..., Path], tmp_path: Path
) -> None:
    ada, ben = team.peers
    gate = tmp_path / "gate"
    install(ben, f'#!/bin/sh\necho "$1" >> "$0.log"\nwhile [ ! -e {gate} ]; do sleep 0.05; done\n')
    ada.push()
    outcomes: list[bool] = []
    first = threading.Thread(
        target=lambda: outcomes.append(ben.exchange.pull("share")[0].is_clean), daemon=True
    )
    first.start()
    scanner = tmp_path / "scan.sh"
    while not seen_by(scanner):
        time.sleep(0.02)
    held = waiting(ben)
    (room,) = seen_by(scanner)
    beside = WaitingRoom(Path(room).parent, str(team.share), os.urandom)
    assert str(beside.folder) != room
    beside.keep_only([])
    beside.leave(is_done=True)
    assert waiting(ben) == held
    gate.touch()
    first.join(30)
    assert outcomes == [True]
    assert files_of(ben.store / "cache" / "arrivals") == {}


def test_what_nobody_came_back_for_is_removed_after_a_week(tmp_path: Path) -> None:
    now_us = 1_795_420_000_000_000
    for place, days in (("gone", 8), ("recent", 6)):
        room = WaitingRoom(tmp_path, place, os.urandom)
        data = place.encode()
        room.blobs.put(hashlib.sha256(data).hexdigest(), io.BytesIO(data), len(data))
        room.leave(is_done=False)
        for path in tmp_path.glob(f"{room.folder.name}*"):
            os.utime(path, (now_us / 1e6 - days * 86_400,) * 2)
    sweep(tmp_path, now_us)
    assert [data for data in files_of(tmp_path).values() if data] == [b"recent"]
    room = WaitingRoom(tmp_path, "recent", os.urandom)
    sweep(tmp_path, now_us)
    assert list(room.blobs.all()), "in use again"
    room.leave(is_done=True)
    assert files_of(tmp_path) == {}


# ------------------------------------------------------------------ who may choose it


def test_the_machines_policy_chooses_before_the_person(tmp_path: Path) -> None:
    policy, own = tmp_path / "policy.toml", tmp_path / "settings.toml"
    assert site_scanner(policy, own) is None
    own.write_text('[exchange]\nscanner = ["mine"]\n')
    assert site_scanner(policy, own) == Scanner(command=("mine",))
    policy.write_text('[exchange]\nscanner = ["site", "--deep"]\nscanner_seconds = 30\n')
    assert site_scanner(policy, own) == Scanner(command=("site", "--deep"), timeout_s=30)


@pytest.mark.parametrize(
    "text",
    [
        "not toml [", '[exchange]\nscanner = "sh -c x"\n', "[exchange]\nscanner = [1]\n",
        '[exchange]\nscanner = ["x"]\nscanner_seconds = 0\n',
        '[exchange]\nscanner = ["x"]\nscanner_seconds = true\n',
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_understood_lets_nothing_in(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(EnvironmentFault) as caught:
        site_scanner(tmp_path / "policy.toml", tmp_path / "settings.toml")
    assert caught.value.code == "E-SCAN"


def test_a_project_that_somebody_carried_here_chooses_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from strongroom.bootstrap import open_services

    (tmp_path / "strongroom.toml").write_text('[exchange]\nscanner = ["/bin/rm"]\n')
    monkeypatch.chdir(tmp_path)
    environ = {"STRONGROOM_HOME": str(tmp_path / "home"), "STRONGROOM_EXCHANGE_SCANNER": "rm"}
    services = open_services(tmp_path / "store", tmp_path / "home", environ=environ)
    assert services.workstation.scanner() is None
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "settings.toml").write_text('[exchange]\nscanner = ["clamdscan"]\n')
    assert services.workstation.scanner() == Scanner(command=("clamdscan",))
    services.close()


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie nobody waited for has ended too."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        time.sleep(0.02)
    return False
