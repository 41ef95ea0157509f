# SPDX-License-Identifier: Apache-2.0
"""A mounted file system that fails on command and writes down every change: FUSE over a folder.

Run as a program it is the file system (``faulty_mount.py ROOT MOUNT CONTROL``); imported, it is
what a test holds in its hand. The code under test makes ordinary system calls and knows nothing.

* ``CONTROL/rule.json`` names one fault: operation, path, which matching call, error, before or
  after doing it. Exchanging the file starts counting anew.
* ``CONTROL/log.jsonl`` gets one line for every change, to be cut and replayed (`power_cut`).
* Nothing is cached on the way, or the kernel would hide what fails.
"""

import base64
import ctypes
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.no_internet import MAY_REACH

READING = ("getattr", "readdir", "open", "read", "release", "statfs", "access")
CHANGING = (
    "create", "write", "flush", "fsync", "link", "rename", "unlink", "mkdir", "fsyncdir", "chmod",
)  # fmt: skip
MOUNT_SECONDS = 120  # an interpreter starts meanwhile, on a machine that may be busy


def missing_for_fuse() -> str:
    """Returns why nothing can be mounted here, or an empty text."""
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    if shutil.which("fusermount3") is None and shutil.which("fusermount") is None:
        return "fusermount3 is not installed (apt install fuse3)"
    return ""


class FaultyMount:
    """A mounted folder; `root` is where its files really lie, `folder` where they are reached.

    `struck` tells how often each operation has failed so far: a test of faults without one that
    struck has tested nothing.
    """

    def __init__(self, root: Path, folder: Path, control: Path) -> None:
        self.root, self.folder, self._control = root, folder, control
        self.struck: Counter[str] = Counter()

    def fail(self, operation: str, error: int, *, nth: int = 1, after: bool = False) -> None:
        """From now on the n-th call of an operation (``*`` for any) fails, once."""
        rule = {"op": operation, "errno": error, "nth": nth, "after": after}
        self._rule(rule)

    def forbid_links(self) -> None:
        """From now on there are no hard links, as on FAT32 and exFAT."""
        (self._control / "no-links").touch()

    def heal(self) -> bool:
        """Ends the fault; returns whether it struck."""
        self._rule({})
        struck = self._control / "struck"
        operations = struck.read_text().split() if struck.exists() else []
        struck.unlink(missing_ok=True)
        self.struck.update(operations)
        return bool(operations)

    def _rule(self, rule: dict[str, Any]) -> None:
        new = self._control / "rule.new"
        new.write_text(json.dumps(rule))
        new.replace(self._control / "rule.json")

    def log(self) -> list[tuple[Any, ...]]:
        """Returns every change since the mount, as `power_cut` reads them."""
        text = (self._control / "log.jsonl").read_text()
        return [_entry(json.loads(line)) for line in text.splitlines()]


def _entry(line: list[Any]) -> tuple[Any, ...]:
    if line[0] == "write":
        return ("write", line[1], base64.b64decode(line[2]), line[3])
    return tuple(line)


@contextmanager
def faulty_mount(folder: Path) -> Iterator[FaultyMount]:
    """Mounts an empty folder so that it can fail; skips with the reason where FUSE is not."""
    reason = missing_for_fuse()
    if reason:
        pytest.skip(f"no FUSE: {reason}")
    root, mount, control = (folder / name for name in ("root", "mount", "control"))
    for each in (root, mount, control):
        each.mkdir(parents=True)
    with mounted(Path(__file__), mount, str(root), str(mount), str(control)):
        yield FaultyMount(root, mount, control)


@contextmanager
def mounted(program: Path, mount: Path, *arguments: str, **environment: str) -> Iterator[None]:
    """Runs a program that is a file system until the block ends.

    It is none of the product's and may need rights that a sealed off process has given up.
    """
    known = os.pathsep.join(filter(None, sys.path))  # whatever way the tests came to be found
    server = subprocess.Popen(
        [sys.executable, str(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, MAY_REACH: "1", "PYTHONPATH": known, **environment},
    )
    try:
        _wait_for_mount(server, mount)
        yield
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=False, capture_output=True)
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
        server.communicate()


def _wait_for_mount(server: "subprocess.Popen[bytes]", mount: Path) -> None:
    deadline = time.monotonic() + MOUNT_SECONDS
    while not os.path.ismount(mount):  # without this the disk below is tested
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            pytest.fail(f"nothing was mounted: {server.communicate()[0].decode()[-2000:]}")
        time.sleep(0.02)


# -------------------------------------------------------------------- the file system itself


class _Faults:
    """Decides which call fails, and keeps the log."""

    def __init__(self, control: Path) -> None:
        self._rule_file, self._struck = control / "rule.json", control / "struck"
        self._no_links = control / "no-links"
        self._log = (control / "log.jsonl").open("a", buffering=1)
        self._stamp = (0, 0)
        self._rule: dict[str, Any] = {}
        self._hits = 0

    def due(self, operation: str) -> dict[str, Any]:
        """Returns the rule if this call is the one that fails."""
        if operation == "link" and self._no_links.exists():
            return {"errno": errno.EPERM, "after": False}
        self._load()
        if self._rule.get("op") not in {operation, "*"}:
            return {}
        self._hits += 1
        if self._hits != self._rule["nth"]:
            return {}
        with self._struck.open("a") as told:
            told.write(f"{operation}\n")
        return self._rule

    def _load(self) -> None:
        try:
            found = self._rule_file.stat()
        except OSError:
            return
        if (found.st_ino, found.st_mtime_ns) != self._stamp:
            self._stamp = (found.st_ino, found.st_mtime_ns)
            self._rule, self._hits = json.loads(self._rule_file.read_text()), 0

    def note(self, operation: str, path: str, args: tuple[Any, ...]) -> None:
        name = path.strip("/") or "."
        entries: dict[str, list[Any]] = {
            "create": ["create", name],
            "mkdir": ["mkdir", name],
            "unlink": ["unlink", name],
            "fsync": ["fsync", name],
            "fsyncdir": ["fsync", name],
        }
        if operation == "write":
            entry = ["write", name, base64.b64encode(args[0]).decode(), args[1]]
        elif operation == "rename":
            entry = ["rename", name, args[0].strip("/")]
        elif operation == "link":  # FUSE names the new entry first
            entry = ["link", args[0].strip("/"), name]
        elif operation in entries:
            entry = entries[operation]
        else:
            return
        self._log.write(json.dumps(entry) + "\n")


class _PassThrough:
    """What each operation does to the folder below."""

    def __init__(self, root: str) -> None:
        self._root = root

    def _at(self, path: str) -> Path:
        return Path(self._root + path)

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, Any]:
        found = os.lstat(self._at(path))
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_ino")
        times = {
            f"st_{kind}": getattr(found, f"st_{kind}_ns") for kind in ("atime", "mtime", "ctime")
        }
        return {name: getattr(found, name) for name in names} | times

    def readdir(self, path: str, _handle: int) -> list[str]:
        return [".", "..", *(each.name for each in self._at(path).iterdir())]

    def opendir(self, _path: str) -> int:
        return 0

    def releasedir(self, _path: str, _handle: int) -> int:
        return 0

    def access(self, path: str, mode: int) -> int:
        if not os.access(self._at(path), mode):
            raise OSError(errno.EACCES, "no access")
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._at(path))
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files")
        return {name: getattr(found, name) for name in (*names, "f_flag", "f_frsize", "f_namemax")}

    def mkdir(self, path: str, mode: int) -> int:
        self._at(path).mkdir(mode)
        return 0

    def rmdir(self, path: str) -> int:
        self._at(path).rmdir()
        return 0

    def unlink(self, path: str) -> int:
        self._at(path).unlink()
        return 0

    def rename(self, old: str, new: str) -> int:
        self._at(old).rename(self._at(new))
        return 0

    def link(self, target: str, source: str) -> int:
        self._at(target).hardlink_to(self._at(source))
        return 0

    def symlink(self, target: str, source: str) -> int:
        self._at(target).symlink_to(source)
        return 0

    def readlink(self, path: str) -> str:
        return str(self._at(path).readlink())

    def chmod(self, path: str, mode: int) -> int:
        self._at(path).chmod(mode)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        os.utime(self._at(path), ns=times) if times else os.utime(self._at(path))
        return 0

    def open(self, path: str, flags: int) -> int:
        return os.open(self._at(path), flags & ~os.O_APPEND)

    def create(self, path: str, mode: int, _info: object = None) -> int:
        return os.open(self._at(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)

    def read(self, _path: str, size: int, offset: int, handle: int) -> bytes:
        return os.pread(handle, size, offset)

    def write(self, _path: str, data: bytes, offset: int, handle: int) -> int:
        return os.pwrite(handle, data, offset)

    def truncate(self, path: str, length: int, handle: int | None = None) -> int:
        os.truncate(self._at(path) if handle is None else handle, length)
        return 0

    def flush(self, _path: str, _handle: int) -> int:
        return 0

    def fsync(self, _path: str, _is_data: int, _handle: int) -> int:
        return 0  # the log says what is durable; the disk below needs not to be

    def fsyncdir(self, _path: str, _is_data: int, _handle: int) -> int:
        return 0

    def release(self, _path: str, handle: int) -> int:
        os.close(handle)
        return 0


def end_with_parent() -> None:
    """Ends this file system with the test that mounted it, however that ends."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _serve(root: str, mount: str, control: str) -> None:
    import mfusepy

    end_with_parent()
    faults, below = _Faults(Path(control)), _PassThrough(root)

    def failing(name: str) -> Any:
        act = getattr(below, name)

        def call(_self: object, path: str, *args: Any) -> Any:
            rule = faults.due(name)
            if rule and not rule["after"]:
                raise mfusepy.FuseOSError(rule["errno"])
            try:
                result = act(path, *args)
            except OSError as error:
                raise mfusepy.FuseOSError(error.errno) from error
            faults.note(name, path, args)
            if rule:
                raise mfusepy.FuseOSError(rule["errno"])
            return result

        return call

    names = [name for name in vars(_PassThrough) if re.fullmatch("[a-z]+", name)]
    kind = type("FaultyFileSystem", (mfusepy.Operations,), {name: failing(name) for name in names})
    kind.use_ns = True  # type: ignore[attr-defined]
    mfusepy.FUSE(
        kind(), mount, foreground=True, nothreads=True, direct_io=True, fsname="faulty",
        attr_timeout=0, entry_timeout=0, negative_timeout=0,
    )  # fmt: skip


if __name__ == "__main__":
    _serve(*sys.argv[1:4])
