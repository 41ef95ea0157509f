# SPDX-License-Identifier: Apache-2.0
"""A private session for tests: a message bus, an unlocked keyring, a display, a window manager.

* The keyring is the real Secret Service, on a bus of its own, with folders of its own; the keyring
  of whoever runs the tests is never touched.
* What is compiled is kept beside its source, also where whoever runs this says otherwise.
* Every process started here leads a process group and is gone when the session closes, also after
  Ctrl+C and SIGTERM; on Linux even when this program is killed.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 30  # a busy machine with two cores starts each part in under three
STOP_SECONDS = 5
PR_SET_PDEATHSIG = 1
SCREEN = "1600x1000x24"
SCREENS = "STRONGROOM_TEST_SCREENS"  # each worker of the tests takes the one of its number
COMPILES_ANEW = "PYTHONDONTWRITEBYTECODE"  # in each of the hundreds of programs that tests start
OTHER_SESSIONS = frozenset({"DISPLAY", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND"})

_PROBE = (
    "import keyring; keyring.set_password('strongroom:probe', 'probe', 'ready');"
    "assert keyring.get_password('strongroom:probe', 'probe') == 'ready';"
    "keyring.delete_password('strongroom:probe', 'probe')"
)


class SessionError(Exception):
    """Says which part of the session did not start."""


class Session:
    """A context in which commands find a keyring and, after `open_displays`, a screen."""

    def __init__(self, working_folder: Path) -> None:
        self._working_folder = working_folder
        self.environment = {k: v for k, v in os.environ.items() if k != COMPILES_ANEW}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folder = Path(tempfile.mkdtemp(prefix="strongroom-session-"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def use_private_folders(self) -> None:
        """Points every XDG folder into this session and forgets Strongroom's own settings."""
        for name in ("DATA_HOME", "CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
            folder = self._folder / name.lower()
            folder.mkdir(mode=0o700)
            self.environment[f"XDG_{name}"] = str(folder)
        for name in list(self.environment):
            if name.startswith("STRONGROOM_") or name in OTHER_SESSIONS:
                del self.environment[name]

    def open_keyring(self, interpreter: Path) -> None:
        """Starts a bus and a keyring that is unlocked, and waits until it keeps a secret.

        Raises:
            SessionError: If either does not answer in time.
        """
        reading, writing = os.pipe()
        bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile"]
        self.start([*bus, f"--print-address={writing}"], pass_fds=(writing,))
        os.close(writing)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = _first_line(reading, "the message bus")
        daemon = self.start(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE,
        )
        if daemon.stdin is not None:
            daemon.stdin.write(b"a passphrase of this session only")
            daemon.stdin.close()
        self._wait("the keyring", [str(interpreter), "-c", _PROBE])

    def open_displays(self, count: int) -> None:
        """Starts virtual screens on free numbers, each with a window manager of its own.

        The first is the one that programs find; ``SCREENS`` names all of them.

        Raises:
            SessionError: If a part does not answer in time.
        """
        names = [self._opened_display() for _ in range(count)]
        self.environment["DISPLAY"] = names[0]
        self.environment[SCREENS] = " ".join(names)

    def _opened_display(self) -> str:
        reading, writing = os.pipe()
        self.start(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
            pass_fds=(writing,),
        )
        os.close(writing)
        name = f":{_first_line(reading, 'the virtual screen')}"
        self.environment["DISPLAY"] = name
        self.start(["openbox", "--sm-disable"])
        self._wait(
            "the window manager",
            ["sh", "-c", "xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'"],
        )
        return name

    def start(
        self, command: Sequence[str], *, pass_fds: tuple[int, ...] = (), stdin: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts a quiet background process that ends with the session."""
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - this program has one thread
        )
        self._processes.append(process)
        return process

    def run(self, command: Sequence[str | Path], **extra: str) -> int:
        """Runs a command in this session, its output shown, and returns its exit code."""
        process = subprocess.Popen(
            command,
            cwd=self._working_folder,
            env={**self.environment, **extra},
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - this program has one thread
        )
        self._processes.append(process)
        try:
            return process.wait()
        finally:
            _end(process)
            self._processes.remove(process)
            self._tell_what_ended()

    def _tell_what_ended(self) -> None:
        """Says which part of the session ended by itself: what failed may have failed by that."""
        for process in self._processes:
            if process.poll() is not None:
                told = f"Ended by itself, with {process.returncode}: {process.args!r}"
                print(told, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Ends every process of the session, last started first, and removes its folders."""
        while self._processes:
            _end(self._processes.pop())
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self, what: str, probe: Sequence[str]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            answer = subprocess.run(probe, env=self.environment, capture_output=True, check=False)
            if answer.returncode == 0:
                return
            time.sleep(0.1)
        raise SessionError(f"{what} did not answer within {START_SECONDS} seconds")


def stop_on_signals() -> None:
    """Turns SIGTERM and SIGHUP into an orderly exit, so that every session closes."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows knows only the first
            signal.signal(getattr(signal, name), lambda got, _frame: sys.exit(128 + got))


def _die_with_parent() -> None:
    """Asks the kernel to end this process when its parent is killed (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _first_line(descriptor: int, what: str) -> str:
    """Reads the one line a server prints when it is ready."""
    text = b""
    until = time.monotonic() + START_SECONDS
    with open(descriptor, "rb", buffering=0) as stream:
        while not text.endswith(b"\n") and time.monotonic() < until:
            if select.select([stream], [], [], 0.2)[0]:
                piece = stream.read(256)
                if not piece:
                    break
                text += piece
    line = text.decode().strip()
    if not line:
        raise SessionError(f"{what} did not start")
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and whatever it left in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
