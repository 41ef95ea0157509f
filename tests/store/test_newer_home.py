# SPDX-License-Identifier: Apache-2.0
"""Files of a home that a newer Strongroom wrote: read as far as known, never written over (D7).

What would have to note something in such a file is refused before it begins; what only notes beside
goes on; everything else works as ever.
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.domain.attempt import Attempt
from strongroom.domain.errors import Refused, StrongroomError, Untrusted
from strongroom.services.alarms import Alarms
from strongroom.services.backups import Backups
from strongroom.services.bundles import Bundles
from strongroom.services.draft_memory import DraftMemory
from strongroom.services.integrity import Integrity
from strongroom.services.rotation import Rotation
from strongroom.services.trust_changes import TrustChanges
from strongroom.services.witness import Witness
from strongroom.store.attempt_book import FILE, AttemptBook
from strongroom.store.home import Home, RemoteEntry
from strongroom.trust.keyfile import read_protection
from strongroom.trust.seal import SealState
from support.peers import Peer, Team, codes

UPDATE = "Update Strongroom here to change something; nothing was written."


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    ada, ben = made.peers
    ada.say(1)
    ada.push()
    ben.pull()
    ben.push()
    ada.pull()
    ada.at.project()
    yield made
    made.close()


def of_tomorrow(peer: Peer, name: str) -> bytes:
    """Writes a file of a home as a newer program would: another number, fields nobody knows."""
    path = peer.at.home.folder / name
    document = json.loads(path.read_bytes()) if path.exists() else {}
    path.write_text(json.dumps({**document, "format": 2, "epoch": ["of", "tomorrow"]}))
    return path.read_bytes()


def sentence(name: str) -> str:
    return f"A newer Strongroom wrote {name} of this home (format 2); it is only read here"


def refusal(act: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code, caught.value.title, caught.value.advice


def new_key(peer: Peer) -> object:
    return Rotation(peer.at, TrustChanges(peer.at)).rotate(None, passphrase="", reason="lost")


def bundle_of(peer: Peer) -> Path:
    path = peer.folder / "all.strongbundle"
    Bundles(peer.at).create(path)
    return path


REFUSED: dict[str, dict[str, Callable[[Peer], object]]] = {
    "signed.json": {
        "sign": lambda peer: peer.say(2),
        "rotate": new_key,
    },
    "marks.json": {
        "push": lambda peer: peer.push(),
        "pull": lambda peer: peer.pull(),
        "sync": lambda peer: peer.exchange.sync("share"),
        "verify": lambda peer: peer.exchange.verify("share"),
    },
    "sync.json": {
        "pull": lambda peer: peer.pull(),
        "pause": lambda peer: peer.exchange.pause("share"),
    },
    "identity.json": {
        "protect": lambda peer: peer.identities.protect("four random words"),
        "rotate": new_key,
    },
    "former-keys.json": {"rotate": new_key},
    "pin.json": {"trust": lambda peer: peer.people.trust(peer.people.team_id())},
    "carriage.json": {"make a bundle": bundle_of},
    "backup.json": {
        "back up": lambda peer: Backups(peer.at).create(peer.folder / "backups"),
        "drop the plan": lambda peer: Backups(peer.at).drop_plan(),
    },
}


@pytest.mark.parametrize(("name", "act"), [(n, a) for n, acts in REFUSED.items() for a in acts])
def test_what_has_to_be_noted_in_a_file_of_tomorrow_is_refused_before_it_begins(
    team: Team, name: str, act: str
) -> None:
    ada, _ = team.peers
    written = of_tomorrow(ada, name)
    before = {path: path.read_bytes() for path in ada.folder.rglob("*") if path.is_file()}
    shared = {path: path.read_bytes() for path in team.share.rglob("*") if path.is_file()}
    assert refusal(lambda: REFUSED[name][act](ada)) == ("E-FORMAT", sentence(name), UPDATE)
    after = {path: path.read_bytes() for path in ada.folder.rglob("*") if path.is_file()}
    kept = {path: data for path, data in after.items() if "catalog" not in path.name}
    assert kept == {path: data for path, data in before.items() if "catalog" not in path.name}
    assert {path: path.read_bytes() for path in team.share.rglob("*") if path.is_file()} == shared
    assert (ada.at.home.folder / name).read_bytes() == written


@pytest.mark.parametrize("name", ["held.json", "drafts.json", "restored-met.json", "sync.json"])
def test_a_note_beside_an_act_is_left_out_and_stops_nobody(team: Team, name: str) -> None:
    ada, ben = team.peers
    written = of_tomorrow(ada, name)
    again = ada.restarted()
    DraftMemory(again.at.home, again.clock).note(again.folder / "draft.json")
    if name != "restored-met.json":
        again.say(2)
        again.at.project()
    assert again.registry.models() == ()
    assert not codes(ben.pull())
    assert (again.at.home.folder / name).read_bytes() == written
    again.close()


def test_all_of_a_home_of_tomorrow_is_shown_and_nothing_of_it_is_written(team: Team) -> None:
    ada, ben = team.peers
    ben.say(5)
    ben.push()
    names = [path.name for path in ada.at.home.folder.glob("*.json")]
    written = {name: of_tomorrow(ada, name) for name in names}
    again = ada.restarted()
    card = again.at.card()
    assert card is not None
    assert (card.name, card.writer) == ("Ada", ada.writer)
    assert again.at.has_team()
    assert [info.name for info in again.exchange.remotes()] == ["share"]
    assert again.exchange.remotes()[0].pulled_at_us is not None
    assert again.at.marks.state() is SealState.NONE, "not called tampered with"
    (told,) = again.exchange.pull("share", is_dry=True)
    assert (told.new.events, codes(told)) == (1, []), "a look is free"
    again.at.keys()
    notes = [note for note in Alarms(again.at).notes() if note.code == "E-FORMAT"]
    assert len(notes) == 1
    assert not notes[0].is_grave
    assert notes[0].title.startswith("A newer Strongroom wrote identity.json, pin.json, ")
    assert "nothing is signed; nothing is exchanged with remotes" in notes[0].advice
    (check,) = (
        each
        for each in Integrity(again.at, again.registry, Witness(again.at)).doctor()
        if each.name == "home"
    )
    assert (check.is_ok, check.detail) == (False, notes[0].title)
    run = again.train("logged as ever")
    again.at.runs.tag([run], "team", "red")
    assert again.at.runs.show(run).run.tags["team"] == "red"
    assert {name: (again.at.home.folder / name).read_bytes() for name in names} == written
    again.close()


def test_a_rotated_key_is_taken_up_by_the_program_that_wrote_it(team: Team) -> None:
    ada, ben = team.peers
    ada.at.home.save_next_identity(
        ben.at.require_card()
    )  # a writer the team knows: it would be taken up
    written = of_tomorrow(ada, "identity.next.json")
    card = ada.at.card()
    assert card is not None
    assert card.writer == ada.writer
    assert ada.at.home.key_file(ada.writer).exists(), "its secrets are where they were"
    assert (ada.at.home.folder / "identity.next.json").read_bytes() == written


def test_a_key_file_of_tomorrow_is_not_called_damaged(team: Team) -> None:
    ada, _ = team.peers
    path = ada.at.home.key_file(ada.writer)
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "v": 2, "second": "factor"}, sort_keys=True,
                               separators=(",", ":")))  # fmt: skip
    written = path.read_bytes()
    with pytest.raises(Untrusted) as caught:
        read_protection(path)
    assert caught.value.title == (
        "A newer Strongroom wrote the key file of this identity (version 2)"
    )
    assert caught.value.advice.startswith("Update Strongroom here. Keep the file")
    with pytest.raises(StrongroomError):
        ada.restarted().say(2)
    assert path.read_bytes() == written


def test_an_identity_of_tomorrow_that_cannot_be_understood_is_never_replaced(team: Team) -> None:
    ada, _ = team.peers
    path = ada.at.home.folder / "identity.json"
    path.write_text('{"format":3,"person":{"keys":[]}}')
    with pytest.raises(Refused) as caught:
        ada.identities.create("Ada again", passphrase="")
    assert caught.value.title.startswith("A newer Strongroom wrote identity.json")
    assert path.read_text() == '{"format":3,"person":{"keys":[]}}'


REMOTES = """# kept by hand
format = 1
order = ["b", "a"]

[[remote]] # the one of today
store = "%s"
name = "share"
path = "/srv/share"
ceiling = "internal"

[remote.retry]
times = 3

[[remote]]
store = "another"
name = "stick"
path = "/media/stick"
colour = "red"

[notes]
text = "stays"
"""


def test_what_a_newer_version_wrote_beside_a_remote_stays_when_another_is_added(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, "0" * 32)
    path = tmp_path / "remotes.toml"
    path.write_text(REMOTES % home.store_id)
    before = tomllib.loads(path.read_text())
    share = RemoteEntry(name="share", path="/srv/share")
    assert home.remotes() == (share,)
    home.save_remotes([share, RemoteEntry(name="new", path='/a "b"')])
    after = tomllib.loads(path.read_text())
    new = {"store": home.store_id, "name": "new", "path": '/a "b"'}
    assert after == {**before, "remote": [*before["remote"], new]}
    assert path.read_text().startswith(REMOTES % home.store_id)
    home.save_remotes([])
    assert tomllib.loads(path.read_text()) == {**before, "remote": [before["remote"][1]]}
    assert home.remotes() == ()


def test_a_list_of_remotes_of_tomorrow_is_read_and_not_written(team: Team, tmp_path: Path) -> None:
    ada, _ = team.peers
    path = ada.home / "remotes.toml"
    path.write_text("format = 2\n" + path.read_text())
    written = path.read_bytes()
    assert [info.name for info in ada.exchange.remotes()] == ["share"]
    assert not codes(ada.pull()), "exchanging needs no word in it"
    new = tmp_path / "new"
    new.mkdir()
    told = refusal(lambda: ada.exchange.add("new", new))
    assert told == ("E-FORMAT", sentence("remotes.toml"), UPDATE)
    assert (path.read_bytes(), list(new.iterdir())) == (written, [])


def test_a_list_of_remotes_that_cannot_be_changed_line_by_line_is_left_alone(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, "0" * 32)
    path = tmp_path / "remotes.toml"
    path.write_text(f'remote = [{{store = "{home.store_id}", name = "a", path = "/a"}}]\n')
    with pytest.raises(StrongroomError) as caught:
        home.save_remotes([RemoteEntry(name="b", path="/b")])
    assert caught.value.code == "E-REMOTE"
    assert [entry.name for entry in home.remotes()] == ["a"]


def test_an_act_that_a_newer_program_noted_stays_until_that_program_tells_it(
    tmp_path: Path,
) -> None:
    book = AttemptBook(tmp_path)
    mine = Attempt(kind="denied", code="E-CAP", what="sign", object="", count=1,
                   first_us=1, last_us=1)  # fmt: skip
    book.note(mine)
    later = b'{"format":2,"kind":"denied","code":"E-CAP","what":"seal","site":"hall 3"}\n'
    with (tmp_path / FILE).open("ab") as file:
        file.write(later)
    with book.held() as waiting:
        assert [each.what for each in waiting.attempts] == ["sign"]
        book.note(mine)
        book.forget(waiting)
    lines = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    assert (lines[0], len(lines)) == (later, 2)
    assert [each.what for each in book.pending()] == ["sign"]
