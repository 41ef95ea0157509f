# SPDX-License-Identifier: Apache-2.0
"""Sticks that are really plugged in: file systems mounted where desktops mount them."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path("/run/media")


@contextmanager
def plugged_in(label: str = "STICK", *, size_bytes: int = 32 << 20) -> Iterator[Path]:
    """Mounts a small file system below /run/media; skips where this account may not mount."""
    if os.geteuid() != 0:
        pytest.skip("mounting a stick needs root")
    user = ROOT / f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder = user / label
    folder.mkdir(parents=True)
    put_in(folder, size_bytes)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
        folder.rmdir()
        user.rmdir()


def put_in(folder: Path, size_bytes: int = 32 << 20) -> None:
    """Mounts a fresh stick on a folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0 or not os.path.ismount(folder):
        pytest.skip(f"no stick: mount said {done.stderr.strip()}")


def protect(folder: Path) -> None:
    """Moves the switch on the side of a stick: nothing can be written any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True, capture_output=True)
