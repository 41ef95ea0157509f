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
from support.audit_script import load_script
from support.sealed_team import sha256
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


def test_a_side_that_changed_the_root_keys_cannot_settle_by_them(team: Team):
    thief = key_of("thief")
    grown = {thief.writer: root_key(thief)}
    draft = replace(team.draft(), root_keys=grown)
    theirs = sealed(draft, team.root, thief)  # the old root key was used once, unseen
    ours = side(team, "ours")
    end = settled(team, theirs, ours, signers=[thief])
    chain = chain_of(team, ours, theirs, end)
    assert [alarm.code for alarm in chain.alarms] == ["E-TRUST-FORK"]
    end = settled(team, ours, theirs)
    assert ids(chain_of(team, ours, theirs, end))[-1] == document_of(end).id


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


class Grove:
    """A random tree of trust documents: sides, settlements, settlements of settlements."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        self.team = a_team()
        self.raw = [self.team.documents[-1]]
        for number in range(random.randint(3, 14)):
            keep = random.choice(self.raw)
            lineage = {document_of(keep).id, *self._below(keep)}
            others = [raw for raw in self.raw if document_of(raw).id not in lineage]
            if others and random.randrange(2):
                aside = random.sample(others, random.randint(1, len(others)))
                base = random.choice([keep, *self._ancestors(keep)])
                self.raw.append(
                    settled(self.team, keep, *aside, base=document_of(base), limits={"n": number})
                )
            else:
                signers = [self.team.root] if random.randrange(4) == 0 else self.team.admins
                if signers == [self.team.root]:
                    continue
                self.raw.append(side(self.team, str(number), after=keep, signers=signers))
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


class Papers:
    """The trust documents of a package, without the package."""

    def __init__(self, documents: Sequence[bytes]) -> None:
        self.files = {
            f"data/trust/{document_of(raw).version:08d}.{sha256(raw)[:16]}.json": raw
            for raw in documents
        }

    def under(self, _folder: str) -> list[str]:
        return sorted(self.files)

    def read(self, name: str, _limit: int) -> bytes:
        return self.files[name]

    def sha256(self, name: str) -> str:
        return sha256(self.files[name])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_any_forest_of_versions_has_one_chain_in_any_order_and_for_the_auditor(seed: int):
    grove = Grove(seed)
    documents = [read_trust(raw) for raw in grove.raw]
    chain = build_chain(documents, grove.team.id)
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
