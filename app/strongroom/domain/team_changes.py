# SPDX-License-Identifier: Apache-2.0
"""What one version of the trust document changes against another, in words people can decide on.

* Every difference is told; what has no words of its own is told as a difference, never left out.
* Whoever co-signs reads this: a right that grows says so, and a right that ends says where.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from strongroom.domain.access import ROLE_TITLES, right_in_words, role_of
from strongroom.domain.policy import Policy
from strongroom.domain.team import Grant, Member, TrustDocument

_ANY = "\uffff"  # ends the name of a model that a prefix is asked about


class Weight(StrEnum):
    """What a change does to what the team allows: more, less, or neither."""

    MORE = "more"
    LESS = "less"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamChange:
    """One change: whom or what it is about, what becomes of it, and which way it goes."""

    subject: str
    text: str
    weight: Weight = Weight.OTHER


def team_changes(before: TrustDocument, after: TrustDocument) -> tuple[TeamChange, ...]:
    """Returns what ``after`` changes, the gravest sections first; heads are not changes."""
    found = (
        *_root(before, after),
        *_admins(before, after),
        *_members(before, after),
        *_people(before, after),
        *_policies(before, after),
        *_rest(before, after),
    )
    return found or (TeamChange(subject=after.team_name, text="nothing but what has been seen"),)


def _root(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    if before.root_threshold != after.root_threshold:
        yield _threshold("Root", before.root_threshold, after.root_threshold)
    for keyid in after.root_keys.keys() - before.root_keys.keys():
        label = after.root_keys[keyid].label
        yield TeamChange(
            subject="Root", text=f"key {_short(keyid)} ({label}) is added", weight=Weight.MORE
        )
    for keyid in before.root_keys.keys() - after.root_keys.keys():
        label = before.root_keys[keyid].label
        yield TeamChange(
            subject="Root", text=f"key {_short(keyid)} ({label}) is taken away", weight=Weight.LESS
        )
    for keyid in before.root_keys.keys() & after.root_keys.keys():
        if before.root_keys[keyid] != after.root_keys[keyid]:
            yield TeamChange(
                subject="Root",
                text=f"key {_short(keyid)} is called {after.root_keys[keyid].label}",
            )


def _admins(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    if before.admin_threshold != after.admin_threshold:
        yield _threshold("Admins", before.admin_threshold, after.admin_threshold)
    for writer in after.admin_writers:
        if writer not in before.admin_writers:
            yield TeamChange(
                subject=after.name_of(writer), text="becomes an admin", weight=Weight.MORE
            )
    for writer in before.admin_writers:
        if writer not in after.admin_writers:
            yield TeamChange(
                subject=after.name_of(writer), text="is no admin any more", weight=Weight.LESS
            )


def _members(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    for writer, member in after.members.items():
        name = after.name_of(writer)
        old = before.members.get(writer)
        if old is None:
            role = ROLE_TITLES[role_of(after, writer)]
            rights = _rights(member.grants)
            yield TeamChange(
                subject=name,
                text=f"joins on {member.host} with the key {_short(writer)} as {role}: {rights}",
                weight=Weight.MORE,
            )
            continue
        yield from _member(name, old, member)


def _member(name: str, old: Member, new: Member) -> Iterator[TeamChange]:
    left = list(old.grants)
    for grant in new.grants:
        if grant in left:
            left.remove(grant)
            continue
        was = next((each for each in left if replace(each, cut=grant.cut) == grant), None)
        if was is None:
            yield TeamChange(
                subject=name, text=f"gets: {right_in_words(grant)}", weight=Weight.MORE
            )
        else:
            left.remove(was)
            yield TeamChange(
                subject=name, text=f"keeps only: {right_in_words(grant)}", weight=Weight.LESS
            )
    for grant in left:
        yield TeamChange(subject=name, text=f"loses: {right_in_words(grant)}", weight=Weight.LESS)
    if old.is_active and not new.is_active:
        yield TeamChange(
            subject=name, text=f"is revoked on {new.host} ({new.reason})", weight=Weight.LESS
        )
    elif not old.is_active and new.is_active:
        yield TeamChange(subject=name, text=f"is active again on {new.host}", weight=Weight.MORE)
    elif old.reason != new.reason:
        yield TeamChange(subject=name, text=f"the reason is now: {new.reason}")
    if (old.person, old.host, old.pub, old.p256) != (new.person, new.host, new.pub, new.p256):
        yield TeamChange(subject=name, text=f"the key is said to be of {new.person} on {new.host}")


def _people(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    for key, person in after.people.items():
        old = before.people.get(key)
        if old is None:
            if not any(member.person == key for member in after.members.values()):
                yield TeamChange(subject=person.name, text="is added without a key")
            continue
        if old.name != person.name:
            yield TeamChange(subject=old.name, text=f"is called {person.name}")
        if old.groups != person.groups:
            groups = ", ".join(person.groups) or "none"
            joins = set(person.groups) - set(old.groups)
            yield TeamChange(
                subject=person.name,
                text=f"belongs to the groups: {groups}",
                weight=Weight.MORE if joins else Weight.LESS,
            )


def _policies(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    """Tells what each pattern comes to: the best match speaks alone, also where it says nothing."""
    patterns = sorted({*before.policies, *after.policies})
    written = {stage for document in (before, after) for rules in document.policies.values()
               for stage in rules}  # fmt: skip
    for pattern in patterns:
        probe = pattern[:-1] + _ANY if pattern.endswith("*") else pattern
        told = False
        for stage in sorted(written):
            was, now = before.policy(probe, stage), after.policy(probe, stage)
            if was != now:
                told = True
                yield TeamChange(
                    subject=f"Policy {pattern}, {stage}",
                    text=f"{now.in_words()} (before: {was.in_words()})",
                    weight=_way(was, now),
                )
        if not told and before.policies.get(pattern) != after.policies.get(pattern):
            state = "is written anew" if pattern in after.policies else "is dropped"
            yield TeamChange(subject=f"Policy {pattern}", text=f"{state}, to the same effect")


def _way(was: Policy, now: Policy) -> Weight:
    """Returns which way a policy goes; one that asks for less anywhere allows more."""
    if _lacks(now, was):
        return Weight.MORE
    return Weight.LESS if _lacks(was, now) else Weight.OTHER


def _lacks(one: Policy, other: Policy) -> bool:
    """Whether a policy does not ask for all that another asks for."""
    days, asked = one.require_fresh_snapshot_days, other.require_fresh_snapshot_days
    return (
        one.need < other.need
        or bool(Counter(other.groups) - Counter(one.groups))
        or not set(one.exclude) >= set(other.exclude)
        or one.veto < other.veto
        or not set(one.require) >= set(other.require)
        or not set(one.gates) >= set(other.gates)
        or bool(asked and not 0 < days <= asked)
    )


def _rest(before: TrustDocument, after: TrustDocument) -> Iterator[TeamChange]:
    if after.settles is not None:
        count = len(after.settles.aside)
        yield TeamChange(
            subject="Fork",
            text=f"this line of versions is confirmed; {count} other document"
            f"{'s are' if count > 1 else ' is'} put aside",
            weight=Weight.MORE,
        )
    if before.team_name != after.team_name:
        yield TeamChange(subject=before.team_name, text=f"is called {after.team_name}")
    if before.stages != after.stages:
        stages = ", ".join(
            f"{stage.name} (risk {stage.risk}{', exclusive' if stage.is_exclusive else ''})"
            for stage in after.stages
        )
        yield TeamChange(subject="Stages", text=f"are now: {stages}")
    if dict(before.limits) != dict(after.limits):
        limits = ", ".join(f"{key} {value}" for key, value in sorted(after.limits.items()))
        yield TeamChange(subject="Limits", text=f"are now: {limits}")


def _threshold(subject: str, old: int, new: int) -> TeamChange:
    return TeamChange(
        subject=subject,
        text=f"{new} signature{'s' if new > 1 else ''} instead of {old}",
        weight=Weight.LESS if new > old else Weight.MORE,
    )


def _rights(grants: tuple[Grant, ...]) -> str:
    return "; ".join(right_in_words(grant) for grant in grants) or "Read only"


def _short(keyid: str) -> str:
    return f"{keyid[:4]} {keyid[4:8]}"
