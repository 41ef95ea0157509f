# SPDX-License-Identifier: Apache-2.0
"""Bundles and backups on a file system that fails on command, and after power cuts.

A bundle or backup that was acknowledged is whole; one that was not is whole, absent, or refused.
"""

import errno
import itertools
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom.domain.backup import KeepRule
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault, StrongroomError
from strongroom.domain.parts import LEAST_PART_BYTES
from strongroom.services.backups import Backups
from strongroom.services.bundles import Bundles
from strongroom.services.restoring import restore_backup
from strongroom.store import publish
from support.faulty_folder import Death, dying
from support.faulty_mount import CHANGING, READING, FaultyMount, faulty_mount
from support.peers import Team, files_of
from support.power_cut import VARIANTS, after_cut

ERRORS = (errno.EIO, errno.ENOSPC, errno.ESTALE)
SMALL = {"weights.bin": b"w" * 70_000, "card.md": b"# small"}
SUFFIX = ".strongbundle"
ONCE = {"mkdir", "statfs"}  # one call of them is all that a bundle or a backup makes
EVERY_WRITER = {
    "create", "write", "flush", "fsync", "link", "unlink", "fsyncdir", "getattr", "open", "read",
    "statfs",
}  # fmt: skip
EVERY_READER = {"getattr", "open", "read"}


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setattr(publish, "RETRY_PAUSES_S", (0.001,) * 6)
    made = Team(tmp_path, ("Ada", "Ben"))
    made.peers[0].at.part_bytes = LEAST_PART_BYTES
    made.peers[0].register(data=SMALL)
    yield made
    made.close()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[FaultyMount]:
    with faulty_mount(tmp_path / "fuse") as made:
        yield made


def faults() -> Iterator[tuple[str, int, int, bool]]:
    """Yields one fault of each operation: name, error, which call, whether after doing it."""
    for number, operation in enumerate((*CHANGING, *READING)):
        nth = 1 if operation in ONCE else 1 + number % 2
        yield operation, ERRORS[number % 3], nth, number % 2 == 1


@dataclass(slots=True)
class Attempt:
    """What came of a block with a fault."""

    came_through: bool = False
    has_struck: bool = False


@contextmanager
def failing(mount: FaultyMount, fault: tuple[str, int, int, bool]) -> Iterator[Attempt]:
    """Runs a block with a fault; an honest error ends here, where a fault was."""
    operation, error, nth, after = fault
    attempt = Attempt()
    mount.fail(operation, error, nth=nth, after=after)
    try:
        yield attempt
        attempt.came_through = True
    except EnvironmentFault as told:
        assert told.code in {"E-SHARE", "E-FULL"}  # noqa: PT017 - either way is right
    finally:
        attempt.has_struck = mount.heal()
    assert attempt.came_through or attempt.has_struck, fault


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_12_a_bundle_on_a_failing_medium_is_whole_or_absent(team: Team, mount: FaultyMount) -> None:
    ada, ben = team.peers
    for number, fault in enumerate(faults()):
        name = f"{number}{SUFFIX}"
        with failing(mount, fault) as attempt:
            Bundles(ada.at).create(mount.folder / name)
        assert (mount.root / name).exists() or not attempt.came_through, fault
        if (mount.root / name).exists():
            _, wrong = Bundles(ben.at).verify(mount.root / name)
            assert wrong == (), fault
    assert set(mount.struck) >= EVERY_WRITER
    newest = max(mount.folder.glob(f"*{SUFFIX}"), key=lambda path: int(path.stem))
    assert ben.exchange.take(str(newest)).is_clean
    assert ben.has_content()


def test_8_a_bundle_that_was_acknowledged_outlives_a_power_cut(
    team: Team, mount: FaultyMount
) -> None:
    ada, ben = team.peers
    Bundles(ada.at).create(mount.folder / f"first{SUFFIX}")
    acknowledged = len(mount.log())
    Bundles(ada.at).create(mount.folder / f"second{SUFFIX}")
    whole = files_of(mount.root)
    log = mount.log()
    for line, variant in itertools.product(range(len(log) + 1), VARIANTS):
        held = after_cut(log, line, variant)
        for name, data in whole.items():
            found = held.get(name)
            is_owed = line >= acknowledged if name.startswith("first") else line == len(log)
            assert found in ({data} if is_owed else {data, None, b""}), (line, variant, name)
    empty = lay_out(team.root / "cut", {f"stub{SUFFIX}": b""}) / f"stub{SUFFIX}"
    with pytest.raises(StrongroomError) as refused:
        ben.exchange.take(str(empty))
    assert refused.value.advice


def test_9_a_bundle_zip_or_backup_that_cannot_be_read_is_never_called_damaged(
    team: Team, mount: FaultyMount
) -> None:
    ada, ben = team.peers
    ada.push()
    bundle, packed, place = (mount.folder / name for name in (f"b{SUFFIX}", "r.zip", "backups"))
    Bundles(ada.at).create(bundle)
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in files_of(team.share).items():
            archive.writestr(f"repo/{path}", data)
    Backups(ada.at).create(place)
    looks: list[Callable[[], bool]] = [
        lambda: Bundles(ben.at).verify(bundle)[1] == (),
        lambda: ben.exchange.preview(str(bundle)).is_clean,
        lambda: ben.exchange.preview(str(packed)).is_clean,
        lambda: Backups(ada.at).verify(place, is_reading_data=True).is_ok,
    ]
    for look in looks:
        assert look()
    struck = set()
    faults = itertools.product(READING, zip(ERRORS, (1, 2, 9), strict=True), enumerate(looks))
    for operation, (error, nth), (number, look) in faults:
        with failing(mount, (operation, error, nth, False)) as attempt:
            assert look(), (operation, errno.errorcode[error], number)
        if attempt.has_struck:
            struck.add((operation, number))
    assert struck >= set(itertools.product(EVERY_READER, range(len(looks))))
    assert ben.exchange.quarantined() == ()


def test_12_a_backup_on_a_failing_medium_leaves_the_older_ones_whole(
    team: Team, mount: FaultyMount
) -> None:
    ada = team.peers[0]
    backups, place = Backups(ada.at), mount.folder / "backups"
    backups.create(place)
    count = 1
    for number, fault in enumerate(faults()):
        ada.say(number)
        with failing(mount, fault) as attempt:
            assert backups.create(place).is_whole, fault
        assert backups.verify(place, is_reading_data=True).is_ok, fault
        listed = len(backups.listed(place))
        assert listed == count + 1 or (listed == count and not attempt.came_through), fault
        count = listed
    assert set(mount.struck) >= {*EVERY_WRITER, "mkdir"}
    assert backups.create(place).is_whole
    assert backups.drill(folder=place).is_ok


class CutBackups:
    """A folder of backups as power cuts during two backups may leave it."""

    def __init__(self, team: Team, mount: FaultyMount) -> None:
        self.ada, self.root = team.peers[0], team.root
        self.backups, self.log = Backups(self.ada.at), mount.log
        self.acknowledged: list[tuple[int, str]] = []
        for number in range(2):
            made = self.backups.create(mount.folder / "backups")
            self.acknowledged.append((len(mount.log()), made.info.id))
            self.ada.say(number)

    def states(self) -> Iterator[tuple[int, str, dict[str, bytes]]]:
        """Yields each different content with what it was reached by."""
        log, seen = self.log(), set()
        for line, variant in itertools.product(range(len(log) + 1), VARIANTS):
            held = after_cut(log, line, variant)
            owed = sum(line >= reached for reached, _ in self.acknowledged)
            key = (owed, tuple(sorted(held.items())))
            if key not in seen:
                seen.add(key)
                yield line, variant, {p.removeprefix("backups/"): d for p, d in held.items()}

    def check(self, line: int, variant: str, files: dict[str, bytes]) -> None:
        """What was acknowledged can be restored; the next backup is made, and an old one goes."""
        case = (line, variant)
        place = lay_out(self.root / f"{line}-{variant}", files)
        owed = {id_ for reached, id_ in self.acknowledged if reached <= line}
        if owed:
            assert owed <= {info.id for info in self.backups.listed(place) if not info.code}, case
            assert self.backups.verify(place, is_reading_data=True).is_ok, case
        assert self.backups.create(place).is_whole, case
        assert self.backups.verify(place, is_reading_data=True).is_ok, case
        self.backups.prune(place, KeepRule(last=1))
        assert len(self.backups.listed(place)) == 1, case
        assert self.backups.verify(place, is_reading_data=True).is_ok, case


def test_8_a_backup_that_was_acknowledged_outlives_a_power_cut(
    team: Team, mount: FaultyMount
) -> None:
    cut = CutBackups(team, mount)
    found = list(cut.states())
    assert len(found) > 40
    for state in (*found[:4], *found[4 :: len(found) // 8], found[-1]):
        cut.check(*state)


@pytest.mark.slow
def test_8_backups_go_on_after_any_power_cut(team: Team, mount: FaultyMount) -> None:
    cut = CutBackups(team, mount)
    for state in cut.states():
        cut.check(*state)


def test_8_a_store_whose_restoring_was_killed_is_absent_or_whole(
    team: Team, tmp_path: Path
) -> None:
    ada = team.peers[0]
    place = tmp_path / "backups"
    made = Backups(ada.at).create(place)
    clock = FixedClock(1_795_500_000_000_000)

    def restore(target: Path) -> Callable[[], object]:
        return lambda: restore_backup(place, made.info.id, target, clock=clock)

    restore(tmp_path / "whole")()
    whole = files_of(tmp_path / "whole")
    for nth in itertools.count(1, 9):
        target = tmp_path / f"restored-{nth}"
        with dying(Death(nth)) as death:
            restore(target)()
        with suppress(FileNotFoundError):
            found = files_of(target)
            assert not found or {**found, "restored.json": b""} == {**whole, "restored.json": b""}
        if not death.has_struck:
            break
    assert nth > 20
