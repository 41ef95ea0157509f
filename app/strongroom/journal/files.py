# SPDX-License-Identifier: Apache-2.0
"""Which files of a run folder are journals, and how each of them begins.

* A process keeps a binary journal or a plain one (`plain_lines`); a store's edits are binary.
* Needs the standard library only: whoever logs asks here as well.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.journal.layout import HEADER_BYTES, JOURNAL_SUFFIX, Header, unpack_header
from strongroom.journal.plain_lines import PLAIN_SUFFIX, open_plain, read_plain_header

_JOURNAL = re.compile(r"(w|edit)-.*\.srj|w-[0-9a-f]{8}(-[0-9]{1,4})?\.jsonl", re.DOTALL)


def is_journal(name: str) -> bool:
    """Whether a file of this name in a run folder is a journal of a process or a store."""
    return name.endswith((JOURNAL_SUFFIX, PLAIN_SUFFIX)) and _JOURNAL.fullmatch(name) is not None


def is_of_a_process(name: str) -> bool:
    """Whether a file of this name is a journal of a process that logs."""
    return name.startswith("w-") and is_journal(name)


def stem_of(name: str) -> str:
    """Returns the name of a journal without its suffix: what its pack begins with."""
    return name.removesuffix(JOURNAL_SUFFIX).removesuffix(PLAIN_SUFFIX)


def journals_in(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Returns the journals of a run folder by name, none if it is gone.

    Args:
        folder: The run folder.
        names: What lies in it, if somebody has just looked.

    Raises:
        OSError: If the folder cannot be read.
    """
    if names is None:
        try:
            names = [path.name for path in folder.iterdir()]
        except FileNotFoundError:
            names = ()
    return [folder / name for name in sorted(filter(is_journal, names))]


def read_file_header(path: Path) -> Header:
    """Returns what the beginning of a journal of either kind says.

    Raises:
        Untrusted: ``E-FORMAT`` or ``E-HASH`` if it does not begin like a journal.
        OSError: If it cannot be read.
    """
    if path.name.endswith(PLAIN_SUFFIX):
        with open_plain(path) as stream:
            return read_plain_header(stream)
    with path.open("rb") as stream:
        return unpack_header(stream.read(HEADER_BYTES))


def header_or_none(path: Path) -> Header | None:
    """Returns what the beginning of a journal says, None if it says nothing that holds.

    Raises:
        OSError: If it cannot be read.
    """
    try:
        return read_file_header(path)
    except Untrusted:
        return None
