# SPDX-License-Identifier: Apache-2.0
"""The log, what nobody foresaw, hard crashes, and a bundle without secrets or names."""

import json
import os
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.errors import CrashDialog
from strongroom.desktop.shell.crash_guard import PREFIX, CrashGuard
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.support_dialog import SupportDialog
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault
from strongroom.services.diary import FILE, LARGEST, Diary
from strongroom.services.settings import Settings
from strongroom.services.support_bundle import SupportBundle, scrubbed
from support.accessibility import nameless
from support.left_open import Resources
from support.opened_window import opened
from support.runs_on_disk import write_run

SECRETS = (
    "AKIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrstuvwxyz0123", "hunter2-of-the-harbour",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "s3cr3tpw", "9f2ac41b" * 8,
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw",
)  # fmt: skip
PLANTED = f"""
aws {SECRETS[0]} git {SECRETS[1]}
passphrase: {SECRETS[2]}
Authorization: Bearer {SECRETS[3]}
https://mara:{SECRETS[4]}@share/x
key {SECRETS[5]}
-----BEGIN PRIVATE KEY-----
{SECRETS[6]}
-----END PRIVATE KEY-----
"""
NAME = "Mara Lindqvist of run calm-heron-41"


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    made = Diary(tmp_path / "state", FixedClock())
    yield made
    made.close()


@pytest.fixture
def bundle(diary: Diary, tmp_path: Path) -> SupportBundle:
    return SupportBundle(
        diary, Settings(tmp_path / "settings.toml", tmp_path / "policy.toml", environ={})
    )


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_nobody_forges_a_line_of_the_log(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    diary = Diary(tmp_path_factory.mktemp("log"), FixedClock())
    diary.note("command", id=text + "\r\n{}")
    diary.close()
    lines = (diary.path).read_bytes().split(b"\n")
    assert len(lines) == 2
    assert lines[1] == b""
    assert json.loads(lines[0])["id"] == (text + "\r\n{}")[:400]


def test_the_log_is_bounded_and_a_folder_in_the_way_loses_only_the_log(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "state", FixedClock())
    for number in range(9_000):
        diary.note("command", id=f"{number:0300d}")
        if not number % 500:
            diary.flush()
    tail = diary.tail()
    diary.close()
    sizes = [path.stat().st_size for path in (tmp_path / "state").iterdir()]
    assert len(sizes) == 3
    assert max(sizes) <= LARGEST
    assert json.loads(tail.splitlines()[-1])["id"].endswith("8999")
    (tmp_path / "file").write_text("")
    blocked = Diary(tmp_path / "file" / "state", FixedClock())
    blocked.note("command", id="x")
    assert blocked.tail() == ""
    blocked.close()


def _fail(message: str) -> None:
    raise EnvironmentFault("E-SHARE", message, message)


def _fault(message: str) -> BaseException:
    try:
        try:
            _fail(message)
        except EnvironmentFault as error:
            raise RuntimeError(message) from error
    except RuntimeError as error:
        return error
    raise AssertionError


def test_a_bundle_holds_no_secret_and_without_a_tick_no_name(
    bundle: SupportBundle, diary: Diary, tmp_path: Path
) -> None:
    error = _fault(f"{NAME} {PLANTED}")
    diary.error("task", error)
    layout = {"runs.filter": f"tags.owner = '{NAME}' {PLANTED}", f"runs.view.{'mara'}": NAME}
    for with_names in (False, True):
        parts = bundle.parts(
            error=error, hard_crash=f'File "/home/mara/{SECRETS[2]}/train.py", line 3 in x\n',
            layout=layout, with_names=with_names,
        )  # fmt: skip
        path = bundle.save(tmp_path / "bundle.zip", parts)
        with zipfile.ZipFile(path) as opened:
            text = "\n".join(opened.read(name).decode() for name in opened.namelist())
            assert opened.namelist() == [part.name for part in parts]
        for secret in SECRETS[:2] + SECRETS[3:]:
            assert secret not in text
        assert (NAME in text) == with_names
        if not with_names:
            assert "mara" not in text.lower()
            assert str(Path.home()) not in text
        assert "EnvironmentFault E-SHARE" in text or with_names
        assert "test_support.py" in text
        assert path.stat().st_mode & 0o077 == 0


def test_places_in_our_code_stay_readable() -> None:
    line = "strongroom/desktop/shell/settings_page.py:63 _on_search_changed"
    assert scrubbed(line) == line


def test_a_bundle_that_cannot_be_written_says_so_and_leaves_nothing(
    bundle: SupportBundle, tmp_path: Path
) -> None:
    (tmp_path / "in the way").write_text("")
    with pytest.raises(EnvironmentFault):
        bundle.save(tmp_path / "in the way" / "bundle.zip", bundle.parts())
    assert not list(tmp_path.glob("**/*.tmp"))


@pytest.fixture
def desk(app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write_run(tmp_path / "store", 1)
    before = Resources.now()
    made = Desk(app, tmp_path / "store", tmp_path / "home")
    yield made
    made.close()
    before.fail_if_more(tmp_path)


def _crash_dialogs() -> list[CrashDialog]:
    shown = QApplication.topLevelWidgets()
    return [one for one in shown if isinstance(one, CrashDialog) and one.isVisible()]


def test_the_window_survives_a_slot_that_fails_and_a_stream_of_them(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(desk)
    desk.support.install()

    def fail() -> None:
        raise ZeroDivisionError("half a run")

    for _ in range(20):
        QTimer.singleShot(0, fail)
    thread = threading.Thread(target=fail)
    qtbot.waitUntil(lambda: len(_crash_dialogs()) == 1)
    thread.start()
    thread.join()
    dialog = _crash_dialogs()[0]
    assert "ZeroDivisionError: half a run" in dialog.report
    assert nameless(dialog) == []
    qtbot.waitUntil(lambda: [entry.times for entry in window.notices.entries()] == [20])
    assert len(_crash_dialogs()) == 1
    dialog.press_primary()
    bundles = [one for one in QApplication.topLevelWidgets() if isinstance(one, SupportDialog)]
    saved = tmp_path / "bundle.zip"
    bundles[0]._choose = lambda _name: str(saved)
    qtbot.waitUntil(bundles[0].save_button.isEnabled)
    assert nameless(bundles[0]) == []
    bundles[0].save_button.click()
    qtbot.waitUntil(saved.is_file)
    with zipfile.ZipFile(saved) as bundle:
        assert b"half a run" not in b"".join(map(bundle.read, bundle.namelist()))
        assert b"ZeroDivisionError" in bundle.read("error.txt")
        assert b'"what": "error"' in bundle.read("log.jsonl")
    qtbot.waitUntil(lambda: not shiboken6.isValid(bundles[0]) or not bundles[0].isVisible())
    window.go_to("audit")
    assert window.page_id() == "audit"
    assert (tmp_path / "state" / "strongroom" / FILE).is_file()


def test_a_hard_crash_is_told_at_the_next_start(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "state" / "strongroom"
    script = textwrap.dedent(f"""
        import ctypes, pathlib
        from strongroom.desktop.shell.crash_guard import CrashGuard
        from strongroom.services.diary import Diary
        from strongroom.domain.clock import SystemClock
        folder = pathlib.Path({str(folder)!r})
        guard = CrashGuard(Diary(folder, SystemClock()), folder)
        guard.install()
        ctypes.string_at(0)
    """)
    died = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert died.returncode < 0
    assert len(list(folder.glob(f"{PREFIX}*"))) == 1
    (folder / f"{PREFIX}{os.getppid()}.txt").write_text("of a process that still runs")
    desk.support.install()
    window = desk.open()
    assert window.notices.entries()[0].title == "Strongroom ended unexpectedly last time"
    assert "Segmentation fault" in desk.support._hard_crash
    desk.close()
    assert [path.name for path in folder.glob(f"{PREFIX}*")] == [f"{PREFIX}{os.getppid()}.txt"]


def test_a_clean_end_leaves_no_mark(app: QApplication, diary: Diary, tmp_path: Path) -> None:
    before = sys.excepthook
    guard = CrashGuard(diary, tmp_path)
    guard.install()
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1
    guard.remove()
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    assert sys.excepthook is before
