# SPDX-License-Identifier: Apache-2.0
"""Rights: what a capability allows, who has it, and what a role means (formats.md F4).

* A right is a function of (writer, seq, trust document): no clock takes part.
* Roles are names for sets of capabilities; they never appear in the trust document.
"""

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.domain.team import Grant, TrustDocument

IdAt = Callable[[str, int], str | None]
"""Answers the id of a writer's event at a sequence number, or None if it is not here."""

NOWHERE: IdAt = lambda _writer, _seq: None  # noqa: E731 - a constant: no chain is at hand

ROLES: dict[str, tuple[str, ...]] = {
    "viewer": (),
    "analyst": ("log", "register", "request:*"),
    "reviewer": ("request:*", "approve:staging"),
    "release-approver": ("request:*", "approve:*"),
    "auditor": ("export.audit", "witness"),
    "admin": ("redact",),
}
"""Capabilities of each role; admin also means membership of ``admin.writers``."""

FOUNDER_CAPS = tuple(sorted({cap for caps in ROLES.values() for cap in caps}))
"""What the founder of a team may do: everything, until others join."""

ROLE_TITLES = {
    "viewer": "Viewer",
    "analyst": "Analyst",
    "reviewer": "Reviewer",
    "release-approver": "Release approver",
    "auditor": "Auditor",
    "admin": "Admin",
    "founder": "Founder",
    "log-only": "Training host",
    "custom": "Custom role",
}
"""The words people read for a role."""


_VERBS = {
    "log": "Log runs",
    "register": "Register versions and set aliases",
    "request": "Request a move to",
    "approve": "Approve a move to",
    "export.audit": "Export audit packages",
    "witness": "Sign snapshots of every log",
    "redact": "Redact content",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a right is missing: ``E-CAP`` never given, ``E-CUT`` given and ended before."""

    code: str
    cap: str


def covers(granted: str, wanted: str) -> bool:
    """Whether a granted capability includes the wanted one; ``approve:*`` matches any stage."""
    if granted == wanted:
        return True
    verb, colon, _ = wanted.partition(":")
    return colon != "" and granted == f"{verb}:*"


def in_scope(scope: str, kind: str, name: str) -> bool:
    """Whether ``kind:name`` lies in a scope: ``*``, an exact name, or a prefix with ``*``."""
    if scope == "*":
        return True
    scope_kind, _, pattern = scope.partition(":")
    if scope_kind != kind:
        return False
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def denial(
    document: TrustDocument,
    writer: str,
    seq: int,
    cap: str,
    *,
    kind: str = "",
    name: str = "",
    id_at: IdAt = NOWHERE,
) -> Denial | None:
    """Returns why a writer may not do this at this point of his log, or None if he may.

    Args:
        document: The latest trust document.
        writer: The key id of the writer.
        seq: The sequence number of the event that needs the right.
        cap: The wanted capability, e.g. ``approve:production``.
        kind: ``model`` or ``experiment``; "" where scopes do not matter.
        name: The name within the kind.
        id_at: Looks up ids, to hold a cut against the chain it was made for.
    """
    member = document.members.get(writer)
    for grant in member.grants if member else ():
        if _gives(grant, writer, seq, cap, kind, name, id_at):
            return None
    was_cut = any(
        _bears_on(grant, cap, kind, name) and grant.after_seq < seq
        for grant in (member.grants if member else ())
    )
    return Denial(code="E-CUT" if was_cut else "E-CAP", cap=cap)


def rights(
    document: TrustDocument,
    writer: str,
    seq: int,
    cap: str,
    *,
    kind: str = "",
    name: str = "",
    id_at: IdAt = NOWHERE,
) -> tuple[Grant, ...]:
    """Returns the grants by which a writer may do this at this point of his log; see `denial`."""
    member = document.members.get(writer)
    return tuple(
        grant
        for grant in (member.grants if member else ())
        if _gives(grant, writer, seq, cap, kind, name, id_at)
    )


def right_in_words(grant: Grant) -> str:
    """Returns a grant as a sentence: what, where, and whether it has ended."""
    verb, _, stage = grant.cap.partition(":")
    what = _VERBS.get(verb, grant.cap)
    if stage:
        what += " any stage" if stage == "*" else f" {stage.capitalize()}"
    kind, _, name = grant.scope.partition(":")
    where = "everywhere" if grant.scope == "*" else f"on {kind} {name}"
    ended = "" if grant.cut is None else f", until event {grant.cut[0]}"
    return f"{what}, {where}{ended}"


def role_of(document: TrustDocument, writer: str) -> str:
    """Returns the smallest role whose capabilities equal the writer's open grants."""
    member = document.members.get(writer)
    caps = {grant.cap for grant in member.grants if grant.cut is None} if member else set()
    is_admin = writer in document.admin_writers
    if is_admin and caps == set(FOUNDER_CAPS):
        return "founder"
    if caps == {"log"} and not is_admin:
        return "log-only"
    for role, wanted in ROLES.items():
        if caps == set(wanted) and is_admin == (role == "admin"):
            return role
    return "custom"


def _gives(
    grant: Grant, writer: str, seq: int, cap: str, kind: str, name: str, id_at: IdAt
) -> bool:
    return (
        grant.after_seq < seq
        and _bears_on(grant, cap, kind, name)
        and _holds(grant, writer, seq, id_at)
    )


def _bears_on(grant: Grant, cap: str, kind: str, name: str) -> bool:
    return covers(grant.cap, cap) and (kind == "" or in_scope(grant.scope, kind, name))


def _holds(grant: Grant, writer: str, seq: int, id_at: IdAt) -> bool:
    if grant.cut is None:
        return True
    cut_seq, cut_id = grant.cut
    if seq > cut_seq:
        return False
    known = id_at(writer, cut_seq)
    # A cut names the chain the admins saw; on another branch it gives nothing.
    return known is None or known == cut_id
