# SPDX-License-Identifier: Apache-2.0
"""A file of this workstation is written whole or not at all.

* Written beside its place, made durable, renamed: whatever stops the program, the old file is there
  or the new one. Nothing half written is left behind by an error.
* For files of this machine. What lies on shares and sticks, where a rename may be forgotten or
  reported wrongly, goes through `store.publish`.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE = 0o600  # for its owner only
USUAL = 0o666  # less what the person's umask takes away

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def written_whole(path: Path, *, mode: int = USUAL, is_new: bool = False) -> Iterator[Path]:
    """Gives an empty file to write to; when the block ends it takes the place of the old one.

    Args:
        path: Where the file shall be; its folder has to exist.
        mode: Who may read it, from the first byte on.
        is_new: Never take the place of another file.

    Raises:
        OSError: If the disk fails; what was at the path stays. `FileExistsError` for ``is_new``.
    """
    if is_new and path.exists():
        raise FileExistsError(17, "File exists", str(path))
    # The ending stays: some writers choose a format by it.
    aside = path.with_name(f".{path.stem[:40]}.{secrets.token_hex(4)}.tmp{path.suffix}")
    os.close(os.open(aside, _CREATE, mode))
    try:
        yield aside
        _make_durable(aside)
        if is_new:
            _place_first(aside, path)
        else:
            aside.replace(path)
    finally:
        with suppress(OSError):  # gone after a rename; a failing disk keeps its own
            aside.unlink()
    if os.name == "posix":
        with suppress(OSError):  # not every file system takes a sync of a folder
            _make_durable(path.parent)


def write_whole(path: Path, data: bytes, *, mode: int = USUAL, is_new: bool = False) -> None:
    """Writes a file whole; see `written_whole`."""
    with written_whole(path, mode=mode, is_new=is_new) as aside:
        aside.write_bytes(data)


def _place_first(aside: Path, path: Path) -> None:
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: somebody quicker by a hair may be replaced
        if path.exists():
            raise FileExistsError(17, "File exists", str(path)) from None
        aside.replace(path)


def _make_durable(path: Path) -> None:
    # Windows syncs only what is open for writing; a folder cannot be.
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
