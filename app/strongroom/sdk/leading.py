# SPDX-License-Identifier: Apache-2.0
"""Decides whether a process that opens an existing run takes it over or joins it.

* A run whose leader has ended, or is gone, is resumed: the newcomer's end becomes the run's end.
* A run whose leader is alive is joined (another rank): the leader's end stays the run's end.
* Only the last bytes of a journal are read, with the standard library.
"""

import os
import time
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import Untrusted
from strongroom.journal.layout import HEADER_BYTES, JOURNAL_SUFFIX, Header, unpack_header
from strongroom.journal.writer import boot_id

SILENT_US = 60 * MICROSECONDS  # six heartbeats missed


def may_lead(folder: Path) -> bool:
    """Whether no process that logs into this run folder seems to be alive."""
    now_us = time.time_ns() // 1000
    return not any(_is_alive(path, now_us) for path in folder.glob("w-*" + JOURNAL_SUFFIX))


def _is_alive(path: Path, now_us: int) -> bool:
    try:
        with path.open("rb") as stream:
            header = unpack_header(stream.read(HEADER_BYTES))
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(HEADER_BYTES, size - 4096))
            tail = stream.read()
            modified_us = int(os.fstat(stream.fileno()).st_mtime * MICROSECONDS)
    except (OSError, Untrusted):
        return False
    if _has_ended(tail):
        return False
    if header.boot_id and header.boot_id == boot_id():
        return _process_exists(header)
    return now_us - modified_us < SILENT_US


def _has_ended(tail: bytes) -> bool:
    """Whether the last record is an end; it is always the last one a process writes."""
    start = tail.rfind(b'{"status":"')
    return start >= 16 and tail[start - 12 : start - 8] == b"\x08\x00\x00\xf0"


def _process_exists(header: Header) -> bool:
    if header.pid == os.getpid():
        return True
    try:
        os.kill(header.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's process
    return True
