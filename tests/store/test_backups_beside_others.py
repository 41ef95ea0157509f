# SPDX-License-Identifier: Apache-2.0
"""Backups while somebody signs, sweeps, breaks bytes, plants names and sets clocks."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.artifact import check_paths, misfits
from strongroom.domain.backup import KeepRule
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Cancelled, EnvironmentFault, Untrusted
from strongroom.services.backups import Backups
from strongroom.services.restoring import restore_backup
from strongroom.store import backup_source
from strongroom.store.backup_folder import YOUNG_S, BackupFolder
from strongroom.store.restored import read_restored
from support.peers import Team, flip

NOTHING = KeepRule(last=1, daily=0, weekly=0, monthly=0)


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


class Meanwhile:
    """Does something when the progress says a sentence that begins so, ``times`` times."""

    def __init__(self, begins: str, act: Callable[[], object], *, times: int = 1) -> None:
        self._begins, self._act, self.left = begins, act, times

    def step(self, _done: int, _total: int, what: str = "") -> None:
        if self.left and what.startswith(self._begins):
            self.left -= 1
            self._act()


def objects(place: Path) -> list[Path]:
    return [path for path in (place / "obj").rglob("*") if path.is_file() and path.name[0] != "."]


def age(place: Path) -> None:
    """Makes all bytes of a folder older than a sweep spares, but for one that tells the time."""
    for path in objects(place)[1:]:
        os.utime(path, (path.stat().st_mtime - 2 * YOUNG_S,) * 2)


def restored_heads(place: Path, target: Path) -> dict[str, int]:
    restore_backup(place, "latest", target, clock=FixedClock(1_795_500_000_000_000))
    mark = read_restored(target)
    assert mark is not None
    return dict(mark.heads)


def test_who_signs_while_a_backup_is_made_is_in_it_with_the_state_it_says(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    signing = Meanwhile("Backing up runs/", lambda: ada.say(1))
    backups.create(place, progress=signing)
    assert signing.left == 0
    drill = backups.drill("", place)
    assert (drill.is_ok, drill.is_state_known) == (True, True)
    heads = restored_heads(place, tmp_path / "again")
    assert heads[ada.writer] == len(ada.at.snapshot().chains.by_writer[ada.writer])


def test_who_signs_all_the_while_loses_no_number_and_the_drill_says_what_it_cannot_compare(
    stocked, tmp_path, monkeypatch, capsys
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place, progress=Meanwhile("Looking for", lambda: ada.say(1), times=99_999))
    signed = len(ada.at.snapshot().chains.by_writer[ada.writer])
    drill = backups.drill("", place)
    assert (drill.is_ok, drill.is_state_known) == (True, False)
    assert restored_heads(place, tmp_path / "again")[ada.writer] == signed
    monkeypatch.setenv("STRONGROOM_HOME", str(ada.home))
    assert run_command(["backup", "drill", "--from", str(place), "--store", str(ada.store)],
                       lambda _: 0) == 0  # fmt: skip
    assert "no state was recorded" in capsys.readouterr().out


def test_names_that_no_backup_may_hold_are_told_and_leave_every_backup_readable(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    for name in (b"notes: old.txt", b"con", b"no\xffutf8", b"Note.md", b"note.MD", b"line\nend"):
        (Path(os.fsdecode(os.fsencode(ada.store) + b"/" + name))).write_text("mine")
    made = backups.create(place)
    assert {found.code for found in made.damaged} == {"E-PATH"}
    assert len(made.damaged) == 5, "of two that differ by case one is kept"
    assert not made.is_whole
    assert all(found.path.isascii() and found.path.isprintable() for found in made.damaged)
    assert not backups.listed(place)[0].code
    assert backups.drill("", place).is_ok
    ada.clock.advance(3600)
    backups.create(place)
    assert len(backups.prune(place, NOTHING).removed) == 1


def test_a_list_that_nobody_could_read_is_never_published(stocked, tmp_path):
    ada, _ = stocked.peers
    place = tmp_path / "backups"
    Backups(ada.at).create(place)
    folder = BackupFolder.open_existing(place)
    (listed,) = folder.listed()
    backup = folder.read(listed)
    object.__setattr__(backup.files[0], "path", "../out")
    with pytest.raises(Untrusted) as caught:
        folder.add(backup)
    assert caught.value.code == "E-PATH"
    assert folder.listed() == [listed]


def test_a_list_whose_names_are_numbers_is_refused_like_any_other(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    (path,) = (place / "list").rglob("*.json")
    document = json.loads(path.read_text())
    document["files"][0][0] = 7
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    path.unlink()
    path.with_name(f"{path.name[:17]}{hashlib.sha256(data).hexdigest()[:16]}.json").write_bytes(
        data
    )
    assert [info.code for info in backups.listed(place)] == ["E-FORMAT"]


@pytest.mark.parametrize("looked_at_by", ["verify", "drill", "restore"])
def test_a_flipped_bit_of_the_same_size_is_healed_by_the_next_backup(
    stocked, tmp_path, looked_at_by
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    victim = max(objects(place), key=lambda path: path.stat().st_size)
    whole = victim.read_bytes()
    flip(victim)
    if looked_at_by == "verify":
        found = backups.verify(place, is_reading_data=True).findings
        assert [each.code for each in found] == ["E-HASH"]
    elif looked_at_by == "drill":
        assert not backups.drill("", place).is_ok
    else:
        with pytest.raises(Untrusted):
            restored_heads(place, tmp_path / "again")
    assert [each.code for each in backups.verify(place).findings] == ["E-HASH"], "still told"
    assert [each.code for each in backups.drill("", place).findings] == ["E-HASH"]
    assert backups.create(place).new_count == 1
    assert victim.read_bytes() == whole
    assert backups.verify(place, is_reading_data=True).is_ok
    assert backups.drill("", place).is_ok


def test_a_folder_that_lets_nobody_write_still_tells_its_damage(stocked, tmp_path, monkeypatch):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    flip(max(objects(place), key=lambda path: path.stat().st_size))

    def refused(self, target):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refused)
    for _ in range(2):
        (found,) = backups.verify(place, is_reading_data=True).findings
        assert found.code == "E-HASH"


def test_a_sweep_beside_a_backup_spares_the_old_bytes_it_has_taken_up(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    folder = BackupFolder.open_existing(place)
    (old,) = folder.listed()
    age(place)
    ada.say(1)
    # Another workstation takes the only list away that names those bytes, and sweeps.
    sweep = Meanwhile(
        "Backing up store.json",
        lambda: folder.remove([old], now_us=ada.clock.now_us() + 3600 * 1_000_000),
    )
    made = backups.create(place, progress=sweep)
    assert sweep.left == 0
    assert [info.id for info in backups.listed(place)] == [made.info.id]
    assert backups.verify(place, is_reading_data=True).is_ok
    assert backups.drill("", place).is_ok


def test_bytes_that_vanish_before_the_list_is_there_are_written_again(
    stocked, tmp_path, monkeypatch
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    add, gone = BackupFolder.add, []

    def late(self, backup):
        if not gone:
            for path in objects(place)[:4]:
                path.unlink()
                gone.append(path)
        return add(self, backup)

    monkeypatch.setattr(BackupFolder, "add", late)
    ada.clock.advance(60)
    made = backups.create(place)
    assert made.new_count == 4
    assert backups.verify(place, is_reading_data=True).is_ok
    assert len(backups.listed(place)) == 2


def test_a_folder_whose_bytes_vanish_again_and_again_gets_no_list_with_holes(
    stocked, tmp_path, monkeypatch
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    add = BackupFolder.add

    def late(self, backup):
        objects(place)[0].unlink()
        return add(self, backup)

    monkeypatch.setattr(BackupFolder, "add", late)
    with pytest.raises(EnvironmentFault) as caught:
        backups.create(place)
    assert caught.value.code == "E-SHARE"
    assert backups.listed(place) == ()


def test_a_clock_that_was_set_back_does_not_cost_the_backup_just_made(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.save_plan(place, every_hours=24, keep=NOTHING)
    early, _ = backups.run_plan()
    ada.clock.advance(-10 * 24 * 3600.0)
    made, pruned = backups.run_plan()
    assert early is not None
    assert made is not None
    assert pruned is not None
    assert {info.id for info in backups.listed()} == {made.info.id, early.info.id}


def test_a_backup_that_is_not_whole_costs_no_older_one(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.save_plan(place, every_hours=24, keep=NOTHING)
    backups.run_plan()
    ada.clock.advance(2 * 24 * 3600.0)
    (ada.store / "con").write_text("no disk takes me")
    made, pruned = backups.run_plan()
    assert made is not None
    assert not made.is_whole
    assert pruned is None
    assert len(backups.listed()) == 2


class Counted:
    """Counts the bytes that are read from each file of a store."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: dict[str, int] = {}
        opened, counts = backup_source.BackupSource.open, self.read

        def counting(self, path, *, at=0):
            counts[path] = counts.get(path, 0) + 1
            return opened(self, path, at=at)

        monkeypatch.setattr(backup_source.BackupSource, "open", counting)


def test_a_new_file_is_read_twice_at_most_and_an_old_one_never(stocked, tmp_path, monkeypatch):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    counted = Counted(monkeypatch)
    backups.create(place)
    assert set(counted.read.values()) == {2}, "once for its digest, once to be copied"
    counted.read.clear()
    backups.create(place)
    assert counted.read == {}


def test_what_a_stopped_backup_has_read_is_not_read_again_for_its_digest(
    stocked, tmp_path, monkeypatch
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        backups.create(place, progress=Meanwhile("Backing up store.json", stop))
    counted = Counted(monkeypatch)
    backups.create(place)
    assert counted.read == {"store.json": 1}


def test_a_file_that_the_disk_does_not_give_back_is_told_and_all_others_are_kept(
    stocked, tmp_path, monkeypatch
):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    opened = backup_source.BackupSource.open

    class Torn:
        def __init__(self, stream):
            self._stream = stream

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._stream.close()

        def read(self, size):
            raise OSError(5, "Input/output error")

    def failing(self, path, *, at=0):
        stream = opened(self, path, at=at)
        return Torn(stream) if path.endswith("metrics.parquet") else stream

    monkeypatch.setattr(backup_source.BackupSource, "open", failing)
    made = backups.create(place)
    assert [found.code for found in made.damaged] == ["E-HASH"]
    assert "Input/output error" in made.damaged[0].detail
    assert not made.is_whole
    monkeypatch.undo()
    assert backups.create(place).is_whole


def test_misfits_leave_a_tree_that_stands_on_every_disk():
    paths = ["a/b", "A", "a", "a/B", "x", "x/y", "con.txt", "ok/z", "OK"]
    left_out = [path for path, _ in misfits(paths)]
    assert left_out == ["A", "a", "a/B", "x/y", "con.txt", "OK"]
    check_paths([path for path in paths if path not in left_out])


def test_a_user_file_that_ends_like_a_lock_is_backed_up(stocked, tmp_path):
    ada, _ = stocked.peers
    (ada.store / "poetry.lock").write_text("pinned")
    place = tmp_path / "backups"
    Backups(ada.at).create(place)
    restored_heads(place, tmp_path / "again")
    assert (tmp_path / "again" / "poetry.lock").read_text() == "pinned"
