# SPDX-License-Identifier: Apache-2.0
"""A real Secret Service for tests: gnome-keyring on a D-Bus of its own, in folders of its own.

Works alone and inside another session: nothing of the surrounding bus or home is touched. The
private bus can start no services, so that no prompt of the desktop ever appears.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import secretstorage

PASSWORD = "correct horse battery staple"
START_TIMEOUT_S = 15.0

_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def is_possible() -> bool:
    """Whether this machine has the two daemons."""
    return all(map(shutil.which, ("dbus-daemon", "gnome-keyring-daemon")))


@dataclass
class KeyringSession:
    """A private bus, and a keyring daemon on it that can be started, locked and stopped."""

    folder: Path
    address: str
    _daemon: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def environ(self) -> dict[str, str]:
        """Returns the variables that point a program at this session."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
        }

    def start_daemon(self, password: str = PASSWORD) -> None:
        """Starts gnome-keyring; the first password makes the keyring, a wrong one opens nothing."""
        command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        self._daemon = subprocess.Popen(
            command,
            env={**os.environ, **self.environ()},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(password.encode())
        self._daemon.stdin.close()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if time.monotonic() > deadline or self._daemon.poll() is not None:
                raise RuntimeError("gnome-keyring-daemon did not start")
            time.sleep(0.02)

    def stop_daemon(self) -> None:
        """Ends the keyring daemon and leaves the bus."""
        if self._daemon is not None:
            self._daemon.terminate()
            try:
                self._daemon.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()
            self._daemon = None

    def lock(self) -> None:
        """Locks the default collection, as the screen lock does."""
        with closing(secretstorage.dbus_init()) as connection:
            secretstorage.Collection(connection).lock()

    def raw_secrets(self) -> dict[str, bytes]:
        """Returns the labels and values of all items, as another program sees them."""
        with closing(secretstorage.dbus_init()) as connection:
            items = secretstorage.Collection(connection).get_all_items()
            return {item.get_label(): item.get_secret() for item in items}

    def names_on_the_bus(self) -> set[str]:
        """Returns the unique names of all connections; the one that asks is among them."""
        with closing(_connect(self.address)) as connection:
            names = connection.bus_proxy.ListNames()[0]
        return {name for name in names if name.startswith(":")}

    def _answers(self) -> bool:
        try:
            with closing(_connect(self.address)) as connection:
                if not secretstorage.check_service_availability(connection):
                    return False
                secretstorage.Collection(connection).is_locked()
        except secretstorage.ItemNotFoundException:
            return False
        return True


@contextmanager
def keyring_session(*, with_daemon: bool = True) -> Iterator[KeyringSession]:
    """Runs a private session and ends everything it started; the environment is the caller's."""
    folder = Path(tempfile.mkdtemp(prefix="srk-"))  # short: a socket path holds 107 bytes
    for name in ("data", "run", "config", "bus"):
        (folder / name).mkdir(mode=0o700)
    config = folder / "bus.conf"
    config.write_text(_BUS_CONFIG.format(folder=folder / "bus"))
    printed = subprocess.run(
        ["dbus-daemon", f"--config-file={config}", "--print-address=1", "--print-pid=1", "--fork"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    session = KeyringSession(folder, printed[0])
    try:
        if with_daemon:
            session.start_daemon()
        yield session
    finally:
        session.stop_daemon()
        os.kill(int(printed[1]), signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def _connect(address: str) -> secretstorage.DBusConnection:
    from jeepney.io.blocking import open_dbus_connection

    return open_dbus_connection(address)
