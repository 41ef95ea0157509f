# SPDX-License-Identifier: Apache-2.0
"""What one workstation pushes, another sees: the same state, the same bytes, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused, Untrusted
from strongroom.services.handover import Handover
from strongroom.services.registering import Registering
from strongroom.services.run_export import RunExport
from strongroom.store.segments import segment_name
from support.peers import MODEL, Peer, Team, codes, files_of, join, model_files


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.close()


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1 and pushed nothing yet."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def test_a_pull_shows_the_same_state_and_brings_run_and_model(stocked: Team) -> None:
    ada, ben = stocked.peers
    run = stocked.run
    pushed = ada.push()
    assert pushed.is_clean
    assert pushed.pushed.manifests == 2
    assert pushed.pushed.trust == 2
    pulled = ben.pull()
    assert pulled.is_clean
    assert not pulled.waiting
    assert ben.digest == ada.digest
    assert pulled.pulled.events == pushed.pushed.events
    assert pulled.pulled.objects == pushed.pushed.objects
    assert run in pulled.changes.runs
    assert MODEL in pulled.changes.models
    detail = ben.at.runs.show("first")
    assert detail.run.params == {"depth": "6"}
    assert detail.run.is_sealed
    assert ben.at.runs.history("first", "auc").values.tolist() == pytest.approx(
        [0.9 + step / 1000 for step in range(20)]
    )
    assert ben.has_content()
    assert ben.problems() == []
    target = stocked.root / "handed"
    Handover(ben.at, ben.registry).get(f"models:/{MODEL}/1", target)
    got = files_of(target)
    assert {path: got[path] for path in model_files("first")} == model_files("first")


def test_a_copy_of_a_pulled_run_is_the_run_again(stocked: Team) -> None:
    ada, ben = stocked.peers
    run = stocked.run
    ada.push()
    ben.pull()
    (copy,) = RunExport(ben.at.runs).export([run], stocked.root / "out")
    assert files_of(copy) == files_of(ada.at.runs.run_folder(run))


def test_pushing_and_pulling_twice_is_doing_it_once(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    share = files_of(stocked.share)
    again = ada.push()
    assert again.new.is_empty
    assert files_of(stocked.share) == share
    ben.pull()
    before = files_of(ben.store / "ledger") | files_of(ben.store / "blobs")
    second = ben.pull()
    assert second.new.is_empty
    assert second.is_clean
    assert second.same > 0
    assert files_of(ben.store / "ledger") | files_of(ben.store / "blobs") == before
    assert ben.push().new.is_empty, "relaying what came from there adds nothing"


def test_a_dry_run_says_the_same_and_writes_nothing(stocked: Team) -> None:
    ada, ben = stocked.peers
    (dry,) = ada.exchange.push("share", is_dry=True)
    assert files_of(stocked.share).keys() == {"strongroom.json"}
    assert dry.pushed == ada.push().pushed
    ben.at.snapshot_or_empty()
    before = _without_lock(ben)
    (dry,) = ben.exchange.pull("share", is_dry=True)
    preview = ben.exchange.preview(str(stocked.share))
    assert _without_lock(ben) == before
    real = ben.pull()
    assert dry.pulled == preview.pulled == real.pulled
    assert {(i.kind, i.title, i.result) for i in preview.items} == {
        (i.kind, i.title, i.result) for i in real.items
    }
    assert {i.kind for i in real.items} == {"trust", "event", "run", "version"}
    (version,) = [item for item in real.items if item.kind == "version"]
    assert version.signer == "Ada"
    assert version.size_bytes == sum(map(len, model_files("first").values()))


def _without_lock(peer: Peer) -> dict[str, bytes]:
    return {path: data for path, data in files_of(peer.folder).items() if path != "store/lock"}


def test_three_peers_relay_through_one_folder_and_over_a_stick(tmp_path: Path) -> None:
    team = Team(tmp_path, ("Ada", "Ben", "Cid"), has_model=True)
    ada, ben, cid = team.peers
    ada.push()
    ben.pull()
    ben.register("second")
    stick = tmp_path / "stick"
    ben.add_remote(stick, "stick")
    ben.push("stick")
    cid.add_remote(stick, "stick")
    cid.pull("stick")
    assert cid.digest == ben.digest
    assert cid.has_content(f"{MODEL}/1"), "Ada's model came by way of Ben's stick"
    assert cid.has_content(f"{MODEL}/2")
    cid.register("third")
    cid.push("share")
    for peer in (ada, ben):
        assert peer.pull().is_clean
    assert ada.digest == ben.digest == cid.digest
    assert ada.has_content(f"{MODEL}/2"), "Ben's model came by way of Cid's share"
    team.close()


def test_pulling_from_two_halves_in_either_order_ends_the_same(tmp_path: Path) -> None:
    team = Team(tmp_path, has_model=True)
    ada, ben = team.peers
    ada.push()
    later = tmp_path / "later"
    ada.add_remote(later, "later")
    ada.register("second")
    ada.push("later")
    for file in (later / "trust").iterdir():
        file.unlink()
    for file in list((later / "log").rglob("*.seg")):
        lines = file.read_bytes().splitlines(keepends=True)
        file.unlink()
        data = b"".join(lines[-1:])
        file.with_name(segment_name(len(lines), 1, data)).write_bytes(data)
    ben.add_remote(later, "later")
    first = ben.pull("later")
    assert first.is_clean
    assert [trouble.code for trouble in first.waiting]
    assert first.pulled.events == 0
    ben.pull("share")
    ben.pull("later")
    ada.push("share")
    ben.pull("share")
    assert ben.digest == ada.digest
    team.close()


def test_content_that_has_not_arrived_is_waited_for(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    hidden = stocked.root / "hidden"
    (stocked.share / "obj").rename(hidden)
    pulled = ben.pull()
    assert pulled.is_clean
    assert {trouble.code for trouble in pulled.waiting} == {"E-MISSING"}
    assert ben.digest == ada.digest, "the events are in"
    assert not ben.has_content()
    assert ben.at.runs.search().total == 0
    hidden.rename(stocked.share / "obj")
    assert not ben.pull().waiting
    assert ben.has_content()
    assert ben.at.runs.search().total == 1


def test_a_run_that_is_here_with_other_content_is_a_conflict_and_stays(stocked: Team) -> None:
    ada, ben = stocked.peers
    run = stocked.run
    ada.push()
    folder = ada.at.runs.run_folder(run)
    other = ben.store / "runs" / folder.parent.name / run
    other.mkdir(parents=True)
    (other / "run.json").write_bytes((folder / "run.json").read_bytes())
    before = files_of(other)
    pulled = ben.pull()
    assert [trouble.code for trouble in pulled.conflicts] == ["E-CONFLICT"]
    assert files_of(other) == before
    assert [item.result for item in pulled.items if item.kind == "run"] == ["conflict"]


def test_without_a_pin_nothing_is_exchanged(team: Team) -> None:
    team.peers[0].register()
    team.peers[0].push()
    before = files_of(team.share)
    stranger = Peer(team.root / "stranger", "Eve")
    stranger.exchange.add("share", team.share)
    for act in (stranger.pull, stranger.push, lambda: stranger.exchange.preview("share")):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "E-TEAM"
        assert "team trust" in refusal.value.advice
    empty = team.root / "empty"
    empty.mkdir()
    with pytest.raises(Refused, match="E-TEAM"):
        stranger.exchange.add("empty", empty)
    assert not stranger.store.joinpath("ledger").exists()
    assert files_of(team.share) == before
    stranger.close()


def test_another_teams_remote_is_refused_and_untouched(team: Team, tmp_path: Path) -> None:
    other = Team(tmp_path / "other", ("Eve",))
    other.peers[0].push()
    ada = team.peers[0]
    with pytest.raises(Untrusted, match="E-TEAM"):
        ada.exchange.add("theirs", other.share)
    before = files_of(other.share)
    with pytest.raises(Untrusted, match="E-TEAM"):
        ada.exchange.preview(str(other.share))
    # A share whose description was exchanged afterwards.
    (team.share / "strongroom.json").write_bytes((other.share / "strongroom.json").read_bytes())
    for act in (ada.push, ada.pull):
        with pytest.raises(Untrusted, match="E-TEAM"):
            act()
    assert files_of(other.share) == before
    other.close()


def test_a_remote_that_is_gone_is_an_answer_of_status_and_an_error_of_push(stocked: Team) -> None:
    ada, ben = stocked.peers
    status = ada.exchange.status("share")
    assert status.is_reachable
    assert status.only_here.objects > 0
    ada.push()
    assert ada.exchange.status("share").only_here.is_empty
    assert ben.exchange.status("share").only_there.manifests == 2
    stocked.share.rename(stocked.root / "pulled-out")
    status = ada.exchange.status("share")
    assert (status.is_reachable, status.code) == (False, "E-SHARE")
    assert status.info.pushed_at_us is not None
    with pytest.raises(EnvironmentFault, match="E-SHARE"):
        ada.push()
    stocked.share.mkdir()  # the empty mount point of a stick that is not in
    with pytest.raises(EnvironmentFault, match="E-SHARE"):
        ada.pull()


def test_an_event_without_the_right_brings_no_files_along(tmp_path: Path) -> None:
    team = Team(tmp_path, ("Ada",))
    ada = team.peers[0]
    viewer = Peer(tmp_path / "vic", "Vic")
    join(ada, viewer, "viewer")
    viewer.add_remote(team.share)
    ada.push()
    viewer.pull()
    run = viewer.train("sneaky")
    with pytest.raises(Refused):
        Registering(viewer.at, viewer.registry).register(run, "model", MODEL)
    pushed = viewer.push()
    assert pushed.pushed.objects == 0
    assert pushed.pushed.events > 0
    assert ada.pull().pulled.objects == 0
    assert ada.digest == viewer.digest
    viewer.close()
    team.close()


def test_names_of_remotes_are_kept_apart(team: Team) -> None:
    ada = team.peers[0]
    assert ada.exchange.add("share", team.share).name == "share", "adding again changes nothing"
    other = team.root / "other"
    other.mkdir()
    with pytest.raises(BadInput, match="E-REMOTE"):
        ada.exchange.add("share", other)
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="E-REMOTE"):
        ada.exchange.add("other", other)
    with pytest.raises(BadInput, match="E-REMOTE"):
        ada.exchange.push("nowhere")
    assert [info.name for info in ada.exchange.remotes()] == ["share"]


def test_a_segment_that_a_power_cut_left_empty_is_mended_by_who_has_its_events(
    team: Team,
) -> None:
    ada, ben = team.peers
    ada.push()
    ada.say(1)
    ada.push()
    ada.say(2)
    segment = max((team.share / "log").rglob("*.seg"))
    good = segment.read_bytes()
    segment.write_bytes(b"")
    assert codes(ben.pull()) == ["E-SIZE"]
    assert ada.push().pushed.events == 2, "the lost one, and the new one"
    assert segment.read_bytes() == good
    assert len(list((team.share / "log").rglob("*.seg"))) == 3
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
    assert ada.push().new.is_empty


def test_content_that_is_under_way_by_another_remote_is_not_called_missing(
    stocked: Team,
) -> None:
    ada, ben = stocked.peers
    ada.push()
    (stocked.share / "obj").rename(stocked.root / "hidden")
    assert ben.pull().is_clean
    other = stocked.root / "other"
    for peer in (ada, ben):
        peer.add_remote(other, "other")
    pulled = ben.pull("other")  # it shows none of these events
    assert pulled.is_clean
    assert not pulled.waiting
    assert ben.exchange.quarantined() == ()
