# SPDX-License-Identifier: Apache-2.0
"""Two admins change the team apart: everybody stops, sees both sides, and the root key goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.services.alarms import Alarms
from strongroom.services.root_keys import RootKeys
from strongroom.services.trust_forks import TrustForks
from support.cheap_keys import CHEAP
from support.peers import Peer, Team

STICK = "the stick in the safe"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Ada founded the team and holds the root key; Ben is an admin too, Cleo an analyst."""
    three = Team(tmp_path, ("Ada", "Ben", "Cleo"))
    ada, ben, cleo = three.peers
    ada.people.grant("Ben", "admin")
    ada.push()
    for peer in (ben, cleo):
        peer.pull()
    yield three
    three.close()


def forks(peer: Peer) -> TrustForks:
    return TrustForks(peer.at, peer.people.changes)


def newcomer(team: Team, name: str) -> Path:
    peer = Peer(team.root / name.lower(), name)
    path = team.root / f"{name.lower()}.enrol.json"
    peer.identities.save_request(path)
    peer.close()
    return path


def apart(team: Team) -> None:
    """Ada admits Dora while Ben makes Cleo an auditor and works on."""
    ada, ben, _ = team.peers
    ada.people.admit(newcomer(team, "Dora"), "analyst")
    ben.people.grant("Cleo", "auditor")
    ben.say(1)
    ada.push()
    ben.push()


def meet(team: Team) -> None:
    for peer in team.peers:
        peer.pull()


def test_23_everybody_who_has_seen_both_sides_stops_at_the_same_version(team: Team) -> None:
    before = team.peers[0].people.team().version
    apart(team)
    meet(team)
    for peer in team.peers:
        assert peer.people.team().version == before
        assert "E-TRUST-FORK" in {alarm.code for alarm in peer.at.snapshot().alarms}
        with pytest.raises(Untrusted, match="E-TRUST-FORK"):
            peer.say(2)
        with pytest.raises(Untrusted, match="E-TRUST-FORK"):
            peer.people.grant("Cleo", "reviewer")
    assert len({peer.digest for peer in team.peers}) == 1


def test_both_sides_are_told_with_who_signed_and_who_worked_under_them(team: Team) -> None:
    apart(team)
    meet(team)
    view = forks(team.peers[2]).view()
    assert view is not None
    for side in view.sides:
        assert (side.threshold, side.wanted, side.here) == (1, ("root of Ada",), ())
        assert side.obstacle == ""
    told = {side.signed: side for side in view.sides}
    assert set(told) == {("Ada",), ("Ben",)}
    assert "Dora" in {change.subject for change in told[("Ada",)].changes}
    at_bens = forks(team.peers[1]).view()
    assert at_bens is not None
    assert {side.signed: side.workers for side in at_bens.sides} == {
        ("Ada",): (),
        ("Ben",): ("Ben",),
    }
    at_adas = forks(team.peers[0]).view()
    assert at_adas is not None
    assert {side.here for side in at_adas.sides} == {("root of Ada",)}


def test_the_root_key_settles_it_and_carries_the_other_side_over(team: Team) -> None:
    ada, ben, cleo = team.peers
    apart(team)
    meet(team)
    way_out = forks(ada)
    view = way_out.view()
    assert view is not None
    mine = next(side.id for side in view.sides if side.signed == ("Ada",))
    plan = way_out.plan(mine[:6], is_carrying=True)
    assert plan.left_out == ()
    assert {"Fork", "Cleo"} <= {change.subject for change in plan.changes}
    step = way_out.settle(plan)
    assert step.changes.is_team
    ada.push()
    for peer in (ben, cleo):
        assert not peer.pull().rejected
    for peer in team.peers:
        names = {member.name for member in peer.people.people()}
        assert names == {"Ada", "Ben", "Cleo", "Dora"}
        (auditor,) = (member for member in peer.people.people() if member.name == "Cleo")
        assert "export.audit" in {grant.cap for grant in auditor.grants}
        assert peer.at.snapshot().alarms == ()
        assert forks(peer).view() is None
    first = ben.at.snapshot().chains.by_writer[ben.writer][0]
    assert first.trust_id in ben.at.snapshot().trust.aside  # it stands in his log
    assert ben.say(2).seq > first.seq
    ben.push()
    ada.pull()
    assert ada.digest == ben.digest


def test_the_other_side_can_be_dropped(team: Team) -> None:
    ada, ben, cleo = team.peers
    apart(team)
    meet(team)
    way_out = forks(ada)
    theirs = next(side for side in way_out.view().sides if side.signed == ("Ben",))  # type: ignore[union-attr]
    way_out.settle(way_out.plan(theirs.id, is_carrying=False))
    ada.push()
    for peer in (ben, cleo):
        peer.pull()
        assert "Dora" not in {member.name for member in peer.people.people()}
        assert peer.at.snapshot().alarms == ()


def test_an_admin_without_the_root_key_cannot_settle(team: Team, tmp_path: Path) -> None:
    apart(team)
    meet(team)
    way_out = forks(team.peers[1])
    side = way_out.view().sides[0]  # type: ignore[union-attr]
    with pytest.raises(Refused) as refused:
        way_out.settle(way_out.plan(side.id, is_carrying=True), draft=tmp_path / "settle.json")
    assert refused.value.code == "E-CAP"


def test_a_side_is_named_by_the_beginning_of_its_id_and_by_nothing_else(team: Team) -> None:
    with pytest.raises(Refused, match="has not forked"):
        forks(team.peers[0]).plan("ab", is_carrying=True)
    apart(team)
    meet(team)
    for name in ("", "zz"):
        with pytest.raises(BadInput) as refused:
            forks(team.peers[0]).plan(name, is_carrying=True)
        assert refused.value.code == "E-VERSION"


def test_a_revocation_on_the_other_side_is_carried_over_at_what_has_been_seen(team: Team) -> None:
    ada, ben, cleo = team.peers
    ada.people.admit(newcomer(team, "Dora"), "analyst")
    ben.people.revoke("Cleo", reason="left")
    ada.push()
    ben.push()
    cleo.say(1)
    cleo.push()
    meet(team)
    way_out = forks(ada)
    mine = next(s for s in way_out.view().sides if s.signed == ("Ada",))  # type: ignore[union-attr]
    way_out.settle(way_out.plan(mine.id, is_carrying=True))
    (gone,) = (member for member in ada.people.people() if member.name == "Cleo")
    assert not gone.is_active
    assert {grant.cut[0] for grant in gone.grants if grant.cut} == {1}


def test_a_settlement_travels_as_a_draft_where_one_root_key_is_not_enough(
    team: Team, tmp_path: Path
) -> None:
    from strongroom.trust.rootkey import new_root_key, paper_lines, write_root_card

    ada, ben, _ = team.peers
    pair = new_root_key()
    card = write_root_card(tmp_path / "paper", pair, "safe")
    ada.people.ring.lend_paper("\n".join(paper_lines(pair)))
    ada.people.changes.change(lambda d: _with_root(d, card.key, 2), None)
    ada.push()
    ben.pull()
    fresh = Peer(ada.folder, "Ada", twin=ada)  # a program that started anew: nothing is lent
    ada.people.admit(newcomer(team, "Dora"), "analyst")
    ben.people.grant("Cleo", "auditor")
    ada.push()
    ben.push()
    meet(team)
    way_out, draft = forks(fresh), tmp_path / "settle.json"
    mine = next(s for s in way_out.view().sides if s.signed == ("Ada",))  # type: ignore[union-attr]
    step = way_out.settle(way_out.plan(mine.id, is_carrying=True), draft=draft)
    assert (step.draft, step.missing) == (draft, 1)
    ben.people.ring.lend_paper("\n".join(paper_lines(pair)))
    seen = ben.people.draft(draft)
    assert {"Fork", "Cleo"} <= {change.subject for change in seen.changes}
    assert ben.people.cosign(draft, seen.id).draft is None
    assert forks(ben).view() is None
    fresh.close()


def _with_root(document, key, threshold):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    keys = {**document.root_keys, key.keyid: key}
    return replace(document, root_keys=keys, root_threshold=threshold)


def test_an_old_admin_below_a_change_of_the_root_keys_is_put_aside_by_the_new_ones(
    team: Team, tmp_path: Path
) -> None:
    ada, ben, cleo = team.peers
    keys = RootKeys(ada.at, ada.people.changes, cost=CHEAP)
    (first,) = keys.places()
    fresh = keys.create(tmp_path / "stick", "stick", passphrase=STICK)
    keys.replace([fresh.card], 1, ask=lambda _: STICK)
    keys.forget(first.keyid)
    ada.people.revoke("Ben", reason="left", ask=lambda _: STICK)
    ben.people.grant("Ben", "reviewer")  # he has not heard of it, or will not have
    ada.push()
    ben.push()
    meet(team)
    view = forks(cleo).view()
    assert view is not None
    real, old = sorted(view.sides, key=lambda side: -side.last)
    assert (real.wanted, real.obstacle) == (("stick",), "")
    assert "root keys were changed" in old.obstacle
    way_out = forks(ada)
    with pytest.raises(Refused) as refused:
        way_out.plan(old.id, is_carrying=False)
    assert refused.value.code == "E-TRUST-FORK"
    plan = way_out.plan(real.id, is_carrying=False)
    assert plan.base.version == 1
    assert way_out.settle(plan, ask=lambda _: STICK).draft is None
    ada.push()
    assert not cleo.pull().rejected
    assert cleo.at.snapshot().alarms == ()
    assert {m.name for m in cleo.people.people() if not m.is_active} == {"Ben"}


def test_a_version_that_was_in_force_here_is_not_put_aside_in_silence(team: Team) -> None:
    ada, ben, cleo = team.peers
    apart(team)
    ben.people.grant("Cleo", "reviewer")
    held = ben.people.team()
    meet(team)
    way_out = forks(ada)
    mine = next(side for side in way_out.view().sides if side.signed == ("Ada",))  # type: ignore[union-attr]
    way_out.settle(way_out.plan(mine.id, is_carrying=False))
    ada.push()
    for _ in range(2):  # it lasts until a person has said something
        ben.pull()
        turned = forks(ben).turned()
        assert turned is not None
        assert (turned.was.id, turned.now.id) == (held.id, ada.people.team().id)
        (note,) = (n for n in Alarms(ben.at).notes() if n.code == "E-TRUST-FORK")
        assert f"Version {held.version} of the team was in force here" in note.title
        assert note.is_grave
    cleo.pull()
    for peer in (ada, cleo):
        assert forks(peer).turned() is None
        assert Alarms(peer.at).notes() == ()
    forks(ben).accept()
    assert forks(ben).turned() is None
    assert Alarms(ben.at).notes() == ()
    with pytest.raises(Refused) as refused:
        forks(ben).accept()
    assert refused.value.code == "E-TRUST-FORK"
