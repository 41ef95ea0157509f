# SPDX-License-Identifier: Apache-2.0
"""After a day in the window no passphrase and no secret key lies anywhere: not in the profile, the
store, the log, the environment, the command line, a repr, or a support bundle.

On that day a wrong passphrase is typed, then the right one, events and trust documents are signed,
root keys are made on a stick and on paper, the passphrase is changed, a support bundle is saved.
The key lies in a real keyring under a real passphrase; everything on the disk is searched for each
secret in each spelling a program might leave it in.
"""

import base64
import contextlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import open_services
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.support_dialog import SupportDialog
from strongroom.domain.errors import EnvironmentFault
from strongroom.trust.keychain import SystemKeychain
from support.keyring_session import is_possible, keyring_session
from support.opened_window import opened
from support.workplaces import PASSPHRASE, Workplace, found_team

pytestmark = pytest.mark.skipif(
    not is_possible(), reason="no keyring: apt install dbus gnome-keyring"
)

WRONG = "five loud words instead of four"
LATER = "seven later words after a change"
ROOT = "nine words on a stick in a safe"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """A founder whose profile lies in one folder, with a keyring outside of it."""
    with keyring_session() as session:
        for name, value in session.environ().items():
            monkeypatch.setenv(name, value)
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "profile" / name.lower()))
        monkeypatch.setenv("HOME", str(tmp_path / "profile"))
        made = Workplace("Mara", tmp_path / "profile" / "store", tmp_path / "profile" / "home")
        found_team(made, {}, "Quiet ML")
        yield made


def spellings(secret: bytes) -> set[bytes]:
    """Returns what a program could leave behind of a secret."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode(), repr(secret).encode()}
    for code in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
        found.add(code(secret).rstrip(b"="))
    with contextlib.suppress(UnicodeDecodeError):
        found |= {secret.decode().encode(way) for way in ("utf-16-le", "utf-16-be", "utf-32-le")}
    return found


def secrets_of(place: Workplace, passphrase: str) -> dict[str, bytes]:
    """Returns what opens and is the key of the founder, by name."""
    services = open_services(place.store, place.home, ask=lambda _question: passphrase)
    try:
        pair = services.workstation.keys()
        seed, scalar = pair.secrets()
        kek = SystemKeychain().get(pair.writer)
    finally:
        services.close()
    assert kek is not None
    return {
        f"passphrase {passphrase[:4]}": passphrase.encode(), "Ed25519 seed": seed,
        "P-256 scalar": scalar, f"keyring secret under {passphrase[:4]}": kek,
    }  # fmt: skip


def held(path: Path) -> bytes:
    """Returns what a file holds, of an archive what was packed as well."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            data += b"".join(map(packed.read, packed.namelist()))
    return data


def lying(secrets: Mapping[str, bytes], everywhere: Mapping[str, bytes]) -> list[str]:
    """Returns where which secret lies in any spelling."""
    return [
        f"{name} lies in {where}"
        for name, secret in secrets.items()
        for spelled in spellings(secret)
        for where, data in everywhere.items()
        if spelled in data
    ]


def unlock_by_hand(window: MainWindow, qtbot: QtBot) -> UnlockDialog:
    """Asks for the key from the menu, types a wrong passphrase, then the right one."""

    def shown() -> list[UnlockDialog]:
        tops = QApplication.topLevelWidgets()
        return [top for top in tops if isinstance(top, UnlockDialog) and top.isVisible()]

    assert window.commands.run("key.unlock")
    qtbot.waitUntil(lambda: bool(shown()), timeout=20_000)
    (dialog,) = shown()
    qtbot.keyClicks(dialog.field.edit, WRONG)
    qtbot.keyClick(dialog.field.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(dialog.error()), timeout=20_000)
    qtbot.keyClicks(dialog.field.edit, PASSPHRASE)
    qtbot.keyClick(dialog.field.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not shown(), timeout=20_000)
    return dialog


def make_root_keys(desk: Desk, stick: Path) -> dict[str, bytes]:
    """Makes a root key on a stick and one on paper, and names them to the team; their secrets."""
    assert desk.services is not None
    roots, ring = desk.services.root_keys, desk.services.people.changes.ring
    stick.mkdir(parents=True)
    found = {"passphrase of the root key": ROOT.encode()}

    def answer(question: str) -> str:
        return ROOT if "safe 1" in question else PASSPHRASE

    on_stick = roots.create(stick, "safe 1", passphrase=ROOT)
    on_paper = roots.create_on_paper(stick, "paper")
    roots.add(on_stick.card, ask=answer)
    roots.add(on_paper.card, ask=answer)
    for made in (on_stick, on_paper):
        seed, _ = ring.open_root(made.keyid, answer).secrets()
        found[f"root key {made.label}"] = seed
    assert on_paper.lines
    return found | {f"line {n} of paper": x.encode() for n, x in enumerate(on_paper.lines)}


def save_support_bundle(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Saves a support bundle from the menu, with everything that can be ticked."""
    assert window.commands.run("help.support_bundle")
    (dialog,) = window.findChildren(SupportDialog)
    dialog.names.setChecked(True)
    dialog._choose = lambda _name: str(path)
    qtbot.waitUntil(lambda: dialog.save_button.isEnabled() and not window.tasks.running())
    dialog.save_button.click()
    qtbot.waitUntil(path.is_file)


def test_nothing_of_a_key_remains_where_somebody_could_find_it(
    app: QApplication, place: Workplace, qtbot: QtBot, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    secrets = {"wrong passphrase": WRONG.encode(), **secrets_of(place, PASSPHRASE)}
    desk = Desk(app, place.store, place.home)
    window = opened(desk)
    unlock_by_hand(window, qtbot)
    assert desk.services is not None
    assert desk.services.identities.seconds_left() > 0
    before = len(desk.services.workstation.snapshot().trust.versions)
    secrets |= make_root_keys(desk, profile / "stick")
    assert len(desk.services.workstation.snapshot().trust.versions) == before + 2
    # The wrong passphrase is told in an event that the open key signs.
    chains = desk.services.workstation.snapshot().chains
    assert any(event.type == "login.unlock" for event in chains.events())
    desk.services.identities.protect(LATER)
    said = _all_reprs(desk, window)
    desk.support.diary.error("test.unlock", failure_of(place))
    save_support_bundle(window, qtbot, profile / "support.zip")
    window.commands.run("key.lock")
    desk.close()
    desk.deleteLater()
    secrets |= secrets_of(place, LATER)
    files = {str(path): held(path) for path in profile.rglob("*") if path.is_file()}
    assert any(name.endswith("attempts.jsonl") for name in files)
    assert b"E-LOCKED" in files[str(profile / "support.zip")]
    everywhere = {
        **files,
        "repr": said.encode(),
        "environment": repr(dict(os.environ)).encode(),
        "command line": Path("/proc/self/cmdline").read_bytes(),
        "clipboard": QApplication.clipboard().text().encode(),
    }
    assert len(secrets) > 10
    assert len(files) > 15
    assert lying(secrets, everywhere) == []
    # The search itself: one copy of each secret, packed as the bundle is, would have been found.
    for name, secret in secrets.items():
        with zipfile.ZipFile(tmp_path / "planted.zip", "w", zipfile.ZIP_DEFLATED) as planted:
            planted.writestr("log.jsonl", b"before " + secret.hex().encode() + b" after")
        assert lying({name: secret}, {"planted": held(tmp_path / "planted.zip")}) == [
            f"{name} lies in planted"
        ]


def failure_of(place: Workplace) -> EnvironmentFault:
    """Returns what opening the key with a wrong passphrase raises."""
    with place.services() as services, pytest.raises(EnvironmentFault) as told:
        services.identities.unlock(ask=lambda _question: WRONG)
    return told.value


def _all_reprs(desk: Desk, window: MainWindow) -> str:
    """Returns how everything that holds an open key shows itself."""
    assert desk.services is not None
    at = desk.services.workstation
    pair = at.keys()
    holders = (pair, at, at.identity(), vars(at.identity()), at.card(), desk.services.identities,
               desk.services.identities.key_status(), *window.findChildren(Secrets),
               desk.services.root_keys, vars(desk.services.people.changes.ring))  # fmt: skip
    return "\n".join(repr(holder) for holder in holders)
