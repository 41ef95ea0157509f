# SPDX-License-Identifier: Apache-2.0
"""A bundle that promises what does not come, or that nobody may make, is never made or believed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.domain.errors import Refused, StrongroomError, Untrusted
from strongroom.domain.event import Event
from strongroom.exchange.far_side import FarSide
from strongroom.exchange.onefile_builder import Facts, OneFileBuilder
from strongroom.exchange.onefile_index import Held
from strongroom.exchange.selection import Selection
from strongroom.services.bundles import BundleOrder, Bundles
from strongroom.services.exchange import Exchange
from strongroom.services.local_side import local_side
from strongroom.services.rotation import Rotation
from strongroom.store.growing_file import GrowingFile
from strongroom.store.repository import Repository
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from support.cheap_keys import CHEAP
from support.peers import MODEL, Peer, Team, codes, files_of, flip


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Team]:
    """A team whose Ada has registered churn/1; nobody has met anybody."""
    made = Team(tmp_path, has_model=True)
    yield made
    made.close()


def bundles(peer: Peer) -> Bundles:
    return Bundles(peer.at)


def exports(peer: Peer) -> list[Event]:
    return [e for e in peer.at.snapshot().chains.events() if e.type == "export.bundle"]


def left_in(folder: Path) -> list[str]:
    """What of a bundle lies in a folder, finished or not."""
    return [each.name for each in folder.iterdir() if "bundle" in each.name or "tmp" in each.name]


def object_of(peer: Peer) -> Path:
    """Where the large file of the model lies."""
    (path,) = (peer.at.runs.run_folder("first") / "obj").iterdir()
    return path


def refused(peer: Peer, file: Path, **chosen: object) -> StrongroomError:
    with pytest.raises(StrongroomError) as caught:
        bundles(peer).create(file, **chosen)  # type: ignore[arg-type]
    return caught.value


# ------------------------------------------------------------------ nobody may


def put_back(peer: Peer) -> None:
    """Makes the home say that fewer events were signed here than the log holds."""
    peer.at.home.save_signed({"format": 1, "writer": peer.writer, "seq": 1, "done": True})


def test_a_key_that_must_not_sign_leaves_no_bundle_behind(stocked: Team) -> None:
    """What cannot be recorded does not leave, even if the refusal comes when all is written."""
    ada = stocked.peers[0]

    class CopiedMeanwhile:
        def step(self, done: int, total: int, what: str = "") -> None:
            if what == "Pushed":
                put_back(ada)

    found = refused(ada, stocked.root / "1.strongbundle", progress=CopiedMeanwhile())
    assert found.code == "E-ROLLBACK"
    assert left_in(stocked.root) == []
    assert exports(ada) == []
    assert bundles(ada).sent() == ()


def test_a_key_that_must_not_sign_is_told_before_anything_is_written(stocked: Team) -> None:
    ada = stocked.peers[0]
    put_back(ada)
    steps: list[str] = []

    class Listening:
        def step(self, done: int, total: int, what: str = "") -> None:
            steps.append(what)

    found = refused(ada, stocked.root / "1.strongbundle", progress=Listening())
    assert (found.code, steps) == ("E-ROLLBACK", [])


def test_a_bundle_is_on_record_before_it_has_its_name(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stocked.peers[0]

    def torn(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("strongroom.store.growing_file.publish_written", torn)
    with pytest.raises(KeyboardInterrupt):
        bundles(ada).create(stocked.root / "1.strongbundle")
    assert left_in(stocked.root) == []
    assert len(exports(ada)) == 1


# ------------------------------------------------------------------ whole or not at all


@pytest.mark.parametrize("chosen", [{}, {"versions": [f"{MODEL}/1"]}], ids=["all", "chosen"])
def test_a_link_where_a_file_was_is_not_followed_into_a_bundle(
    stocked: Team, chosen: dict[str, list[str]]
) -> None:
    ada = stocked.peers[0]
    path, elsewhere = object_of(ada), stocked.root / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert refused(ada, stocked.root / "1.strongbundle", **chosen).code == "E-PATH"
    assert left_in(stocked.root) == []
    assert exports(ada) == []


def test_a_pipe_where_a_file_was_hangs_nobody_and_counts_as_not_here(stocked: Team) -> None:
    ada, ben = stocked.peers
    path = object_of(ada)
    path.unlink()
    os.mkfifo(path)
    file = stocked.root / "1.strongbundle"
    assert refused(ada, file, versions=[f"{MODEL}/1"]).code == "E-MISSING"
    made = bundles(ada).create(file)  # of everything: what is not here is named as that
    assert [each.code for each in made.outcome.waiting] == ["E-MISSING"]
    with bundles(ada)._opening.bundle(file, None) as opened:
        assert opened.index.held.lacks == {str(e.body["manifest"]) for e in content_of(ada)}
    assert bundles(ben).take(file).is_clean
    assert not ben.has_content()


def test_a_damaged_trust_document_stops_the_bundle_that_would_promise_it(stocked: Team) -> None:
    ada = stocked.peers[0]
    ada.at.snapshot()
    newest = max((ada.store / "ledger" / "trust").iterdir())
    flip(newest)  # while the program runs: what it read before still stands in its memory
    found = refused(ada, stocked.root / "1.strongbundle")
    assert found.code == "E-HASH"
    assert left_in(stocked.root) == []
    assert exports(ada) == []


def content_of(peer: Peer) -> list[Event]:
    events = peer.at.snapshot().chains.events()
    return [event for event in events if event.type in {"run.finish", "version.register"}]


def test_an_index_that_no_reader_takes_is_refused_before_a_byte_is_written(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stocked.peers[0]
    monkeypatch.setattr("strongroom.exchange.onefile_index.MAX_INDEX_BYTES", 1_000)
    seen: list[str] = []

    class Listening:
        def step(self, done: int, total: int, what: str = "") -> None:
            seen.append(what)

    found = refused(ada, stocked.root / "1.strongbundle", progress=Listening())
    assert found.code == "E-SIZE"
    assert not any(what.startswith("Pushing") for what in seen)
    assert left_in(stocked.root) == []
    monkeypatch.setattr("strongroom.exchange.onefile_index.MAX_INDEX_BYTES", 64 << 20)
    monkeypatch.setattr("strongroom.exchange.onefile_index.MAX_LACKS", 0)
    other = ada.train("second")
    assert refused(ada, stocked.root / "1.strongbundle", runs=[other]).code == "E-SIZE"
    with pytest.raises(Refused) as caught:
        bundles(ada).preview(stocked.root / "1.strongbundle", BundleOrder(runs=[other]))
    assert caught.value.code == "E-SIZE"


def test_the_index_that_is_written_is_bounded_by_its_very_bytes(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stocked.peers[0]
    made = bundles(ada).create(stocked.root / "1.strongbundle")
    with bundles(ada)._opening.bundle(Path(made.path), None) as opened:
        size = len(opened.envelope.raw)
    # The next one names one more event's file at most: between the least and the whole of it.
    monkeypatch.setattr("strongroom.exchange.onefile_index.MAX_INDEX_BYTES", size - 500)
    assert refused(ada, stocked.root / "2.strongbundle").code == "E-SIZE"
    assert left_in(stocked.root) == ["1.strongbundle"]
    assert len(exports(ada)) == 1


# ------------------------------------------------------------------ who is believed


def receipt_of(team: Team) -> Path:
    """Ben's receipt for a bundle of Ada's."""
    ada, ben = team.peers
    file, receipt = team.root / "1.strongbundle", team.root / "receipt.json"
    bundles(ada).create(file)
    bundles(ben).take(file)
    bundles(ben).write_receipt(file, receipt)
    return receipt


def test_a_receipt_of_somebody_revoked_since_counts_for_nothing(stocked: Team) -> None:
    ada = stocked.peers[0]
    receipt = receipt_of(stocked)
    ada.people.revoke("Ben")
    before = len(exports(ada))
    with pytest.raises(Untrusted) as caught:
        bundles(ada).confirm(receipt)
    assert caught.value.code == "E-CUT"
    assert refused(ada, stocked.root / "2.strongbundle", since=receipt).code == "E-CUT"
    assert len(exports(ada)) == before


def test_a_receipt_signed_before_a_rotation_still_counts(stocked: Team) -> None:
    ada, ben = stocked.peers
    receipt = receipt_of(stocked)
    request = stocked.root / "new.json"
    rotation = Rotation(ben.at, ben.people.changes, cost=CHEAP)
    rotation.rotate(request, passphrase="", ask=lambda _: "")
    ben.push()
    ada.pull()
    ada.people.admit(request, "")
    assert not ada.people.team().members[ben.writer].is_active
    assert bundles(ada).confirm(receipt).by == "Ben"


def test_a_stranger_s_flood_of_trust_documents_is_not_read(
    stocked: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only signatures tell who made a bundle: what must be read before that is little."""
    ada, ben = stocked.peers
    eve = KeyPair.generate()
    held = Held()
    facts = Facts(
        team=ada.people.team_id(), writer=eve.writer, app="eve/1", created_us=0,
        kind="everything", title="All of it",
    )  # fmt: skip
    path = stocked.root / "flood.strongbundle"
    file = GrowingFile(path)
    builder = OneFileBuilder(file, FarSide(local_side(ada.at), held), facts)
    for number in range(17):  # of 4 MiB each, as large as a document may be
        builder.put_trust(number + 1, bytes([number]) * (4 << 20))
    builder.finish(Ed25519Signer(eve))
    builder.publish()
    read: list[str] = []
    taken = Repository.read_trust

    def watched(*args: object) -> bytes:
        read.append(str(args[1]))
        return taken(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("strongroom.exchange.onefile_reader.OneFile.read_trust", watched)
    with pytest.raises(Untrusted) as caught:
        bundles(ben).take(path)
    assert (caught.value.code, read) == ("E-SIZE", [])
    assert files_of(ben.store / "ledger") == {}


def test_44_a_bundle_that_shows_our_key_signed_elsewhere_replaces_it(tmp_path: Path) -> None:
    """As with places: a copied key signs nothing more, and a new one comes."""
    team = Team(tmp_path / "team")
    ada, ben = team.peers
    ada.push()
    ben.pull()
    ben.say(1)
    machine = ben.restored_copy(tmp_path / "machine")  # a snapshot of the whole machine
    ben.say(2)
    file = team.root / "from-ben.strongbundle"
    bundles(ben).create(file)
    rotation = Rotation(machine.at, machine.people.changes, cost=CHEAP)
    (by_command,) = Bundles(machine.at, rotation).take_all([file])
    request = machine.at.home.folder / "new-key.enrol.json"
    assert "E-ROLLBACK" in codes(by_command)
    (told,) = (each for each in by_command.waiting if each.code == "E-ROLLBACK")
    assert str(request) in told.detail
    assert request.is_file()
    in_window = Exchange(machine.at, rotation).take(str(file))
    assert "waits for an admin" in in_window.waiting[-1].detail
    machine.close()
    team.close()


# ------------------------------------------------------------------ what would be, and what was


def test_a_preview_weighs_a_bundle_and_neither_writes_nor_signs(stocked: Team) -> None:
    ada = stocked.peers[0]
    second = ada.train("second")
    folder = stocked.root / "stick"
    folder.mkdir()
    before = files_of(ada.store / "ledger")
    order = BundleOrder(runs=["second"], models=[MODEL])
    told = bundles(ada).preview(folder / "1", order)
    assert told.is_dry
    assert files_of(ada.store / "ledger") == before, "a preview signs nothing"
    assert list(folder.iterdir()) == []
    made = bundles(ada).create(folder / "1", runs=[second], models=[MODEL])
    assert made.kind == "mixed"
    assert made.title == f"run second of {MODEL}, all versions of {MODEL}"
    assert made.outcome.pushed.objects == told.pushed.objects
    with pytest.raises(StrongroomError) as caught:
        bundles(ada).preview(folder / "1", order)
    assert caught.value.code == "E-NAME", "the name is taken by now"


def test_a_bundle_of_an_experiment_brings_its_finished_runs(stocked: Team) -> None:
    ada, ben = stocked.peers
    ada.train("second")
    file = stocked.root / "1.strongbundle"
    made = bundles(ada).create(file, experiments=[MODEL])
    assert (made.kind, made.title) == ("runs", f"all runs of {MODEL}")
    assert bundles(ben).take(file).is_clean
    for name in ("first", "second"):
        assert ben.at.runs.show(name).run.is_sealed
    assert refused(ada, stocked.root / "2.strongbundle", experiments=["nowhere"]).code == "E-RUN"
    assert refused(ada, stocked.root / "2.strongbundle", models=["nobody"]).code == "E-VERSION"


@pytest.mark.parametrize(
    "damage",
    [b"[]", b"{", b'{"sent":{"x":5},"taken":{"y":"z"}}', b'{"sent":[],"taken":{"y":{"time":[]}}}'],
)
def test_a_damaged_memory_of_bundles_counts_as_none_and_stops_nobody(
    stocked: Team, damage: bytes
) -> None:
    ada, ben = stocked.peers
    for peer in stocked.peers:
        (peer.at.home.folder / "carriage.json").write_bytes(damage)
    assert (bundles(ada).sent(), bundles(ada).taken()) == ((), ())
    file, receipt = stocked.root / "1.strongbundle", stocked.root / "receipt.json"
    made = bundles(ada).create(file)
    bundles(ben).take(file)
    bundles(ben).write_receipt(file, receipt)
    assert bundles(ada).confirm(receipt).is_ours
    assert [each.id for each in bundles(ada).sent()] == [made.id]


def test_a_sync_of_something_that_is_nowhere_says_so_and_signs_what_is_new_on_disk(
    stocked: Team,
) -> None:
    ada, _ = stocked.peers
    with pytest.raises(StrongroomError) as caught:
        ada.exchange.sync("share", selection=Selection(experiments=("nowhere",)))
    assert caught.value.code == "E-RUN"
    source = stocked.root / "elsewhere"
    other = Peer(source, "Ada")
    run = other.train("carried")
    folder = other.at.runs.run_folder("carried")
    folder.rename(ada.at.runs.run_folder("first").parent / folder.name)
    ada.exchange.sync("share", selection=Selection(runs=(run,)))
    assert run in {str(event.body["run"]) for event in content_of(ada)}
    other.close()
