# SPDX-License-Identifier: Apache-2.0
"""Who could do what on a date, told with what is known of the date; and what to tighten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput
from strongroom.services.access_review import AccessReview, AccessReviews
from support.peers import Peer, Team

DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """On the first day Ben reviews; on the third he approves releases; on the fifth he is gone."""
    two = Team(tmp_path, ("Ada", "=Ben()"))
    ada, ben = two.peers
    ada.people.grant("=Ben()", "reviewer")
    on_day(two, 1)
    meet(two)
    ben.say(1)
    meet(two)
    on_day(two, 3)
    ada.people.grant("=Ben()", "release-approver")
    ada.say(1)
    meet(two)
    on_day(two, 5)
    ben.say(2)
    meet(two)
    ada.people.revoke("=Ben()", reason="left")
    ada.say(2)
    yield two
    two.close()


def on_day(team: Team, day: int) -> None:
    for peer in team.peers:
        peer.at.clock = FixedClock(1_795_420_000_000_000 + day * DAY_US)


def meet(team: Team) -> None:
    for peer in (*team.peers, *team.peers):
        peer.push()
        peer.pull()


def reviews(peer: Peer) -> AccessReviews:
    return AccessReviews(peer.at)


def day(number: int) -> str:
    clock = FixedClock(1_795_420_000_000_000 + number * DAY_US)
    from strongroom.domain.clock import to_iso

    return to_iso(clock.now_us())[:10]


def rights_of(review: AccessReview, name: str) -> list[str]:
    (key,) = (each for each in review.keys if each.name == name)
    return [right.text for right in key.rights]


def test_each_date_has_the_rights_of_its_version(team: Team) -> None:
    asked = reviews(team.peers[0])
    early = asked.review(day(2))
    assert "Approve a move to Staging, everywhere" in rights_of(early, "=Ben()")
    assert "Approve a move to any stage, everywhere" not in rights_of(early, "=Ben()")
    later = asked.review(day(4))
    assert "Approve a move to any stage, everywhere" in rights_of(later, "=Ben()")
    assert later.version.version == early.version.version + 1
    now = asked.review()
    assert rights_of(now, "=Ben()") == []
    assert not next(key for key in now.keys if key.name == "=Ben()").is_active


def test_what_has_ended_since_says_where_and_why(team: Team) -> None:
    review = reviews(team.peers[0]).review(day(4))
    (ben,) = (key for key in review.keys if key.name == "=Ben()")
    assert {right.ended for right in ben.rights} == {"at event 2 (left)"}
    assert ben.last_signed[:10] == day(1)
    told = {change.subject for change in reviews(team.peers[0]).since(review)}
    assert "=Ben()" in told


def test_a_version_that_may_have_been_in_force_is_named_beside_the_sure_one(team: Team) -> None:
    ada = team.peers[0]
    on_day(team, 7)
    ada.people.grant("Ada", "auditor")  # made after day 5, cited by nobody yet
    review = reviews(ada).review(day(6))
    last = ada.people.team().version
    assert [each.version for each in review.possible] == [last]
    assert review.version.version == last - 1
    ada.say(3)
    assert reviews(ada).review(day(6)).possible[0].used_by[:10] == day(7)
    assert reviews(ada).review(day(8)).version.version == last


def test_a_version_can_be_asked_for_by_its_number(team: Team) -> None:
    asked = reviews(team.peers[0])
    first = asked.review(version=1)
    assert [key.name for key in first.keys] == ["Ada"]
    assert first.keys[0].is_admin
    with pytest.raises(BadInput) as refused:
        asked.review(version=99)
    assert refused.value.code == "E-VERSION"
    with pytest.raises(BadInput):
        asked.review("2001-01-01")


def test_the_table_is_calculated_by_no_spreadsheet(team: Team, tmp_path: Path) -> None:
    asked = reviews(team.peers[0])
    asked.save_table(asked.review(day(4)), tmp_path / "review.csv")
    lines = (tmp_path / "review.csv").read_text().splitlines()
    assert lines[0].startswith('"person","name"')
    assert any('"\'=Ben()"' in line for line in lines)
    with pytest.raises(BadInput, match="exists already"):
        asked.save_table(asked.review(), tmp_path / "review.csv")


def test_a_root_key_in_a_home_is_told(team: Team) -> None:
    ada, ben = team.peers
    rules = {finding.rule for finding in reviews(ada).findings()}
    assert {"root-key-on-a-workstation", "one-admin"} <= rules
    assert "root-key-on-a-workstation" not in {f.rule for f in reviews(ben).findings()}
