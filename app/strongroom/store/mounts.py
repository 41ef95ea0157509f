# SPDX-License-Identifier: Apache-2.0
"""What is mounted on this machine, which of it can be pulled out, and hearing that it changed.

* The kernel's own table is read, never the file systems in it: a stick that hangs cannot hold up
  whoever asks what is mounted.
* A place counts as removable when its device says so, hangs on USB or is a card or disc, or when
  the desktop mounted it where desktops mount what was plugged in.
* `MountWatch` waits in the kernel for a change of the table; nobody asks again and again.
"""

import ctypes
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.store.faults import explained

MOUNT_TABLE = Path("/proc/self/mountinfo")
MAX_TABLE_BYTES = 4 << 20  # a machine full of containers has some 100 KiB
PLUGGED_ROOTS = ("/media/", "/run/media/", "/Volumes/")
DISC_TYPES = frozenset({"iso9660", "udf"})
FAT32_TYPES = frozenset({"vfat", "msdos"})
EJECT_SECONDS = 60  # a slow stick writes what the kernel still holds before it lets go
LOOK_AGAIN_S = 3.0  # where the system has no table to wait for
_DRIVE_REMOVABLE, _DRIVE_DISC = 2, 5  # what GetDriveTypeW answers
_PLATFORM: str = sys.platform  # a variable: each branch is checked on every system
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A mounted file system: where, which device and kind, whether it takes writing."""

    folder: str
    device: str
    filesystem: str
    is_read_only: bool
    number: str = ""
    """The device's number as ``major:minor``, "" where the system has none."""

    @property
    def max_file_bytes(self) -> int | None:
        """The largest file it takes, None where no medium of today reaches the limit."""
        return (1 << 32) - 1 if self.filesystem in FAT32_TYPES else None


def mounts() -> tuple[Mount, ...]:
    """Returns everything that is mounted, as the kernel lists it."""
    if _PLATFORM.startswith("linux"):
        with suppress(OSError), MOUNT_TABLE.open("rb") as file:
            return parse_mounts(file.read(MAX_TABLE_BYTES).decode("utf-8", "surrogateescape"))
        return ()
    if _PLATFORM == "win32":
        return _drives()
    return tuple(_volumes(Path("/Volumes")))


def parse_mounts(table: str) -> tuple[Mount, ...]:
    """Reads the table of ``/proc/self/mountinfo``; a line of another shape is passed over."""
    found: dict[str, Mount] = {}
    for line in table.splitlines():
        before, dash, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")
        if not dash or len(fields) < 6 or len(kind) < 3:
            continue
        folder = _unescaped(fields[4])
        flags = {*fields[5].split(","), *kind[2].split(",")}
        found[folder] = Mount(  # a later one at the same folder hides the earlier one
            folder=folder,
            device=_unescaped(kind[1]),
            filesystem=kind[0].removeprefix("fuse."),
            is_read_only="ro" in flags,
            number=fields[2],
        )
    return tuple(found.values())


def is_removable(mount: Mount, *, devices: Path = Path("/sys/dev/block")) -> bool:
    """Whether this is something a person plugs in and pulls out.

    Args:
        mount: What is mounted.
        devices: The kernel's folder of devices by number.
    """
    if mount.filesystem in DISC_TYPES or mount.folder.startswith(PLUGGED_ROOTS):
        return True
    if _PLATFORM == "win32":
        return True  # only such drives are listed there
    with suppress(OSError):
        number = mount.number
        if mount.device.startswith("/dev/"):  # of a FUSE mount, the device below it
            status = Path(mount.device).stat()
            number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        device = (devices / number).resolve(strict=True)
        if "/usb" in str(device) or "/mmc" in str(device):
            return True
        return any(_says_removable(each) for each in (device, device.parent))
    return False


def removable_mounts() -> tuple[Mount, ...]:
    """Returns what is plugged in now, by folder."""
    return tuple(
        sorted((each for each in mounts() if is_removable(each)), key=lambda each: each.folder)
    )


def mount_of(path: Path, table: Iterable[Mount] | None = None) -> Mount | None:
    """Returns the file system a path lies on, None where the system does not tell."""
    wanted = os.path.abspath(path)  # noqa: PTH100 - resolve() would touch the share
    best: Mount | None = None
    for each in mounts() if table is None else table:
        folder = each.folder.rstrip("/\\")
        is_above = wanted == folder or wanted.startswith((folder + "/", folder + "\\"))
        if is_above and (best is None or len(each.folder) >= len(best.folder)):
            best = each
    return best


def label_of(mount: Mount, *, labels: Path = Path("/dev/disk/by-label")) -> str:
    """Returns the name a stick was given, else the last part of its folder."""
    with suppress(OSError), os.scandir(labels) as entries:
        device = os.path.realpath(mount.device)
        for entry in entries:
            if os.path.realpath(entry.path) == device:
                return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), entry.name)
    return Path(mount.folder).name or mount.folder


def flush(folder: Path) -> None:
    """Returns when everything written to the file system of a folder is on the medium.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-FULL`` if the medium did not take it.
    """
    with explained(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
            if syncfs is None:
                os.sync()
            elif syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        finally:
            os.close(descriptor)


def eject(mount: Mount) -> bool:
    """Unmounts what is plugged in by the desktop's own means; whether it is gone then.

    Somebody who still has a file open there keeps it mounted: then it is not gone.
    """
    for command in (
        ["udisksctl", "unmount", "--no-user-interaction", "-b", mount.device],
        ["gio", "mount", "-u", mount.folder],
        ["diskutil", "eject", mount.folder],
        ["umount", mount.folder],
    ):
        program = shutil.which(command[0])
        if program is None:
            continue
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - programs of the system; names from the kernel's table
                [program, *command[1:]],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=EJECT_SECONDS,
            )
        if all(each.folder != mount.folder for each in mounts()):
            return True
    return False


class MountWatch:
    """Waits until something is mounted or unmounted; `descriptor` can be waited for elsewhere."""

    def __init__(self) -> None:
        self._table = None
        with suppress(OSError):
            self._table = MOUNT_TABLE.open("rb")

    @property
    def descriptor(self) -> int | None:
        """What becomes ready by an exceptional condition, None where nothing can be waited for."""
        return None if self._table is None else self._table.fileno()

    def wait(self, timeout_s: float) -> bool:
        """Waits for a change; False if there was none in that time.

        Where the system has nothing to wait for it sleeps and says that there may be a change.
        """
        if self._table is None:
            time.sleep(min(timeout_s, LOOK_AGAIN_S))
            return True
        poll = select.poll()
        poll.register(self._table.fileno(), select.POLLERR | select.POLLPRI)
        return bool(poll.poll(timeout_s * 1000))

    def close(self) -> None:
        """Lets go of the table."""
        if self._table is not None:
            self._table.close()
            self._table = None


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def _says_removable(device: Path) -> bool:
    with suppress(OSError):
        return (device / "removable").read_text().strip() == "1"
    return False


def _volumes(root: Path) -> Iterable[Mount]:
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                is_read_only = not os.access(entry.path, os.W_OK)
                yield Mount(
                    folder=entry.path, device=entry.name, filesystem="", is_read_only=is_read_only
                )


def _drives() -> tuple[Mount, ...]:
    """Returns the sticks and discs of Windows, which tells their kind by the letter."""
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - only Windows has it
    letters = [chr(65 + bit) for bit in range(26) if kernel.GetLogicalDrives() >> bit & 1]
    found = []
    for letter in letters:
        folder = f"{letter}:\\"
        kind = kernel.GetDriveTypeW(folder)
        if kind in {_DRIVE_REMOVABLE, _DRIVE_DISC}:
            found.append(
                Mount(
                    folder=folder, device=letter, filesystem="",
                    is_read_only=kind == _DRIVE_DISC,
                )
            )  # fmt: skip
    return tuple(found)
