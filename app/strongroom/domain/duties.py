# SPDX-License-Identifier: Apache-2.0
"""Separation of duties: what a team of this size should tighten next, told by its trust document.

* Nothing here stops anybody: a team of one has to hold every right. What is told grows with the
  team, gravest first, each with what to do.
* A policy that nobody can meet is told as well: it would be found out on the day it is needed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strongroom.domain.access import covers
from strongroom.domain.policy import Policy
from strongroom.domain.team import TrustDocument

MANY_APPROVERS = 4  # from then on two of them can be asked for a release
MANY_KEYS = 3  # open keys of one approver: desk, laptop, and one that was forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFinding:
    """One thing a team should tighten: the rule's name, whom it concerns, what and what to do."""

    rule: str
    subject: str
    text: str
    advice: str


def duty_findings(document: TrustDocument) -> tuple[DutyFinding, ...]:
    """Returns what a team should tighten, gravest first."""
    people = _People(document)
    return (
        *_policies(document, people),
        *_hands(document, people),
        *_admins(document),
        *_roots(document, people),
        *_keys(people),
    )


def cannot_be_met(document: TrustDocument) -> tuple[tuple[str, str], ...]:
    """Returns each pattern and stage whose policy no people of the team can meet."""
    people = _People(document)
    return tuple(
        (pattern, stage)
        for pattern, stages in sorted(document.policies.items())
        for stage, policy in sorted(stages.items())
        if not people.can_meet(policy, pattern, stage)
    )


class _People:
    """Who holds which open right with some active key."""

    def __init__(self, document: TrustDocument) -> None:
        self.document = document
        self.active = [member for member in document.members.values() if member.is_active]
        self.count = len({member.person for member in self.active})

    def with_right(self, cap: str, model: str = "*") -> Mapping[str, tuple[str, ...]]:
        """Returns the people who hold a right for models of a pattern, with their groups."""
        found = {
            member.person
            for member in self.active
            for grant in member.grants
            if grant.cut is None and covers(grant.cap, cap) and _meets(grant.scope, model)
        }
        people = self.document.people
        return {key: people[key].groups if key in people else () for key in sorted(found)}

    def can_meet(self, policy: Policy, pattern: str, stage: str) -> bool:
        """Whether somebody can request and enough others can approve."""
        approvers = self.with_right(f"approve:{stage}", pattern)
        if "requester" not in policy.exclude:
            return policy.has_quorum(approvers)
        requesters = self.with_right(f"request:{stage}", pattern) or {"": ()}
        return any(
            policy.has_quorum({key: g for key, g in approvers.items() if key != requester})
            for requester in requesters
        )

    def name(self, person: str) -> str:
        entry = self.document.people.get(person)
        return entry.name if entry else person


def _meets(scope: str, pattern: str) -> bool:
    """Whether a scope and a pattern of models have a model in common."""
    if scope == "*" or pattern == "*":
        return True
    kind, _, name = scope.partition(":")
    if kind != "model":
        return False
    one, other = name.rstrip("*"), pattern.rstrip("*")
    if name.endswith("*") and pattern.endswith("*"):
        return one.startswith(other) or other.startswith(one)
    if name.endswith("*"):
        return other.startswith(one)
    return one.startswith(other) if pattern.endswith("*") else one == other


def _policies(document: TrustDocument, people: _People) -> Iterator[DutyFinding]:
    for pattern, stage in cannot_be_met(document):
        policy = document.policies[pattern][stage]
        yield DutyFinding(
            rule="policy-cannot-be-met",
            subject=f"Policy {pattern}, {stage}",
            text=f"needs {policy.in_words()}, and the people of the team cannot give that",
            advice="Give somebody the role, or ask for less: strongroom policy set FILE.",
        )
    guarded = set(document.policies.get("*", {}))
    for pattern, stages in sorted(document.policies.items()):
        for stage in sorted(guarded - set(stages)):
            yield DutyFinding(
                rule="stage-left-open",
                subject=f"Policy {pattern}, {stage}",
                text="is not mentioned, so moves there need nobody's approval",
                advice="Write every stage into every pattern: strongroom policy set FILE.",
            )
        for stage, policy in sorted(stages.items()):
            if people.count > 1 and policy.need and "requester" not in policy.exclude:
                yield DutyFinding(
                    rule="own-approval-counts",
                    subject=f"Policy {pattern}, {stage}",
                    text="lets people approve what they asked for themselves",
                    advice="Exclude the requester: strongroom policy set FILE.",
                )
    approvers = people.with_right("approve:production")
    need = document.policies["*"].get("production", Policy()).need
    if need == 1 and len(approvers) >= MANY_APPROVERS:
        yield DutyFinding(
            rule="one-approval-of-many",
            subject="Policy *, production",
            text=f"asks for one approval though {len(approvers)} people may give one",
            advice="Ask for two: strongroom policy set FILE.",
        )


def _hands(document: TrustDocument, people: _People) -> Iterator[DutyFinding]:
    if people.count < 2:
        return
    request, approve = (
        people.with_right("request:production"),
        people.with_right("approve:production"),
    )
    audit = people.with_right("export.audit")
    admins = {document.members[w].person for w in document.admin_writers if w in document.members}
    for person in sorted(admins & request.keys() & approve.keys()):
        yield DutyFinding(
            rule="every-right-in-one-hand",
            subject=people.name(person),
            text="may request, approve and change the team",
            advice="Make somebody else admin, or let others approve, and end one of the rights.",
        )
    for person in sorted(audit.keys() & approve.keys() - admins if people.count > 2 else ()):
        yield DutyFinding(
            rule="auditor-approves",
            subject=people.name(person),
            text="exports audit packages and approves what they prove",
            advice="Let somebody who approves nothing be the auditor.",
        )


def _admins(document: TrustDocument) -> Iterator[DutyFinding]:
    admins = {document.members[w].person for w in document.admin_writers if w in document.members}
    if len(admins) > 1 and document.admin_threshold == 1:
        yield DutyFinding(
            rule="one-admin-decides",
            subject="Admins",
            text=f"any one of {len(admins)} admins changes the team alone",
            advice="Let two sign each change: strongroom team thresholds --admin 2.",
        )
    if len(admins) == 1 and len(document.people) > 1:
        yield DutyFinding(
            rule="one-admin",
            subject="Admins",
            text="there is one admin; if that key is lost, only the root keys can help",
            advice="Make a second: strongroom people grant PERSON admin.",
        )


def _roots(document: TrustDocument, people: _People) -> Iterator[DutyFinding]:
    if people.count < 2:
        return
    count = len(document.root_keys)
    if count == 1:
        yield DutyFinding(
            rule="one-root-key",
            subject="Root",
            text="there is one root key; whoever holds it holds the team, and it can be lost",
            advice="Make three for sticks and paper, of which two sign: strongroom root create DIR"
            " --label TEXT, then strongroom root replace CARD CARD CARD --threshold 2.",
        )
    elif document.root_threshold == 1:
        yield DutyFinding(
            rule="one-root-key-decides",
            subject="Root",
            text=f"any one of {count} root keys changes everything",
            advice="Let two sign: strongroom team thresholds --root 2.",
        )
    elif document.root_threshold == count:
        yield DutyFinding(
            rule="no-spare-root-key",
            subject="Root",
            text=f"all {count} root keys have to sign, so none may be lost",
            advice="Add a spare: strongroom root add CARD.",
        )


def _keys(people: _People) -> Iterator[DutyFinding]:
    keys: dict[str, int] = {}
    for member in people.active:
        if any(grant.cut is None and grant.cap.startswith("approve:") for grant in member.grants):
            keys[member.person] = keys.get(member.person, 0) + 1
    for person, count in sorted(keys.items()):
        if count >= MANY_KEYS:
            yield DutyFinding(
                rule="many-approving-keys",
                subject=people.name(person),
                text=f"may approve with {count} keys; each is one that can be stolen",
                advice="End the ones that are not used: strongroom people revoke KEY.",
            )
