# SPDX-License-Identifier: Apache-2.0
"""Thousands of envelopes at once: each is judged as it would be alone, in whatever order."""

from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.store.gate import Gate, Passage, pass_all
from strongroom.trust import envelope
from strongroom.trust.envelope import Signature
from strongroom.trust.keys import KeyPair
from strongroom.trust.many_signatures import FEW, Check, which_hold
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import read_trust
from strongroom.trust.verifier import Admitted, admit, find_place
from support.sealed_team import Team, a_team

PAIR = KeyPair.from_seed(b"\x07" * 32)
MESSAGES = [b"event %d" % number for number in range(3 * FEW)]
SIGNATURES = [PAIR.sign_ed25519(message) for message in MESSAGES]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, len(MESSAGES) - 1)), st.integers(1, len(MESSAGES)))
def test_any_signature_among_many_holds_or_not_as_it_does_alone(bad: set[int], count: int) -> None:
    checks: list[Check] = [
        (PAIR.ed25519_pub, SIGNATURES[at], MESSAGES[at] + b"!" * (at in bad)) for at in range(count)
    ]
    assert which_hold(checks) == [at not in bad for at in range(count)]


@cache
def busy() -> Team:
    """Three people who have seen each other, forty events each; Ada signed two with number 30."""
    team = a_team("piles")
    people = [team.writer(name, ["log"]) for name in ("Ada", "Ben", "Cid")]
    for number in range(40):
        for writer in people:
            writer.sees().finishes_run(f"{number:031x}{writer.id[0]}", {"run.json": b"{}"})
    ada = people[0]
    ada.signs("writer.hello", {"host": "copy", "app": "x"}, seq=30, prev=ada.ids[28], seen={})
    return team


def chain_of(team: Team) -> TrustChain:
    return build_chain([read_trust(raw) for raw in team.documents], team.id)


def lines_of(team: Team) -> list[bytes]:
    return [line for writer in team.writers.values() for line in writer.lines]


def told(passage: Passage) -> tuple[object, ...]:
    """Returns everything that a passage says, without the order in which it says it."""
    return (
        {place: {each.raw for each in here} for place, here in passage.snapshot.events.items()},
        {(each.code, each.writer, each.seq) for each in passage.snapshot.waiting},
        set(passage.left),
        {(raw, error.code) for raw, error in passage.rejected},
    )


def forged(raw: bytes) -> bytes:
    """Returns an envelope whose signature is another event's."""
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES)
    (signed,) = parsed.signatures
    return envelope.assemble(parsed.payload, [Signature(signed.keyid, bytes(64))])


def test_one_forged_signature_in_a_pile_is_refused_alone_and_its_followers_wait() -> None:
    lines, author = lines_of(busy()), list(busy().writers.values())[-1]
    bad = forged(author.lines[9])
    pile = [bad if line == author.lines[9] else line for line in lines]
    passage = pass_all(chain_of(busy()), {}, pile)
    assert [(raw, error.code) for raw, error in passage.rejected] == [(bad, "E-SIG")]
    assert {(each.code, each.writer) for each in passage.snapshot.waiting} == {("E-GAP", author.id)}
    assert sorted(each.seq for each in passage.snapshot.waiting) == list(
        range(11, len(author.lines) + 1)
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(0, 119), max_size=6))
def test_a_pile_is_judged_alike_in_any_order_with_forged_and_missing_events_in_it(
    seed: int, bad: set[int]
) -> None:
    team = busy()
    lines = lines_of(team)
    pile = [forged(line) if at in bad and at % 2 else line for at, line in enumerate(lines)]
    pile = [line for at, line in enumerate(pile) if at not in bad or at % 2]
    trust = chain_of(team)
    straight = told(pass_all(trust, {}, pile))
    Random(seed).shuffle(pile)
    assert told(pass_all(trust, {}, pile)) == straight


def test_a_pile_that_lies_the_wrong_way_round_is_passed_in_one_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A share that lists events backwards costs no more than one that does not."""
    asked = 0

    def counted(*args: object) -> object:
        nonlocal asked
        asked += 1
        return find_place(*args)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr("strongroom.store.gate.find_place", counted)
    lines = lines_of(busy())
    passage = pass_all(chain_of(busy()), {}, reversed(lines))
    assert sum(map(len, passage.snapshot.events.values())) == len(lines)
    assert asked == len(lines)
    (ada,) = (w.id for w in busy().writers.values() if len(passage.snapshot.at(w.id, 30)) == 2)
    assert [a.object for a in passage.snapshot.alarms if a.code == "E-EQUIV"] == [f"{ada}/30"]


def test_what_a_log_has_seen_is_kept_once_and_not_for_each_event() -> None:
    """A hundred writers with ten thousand events would be a million entries."""
    trust = chain_of(busy())
    passing = Gate(trust=trust, events={})
    for line in sorted(lines_of(busy()), key=_number):
        admitted = admit(line, trust, passing)
        assert isinstance(admitted, Admitted)
        passing.add(admitted)
    rivals = 1  # Ada's second event with number 30
    assert len(passing._seen) <= len(busy().writers) + rivals
    for writer in busy().writers.values():
        for event in passing.at(writer.id, len(writer.ids)):
            others = {other: head[0] for other, head in passing.seen_so_far(event).items()}
            assert all(count >= 39 for count in others.values())


def _number(raw: bytes) -> int:
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES)
    number = parsed.document["predicate"]["seq"]
    assert isinstance(number, int)
    return number
