# SPDX-License-Identifier: Apache-2.0
"""Receipts and the indexes of bundles from a hostile member of the team: read strictly, bounded."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain import canonical
from strongroom.domain.errors import Untrusted
from strongroom.exchange.carrier import MAX_APP
from strongroom.exchange.onefile_index import MAX_TITLE, BundledFile, Held, OneFileIndex, read_index
from strongroom.exchange.receipt import MAX_REJECTED, Receipt, read_receipt, seal_receipt
from strongroom.trust import envelope
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from support.peers import Team

TIME = "2026-11-23T20:00:00.000000Z"
PATH = "obj/ab/" + "ab" * 32


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = Team(tmp_path_factory.mktemp("team"))
    yield made
    made.close()


def receipt(team: Team, **changed: Any) -> Receipt:
    """Returns a receipt that Ben would sign, with some fields changed."""
    ada, ben = team.peers
    good = Receipt(
        team=ada.at.snapshot().trust.team, writer=ben.writer, app="strongroom/test", time=TIME,
        bundle="cd" * 32, title="Churn", new=1, same=2, waiting=0, conflicts=0, rejected_count=1,
        rejected=(("E-HASH", PATH),), held=Held(trust=1),
    )  # fmt: skip
    return replace(good, **changed)


def code_of(team: Team, document: Receipt) -> str:
    ada, ben = team.peers
    try:
        read_receipt(seal_receipt(document, ben.signer), ada.at.snapshot().trust)
    except Untrusted as refusal:
        return refusal.code
    return ""


def test_41_a_receipt_of_another_team_is_refused_though_a_member_signed_it(team: Team) -> None:
    assert code_of(team, replace(receipt(team), team="ab" * 32)) == "E-TEAM"


def test_a_receipt_that_a_stranger_signed_well_in_his_own_name_is_refused(team: Team) -> None:
    eve = KeyPair.generate()
    raw = seal_receipt(receipt(team, writer=eve.writer), Ed25519Signer(eve))
    with pytest.raises(Untrusted) as caught:
        read_receipt(raw, team.peers[0].at.snapshot().trust)
    assert caught.value.code == "E-SIG"


def test_a_receipt_in_somebody_elses_name_or_with_his_last_signature_is_refused(team: Team) -> None:
    ada, ben = team.peers
    payload = canonical.encode(receipt(team, new=9).to_statement())
    signed = envelope.parse(seal_receipt(receipt(team), ben.signer), max_bytes=10_000).signatures
    for raw in (seal_receipt(receipt(team), ada.signer), envelope.assemble(payload, signed)):
        with pytest.raises(Untrusted) as caught:
            read_receipt(raw, ada.at.snapshot().trust)
        assert caught.value.code == "E-SIG"


def test_a_receipt_within_its_bounds_is_read(team: Team) -> None:
    assert code_of(team, receipt(team)) == ""
    longest = receipt(
        team, title="t" * MAX_TITLE, app="a" * MAX_APP,
        rejected=(("E-HASH", "p" * 1_024),) * MAX_REJECTED, rejected_count=2**53 - 1,
    )  # fmt: skip
    assert code_of(team, longest) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "t" * (MAX_TITLE + 1)}, {"app": "a" * (MAX_APP + 1)},
        {"time": TIME + "0" * 40}, {"time": "yesterday"}, {"bundle": "cd" * 31}, {"bundle": ""},
        {"rejected": (("E-HASH", "p" * 1_025),)}, {"rejected": (("E-" + "X" * 40, PATH),)},
        {"rejected": (("E-HASH\n", PATH),)}, {"rejected": (("<b>", PATH),)},
        {"rejected": (("", PATH),)}, {"rejected": (("E-HASH", PATH),) * (MAX_REJECTED + 1)},
        {"new": -1}, {"held": Held(trust=-1)}, {"held": Held(lacks=frozenset({"x"}))},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_a_receipt_over_a_bound_is_refused_though_it_is_signed_well(
    team: Team, changed: dict[str, Any]
) -> None:
    assert code_of(team, receipt(team, **changed)) == "E-FORMAT"


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "t" * (MAX_TITLE + 1)}, {"app": "a" * (MAX_APP + 1)}, {"base": "x"},
        {"base": "ab" * 33}, {"kind": "k" * 200}, {"to": ("ab" * 32,) * 300},
        {"created": TIME + "0" * 40}, {"team": "ab" * 31},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_an_index_over_a_bound_is_refused_though_it_is_signed_well(
    team: Team, changed: dict[str, Any]
) -> None:
    ben = team.peers[1]
    good = OneFileIndex(
        team="ab" * 32, writer=ben.writer, app="strongroom/test", created=TIME, kind="runs",
        title="Churn", to=(), base="", held=Held(),
        files=(BundledFile(path="strongroom.json", size_bytes=9, sha256="ab" * 32, crc32=7),),
    )  # fmt: skip
    assert read_index(envelope.seal(good.to_statement(), [ben.signer]))[0] == good
    spoiled = replace(good, **changed)
    with pytest.raises(Untrusted) as refusal:
        read_index(envelope.seal(spoiled.to_statement(), [ben.signer]))
    assert refusal.value.code == "E-FORMAT"


STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just("ab" * 32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_other_value_in_any_field_of_a_receipt_is_refused_in_words(
    team: Team, data: st.DataObject
) -> None:
    ada, ben = team.peers
    statement = receipt(team).to_statement()
    place, key = data.draw(st.sampled_from(list(_places(statement))))
    place[key] = data.draw(STRANGE)
    raw = envelope.seal(statement, [ben.signer])
    code, found = "", None
    try:
        found, _ = read_receipt(raw, ada.at.snapshot().trust)
    except Untrusted as refusal:
        code = refusal.code
    if found is None:
        assert code in {"E-FORMAT", "E-TEAM", "E-SIG"}
    else:
        assert found.to_statement() == statement


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yields every container of a document with each of its keys."""
    keys = node.keys() if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])
