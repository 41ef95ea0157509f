# SPDX-License-Identifier: Apache-2.0
"""After a day in the window no passphrase and no secret key lies anywhere: not in the profile, the
store, the log, the environment, the command line, a repr, or a support bundle.

The key lies in a real keyring under a real passphrase; everything on the disk is searched for each
secret in each spelling a program might leave it in.
"""

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import EnvironmentFault
from strongroom.services.diary import Diary
from strongroom.trust.keychain import SystemKeychain
from support.keyring_session import is_possible, keyring_session
from support.opened_window import opened
from support.workplaces import PASSPHRASE, Workplace, found_team

pytestmark = pytest.mark.skipif(
    not is_possible(), reason="no keyring: apt install dbus gnome-keyring"
)

WRONG = "five loud words instead of four"


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


def secrets_of(place: Workplace) -> dict[str, bytes]:
    """Returns every secret of the founder, by name."""
    with place.services() as services:
        pair = services.workstation.keys()
        seed, scalar = pair.secrets()
        kek = SystemKeychain().get(pair.writer)
    assert kek is not None
    return {
        "passphrase": PASSPHRASE.encode(), "wrong passphrase": WRONG.encode(),
        "Ed25519 seed": seed, "P-256 scalar": scalar, "keyring secret": kek,
    }  # fmt: skip


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


def test_nothing_of_a_key_remains_where_somebody_could_find_it(
    app: QApplication, place: Workplace, qtbot: QtBot, tmp_path: Path
) -> None:
    diary = Diary(tmp_path / "profile" / "log", SystemClock())
    desk = Desk(app, place.store, place.home)
    window = opened(desk)
    unlock_by_hand(window, qtbot)
    assert desk.services is not None
    assert desk.services.identities.seconds_left() > 0
    said = _all_reprs(desk, window)
    diary.error("test.unlock", failure_of(place))
    window.commands.run("key.lock")
    desk.close()
    desk.deleteLater()
    diary.close()
    searched = {path: path.read_bytes() for path in (tmp_path / "profile").rglob("*")
                if path.is_file()}  # fmt: skip
    assert any(path.name == "attempts.jsonl" for path in searched)  # the wrong one was noted
    everywhere = {
        **{str(path): data for path, data in searched.items()},
        "repr": said.encode(),
        "environment": repr(dict(os.environ)).encode(),
        "command line": Path("/proc/self/cmdline").read_bytes(),
        "clipboard": QApplication.clipboard().text().encode(),
    }
    assert len(searched) > 10
    for name, secret in secrets_of(place).items():
        for spelled in spellings(secret):
            found = [where for where, data in everywhere.items() if spelled in data]
            assert not found, f"{name} lies in {found}"


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
               desk.services.identities.key_status(), *window.findChildren(Secrets))  # fmt: skip
    return "\n".join(repr(holder) for holder in holders)
