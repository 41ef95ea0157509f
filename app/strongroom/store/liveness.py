# SPDX-License-Identifier: Apache-2.0
"""Whether the process behind a journal can still write to it.

* On the same machine since the same start the process table can say that it is gone.
* Everywhere silence says so: a process says "alive" every ten seconds.
* A process that was stopped, or whose machine slept, is silent and goes on some day: as long as it
  holds its journal open, here where that can be seen, it is not gone.
"""

import os
from dataclasses import dataclass

from strongroom.domain.clock import MICROSECONDS
from strongroom.journal.content import WriterState
from strongroom.journal.writer import boot_id

SILENCE_US = 600 * MICROSECONDS  # sixty missed heartbeats (formats.md 0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who looks, and when: this machine's present start and the time, microseconds UTC."""

    now_us: int
    boot_id: str

    def may_write(self, writer: WriterState) -> bool:
        """Whether the file may still grow: it has no end and its process may be alive."""
        if writer.ended:
            return False
        is_gone = self.is_gone(
            writer.pid, writer.boot_id, writer.last_seen_us, says_alive=writer.says_alive
        )
        is_here = bool(writer.boot_id) and writer.boot_id == self.boot_id
        return not is_gone or (is_here and _holds_open(writer.pid, writer.file))

    def is_gone(self, pid: int, boot: str, last_seen_us: int, *, says_alive: bool = True) -> bool:
        """Whether a process is known to be gone, or silent for too long to be believed alive.

        One that never says so by itself and can be seen to live is silent as long as it likes.
        """
        if boot and boot == self.boot_id:
            if not _is_alive(pid):
                return True
            if not says_alive:
                return False
        return self.now_us - last_seen_us > SILENCE_US


def observe(now_us: int) -> Observer:
    """Returns an observer on this machine at this time."""
    return Observer(now_us=now_us, boot_id=boot_id())


def _holds_open(pid: int, name: str) -> bool:
    """Whether a process of this machine can be seen to hold a file of this name open.

    A number alone proves nothing after a while: another process may have it by now.
    """
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            return any(_leads_to(entry.path, name) for entry in entries)
    except OSError:  # no such process, somebody else's, or a system without /proc
        return False


def _leads_to(link: str, name: str) -> bool:
    try:
        return os.readlink(link).endswith(f"/{name}")  # noqa: PTH115 - a Path for each is slower
    except OSError:
        return False


def _is_alive(pid: int) -> bool:
    if os.name != "posix" or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
