# SPDX-License-Identifier: Apache-2.0
"""No test has a network: what asks for a socket of the Internet's families fails the test.

In the process of the tests Python's own audit tells of every socket; processes that tests start
are sealed off by the kernel (`sealed_off/sitecustomize.py`).
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.checkout import ROOT

FOLDER = Path(__file__).parent / "sealed_off"
GUARDED = os.pathsep.join([str(FOLDER), str(ROOT / "app")])
"""What PYTHONPATH is for a process of the program that has no network."""

MAY_REACH = "STRONGROOM_TESTS_MAY_REACH"  # sitecustomize leaves a process alone that has it
FAMILIES = (2, 10)  # AF_INET, AF_INET6

_asked: list[str] = []
_may_reach = 0


def watch() -> None:
    """Begins to watch this process, and seals off those that inherit its environment."""
    sys.addaudithook(_hear)
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(FOLDER) not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), *inherited]))


def asked() -> list[str]:
    """Returns where sockets were asked for since the last question."""
    found = _asked.copy()
    _asked.clear()
    return found


@contextmanager
def a_server_on_this_machine() -> Iterator[None]:
    """Lets a test talk to a server it started itself, on the loopback."""
    global _may_reach  # noqa: PLW0603 - an audit hook cannot be taken away again
    _may_reach += 1
    try:
        yield
    finally:
        _may_reach -= 1


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.__new__" and arguments[1] in FAMILIES and not _may_reach:
        _asked.append("".join(traceback.format_stack(limit=12)))
        raise PermissionError("there is no network in tests")
