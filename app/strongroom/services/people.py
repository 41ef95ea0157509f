# SPDX-License-Identifier: Apache-2.0
"""The team: founding it, pinning it, who is in it with which rights, and its policies.

* Every change is a new version of the trust document, signed by what the change demands; what it
  makes of the document is `domain.team_edits`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.access import role_of
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import person_id
from strongroom.domain.team import Member, TrustDocument
from strongroom.domain.team_edits import (
    end_rights,
    enrol,
    give_role,
    set_thresholds,
    succeed,
    writers_of,
)
from strongroom.services.founding import found_team
from strongroom.services.given_file import read_given
from strongroom.services.key_ring import KeyRing
from strongroom.services.members import TeamMember, members_of
from strongroom.services.policies import policies_json, read_policies
from strongroom.services.revocations import cuts_of
from strongroom.services.rotation import predecessor
from strongroom.services.trust_changes import DraftView, TrustChanges, TrustStep
from strongroom.services.workstation import Workstation
from strongroom.trust.enrolment import MAX_REQUEST_BYTES, EnrolmentRequest, read_request
from strongroom.trust.fingerprint import Fingerprint
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.request_code import request_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who asks to be enrolled; the fingerprint is compared by voice or in person."""

    writer: str
    name: str
    host: str
    fingerprint: Fingerprint
    is_log_only: bool
    succeeds: str = ""
    """The key that vouched for this one and ends when it is admitted, "" if none did."""


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
        self.changes = TrustChanges(workstation)

    @property
    def ring(self) -> KeyRing:
        """The keys that can sign a change from here; root keys on sticks are lent to it."""
        return self.changes.ring

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

    def has_team(self) -> bool:
        """Whether a team is trusted and its first trust document is here."""
        return self._at.has_team()

    def needs_others(self) -> bool:
        """Whether a change of the team may need more signatures than one."""
        document = self.team()
        return max(document.admin_threshold, document.root_threshold) > 1

    def people(self) -> tuple[TeamMember, ...]:
        """Returns every writer of the team, active ones first, by name."""
        card = self._at.card()
        return members_of(self.team(), card.writer if card else "")

    def policy(self) -> JsonValue:
        """Returns the policies as JSON: pattern, stage, policy."""
        return policies_json(self.team())

    def applicant(self, source: Path | str) -> Applicant:
        """Returns who asks to be enrolled, with the fingerprint to compare.

        Args:
            source: The file of the request, or its code as text.

        Raises:
            BadInput: ``E-NAME`` if the file cannot be read.
            Untrusted: If the request does not hold.
        """
        request = _request(source)
        return Applicant(
            writer=request.writer,
            name=request.name,
            host=request.host,
            fingerprint=request.fingerprint,
            is_log_only=request.is_log_only,
            succeeds=self._vouching_for(request.writer),
        )

    def _vouching_for(self, writer: str) -> str:
        return predecessor(self._at.snapshot_or_empty(), writer) if self.team_id() else ""

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
        source: Path | str,
        role: str,
        *,
        scope: str = "*",
        person: str = "",
        replaces: str = "",
        reason: str = "lost",
        seen: str = "",
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> Admission:
        """Enrols the sender of a request with a role.

        Args:
            source: The file of the request, or its code as text.
            role: One of `ROLES`; a log-only request gets ``log`` whatever the role. "" for a key
                that takes the place of another: it has the rights of that one.
            scope: Where the role holds, e.g. ``model:fraud-*``.
            person: The id of somebody who is in the team, for his second workstation.
            replaces: The key, or the person with one key, whose place this one takes with the
                rights it had; left out, the key that vouched for it, if one did.
            reason: Why the old key ends, if it did not vouch: ``lost`` or ``compromised``.
            seen: The digits of the fingerprint that was compared; the file may have been swapped.
            ask: Asks for the passphrase of this workstation's key.
            draft: A new file for the draft if others have to sign as well.

        Raises:
            BadInput: ``E-NAME``; ``E-ROLE`` for no role, or if a role, a scope or a person is said
                of a key that takes the place of another.
            Refused: ``E-CAP`` if this workstation may not admit, ``E-QUORUM`` if others have to
                sign and no file was named.
            Untrusted: If the request does not hold; ``E-BIND`` if it is not the one seen.
        """
        request = _request(source)
        if seen and request.fingerprint.digits != seen:
            raise Untrusted(
                "E-BIND",
                "This is not the request that was compared: somebody has changed the file",
                "Nobody was admitted. Read it again, and compare the words anew.",
            )
        newcomer = Member(
            writer=request.writer,
            person=person or person_id(request.writer),
            host=request.host,
            alg=request.alg,
            pub=request.pub,
            p256=request.p256,
            grants=(),
            is_active=True,
            reason="",
        )

        old = self._vouching_for(request.writer)
        is_vouched = bool(old) and not replaces
        if replaces:
            old = _one_key(self.team(), replaces)

        if old and (role or person or scope != "*"):
            raise _keeps_its_rights(self.team().name_of(old), is_vouched=is_vouched)
        if old and request.is_log_only and role_of(self.team(), old) != "log-only":
            raise BadInput(
                "E-ROLE",
                "A training host cannot take the place of a person's key",
                "Admit it without --replaces: it gets the right to log runs.",
            )

        def admitted(document: TrustDocument) -> TrustDocument:
            if old:
                return succeed(document, old, newcomer, "rotated" if is_vouched else reason)
            return enrol(
                document,
                newcomer,
                request.name,
                role,
                scope=scope,
                is_log_only=request.is_log_only,
            )

        step = self.changes.change(admitted, ask, draft)
        return Admission(
            person=step.document.members[request.writer].person,
            writer=request.writer,
            role=role_of(step.document, request.writer) if old else role,
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

        def give(document: TrustDocument) -> TrustDocument:
            return give_role(document, writers_of(document, person), role, scope=scope)

        return self.changes.change(give, ask, draft)

    def revoke(
        self,
        person: str,
        *,
        reason: str = "left",
        last_good: Sequence[str] = (),
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Ends every right of a person, or of one key, at what has been seen of his logs.

        Args:
            person: An id, a unique name, or a key.
            reason: ``left``, ``lost``, ``compromised`` or ``rotated``.
            last_good: The last event to believe of a compromised key; see `cuts_of`.
            ask: Asks for the passphrase of this workstation's key.
            draft: A new file for the draft if others have to sign as well.

        Raises:
            BadInput: ``E-NAME``, ``E-REASON``, ``E-EVENT``; ``E-ROLE`` if too few admins would be
                left.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """

        def end(document: TrustDocument) -> TrustDocument:
            writers = writers_of(document, person)
            cuts = cuts_of(self._at.snapshot(), writers, reason, last_good)
            return end_rights(document, writers, reason, cuts=cuts)

        return self.changes.change(end, ask, draft)

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
        return self.changes.change(
            lambda before: set_thresholds(before, admin=admin, root=root), ask, draft
        )

    def draft(self, path: Path) -> DraftView:
        """Returns what a draft changes and who has signed it; see `TrustChanges.view`."""
        return self.changes.view(path)

    def cosign(self, path: Path, seen: str, *, ask: SecretsHandler | None = None) -> TrustStep:
        """Signs the draft that was read with the keys here; see `TrustChanges.cosign`."""
        return self.changes.cosign(path, seen, ask)

    def set_policy(
        self, path: Path, *, ask: SecretsHandler | None = None, draft: Path | None = None
    ) -> TrustStep:
        """Replaces the policies by those of a JSON file: pattern, stage, policy.

        Raises:
            BadInput: ``E-POLICY`` if the file is not a set of policies.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """
        policies = read_policies(path)
        return self.changes.change(lambda before: replace(before, policies=policies), ask, draft)


def _keeps_its_rights(name: str, *, is_vouched: bool) -> BadInput:
    """Returns the refusal to give a role to a key that takes the place of another."""
    why = f"the old key of {name} vouched for it" if is_vouched else f"it replaces a key of {name}"
    return BadInput(
        "E-ROLE",
        f"This key keeps the rights of the one before it: {why}",
        "Admit it without a role, scope or person. Give more later: strongroom people grant.",
    )


def _one_key(document: TrustDocument, named: str) -> str:
    """Returns the one active key that a key id or a person means.

    Raises:
        BadInput: ``E-NAME``.
    """
    writers = writers_of(document, named)
    if len(writers) > 1:
        raise BadInput(
            "E-NAME",
            f"{named} has {len(writers)} active keys",
            "Name the key: strongroom people list --json.",
        )
    return writers[0]


def _request(source: Path | str) -> EnrolmentRequest:
    raw = source.encode() if isinstance(source, str) else read_given(source, MAX_REQUEST_BYTES)
    return read_request(request_in(raw))
