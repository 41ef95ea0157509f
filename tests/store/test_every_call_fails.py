# SPDX-License-Identifier: Apache-2.0
"""Whichever call of a remote fails, and wherever the program dies: old state or new, never a third.

Every n from the first call to the last, with a reader who looks at what was left in between.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.parts import LEAST_PART_BYTES
from support.faulty_folder import Death, dying
from support.faulty_remote import RemoteFault, full, gone, struck
from support.peers import MODEL, Peer, Team, files_of
from support.share_laws import breaches, unfinished

EVERY = pytest.param(1, id="every", marks=pytest.mark.slow)
SMALL = {"weights.bin": b"w" * 70_000, "card.md": b"# small"}


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path, ("Ada", "Ben"))
    made.peers[0].at.part_bytes = LEAST_PART_BYTES  # the larger file travels in two parts
    made.peers[0].register(data=SMALL)
    yield made
    made.close()


def has_all(peer: Peer) -> bool:
    peer.at.runs.refresh()  # as every look at the runs does
    return peer.has_content() and peer.at.runs.search().total == 1


def is_lawful(peer: Peer) -> bool:
    """Whether everything that is shown here holds; a restarted program looks with fresh eyes."""
    snapshot = peer.at.ledger().refresh()
    return not snapshot.problems and not snapshot.alarms and not peer.problems()


@pytest.mark.parametrize(
    ("error", "after", "stride"),
    [
        pytest.param(gone, False, 2, id="some"),
        pytest.param(gone, False, 1, id="every", marks=pytest.mark.slow),
        pytest.param(full, True, 1, id="full", marks=pytest.mark.slow),
    ],
)
def test_9_a_push_whose_nth_call_fails_misleads_nobody_and_a_repeat_completes_it(
    team: Team, error: Callable[[], EnvironmentFault], after: bool, stride: int
) -> None:
    ada, ben = team.peers
    ada.push()
    whole = files_of(team.share)
    for nth in range(2, 200, stride):
        share = team.root / str(nth)
        for peer in (ada, ben):
            peer.add_remote(share, str(nth))
        with struck(RemoteFault(nth, error, after=after, stays=not after)) as fault:
            try:
                ada.push(str(nth))
            except EnvironmentFault as said:
                assert said.code == error().code  # noqa: PT017 - either way is right
        assert breaches(share) == []
        assert unfinished(share) == []
        (seen,) = ben.exchange.pull(str(nth), is_dry=True)
        assert seen.is_clean
        assert not seen.waiting
        ada.push(str(nth))
        there = files_of(share)
        assert {**there, "strongroom.json": b""} == {**whole, "strongroom.json": b""}
        if not fault.has_struck:
            assert {"put_trust", "put_object", "put_manifest", "put_segment"} <= set(fault.calls)
            return
    pytest.fail("a push of a few files makes hundreds of calls")


@pytest.mark.parametrize("stride", [pytest.param(9, id="some"), EVERY])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_9_a_pull_whose_nth_call_fails_keeps_what_it_has_and_a_repeat_completes_it(
    team: Team, after: bool, stride: int
) -> None:
    ada, ben = team.peers
    ada.push()
    before = files_of(team.share)
    for nth in range(1 + after, 200, stride):
        fresh = ben.restored_copy(team.root / str(nth))
        with struck(RemoteFault(nth, after=after, stays=not after)) as fault:
            try:
                fresh.pull()
            except EnvironmentFault as said:
                assert said.code == "E-SHARE"  # noqa: PT017 - either way is right
        assert is_lawful(fresh)
        assert fresh.pull().is_clean
        assert fresh.digest == ada.digest
        assert has_all(fresh)
        fresh.close()
        if not fault.has_struck:
            assert {"read_trust", "read_segment", "read_manifest", "read"} <= set(fault.calls)
            break
    else:
        pytest.fail("a pull of a few files makes hundreds of calls")
    assert files_of(team.share) == before


@pytest.mark.parametrize("stride", [pytest.param(24, id="some"), EVERY])
def test_8_a_program_killed_before_any_change_of_the_stick_leaves_it_lawful(
    team: Team, stride: int
) -> None:
    ada, ben = team.peers
    for nth in range(1, 2000, stride):
        share = team.root / str(nth)
        for peer in (ada, ben):
            peer.add_remote(share, str(nth))
        with dying(Death(nth)) as death:
            ada.push(str(nth))
        assert breaches(share) == []
        (seen,) = ben.exchange.pull(str(nth), is_dry=True)
        assert seen.is_clean
        assert not seen.waiting
        ada = ada.restarted()
        assert ada.push(str(nth)).is_clean
        assert breaches(share) == []
        if not death.has_struck:
            assert nth > 40
            break
    ada.close()


@pytest.mark.parametrize("stride", [pytest.param(24, id="some"), EVERY])
def test_a_program_killed_before_any_change_of_its_disk_goes_on_where_it_was(
    team: Team, stride: int
) -> None:
    ada, ben = team.peers
    ada.push()
    for nth in range(1, 2000, stride):
        fresh = ben.restored_copy(team.root / str(nth))
        with dying(Death(nth)) as death:
            fresh.pull()
        fresh = fresh.restarted()
        assert is_lawful(fresh)
        assert fresh.pull().is_clean
        assert fresh.digest == ada.digest
        assert has_all(fresh)
        assert MODEL in fresh.registry.state().models
        fresh.close()
        if not death.has_struck:
            assert nth > 40
            break


def test_a_program_killed_while_it_signs_signs_on_and_no_number_is_used_twice(team: Team) -> None:
    ada, ben = team.peers
    for nth in itertools.count(1):
        with dying(Death(nth)) as death:
            ada.say(nth)
        ada = ada.restarted()
        before = ada.at.snapshot().chains.by_writer[ada.writer]
        ada.say(nth)
        after = ada.at.snapshot().chains.by_writer[ada.writer]
        assert [event.seq for event in after] == list(range(1, len(before) + 2))
        assert is_lawful(ada)
        if not death.has_struck:
            assert nth > 10
            break
    ada.push()
    assert ben.pull().is_clean
    assert ben.digest == ada.digest
    ada.close()
