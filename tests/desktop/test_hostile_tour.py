# SPDX-License-Identifier: Apache-2.0
"""A store whose every name lies, walked through: shown as text, and nothing reached out for.

Threats 31, 32, 34, 35, 37: an audit hook of the interpreter sees each file and socket of the tour.
"""

import math
import os
import socket
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.shell.desk import Desk
from support.checkout import ROOT
from support.left_open import Resources
from support.no_internet import a_server_on_this_machine
from support.runs_on_disk import write_run
from support.tour import live_until_idle, stops

LIES = (
    '<img src="file:///etc/passwd"><b>bold</b>',
    '<a href="http://evil.example/x">click</a><script>alert(1)</script>',
    "\\\\evil\\share\\x.png",
    "'; DROP TABLE run; --",
    "=HYPERLINK(\"http://evil.example\")",
    "two\r\nlines\x1b[31m\u202egnp.exe\u2028",
    "a & b &amp; &lt;c&gt;",
    "%_\\%",
    "x" * 5_000,
)  # fmt: skip
BUS = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
NUMBERS = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e308, -1e308]
SYSTEM = ("/usr", "/etc", "/proc", "/dev", "/sys", "/lib", "/run/shm")


class Ear:
    """Hears what the interpreter opens while it listens; a hook can never be taken out again."""

    def __init__(self) -> None:
        self.is_listening = False
        self.files: list[str] = []
        self.sockets: list[str] = []
        self.programs: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.is_listening:
            return
        if event == "open" and isinstance(arguments[0], str | bytes | Path):
            first = arguments[0]
            self.files.append(first.decode() if isinstance(first, bytes) else str(first))
        elif _is_the_keyring(event, arguments):
            return
        elif event.startswith(("socket.", "urllib.", "os.system", "webbrowser.")):
            self.sockets.append(f"{event} {arguments!r}"[:200])
        elif event == "subprocess.Popen":
            self.programs.append("".join(traceback.format_stack(limit=9)) + str(arguments[1]))


def _is_the_keyring(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether a socket is the one to the message bus of this session, where the keyring answers."""
    if event == "socket.__new__":
        return arguments[1] == socket.AF_UNIX
    return event == "socket.connect" and str(arguments[1]) in BUS


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    keyring.get_keyring()  # looks for the libraries of every system once, with a program's help
    heard = Ear()
    yield heard
    heard.is_listening = False


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    for number, lie in enumerate(LIES):
        write_run(
            folder,
            number + 1,
            experiment=lie[:200],
            name=lie,
            params={lie[:200]: lie, "optimizer": lie},
            tags={lie[:200]: lie},
            metrics={lie[:200]: NUMBERS, "loss": [1.0, 0.5, math.nan, 0.25]},
            artifacts={
                f"report-{number}.md": b'# x\n<img src="file:///etc/passwd">\n![a](http://evil/x)\n',
                f"page-{number}.html": b'<script src="http://evil.example/x.js"></script>',
                f"model-{number}.pkl": b"cos\nsystem\n(S'touch /tmp/pwned'\ntR.",
            },
        )
    return folder


@pytest.fixture
def desk(app: QApplication, store: Path, tmp_path: Path, ear: Ear) -> Iterator[Desk]:
    before = Resources.now()
    made = Desk(app, store, tmp_path / "home")
    yield made
    ear.is_listening = False
    made.close()
    made.deleteLater()
    QApplication.processEvents()
    before.fail_if_more(tmp_path)


def test_a_store_of_lies_is_only_ever_text(desk: Desk, tmp_path: Path, ear: Ear) -> None:
    ear.files.clear()
    ear.sockets.clear()
    ear.is_listening = True
    window = desk.open()
    assert desk.tasks is not None
    live_until_idle(desk.tasks)
    page = window.page()
    model = page.model  # type: ignore[attr-defined]  # the Runs page
    said = [
        str(model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole) or "")
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    ]
    for _, act in stops(window, filter_="metrics.loss < 2", group_by="optimizer"):
        act()
        live_until_idle(desk.tasks)
    ear.is_listening = False
    assert any("<img src=" in words for words in said)
    assert not [words for words in said if "\x1b" in words or "\n" in words or "\u202e" in words]
    assert ear.sockets == []
    assert ear.programs == []
    assert ear.files, "the hook heard nothing at all"
    assert [each for each in ear.files if not _is_ours(each, tmp_path)] == []
    assert not Path("/tmp/pwned").exists()


def _is_ours(name: str, tmp_path: Path) -> bool:
    """Whether a file belongs to the store, the home, the program or the system it runs on."""
    private = tmp_path.parent  # the settings of the test lie beside it
    roots = (private, ROOT, Path(sys.prefix), Path(sys.base_prefix), *map(Path, SYSTEM))
    roots += tuple(Path(each) for each in sysconfig.get_paths().values())
    path = Path(name)
    if path.is_absolute() and path == Path("/etc/passwd"):
        return False
    return not path.is_absolute() or any(path.is_relative_to(each) for each in roots)


def test_the_ear_hears_a_socket_and_a_file_elsewhere(ear: Ear, tmp_path: Path) -> None:
    ear.files.clear()
    ear.sockets.clear()
    ear.is_listening = True
    Path("/etc/passwd").read_bytes()
    with a_server_on_this_machine(), socket.socket():
        pass
    ear.is_listening = False
    assert [each for each in ear.files if not _is_ours(each, tmp_path)] == ["/etc/passwd"]
    assert len(ear.sockets) == 1


def test_a_thread_and_a_file_that_are_left_are_told(tmp_path: Path) -> None:
    before = Resources.now()
    before.fail_if_more(tmp_path)
    end = threading.Event()
    left = threading.Thread(target=end.wait, name="left behind")
    left.start()
    with pytest.raises(AssertionError, match="left behind"):
        before.fail_if_more(tmp_path, patience_s=0.1)
    end.set()
    left.join()
    with (tmp_path / "open").open("w"), pytest.raises(AssertionError, match="files left open"):
        before.fail_if_more(tmp_path, patience_s=0.1)
    before.fail_if_more(tmp_path)
