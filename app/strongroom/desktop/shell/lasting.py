# SPDX-License-Identifier: Apache-2.0
"""What lasts as long as a window is taken off the garbage collector's rounds.

* A full round looks at every object there is and keeps the interpreter meanwhile: 90 ms with the
  170,000 objects of an open window, in whatever thread happens to start it, and nothing is painted.
* What is there when a page has come stays until the window goes; then it is looked at again.
* No round begins while a job imports what Qt is made of: its classes come into being piece by
  piece there, and a round on the window's thread that met one half made ended the program.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_guard = threading.Lock()
_importing = 0


def spare() -> None:
    """Takes what is there now off the collector's rounds; costs nothing."""
    gc.freeze()


def release() -> None:
    """Lets the collector look at everything again: a window has gone, and much with it."""
    gc.unfreeze()


@contextmanager
def resting() -> Iterator[None]:
    """Lets no round of the collector begin, in any thread, until the block has ended."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _importing  # noqa: PLW0603 - the collector is one for the whole process
    with _guard:
        _importing += change
        if _importing:
            gc.disable()
        else:
            gc.enable()
