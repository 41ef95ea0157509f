# SPDX-License-Identifier: Apache-2.0
"""What somebody may do, and why: each right with the version of the team that gave or ended it.

* The trust chain is asked, nothing else: which version has the grant first, who signed that one.
* A right that has ended stays in sight with the place in the log where it ended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from strongroom.domain.access import ROLE_TITLES, ROLES, right_in_words
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import BadInput
from strongroom.domain.team import Grant, TrustDocument
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot

REASONS = {
    "left": "left the team",
    "lost": "lost the key",
    "compromised": "somebody else may hold the key",
    "rotated": "has a newer key",
}
"""Why a key was revoked, as a person says it; other reasons stand as they were written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightLine:
    """One right of a key: what, why, and whether it holds now."""

    text: str
    why: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStory:
    """One key of the team: what it may do and why, and how far its log is known here.

    Attributes:
        writer: The key.
        rights: What holds comes first.
        limits: What it may not do although a right seems to say so.
        event_count: How many events of its log are here.
        last_us: The claimed time of the last of them, None for none.
        joined: How it came into the team.
        ended: How it was revoked, "" while it is active.
    """

    writer: str
    rights: tuple[RightLine, ...]
    limits: tuple[str, ...]
    event_count: int
    last_us: int | None
    joined: str
    ended: str


class Rights:
    """Reads rights with their reasons."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def story(self, writer: str) -> KeyStory:
        """Returns what a key may do and why.

        Raises:
            BadInput: ``E-NAME`` if the team does not know it.
            Refused: ``E-TEAM`` if there is no team.
        """
        snapshot = self._at.snapshot()
        document = snapshot.latest
        member = document.members.get(writer)
        if member is None:
            raise BadInput("E-NAME", "The team does not know this key", "Read the team again.")
        told = _Told(snapshot, writer)
        rights = sorted(
            (*told.admin(), *(told.right(grant) for grant in member.grants)),
            key=lambda line: not line.is_open,
        )
        chain = snapshot.chains.by_writer.get(writer, ())
        return KeyStory(
            writer=writer,
            rights=tuple(dict.fromkeys(rights)),
            limits=_limits(document, member.grants) if member.is_active else (),
            event_count=len(chain),
            last_us=_claimed(chain[-1].time) if chain else None,
            joined=told.joined(),
            ended=told.ended() if not member.is_active else "",
        )


class _Told:
    """Finds the versions of the trust document that speak about one key."""

    def __init__(self, snapshot: Snapshot, writer: str) -> None:
        self._versions = snapshot.trust.versions
        self._writer = writer

    def right(self, grant: Grant) -> RightLine:
        """Returns one grant with who gave it, and who ended it."""
        given = next(
            (
                at
                for at, signed in enumerate(self._versions)
                if any(_same(each, grant) for each in self._grants(signed.document))
            ),
            len(self._versions) - 1,
        )
        why = f"{self._role(given, grant)}{self._signed(given)}"
        if grant.cut is not None:
            ended = next(
                at
                for at, signed in enumerate(self._versions)
                if grant in self._grants(signed.document)
            )
            why += f"; ended at event {grant.cut[0]}{self._signed(ended)}"
        return RightLine(
            text=right_in_words(Grant(cap=grant.cap, scope=grant.scope, after_seq=0, cut=None)),
            why=why,
            is_open=grant.cut is None,
        )

    def admin(self) -> Iterator[RightLine]:
        """Yields that the key may change the team, if it may or once could."""
        is_admin = [self._writer in signed.document.admin_writers for signed in self._versions]
        if True not in is_admin:
            return
        began = is_admin.index(True)
        need = self._versions[-1].document.admin_threshold
        others = f"; {need} admins have to sign" if need > 1 and is_admin[-1] else ""
        why = f"Admin{self._signed(began)}{others}"
        if not is_admin[-1]:
            why += f"; ended{self._signed(is_admin.index(False, began))}"
        text = "Change the team: admit, give and end rights, set policies"
        yield RightLine(text=text, why=why, is_open=is_admin[-1])

    def joined(self) -> str:
        """Returns how the key came into the team."""
        at = self._first(lambda document: self._writer in document.members)
        return "Founded the team with version 1" if at == 0 else f"Joined{self._signed(at)}"

    def ended(self) -> str:
        """Returns how the key was revoked."""

        def is_revoked(document: TrustDocument) -> bool:
            member = document.members.get(self._writer)
            return member is not None and not member.is_active

        at = self._first(is_revoked)
        reason = self._versions[-1].document.members[self._writer].reason
        return f"Revoked{self._signed(at)}: {REASONS.get(reason, reason) or 'no reason given'}"

    def _first(self, holds: Callable[[TrustDocument], bool]) -> int:
        return next(at for at, signed in enumerate(self._versions) if holds(signed.document))

    def _grants(self, document: TrustDocument) -> tuple[Grant, ...]:
        member = document.members.get(self._writer)
        return member.grants if member is not None else ()

    def _role(self, at: int, grant: Grant) -> str:
        """Returns the role whose rights were given together with a grant in one version."""
        before = self._grants(self._versions[at - 1].document) if at else ()
        given = {
            each.cap
            for each in self._grants(self._versions[at].document)
            if each.scope == grant.scope and not any(_same(each, old) for old in before)
        }
        if at == 0:
            return ROLE_TITLES["founder"]
        fits = (role for role, caps in ROLES.items() if caps and given == set(caps))
        role = next(fits, "log-only" if given == {"log"} else "")
        return ROLE_TITLES[role] if role else "Given"

    def _signed(self, at: int) -> str:
        """Returns the version and who signed it."""
        document = self._versions[at].document
        before = self._versions[at - 1].document if at else document
        names = []
        for signature in self._versions[at].envelope.signatures:
            root = document.root_keys.get(signature.keyid) or before.root_keys.get(signature.keyid)
            known = signature.keyid in before.members or signature.keyid in document.members
            if known or root is None:
                source = before if signature.keyid in before.members else document
                names.append(source.name_of(signature.keyid))
            else:
                names.append(root.label)
        return f", version {document.version} signed by {' and '.join(sorted(set(names)))}"


def _claimed(time: str) -> int | None:
    try:
        return from_iso(time)
    except ValueError:
        return None


def _same(one: Grant, other: Grant) -> bool:
    """Whether two grants are one, open or ended."""
    return (one.cap, one.scope, one.after_seq) == (other.cap, other.scope, other.after_seq)


def _limits(document: TrustDocument, grants: tuple[Grant, ...]) -> tuple[str, ...]:
    """Returns what policies and approvals forbid to somebody who holds these rights."""
    found = []
    open_caps = {grant.cap for grant in grants if grant.cut is None}
    if any(cap.startswith("approve:") for cap in open_caps):
        stages = [
            stage.name
            for stage in document.stages
            if "requester" in document.policy("*", stage.name).exclude
        ]
        if stages:
            found.append(f"Nobody approves what they asked for themselves ({', '.join(stages)})")
        found.append("One person counts once, from whichever workstation")
    return tuple(found)
