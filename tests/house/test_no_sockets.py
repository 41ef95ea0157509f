# SPDX-License-Identifier: Apache-2.0
"""The guard of every test and process: a socket of the Internet ends whoever asks for it.

First that the guard holds, by asking for sockets in each way there is; then the program's own
processes under it: training, commands, exchange, backup, and the window with all its pages.
"""

import os
import signal
import socket
import subprocess
import sys

import pytest

from support import no_internet
from support.checkout import APP
from support.command_line import Workplace

IN_PYTHON = "import socket; socket.socket({family})"
IN_C = "import ctypes; ctypes.CDLL(None).socket({family}, 1, 0); print('alive')"
BY_A_CHILD = (
    "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-I', '-c',"
    " 'import socket; socket.socket({family})']).returncode)"
)


def _run(program: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "PYTHONPATH": no_internet.GUARDED}
    return subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("family", [2, 10])
def test_python_is_refused_a_socket_of_the_internet(family):
    done = _run(IN_PYTHON.format(family=family))
    assert done.returncode != 0
    assert "asked for a socket of the Internet" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's seccomp")
@pytest.mark.parametrize("family", [2, 10])
def test_the_kernel_ends_a_library_and_a_child_that_ask_for_one(family):
    assert _run(IN_C.format(family=family)).returncode == -signal.SIGSYS
    assert _run(BY_A_CHILD.format(family=family)).returncode == 256 - signal.SIGSYS


def test_sockets_of_this_machine_are_no_network():
    done = _run("import socket; socket.socket(socket.AF_UNIX).close(); print('fine')")
    assert done.stdout == "fine\n"


def test_in_the_process_of_the_tests_one_is_refused_and_told():
    with pytest.raises(PermissionError, match="no network"):
        socket.socket(socket.AF_INET)
    (where,) = no_internet.asked()
    assert "test_no_sockets.py" in where


WHILE_IMPORTED = """
import contextlib
import socket

with contextlib.suppress(PermissionError):
    socket.socket(socket.AF_INET)


def test_first():
    pass


def test_second():
    pass
"""


def test_a_socket_that_is_asked_for_while_a_test_is_imported_fails_the_first_test(tmp_path):
    (tmp_path / "test_importing.py").write_text(WHILE_IMPORTED)
    environ = {
        **os.environ, "PYTHONPATH": no_internet.GUARDED_TESTS, "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", no_internet.MAY_REACH: "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider",
         "test_importing.py"],
        env=environ, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "before this test began, a socket of the Internet was asked for" in done.stdout
    assert "1 passed, 1 error" in done.stdout
    assert "test_importing.py" in done.stdout


@pytest.mark.parametrize(
    ("command", "environ"),
    [
        ([sys.executable, "-c", ""], {}),
        ([sys.executable, "-c", ""], {"PYTHONPATH": str(APP)}),
        (["true"], {"PYTHONPATH": ""}),
        ([sys.executable, "-I", "-c", ""], {"PYTHONPATH": no_internet.GUARDED}),
        ([sys.executable, "-qE", "-c", ""], {"PYTHONPATH": no_internet.GUARDED}),
        ([sys.executable, "-S", "-c", ""], None),
    ],
)
def test_a_process_that_would_not_be_sealed_off_is_not_started_and_told(command, environ):
    with pytest.raises(PermissionError, match="no network"):
        subprocess.run(command, env=environ, check=False)
    (where,) = no_internet.asked()
    assert "not sealed off" in where
    assert "test_no_sockets.py" in where


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's seccomp")
def test_an_interpreter_that_hears_no_variables_is_sealed_off_before_it_begins():
    def run(program: str) -> int:
        command = no_internet.isolated("-S", "-c", program)
        return subprocess.run(command, check=False, capture_output=True).returncode

    assert run("import sys; sys.exit(0 if sys.flags.isolated else 1)") == 0
    assert run(IN_C.format(family=2)) == -signal.SIGSYS


def test_the_programs_of_one_working_day_make_no_socket(tmp_path):
    ann = Workplace(tmp_path / "ann", tmp_path / "store")
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("four quiet words together\n")
    ann = Workplace(ann.home, ann.store, passphrase)
    ann.train("first", "weights", tmp_path / "model")
    ann.ask("identity", "create", "--name", "Ann")
    ann.ask("team", "create", "Churn ML")
    run = ann.ask("runs", "search")["runs"][0]["run_id"]
    ann.ask("models", "register", run, "model", "churn")
    share = tmp_path / "share"
    share.mkdir()
    ann.ask("remote", "add", "share", share)
    ann.ask("remote", "sync")
    ann.ask("backup", "create", "--to", tmp_path / "backups")
    ann.ask("audit", "export", "churn/1", "-o", tmp_path / "package")
    ann.ask("verify")
    assert ann.type("doctor").code in {0, 1}


@pytest.mark.slow
def test_the_window_with_all_its_pages_makes_no_socket(tmp_path):
    variables = {"QT_QPA_PLATFORM": "offscreen", "XDG_STATE_HOME": str(tmp_path)}
    ann = Workplace(tmp_path / "ann", tmp_path / "store", variables=variables)
    ann.train("first", "weights", tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-m", "strongroom", "desktop", "--screenshot", str(tmp_path / "shots")],
        env=ann.environ(), capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "shots").glob("*.png"))
