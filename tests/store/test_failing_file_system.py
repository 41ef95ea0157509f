# SPDX-License-Identifier: Apache-2.0
"""The product's own push, pull and verify on a mounted file system that fails on command.

* Whatever operation of the share fails, and however: an honest fault, no false verdict, no half
  file under a name, and a repeat completes what was begun.
* After a power cut at any point what was acknowledged is there and whole, and a repeat heals.
"""

import errno
import itertools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.parts import LEAST_PART_BYTES
from strongroom.exchange.remote import FolderRemote
from strongroom.services.integrity import Integrity
from strongroom.services.witness import Witness
from strongroom.store import publish
from support.faulty_mount import CHANGING, READING, FaultyMount, faulty_mount
from support.peers import Peer, Team, files_of
from support.power_cut import VARIANTS, after_cut
from support.share_laws import breaches, unfinished

ERRORS = (errno.EIO, errno.ENOSPC, errno.ESTALE)
SMALL = {"weights.bin": b"w" * 70_000, "card.md": b"# small"}
ENOUGH = 5_000  # operations of one push of a few files
STRIDE = 13  # of them, for each error from another one on


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setattr(publish, "RETRY_PAUSES_S", (0.001,) * 6)
    made = Team(tmp_path, ("Ada", "Ben"))
    made.peers[0].at.part_bytes = LEAST_PART_BYTES  # the larger file travels in two parts
    made.peers[0].register(data=SMALL)
    yield made
    made.close()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[FaultyMount]:
    with faulty_mount(tmp_path / "fuse") as made:
        yield made


class Pushes:
    """Pushes of one workstation into fresh folders of a mount that fails."""

    def __init__(self, team: Team, mount: FaultyMount) -> None:
        self._team, self._mount = team, mount
        self._numbers = itertools.count()
        self._seen: set[frozenset[str]] = set()
        team.peers[0].push()
        self.whole = self._content(team.share)

    @staticmethod
    def _content(share: Path) -> dict[str, bytes]:
        found = {path: data for path, data in files_of(share).items() if "/." not in f"/{path}"}
        return {**found, "strongroom.json": b""}  # says when the remote was made

    def fail(self, operation: str, error: int, *, nth: int, after: bool) -> bool:
        """Pushes with a fault, then without; False if there were not so many operations."""
        name = str(next(self._numbers))
        ada, ben = self._team.peers
        below = self._mount.root / name
        for peer in (ada, ben):
            peer.add_remote(self._mount.folder / name, name)
        self._mount.fail(operation, error, nth=nth, after=after)
        is_done = self._push(ada, name)
        has_struck = self._mount.heal()
        case = (operation, errno.errorcode[error], nth, after)
        assert breaches(below) == [], case
        assert not is_done or self._content(below) == self.whole, case
        if frozenset(files_of(below)) not in self._seen:
            self._seen.add(frozenset(files_of(below)))
            (seen,) = ben.exchange.pull(name, is_dry=True)
            assert seen.is_clean, case
            assert not seen.waiting, case
        ada.push(name)
        assert self._content(below) == self.whole, case
        assert not [path for path in unfinished(below) if path.endswith(".bad")], case
        for peer in (ada, ben):  # hundreds of remotes in one home would only take time
            peer.at.home.save_remotes([])
            peer.at.home.save_sync_states({})
        return has_struck

    def _push(self, peer: Peer, name: str) -> bool:
        try:
            peer.push(name)
        except EnvironmentFault as fault:
            assert fault.code in {"E-SHARE", "E-FULL"}  # noqa: PT017 - either way is right
            return False
        return True


def test_12_a_push_through_any_failing_operation_is_told_and_repeated(
    team: Team, mount: FaultyMount
) -> None:
    pushes = Pushes(team, mount)
    struck = set()
    for number, operation in enumerate((*CHANGING, *READING)):
        after = number % 2 == 1
        if pushes.fail(operation, ERRORS[number % 3], nth=1 + 2 * after, after=after):
            struck.add(operation)
    mount.forbid_links()
    for number, (error, after) in enumerate(itertools.product(ERRORS, (False, True))):
        if pushes.fail("rename", error, nth=1 + number, after=after):
            struck.add("rename")
    assert struck >= {"create", "write", "fsync", "link", "rename", "unlink", "mkdir", "getattr"}


@pytest.mark.slow
@pytest.mark.parametrize("links", [True, False], ids=["links", "renames"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", ERRORS, ids=[errno.errorcode[each] for each in ERRORS])
def test_a_push_whose_nth_operation_fails_is_told_and_repeated(
    team: Team, mount: FaultyMount, error: int, after: bool, links: bool
) -> None:
    if not links:
        mount.forbid_links()
    pushes = Pushes(team, mount)
    first = 1 + ERRORS.index(error) + 3 * after + 6 * links
    for nth in range(first, ENOUGH, STRIDE):
        if not pushes.fail("*", error, nth=nth, after=after):
            assert nth > 100
            return
    pytest.fail("a push of a few files has so many operations")


def test_a_share_that_cannot_be_read_is_never_called_damaged(
    team: Team, mount: FaultyMount
) -> None:
    ada, ben = team.peers
    for peer in (ada, ben):
        peer.add_remote(mount.folder / "s", "s")
    ada.push("s")
    struck = set()
    times = zip(ERRORS, (1, 4, 30), strict=True)
    for operation, (error, nth), look in itertools.product(READING, times, (_preview, _verify)):
        is_told = False
        mount.fail(operation, error, nth=nth)
        try:
            assert look(ben), (operation, error)
        except EnvironmentFault as fault:
            assert fault.code in {"E-SHARE", "E-FULL"}  # noqa: PT017 - either way is right
            is_told = True
        if mount.heal():
            struck.add((operation, look))
        else:
            assert not is_told, (operation, error)
    reads = {"getattr", "readdir", "open", "read"}
    assert struck >= set(itertools.product(reads, (_preview, _verify)))
    assert ben.exchange.quarantined() == ()
    assert ben.pull("s").is_clean
    assert ben.digest == ada.digest
    assert ben.has_content()


def test_a_listing_in_which_any_look_fails_is_told_and_never_shorter(
    team: Team, mount: FaultyMount
) -> None:
    ada, _ = team.peers
    ada.add_remote(mount.folder / "s", "s")
    ada.push("s")
    remote = FolderRemote.open_existing(mount.folder / "s")
    listings: dict[str, Callable[[], object]] = {
        "trust": remote.trust_files,
        "writers": remote.writers,
        "segments": lambda: remote.segments(ada.writer),
        "objects": lambda: sorted(remote.objects()),
        "manifests": lambda: sorted(remote.manifests()),
        "leftovers": lambda: remote.remove_leftovers(0),
    }
    for name, listing in listings.items():
        whole, told = listing(), 0
        for nth in range(1, 200):
            mount.fail("getattr", errno.EIO, nth=nth)
            try:
                assert listing() == whole, (name, nth)
            except EnvironmentFault as fault:
                assert fault.code == "E-SHARE"  # noqa: PT017 - or it is whole
                told += 1
            if not mount.heal():
                break
        assert nth > 2, name
        assert told, name


def test_the_doctor_tells_of_a_share_that_fails_and_of_a_zip_that_is_there(
    team: Team, mount: FaultyMount, tmp_path: Path
) -> None:
    ada, _ = team.peers
    packed = tmp_path / "share.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in files_of(team.share).items():
            archive.writestr(f"repo/{path}", data)
    ada.exchange.add("packed", packed)
    ada.add_remote(mount.folder / "s", "s")
    ada.push("s")
    mount.fail("getattr", errno.EIO, nth=3)  # the kernel asks for names twice
    found = {
        check.name: check for check in Integrity(ada.at, ada.registry, Witness(ada.at)).doctor()
    }
    assert mount.heal()
    assert not found["remote s"].is_ok
    assert found["remote s"].advice
    assert found["remote packed"].is_ok


def _preview(peer: Peer) -> bool:
    seen = peer.exchange.preview("s")
    return seen.is_clean and not seen.waiting


def _verify(peer: Peer) -> bool:
    return peer.exchange.verify("s", is_reading_data=True).is_ok


class Cuts:
    """What a stick may hold after a power cut during pushes, made real on the disk below."""

    def __init__(self, team: Team, mount: FaultyMount) -> None:
        self.team, self.mount = team, mount
        ada = team.peers[0]
        ada.add_remote(mount.folder / "s", "s")
        self.acknowledged = [(len(mount.log()), files_of(mount.root / "s"))]
        for _ in range(2):
            ada.push("s")
            self.acknowledged.append((len(mount.log()), files_of(mount.root / "s")))
            ada.say(1)
        self.log = mount.log()

    def states(self) -> Iterator[tuple[int, str, dict[str, bytes]]]:
        """Yields what each kind of cut leaves after each line of the log."""
        for line, variant in itertools.product(range(len(self.log) + 1), VARIANTS):
            held = after_cut(self.log, line, variant)
            yield line, variant, {path.removeprefix("s/"): data for path, data in held.items()}

    def distinct(self) -> list[tuple[int, str, dict[str, bytes]]]:
        """Returns those of them that differ."""
        found = {tuple(sorted(files.items())): (line, v, files) for line, v, files in self.states()}
        return list(found.values())

    def check(self, line: int, variant: str, files: dict[str, bytes]) -> None:
        """What was acknowledged before the cut is there and whole."""
        for acknowledged, content in self.acknowledged:
            if acknowledged <= line:
                lost = [path for path in content if files.get(path) != content[path]]
                assert not lost, (line, variant, lost)

    def live_on(self, line: int, variant: str, files: dict[str, bytes]) -> None:
        """A reader is told no lie by what is left, and the next push completes it."""
        ada, ben = self.team.peers
        name = f"{line}-{variant}"
        share = self.team.root / name
        for path, data in files.items():
            (share / path).parent.mkdir(parents=True, exist_ok=True)
            (share / path).write_bytes(data)
        for peer in (ada, ben):
            peer.add_remote(share, name)
        (seen,) = ben.exchange.pull(name, is_dry=True)
        damaged = [path for path, data in files.items() if not data and "/." not in f"/{path}"]
        assert {trouble.path for trouble in seen.rejected} <= set(damaged), (line, variant)
        assert ada.push(name).is_clean
        assert breaches(share) == [], (line, variant)
        assert ada.exchange.verify(name, is_reading_data=True).is_ok, (line, variant)


def test_8_after_a_power_cut_at_any_point_of_a_push_nothing_acknowledged_is_lost(
    team: Team, mount: FaultyMount
) -> None:
    mount.forbid_links()  # as FAT32 has none
    cuts = Cuts(team, mount)
    for state in cuts.states():
        cuts.check(*state)
    states = cuts.distinct()
    assert len(states) > 80
    for state in states[:: len(states) // 6]:
        cuts.live_on(*state)


@pytest.mark.slow
@pytest.mark.parametrize("links", [True, False], ids=["links", "renames"])
def test_from_any_state_after_a_power_cut_the_next_push_completes_the_stick(
    team: Team, mount: FaultyMount, links: bool
) -> None:
    if not links:
        mount.forbid_links()
    cuts = Cuts(team, mount)
    for state in cuts.states():
        cuts.check(*state)
    for state in cuts.distinct():
        cuts.live_on(*state)
