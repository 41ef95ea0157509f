# SPDX-License-Identifier: Apache-2.0
"""Our files on a stick: where they lie, and whether the medium gives back what their names say.

* Found by looking at the first folders, and by what this workstation remembers to lie deeper.
* Only plain files are opened. A pipe or a link among ours is damage, and nobody waits for it.
* A damaged file that stepped aside for the right one is nobody's any more.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.remote import DESCRIPTION
from strongroom.store.medium import digest_on_medium
from strongroom.store.publish import is_set_aside, is_temporary

MAX_LOOKED_AT = 2_000  # names in the first folders of a stick; a photo archive has more
_OURS = ("trust", "log", "man", "obj")
_LONG, _SHORT = re.compile(r"[0-9a-f]{64}"), re.compile(r"\.([0-9a-f]{16})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StickFile:
    """A file of ours on a stick: where, how large, when it was last written, seconds."""

    path: Path
    size_bytes: int
    changed: float
    is_plain: bool

    @property
    def is_unfinished(self) -> bool:
        """Whether somebody is writing it, or was when the stick was pulled out."""
        return is_temporary(self.path.name)


def first_entries(root: Path) -> Iterator[StickFile]:
    """Yields what lies in the first folder of a stick and in the folders there; follows no link.

    Raises:
        OSError: If the stick cannot be read.
    """
    folders = []
    with os.scandir(root) as entries:
        for entry in islice(entries, MAX_LOOKED_AT):
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            else:
                yield from _found(Path(entry.path))
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in islice(entries, MAX_LOOKED_AT):
                if not entry.is_dir(follow_symlinks=False):
                    yield from _found(Path(entry.path))


def our_files(root: Path, places: Iterable[Path], bundles: Iterable[Path]) -> list[StickFile]:
    """Returns our files on a stick: bundles, receipts and the layout of each remote.

    Args:
        root: The stick.
        places: Remotes that are known to lie on it, wherever.
        bundles: Bundles that were written to it, wherever.

    Raises:
        OSError: If it cannot be read.
    """
    found: dict[Path, StickFile] = {}
    for file in islice(first_entries(root), MAX_LOOKED_AT):
        name = file.path.name
        if name == DESCRIPTION or file.path.suffix == SUFFIX or file.is_unfinished:
            found[file.path] = file
    known = {path.parent for path in found if path.name == DESCRIPTION} | set(places)
    for file in _known(known, bundles):
        found[file.path] = file
    return list(found.values())


def holds(file: StickFile, expected: str) -> bool:
    """Whether the medium gives a file back as its name says, or as it is remembered.

    Args:
        file: The file.
        expected: Its remembered digest, "" if there is none: then the name decides, and a name
            without a digest is content with having been read.

    Raises:
        OSError: If it cannot be read.
    """
    if not file.is_plain:
        return False
    try:
        digest = digest_on_medium(file.path)
    except Untrusted:  # exchanged for a link or a pipe since it was found
        return False
    if expected:
        return digest == expected
    stem = file.path.name.partition(".")[0]
    if _LONG.fullmatch(stem):
        return digest == stem
    short = _SHORT.search(file.path.name)
    return short is None or digest.startswith(short[1])


def _known(places: Iterable[Path], bundles: Iterable[Path]) -> Iterator[StickFile]:
    """Yields the files of remotes and bundles; one that is gone was carried away by somebody."""
    for place in places:
        yield from _found(place / DESCRIPTION)
        for part in _OURS:
            yield from _below(place / part)
    for path in bundles:
        yield from _found(path)


def _below(folder: Path) -> Iterator[StickFile]:
    """Yields what lies below a folder of ours; what is no folder there is damage itself."""
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(folder.lstat().st_mode):
            yield from _found(folder)
            return
        with os.scandir(folder) as entries:
            listed = list(entries)
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(Path(entry.path))
            elif not is_set_aside(entry.name):
                yield from _found(Path(entry.path))


def _found(path: Path) -> Iterator[StickFile]:
    with suppress(FileNotFoundError, NotADirectoryError):  # it got its name, or left, meanwhile
        status = path.lstat()
        yield StickFile(
            path=path,
            size_bytes=status.st_size,
            changed=status.st_mtime,
            is_plain=stat.S_ISREG(status.st_mode),
        )
