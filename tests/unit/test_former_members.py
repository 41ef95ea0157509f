# SPDX-License-Identifier: Apache-2.0
"""What a key can still do once its rights have ended: nothing that counted, and no false alarm."""

from dataclasses import replace
from typing import Any

import pytest

from strongroom.domain.event import Event
from strongroom.domain.registry import VersionKey
from support.audit_pack import Pack
from support.audit_script import load_script
from support.team_builder import Team, Writer, a_team

VERIFY = load_script()


@pytest.fixture
def team() -> Team:
    made = a_team()
    made.enrol("Alice", "analyst")
    made.enrol("Mara", "release-approver")
    return made


def promoted(team: Team) -> tuple[VersionKey, Event]:
    """Mara approves a version of Alice's for Production and goes on working."""
    alice, mara = team.writers["Alice"], team.writers["Mara"]
    key = alice.registers("churn", 1)
    approval = mara.approves(alice.requests(key, "Production"))
    mara.says_hello()
    return key, approval


def signs_again(writer: Writer, event: Event) -> None:
    """Lets a key sign another event under a number it has used, and spreads it."""
    raw = writer.seals(replace(event, time="2031-01-01T00:00:00.000000Z"))
    writer.station.takes([raw])


def codes(team: Team) -> list[str]:
    return [alarm.code for alarm in team.station.snapshot.alarms]


def auditors_state(team: Team) -> Any:
    pack = Pack(team.station)
    chain = VERIFY.read_trust(pack, team.id)
    forks = VERIFY.read_proofs(pack, team.id, chain)
    logs, findings = VERIFY.read_logs(pack, team.id, chain, forks)
    assert findings == []
    return VERIFY.Registry(VERIFY.Team(chain, logs)).state()


@pytest.mark.parametrize("reason", ["left", "lost", "compromised", "rotated"])
def test_24_a_leaver_who_signs_a_used_number_again_undoes_nothing_that_counted(
    team: Team, reason: str
) -> None:
    mara = team.writers["Mara"]
    key, approval = promoted(team)
    team.revokes(mara, reason=reason)
    before = team.state().digest
    signs_again(mara, approval)
    assert codes(team) == ["E-EQUIV"]
    assert team.state().stage_of(key) == "Production"
    assert team.state().digest == before
    assert len(team.station.snapshot.chains.by_writer[mara.id]) == 2
    assert auditors_state(team) == team.station.snapshot.state.to_json()


def test_what_the_team_has_seen_of_a_log_stays_though_its_key_signs_twice(team: Team) -> None:
    mara = team.writers["Mara"]
    key, approval = promoted(team)
    team.changes(lambda document: document)  # a version in which the admins name what they saw
    later = mara.says_hello()
    signs_again(mara, approval)
    assert codes(team) == ["E-EQUIV"]
    assert team.state().stage_of(key) == "Production"
    chain = team.station.snapshot.chains.by_writer[mara.id]
    assert [event.seq for event in chain] == [1, 2], "what came after is anybody's"
    assert later.id not in {event.id for event in chain}
    assert auditors_state(team) == team.station.snapshot.state.to_json()


def test_a_number_that_no_version_of_the_team_has_fixed_ends_a_log_as_ever(team: Team) -> None:
    mara = team.writers["Mara"]
    key, approval = promoted(team)
    signs_again(mara, approval)
    assert codes(team) == ["E-EQUIV"]
    assert team.station.snapshot.chains.by_writer[mara.id] == ()
    assert team.state().stage_of(key) == "None"
    assert auditors_state(team) == team.station.snapshot.state.to_json()


def test_any_order_of_the_two_histories_and_the_revocation_gives_the_same_state(
    team: Team,
) -> None:
    mara = team.writers["Mara"]
    _, approval = promoted(team)
    early = team.writers["Alice"].apart()
    team.revokes(mara)
    raw = mara.seals(replace(approval, time="2031-01-01T00:00:00.000000Z"))
    early.station.takes([raw])  # the second history first, then that she left
    team.station.takes([raw])
    early.station.takes(trust=team.documents)
    assert early.state().digest == team.state().digest


@pytest.mark.parametrize("is_known", [True, False])
def test_a_leaver_s_word_about_the_logs_of_others_raises_no_alarm(
    team: Team, is_known: bool
) -> None:
    """Else one key that was thrown out could end all evidence and every witness's work."""
    alice, mara = team.writers["Alice"], team.writers["Mara"]
    promoted(team)
    team.revokes(mara)
    seq = alice.says_hello().seq if is_known else 99
    mara.signs("writer.hello", {"host": "ws", "app": "x"}, seen={alice.id: (seq, "ab" * 32)})
    assert codes(team) == []
    assert auditors_state(team) == team.station.snapshot.state.to_json()


def test_a_liar_s_word_is_an_alarm_until_his_key_is_cut_before_it(team: Team) -> None:
    alice, mara = team.writers["Alice"], team.writers["Mara"]
    _, approval = promoted(team)
    mara.signs("writer.hello", {"host": "ws", "app": "x"}, seen={alice.id: (99, "ab" * 32)})
    assert codes(team) == ["E-WITHHELD"]
    team.revokes(mara, reason="compromised", cut=(approval.seq, approval.id))
    assert codes(team) == []
    assert auditors_state(team) == team.station.snapshot.state.to_json()
