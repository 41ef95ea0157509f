# SPDX-License-Identifier: Apache-2.0
"""What loading a file would do, in three words (trust.md 6).

* ``data-only``: every reader we know takes values from it and runs nothing of it.
* ``code-on-load``: loading it runs, or may run, what its author wrote.
* ``unknown``: nobody here can tell; a tree is as bad as its worst file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Risk = Literal["data-only", "code-on-load", "unknown"]
DATA_ONLY: Risk = "data-only"
CODE_ON_LOAD: Risk = "code-on-load"
UNKNOWN: Risk = "unknown"
_BADNESS: dict[Risk, int] = {DATA_ONLY: 0, UNKNOWN: 1, CODE_ON_LOAD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The class of some bytes, and why, in words that fit behind a colon."""

    risk: Risk
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRisk:
    """The class of one file of a tree: its path, its risk, and why."""

    path: str
    risk: Risk
    reason: str


def data(reason: str) -> Verdict:
    """Returns a verdict of ``data-only``."""
    return Verdict(risk=DATA_ONLY, reason=reason)


def code(reason: str) -> Verdict:
    """Returns a verdict of ``code-on-load``."""
    return Verdict(risk=CODE_ON_LOAD, reason=reason)


def unknown(reason: str) -> Verdict:
    """Returns a verdict of ``unknown``."""
    return Verdict(risk=UNKNOWN, reason=reason)


def worst_risk(risks: Iterable[Risk]) -> Risk:
    """Returns the worst of some classes; ``unknown`` if there are none."""
    return max(risks, key=_BADNESS.__getitem__, default=UNKNOWN)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Returns the first of the worst verdicts; ``unknown`` if there are none."""
    return max(verdicts, key=lambda one: _BADNESS[one.risk], default=unknown("it is empty"))


def shown(text: str, limit: int = 120) -> str:
    """Returns foreign text as printable ASCII of a bounded length, fit for a sentence."""
    escaped = text[:limit].encode("unicode_escape").decode("ascii")
    return escaped[:limit] + ("…" if len(text) > limit or len(escaped) > limit else "")
