# SPDX-License-Identifier: Apache-2.0
"""The chain of trust documents: every rule broken once, with real signatures."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.domain.policy import Policy
from strongroom.domain.team import Grant, TrustDocument
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import check_successor, read_trust
from support.audit_pack import Papers
from support.audit_script import load_script
from support.team_builder import (
    Team,
    Writer,
    a_member,
    a_team,
    key_of,
    root_key,
    sealed,
)

VERIFY = load_script()


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    alice = team.enrol("Alice", "analyst")
    alice.says_hello()
    alice.says_hello()
    return alice


def chain_of(team: Team, *more: bytes) -> TrustChain:
    return build_chain(map(read_trust, [*team.documents, *more]), team.id)


def refused(team: Team, raw: bytes) -> str:
    """Returns the code under which a document is refused as the successor of the latest."""
    with pytest.raises(Untrusted) as caught:
        check_successor(team.latest, read_trust(raw))
    assert team.latest.id == chain_of(team, raw).versions[-1].document.id
    return caught.value.code


def member_with(document: TrustDocument, writer: Writer, **fields: object) -> TrustDocument:
    member = replace(document.members[writer.id], **fields)
    return replace(document, members={**document.members, writer.id: member})


def test_the_id_of_a_team_is_the_digest_of_its_first_document(team: Team):
    assert team.id == team.station.snapshot.trust.versions[0].document.id
    assert chain_of(team).team == team.id
    assert build_chain(map(read_trust, team.documents), "0" * 64).versions == ()


def test_documents_may_arrive_in_any_order(team: Team, alice: Writer):
    team.policy("staging", Policy())
    documents = [read_trust(raw) for raw in team.documents]
    assert build_chain(reversed(documents), team.id) == build_chain(documents, team.id)


ADMIN_CHANGES: dict[str, tuple[Callable[[TrustDocument, Writer], TrustDocument], str]] = {
    "a right taken without a cut": (
        lambda d, w: member_with(d, w, grants=d.members[w.id].grants[1:]), "E-FORMAT"),
    "a cut before what the admins have seen": (
        lambda d, w: member_with(d, w, grants=tuple(
            replace(g, cut=(1, "0" * 64)) for g in d.members[w.id].grants)), "E-FORMAT"),
    "a right for the past": (
        lambda d, w: member_with(d, w, grants=(*d.members[w.id].grants, Grant(
            cap="approve:*", scope="*", after_seq=0, cut=None))), "E-FORMAT"),
    "a right widened": (
        lambda d, w: member_with(d, w, grants=tuple(
            replace(g, scope="model:x") for g in d.members[w.id].grants)), "E-FORMAT"),
    "a dropped writer": (
        lambda d, w: replace(d, members={k: m for k, m in d.members.items() if k != w.id}),
        "E-FORMAT"),
    "a dropped person": (
        lambda d, w: replace(d, people={k: p for k, p in d.people.items() if k != w.person}),
        "E-FORMAT"),
    "a writer given to somebody else": (
        lambda d, w: member_with(d, w, person=next(p for p in d.people if p != w.person)),
        "E-FORMAT"),
    "another second key": (
        lambda d, w: member_with(d, w, p256=key_of("Eve").p256_spki), "E-FORMAT"),
    "a revoked writer with an open right": (
        lambda d, w: member_with(d, w, is_active=False), "E-FORMAT"),
    "heads that go down": (
        lambda d, w: replace(d, heads={**d.heads, w.id: (1, d.heads[w.id][1])}), "E-FORMAT"),
    "another nonce": (lambda d, w: replace(d, nonce="11" * 16), "E-FORMAT"),
    "a root key added by admins": (
        lambda d, w: replace(d, root_keys={**d.root_keys, key_of("Eve").writer: root_key(
            key_of("Eve"))}), "E-TRUST-SIG"),
    "an admin added by admins": (
        lambda d, w: replace(d, admin_writers=(*d.admin_writers, w.id)), "E-TRUST-SIG"),
    "another name by admins": (lambda d, w: replace(d, team_name="Other"), "E-TRUST-SIG"),
    "another predecessor": (lambda d, w: replace(d, prev="0" * 64), "E-TRUST-GAP"),
    "a number left out": (lambda d, w: replace(d, version=d.version + 1), "E-TRUST-GAP"),
    "an admin threshold nobody can meet": (
        lambda d, w: replace(d, admin_threshold=2), "E-FORMAT"),
    "another host": (lambda d, w: member_with(d, w, host="ws-2"), "E-FORMAT"),
    "an admin named twice": (
        lambda d, w: replace(d, admin_writers=d.admin_writers * 2), "E-FORMAT"),
    "a writer who is nobody": (
        lambda d, w: replace(d, members={**d.members, key_of("Eve").writer: a_member(
            key_of("Eve"), "p-nobody", ["log"])}), "E-FORMAT"),
    "an admin threshold of none": (lambda d, w: replace(d, admin_threshold=0), "E-FORMAT"),
}  # fmt: skip


@pytest.mark.parametrize("what", ADMIN_CHANGES)
def test_what_admins_may_not_do_is_no_version(team: Team, alice: Writer, what: str):
    team.policy("staging", Policy())  # so that the heads of Alice's log are in the document
    change, code = ADMIN_CHANGES[what]
    assert refused(team, sealed(change(team.draft(), alice), *team.admins)) == code


@pytest.mark.parametrize("what", ADMIN_CHANGES)
def test_what_admins_may_not_do_is_refused_by_the_auditors_script_as_well(
    team: Team, alice: Writer, what: str
):
    team.policy("staging", Policy())
    change, _ = ADMIN_CHANGES[what]
    bad = sealed(change(team.draft(), alice), *team.admins)
    assert len(VERIFY.read_trust(Papers(team.documents), team.id)) == len(team.documents)
    with pytest.raises(VERIFY.Bad):
        VERIFY.read_trust(Papers([*team.documents, bad]), team.id)


def test_a_document_signed_by_a_stranger_is_no_version(team: Team):
    assert refused(team, sealed(team.draft(), key_of("Eve"))) == "E-TRUST-SIG"
    both = sealed(team.draft(), key_of("Eve"), *team.admins)
    assert refused(team, both) == "E-TRUST-SIG"


def test_root_may_change_the_admins(team: Team, alice: Writer):
    admins = (team.founder.id, alice.id)
    team.changes(lambda d: replace(d, admin_writers=admins), signers=[team.root])
    assert team.latest.admin_writers == admins
    raw = sealed(replace(team.draft(), limits={"a": 1}), alice.key)
    check_successor(team.latest, read_trust(raw))


def test_22_two_of_three_admins_and_no_fewer(team: Team, alice: Writer):
    bob = team.enrol("Bob", "viewer")
    admins = (team.founder.id, alice.id, bob.id)
    change = {"admin_writers": admins, "admin_threshold": 2}
    team.changes(lambda d: replace(d, **change), signers=[team.root])
    edited = replace(team.draft(), policies={"*": {"production": Policy()}})
    for too_few in ([bob.key], [alice.key], [team.founder.key]):
        assert refused(team, sealed(edited, *too_few)) == "E-TRUST-SIG"
    for enough in ([bob.key, alice.key], [bob.key, alice.key, team.founder.key]):
        check_successor(team.latest, read_trust(sealed(edited, *enough)))


def test_two_of_three_root_keys_of_both_versions(team: Team):
    keys = [team.root, key_of("root B"), key_of("root C")]
    grown = {"root_keys": {k.writer: root_key(k) for k in keys}, "root_threshold": 2}
    draft = replace(team.draft(), **grown)
    assert refused(team, sealed(draft, team.root)) == "E-TRUST-SIG"
    assert refused(team, sealed(draft, *keys[1:])) == "E-TRUST-SIG"
    team.changes(lambda d: replace(d, **grown), signers=keys[:2])
    assert team.latest.root_threshold == 2
    renamed = replace(team.draft(), team_name="Fraud")
    assert refused(team, sealed(renamed, keys[0])) == "E-TRUST-SIG"
    check_successor(team.latest, read_trust(sealed(renamed, *keys[1:])))


def test_a_revoked_admin_signs_no_document(team: Team, alice: Writer):
    admins = (team.founder.id, alice.id)
    team.changes(lambda d: replace(d, admin_writers=admins), signers=[team.root])
    team.revokes(alice)
    assert refused(team, sealed(team.draft(), alice.key)) == "E-TRUST-SIG"


def test_a_compromised_writer_may_be_cut_in_the_past(team: Team, alice: Writer):
    team.policy("staging", Policy())
    team.revokes(alice, reason="compromised", cut=(0, ""))
    grants = team.latest.members[alice.id].grants
    assert {grant.cut for grant in grants} == {(0, "")}
    assert len(VERIFY.read_trust(Papers(team.documents), team.id)) == len(team.documents)


def test_a_cut_is_never_moved_up(team: Team, alice: Writer):
    team.revokes(alice)
    later = tuple(replace(g, cut=(9, "0" * 64)) for g in team.latest.members[alice.id].grants)
    assert refused(team, sealed(member_with(team.draft(), alice, grants=later), *team.admins)) == (
        "E-FORMAT")  # fmt: skip


def test_23_two_valid_successors_stop_the_chain(team: Team):
    one = sealed(replace(team.draft(), limits={"a": 1}), *team.admins)
    two = sealed(replace(team.draft(), limits={"a": 2}), *team.admins)
    before = team.latest.version
    chain = chain_of(team, one, two)
    assert len(chain.versions) == before
    assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-FORK"]
    assert {signed.envelope.raw for signed in chain.forked} == {one, two}


def test_a_missing_version_is_a_gap(team: Team, alice: Writer):
    team.policy("staging", Policy())
    documents = [read_trust(raw) for raw in (team.documents[0], *team.documents[2:])]
    chain = build_chain(documents, team.id)
    assert len(chain.versions) == 1
    assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-GAP"]


def test_a_copy_with_a_signature_left_out_shadows_nothing(team: Team):
    keys = [team.root, key_of("root B")]
    grown = {"root_keys": {k.writer: root_key(k) for k in keys}, "root_threshold": 2}
    team.changes(lambda d: replace(d, **grown), signers=keys)
    draft = replace(team.draft(), team_name="Fraud")
    good, poor = sealed(draft, *keys), sealed(draft, keys[0])
    for order in ([good, poor], [poor, good]):
        chain = chain_of(team, *order)
        assert chain.versions[-1].envelope.raw == good
        assert chain.alarms == ()


def test_a_key_that_is_not_its_id_is_refused_on_reading(team: Team):
    member = replace(a_member(key_of("Eve"), "p-x", ["log"]), writer="0" * 64)
    wrong = replace(team.draft(), members={**team.latest.members, "0" * 64: member})
    with pytest.raises(Untrusted, match="E-FORMAT"):
        read_trust(sealed(wrong, *team.admins))


def test_a_key_under_which_anybody_could_sign_is_refused_on_reading(team: Team):
    import hashlib

    small = "0100000000000000000000000000000000000000000000000000000000000000"
    writer = hashlib.sha256(bytes.fromhex(small)).hexdigest()
    member = replace(a_member(key_of("Eve"), "p-x", ["log"]), writer=writer, pub=small)
    wrong = replace(team.draft(), members={**team.latest.members, writer: member})
    with pytest.raises(Untrusted, match="E-SIG"):
        read_trust(sealed(wrong, *team.admins))


def test_a_document_without_the_default_policy_is_refused_on_reading(team: Team):
    with pytest.raises(Untrusted, match="E-FORMAT"):
        read_trust(sealed(replace(team.draft(), policies={"churn": {}}), *team.admins))
