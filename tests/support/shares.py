# SPDX-License-Identifier: Apache-2.0
"""Real file systems to test on: the disk below pytest, an exFAT stick, a small full disk."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def missing_for_exfat() -> str:
    """Returns why no exFAT stick can be made here, or an empty text."""
    if os.geteuid() != 0:
        return "mounting an image needs root"
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    for tool in ("mkfs.exfat", "mount.exfat-fuse", "losetup", "umount", "fsck.exfat"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (apt install exfat-fuse exfatprogs)"
    return ""


class Stick:
    """An exFAT stick in an image file; `pull_out` kills its driver under the writer's feet."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder
        self._device = ""
        self._driver: subprocess.Popen[bytes] | None = None

    def format(self, size_bytes: int) -> None:
        with self.image.open("wb") as file:
            file.truncate(size_bytes)
        run("mkfs.exfat", str(self.image))

    def put_in(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self._device = run("losetup", "-f", "--show", str(self.image)).strip()
        self._driver = subprocess.Popen(
            ["mount.exfat-fuse", "-d", self._device, str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 5
        while not os.path.ismount(self.folder):  # without this the disk below is tested
            if time.monotonic() > deadline or self._driver.poll() is not None:
                self.pull_out()
                pytest.skip("the exFAT image could not be mounted here")
            time.sleep(0.02)

    def freeze(self) -> None:
        """Stops its driver: whoever touches the stick now waits, as with a share that hangs."""
        assert self._driver is not None
        self._driver.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets the driver go on."""
        assert self._driver is not None
        self._driver.send_signal(signal.SIGCONT)

    def take_out(self) -> None:
        """Unmounts in good order."""
        run("umount", str(self.folder))
        assert self._driver is not None
        self._driver.wait(timeout=10)
        run("losetup", "-d", self._device)

    def detach(self) -> None:
        """Lets go of the device after somebody else has unmounted it."""
        if self._driver is not None:
            self._driver.wait(timeout=10)
        if self._device:
            subprocess.run(["losetup", "-d", self._device], check=False, capture_output=True)
        self._device = ""

    def pull_out(self) -> None:
        """Pulls it: the driver dies, the device goes, nothing is flushed by it any more."""
        assert self._driver is not None
        self._driver.kill()
        self._driver.wait(timeout=10)
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)
        subprocess.run(["losetup", "-d", self._device], check=False, capture_output=True)

    def is_sound(self) -> bool:
        """Whether fsck finds nothing wrong with it."""
        command = ["fsck.exfat", "-n", str(self.image)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextmanager
def exfat_stick(folder: Path, size_bytes: int = 64 << 20) -> Iterator[Stick]:
    """Gives a fresh exFAT stick that is put in; skips with the reason where none can be made."""
    reason = missing_for_exfat()
    if reason:
        pytest.skip(f"no exFAT stick: {reason}")
    stick = Stick(folder / "stick.img", folder / "stick")
    stick.format(size_bytes)
    stick.put_in()
    try:
        yield stick
    finally:
        stick.thaw()
        if os.path.ismount(stick.folder):
            stick.take_out()


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Gives a disk of so many bytes; skips where this account may not mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if done.returncode != 0 or not os.path.ismount(folder):
        pytest.skip(f"no small disk: mount said {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        run("umount", str(folder))


def remount(folder: Path, option: str) -> None:
    """Remounts a small disk, for example ``ro``."""
    run("mount", "-o", f"remount,{option}", str(folder))


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
