# SPDX-License-Identifier: Apache-2.0
"""Missing and damaged artifacts are brought back from whoever still has them, and only whole."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.sdk.fluent import log_text, start_run
from strongroom.services.artifact_repair import ArtifactRepair
from strongroom.services.backups import Backups
from strongroom.services.registering import Registering
from strongroom.services.sticks import Sticks
from strongroom.store.mounts import Mount
from support.peers import MODEL, Peer, Team, files_of

BIG, SMALL = "model/weights.bin", "model/notes/card.md"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ada(team: Team) -> Peer:
    peer, _ = team.peers
    return peer


def repairer(peer: Peer, *plugged: Mount) -> ArtifactRepair:
    return ArtifactRepair(peer.at, Sticks(peer.at, lambda: plugged))


def folder_of(peer: Peer, run: str) -> Path:
    return peer.at.runs.run_folder(run)


def the_object(peer: Peer, run: str) -> Path:
    (path,) = (each for each in (folder_of(peer, run) / "obj").iterdir() if len(each.name) == 64)
    return path


def the_pack(peer: Peer, run: str) -> Path:
    (path,) = folder_of(peer, run).glob("*.pack")
    return path


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 0x20
    path.write_bytes(bytes(data))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in files_of(folder).items() if not path.endswith(".bad")}


def test_a_run_that_holds_needs_nothing_and_no_place_is_asked(ada: Peer) -> None:
    plan = repairer(ada).plan(ada.train())
    assert (plan.checked, plan.damaged, plan.silent) == (3, (), ())


def test_a_remote_gives_back_what_was_damaged_and_what_is_gone(team: Team, ada: Peer) -> None:
    run = ada.train()
    before = bytes_of(folder_of(ada, run))
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.push()
    flip(the_object(ada, run))
    flip(the_pack(ada, run))
    plan = repairer(ada).plan(run)
    assert {each.path: each.code for each in plan.damaged} == {BIG: "E-HASH", SMALL: "E-HASH"}
    assert [each.offers[0].name for each in plan.damaged] == ["share", "share"]
    outcome = repairer(ada).repair(run)
    assert {each.artifact.path for each in outcome.repaired} == {BIG, SMALL}
    assert outcome.left == ()
    assert ada.problems() == []
    assert bytes_of(folder_of(ada, run)) == before

    the_object(ada, run).unlink()
    assert repairer(ada).repair(run, "model").left == ()
    assert bytes_of(folder_of(ada, run)) == before


def test_a_pack_that_is_gone_is_put_together_again_byte_for_byte(team: Team, ada: Peer) -> None:
    run = ada.train(data={f"f{number}.txt": b"%d" % number for number in range(9)})
    before = bytes_of(folder_of(ada, run))
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.push()
    the_pack(ada, run).unlink()
    outcome = repairer(ada).repair(run)
    assert (len(outcome.repaired), outcome.left) == (9, ())
    assert bytes_of(folder_of(ada, run)) == before
    assert ada.problems() == []


def test_a_backup_gives_back_one_artifact_out_of_a_pack(ada: Peer, tmp_path: Path) -> None:
    run = ada.train()
    before = bytes_of(folder_of(ada, run))
    place = tmp_path / "backups"
    Backups(ada.at).create(place)
    flip(the_pack(ada, run))
    assert repairer(ada).plan(run).damaged[0].offers == ()  # no plan names the folder
    outcome = repairer(ada).repair(run, place=place)
    assert [each.source.kind for each in outcome.repaired] == ["backup"]
    assert bytes_of(folder_of(ada, run)) == before


def test_a_stick_that_was_never_added_is_asked_too(team: Team, ada: Peer, tmp_path: Path) -> None:
    run = ada.train()
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    stick = tmp_path / "stick"
    ada.push()
    stick.mkdir()
    shutil.move(team.share, stick / "exchange")
    the_object(ada, run).unlink()
    mount = Mount(folder=str(stick), device="/dev/sdz1", filesystem="vfat", is_read_only=False)
    outcome = repairer(ada, mount).repair(run)
    assert [each.source.kind for each in outcome.repaired] == ["stick"]


def test_another_run_of_the_store_gives_its_copy(ada: Peer) -> None:
    first = ada.train("one", data={"w.bin": b"7" * (2 << 20)})
    second = ada.train("two", data={"w.bin": b"7" * (2 << 20)})
    flip(the_object(ada, first))
    outcome = repairer(ada).repair(the_object(ada, second).name)
    assert outcome.checked == 2
    assert [each.source.kind for each in outcome.repaired] == ["store"]
    assert ada.problems() == []


def test_a_damaged_copy_elsewhere_is_never_taken(team: Team, ada: Peer) -> None:
    run = ada.train()
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.push()
    name = the_object(ada, run).name
    flip(the_object(ada, run))
    damaged = the_object(ada, run).read_bytes()
    flip(team.share / "obj" / name[:2] / name)
    outcome = repairer(ada).repair(run, BIG)
    assert outcome.repaired == ()
    assert [each.path for each in outcome.left] == [BIG]
    assert any("share" in line for line in outcome.silent)
    assert the_object(ada, run).read_bytes() == damaged


def test_a_place_that_is_not_there_is_named_and_stops_nothing(
    team: Team, ada: Peer, tmp_path: Path
) -> None:
    run = ada.train()
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.add_remote(tmp_path / "away", "away")
    ada.push("share")
    shutil.rmtree(tmp_path / "away")
    the_object(ada, run).unlink()
    outcome = repairer(ada).repair(run)
    assert len(outcome.repaired) == 1
    assert any("away" in line for line in outcome.silent)


def test_a_run_that_is_being_logged_is_left_alone(team: Team, ada: Peer) -> None:
    with start_run(MODEL, store=ada.store) as run:
        log_text("abc", "a.txt")
        ada.at.runs.refresh()
        flip(the_pack(ada, run.run_id))
        with pytest.raises(Refused, match="still logging") as caught:
            repairer(ada).repair(run.run_id)
        assert caught.value.code == "E-LIVE"


def test_a_link_in_the_place_of_an_object_is_replaced_and_its_target_untouched(
    team: Team, ada: Peer, tmp_path: Path
) -> None:
    run = ada.train()
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.push()
    path, victim = the_object(ada, run), tmp_path / "victim"
    victim.write_text("mine")
    path.unlink()
    path.symlink_to(victim)
    outcome = repairer(ada).repair(run, BIG)
    assert len(outcome.repaired) == 1
    assert victim.read_text() == "mine"
    assert not path.is_symlink()


def test_an_unknown_digest_and_a_place_that_is_none_are_refused(ada: Peer, tmp_path: Path) -> None:
    run = ada.train()
    with pytest.raises(BadInput, match="No run has an artifact"):
        repairer(ada).plan("0" * 64)
    the_object(ada, run).unlink()
    (tmp_path / "photos").mkdir()
    with pytest.raises(BadInput) as caught:
        repairer(ada).plan(run, place=tmp_path / "photos")
    assert caught.value.code == "E-REMOTE"


def test_the_command_says_who_has_it_then_brings_it_back(
    ada: Peer, tmp_path: Path, capsys, monkeypatch
) -> None:
    run = ada.train()
    place = tmp_path / "backups"
    Backups(ada.at).create(place)
    the_object(ada, run).unlink()
    monkeypatch.setenv("STRONGROOM_HOME", str(ada.home))
    told = ["--store", str(ada.store), "--json"]
    ask = ["artifacts", "repair", run, "--from", str(place)]
    assert run_command([*ask, "--dry-run", *told], _no_window) == 1
    (damaged,) = json.loads(capsys.readouterr().out)["damaged"]
    assert (damaged["path"], damaged["code"]) == (BIG, "E-MISSING")
    assert damaged["copies"] == [{"kind": "backup", "name": str(place)}]
    assert run_command([*ask, *told], _no_window) == 0
    assert json.loads(capsys.readouterr().out)["left"] == []
    assert the_object(ada, run).stat().st_size == damaged["size"]
    assert run_command([*ask, *told], _no_window) == 0


def test_what_is_brought_back_is_all_or_nothing_when_the_disk_is_full(
    team: Team, ada: Peer, monkeypatch
) -> None:
    run = ada.train()
    Registering(ada.at, ada.registry).register(run, "model", MODEL)
    ada.push()
    flip(the_object(ada, run))
    damaged = files_of(folder_of(ada, run))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault) as caught:
        repairer(ada).repair(run, BIG)
    assert caught.value.code == "E-FULL"
    assert files_of(folder_of(ada, run)) == damaged


def _no_window(_arguments: list[str]) -> int:
    raise AssertionError("no window was asked for")
