# SPDX-License-Identifier: Apache-2.0
"""Many signatures checked at once, on every core: the greatest part of reading a ledger.

* The library gives the interpreter free while it checks, so threads do run beside each other; each
  signature is checked all the same, alone and whole.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from strongroom.trust.keys import PublicKey

FEW = 64  # 10 ms of checking; below, starting threads is not worth it
_MOST_THREADS = 8  # the interpreter's own work between two checks leaves no room for more

Check = tuple[PublicKey, bytes, bytes]
"""A key, a signature, and the bytes it should cover."""


def which_hold(checks: Sequence[Check]) -> list[bool]:
    """Returns for each check, in order, whether its signature holds."""
    threads = min(_cores(), _MOST_THREADS)
    if len(checks) < FEW or threads < 2:
        return _checked(checks)
    share = -(-len(checks) // (threads * 4))  # a core that is taken away delays a quarter
    parts = [checks[at : at + share] for at in range(0, len(checks), share)]
    with ThreadPoolExecutor(threads, thread_name_prefix="signatures") as pool:
        return [holds for part in pool.map(_checked, parts) for holds in part]


def _checked(checks: Sequence[Check]) -> list[bool]:
    return [key.verify(signature, message) for key, signature, message in checks]


def _cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
