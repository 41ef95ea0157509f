# SPDX-License-Identifier: Apache-2.0
"""What a newer Strongroom wrote: told as that, never as damage (D7).

* A signed document says its kind and version in one text, ``urn:strongroom:event:v1``. A higher
  version of the same kind is of tomorrow; every other text is a stranger's.
"""

import re

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted

UPDATE_FIRST = "Update Strongroom here, then take it in again. Nothing was changed here."
_KIND = re.compile(r"(urn:strongroom:[a-z]{1,30}:v)([1-9][0-9]{0,5})")


class NewerFormat(Untrusted):
    """Something cannot be judged here because a newer Strongroom wrote it; it may be sound."""


def newer_version(statement: JsonValue, known: str) -> int:
    """Returns the version a document says if it is a newer one of a known kind, else 0.

    Args:
        statement: A parsed in-toto Statement, or anything else.
        known: The predicate type that is known here.
    """
    told = statement.get("predicateType") if isinstance(statement, dict) else None
    found = _KIND.fullmatch(told) if isinstance(told, str) else None
    ours = _KIND.fullmatch(known)
    if found is None or ours is None or found[1] != ours[1]:
        return 0
    return int(found[2]) if int(found[2]) > int(ours[2]) else 0


def refuse_newer(statement: JsonValue, known: str, what: str) -> None:
    """Refuses a document of a newer version of a known kind.

    Args:
        statement: The parsed document.
        known: The predicate type that is known here.
        what: What it is, as a sentence begins: ``The manifest of churn v2``.

    Raises:
        NewerFormat: ``E-FORMAT``.
    """
    if number := newer_version(statement, known):
        raise newer(what, number)


def newer(what: str, number: int) -> NewerFormat:
    """Returns the refusal of something a newer Strongroom wrote."""
    title = f"{what} was written by a newer Strongroom (format {number})"
    return NewerFormat("E-FORMAT", title, UPDATE_FIRST)
