# SPDX-License-Identifier: Apache-2.0
"""Large artifacts that a program began to keep and did not finish: which, and how far it came.

Logged again into the same run, such a file goes on from there (`sdk.large_file`).
"""

import json
from contextlib import suppress
from pathlib import Path

from strongroom.domain.artifact import UnfinishedFile, check_path
from strongroom.domain.errors import Untrusted
from strongroom.journal.layout import OBJECT_FOLDER, UNFINISHED_SUFFIX, WANTED_SUFFIX
from strongroom.store.plainfile import read_bounded

MAX_NOTE_BYTES = 8_192  # a path and a number
MOST = 1_000  # of one run


def unfinished_in(folder: Path) -> tuple[UnfinishedFile, ...]:
    """Returns the unfinished files of a run folder by path; what cannot be read is left out."""
    found = []
    for note in sorted((folder / OBJECT_FOLDER).glob(f".*{WANTED_SUFFIX}"))[:MOST]:
        with suppress(OSError, Untrusted, ValueError, KeyError, TypeError, RecursionError):
            told = json.loads(read_bounded(note, MAX_NOTE_BYTES))
            check_path(told["path"])
            done = note.with_suffix(UNFINISHED_SUFFIX).lstat().st_size
            found.append(
                UnfinishedFile(path=told["path"], done_bytes=done, size_bytes=int(told["size"]))
            )
    return tuple(sorted(found, key=lambda file: file.path))
