# SPDX-License-Identifier: Apache-2.0
"""What one side of a fork changed, carried over to the other as far as it does not contradict.

* What only one side changed is taken; what both changed differently stays as the kept side has it,
  and is told as left out.
* Nothing is given for the past: a right that the other side gave begins at what has been seen, one
  that it ended ends there too, or where it was cut as compromised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from strongroom.domain.policy import Policy
from strongroom.domain.team import Grant, Head, Member, TrustDocument
from strongroom.domain.team_edits import COMPROMISED

V = TypeVar("V")

_NOTHING_SEEN: Head = (0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOver:
    """The kept side with what the other side changed, and what was left out, in words."""

    document: TrustDocument
    left_out: tuple[str, ...]


def carry_over(base: TrustDocument, kept: TrustDocument, other: TrustDocument) -> CarriedOver:
    """Carries the changes of one side over to the other.

    Args:
        base: The last version both sides share.
        kept: The next version of the side that stays, its heads those of its maker.
        other: The last version of the side that goes.
    """
    left: list[str] = []
    members = _members(base, kept, other, left)
    admins = _admins(base, kept, other, members)
    if not admins:  # each side took the admins of the other: the kept ones stay
        admins = kept.admin_writers
        members |= {writer: kept.members[writer] for writer in admins}
        left.append("the end of the last admins of the kept side")
    document = replace(
        kept,
        team_name=_one(
            "the name of the team", base.team_name, kept.team_name, other.team_name, left
        ),
        people=_table("person", base.people, kept.people, other.people, left),
        members=members,
        policies=_policies(base, kept, other, left),
        limits=_table("limit", base.limits, kept.limits, other.limits, left),
        stages=_one("the stages", base.stages, kept.stages, other.stages, left),
        has_own_stages=kept.has_own_stages or other.has_own_stages,
        root_keys=_table("root key", base.root_keys, kept.root_keys, other.root_keys, left),
        root_threshold=max(kept.root_threshold, other.root_threshold),
        admin_writers=admins,
        admin_threshold=max(kept.admin_threshold, other.admin_threshold),
    )
    return CarriedOver(document=_within_reach(document, left), left_out=tuple(left))


def _one(what: str, base: V, kept: V, other: V, left: list[str]) -> V:
    """Returns a value that at most one side changed, else the kept one."""
    if other in (base, kept):
        return kept
    if kept == base:
        return other
    left.append(f"{what}, which both sides changed")
    return kept


def _table(
    what: str,
    base: Mapping[str, V],
    kept: Mapping[str, V],
    other: Mapping[str, V],
    left: list[str],
) -> dict[str, V]:
    """Returns a table entry by entry; an entry that one side dropped is gone."""
    found = {}
    for key in dict.fromkeys([*kept, *other]):
        named = f"{what} {key[:40]}"
        value = _one(named, base.get(key), kept.get(key), other.get(key), left)
        if value is not None:
            found[key] = value
    return found


def _policies(
    base: TrustDocument, kept: TrustDocument, other: TrustDocument, left: list[str]
) -> dict[str, Mapping[str, Policy]]:
    nothing: Mapping[str, Policy] = {}
    found: dict[str, Mapping[str, Policy]] = {}
    for pattern in dict.fromkeys([*kept.policies, *other.policies]):
        was, ours, theirs = (each.policies.get(pattern, nothing) for each in (base, kept, other))
        stages = _table(f"policy {pattern}", was, ours, theirs, left)
        is_dropped = pattern not in kept.policies or pattern not in other.policies
        if stages or not (is_dropped and pattern in base.policies):
            found[pattern] = stages
    return found


def _members(
    base: TrustDocument, kept: TrustDocument, other: TrustDocument, left: list[str]
) -> dict[str, Member]:
    members = dict(kept.members)
    for writer, theirs in other.members.items():
        ours = members.get(writer)
        if ours is None:
            members[writer] = theirs
            continue
        before = base.members.get(writer)
        if theirs in (before, ours):
            continue
        seen = kept.heads.get(writer, _NOTHING_SEEN)
        members[writer] = _member(before, ours, theirs, seen)
        if theirs.is_active and not ours.is_active and set(theirs.grants) - set(ours.grants):
            left.append(f"rights of {other.name_of(writer)}, whom the kept side revoked")
    return members


def _member(before: Member | None, ours: Member, theirs: Member, seen: Head) -> Member:
    """Returns a key with the rights that neither side ended, and those that either side gave."""
    known = before.grants if before else ()
    is_compromised = COMPROMISED in (ours.reason, theirs.reason)
    is_active = ours.is_active and theirs.is_active
    grants = [_ended(grant, theirs, seen) for grant in ours.grants]
    held = {(grant.cap, grant.scope) for grant in grants if grant.cut is None}
    for grant in theirs.grants:
        is_new = not any(_is_same(grant, old) for old in (*known, *ours.grants))
        if is_new and is_active and grant.cut is None and (grant.cap, grant.scope) not in held:
            grants.append(replace(grant, after_seq=max(grant.after_seq, seen[0])))
    if not is_active:
        grants = [grant if grant.cut else replace(grant, cut=seen) for grant in grants]
    reason = COMPROMISED if is_compromised else ours.reason or theirs.reason
    return replace(ours, grants=tuple(grants), is_active=is_active, reason=reason)


def _ended(grant: Grant, theirs: Member, seen: Head) -> Grant:
    """Returns a right of ours, ended if the other side ended it, never before what was seen.

    Only a cut that the other side made as compromised goes back further: what it had merely not
    seen yet when it ended a key in peace was signed in good faith.
    """
    is_compromised = theirs.reason == COMPROMISED
    twin = next((each for each in theirs.grants if _is_same(each, grant)), None)
    if twin is None or twin.cut is None or twin.cut == grant.cut:
        return grant
    if grant.cut is not None:
        return replace(grant, cut=min(grant.cut, twin.cut)) if is_compromised else grant
    return replace(grant, cut=twin.cut if is_compromised else max(twin.cut, seen))


def _is_same(one: Grant, other: Grant) -> bool:
    return (one.cap, one.scope, one.after_seq) == (other.cap, other.scope, other.after_seq)


def _admins(
    base: TrustDocument,
    kept: TrustDocument,
    other: TrustDocument,
    members: Mapping[str, Member],
) -> tuple[str, ...]:
    """Returns the admins that neither side took away, and those that either side made."""
    gone = {
        writer
        for writer in base.admin_writers
        if writer not in kept.admin_writers or writer not in other.admin_writers
    }
    named = dict.fromkeys([*kept.admin_writers, *other.admin_writers])
    return tuple(w for w in named if w not in gone and w in members and members[w].is_active)


def _within_reach(document: TrustDocument, left: list[str]) -> TrustDocument:
    """Returns the document with thresholds that can be met; says which could not."""
    if document.admin_threshold > len(document.admin_writers) > 0:
        left.append("the number of admins that have to sign: too few admins are left")
        document = replace(document, admin_threshold=len(document.admin_writers))
    if document.root_threshold > len(document.root_keys) > 0:
        left.append("the number of root keys that have to sign: too few are left")
        document = replace(document, root_threshold=len(document.root_keys))
    return document
