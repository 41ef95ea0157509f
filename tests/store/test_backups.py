# SPDX-License-Identifier: Apache-2.0
"""Backups of real stores: made while they are used, checked, kept by a rule, restored."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.cli.root import run as run_command
from strongroom.domain.backup import KeepRule
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput, Cancelled, EnvironmentFault, Untrusted
from strongroom.sdk.fluent import log_metric, start_run
from strongroom.services.backups import Backups
from strongroom.services.restoring import list_backups, restore_backup
from strongroom.store.backup_folder import YOUNG_S
from strongroom.store.publish import publish
from strongroom.store.restored import read_restored
from support.peers import MODEL, Peer, Team, files_of, flip

DAY_S = 24 * 3600.0
IGNORED = ("cache/", "catalog.sqlite3", "lock", "restored.json")


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1 and pushed nothing yet."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def lasting(store: Path) -> dict[str, bytes]:
    return {
        path: data
        for path, data in files_of(store).items()
        if not path.startswith(IGNORED) and not path.endswith(".lock")
    }


def restore(folder: Path, target: Path, id_: str = "latest") -> Path:
    return restore_backup(folder, id_, target, clock=FixedClock(1_795_500_000_000_000)).folder


def test_a_restored_store_is_the_store_byte_for_byte(stocked, tmp_path):
    ada, _ = stocked.peers
    place = tmp_path / "backups"
    made = Backups(ada.at).create(place, why="before the move")
    assert made.is_whole
    assert (made.info.why, made.info.file_count) == ("before the move", len(lasting(ada.store)))
    target = restore(place, tmp_path / "again")
    assert lasting(target) == lasting(ada.store)
    mark = read_restored(target)
    assert mark is not None
    assert mark.backup == made.info.id


def test_a_second_backup_copies_only_what_is_new_and_both_can_be_restored(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    first = backups.create(place)
    before = lasting(ada.store)
    again = backups.create(place)
    assert (again.new_count, again.new_bytes) == (0, 0)
    ada.say(1)
    third = backups.create(place)
    assert third.new_count == 1
    assert [info.id for info in backups.listed(place)] == [
        third.info.id, again.info.id, first.info.id
    ]  # fmt: skip
    assert lasting(restore(place, tmp_path / "old", first.info.id)) == before
    assert lasting(restore(place, tmp_path / "new", third.info.id[:6])) == lasting(ada.store)


def test_several_stores_share_a_folder_and_their_equal_bytes(stocked, tmp_path):
    ada, ben = stocked.peers
    ada.push()
    ben.pull()
    place = tmp_path / "backups"
    first = Backups(ada.at).create(place)
    second = Backups(ben.at).create(place)
    assert 0 < second.new_bytes < first.new_bytes / 2, "what both hold lies there once"
    assert [info.id for info in Backups(ben.at).listed(place)] == [second.info.id]
    assert len(Backups(ben.at).listed(place, is_all=True)) == 2
    with pytest.raises(BadInput, match="holds backups of 2 stores"):
        restore(place, tmp_path / "which")
    assert lasting(restore(place, tmp_path / "bens", second.info.id)) == lasting(ben.store)


def test_a_run_that_logs_meanwhile_is_in_the_backup_as_far_as_it_had_come(stocked, tmp_path):
    ada, _ = stocked.peers
    place = tmp_path / "backups"
    with start_run(MODEL, name="live", store=ada.store):
        for step in range(100):
            log_metric("loss", 1 / (step + 1), step)
        made = Backups(ada.at).create(place)
        log_metric("loss", 0.0, 100)
    target = restore(place, tmp_path / "again", made.info.id)
    journals = [path for path in lasting(target) if path.endswith(".srj")]
    assert journals
    assert Backups(ada.at).drill(made.info.id, place).is_ok


def test_a_drill_reads_everything_and_finds_what_a_look_at_names_does_not(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    good = backups.drill("", place)
    assert good.is_ok
    assert (good.runs, good.events > 2) == (1, True)
    victim = max((path for path in (place / "obj").rglob("*") if path.is_file()),
                 key=lambda path: path.stat().st_size)  # fmt: skip
    flip(victim)
    assert backups.verify(place).is_ok, "a look at names and sizes does not see it"
    check = backups.verify(place, is_reading_data=True)
    assert [found.code for found in check.findings] == ["E-HASH"]
    bad = backups.drill("", place)
    assert [found.code for found in bad.findings] == ["E-HASH"]
    with pytest.raises(Untrusted) as caught:
        restore(place, tmp_path / "again")
    assert caught.value.code == "E-HASH"
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob(".again*")), "nothing is left behind"


def test_the_next_backup_heals_what_is_gone(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    for path in [path for path in (place / "obj").rglob("*") if path.is_file()][:3]:
        path.unlink()
    assert {found.code for found in backups.verify(place).findings} == {"E-MISSING"}
    backups.create(place)
    assert backups.verify(place, is_reading_data=True).is_ok


def test_every_byte_of_a_list_is_protected_by_its_name(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    backups.create(place)
    (path,) = (place / "list").rglob("*.json")
    data = path.read_bytes()
    for at in range(0, len(data), 37):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        (info,) = backups.listed(place)
        assert info.code, f"a flip at {at} was not seen"
    path.write_bytes(data)
    assert not backups.listed(place)[0].code


@pytest.mark.parametrize("wrong", ["../out", "/etc/x", "ledger/../../x", "a\\b", "con"])
def test_a_list_cannot_write_outside_of_the_store(stocked, tmp_path, wrong):
    ada, _ = stocked.peers
    place = tmp_path / "backups"
    Backups(ada.at).create(place)
    (path,) = (place / "list").rglob("*.json")
    document = json.loads(path.read_text())
    document["files"][0][0] = wrong
    _plant(path, document)
    with pytest.raises(Untrusted) as caught:
        restore(place, tmp_path / "again")
    assert caught.value.code == "E-PATH"
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_the_earlier_backups(stocked, tmp_path, monkeypatch):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    first = backups.create(place)
    ada.say(1)

    def full(root, size_bytes):
        raise EnvironmentFault("E-FULL", "There is no space left", "")

    monkeypatch.setattr("strongroom.store.repository.check_free_space", full)
    with pytest.raises(EnvironmentFault):
        backups.create(place)
    assert [info.id for info in backups.listed(place)] == [first.info.id]
    monkeypatch.undo()
    assert backups.create(place).is_whole


def test_a_backup_that_was_stopped_is_none_and_costs_nothing_twice(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)

    class Impatient:
        seen = 0

        def step(self, done, total, what):
            self.seen += what.startswith("Backing up")
            if self.seen > 5:
                raise Cancelled

    with pytest.raises(Cancelled):
        backups.create(place, progress=Impatient())
    assert backups.listed(place) == ()
    there = sum(1 for path in (place / "obj").rglob("*") if path.is_file())
    assert there >= 3
    assert backups.create(place).new_count < len(lasting(ada.store))


def test_a_rule_keeps_and_a_sweep_removes_only_bytes_that_nothing_names(stocked, tmp_path):
    ada, ben = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    for day in range(5):
        ada.say(day)
        backups.create(place)
        ada.clock.advance(DAY_S)
    Backups(ben.at).create(place)
    rule = KeepRule(last=1, daily=2, weekly=0, monthly=0)
    would = backups.prune(place, rule, is_dry=True)
    assert (len(would.removed), would.kept_count) == (3, 2)
    assert len(backups.listed(place)) == 5
    for path in (place / "obj").rglob("*"):  # all but the newest are older than a day
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - 2 * YOUNG_S,) * 2)
    ada.say(9)
    backups.create(place)
    done = backups.prune(place, rule)
    assert len(done.removed) == 4
    assert len(backups.listed(place)) == 2
    assert len(Backups(ben.at).listed(place)) == 1
    assert backups.verify(place, is_reading_data=True).is_ok
    assert backups.verify(place).unnamed_bytes == 0
    assert lasting(restore(place, tmp_path / "again", backups.listed(place)[0].id)) == lasting(
        ada.store
    )


def test_bytes_of_a_backup_that_is_being_made_elsewhere_are_not_swept(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    for _ in range(2):
        backups.create(place)
        ada.say(1)
        ada.clock.advance(DAY_S)
    data = b"on its way"
    digest = hashlib.sha256(data).hexdigest()
    publish(place, f"obj/{digest[:2]}/{digest}", data)
    before = sum(1 for path in (place / "obj").rglob("*") if path.is_file())
    backups.prune(place, KeepRule(last=1, daily=0, weekly=0, monthly=0))
    assert sum(1 for path in (place / "obj").rglob("*") if path.is_file()) == before


def test_a_list_that_cannot_be_read_keeps_all_bytes(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    for _ in range(3):
        backups.create(place)
        ada.say(1)
        ada.clock.advance(DAY_S)
    newest = max((place / "list").rglob("*.json"))
    flip(newest)
    before = files_of(place)
    with pytest.raises(Untrusted):
        backups.prune(place, KeepRule(last=1, daily=0, weekly=0, monthly=0))
    assert files_of(place) == before


def test_a_plan_makes_what_is_due_and_keeps_by_its_rule(stocked, tmp_path):
    ada, _ = stocked.peers
    place, backups = tmp_path / "backups", Backups(ada.at)
    assert backups.run_plan() == (None, None)
    backups.save_plan(place, every_hours=24, keep=KeepRule(last=2, daily=0, weekly=0, monthly=0))
    made = 0
    for _ in range(39):
        done, _pruned = backups.run_plan()
        made += done is not None
        ada.clock.advance(3 * 3600)
    assert made == 5
    assert len(backups.listed()) == 2
    assert not backups.is_due()
    ada.clock.advance(-10 * DAY_S)
    assert backups.is_due(), "a clock that was set back does not hold backups up"
    backups.drop_plan()
    assert backups.plan() is None


@pytest.mark.parametrize("where", ["store", "store/inside", "", "scratch"])
def test_a_backup_does_not_lie_where_it_would_die_with_its_store(stocked, where):
    ada, _ = stocked.peers
    folder = ada.folder / where
    if where == "scratch":
        (folder / "mine.txt").write_text("not empty")
    with pytest.raises(BadInput) as caught:
        Backups(ada.at).create(folder)
    assert caught.value.code == "E-BACKUP"


def test_a_folder_that_is_none_and_ids_that_name_nothing_are_told(stocked, tmp_path):
    ada, _ = stocked.peers
    for act in (
        lambda: list_backups(tmp_path / "nowhere"),
        lambda: Backups(ada.at).listed(),
        lambda: Backups(ada.at).create(tmp_path / "no" / "such" / "folder"),
        lambda: restore(_made(ada, tmp_path), tmp_path / "again", "abcdef"),
    ):
        with pytest.raises(BadInput) as caught:
            act()
        assert caught.value.code == "E-BACKUP"


def test_commands_make_list_check_try_and_restore(stocked, tmp_path, capsys, monkeypatch):
    ada, _ = stocked.peers
    monkeypatch.setenv("STRONGROOM_HOME", str(ada.home))
    place = tmp_path / "backups"

    def type_(*words: object) -> tuple[int, dict]:
        code = run_command([*map(str, words), "--json"], lambda _: 0)
        return code, json.loads(capsys.readouterr().out)

    here = ("--store", ada.store)
    code, made = type_("backup", "create", "--to", place, "--why", "by hand", *here)
    assert (code, made["damaged"]) == (0, [])
    code, listed = type_("backup", "list", "--from", place, *here)
    assert [each["why"] for each in listed["backups"]] == ["by hand"]
    assert type_("backup", "verify", "--from", place, "--read-data", *here)[1]["ok"]
    assert type_("backup", "drill", "--from", place, *here)[1]["ok"]
    code, plan = type_("backup", "plan", "--to", place, "--every", 12, *here)
    assert (plan["plan"]["every_hours"], plan["due"]) == (12, True)
    assert type_("backup", "create", "--if-due", *here)[1]["due"]
    assert not type_("backup", "create", "--if-due", *here)[1]["due"]
    assert type_("backup", "prune", "--keep-last", 1, "--dry-run", *here)[1]["kept"] == 1
    # The store is lost; nothing but the folder of backups is needed.
    shutil.move(ada.store, tmp_path / "lost")
    code, _ = type_("backup", "restore", "latest", ada.store, "--from", place)
    assert code == 0
    assert lasting(ada.store) == lasting(tmp_path / "lost")
    flip(next(path for path in (place / "obj").rglob("*") if path.is_file()))
    code, check = type_("backup", "verify", "--from", place, "--read-data", *here)
    assert (code, check["findings"][0]["code"]) == (1, "E-HASH")


def _made(peer: Peer, tmp_path: Path) -> Path:
    return Backups(peer.at).create(tmp_path / "some").folder


def _plant(path: Path, document: dict) -> None:
    """Writes another list under the name that fits it, as somebody who may write there can."""
    data = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    name = f"{path.name[:17]}{hashlib.sha256(data).hexdigest()[:16]}.json"
    path.unlink()
    (path.parent / name).write_bytes(data)


def test_the_mark_of_a_restored_store_is_read_strictly(tmp_path):
    assert read_restored(tmp_path) is None
    for wrong in ("", "{}", '{"backup":1}', "[]"):
        (tmp_path / "restored.json").write_text(wrong)
        with pytest.raises(Untrusted):
            read_restored(tmp_path)
