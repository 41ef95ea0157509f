# SPDX-License-Identifier: Apache-2.0
"""Acts that were refused or failed: noted when they happen, signed with counts when a key is open.

* Equal acts are one entry with a count, the first time and the last: nobody can flood a log by
  failing often.
* Times are claims of this workstation's clock, as in every event.
* What is noted may name a file or a place that somebody named after a secret: that name is left out
  before it is written down anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.event import Event
from strongroom.domain.secret import certain_hits

AttemptKind = Literal["denied", "unlock", "verify"]
"""A right was missing; a key was not opened; something did not hold."""

KINDS: tuple[AttemptKind, ...] = get_args(AttemptKind)
WRONG = "wrong"  # what of an unlock: a passphrase or secret was given and was not the one
MAX_ENTRIES = 20  # told apart in one telling; what goes beyond is counted together
OTHERS = "others"
MAX_TEXT = 300  # characters of an object's name in an event
MAX_WORD = 100  # characters of a code, an act or a place

DENIED = frozenset({"E-CAP", "E-CUT", "E-SELF"})
"""Codes of acts that somebody was not allowed."""

DAMAGED = frozenset(
    {"E-SIG", "E-CANON", "E-HASH", "E-SIZE", "E-PATH", "E-BOMB", "E-TEAM", "E-CHAIN", "E-EQUIV",
     "E-SPLIT", "E-WITHHELD", "E-ROLLBACK", "E-TRUST-SIG", "E-TRUST-FORK", "E-DBDRIFT",
     "E-MISSING", "E-FORMAT"}
)  # fmt: skip
"""Codes of checks that found something which does not hold."""

_TYPES: Mapping[AttemptKind, str] = {
    "denied": "access.denied", "unlock": "login.unlock", "verify": "verify.failure"
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A refused or failed act, how often, first and last when.

    ``what`` is the act (``stage.approve``), where something was found (``remote share``), or
    ``wrong`` for a key that was tried with the wrong passphrase.
    """

    kind: AttemptKind
    code: str
    what: str
    object: str
    first_us: int
    last_us: int
    count: int = 1

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two of them the same act."""
        return self.kind, self.code, self.what, self.object

    def presentable(self) -> "Attempt":
        """Returns it with bounded texts of whole characters, none of which holds a key or token."""
        return replace(
            self,
            code=_presentable(self.code, MAX_WORD),
            what=_presentable(self.what, MAX_WORD),
            object=_presentable(self.object, MAX_TEXT),
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the line that is kept until it can be signed."""
        return {
            "kind": self.kind,
            "code": self.code,
            "what": self.what,
            "object": self.object,
            "count": self.count,
            "first": to_iso(self.first_us),
            "last": to_iso(self.last_us),
        }


def parse_attempt(document: JsonValue) -> Attempt | None:
    """Reads a line that was kept, None if it is none."""
    try:
        found = Attempt(
            kind=document["kind"],
            code=str(document["code"]),
            what=str(document["what"]),
            object=str(document["object"]),
            count=int(document["count"]),
            first_us=from_iso(document["first"]),
            last_us=from_iso(document["last"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.kind in KINDS and found.count > 0 else None


def merged(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Returns equal acts as one, the earliest first; what is too much to tell apart as others."""
    found: dict[tuple[str, str, str, str], Attempt] = {}
    for attempt in sorted(attempts, key=lambda each: each.first_us):
        own = replace(attempt, object=attempt.object[:MAX_TEXT])
        crowded = sum(key[0] == own.kind for key in found) >= MAX_ENTRIES and own.key not in found
        if crowded:
            own = replace(own, code="", what=OTHERS, object="")
        known = found.get(own.key)
        found[own.key] = own if known is None else _joined(known, own)
    return tuple(found.values())


def bodies(attempts: Iterable[Attempt]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Returns type and body of the events that tell attempts; all failed unlocks are one."""
    told = merged(attempts)
    found = [_body(each) for each in told if each.kind != "unlock"]
    unlocks = [each for each in told if each.kind == "unlock"]
    if unlocks:
        body = {
            "failed": str(sum(each.count for each in unlocks)),
            "wrong": str(sum(each.count for each in unlocks if each.what == WRONG)),
            "first": to_iso(min(each.first_us for each in unlocks)),
            "last": to_iso(max(each.last_us for each in unlocks)),
        }
        found.insert(0, (_TYPES["unlock"], body))
    return tuple(found)


def told_in(events: Iterable[Event]) -> tuple[Attempt, ...]:
    """Returns the attempts that events tell; one whose counts or times are none is left out."""
    found = []
    for event in events:
        body = event.body
        kind = next((kind for kind, type_ in _TYPES.items() if type_ == event.type), None)
        if kind is None:
            continue
        try:
            found.append(
                Attempt(
                    kind=kind,
                    code=str(body.get("code", "E-LOCKED")),
                    what=str(body.get("action") or body.get("where") or ""),
                    object=str(body.get("object", "")),
                    count=int(body["failed" if kind == "unlock" else "count"]),
                    first_us=from_iso(body["first"]),
                    last_us=from_iso(body["last"]),
                )
            )
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(found)


def _presentable(text: str, max_length: int) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return "" if any(certain_hits(whole)) else whole[:max_length]


def _body(attempt: Attempt) -> tuple[str, dict[str, str]]:
    where = "action" if attempt.kind == "denied" else "where"
    return _TYPES[attempt.kind], {
        where: attempt.what,
        "object": attempt.object,
        "code": attempt.code,
        "count": str(attempt.count),
        "first": to_iso(attempt.first_us),
        "last": to_iso(attempt.last_us),
    }


def _joined(one: Attempt, other: Attempt) -> Attempt:
    return replace(
        one,
        count=one.count + other.count,
        first_us=min(one.first_us, other.first_us),
        last_us=max(one.last_us, other.last_us),
    )
