# SPDX-License-Identifier: Apache-2.0
"""Changes of a team as functions of its trust document: who joins, who may what, whose rights end.

* Each takes the document that is being made, its heads already those of the maker, and returns it
  changed; number, predecessor and signatures are none of its business.
* Nothing is given for the past and nothing taken without a cut at what has been seen. Only
  ``compromised`` cuts further back, and only where somebody names the last event to believe.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from strongroom.domain.access import ROLES, role_of
from strongroom.domain.errors import BadInput
from strongroom.domain.team import Grant, Head, Member, Person, RootKey, TrustDocument

TeamEdit = Callable[[TrustDocument], TrustDocument]
"""Makes the next version of a trust document out of the present one."""

COMPROMISED = "compromised"
REASONS = ("left", "lost", COMPROMISED, "rotated")
"""Why a key is revoked (trust.md 4.1)."""

_NOTHING_SEEN: Head = (0, "")


def enrol(
    document: TrustDocument,
    newcomer: Member,
    name: str,
    role: str,
    *,
    scope: str = "*",
    is_log_only: bool = False,
) -> TrustDocument:
    """Returns the document with one more key.

    Args:
        document: The document in the making.
        newcomer: The key with its person and host; its grants are made here.
        name: What the person is called, if this is his first key.
        role: One of `ROLES`.
        scope: Where the role holds, e.g. ``model:fraud-*``.
        is_log_only: A training host, which gets ``log`` whatever the role.

    Raises:
        BadInput: ``E-ROLE`` for no role, ``E-NAME`` if the key is in the team already.
    """
    caps = caps_of(role, is_log_only=is_log_only)
    _check_new(document, newcomer)
    admins = (*document.admin_writers, newcomer.writer)
    return replace(
        _with_key(document, replace(newcomer, grants=grants_of(caps, scope, 0)), name),
        admin_writers=admins if role == "admin" and not is_log_only else document.admin_writers,
    )


def give_role(
    document: TrustDocument, writers: Sequence[str], role: str, *, scope: str = "*"
) -> TrustDocument:
    """Returns the document in which these keys hold a role from now on.

    A training host is passed over: no key that may approve ever lives there (trust.md 4.3).

    Raises:
        BadInput: ``E-ROLE`` for no role, or if only training hosts are named.
    """
    caps = caps_of(role)
    wanted = [writer for writer in writers if role_of(document, writer) != "log-only"]
    if not wanted:
        raise BadInput(
            "E-ROLE",
            "A training host may sign runs and nothing else",
            "Enrol a workstation of that person: strongroom people admit FILE --person PERSON.",
        )
    members = dict(document.members)
    for writer in wanted:
        member = members[writer]
        held = {(grant.cap, grant.scope) for grant in member.grants if grant.cut is None}
        fresh = grants_of(caps, scope, document.heads.get(writer, _NOTHING_SEEN)[0])
        more = tuple(grant for grant in fresh if (grant.cap, grant.scope) not in held)
        members[writer] = replace(member, grants=(*member.grants, *more))
    admins = document.admin_writers
    if role == "admin":
        admins += tuple(writer for writer in wanted if writer not in admins)
    return replace(document, members=members, admin_writers=admins)


def end_rights(
    document: TrustDocument,
    writers: Sequence[str],
    reason: str,
    *,
    cuts: Mapping[str, Head] | None = None,
) -> TrustDocument:
    """Returns the document in which every right of these keys has ended.

    Args:
        document: The document in the making.
        writers: The keys.
        reason: One of `REASONS`.
        cuts: The last event to believe of a key that was ``compromised``; what has been seen if a
            key is left out.

    Raises:
        BadInput: ``E-ROLE`` if too few admins would be left; ``E-REASON`` for no such reason.
    """
    if reason not in REASONS:
        raise BadInput("E-REASON", f"{reason} is no reason", f"Say one of: {', '.join(REASONS)}.")
    members = dict(document.members)
    for writer in writers:
        seen = document.heads.get(writer, _NOTHING_SEEN)
        cut = (cuts or {}).get(writer, seen)
        members[writer] = _ended(members[writer], cut, reason)
    admins = tuple(writer for writer in document.admin_writers if writer not in writers)
    if len(admins) < document.admin_threshold:
        raise BadInput(
            "E-ROLE",
            "Too few admins would be left to change this team",
            "Admit another admin first, or lower the number: strongroom team thresholds --admin N.",
        )
    return replace(document, members=members, admin_writers=admins)


def succeed(
    document: TrustDocument, old: str, heir: Member, reason: str, *, cut: Head | None = None
) -> TrustDocument:
    """Returns the document in which a new key of the same person takes the place of an old one.

    The heir gets the rights the old key still had, and its seat among the admins.

    Args:
        document: The document in the making.
        old: The key that ends.
        heir: The new key with person and host; its grants are made here.
        reason: ``rotated``, ``lost`` or ``compromised``.
        cut: The last event of the old key; what has been seen of it if left out.

    Raises:
        BadInput: ``E-NAME`` if the old key is not active, or the new one is in the team already.
    """
    member = document.members.get(old)
    if member is None or not member.is_active:
        raise BadInput(
            "E-NAME",
            f"The key {old[:4]} {old[4:8]} is no active key of this team",
            "Use a key from: strongroom people list --json.",
        )
    _check_new(document, heir)
    rights = tuple(
        Grant(cap=grant.cap, scope=grant.scope, after_seq=0, cut=None)
        for grant in member.grants
        if grant.cut is None
    )
    grown = _with_key(
        document, replace(heir, person=member.person, grants=rights), document.name_of(old)
    )
    admins = tuple(heir.writer if writer == old else writer for writer in document.admin_writers)
    ended = _ended(member, cut or document.heads.get(old, _NOTHING_SEEN), reason)
    return replace(grown, members={**grown.members, old: ended}, admin_writers=admins)


def set_thresholds(
    document: TrustDocument, *, admin: int | None = None, root: int | None = None
) -> TrustDocument:
    """Returns the document with other numbers of signatures.

    Raises:
        BadInput: ``E-ROLE`` for a number that cannot be met.
    """
    after = replace(
        document,
        admin_threshold=admin or document.admin_threshold,
        root_threshold=root or document.root_threshold,
    )
    there = len(after.admin_writers), len(after.root_keys)
    if after.admin_threshold > there[0] or after.root_threshold > there[1]:
        raise BadInput(
            "E-ROLE",
            "So many signatures cannot be made",
            f"The team has {there[0]} admin and {there[1]} root keys; admit more first.",
        )
    return after


def set_root(
    document: TrustDocument, keys: Sequence[RootKey], threshold: int | None = None
) -> TrustDocument:
    """Returns the document with exactly these root keys.

    Raises:
        BadInput: ``E-ROLE`` without a key, or for a number of signatures that cannot be made.
    """
    named = {key.keyid: key for key in keys}
    need = threshold or min(document.root_threshold, len(named))
    if not 1 <= need <= len(named):
        raise BadInput(
            "E-ROLE",
            f"{need} signatures cannot be made with {len(named)} root keys",
            "Name more keys, or a lower number: --threshold N.",
        )
    return replace(document, root_keys=named, root_threshold=need)


def writers_of(document: TrustDocument, person: str) -> list[str]:
    """Returns the active keys of a person named by id or by unique name, or the one key named.

    Raises:
        BadInput: ``E-NAME`` if several people are meant, or nobody active.
    """
    named = {
        p.person
        for p in document.people.values()
        if person in {p.person, p.name} or p.name.casefold() == person.casefold()
    }
    writers = [
        member.writer
        for member in document.members.values()
        if member.is_active and (member.person in named or member.writer == person)
    ]
    if len(named) > 1 or not writers:
        raise BadInput(
            "E-NAME",
            f"{person} names " + ("several people" if len(named) > 1 else "nobody active"),
            "Use an id from: strongroom people list.",
        )
    return writers


def caps_of(role: str, *, is_log_only: bool = False) -> tuple[str, ...]:
    """Returns the capabilities of a role; those of a training host whatever the role.

    Raises:
        BadInput: ``E-ROLE``.
    """
    if role not in ROLES:
        raise BadInput("E-ROLE", f"There is no role {role}", f"Roles: {', '.join(ROLES)}.")
    return ("log",) if is_log_only else ROLES[role]


def grants_of(caps: Sequence[str], scope: str, after_seq: int) -> tuple[Grant, ...]:
    """Returns open grants from a place of a log on."""
    return tuple(Grant(cap=cap, scope=scope, after_seq=after_seq, cut=None) for cap in sorted(caps))


def _with_key(document: TrustDocument, member: Member, name: str) -> TrustDocument:
    known = document.people.get(member.person)
    entry = known or Person(person=member.person, name=name, groups=())
    return replace(
        document,
        people={**document.people, member.person: entry},
        members={**document.members, member.writer: member},
    )


def _check_new(document: TrustDocument, newcomer: Member) -> None:
    if newcomer.writer in document.members:
        raise BadInput(
            "E-NAME",
            f"{document.name_of(newcomer.writer)} is in the team already",
            "Give another role with: strongroom people grant PERSON ROLE.",
        )


def _ended(member: Member, cut: Head, reason: str) -> Member:
    """Returns a member without an open right; a compromised one is cut back further if need be."""

    def closed(grant: Grant) -> Grant:
        is_later = grant.cut is not None and cut[0] < grant.cut[0]
        if grant.cut is None or (reason == COMPROMISED and is_later):
            return replace(grant, cut=cut)
        return grant

    grants = tuple(map(closed, member.grants))
    return replace(member, grants=grants, is_active=False, reason=reason)
