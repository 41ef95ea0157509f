# SPDX-License-Identifier: Apache-2.0
"""One file carries runs and versions one way: what it brings, to whom, and the receipt home."""

import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import (
    BadInput,
    Cancelled,
    EnvironmentFault,
    Refused,
    StrongroomError,
    Untrusted,
)
from strongroom.domain.parts import LEAST_PART_BYTES
from strongroom.exchange.audit_table import VERBS
from strongroom.exchange.remote import FolderRemote
from strongroom.services.audit import Audit
from strongroom.services.bundles import Bundles
from strongroom.services.witness import Witness
from strongroom.store.mounts import Mount
from support.peers import MODEL, Peer, Team, codes, files_of, flip, join


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1; nobody has met anybody."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def bundles(peer: Peer) -> Bundles:
    return Bundles(peer.at)


def exports(peer: Peer) -> list[dict[str, object]]:
    """Returns what the signed events of a ledger say of bundles, oldest first."""
    events = peer.at.snapshot().chains.events()
    return [dict(event.body) for event in events if event.type == "export.bundle"]


def test_one_file_brings_everything_to_somebody_who_has_nothing(stocked: Team) -> None:
    ada, ben = stocked.peers
    file = stocked.root / "all.strongbundle"
    made = bundles(ada).create(file)
    assert made.sha256 == subprocess.check_output(["sha256sum", file], text=True)[:64]
    dry = bundles(ben).take(file, is_dry=True)
    assert {item.result for item in dry.items} == {"new"}
    assert not ben.at.snapshot_or_empty().trust.versions, "a dry run writes nothing"
    outcome = bundles(ben).take(file)
    assert outcome.is_clean
    assert not outcome.waiting
    assert stocked.run in outcome.changes.runs
    assert ben.has_content()
    assert ben.problems() == []
    assert ben.digest == ada.digest
    again = bundles(ben).take(file)
    assert again.new.is_empty
    assert {item.result for item in again.items} == {"same"}


def test_the_same_wizard_and_command_take_a_bundle_as_any_other_source(stocked: Team) -> None:
    ada, ben = stocked.peers
    file = stocked.root / "all.strongbundle"
    bundles(ada).create(file)
    assert ben.exchange.preview(str(file)).pulled.objects == 6
    assert ben.exchange.take(str(file)).is_clean
    assert ben.has_content()


def test_any_archive_tool_opens_it_and_the_unpacked_folder_is_a_remote(stocked: Team) -> None:
    ada, ben = stocked.peers
    file = stocked.root / "all.strongbundle"
    bundles(ada).create(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        archive.extractall(stocked.root / "unpacked")
    ben.exchange.add("unpacked", stocked.root / "unpacked")
    assert ben.pull("unpacked").is_clean
    assert ben.has_content()
    assert FolderRemote.open_existing(stocked.root / "unpacked").team == ada.people.team_id()


@pytest.mark.skipif(shutil.which("unzip") is None, reason="no unzip here (apt install unzip)")
def test_unzip_finds_no_fault_in_it(stocked: Team) -> None:
    file = stocked.root / "all.strongbundle"
    bundles(stocked.peers[0]).create(file)
    said = subprocess.run(["unzip", "-t", file], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_a_bundle_of_one_run_brings_that_run_and_nobody_waits_for_the_rest(stocked: Team) -> None:
    ada, ben = stocked.peers
    second = ada.train("second")
    file = stocked.root / "second.strongbundle"
    made = bundles(ada).create(file, runs=["second"])
    assert (made.kind, made.title) == ("runs", "run second of churn")
    outcome = bundles(ben).take(file)
    assert outcome.is_clean
    assert outcome.waiting == ()
    assert outcome.changes.runs == {second}
    assert not ben.has_content(), "the version was not asked for"
    assert bundles(ben).look(file).things == (f"run/{second}",)


def test_a_bundle_of_a_version_brings_the_run_it_came_from(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.train("second")
    file = stocked.root / "version"
    made = bundles(ada).create(file, versions=[f"{MODEL}/1"])
    assert made.path == f"{file}.strongbundle"
    assert bundles(ben).take(Path(made.path)).is_clean
    assert ben.has_content()
    assert ben.at.runs.show("first").run.is_sealed


def test_a_receipt_travels_home_and_the_next_bundle_brings_only_what_is_new(stocked: Team) -> None:
    ada, ben = stocked.peers
    first, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    big = bundles(ada).create(first)
    bundles(ben).take(first)
    bundles(ben).write_receipt(first, receipt)
    confirmed = bundles(ada).confirm(receipt)
    assert (confirmed.by, confirmed.bundle, confirmed.rejected) == ("Ben", big.id, ())
    (sent,) = bundles(ada).sent()
    assert sent.received_by == "Ben"
    second = ada.train("second")
    small = stocked.root / "2.strongbundle"
    made = bundles(ada).create(small, runs=[second], since=receipt)
    assert made.outcome.pushed.trust == 0
    assert made.outcome.pushed.objects == 5, "the empty file of the first run is there already"
    outcome = bundles(ben).take(small)
    assert outcome.is_clean
    assert outcome.changes.runs == {second}
    assert ben.digest == ada.at.snapshot().state.digest


def test_without_a_receipt_the_earlier_bundle_tells_what_its_reader_has(stocked: Team) -> None:
    ada, ben = stocked.peers
    first, delta = stocked.root / "1.strongbundle", stocked.root / "2.strongbundle"
    bundles(ada).create(first)
    bundles(ada).create(delta, since=first)
    assert bundles(ben).take(first).is_clean
    outcome = bundles(ben).take(delta)
    assert outcome.is_clean
    assert outcome.pulled.objects == 0
    assert outcome.pulled.events == 1, "that the first bundle was made is an event"
    assert bundles(ben).look(delta).kind == "delta"


def test_a_delta_without_its_base_waits_and_takes_nothing_in_out_of_order(stocked: Team) -> None:
    ada, ben = stocked.peers
    first, delta = stocked.root / "1.strongbundle", stocked.root / "2.strongbundle"
    bundles(ada).create(first)
    bundles(ada).create(delta, since=first)
    with pytest.raises(Untrusted) as caught:
        bundles(ben).take(delta)
    assert caught.value.code == "E-TRUST-GAP"
    assert files_of(ben.store / "ledger") == {}
    assert bundles(ben).take(first).is_clean
    assert bundles(ben).take(delta).is_clean


def test_what_left_and_what_arrived_is_on_record(stocked: Team) -> None:
    ada, ben = stocked.peers
    file, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    made = bundles(ada).create(file, to=["Ben"])
    (left,) = exports(ada)
    assert (left["bundle"], left["sha256"], left["receipt"]) == (made.id, made.sha256, "")
    assert set(str(left["to"]).split()) == {ada.writer, ben.writer}
    bundles(ben).take(file)
    bundles(ben).write_receipt(file, receipt)
    home = bundles(ada).confirm(receipt)
    bundles(ada).confirm(receipt)  # twice is once
    assert [each["receipt"] for each in exports(ada)] == ["", home.id]
    assert ada.digest == ben.digest, "a bundle is no fact of the registry"


def test_a_receipt_says_what_was_refused(stocked: Team) -> None:
    ada, ben = stocked.peers
    file, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    bundles(ada).create(file)
    spoil_an_object(file)
    outcome = bundles(ben).take(file)
    assert codes(outcome) == ["E-HASH"]
    assert ben.at.snapshot().trust.versions, "the rest came in"
    (kept,) = ben.exchange.quarantined()
    assert kept.origin == "1.strongbundle"
    bundles(ben).write_receipt(file, receipt)
    home = bundles(ada).confirm(receipt)
    assert [code for code, _ in home.rejected] == ["E-HASH"]
    mended = stocked.root / "2.strongbundle"
    bundles(ada).create(mended, since=receipt)
    assert bundles(ben).take(mended).is_clean
    assert ben.has_content(), "what the receipt said is lacking travelled again"


def test_a_receipt_of_a_stranger_counts_for_nothing(stocked: Team, tmp_path: Path) -> None:
    ada, ben = stocked.peers
    file, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    bundles(ada).create(file)
    bundles(ben).take(file)
    bundles(ben).write_receipt(file, receipt)
    flip(receipt)
    with pytest.raises(Untrusted):
        bundles(ada).confirm(receipt)
    assert [each["receipt"] for each in exports(ada)] == [""]


def test_a_file_in_parts_travels_in_parts_and_only_once(stocked: Team) -> None:
    ada, ben = stocked.peers
    for peer in stocked.peers:
        peer.at.part_bytes = LEAST_PART_BYTES
    weights = random.Random(3).randbytes(5 * LEAST_PART_BYTES + 17)
    ada.register("big", data={"weights.bin": weights})
    first, delta = stocked.root / "1.strongbundle", stocked.root / "2.strongbundle"
    bundles(ada).create(first, versions=[f"{MODEL}/2"])
    with zipfile.ZipFile(first) as archive:
        objects = [info for info in archive.infolist() if info.filename.startswith("obj/")]
    assert max(info.file_size for info in objects) <= LEAST_PART_BYTES
    assert len(objects) >= 6
    assert bundles(ben).take(first).is_clean
    assert ben.has_content(f"{MODEL}/2")
    made = bundles(ada).create(delta, versions=[f"{MODEL}/2"], since=first)
    assert made.outcome.pushed.objects == 0


def test_the_log_says_in_words_what_left_and_what_arrived(stocked: Team) -> None:
    ada, ben = stocked.peers
    file, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    bundles(ada).create(file)
    bundles(ben).take(file)
    bundles(ben).write_receipt(file, receipt)
    bundles(ada).confirm(receipt)
    log = Audit(ada.at, ada.registry, Witness(ada.at)).entries()
    told = [entry.object for entry in log if entry.type == "export.bundle"]
    assert sorted(told) == ["All of Churn ML", "All of Churn ML, received"]
    assert "sent a bundle" in VERBS["export.bundle"]


def test_a_folder_that_a_diode_drops_into_is_taken_in_whatever_order_files_have(
    stocked: Team,
) -> None:
    ada, ben = stocked.peers
    drop = stocked.root / "drop"
    drop.mkdir()
    with pytest.raises(BadInput):
        bundles(ben).take_all([drop])
    first, second, third = (drop / f"{name}.strongbundle" for name in ("z", "m", "a"))
    bundles(ada).create(first)
    ada.train("second")
    bundles(ada).create(second, runs=["second"], since=first)
    bundles(ada).create(third, since=second)
    (drop / "half-copied.part").write_bytes(b"PK")
    told = bundles(ben).take_all([drop])
    assert [each.remote for each in told] == [
        "a.strongbundle", "m.strongbundle", "z.strongbundle",
    ]  # fmt: skip
    assert all(each.is_clean and not each.waiting for each in told)
    assert ben.digest == ada.digest
    assert ben.at.runs.show("second").run.is_sealed
    (drop / "b.strongbundle").write_bytes(b"not a bundle")
    with pytest.raises(BadInput, match="is not a bundle"):
        bundles(ben).take_all([drop])


def test_a_secret_stops_a_bundle_as_it_stops_a_push(stocked: Team) -> None:
    ada = stocked.peers[0]
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    ada.train("leaky", data={"settings.json": f'{{"token": "{token}"}}'.encode()})
    with pytest.raises(StrongroomError) as caught:
        bundles(ada).create(stocked.root / "1.strongbundle", runs=["leaky"])
    assert caught.value.code == "E-SECRET"
    assert not list(stocked.root.glob("*.strongbundle"))
    assert not list(stocked.root.glob(".*.tmp"))


def test_a_bundle_that_fat32_does_not_take_is_refused_before_it_is_written(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = Mount(
        folder=str(stocked.root), device="/dev/sdb1", filesystem="vfat", is_read_only=False
    )
    monkeypatch.setattr(Mount, "max_file_bytes", 1000)  # as 4 GiB would be, sooner
    monkeypatch.setattr("strongroom.exchange.onefile_builder.mount_of", lambda _path: stick)
    with pytest.raises(EnvironmentFault, match="takes no file over 4 GiB") as caught:
        bundles(stocked.peers[0]).create(stocked.root / "1.strongbundle")
    assert caught.value.code == "E-FULL"
    assert not list(stocked.root.glob("*bundle*"))


# ------------------------------------------------------------------ who may read, who may write


def test_53_a_sealed_bundle_on_a_lost_stick_shows_its_finder_nothing(stocked: Team) -> None:
    """Threat 53: without a recipient's key nothing is shown."""
    ada, ben = stocked.peers
    cem = Peer(stocked.root / "cem", "Cem")
    join(ada, cem)
    file = stocked.root / "sealed.strongbundle"
    made = bundles(ada).create(file, to=["Ben"])
    assert made.to == ("Ben",)
    secret = file.read_bytes()
    for told in (b"churn", b"weights", b"ws-ada", b"strongroom.json", ada.writer.encode()):
        assert told not in secret, told
    with pytest.raises(Refused) as caught:
        bundles(cem).look(file)
    assert caught.value.code == "E-SEALED"
    with pytest.raises(Refused):
        bundles(cem).take(file)
    assert cem.at.snapshot_or_empty().trust.versions == ()
    assert bundles(ben).look(file).is_sealed
    assert bundles(ben).take(file).is_clean
    assert ben.has_content()
    assert bundles(ada).verify(file)[1] == (), "its maker can read it again"
    cem.close()


def test_a_bundle_signed_by_a_stranger_is_refused_whole(stocked: Team, tmp_path: Path) -> None:
    ben = stocked.peers[1]
    others = Team(tmp_path / "others", names=("Eve",), has_model=True)
    file = tmp_path / "eve.strongbundle"
    bundles(others.peers[0]).create(file)
    with pytest.raises(Untrusted) as caught:
        bundles(ben).take(file)
    assert caught.value.code == "E-TEAM"
    assert files_of(ben.store / "ledger") == {}
    others.close()


def test_a_bundle_made_by_somebody_revoked_since_is_refused(stocked: Team) -> None:
    ada, ben = stocked.peers
    ben.add_remote(stocked.share)
    ada.push()
    ben.pull()
    file = stocked.root / "ben.strongbundle"
    bundles(ben).create(file)
    ada.people.revoke("Ben")
    with pytest.raises(Untrusted) as caught:
        bundles(ada).take(file)
    assert caught.value.code == "E-CUT"


def test_nothing_is_written_where_the_bundle_lies(stocked: Team) -> None:
    ada, ben = stocked.peers
    folder = stocked.root / "disc"
    folder.mkdir()
    bundles(ada).create(folder / "1.strongbundle")
    before = files_of(folder)
    bundles(ben).take(folder / "1.strongbundle")
    assert files_of(folder) == before


# ------------------------------------------------------------------ whole or not at all


def test_a_file_that_is_there_is_never_overwritten(stocked: Team) -> None:
    file = stocked.root / "mine.strongbundle"
    file.write_text("my thesis")
    with pytest.raises(BadInput) as caught:
        bundles(stocked.peers[0]).create(file)
    assert caught.value.code == "E-NAME"
    assert file.read_text() == "my thesis"


def test_a_cancelled_bundle_leaves_nothing_behind(stocked: Team) -> None:
    class Impatient:
        def step(self, done: int, total: int, what: str = "") -> None:
            if "Pushing manifests" in what:
                raise Cancelled

    folder = stocked.root / "stick"
    folder.mkdir()
    with pytest.raises(Cancelled):
        bundles(stocked.peers[0]).create(folder / "1.strongbundle", progress=Impatient())
    assert list(folder.iterdir()) == []
    assert exports(stocked.peers[0]) == []


def test_content_that_does_not_hold_stops_the_bundle(stocked: Team) -> None:
    ada = stocked.peers[0]
    folder = ada.at.runs.run_folder("first")
    flip(next((folder / "obj").iterdir()))
    with pytest.raises(Untrusted) as caught:
        bundles(ada).create(stocked.root / "1.strongbundle")
    assert caught.value.code == "E-HASH"
    assert not list(stocked.root.glob("*.strongbundle"))
    assert not list(stocked.root.glob(".*.tmp"))


def test_chosen_content_that_is_gone_stops_the_bundle(stocked: Team) -> None:
    ada = stocked.peers[0]
    folder = ada.at.runs.run_folder("first")
    next((folder / "obj").iterdir()).unlink()
    with pytest.raises(Untrusted) as caught:
        bundles(ada).create(stocked.root / "1.strongbundle", versions=[f"{MODEL}/1"])
    assert caught.value.code == "E-MISSING"
    assert not list(stocked.root.glob("*.strongbundle"))


def test_a_medium_without_room_is_refused_before_it_is_filled(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "strongroom.store.publish.shutil.disk_usage",
        lambda _path: shutil._ntuple_diskusage(9, 9, 9),
    )
    with pytest.raises(EnvironmentFault) as caught:
        bundles(stocked.peers[0]).create(stocked.root / "1.strongbundle")
    assert caught.value.code == "E-FULL"
    assert not list(stocked.root.glob("*bundle*"))


def test_a_name_that_means_nobody_is_no_recipient(stocked: Team) -> None:
    with pytest.raises(BadInput, match="nobody in the team"):
        bundles(stocked.peers[0]).create(stocked.root / "1.strongbundle", to=["Zoe"])


def test_only_what_was_taken_in_here_gets_a_receipt(stocked: Team) -> None:
    ada, ben = stocked.peers
    file = stocked.root / "1.strongbundle"
    bundles(ada).create(file)
    with pytest.raises(BadInput, match="not taken in"):
        bundles(ben).write_receipt(file, stocked.root / "receipt.json")


def spoil_an_object(file: Path) -> None:
    """Changes one byte in the largest object of an open bundle."""
    with zipfile.ZipFile(file) as archive:
        entry = max(archive.infolist(), key=lambda info: info.file_size)
    data = bytearray(file.read_bytes())
    data[entry.header_offset + 30 + len(entry.filename) + 1000] ^= 1
    file.write_bytes(data)
