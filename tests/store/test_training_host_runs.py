# SPDX-License-Identifier: Apache-2.0
"""Runs of hosts without a key: taken in unsigned and marked, signed by who takes them in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault
from strongroom.sdk.fluent import log_artifact, log_metric, start_run
from strongroom.services.exchange import Selection
from strongroom.services.run_intake import UNSIGNED
from strongroom.services.run_story import RunStories
from support.peers import MODEL, Peer, Team, files_of, join


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    made.peers[0].push()
    made.peers[1].pull()
    yield made
    made.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """Two runs that a host without any identity has logged, carried here as folders."""
    (tmp_path / "weights.bin").write_bytes(b"w" * 5000)
    for name in ("night-1", "night-2"):
        with start_run(MODEL, name=name, store=tmp_path / "cluster"):
            log_metric("auc", 0.9, 1)
            log_artifact(tmp_path / "weights.bin")
    stick = tmp_path / "carried"
    shutil.copytree(tmp_path / "cluster" / "runs", stick)
    return stick


def finishes(peer: Peer) -> dict[str, tuple[str, str]]:
    """Returns by run's name who signed it and what its origin is said to be."""
    snapshot = peer.at.snapshot()
    return {
        str(event.body["name"]): (snapshot.latest.name_of(event.writer), str(event.body["origin"]))
        for event in snapshot.chains.events()
        if event.type == "run.finish"
    }


def sentence(peer: Peer, run: str) -> tuple[str, str]:
    story = RunStories(peer.at.runs, peer.at).tell(run)
    return story.outcome, story.sentence


def test_who_takes_a_run_in_signs_for_it_and_everybody_sees_that(team: Team, cluster: Path) -> None:
    ada, ben = team.peers
    dry = ben.exchange.import_runs(cluster, is_dry=True)
    assert {item.signer for item in dry.items} == {"Ben"}
    taken = ben.exchange.import_runs(cluster)
    assert taken.items == dry.items
    assert not taken.waiting
    assert len(taken.changes.events) == 2
    assert finishes(ben) == dict.fromkeys(("night-1", "night-2"), ("Ben", "imported"))
    assert sentence(ben, "night-1") == (
        "valid",
        "It is sealed. Ben signed for it when it was taken in; its host signs nothing.",
    )
    before = files_of(ben.store / "ledger")
    again = ben.exchange.import_runs(cluster)
    assert (again.same, again.new.is_empty) == (2, True)
    assert files_of(ben.store / "ledger") == before, "taking in twice is taking in once"
    ben.push()
    pulled = ada.pull()
    assert pulled.is_clean
    assert {run.name for run in ada.at.runs.search().runs} == {"night-1", "night-2"}
    assert ada.problems() == []
    assert sentence(ada, "night-2")[0] == "valid"
    assert ada.digest == ben.digest


def test_who_may_not_log_takes_runs_in_unsigned_and_marked(team: Team, cluster: Path) -> None:
    ada, _ = team.peers
    viewer = Peer(team.root / "vic", "Vic")
    join(ada, viewer, "viewer")
    viewer.add_remote(team.share)
    ada.push()
    viewer.pull()
    taken = viewer.exchange.import_runs(cluster)
    assert taken.is_clean
    assert {(item.signer, item.detail) for item in taken.items} == {("", UNSIGNED)}
    assert finishes(viewer) == {}
    assert sentence(viewer, "night-1") == (
        "cannot", "It is sealed. Nobody has signed anything made from it.",
    )  # fmt: skip
    assert viewer.exchange.status("share").unsigned_here == 2
    viewer.push()
    assert ada.pull().pulled.objects == 0
    viewer.close()


def test_without_a_team_runs_are_taken_in_as_they_are(tmp_path: Path, cluster: Path) -> None:
    alone = Peer(tmp_path / "alone", "Eve")
    taken = alone.exchange.import_runs(cluster)
    assert taken.is_clean
    assert {item.detail for item in taken.items} == {UNSIGNED}
    assert alone.at.runs.search().total == 2
    alone.close()


def test_a_locked_key_leaves_them_unsigned_until_it_is_there(
    team: Team, cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ben = team.peers
    asked = []

    def locked(**_: object) -> None:
        asked.append(1)
        raise EnvironmentFault("E-LOCKED", "The keychain is locked", "Unlock it.")

    with monkeypatch.context() as patch:
        patch.setattr(ben.at, "keys", locked)
        taken = ben.exchange.import_runs(cluster)
    assert len(asked) == 1, "one question, however many runs"
    assert [trouble.code for trouble in taken.waiting] == ["E-LOCKED"]
    assert ben.at.runs.search().total == 2
    assert finishes(ben) == {}
    assert {item.signer for item in ben.exchange.import_runs(cluster).items} == {"Ben"}
    assert len(finishes(ben)) == 2


def test_they_can_be_signed_by_a_push_that_names_them_too(
    team: Team, cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    with monkeypatch.context() as patch:
        patch.setattr("strongroom.services.run_finishing.RunFinishing.may_sign", lambda *_: False)
        ben.exchange.import_runs(cluster)
    assert finishes(ben) == {}
    ben.exchange.push("share", selection=Selection(experiments=(MODEL,)))
    assert ada.pull().is_clean
    assert set(finishes(ada)) == {"night-1", "night-2"}
