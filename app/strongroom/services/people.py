# SPDX-License-Identifier: Apache-2.0
"""The team: founding it, pinning it, who is in it with which rights, and its policies.

* Every change is a new version of the trust document, signed by what the change demands.
* No right is taken without a cut at what the admins have seen; none is given for the past.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.access import (
    ROLES,
    role_of,
)
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import person_id
from strongroom.domain.policy import parse_policy
from strongroom.domain.team import Grant, Member, Person, TrustDocument
from strongroom.services.founding import found_team
from strongroom.services.trust_changes import DraftView, TrustChanges, TrustStep
from strongroom.services.workstation import Workstation
from strongroom.trust.enrolment import read_request
from strongroom.trust.identity import SecretsHandler

MAX_POLICY_BYTES = 1024 * 1024  # thousands of models with four stages each


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """A writer as the People page shows him."""

    person: str
    name: str
    writer: str
    host: str
    role: str
    grants: tuple[Grant, ...]
    groups: tuple[str, ...]
    is_active: bool
    is_admin: bool
    is_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who asks to be enrolled; the fingerprint is compared by voice or in person."""

    writer: str
    name: str
    host: str
    fingerprint: str
    is_log_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What admitting somebody did: the new trust version, or the draft that others must sign."""

    person: str
    writer: str
    role: str
    trust_version: int
    draft: str
    missing: int = 0
    """How many signatures the draft needs at least; 0 if the admission is in force."""


class People:
    """The verbs of ``strongroom team``, ``people`` and ``policy``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._changes = TrustChanges(workstation)

    # ---------------------------------------------------------------- reading

    def team(self) -> TrustDocument:
        """Returns the trust document in force.

        Raises:
            Refused: ``E-TEAM`` if there is no team.
        """
        return self._at.snapshot().latest

    def team_id(self) -> str:
        """Returns the pinned team id, "" if none is pinned."""
        return self._at.home.pinned_team()

    def needs_others(self) -> bool:
        """Whether a change of the team may need more signatures than one."""
        document = self.team()
        return max(document.admin_threshold, document.root_threshold) > 1

    def people(self) -> tuple[TeamMember, ...]:
        """Returns every writer of the team, active ones first, by name."""
        document = self.team()
        card = self._at.card()
        me = card.writer if card else ""
        members = [
            TeamMember(
                person=member.person,
                name=document.name_of(member.writer),
                writer=member.writer,
                host=member.host,
                role=role_of(document, member.writer),
                grants=member.grants,
                groups=document.people[member.person].groups,
                is_active=member.is_active,
                is_admin=member.writer in document.admin_writers,
                is_me=member.writer == me,
            )
            for member in document.members.values()
        ]
        return tuple(sorted(members, key=lambda m: (not m.is_active, m.name.casefold(), m.writer)))

    def policy(self) -> JsonValue:
        """Returns the policies as JSON: pattern, stage, policy."""
        return policies_json(self.team())

    def applicant(self, path: Path) -> Applicant:
        """Returns who asks to be enrolled, with the fingerprint to compare.

        Raises:
            BadInput: ``E-NAME`` if the file cannot be read.
            Untrusted: If the request does not hold.
        """
        request = read_request(_read(path))
        return Applicant(
            writer=request.writer,
            name=request.name,
            host=request.host,
            fingerprint=request.fingerprint,
            is_log_only=request.is_log_only,
        )

    # ---------------------------------------------------------------- founding and joining

    def create_team(self, name: str, *, ask: SecretsHandler | None = None) -> TrustDocument:
        """Founds a team on this workstation; see `found_team`."""
        return found_team(self._at, name, ask=ask)

    def trust(self, team: str) -> None:
        """Pins the team id that was told out of band.

        Raises:
            BadInput: ``E-TEAM``.
        """
        self._at.home.pin_team("".join(team.split()).lower())

    # ---------------------------------------------------------------- changing

    def admit(
        self,
        path: Path,
        role: str,
        *,
        scope: str = "*",
        person: str = "",
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> Admission:
        """Enrols the sender of a request with a role.

        Args:
            path: The enrolment request.
            role: One of `ROLES`; a log-only request gets ``log`` whatever the role.
            scope: Where the role holds, e.g. ``model:fraud-*``.
            person: The id of somebody who is in the team, for his second workstation.
            ask: Asks for the passphrase of this workstation's key.
            draft: A new file for the draft if others have to sign as well.

        Raises:
            BadInput: ``E-ROLE`` or ``E-NAME``.
            Refused: ``E-CAP`` if this workstation may not admit, ``E-QUORUM`` if others have to
                sign and no file was named.
            Untrusted: If the request does not hold.
        """
        request = read_request(_read(path))
        caps = _caps(role, is_log_only=request.is_log_only)
        person = person or person_id(request.writer)

        def enrol(document: TrustDocument) -> TrustDocument:
            if request.writer in document.members:
                raise BadInput(
                    "E-NAME",
                    f"{document.name_of(request.writer)} is in the team already",
                    "Give another role with: strongroom people grant PERSON ROLE.",
                )
            known = document.people.get(person)
            entry = known or Person(person=person, name=request.name, groups=())
            member = Member(
                writer=request.writer,
                person=person,
                host=request.host,
                alg=request.alg,
                pub=request.pub,
                p256=request.p256,
                grants=_grants(caps, scope, 0),
                is_active=True,
                reason="",
            )
            admins = (*document.admin_writers, request.writer)
            return replace(
                document,
                people={**document.people, person: entry},
                members={**document.members, request.writer: member},
                admin_writers=admins if role == "admin" else document.admin_writers,
            )

        step = self._changes.change(enrol, ask, draft)
        return Admission(
            person=person,
            writer=request.writer,
            role=role,
            trust_version=step.document.version,
            draft=str(step.draft or ""),
            missing=step.missing,
        )

    def grant(
        self,
        person: str,
        role: str,
        *,
        scope: str = "*",
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Gives a role to every active workstation of a person, from now on.

        Raises:
            BadInput: ``E-ROLE`` or ``E-NAME``.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """
        caps = _caps(role)

        def give(document: TrustDocument) -> TrustDocument:
            writers = self._writers_of(document, person)
            heads = self._changes.heads(document)
            members = dict(document.members)
            for writer in writers:
                member = members[writer]
                held = {(g.cap, g.scope) for g in member.grants if g.cut is None}
                fresh = tuple(
                    grant
                    for grant in _grants(caps, scope, heads.get(writer, (0, ""))[0])
                    if (grant.cap, grant.scope) not in held
                )
                members[writer] = replace(member, grants=(*member.grants, *fresh))
            admins = document.admin_writers
            if role == "admin":
                admins += tuple(writer for writer in writers if writer not in admins)
            return replace(document, members=members, admin_writers=admins)

        return self._changes.change(give, ask, draft)

    def revoke(
        self,
        person: str,
        *,
        reason: str = "left",
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Ends every right of a person at what has been seen of his logs.

        Raises:
            BadInput: ``E-NAME``; ``E-ROLE`` if nobody would be admin afterwards.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """

        def end(document: TrustDocument) -> TrustDocument:
            writers = self._writers_of(document, person)
            heads = self._changes.heads(document)
            members = dict(document.members)
            for writer in writers:
                member = members[writer]
                cut = heads.get(writer, (0, ""))
                grants = tuple(g if g.cut else replace(g, cut=cut) for g in member.grants)
                members[writer] = replace(member, grants=grants, is_active=False, reason=reason)
            admins = tuple(w for w in document.admin_writers if w not in writers)
            if len(admins) < document.admin_threshold:
                raise BadInput(
                    "E-ROLE",
                    "Nobody would be left to change this team",
                    "Admit another admin first.",
                )
            return replace(document, members=members, admin_writers=admins)

        return self._changes.change(end, ask, draft)

    def set_thresholds(
        self,
        *,
        admin: int | None = None,
        root: int | None = None,
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Says how many admins, or root keys, have to sign a change of the team.

        Raises:
            BadInput: ``E-ROLE`` for a number that cannot be met.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """

        def raise_(document: TrustDocument) -> TrustDocument:
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

        return self._changes.change(raise_, ask, draft)

    def draft(self, path: Path) -> DraftView:
        """Returns what a draft changes and who has signed it; see `TrustChanges.view`."""
        return self._changes.view(path)

    def cosign(self, path: Path, seen: str, *, ask: SecretsHandler | None = None) -> TrustStep:
        """Signs the draft that was read with the keys here; see `TrustChanges.cosign`."""
        return self._changes.cosign(path, seen, ask)

    def set_policy(
        self, path: Path, *, ask: SecretsHandler | None = None, draft: Path | None = None
    ) -> TrustStep:
        """Replaces the policies by those of a JSON file: pattern, stage, policy.

        Raises:
            BadInput: ``E-POLICY`` if the file is not a set of policies.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """
        document = decode_loose(_read(path), max_bytes=MAX_POLICY_BYTES)
        try:
            policies = {
                str(pattern): {str(stage): parse_policy(item) for stage, item in stages.items()}
                for pattern, stages in document.items()
            }
        except (ValueError, AttributeError, TypeError) as error:
            raise BadInput(
                "E-POLICY",
                f"{path.name} is not a set of policies: {error}",
                "Start from what this prints: strongroom policy show --json.",
            ) from error
        if "*" not in policies:
            raise BadInput("E-POLICY", "The policy for * is missing", "Add the pattern *.")
        return self._changes.change(lambda before: replace(before, policies=policies), ask, draft)

    # ---------------------------------------------------------------- inside

    def _writers_of(self, document: TrustDocument, person: str) -> list[str]:
        """Returns the active writers of a person, named by id, by unique name or by key."""
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


def policies_json(document: TrustDocument) -> JsonValue:
    """Returns the policies of a version as JSON: pattern, stage, policy."""
    return {
        pattern: {stage: policy.to_json() for stage, policy in stages.items()}
        for pattern, stages in document.policies.items()
    }


def opened_stages(policies: JsonValue) -> tuple[tuple[str, str], ...]:
    """Returns each pattern and stage that a pattern leaves open while ``*`` guards it."""
    return tuple(
        (pattern, stage)
        for pattern, stages in policies.items()
        for stage in sorted(set(policies.get("*", {})) - set(stages))
    )


def policy_text(policies: JsonValue) -> str:
    """Returns policies as indented JSON that `People.set_policy` reads."""
    return json.dumps(policies, indent=2, sort_keys=True)


def _caps(role: str, *, is_log_only: bool = False) -> Sequence[str]:
    if role not in ROLES:
        raise BadInput("E-ROLE", f"There is no role {role}", "Roles: " + ", ".join(ROLES) + ".")
    return ("log",) if is_log_only else ROLES[role]


def _grants(caps: Sequence[str], scope: str, after_seq: int) -> tuple[Grant, ...]:
    return tuple(Grant(cap=cap, scope=scope, after_seq=after_seq, cut=None) for cap in sorted(caps))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_POLICY_BYTES + 1)
    except OSError as error:
        raise BadInput(
            "E-NAME", f"{path} cannot be read: {error.strerror}", "Check the path."
        ) from error
