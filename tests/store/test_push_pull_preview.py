# SPDX-License-Identifier: Apache-2.0
"""What a look at a source says before anything is written, and what is said of damage after."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.clock import MICROSECONDS, FixedClock
from strongroom.services.exchange import Exchange, Item, Outcome
from strongroom.services.registering import Registering
from strongroom.store import publish
from support.peers import MODEL, Peer, Team, files_of, flip, join


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1 and pushed nothing yet."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def largest(folder: Path) -> Path:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size)


def of(outcome: Outcome, result: str) -> dict[str, Item]:
    return {item.title: item for item in outcome.items if item.result == result}


def test_a_preview_reads_every_byte_and_a_status_only_measures(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    flip(largest(stocked.share / "obj"))
    before = files_of(ben.folder)
    status = ben.exchange.status("share")
    preview = ben.exchange.preview("share")
    assert {k: v for k, v in files_of(ben.folder).items() if k != "store/lock"} == {
        k: v for k, v in before.items() if k != "store/lock"
    }
    assert status.only_there.objects == preview.pulled.objects + 1
    (refused,) = preview.rejected
    assert refused.code == "E-HASH"
    assert refused.detail == "churn v1: weights.bin has another digest than its manifest"
    rejected = of(preview, "rejected")
    assert rejected.keys() == {"churn/1", "churn: first", "churn v1: weights.bin"}
    version = rejected["churn/1"]
    assert (version.kind, version.code, version.signer) == ("version", "E-HASH", "Ada")
    assert version.detail == "weights.bin has another digest than its manifest"
    waiting = of(preview, "waiting")
    assert "version.register churn v1" in waiting
    assert "was refused (E-HASH)" in waiting["version.register churn v1"].detail
    taken = ben.exchange.take("share")
    assert [(i.kind, i.title, i.result, i.detail) for i in taken.items] == [
        (i.kind, i.title, i.result, i.detail) for i in preview.items
    ]


def test_a_preview_can_be_stopped_inside_a_file_and_tells_how_far_it_is(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    heard: list[tuple[int, int, str]] = []

    class Listens:
        def step(self, done: int, total: int, what: str = "") -> None:
            heard.append((done, total, what))

    ben.exchange.preview("share", progress=Listens())
    reading = [(done, total) for done, total, what in heard if what.startswith("Reading run first")]
    assert len({done for done, _ in reading}) >= 3, "also between the pieces of a file"
    totals = {
        total for _, total, what in heard if what.startswith(("Reading churn", "Reading run"))
    }
    assert len(totals) == 1
    assert max(done for done, _ in reading) <= totals.pop()


def test_items_are_what_the_source_holds_and_nothing_else(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    ben.pull()
    stick = stocked.root / "stick"
    ben.add_remote(stick, "stick")
    ben.push("stick")
    ada.register("second")
    ada.add_remote(stick, "stick")
    shown = ada.exchange.preview("stick")
    assert {item.result for item in shown.items} == {"same"}
    titles = {item.title for item in shown.items if item.kind in {"version", "run"}}
    assert titles == {"churn/1", "churn: first"}, "churn/2 is here only"
    assert not shown.waiting
    assert sum(item.kind == "trust" for item in shown.items) == 2
    empty = stocked.root / "empty"
    ada.add_remote(empty, "empty")
    assert ada.exchange.preview("empty").items == ()
    ada.push()
    found = ben.exchange.preview("share")
    assert {i.title for i in found.items if i.kind == "version" and i.result == "new"} == {
        "churn/2"
    }
    assert {i.title for i in found.items if i.kind == "version" and i.result == "same"} == {
        "churn/1"
    }


def test_a_file_that_two_runs_share_comes_in_for_both_and_only_the_new_one_is_new(
    stocked: Team,
) -> None:
    ada, ben = stocked.peers
    ada.push()
    ben.pull()
    # Ben's own run holds bytes that Ada's next model holds too, in its folder and nowhere else.
    data = {"shared.bin": b"same bytes" * 300, "other.txt": b"ben"}
    run = ben.train("mine", data=data)
    Registering(ben.at, ben.registry).register(run, "model", "other")
    ada.register("second", data={"shared.bin": b"same bytes" * 300, "other.txt": b"ada"})
    ada.push()
    preview = ben.exchange.preview("share")
    pulled = ben.pull()
    for outcome in (preview, pulled):
        assert not outcome.waiting
        new = {i.title for i in outcome.items if i.result == "new" and i.kind in {"version", "run"}}
        assert new == {"churn/2", "churn: second"}
    assert ben.has_content(f"{MODEL}/2")
    assert ben.problems() == []
    ben.push()
    assert not ada.pull().waiting
    assert ada.has_content("other/1")


def test_what_is_damaged_there_is_damaged_and_not_missing_here_until_it_holds(
    stocked: Team,
) -> None:
    ada, ben = stocked.peers
    ada.push()
    victim = largest(stocked.share / "obj")
    good = victim.read_bytes()
    flip(victim)
    ben.exchange.sync("share")
    status = ben.exchange.status("share")
    assert status.damaged_there == 1
    assert status.only_there.is_empty
    assert [info.damaged for info in ben.exchange.remotes()] == [
        (victim.relative_to(stocked.share).as_posix(),)
    ]
    victim.write_bytes(good)
    healed = ben.exchange.status("share")
    assert healed.damaged_there == 0
    assert healed.only_there.objects == 1
    assert ben.pull().is_clean
    assert ben.exchange.status("share").only_there.is_empty
    assert ben.has_content()


def test_what_a_check_found_damaged_the_next_sync_writes_again(stocked: Team) -> None:
    ada = stocked.peers[0]
    ada.push()
    victims = [largest(stocked.share / "obj"), largest(stocked.share / "man")]
    good = [victim.read_bytes() for victim in victims]
    for victim in victims:
        flip(victim)
    assert not ada.exchange.verify("share", is_reading_data=True).is_ok
    assert ada.exchange.status("share").damaged_there == 2
    ada.exchange.sync("share")
    assert [victim.read_bytes() for victim in victims] == good
    assert ada.exchange.status("share").damaged_there == 0


def test_damage_that_somebody_took_away_is_no_damage_any_more(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    log = stocked.share / "log" / ada.writer[:2] / ada.writer
    bogus = log / f"{7:010d}-{9:010d}.{'a' * 16}.seg"
    bogus.write_bytes(b"not a log\n")
    ben.pull()
    assert ben.exchange.status("share").damaged_there == 1
    bogus.unlink()
    assert ben.exchange.status("share").damaged_there == 0


def test_trying_a_damaged_object_again_says_what_was_wrong_with_it(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    victim = largest(stocked.share / "obj")
    assert victim.stat().st_size > 1 << 20
    flip(victim)
    ben.pull()
    (item,) = ben.exchange.quarantined()
    retried = ben.exchange.retry(item.id)
    assert (retried.is_taken, retried.code) == (False, "E-HASH")
    assert retried.detail == "churn v1: weights.bin has another digest than its manifest"


def test_the_good_events_of_a_refused_segment_are_told_when_they_come_in(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    ben.pull()
    event = ada.say(1)
    raw = ada.at.snapshot().raw[event.id]
    item = ben.at.quarantine.keep(
        raw + b"\n" + raw[:-9] + b'"}]}\n', code="E-HASH", origin="test", path="log",
        reason="damaged", now_us=1,
    )  # fmt: skip
    retried = ben.exchange.retry(item)
    assert not retried.is_taken, "its second line is damaged"
    assert event.id in retried.changes.events
    assert event.id in ben.at.snapshot().raw


def test_an_early_trust_document_waits_and_is_said(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.push()
    (first,) = (stocked.share / "trust").glob("00000001.*")
    first.unlink()
    pulled = ben.pull()
    assert pulled.is_clean
    waits = {item.title for item in pulled.items if item.kind == "trust"}
    assert waits == {"Trust version 2"}
    assert "E-TRUST-GAP" in {each.code for each in pulled.waiting}
    assert "Log of" not in "".join(item.title for item in pulled.items)


def test_an_event_without_the_right_is_an_item_that_says_it_has_no_effect(stocked: Team) -> None:
    ada, ben = stocked.peers
    viewer = Peer(stocked.root / "vic", "Vic")
    join(ada, viewer, "viewer")
    viewer.add_remote(stocked.share)
    ada.push()
    viewer.pull()
    viewer.at.sign(
        "alias.set",
        {"model": MODEL, "alias": "champion", "version": 0, "tree": "", "parents": []},
    )
    viewer.push()
    for outcome in (ben.exchange.preview("share"), ben.pull()):
        assert outcome.is_clean
        (item,) = [item for item in outcome.items if item.title.startswith("alias.set")]
        assert (item.result, item.code, item.signer) == ("new", "E-CAP", "Vic")
        assert "changes nothing" in item.detail
    (later,) = [i for i in ben.exchange.preview("share").items if i.title.startswith("alias.set")]
    assert (later.result, later.code) == ("same", "")
    viewer.close()


def test_a_push_removes_what_this_account_left_half_written_a_week_ago(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stocked.peers[0]
    ada.push()
    old = stocked.share / f".00000001.4711.{publish._own_mark()}beef.tmp"
    theirs = stocked.share / ".00000001.4711.0000beef.tmp"
    for path in (old, theirs):
        path.write_bytes(b"half")
        os.utime(path, (0, 0))
    ada.exchange.push("share", is_dry=True)
    assert old.exists()
    ada.push()
    assert not old.exists()
    assert theirs.exists(), "what others left is theirs"


def test_the_import_of_runs_tells_how_far_it_is(tmp_path: Path) -> None:
    ada, ben = Peer(tmp_path / "ada", "Ada"), Peer(tmp_path / "ben", "Ben")
    for name in ("one", "two"):
        ada.train(name, data={"a.txt": name.encode()})
    shutil.copytree(ada.store / "runs", tmp_path / "stick")
    heard: list[tuple[int, int, str]] = []

    class Listens:
        def step(self, done: int, total: int, what: str = "") -> None:
            heard.append((done, total, what))

    ben.exchange.import_runs(tmp_path / "stick", progress=Listens())
    assert heard[0] == (0, 0, "Looking for runs")
    assert [(done, total) for done, total, what in heard if what.startswith("Importing run")] == [
        (0, 2), (1, 2),
    ]  # fmt: skip
    assert heard[-1][:2] == (2, 2)
    ada.close()
    ben.close()


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def test_as_of_is_said_as_people_say_it(stocked: Team, in_utc: None) -> None:
    ada = stocked.peers[0]
    assert ada.exchange.as_of() == ""
    met = ada.clock.now_us()  # 2026-11-23 07:46:40 UTC
    day = 86_400 * MICROSECONDS
    ada.push()

    def seen(after_us: int) -> str:
        ada.at.clock = FixedClock(met + after_us)
        return Exchange(ada.at).as_of()

    assert seen(0) == "As of 07:46, share"
    assert seen(day) == "As of Yesterday 07:46, share"
    assert seen(2 * day) == "As of 23 Nov 07:46, share"
    assert seen(200 * day) == "As of 23 Nov 2026 07:46, share"
    other = stocked.root / "other"
    ada.add_remote(other, "other")
    ada.at.clock = FixedClock(met + day)
    Exchange(ada.at).pull("other")
    assert seen(day) == "As of 07:46, other", "the newest of pull and push"


def test_what_came_damaged_from_one_place_is_no_news_and_no_fault_of_another(
    stocked: Team, tmp_path: Path
) -> None:
    ada, ben = stocked.peers
    ada.push()
    flip(largest(stocked.share / "obj"))
    ben.exchange.take("share")
    ben.add_remote(tmp_path / "empty", "other")
    for outcome in (*ben.exchange.pull("other", is_dry=True), *ben.exchange.pull("other")):
        assert outcome.pulled.is_empty
        assert outcome.is_clean, outcome.rejected
        assert of(outcome, "new") == {}
    assert len(ben.exchange.quarantined()) == 1
