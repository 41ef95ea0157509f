# SPDX-License-Identifier: Apache-2.0
"""What is chosen is copied whole, what is not stays where it is, and the story travels anyway."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.exchange.selection import EVERYTHING
from strongroom.sdk.fluent import start_run
from strongroom.services.exchange import Outcome, Selection
from support.peers import MODEL, Peer, Team, files_of

LAYOUT = {"trust", "log", "man", "obj"}


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has churn/1 and churn/2, from two runs, and a third run nobody signed."""
    made = Team(tmp_path, has_model=True)
    ada, _ = made.peers
    ada.register("second")
    ada.train("third")
    yield made
    made.close()


def push(peer: Peer, selection: Selection, *, is_dry: bool = False) -> Outcome:
    (outcome,) = peer.exchange.push("share", selection=selection, is_dry=is_dry)
    return outcome


def pull(peer: Peer, selection: Selection) -> Outcome:
    (outcome,) = peer.exchange.pull("share", selection=selection)
    return outcome


def run_names(peer: Peer) -> set[str]:
    return {run.name for run in peer.at.runs.search().runs}


def test_a_chosen_version_goes_with_its_run_and_the_others_stay(stocked: Team) -> None:
    ada, ben = stocked.peers
    pushed = push(ada, Selection(models=(f"{MODEL}/2",)))
    assert pushed.is_clean
    assert not pushed.left_out.is_empty
    pulled = ben.pull()
    assert ben.digest == ada.digest, "all events went"
    assert ben.has_content(f"{MODEL}/2")
    assert not ben.has_content(f"{MODEL}/1")
    assert run_names(ben) == {"second"}
    assert {trouble.code for trouble in pulled.waiting} == {"E-MISSING"}
    rest = ada.push()
    assert rest.pushed.objects == pushed.left_out.objects
    assert rest.pushed.events == rest.pushed.manifests == 0
    assert not ben.pull().waiting
    assert ben.has_content(f"{MODEL}/1")


def test_a_chosen_pull_takes_what_was_chosen_and_the_rest_at_any_later_time(
    stocked: Team,
) -> None:
    ada, ben = stocked.peers
    ada.push()
    pulled = pull(ben, Selection(models=(f"{MODEL}/1",)))
    assert pulled.is_clean
    assert not pulled.waiting, "what was not chosen is not waited for"
    assert ben.has_content(f"{MODEL}/1")
    assert not ben.has_content(f"{MODEL}/2")
    left = [item for item in pulled.items if item.result == "waiting"]
    assert {(item.kind, item.title) for item in left} == {
        ("version", f"{MODEL}/2"), ("run", f"{MODEL}: second"),
    }  # fmt: skip
    assert all(item.detail.startswith("Not chosen: ") for item in left)
    again = ben.pull()
    assert again.pulled.objects == pulled.left_out.objects
    assert again.pulled.bytes == pulled.left_out.bytes
    assert ben.has_content(f"{MODEL}/2")
    assert run_names(ben) == {"first", "second"}


def test_a_version_can_be_chosen_by_its_event_as_a_preview_names_it(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    preview = ben.exchange.preview("share")
    (second,) = [item for item in preview.items if item.title == f"{MODEL}/2"]
    taken = ben.exchange.take("share", selection=Selection(events=(second.key,)))
    assert taken.is_clean
    assert ben.has_content(f"{MODEL}/2")
    assert not ben.has_content(f"{MODEL}/1")


@pytest.mark.parametrize("named", ["name", "start of id", "experiment", "experiments"])
def test_a_run_that_nobody_signed_is_signed_when_it_is_pushed_by_name(
    stocked: Team, named: str
) -> None:
    ada, ben = stocked.peers
    run = ada.at.runs.place("third").run_id
    assert ada.exchange.status("share").unsigned_here == 1
    assert "third" not in str([item.title for item in ada.push().items])
    selection = {
        "name": Selection(runs=("third",)),
        "start of id": Selection(runs=(run[:10],)),
        "experiment": Selection(experiments=(MODEL,)),
        "experiments": Selection(experiments=("chu*",)),
    }[named]
    before = files_of(ada.store / "ledger")
    dry = push(ada, selection, is_dry=True)
    assert files_of(ada.store / "ledger") == before, "a dry run signs nothing"
    pushed = push(ada, selection)
    for count in ("events", "manifests", "objects"):
        assert getattr(dry.pushed, count) == getattr(pushed.pushed, count), count
    (line,) = [item for item in dry.items if item.kind == "run" and item.result == "new"]
    assert (line.key, line.title) == (run, f"{MODEL}: third")
    assert ada.exchange.status("share").unsigned_here == 0
    pulled = ben.pull()
    assert run in pulled.changes.runs
    assert ben.at.runs.show("third").run.is_sealed
    assert ben.problems() == []
    assert push(ada, selection).new.is_empty, "once"


def test_what_is_not_here_cannot_be_chosen_for_a_push(stocked: Team) -> None:
    ada, _ = stocked.peers
    before = files_of(stocked.share)
    for selection, code in (
        (Selection(runs=("nobody",)), "E-RUN"),
        (Selection(experiments=("fraud*",)), "E-RUN"),
        (Selection(models=(f"{MODEL}/9",)), "E-VERSION"),
    ):
        with pytest.raises(BadInput) as refusal:
            push(ada, selection)
        assert refusal.value.code == code
    with start_run(MODEL, name="open", store=ada.store):
        with pytest.raises(Refused) as refused:
            push(ada, Selection(runs=("open",)))
        assert refused.value.code == "E-RUN"
        assert "has not ended" in refused.value.title
    assert files_of(stocked.share) == before


def test_what_was_chosen_for_a_pull_and_has_not_arrived_is_waited_for(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    pulled = pull(ben, Selection(runs=("tomorrow",), models=(f"{MODEL}/1",)))
    assert [(t.code, t.path) for t in pulled.waiting] == [("E-MISSING", "run/tomorrow")]
    assert ben.has_content(f"{MODEL}/1")


def test_a_plan_tells_bytes_for_everything_that_may_become_of_a_file(stocked: Team) -> None:
    ada, ben = stocked.peers
    push(ada, Selection(models=(f"{MODEL}/1",)))
    ben.pull()
    ada.push()
    victim = max(
        (path for path in (stocked.share / "obj").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_mtime_ns,
    )
    size = victim.stat().st_size
    victim.write_bytes(bytes(size))
    plan = ben.exchange.preview("share")
    sizes = plan.sizes
    assert sizes["rejected"] == size
    assert sizes["new"] == plan.pulled.bytes > 0
    on_share = sum(
        path.stat().st_size for path in stocked.share.rglob("*")
        if path.is_file() and path.relative_to(stocked.share).parts[0] in LAYOUT
    )  # fmt: skip
    segments = len(list(stocked.share.rglob("*.seg")))
    newlines = sum(path.read_bytes().count(b"\n") for path in stocked.share.rglob("*.seg"))
    assert segments
    assert sizes["new"] + sizes["same"] + sizes["rejected"] + newlines == on_share
    assert plan.to_json()["bytes"] == sizes
    pushed = push(ada, Selection(), is_dry=True)
    assert pushed.new.is_empty
    assert pushed.sizes["same"] + newlines == on_share


def test_a_dry_run_says_when_there_is_no_room_and_nothing_is_begun_then(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = stocked.peers
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: Usage(free=1000))
        dry = push(ada, EVERYTHING, is_dry=True)
        (told,) = [trouble for trouble in dry.waiting if trouble.code == "E-FULL"]
        assert "1,000 are free" in told.detail
        assert told.size_bytes == dry.pushed.bytes
        with pytest.raises(EnvironmentFault, match="E-FULL"):
            ada.push()
        assert files_of(stocked.share).keys() == {"strongroom.json"}
    ada.push()
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: Usage(free=1000))
        (dry,) = ben.exchange.pull("share", is_dry=True)
        assert [t.code for t in dry.waiting] == ["E-FULL"]
        with pytest.raises(EnvironmentFault, match="E-FULL"):
            ben.pull()
        assert not list(ben.at.folder.blobs.rglob("?" * 64))
    assert ben.pull().is_clean
    assert ben.has_content()


@dataclass(frozen=True)
class Usage:
    free: int
