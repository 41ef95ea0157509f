# SPDX-License-Identifier: Apache-2.0
"""A file server of Samba on loopback, and its share mounted through a client of our own.

Run as a program it is the client (``samba.py MOUNT PORT``): a FUSE file system that turns every
system call into what a Windows or Samba client sends. The kernel's own client is tested inside
User-mode Linux (`uml`); this one needs no kernel module and runs in every run.
"""

import ctypes
import errno
import getpass
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "only for this server"
START_SECONDS = 120
CONFIGURATION = """[global]
 server role = standalone server
 workgroup = WG
 netbios name = STRONG
 disable netbios = yes
 smb ports = {port}
 interfaces = 127.0.0.1
 bind interfaces only = yes
 private dir = {state}
 lock directory = {state}
 state directory = {state}
 cache directory = {state}
 pid directory = {state}
 ncalrpc dir = {state}/ncalrpc
 log file = {state}/log
 passdb backend = tdbsam:{state}/passdb.tdb
 map to guest = never
 load printers = no
 printing = bsd
 printcap name = /dev/null
 disable spoolss = yes
 server min protocol = SMB2_02
 server multi channel support = no
 usershare max shares = 0
 rpc start on demand helpers = no
[share]
 path = {share}
 read only = no
 case sensitive = no
 preserve case = yes
"""


def missing_for_samba() -> str:
    """Returns why no server can be started here, or an empty text."""
    for tool in ("smbd", "pdbedit"):
        if _tool(tool) is None:
            return f"{tool} is not installed (apt install samba)"
    return ""


def user() -> str:
    """Returns who may use the server: whoever runs it."""
    return getpass.getuser()


def _tool(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


class Server:
    """One smbd of this test with one share; `folder` is where its files really lie."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._state = folder / "share", folder / "state"
        self.port = 20_000 + os.getpid() % 20_000
        self._process: subprocess.Popen[bytes] | None = None
        for each in (self.folder, self._state):
            each.mkdir(parents=True)
        self._config = folder / "smb.conf"
        self._config.write_text(
            CONFIGURATION.format(port=self.port, state=self._state, share=self.folder)
        )
        subprocess.run(
            [_tool("pdbedit") or "", "-s", str(self._config), "-a", "-u", user(), "-t"],
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        command = ["setpriv", "--pdeathsig", "TERM"]  # it ends with the test, however that ends
        command += [_tool("smbd") or "", "-s", str(self._config), "-F", "--no-process-group"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def stop(self) -> None:
        """Kills the server and all its children, as a power cut of the file server does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def samba_share(folder: Path) -> Iterator[tuple[Server, Path]]:
    """Gives a running server and the folder its share is mounted at; skips where it cannot run."""
    from support.faulty_mount import missing_for_fuse, mounted

    for reason in (missing_for_samba(), missing_for_fuse()):
        if reason:
            pytest.skip(f"no Samba: {reason}")
    server, mount = Server(folder), folder / "mount"
    mount.mkdir()
    server.start()
    try:
        # Not on the product's path: what keeps the product from a network does not bind a test.
        with mounted(Path(__file__), mount, str(mount), str(server.port), PYTHONPATH=""):
            yield server, mount
    finally:
        server.stop()


# -------------------------------------------------------------------- the client


def _serve(mount: str, port: int) -> None:
    import mfusepy
    import smbclient
    from smbprotocol.exceptions import SMBException

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    client = _Client(smbclient, port)
    client.wait()

    def reaching(name: str) -> Any:
        act = getattr(client, name)

        def call(_self: object, path: str, *args: Any) -> Any:
            try:
                return act(path, *args)
            except (SMBException, OSError, ValueError) as error:
                known = getattr(error, "errno", None)
                if not isinstance(error, OSError) or not known:
                    client.forget()  # the connection is gone: the next call makes a new one
                raise mfusepy.FuseOSError(known or errno.EIO) from error

        return call

    names = [name for name in vars(_Client) if name.isalpha() and name not in {"wait", "forget"}]
    kind = type("SambaFileSystem", (mfusepy.Operations,), {name: reaching(name) for name in names})
    kind.use_ns = True  # type: ignore[attr-defined]
    mfusepy.FUSE(
        kind(), mount, foreground=True, nothreads=True, direct_io=True, fsname="samba",
        attr_timeout=1, entry_timeout=1, negative_timeout=0,  # as the kernel's client
    )  # fmt: skip


class _Client:
    """System calls as requests to the server; every file is shared with everybody while open."""

    def __init__(self, smbclient: Any, port: int) -> None:
        self._smb = smbclient
        self._how = {"port": port, "username": user(), "password": PASSWORD}
        self._files: dict[int, Any] = {}
        self._next = 1

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._smb.listdir(_unc("/"), **self._how)
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def forget(self) -> None:
        self._files.clear()
        self._smb.reset_connection_cache(fail_on_error=False)

    def _open(self, path: str, mode: str) -> int:
        file = self._smb.open_file(_unc(path), mode, buffering=0, share_access="rwd", **self._how)
        self._files[self._next] = file
        self._next += 1
        return self._next - 1

    def _at(self, handle: int, offset: int) -> Any:
        file = self._files.get(handle)
        if file is None:
            raise OSError(errno.ESTALE, "the connection was lost since")
        file.seek(offset)
        return file

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, Any]:
        found = self._smb.lstat(_unc(path), **self._how)
        mode = found.st_mode | (0o111 if stat.S_ISDIR(found.st_mode) else 0)
        times = {
            f"st_{kind}": getattr(found, f"st_{kind}_ns") for kind in ("atime", "mtime", "ctime")
        }
        return {"st_mode": mode, "st_size": found.st_size, "st_nlink": found.st_nlink} | times

    def readdir(self, path: str, _handle: int) -> list[str]:
        return [".", "..", *self._smb.listdir(_unc(path), **self._how)]

    def statfs(self, _path: str) -> dict[str, int]:
        found = self._smb.stat_volume(_unc("/"), **self._how)
        free, total = found.caller_available_size // 4096, found.total_size // 4096
        sizes = {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": total, "f_namemax": 255}
        return {**sizes, "f_bavail": free, "f_bfree": free}

    def mkdir(self, path: str, _mode: int) -> int:
        self._smb.mkdir(_unc(path), **self._how)
        return 0

    def rmdir(self, path: str) -> int:
        self._smb.rmdir(_unc(path), **self._how)
        return 0

    def unlink(self, path: str) -> int:
        self._smb.unlink(_unc(path), **self._how)
        return 0

    def rename(self, old: str, new: str) -> int:
        self._smb.replace(_unc(old), _unc(new), **self._how)
        return 0

    def link(self, target: str, source: str) -> int:
        self._smb.link(_unc(source), _unc(target), **self._how)
        return 0

    def chmod(self, _path: str, _mode: int) -> int:
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        self._smb.utime(_unc(path), ns=times, **self._how)
        return 0

    def open(self, path: str, flags: int) -> int:
        is_written = flags & (os.O_WRONLY | os.O_RDWR)
        return self._open(path, "rb+" if is_written else "rb")

    def create(self, path: str, _mode: int, _info: object = None) -> int:
        return self._open(path, "xb+")

    def read(self, _path: str, size: int, offset: int, handle: int) -> bytes:
        file, pieces = self._at(handle, offset), []
        while size and (piece := file.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def write(self, _path: str, data: bytes, offset: int, handle: int) -> int:
        file, done = self._at(handle, offset), 0
        while done < len(data):
            done += file.write(data[done:])
        return done

    def truncate(self, path: str, length: int, handle: int | None = None) -> int:
        if handle is None:
            self._smb.truncate(_unc(path), length, **self._how)
        else:
            self._at(handle, 0).truncate(length)
        return 0

    def fsync(self, _path: str, _is_data: int, handle: int) -> int:
        self._at(handle, 0).fd.flush()
        return 0

    def release(self, _path: str, handle: int) -> int:
        file = self._files.pop(handle, None)
        if file is not None:
            file.close()
        return 0


def _unc(path: str) -> str:
    return "\\\\127.0.0.1\\share" + path.replace("/", "\\").rstrip("\\")


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
