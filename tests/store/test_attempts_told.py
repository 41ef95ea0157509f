# SPDX-License-Identifier: Apache-2.0
"""Refused and failed acts become signed events with counts, and nobody is asked for a key."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.cli.root import run as run_command
from strongroom.domain.attempt import (
    MAX_ENTRIES,
    MAX_TEXT,
    Attempt,
    bodies,
    merged,
    parse_attempt,
)
from strongroom.domain.errors import EnvironmentFault, Refused
from strongroom.services.audit import Audit
from strongroom.services.handover import Handover
from strongroom.services.integrity import Integrity
from strongroom.services.monitor import Monitor
from strongroom.services.review import Reviews
from strongroom.services.witness import Witness
from strongroom.store.attempt_book import MAX_BYTES, AttemptBook
from support.cheap_keys import CHEAP
from support.no_internet import GUARDED
from support.peers import MODEL, Peer, Team, flip

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
    book = ada.at.home.folder / "attempts.jsonl"
    kept = book.read_bytes()
    ada.identities.unlock(ask=lambda _question: RIGHT)
    book.write_bytes(kept)  # as if the program had stopped before it forgot
    ada.identities.lock()
    ada.identities.unlock(ask=lambda _question: RIGHT)
    assert len(told(ada, ada.writer, "login.unlock")) == 1


def test_a_clock_that_was_set_back_hides_no_later_attempt(stocked):
    ada, _ = stocked.peers
    with_passphrase(ada)
    for count in (1, 2):
        with pytest.raises(EnvironmentFault):
            ada.identities.unlock(ask=lambda _question: WRONG)
        ada.at.attempts.note("denied", code="E-CAP", what="approve:production", object_=MODEL)
        ada.at.attempts.note("verify", code="E-HASH", what="this store", object_="obj/ab")
        ada.identities.unlock(ask=lambda _question: RIGHT)
        ada.identities.lock()
        for type_ in ("login.unlock", "access.denied", "verify.failure"):
            assert len(told(ada, ada.writer, type_)) == count, type_
        ada.clock.advance(-30 * 86_400)
    ada.at.attempts.note("verify", code="E-HASH", what="this store", object_="obj/ab")
    ada.clock.advance(86_400)
    ada.at.attempts.note("verify", code="E-HASH", what="this store", object_="obj/ab")
    ada.identities.unlock(ask=lambda _question: RIGHT)
    assert len(told(ada, ada.writer, "verify.failure")) == 3
    ada.at.note_found("this store", [("E-HASH", "obj/ab")])
    assert len(told(ada, ada.writer, "verify.failure")) == 3, "what was told today waits a week"


def test_a_key_in_a_name_reaches_neither_the_home_nor_the_log(stocked):
    ada, _ = stocked.peers
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    ada.at.attempts.note("denied", code="E-CAP", what="models get", object_=f"{key}/1")
    ada.at.note_found(f"bundle {key}.strongbundle", [("E-HASH", "obj/ab")])
    # A line of an older program, or of somebody's editor, is no way round either.
    old = Attempt(kind="denied", code="E-CAP", what="x", object=key, first_us=1, last_us=1)
    book = ada.at.home.folder / "attempts.jsonl"
    assert key.encode() not in book.read_bytes()
    book.write_bytes(book.read_bytes() + json.dumps(old.to_json()).encode() + b"\n")
    ada.identities.unlock()
    assert len(told(ada, ada.writer, "access.denied")) == 2
    assert len(told(ada, ada.writer, "verify.failure")) == 1
    for folder in (ada.home, ada.store):
        for path in folder.rglob("*"):
            assert not path.is_file() or key.encode() not in path.read_bytes(), path


def test_a_name_however_long_or_odd_costs_no_line(stocked):
    ada, _ = stocked.peers
    for name in ("\U0001f989" * 5_000, "\udcff" * 400, "plain"):
        ada.at.attempts.note("denied", code="E-CAP", what="x" * 5_000, object_=name)
    book = ada.at.home.folder / "attempts.jsonl"
    with book.open("ab") as file:
        file.write(b'{"code": "E-CAP", "cou')  # the power went while a line was written
    ada.at.attempts.note("denied", code="E-CAP", what="x", object_="after")
    found = {attempt.object for attempt in ada.at.attempts.pending()}
    assert found == {"\U0001f989" * MAX_TEXT, "?" * MAX_TEXT, "plain", "after"}


def test_what_is_noted_while_others_are_told_stays_with_its_count(tmp_path):
    book = AttemptBook(tmp_path)
    attempt = Attempt(kind="denied", code="E-CAP", what="x", object="m", first_us=7, last_us=7)
    book.note(attempt)
    with book.held() as waiting:
        book.note(attempt)  # the same act, by a clock that stands still
        book.forget(waiting)
    assert [each.count for each in book.pending()] == [1]


def test_a_book_that_grows_while_it_is_told_is_joined_afterwards(tmp_path):
    book = AttemptBook(tmp_path)
    attempt = Attempt(kind="denied", code="E-CAP", what="x", object="m", first_us=7, last_us=7)
    book.note(attempt)
    with book.held() as waiting:
        for _ in range(MAX_BYTES // 100):
            book.note(attempt)
        book.forget(waiting)
    assert [each.count for each in book.pending()] == [MAX_BYTES // 100]
    book.note(attempt)
    book.note(attempt)
    assert (tmp_path / "attempts.jsonl").stat().st_size < MAX_BYTES


NOTING = """
import sys
from pathlib import Path
from strongroom.domain.attempt import Attempt
from strongroom.store.attempt_book import AttemptBook
book = AttemptBook(Path(sys.argv[1]))
for number in range(300):
    book.note(Attempt(kind="denied", code="E-CAP", what="x", object=str(number % 3), first_us=7,
                      last_us=7))
"""


def test_programs_that_note_while_another_tells_lose_no_count(tmp_path):
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", NOTING, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": GUARDED},
        )
        for _ in range(2)
    ]
    book, total = AttemptBook(tmp_path), 0
    while any(program.poll() is None for program in programs):
        with book.held() as waiting:
            if waiting.attempts:
                book.forget(waiting)
                total += sum(attempt.count for attempt in waiting.attempts)
    assert [program.returncode for program in programs] == [0, 0]
    assert total + sum(attempt.count for attempt in book.pending()) == 600


def test_a_book_that_is_damaged_or_full_never_stops_anybody(stocked):
    ada, _ = stocked.peers
    book = ada.at.home.folder / "attempts.jsonl"
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
