# SPDX-License-Identifier: Apache-2.0
"""Shares that lie, sticks that are pulled, keys that sign twice: what comes in is whole and true.

Tests are named after the rows of the threat model.
"""

import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.bundle import MODEL_VERSION, Manifest
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Cancelled, EnvironmentFault
from strongroom.exchange.remote import FolderRemote
from strongroom.store import publish
from strongroom.trust import envelope
from support.peers import MODEL, Peer, Team, codes, files_of, flip, join


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, ("Ada", "Ben", "Cid"))
    yield made
    made.close()


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1 and pushed nothing yet."""
    made = Team(tmp_path, ("Ada", "Ben", "Cid"), has_model=True)
    yield made
    made.close()


def versions_without_content(peer: Peer) -> list[str]:
    return [
        f"{model.name}/{version.version}"
        for model in peer.registry.models()
        for version in model.versions
        if not peer.has_content(f"{model.name}/{version.version}+{version.tree}")
    ]


class Killed(BaseException):
    """Stands for the end of the process between two publications."""


def test_8_a_push_that_dies_after_any_file_never_shows_half_a_version(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben, _ = stocked.peers
    real, steps = publish.place, 0

    def dying(*args, **kwargs):
        real(*args, **kwargs)
        raise Killed

    while True:
        with monkeypatch.context() as patch:
            patch.setattr(publish, "place", dying)
            try:
                ada.push()
            except Killed:
                steps += 1
            else:
                break
        pulled = ben.pull()
        assert pulled.is_clean
        assert not pulled.waiting
        assert not ben.at.has_team() or versions_without_content(ben) == []
    assert steps >= 10
    assert ada.push().new.is_empty
    ben.pull()
    assert ben.digest == ada.digest
    assert versions_without_content(ben) == []


@pytest.mark.parametrize("survived", [0, 3, 7, 11])
def test_a_push_killed_by_the_system_is_completed_by_the_next(stocked: Team, survived: int) -> None:
    ada, ben, _ = stocked.peers
    child = os.fork()
    if child == 0:  # pragma: no cover - it is killed
        real, count = publish.place, 0

        def dying(*args, **kwargs):
            nonlocal count
            if count == survived:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return real(*args, **kwargs)

        publish.place = dying
        ada.push()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    ben.pull()
    if ben.at.has_team():
        assert versions_without_content(ben) == []
    assert ada.push().is_clean
    assert not [path for path in files_of(stocked.share) if path.endswith(".bad")]
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
    assert versions_without_content(ben) == []


@pytest.mark.parametrize("kind", ["obj", "man", "log", "trust"])
def test_a_flipped_byte_is_quarantined_and_the_rest_arrives(stocked: Team, kind: str) -> None:
    ada, ben, cid = stocked.peers
    ada.push()
    cid.pull()
    cid.say(1)
    cid.push()
    suffix = {"trust": "00000003.*", "log": f"{ada.writer[:2]}/{ada.writer}/*.seg"}.get(kind, "*/*")
    victim = max((stocked.share / kind).glob(suffix), key=lambda path: path.stat().st_size)
    good = victim.read_bytes()
    flip(victim)
    pulled = ben.pull()
    path = victim.relative_to(stocked.share).as_posix()
    found = [trouble for trouble in pulled.rejected if trouble.path == path]
    assert [trouble.code for trouble in found] == ["E-HASH"]
    kept = {item.id: item for item in ben.exchange.quarantined()}[found[0].item]
    assert (kept.code, kept.origin, kept.path) == ("E-HASH", "share", path)
    assert ben.at.quarantine.read(kept.id) == victim.read_bytes()
    assert pulled.pulled.objects > 0 or kind in {"log", "trust"}, "the rest arrived"
    assert pulled.pulled.events + pulled.pulled.trust > 0
    if kind in {"obj", "man"}:
        assert ben.digest == cid.digest, "events do not wait for content"
        assert ben.at.runs.search().total == 0, "a run appears whole or not at all"
    assert not ben.pull().is_clean, "it is said as long as it lies there"
    assert len(ben.exchange.quarantined()) == len({t.item for t in pulled.rejected if t.item})
    # Whoever has the original and looks heals the share.
    assert not ada.exchange.verify("share", is_reading_data=True).is_ok
    assert not ada.push().new.is_empty
    assert victim.read_bytes() == good
    assert ada.exchange.verify("share", is_reading_data=True).is_ok
    assert ben.pull().is_clean
    ada.pull()
    assert ben.digest == ada.digest
    assert versions_without_content(ben) == []


def test_a_file_cut_to_nothing_is_seen_and_healed_without_being_read(stocked: Team) -> None:
    ada, ben, _ = stocked.peers
    ada.push()
    for path in stocked.share.rglob("*"):
        if path.is_file() and path.name != "strongroom.json":
            path.write_bytes(b"")
    ben.pull()
    assert ben.at.snapshot_or_empty().trust.latest is None
    ada.push()
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
    assert versions_without_content(ben) == []


def test_9_a_stick_pulled_half_way_is_e_share_and_a_repeat_completes(stocked: Team) -> None:
    ada, ben, _ = stocked.peers
    away = stocked.root / "away"

    class PullsTheStick:
        def __init__(self, what: str) -> None:
            self.what = what

        def step(self, done: int, total: int, what: str = "") -> None:
            if what.startswith(self.what) and stocked.share.exists():
                stocked.share.rename(away)

    for what in ("Pushing trust", "Pushing m", "Pushing events"):
        with pytest.raises(EnvironmentFault) as fault:
            ada.exchange.push("share", progress=PullsTheStick(what))
        assert fault.value.code == "E-SHARE"
        away.rename(stocked.share)
    ada.push()
    for what in ("Reading logs", "Reading manifests", "Copying"):
        with pytest.raises(EnvironmentFault) as fault:
            ben.exchange.pull("share", progress=PullsTheStick(what))
        assert fault.value.code == "E-SHARE"
        away.rename(stocked.share)
    assert ben.pull().is_clean
    assert versions_without_content(ben) == []


def test_cancelling_keeps_what_was_finished_and_a_repeat_goes_on(stocked: Team) -> None:
    ada, ben, _ = stocked.peers
    ada.push()

    class Stops:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what.startswith("Copying") and done:
                raise Cancelled

    with pytest.raises(Cancelled):
        ben.exchange.pull("share", progress=Stops())
    assert 0 < len(files_of(ben.store / "blobs")) < len(files_of(stocked.share / "obj"))
    assert ben.pull().is_clean
    assert versions_without_content(ben) == []


def test_14_rollback_of_the_share_to_last_month_is_an_alarm_and_nothing_regresses(
    stocked: Team,
) -> None:
    ada, ben, _ = stocked.peers
    ada.push()
    ben.pull()
    old = stocked.root / "old"
    shutil.copytree(stocked.share, old)
    ada.register("second")
    join(ada, Peer(stocked.root / "dan", "Dan"))
    ada.push()
    ben.pull()
    digest = ben.digest
    shutil.rmtree(stocked.share)
    old.rename(stocked.share)
    for _ in range(2):
        pulled = ben.pull()
        assert codes(pulled) == ["E-ROLLBACK", "E-ROLLBACK"]
        assert {trouble.path.split("/")[0] for trouble in pulled.rejected} == {"trust", "log"}
        assert ben.digest == digest
    assert not ben.push().new.is_empty, "pushing brings back what was taken away"
    assert ben.pull().is_clean


def test_15_a_hidden_tail_is_withheld(team: Team) -> None:
    ada, ben, cid = team.peers
    ada.push()
    ben.pull()
    ada.say(1)
    ada.push()
    ben.pull()
    ben.say(2)  # has seen Ada's event
    ben.push()
    logs = sorted((team.share / "log" / ada.writer[:2] / ada.writer).iterdir())
    logs[-1].unlink()
    for _ in range(2):
        pulled = cid.pull()
        assert codes(pulled) == ["E-WITHHELD"]
        assert ada.writer in pulled.rejected[0].path
    ada.push()
    assert cid.pull().is_clean
    assert cid.digest == ben.digest


def test_18_equivocation_joined_from_two_halves_is_proved_to_everybody(team: Team) -> None:
    ada, ben, cid = team.peers
    ada.push()
    ben.pull()
    twin = ada.restored_copy(team.root / "twin")
    other = team.root / "other"
    ada.say(1)
    twin.say(2)
    ada.push()
    for peer in (twin, ben):
        peer.add_remote(other, "other")
    twin.push("other")
    assert ben.pull("share").is_clean
    joined = ben.pull("other")
    assert codes(joined) == ["E-EQUIV"]
    assert ada.writer in joined.rejected[0].path
    assert ben.pull("other").is_clean, "an alarm of this kind is said when it arises"
    # Both halves travel on as the proof.
    ben.push("share")
    assert codes(cid.pull("share")) == ["E-EQUIV"]
    assert cid.digest == ben.digest
    # The writer himself learns it, and signs no more.
    assert "E-EQUIV" in codes(ada.pull())
    with pytest.raises(Exception, match="E-EQUIV"):
        ada.say(3)
    assert ben.push("share").new.is_empty
    twin.close()


def test_a_restored_backup_learns_that_its_own_log_went_on(team: Team) -> None:
    ada, _, _ = team.peers
    backup = ada.restored_copy(team.root / "backup")
    ada.say(1)
    ada.push()
    pulled = backup.pull()
    assert codes(pulled) == ["E-ROLLBACK"]
    assert "signs nothing more" in pulled.rejected[0].detail
    assert backup.digest == ada.digest
    backup.close()


def test_two_peers_push_into_one_folder_at_once(team: Team) -> None:
    ada, ben, cid = team.peers
    ada.push()
    ben.pull()
    ada.register("first")
    ben.register("second")
    children = []
    for peer in (ada, ben):
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                for _ in range(5):
                    peer.push()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - the parent sees the exit code
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert cid.pull().is_clean
    assert versions_without_content(cid) == []
    assert ada.exchange.verify("share", is_reading_data=True).is_ok
    for peer in (ada, ben):
        assert peer.pull().is_clean
    assert ada.digest == ben.digest == cid.digest


def test_junk_names_are_ignored_and_a_bogus_segment_is_not_read(team: Team) -> None:
    ada, ben, _ = team.peers
    log = team.share / "log" / ada.writer[:2] / ada.writer
    log.mkdir(parents=True)
    for folder in (log, team.share / "trust", team.share / "obj", team.share):
        folder.mkdir(exist_ok=True)
        for number in range(300):
            (folder / f"junk-{number}.seg").write_bytes(b"junk")
    bogus = log / f"{1:010d}-{9000:010d}.{'0' * 16}.seg"
    bogus.touch()
    os.truncate(bogus, 2 << 30)
    ada.register()
    assert ada.push().pushed.events > 0, "a planted name hides nothing"
    pulled = ben.pull()
    assert codes(pulled) == ["E-SIZE"]
    assert ben.digest == ada.digest
    assert ben.exchange.quarantined()[0].kept_bytes <= 1 << 20


def forged(
    peer: Peer, share: Path, change: Callable[[dict[str, JsonValue]], None], signer: Peer
) -> None:
    """Puts a registration on the share whose manifest was written by hand."""
    data = b"weights"
    file = ArtifactFile(
        path="weights.bin", size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    manifest = Manifest(
        name="evil/1", team=peer.at.ledger().team, kind=MODEL_VERSION, files=(file,), run="",
        created="2026-11-23T00:00:00.000000Z", format_risk="data-only", scan_result="",
    )  # fmt: skip
    statement = manifest.to_statement()
    change(statement)
    raw = envelope.seal(statement, [signer.signer])
    peer.at.sign(
        "version.register",
        {
            "model": "evil", "version": 1, "tree": manifest.tree, "run": "", "artifact": "model",
            "manifest": hashlib.sha256(raw).hexdigest(), "format_risk": "data-only",
            "flavors": [], "replaces": "",
        },
    )  # fmt: skip
    FolderRemote.open_existing(share).put_manifest(raw)


def _path(path: str) -> Callable[[dict[str, JsonValue]], None]:
    def change(statement: dict[str, JsonValue]) -> None:
        statement["predicate"]["files"][0]["path"] = path

    return change


def _other_tree(statement: dict[str, JsonValue]) -> None:
    files = statement["predicate"]["files"]
    files[0]["path"] = "other.bin"
    line = f"{files[0]['sha256']}  {files[0]['size']}  other.bin\n"
    statement["subject"][0]["digest"]["sha256"] = hashlib.sha256(line.encode()).hexdigest()


def _nothing(statement: dict[str, JsonValue]) -> None:
    return None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_path("../../evil"), "E-PATH"),
        (_path("/etc/passwd"), "E-PATH"),
        (_path("C:\\evil"), "E-PATH"),
        (_path("weights2.bin"), "E-HASH"),
        (_other_tree, "E-BIND"),
    ],
)
def test_3_a_lying_manifest_signed_by_a_valid_key_is_refused(
    stocked: Team, change: Callable[[dict[str, JsonValue]], None], code: str
) -> None:
    ada, ben, _ = stocked.peers
    forged(ada, stocked.share, change, ada)
    ada.push()
    pulled = ben.pull()
    assert codes(pulled) == [code]
    assert ben.exchange.quarantined()[0].code == code
    assert ben.digest == ada.digest
    assert not ben.has_content("evil/1")
    assert ben.has_content(f"{MODEL}/1")
    assert not list(stocked.root.rglob("*evil*"))


def test_a_manifest_signed_by_somebody_else_is_refused(team: Team) -> None:
    ada, ben, cid = team.peers
    ada.push()
    forged(ada, team.share, _nothing, cid)
    ada.push()
    assert codes(ben.pull()) == ["E-SIG"]
    assert not ben.has_content("evil/1")


def test_41_an_event_of_another_team_is_refused(team: Team, tmp_path: Path) -> None:
    ada, ben, _ = team.peers
    ada.push()
    other = Team(tmp_path / "other", ("Eve",))
    eve = other.peers[0]
    eve.push()
    shutil.copytree(other.share / "log", team.share / "log", dirs_exist_ok=True)
    shutil.copytree(other.share / "trust", team.share / "trust", dirs_exist_ok=True)
    pulled = ben.pull()
    assert "E-TEAM" in codes(pulled)
    assert ben.digest == ada.digest
    other.close()
