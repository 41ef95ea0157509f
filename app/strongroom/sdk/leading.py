# SPDX-License-Identifier: Apache-2.0
"""Decides whether a process that opens an existing run takes it over or joins it.

* A run whose leader has ended, or is gone, is resumed: the newcomer's end becomes the run's end.
* A run whose leader is alive is joined (another rank): the leader's end stays the run's end.
* Where ranks are known rank 0 leads, whichever of them came first.
* Only the first and last bytes of a journal are read, with the standard library.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import Untrusted
from strongroom.journal.files import is_of_a_process, journals_in, read_file_header
from strongroom.journal.layout import (
    HEADER_BYTES,
    KIND_BASE,
    MAX_BODY_BYTES,
    OTHER_TAIL,
    PREFIX_BYTES,
    Header,
    Kind,
)
from strongroom.journal.plain_lines import PLAIN_SUFFIX, ends_the_file
from strongroom.journal.writer import boot_id
from strongroom.sdk.ranks import Rank

SILENT_US = 60 * MICROSECONDS  # six heartbeats missed
HEAD_BYTES = 4_096  # the header, and what a process says of itself behind it
FAR_US = 1 << 62  # a header may claim any time; what follows it still has to fit its field


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """A process that seems to be logging into a run; ``rank`` None if nobody told it one."""

    pid: int
    rank: int | None


def living(folder: Path) -> tuple[Living, ...]:
    """Returns the processes that log into this run folder and seem to be alive."""
    now_us = time.time_ns() // 1000
    journals = (path for path in journals_in(folder) if is_of_a_process(path.name))
    found = (_living(path, now_us) for path in journals)
    return tuple(each for each in found if each is not None)


def newest_us(folder: Path) -> int:
    """Returns when the newest journal of a run folder was made, microseconds UTC; 0 for none."""
    journals = (path for path in journals_in(folder) if is_of_a_process(path.name))
    return max(map(_made_us, journals), default=0)


def _made_us(path: Path) -> int:
    try:
        return min(read_file_header(path).created_us, FAR_US)
    except (OSError, Untrusted):
        return 0


def may_lead(others: tuple[Living, ...], rank: Rank | None) -> bool:
    """Whether a process leads a run beside the others that are alive."""
    if rank is not None and rank.rank == 0:
        return all(each.rank not in {None, 0} for each in others)
    return not others


def _living(path: Path, now_us: int) -> Living | None:
    try:
        header = read_file_header(path)
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(HEADER_BYTES, size - 4096))
            tail = stream.read()
            modified_us = int(os.fstat(stream.fileno()).st_mtime * MICROSECONDS)
    except (OSError, Untrusted):
        return None
    is_plain = path.name.endswith(PLAIN_SUFFIX)
    if ends_the_file(tail) if is_plain else _has_ended(tail):
        return None
    is_here = bool(header.pid and header.boot_id) and header.boot_id == boot_id()
    # A sign of life from far ahead is none: the clock was set back since.
    is_heard = abs(now_us - modified_us) < SILENT_US
    is_alive = _process_exists(header) if is_here else is_heard
    return Living(pid=header.pid, rank=None if is_plain else _rank(head)) if is_alive else None


def _rank(head: bytes) -> int | None:
    """Returns the rank a journal's first record tells."""
    start = HEADER_BYTES + PREFIX_BYTES
    if len(head) < start:
        return None
    kind, length, _ = OTHER_TAIL.unpack_from(head, HEADER_BYTES + 4)
    if kind != KIND_BASE + Kind.PROCESS or length > MAX_BODY_BYTES:
        return None
    try:
        body = json.loads(head[start : start + length])
    except ValueError:
        return None
    rank = body.get("rank") if isinstance(body, dict) else None
    return rank if type(rank) is int else None


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
