# SPDX-License-Identifier: Apache-2.0
"""Opens a journal of either kind; whoever reads it need not know which one it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from strongroom.journal.layout import Header
from strongroom.journal.plain_file import PlainFile
from strongroom.journal.plain_lines import PLAIN_SUFFIX
from strongroom.journal.stream import JournalFile, Stretch


class OpenJournal(Protocol):
    """A journal that is read from where the last read stopped."""

    path: Path
    header: Header | None
    """What its beginning says; None before that was read."""

    def read(self) -> Stretch:
        """Returns what was added since the last read.

        Raises:
            Untrusted: If it does not begin like a journal, or is too large.
            OSError: If it cannot be read.
        """
        ...

    def stretches(self) -> Iterator[Stretch]:
        """Yields the same, a bounded part at a time, at least one. Raises as `read`."""
        ...


def open_journal(path: Path) -> OpenJournal:
    """Returns the reader of a journal; nothing is read yet."""
    return PlainFile(path) if path.name.endswith(PLAIN_SUFFIX) else JournalFile(path)
