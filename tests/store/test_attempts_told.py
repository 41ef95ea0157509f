# SPDX-License-Identifier: Apache-2.0
"""Refused and failed acts become signed events with counts, and nobody is asked for a key."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.cli.root import run as run_command
from strongroom.domain.attempt import MAX_ENTRIES, Attempt, bodies, merged, parse_attempt
from strongroom.domain.errors import EnvironmentFault, Refused
from strongroom.services.audit import Audit
from strongroom.services.handover import Handover
from strongroom.services.integrity import Integrity
from strongroom.services.monitor import Monitor
from strongroom.services.review import Reviews
from strongroom.services.witness import Witness
from strongroom.store.incident_book import MAX_BYTES
from support.peers import CHEAP, MODEL, Peer, Team, flip

RIGHT, WRONG = "four quiet words together", "four loud words apart"


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def told(peer: Peer, writer: str, type_: str) -> list[dict[str, str]]:
    chain = peer.at.snapshot().chains.by_writer.get(writer, ())
    return [dict(event.body) for event in chain if event.type == type_]


def reviews(peer: Peer) -> Reviews:
    return Reviews(peer.at, peer.registry, peer.identities)


def audit(peer: Peer) -> Audit:
    return Audit(peer.at, peer.registry, Witness(peer.at))


def with_passphrase(peer: Peer) -> None:
    peer.at.identity().protect("keyring+passphrase", passphrase=RIGHT, cost=CHEAP)
    peer.at.identity().lock()


def test_a_denied_right_is_told_with_its_count_and_everybody_sees_it(stocked):
    ada, ben = stocked.peers  # Ben is an analyst
    request = reviews(ada).request(f"{MODEL}/1", "Staging", reason="good")
    ada.push()
    ben.pull()
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            reviews(ben).approve(request.id)
        assert caught.value.code == "E-CAP"
    assert told(ben, ben.writer, "access.denied") == [], "no key was open, none was asked for"
    assert audit(ben).attempts()[0].is_signed is False
    ben.identities.unlock()
    (body,) = told(ben, ben.writer, "access.denied")
    assert (body["action"], body["object"], body["code"], body["count"]) == (
        "approve:staging", MODEL, "E-CAP", "3",
    )  # fmt: skip
    with pytest.raises(Refused):
        reviews(ben).approve(request.id)
    assert len(told(ben, ben.writer, "access.denied")) == 2, "with an open key it is told at once"
    ben.push()
    ada.pull()
    assert ada.digest == ben.digest
    (row,) = audit(ada).attempts()
    assert (row.who, row.attempt.count, row.is_signed) == ("Ben", 4, True)
    m9 = next(each for each in Monitor(ada.at, ada.registry).measures() if each.id == "M9")
    assert (m9.figure, m9.formula) == ("4", "4 denied")


def test_failed_unlocks_are_one_event_after_the_next_unlock(stocked):
    ada, _ = stocked.peers
    with_passphrase(ada)
    for _ in range(4):
        with pytest.raises(EnvironmentFault):
            ada.identities.unlock(ask=lambda _question: WRONG)
    with pytest.raises(EnvironmentFault):
        ada.identities.unlock(ask=lambda _question: "")
    assert told(ada, ada.writer, "login.unlock") == []
    ada.identities.unlock(ask=lambda _question: RIGHT)
    (body,) = told(ada, ada.writer, "login.unlock")
    assert (body["failed"], body["wrong"]) == ("5", "4")
    assert body["first"] < body["last"]
    ada.identities.lock()
    ada.identities.unlock(ask=lambda _question: RIGHT)
    assert len(told(ada, ada.writer, "login.unlock")) == 1, "an unlock without failures is silent"
    everything = b"".join(p.read_bytes() for p in ada.home.rglob("*") if p.is_file())
    for word in (WRONG, RIGHT):
        assert word.encode() not in everything


def test_a_failed_check_is_told_once_and_again_after_a_week(stocked):
    ada, ben = stocked.peers
    ada.push()
    for path in (stocked.share / "obj").rglob("*"):
        if path.is_file() and path.stat().st_size > 1000:
            flip(path)
    ben.identities.unlock()
    outcome = ben.pull()
    assert "E-HASH" in {trouble.code for trouble in outcome.rejected}
    bodies_told = told(ben, ben.writer, "verify.failure")
    assert {(body["where"], body["code"]) for body in bodies_told} == {("remote share", "E-HASH")}
    count = len(bodies_told)
    m9 = next(each for each in Monitor(ben.at, ben.registry).measures() if each.id == "M9")
    assert (m9.figure, "failed check" in m9.formula) == ("0", True), "damage is nobody's attempt"
    ben.pull()
    assert len(told(ben, ben.writer, "verify.failure")) == count
    ben.clock.advance(8 * 86_400)
    ben.identities.unlock()
    ben.pull()
    assert len(told(ben, ben.writer, "verify.failure")) > count


def test_damage_in_this_store_and_a_refused_handover_are_told(stocked, tmp_path):
    ada, _ = stocked.peers
    ada.identities.unlock()
    folder = ada.at.runs.run_folder(stocked.run)
    flip(max(folder.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0))
    with pytest.raises(Exception, match="E-HASH"):
        Handover(ada.at, ada.registry).get(f"models:/{MODEL}/1", tmp_path / "out")
    assert not Integrity(ada.at, ada.registry, Witness(ada.at)).verify().is_ok
    found = {(b["where"], b["code"]) for b in told(ada, ada.writer, "verify.failure")}
    assert ("models get", "E-HASH") in found
    assert ("this store", "E-HASH") in found


def test_a_crash_between_telling_and_forgetting_tells_nothing_twice(stocked):
    ada, _ = stocked.peers
    with_passphrase(ada)
    with pytest.raises(EnvironmentFault):
        ada.identities.unlock(ask=lambda _question: WRONG)
    book = ada.at.home.folder / "incidents.jsonl"
    kept = book.read_bytes()
    ada.identities.unlock(ask=lambda _question: RIGHT)
    book.write_bytes(kept)  # as if the program had stopped before it forgot
    ada.identities.lock()
    ada.identities.unlock(ask=lambda _question: RIGHT)
    assert len(told(ada, ada.writer, "login.unlock")) == 1


def test_a_book_that_is_damaged_or_full_never_stops_anybody(stocked):
    ada, _ = stocked.peers
    book = ada.at.home.folder / "incidents.jsonl"
    book.write_bytes(b'\xff\xfe{"kind":"denied"}\n{"torn')
    ada.identities.unlock()
    for number in range(3_000):
        ada.at.attempts.note("denied", code="E-CAP", what="x", object_=str(number))
    assert book.stat().st_size < 2 * MAX_BYTES
    ada.identities.lock()
    before = len(ada.at.snapshot().chains.by_writer[ada.writer])
    ada.identities.unlock()
    new = len(ada.at.snapshot().chains.by_writer[ada.writer]) - before
    assert new <= MAX_ENTRIES + 1, "nobody floods a log by failing often"
    counts = [int(body["count"]) for body in told(ada, ada.writer, "access.denied")]
    assert sum(counts) == 3_000
    book.unlink()
    book.mkdir()
    ada.at.attempts.note("denied", code="E-CAP", what="x")
    ada.identities.lock()
    ada.identities.unlock()


def test_the_command_counts(stocked, capsys, monkeypatch):
    _, ben = stocked.peers
    ben.at.attempts.note("denied", code="E-CAP", what="approve:production", object_=MODEL)
    monkeypatch.setenv("STRONGROOM_HOME", str(ben.home))
    code = run_command(["audit", "attempts", "--json", "--store", str(ben.store)], lambda _: 0)
    said = json.loads(capsys.readouterr().out)
    assert (code, said["total"]) == (0, 1)
    assert said["attempts"][0]["what"] == "approve:production"


TIMES = st.integers(min_value=1_700_000_000_000_000, max_value=1_900_000_000_000_000)
ATTEMPTS = st.builds(
    lambda kind, code, what, object_, at, lasted, count: Attempt(
        kind=kind, code=code, what=what, object=object_, first_us=at, last_us=at + lasted,
        count=count,
    ),
    st.sampled_from(["denied", "unlock", "verify"]),
    st.sampled_from(["E-CAP", "E-HASH", "E-LOCKED"]),
    st.text(max_size=8),
    st.text(max_size=8),
    TIMES,
    st.integers(min_value=0, max_value=10**9),
    st.integers(min_value=1, max_value=1000),
)  # fmt: skip


@given(st.lists(ATTEMPTS, max_size=60))
def test_no_count_is_lost_whatever_is_joined(attempts):
    total = sum(attempt.count for attempt in attempts)
    assert sum(each.count for each in merged(attempts)) == total
    assert sum(int(b.get("count") or b["failed"]) for _, b in bodies(attempts)) == total
    assert len(bodies(attempts)) <= 2 * (MAX_ENTRIES + 1) + 1
    assert [parse_attempt(each.to_json()) for each in attempts] == attempts
