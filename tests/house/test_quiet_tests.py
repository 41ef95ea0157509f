# SPDX-License-Identifier: Apache-2.0
"""The tests are strict: a warning of Python, Qt or the log fails, and so does what is left behind.

Each of these is done wrong on purpose by a test of a run of its own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from support.checkout import ROOT
from support.no_internet import GUARDED_TESTS

WRONG = """
import logging
import threading
import time
import warnings

from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QWidget

LEFT = []


def test_right(app, tmp_path):
    (tmp_path / "file").write_text("closed at once")
    logging.getLogger("strongroom").info("all is well")


def test_warning_of_python():
    warnings.warn("old manners", stacklevel=1)


def test_warning_of_qt(app):
    qWarning("no such thing")


def test_warning_of_the_log():
    logging.getLogger("strongroom.store").warning("half a run")


def test_error_of_the_log():
    logging.getLogger("somebody.else").error("no run at all")


def test_fault_in_a_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()


def test_fault_in_a_slot(app, qtbot):
    QTimer.singleShot(0, lambda: 1 / 0)
    qtbot.wait(20)


def test_window(app):
    LEFT.append(QWidget())
    LEFT[-1].show()


def test_timer(app):
    timer = QTimer(app)
    timer.start(10_000)


def test_thread(app):
    LEFT.append(threading.Timer(20, print))
    LEFT[-1].daemon = True
    LEFT[-1].start()


def test_file(app, tmp_path):
    LEFT.append((tmp_path / "file").open("w"))
"""

SAID = (
    "old manners",
    "no such thing",
    "half a run",
    "no run at all",
    "windows left open",
    "timers left running",
    "threads left running",
    "files left open",
)


def test_whatever_is_done_wrong_on_purpose_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_wrong.py").write_text(WRONG, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-q", "-rA"]
    command += ["-p", "conftest", "-p", "desktop.conftest", "-p", "no:cacheprovider"]
    command += [f"--rootdir={tmp_path}", f"--basetemp={tmp_path / 'own'}", str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": GUARDED_TESTS, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    told = re.findall(r"^(FAILED|ERROR|PASSED) \S+::(\w+)(.*)$", done.stdout, re.MULTILINE)
    ended: dict[str, list[str]] = {}
    for how, name, _why in told:
        ended.setdefault(name, []).append(how)
    names = re.findall(r"^def (test_\w+)", WRONG, re.MULTILINE)
    assert set(ended) == set(names), done.stdout
    assert ended.pop("test_right") == ["PASSED"], done.stdout
    quiet = [name for name, how in ended.items() if not {"FAILED", "ERROR"} & set(how)]
    assert not quiet, done.stdout
    for words in SAID:
        assert words in done.stdout, words
