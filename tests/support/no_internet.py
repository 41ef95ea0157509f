# SPDX-License-Identifier: Apache-2.0
"""No test has a network: what asks for a socket of the Internet's families fails the test.

In the process of the tests Python's own audit tells of every socket, and of every process that is
started: each is sealed off by the kernel (`sealed_off/sitecustomize.py`), or is told to be a server
that a test needs; one that is neither fails the test.
"""

import itertools
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.checkout import ROOT

FOLDER = Path(__file__).parent / "sealed_off"
SEALER = FOLDER / "sitecustomize.py"
SEALED = str(FOLDER)
"""What PYTHONPATH is for a process of another program that has no network."""
GUARDED = os.pathsep.join([SEALED, str(ROOT / "app")])
"""What PYTHONPATH is for a process of the program that has no network."""
GUARDED_TESTS = os.pathsep.join([GUARDED, str(ROOT / "tests")])
"""The same for one that imports what tests share."""

MAY_REACH = "STRONGROOM_TESTS_MAY_REACH"  # sitecustomize leaves a process alone that has it
LINKER = "/sbin/ldconfig"  # ctypes asks it, without our environment, which libraries there are
FAMILIES = (2, 10)  # AF_INET, AF_INET6

_asked: list[str] = []
_may_reach = 0


def watch() -> None:
    """Begins to watch this process, and seals off those that inherit its environment."""
    sys.addaudithook(_hear)
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(FOLDER) not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), *inherited]))


def isolated(*arguments: str) -> list[str]:
    """Returns the command of an interpreter that hears no variables (``-I``), sealed off."""
    return [sys.executable, "-I", "-S", str(SEALER), sys.executable, "-I", *arguments]


def asked() -> list[str]:
    """Returns what was done since the last question that no test may do, and where."""
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


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.__new__" and arguments[1] in FAMILIES and not _may_reach:
        _tell("a socket of the Internet was asked for")
        raise PermissionError("there is no network in tests")
    if event == "subprocess.Popen" and not _is_sealed(arguments[1], arguments[3]):
        _tell("a process was started that is not sealed off: GUARDED, SEALED, isolated()")
        raise PermissionError("there is no network in tests")


def _tell(what: str) -> None:
    where = "".join(traceback.format_stack(limit=14)[:-2])
    _asked.append(f"{what}:\n{where}")


def _is_sealed(command: Any, environ: Mapping[str, str] | None) -> bool:
    """Whether a process is sealed off, or says that it may reach a server of the tests."""
    given = os.environ if environ is None else environ
    words = [os.fsdecode(each) for each in ([command] if isinstance(command, str) else command)]
    if MAY_REACH in given or str(SEALER) in words or words[:1] == [LINKER]:
        return True
    return SEALED in given.get("PYTHONPATH", "").split(os.pathsep) and not _is_alone(words)


def _is_alone(words: Sequence[str]) -> bool:
    """Whether a command is an interpreter that hears no variables, so does not find the seal."""
    options = itertools.takewhile(lambda word: word.startswith("-"), words[1:])
    is_python = Path(words[0]).name.startswith("python")
    return is_python and any(re.fullmatch("-[A-Za-z]*[IES][A-Za-z]*", each) for each in options)
