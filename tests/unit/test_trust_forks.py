# SPDX-License-Identifier: Apache-2.0
"""Two versions with one number: everything stops, and the root keys say which line goes on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.errors import Untrusted
from strongroom.domain.team import Settlement, TrustDocument
from strongroom.trust.keys import KeyPair
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import read_trust
from support.audit_pack import Papers
from support.audit_script import load_script
from support.team_builder import Team, Writer, a_team, key_of, root_key, sealed

VERIFY = load_script()


@pytest.fixture
def team() -> Team:
    return a_team()


def chain_of(team: Team, *more: bytes) -> TrustChain:
    return build_chain(map(read_trust, [*team.documents, *more]), team.id)


@cache
def document_of(raw: bytes) -> TrustDocument:
    return read_trust(raw).document


def side(
    team: Team, text: str, *, after: bytes | None = None, signers: Sequence[KeyPair] = ()
) -> bytes:
    """Returns a valid successor of the latest version, or of another document."""
    before = document_of(after) if after else team.latest
    grown = replace(
        before,
        version=before.version + 1,
        prev=before.id,
        limits={"side": text},
        settles=None,
    )
    return sealed(grown, *(signers or team.admins))


def settled(
    team: Team,
    keep: bytes,
    *aside: bytes,
    base: TrustDocument | None = None,
    signers: Sequence[KeyPair] = (),
    **more: Any,
) -> bytes:
    """Returns a document that confirms the line of ``keep``."""
    before = document_of(keep)
    settles = Settlement(
        base=(base or team.latest).id, aside=tuple(sorted(document_of(raw).id for raw in aside))
    )
    grown = replace(before, version=before.version + 1, prev=before.id, settles=settles, **more)
    return sealed(grown, *(signers or [team.root]))


def ids(chain: TrustChain) -> list[str]:
    return [document.id for document in chain.documents]


def test_two_admins_apart_stop_the_chain_and_the_root_key_confirms_one(team: Team):
    one, two = side(team, "one"), side(team, "two")
    assert [alarm.code for alarm in chain_of(team, one, two).alarms] == ["E-TRUST-FORK"]
    end = settled(team, one, two)
    chain = chain_of(team, one, two, end)
    assert chain.alarms == ()
    assert chain.forked == ()
    assert ids(chain)[-2:] == [document_of(one).id, document_of(end).id]
    assert chain.aside == {document_of(two).id: team.latest.version}


def test_what_followed_the_confirmed_side_stays_and_what_followed_the_other_goes(team: Team):
    one, two = side(team, "one"), side(team, "two")
    after_one, after_two = side(team, "1b", after=one), side(team, "2b", after=two)
    end = settled(team, after_one, two)
    chain = chain_of(team, one, two, after_one, after_two, end)
    assert ids(chain)[-3:] == [document_of(raw).id for raw in (one, after_one, end)]
    assert set(chain.aside) == {document_of(two).id, document_of(after_two).id}


def test_admins_alone_cannot_undo_what_another_admin_did(team: Team):
    one, two = side(team, "one"), side(team, "two")
    for signers in (team.admins, [key_of("Eve")]):
        end = settled(team, one, two, signers=signers)
        chain = chain_of(team, one, two, end)
        assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-FORK"]
        assert len(chain.versions) == len(team.documents)


def rooted(team: Team, *keys: KeyPair, after: bytes | None = None, by: KeyPair) -> bytes:
    """Returns a successor with other root keys, signed by the key before and the first of them."""
    before = document_of(after) if after else team.latest
    grown = {key.writer: root_key(key) for key in keys}
    draft = replace(
        before, version=before.version + 1, prev=before.id, root_keys=grown, settles=None
    )
    return sealed(draft, by, keys[0])


def test_a_replaced_root_key_cannot_take_the_team_over_from_below_its_replacement(team: Team):
    heir, thief = key_of("new root"), key_of("thief")
    real = rooted(team, heir, by=team.root)
    later = side(team, "later", after=real)
    held = chain_of(team, real, later)
    below = side(team, "an old admin's")
    plain = settled(team, below, real)
    grabbed = settled(team, below, real, root_keys={thief.writer: root_key(thief)},
                      signers=[team.root, thief])  # fmt: skip
    whole_line = settled(team, below, real, later, base=document_of(team.documents[0]))
    for attack in (plain, grabbed, whole_line):
        chain = chain_of(team, real, later, below, attack)
        assert "E-TRUST-FORK" in [alarm.code for alarm in chain.alarms]
        assert len(chain.versions) == len(team.documents)
    assert held.alarms == ()


def test_a_replaced_root_key_dismisses_no_settlement_of_its_heirs(team: Team):
    heir = key_of("new root")
    real = rooted(team, heir, by=team.root)
    one, two = side(team, "one", after=real), side(team, "two", after=real)
    end = settled(team, one, two, base=document_of(real), signers=[heir])
    before = chain_of(team, real, one, two, end)
    assert before.alarms == ()
    attack = settled(team, team.documents[-1], end, real)
    stopped = chain_of(team, real, one, two, end, attack)
    assert [alarm.code for alarm in stopped.alarms] == ["E-TRUST-FORK"]
    last = settled(team, end, attack, signers=[heir])
    again = chain_of(team, real, one, two, end, attack, last)
    assert again.alarms == ()
    assert ids(again)[-2:] == [document_of(end).id, document_of(last).id]


def test_no_settlement_puts_a_change_of_the_root_keys_aside_not_even_one_by_the_same_keys(
    team: Team,
):
    thief = key_of("thief")
    theirs = rooted(team, thief, by=team.root)  # the root key was used once, unseen
    ours = side(team, "ours")
    end = settled(team, ours, theirs)
    chain = chain_of(team, ours, theirs, end)
    assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-FORK"]
    assert len(chain.versions) == len(team.documents)


def test_an_old_admin_cannot_stop_a_team_for_good_whose_first_root_key_is_gone(team: Team):
    heir = key_of("new root")
    real = rooted(team, heir, by=team.root)
    below = side(team, "an old admin's")
    assert chain_of(team, real, below).forked
    end = settled(team, real, below, signers=[heir])
    chain = chain_of(team, real, below, end)
    assert chain.alarms == ()
    assert ids(chain)[-1] == document_of(end).id
    third = side(team, "another one")
    assert ids(chain_of(team, real, below, end, third)) == ids(chain)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_replaced_root_keys_and_old_admins_sign_the_real_line_stops_and_never_turns(
    seed: int,
):
    random, team, heir, thief = Random(seed), a_team(), key_of("new root"), key_of("thief")
    old = [team.documents[-1]]
    for number in range(random.randrange(3)):
        old.append(side(team, f"old {number}", after=old[-1]))
    real = [*old, rooted(team, heir, after=old[-1], by=team.root)]
    real.append(side(team, "new", after=real[-1]))
    attacks: list[bytes] = []
    for number in range(random.randint(1, 8)):
        keep = random.choice([*old, *attacks])
        root = thief if thief.writer in document_of(keep).root_keys else team.root
        act = random.randrange(4)
        if act == 0:
            attacks.append(side(team, f"attack {number}", after=keep))
        elif act == 1 and root is not thief:
            attacks.append(rooted(team, thief, after=keep, by=root))
        else:
            lineage = {document_of(keep).id, document_of(keep).prev}
            known = dict.fromkeys([*real, *attacks])
            others = [raw for raw in known if document_of(raw).id not in lineage]
            aside = random.sample(others, random.randint(1, len(others)))
            base = document_of(random.choice(old))
            more = {"limits": {"n": number}}
            attacks.append(settled(team, keep, *aside, base=base, signers=[root], **more))
    held = ids(build_chain(map(read_trust, real), team.id))
    chain = build_chain(map(read_trust, [*real, *attacks]), team.id)
    assert ids(chain) == held[: len(chain.versions)]
    assert ids(chain) == held or chain.forked


def test_keys_that_are_not_root_where_they_sign_settle_nothing(team: Team):
    one, two = side(team, "one"), side(team, "two")
    thief = key_of("thief")
    for signers in ([thief], [team.root, thief], team.admins):
        end = settled(team, one, two, root_keys={thief.writer: root_key(thief)}, signers=signers)
        is_root = team.root in signers
        chain = chain_of(team, one, two, end)
        assert bool(chain.forked) is not is_root


def test_a_side_that_turns_up_afterwards_changes_nothing(team: Team):
    one, two, three = (side(team, text) for text in ("one", "two", "three"))
    end = settled(team, one, two)
    before = chain_of(team, one, two, end)
    after = chain_of(team, one, two, three, end)
    assert ids(after) == ids(before)
    assert document_of(three).id in after.aside
    assert after.alarms == ()


def test_a_settlement_confirms_nothing_outside_its_own_line(team: Team):
    one, two = side(team, "one"), side(team, "two")
    end = settled(team, one, two)
    again, rival = side(team, "a", after=end), side(team, "b", after=end)
    chain = chain_of(team, one, two, end, again, rival)
    assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-FORK"]
    assert ids(chain)[-1] == document_of(end).id


def test_two_settlements_that_contradict_each_other_settle_nothing_until_one_names_the_other(
    team: Team,
):
    one, two = side(team, "one"), side(team, "two")
    first, second = settled(team, one, two), settled(team, two, one)
    everything = [one, two, first, second]
    assert [alarm.code for alarm in chain_of(team, *everything).alarms] == ["E-TRUST-FORK"]
    last = settled(team, first, two, second)
    chain = chain_of(team, *everything, last)
    assert ids(chain)[-1] == document_of(last).id
    assert chain.alarms == ()


def test_a_settlement_that_names_its_own_line_or_a_base_it_does_not_stand_on_is_no_version(
    team: Team,
):
    one, two = side(team, "one"), side(team, "two")
    wrong = [
        settled(team, one, two, one),
        settled(team, one, two, base=document_of(two)),
    ]
    for raw in wrong:
        chain = chain_of(team, one, two, raw)
        assert "E-TRUST-FORK" in [alarm.code for alarm in chain.alarms]
        assert len(chain.versions) == len(team.documents)


def test_every_change_of_a_settlement_needs_its_signature_again(team: Team):
    one, two = side(team, "one"), side(team, "two")
    end = settled(team, one, two)
    with pytest.raises(Untrusted):
        read_trust(end.replace(b'"payload"', b'"payloaD"'))
    for place in range(0, len(end), 97):
        flipped = end[:place] + bytes([end[place] ^ 1]) + end[place + 1 :]
        try:
            more = (flipped,)
            read_trust(flipped)
        except Untrusted:
            more = ()
        assert len(chain_of(team, one, two, *more).versions) == len(team.documents)


def test_what_was_signed_under_the_side_that_was_put_aside_is_not_lost(team: Team):
    alice = team.enrol("Alice", "analyst")
    bob = team.enrol("Bob", "analyst")
    alice.apart()
    bob.apart()
    one, two = side(team, "one"), side(team, "two")
    after_two = side(team, "2b", after=two)
    alice.station.takes(trust=[one])
    bob.station.takes(trust=[two, after_two])
    hello = bob.says_hello()
    assert hello.trust_version == team.latest.version + 2
    alice.station.takes_all_of(bob.station)
    assert alice.station.snapshot.waiting
    alice.station.takes(trust=[settled(team, one, two)])
    assert alice.station.snapshot.waiting == ()
    assert alice.station.snapshot.chains.by_writer[bob.id][-1] == hello
    bob.station.takes_all_of(alice.station)
    later = bob.says_hello()
    assert later.seq == hello.seq + 1
    assert later.trust_version == team.latest.version + 2
    alice.station.takes_all_of(bob.station)
    assert alice.state().digest == bob.state().digest


def test_an_event_that_comes_before_the_document_it_cites_is_not_lost(team: Team):
    alice = team.enrol("Alice", "analyst")
    bob = team.enrol("Bob", "analyst").apart()
    alice.apart()
    one, two = side(team, "one"), side(team, "two")
    bob.station.takes(trust=[two])
    raw = bob.drafts("writer.hello", {"host": "ws", "app": "x"})
    orders = [
        ([one], [raw], [two], [settled(team, one, two)]),
        ([one, two, settled(team, one, two)], [], [], [raw]),
    ]
    digests = set()
    for trust, *rest in orders:
        station = Writer(team, "Carol", "").apart().station
        station.takes(trust=trust)
        for batch in rest:
            is_trust = bool(batch) and batch != [raw]
            station.takes([] if is_trust else batch, trust=batch if is_trust else ())
        assert len(station.snapshot.chains.by_writer[bob.id]) == 1
        digests.add(station.state().digest)
    assert len(digests) == 1


ROOTS = {key.writer: key for key in map(key_of, ("root of Fraud ML", "second", "third"))}


class Grove:
    """A random tree of trust documents: sides, settlements, settlements of settlements, and root
    keys that change in the middle of it all."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        self.team = a_team()
        self.raw = [self.team.documents[-1]]
        for number in range(random.randint(3, 14)):
            keep = random.choice(self.raw)
            lineage = {document_of(keep).id, *self._below(keep)}
            known = dict.fromkeys(self.raw)
            others = [raw for raw in known if document_of(raw).id not in lineage]
            root = ROOTS[next(iter(document_of(keep).root_keys))]
            if others and random.randrange(2):
                aside = random.sample(others, random.randint(1, len(others)))
                base = document_of(random.choice([keep, *self._ancestors(keep)]))
                frame: dict[str, Any] = {"base": base, "limits": {"n": number}}
                self.raw.append(settled(self.team, keep, *aside, signers=[root], **frame))
            elif random.randrange(6) == 0:
                heir = random.choice(list(ROOTS.values()))
                if heir is not root:
                    self.raw.append(rooted(self.team, heir, after=keep, by=root))
            else:
                self.raw.append(side(self.team, str(number), after=keep))
        self.random = random

    def _ancestors(self, raw: bytes) -> list[bytes]:
        by_id = {document_of(each).id: each for each in self.raw}
        found = []
        prev = document_of(raw).prev
        while prev in by_id:
            found.append(by_id[prev])
            prev = document_of(by_id[prev]).prev
        return found

    def _below(self, raw: bytes) -> set[str]:
        return {document_of(each).id for each in self._ancestors(raw)}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_any_forest_of_versions_has_one_chain_in_any_order_and_for_the_auditor(seed: int):
    grove = Grove(seed)
    documents = [read_trust(raw) for raw in grove.raw]
    chain = build_chain(documents, grove.team.id)
    for id_ in chain.aside:
        gone = chain.find(id_)
        assert gone is not None
        before = chain.find(gone.prev)
        assert before is not None
        assert gone.root_json() == before.root_json()
    grove.random.shuffle(documents)
    shuffled = build_chain([*documents, *documents[:3]], grove.team.id)
    assert (ids(shuffled), shuffled.aside) == (ids(chain), chain.aside)
    assert [alarm.code for alarm in shuffled.alarms] == [alarm.code for alarm in chain.alarms]
    if chain.forked:
        with pytest.raises(VERIFY.Bad, match="E-TRUST-FORK"):
            VERIFY.read_trust(Papers(grove.raw), grove.team.id)
        return
    script = VERIFY.read_trust(Papers(grove.raw), grove.team.id)
    assert [document["id"] for document in script] == ids(chain)
    aside = {id_: n for n, each in enumerate(script, 1) for id_ in each["also"]}
    assert aside == chain.aside


def test_the_forests_hold_what_they_are_for():
    chains = [build_chain(map(read_trust, (g := Grove(seed)).raw), g.team.id) for seed in range(20)]
    assert sum(bool(chain.forked) for chain in chains) > 2
    assert sum(bool(chain.aside) for chain in chains) > 2
    assert sum(len({tuple(v.root_keys) for v in chain.documents}) > 1 for chain in chains) > 1
