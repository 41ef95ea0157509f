# SPDX-License-Identifier: Apache-2.0
"""The one background thread of a logging process: makes written bytes durable, says "alive".

* Nothing waits for it: what a logging call wrote is in the kernel before the call returns. The
  thread only narrows what a power cut can take to about one second.
* A forked child has no thread; the pulse notices and starts its own when the child writes.
"""

import os
import threading
import weakref
from typing import Protocol

SYNC_EVERY_S = 1.0
BEATS_EVERY = 10  # one heartbeat for so many syncs: every ten seconds


class Beating(Protocol):
    """What the pulse looks after."""

    def sync(self) -> bool:
        """Makes what was written durable, and says whether it is; cheap when nothing was."""
        ...

    def beat(self) -> None:
        """Writes that the process is alive."""
        ...

    def after_fork(self) -> None:
        """Lets go of what belongs to the parent process."""
        ...


class Pulse:
    """Looks after every open journal of this process with one daemon thread."""

    def __init__(self, interval_s: float = SYNC_EVERY_S) -> None:
        self._interval_s = interval_s
        self._members: weakref.WeakSet[Beating] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def join(self, member: Beating) -> None:
        """Looks after one more journal from now on."""
        with self._lock:
            self._members.add(member)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="strongroom", daemon=True)
                self._thread.start()

    def leave(self, member: Beating) -> None:
        """Forgets a journal that was closed."""
        with self._lock:
            self._members.discard(member)

    def _run(self) -> None:
        ticks = 0
        waiter = threading.Event()
        while True:
            waiter.wait(self._interval_s)
            ticks += 1
            with self._lock:
                members = list(self._members)
                if not members:
                    self._thread = None
                    return
            for member in members:
                member.sync()
                if ticks % BEATS_EVERY == 0:
                    member.beat()
            # Held through the wait, a journal its owner dropped would never be let go.
            members.clear()
            del member

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._thread = None
        for member in list(self._members):
            member.after_fork()


PULSE = Pulse()
"""The pulse of this process; one thread a process is the law, so there is one of it."""
