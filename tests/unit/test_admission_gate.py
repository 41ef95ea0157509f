# SPDX-License-Identifier: Apache-2.0
"""The gate: what is refused for ever, what waits, and in which order the questions are asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event
from strongroom.trust import envelope
from strongroom.trust.signer import Ed25519Signer, P256Signer
from strongroom.trust.verifier import Admitted, Waiting, admit
from support.team_builder import Team, Writer, a_team, key_of

HELLO = {"host": "ws", "app": "x"}


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    alice = team.enrol("Alice", "analyst")
    alice.says_hello()
    return alice


def passing(team: Team, raw: bytes) -> Admitted | Waiting:
    snapshot = team.station.snapshot
    return admit(raw, snapshot.trust, snapshot)


def refused(team: Team, raw: bytes) -> str:
    with pytest.raises(Untrusted) as caught:
        passing(team, raw)
    return caught.value.code


def test_41_an_event_of_another_team_is_refused(team: Team, alice: Writer):
    raw = alice.drafts("writer.hello", HELLO, team="0" * 64)
    assert refused(team, raw) == "E-TEAM"


def test_an_event_of_another_team_by_a_stranger_is_refused(team: Team):
    other = a_team("Other")
    stranger = other.enrol("Zoe", "analyst")  # the founders of both are one key
    raw = stranger.drafts("writer.hello", HELLO)
    assert other.id != team.id
    assert stranger.id not in team.station.snapshot.latest.members
    assert refused(team, raw) == "E-TEAM"


def test_a_stranger_waits_to_be_enrolled(team: Team):
    eve = Writer(team, "Eve", "")
    outcome = passing(team, eve.drafts("writer.hello", HELLO))
    assert isinstance(outcome, Waiting)
    assert (outcome.code, outcome.seq) == ("E-SIG", 1)


def test_before_the_first_trust_document_everything_waits(team: Team, alice: Writer):
    from strongroom.store.snapshot import Snapshot
    from strongroom.trust.trust_chain import TrustChain

    nothing = Snapshot(trust=TrustChain(), events={})
    outcome = admit(alice.drafts("writer.hello", HELLO), nothing.trust, nothing)
    assert isinstance(outcome, Waiting)
    assert outcome.code == "E-TRUST-GAP"


def test_a_signature_by_another_member_is_refused(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    statement = _draft(alice).to_statement()
    assert refused(team, envelope.seal(statement, [Ed25519Signer(bob.key)])) == "E-SIG"
    twice = [Ed25519Signer(bob.key), Ed25519Signer(alice.key)]
    assert refused(team, envelope.seal(statement, twice)) == "E-SIG"


def test_a_signature_under_the_right_name_by_another_key_is_refused(team: Team, alice: Writer):
    payload = envelope.parse(alice.drafts("writer.hello", HELLO), max_bytes=10**6).payload
    sig = key_of("Eve").sign_ed25519(envelope.pae(envelope.PAYLOAD_TYPE, payload))
    raw = envelope.assemble(payload, [envelope.Signature(alice.id, sig)])
    assert refused(team, raw) == "E-SIG"


def test_a_p256_signature_does_not_pass_for_an_ed25519_key(team: Team, alice: Writer):
    payload = envelope.parse(alice.drafts("writer.hello", HELLO), max_bytes=10**6).payload
    sig = P256Signer(alice.key).sign(envelope.pae(envelope.PAYLOAD_TYPE, payload))
    raw = envelope.assemble(payload, [envelope.Signature(alice.id, sig)])
    assert refused(team, raw) == "E-SIG"


def test_a_scalar_beyond_the_order_is_refused(team: Team, alice: Writer):
    parsed = envelope.parse(alice.drafts("writer.hello", HELLO), max_bytes=10**6)
    sig = parsed.signatures[0].sig
    order = 2**252 + 27742317777372353535851937790883648493
    high = (int.from_bytes(sig[32:], "little") + order).to_bytes(32, "little")
    raw = envelope.assemble(parsed.payload, [envelope.Signature(alice.id, sig[:32] + high)])
    assert refused(team, raw) == "E-SIG"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"prev": "0" * 64}, "E-CHAIN"),
        ({"seq": 1}, "E-CHAIN"),
        ({"seq": 0}, "E-FORMAT"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(
    team: Team, alice: Writer, frame: dict[str, object], code: str
):
    assert refused(team, alice.drafts("writer.hello", HELLO, **frame)) == code


@pytest.mark.parametrize(
    "frame",
    [
        {"trust_id": []},
        {"trust_id": {"id": "0" * 64}},
        {"trust_id": None},
        {"trust_id": "not a digest"},
        {"team": "churn"},
        {"seen": {"0" * 64: (3, "not a digest")}},
        {"seen": {"0" * 64: (3, "")}},
        {"subject_digest": None},
        {"subject_digest": ["0" * 64]},
        {"subject_digest": "not a digest"},
        {"subject_name": 7},
    ],
)
def test_a_member_who_bends_the_frame_of_an_event_stops_nobody_and_is_not_taken_in(
    team: Team, alice: Writer, frame: dict[str, object]
):
    """A lookup by such an event must not raise, and the auditor's script refuses it too."""
    assert refused(team, alice.drafts("writer.hello", HELLO, **frame)) == "E-FORMAT"
    assert alice.says_hello().seq == 2


@pytest.mark.parametrize(
    "bend",
    [
        lambda s: s | {"more": 1},
        lambda s: s | {"_type": "https://in-toto.io/Statement/v0.1"},
        lambda s: s | {"predicateType": "urn:strongroom:trust:v1"},
        lambda s: s | {"subject": {"0": s["subject"][0]}},
        lambda s: s | {"subject": s["subject"] * 2},
        lambda s: s | {"subject": []},
        lambda s: s | {"subject": ["x"]},
        lambda s: s | {"subject": [{**s["subject"][0], "more": 1}]},
        lambda s: s | {"subject": [{"name": "x", "digest": {"sha256": "0" * 64, "md5": "0"}}]},
        lambda s: s | {"subject": [{"name": "x", "digest": ["sha256"]}]},
        lambda s: s | {"predicate": [s["predicate"]]},
        lambda s: {key: value for key, value in s.items() if key != "predicate"},
    ],
)
def test_a_member_who_bends_the_statement_around_an_event_is_refused(
    team: Team, alice: Writer, bend: Callable[[dict[str, Any]], dict[str, Any]]
):
    statement = bend(_draft(alice).to_statement())
    assert refused(team, envelope.seal(statement, [Ed25519Signer(alice.key)])) == "E-FORMAT"


def test_an_older_trust_version_than_before_is_refused(team: Team, alice: Writer):
    first = team.station.snapshot.trust.versions[0].document
    raw = alice.drafts("writer.hello", HELLO, trust_version=1, trust_id=first.id)
    assert refused(team, raw) == "E-CHAIN"


def test_16_a_trust_version_that_is_not_here_is_waited_for(team: Team, alice: Writer):
    outcome = passing(team, alice.drafts("writer.hello", HELLO, trust_version=9))
    assert isinstance(outcome, Waiting)
    assert outcome.code == "E-TRUST-GAP"


@pytest.mark.parametrize("frame", [{"trust_id": "0" * 64}, {"trust_version": 1}])
def test_an_event_under_another_trust_document_waits_and_alarms(
    team: Team, alice: Writer, frame: dict[str, object]
):
    raw = alice.drafts("writer.hello", HELLO, **frame)
    outcome = passing(team, raw)
    assert isinstance(outcome, Waiting)
    assert outcome.code == "E-TRUST-FORK"
    team.station.takes([raw])
    assert [alarm.code for alarm in team.station.snapshot.alarms] == ["E-TRUST-FORK"]
    assert raw not in team.station.snapshot.raw.values()


def test_an_event_after_a_hole_waits(team: Team, alice: Writer):
    alice.apart()
    alice.says_hello()
    outcome = passing(team, alice.drafts("writer.hello", HELLO))
    assert isinstance(outcome, Waiting)
    assert (outcome.code, outcome.seq) == ("E-GAP", 3)


def test_seen_names_neither_the_own_log_nor_less_than_before(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    first, second = bob.says_hello(), bob.says_hello()
    own = alice.drafts("writer.hello", HELLO, seen={alice.id: (1, "0" * 64)})
    assert refused(team, own) == "E-CHAIN"
    alice.says_hello()
    for seen in ((1, first.id), (2, "0" * 64)):
        assert refused(team, alice.drafts("writer.hello", HELLO, seen={bob.id: seen})) == "E-CHAIN"
    again = alice.drafts("writer.hello", HELLO, seen={bob.id: (2, second.id)})
    assert isinstance(passing(team, again), Admitted)


def test_an_event_without_any_right_is_admitted_and_has_no_effect(team: Team, alice: Writer):
    wish = alice.requests(alice.registers("churn", 1), "Production")
    assert alice.approves(wish).id in team.station.snapshot.raw
    assert team.state().status(wish) == "pending"


def test_an_unknown_type_is_kept_chained_and_has_no_effect(team: Team, alice: Writer):
    before = team.state().digest
    event = alice.signs("future.thing", {"anything": ["at", "all"]})
    after = alice.says_hello()
    assert after.prev == event.id
    assert team.state().digest == before
    assert team.state().refusal(event) == ""


def test_a_known_type_of_another_shape_is_kept_and_has_no_effect(team: Team, alice: Writer):
    event = alice.signs("version.register", {"model": "churn"})
    assert team.state().refusal(event) == "E-FORMAT"
    assert team.state().registry.models == {}


def test_no_flipped_byte_of_an_envelope_passes(team: Team, alice: Writer):
    raw = alice.drafts("writer.hello", HELLO)
    assert isinstance(passing(team, raw), Admitted)
    for place in range(0, len(raw), 3):
        bent = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            outcome = passing(team, bent)
        except Untrusted:
            continue
        assert isinstance(outcome, Waiting), place  # for a writer who does not exist


# -------------------------------------------------------------------- equivocation


def test_two_events_under_one_number_freeze_their_writer_and_both_are_kept(team: Team):
    eve = team.enrol("Eve", "analyst")
    eve.says_hello()
    left = eve.drafts("writer.hello", {"host": "left", "app": "x"})
    right = eve.drafts("writer.hello", {"host": "right", "app": "x"})
    team.station.takes([left])
    eve.says_hello()
    team.station.takes([right])
    chains = team.station.snapshot.chains
    assert len(chains.by_writer[eve.id]) == 1
    assert [(a.code, a.object) for a in chains.alarms] == [("E-EQUIV", f"{eve.id}/2")]
    assert {left, right} <= set(team.station.snapshot.raw.values())
    with pytest.raises(Untrusted, match="E-EQUIV"):
        eve.says_hello()


def test_each_half_that_saw_one_branch_finds_out_when_they_join(team: Team, alice: Writer):
    eve = team.enrol("Eve", "analyst")
    bob = team.enrol("Bob", "analyst").apart()
    left = eve.drafts("writer.hello", {"host": "left", "app": "x"})
    right = eve.drafts("writer.hello", {"host": "right", "app": "x"})
    team.station.takes([left])
    alice.says_hello()
    bob.station.takes([right])
    bob.says_hello()
    team.joins()
    codes = [alarm.code for alarm in team.station.snapshot.chains.alarms]
    assert codes == ["E-EQUIV"]


def test_a_tail_that_others_saw_is_missed(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst").apart()
    bob.says_hello()
    bob.says_hello()
    carl = team.enrol("Carl", "analyst").apart()
    carl.sees(bob)
    carl.says_hello()
    for raw in carl.station.everything():
        event = envelope.parse(raw, max_bytes=10**6).document["predicate"]
        if event["writer"] == carl.id:
            team.station.takes([raw])
    alarms = team.station.snapshot.chains.alarms
    assert [(a.code, a.object) for a in alarms] == [("E-WITHHELD", f"{bob.id}/2")]


def test_a_split_view_is_seen(team: Team, alice: Writer):
    bob = team.enrol("Bob", "analyst")
    bob.says_hello()
    alice.signs("writer.hello", HELLO, seen={bob.id: (1, "0" * 64)})
    alarms = team.station.snapshot.chains.alarms
    assert [(a.code, a.object) for a in alarms] == [("E-SPLIT", f"{bob.id}/1")]


def _draft(writer: Writer) -> Event:
    from strongroom.store.own_event import next_event

    event = next_event(
        writer.station.snapshot, writer.id, "writer.hello", HELLO, clock=writer.team.clock, app="x"
    )
    return replace(event)
