# SPDX-License-Identifier: Apache-2.0
"""Access review: who could do what on a date, and what became of it since.

* A trust document bears no date: nothing in the trust of a team asks a clock. When a version was in
  force follows from claims: it was made after the events it had seen, and before the first event
  that cites it. A date may lie between the two; then both versions are named.
* Rights are those of that version. What has ended since says so, because an event is judged by the
  newest version: a compromised key may have lost rights it had on that day.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.access import ROLE_TITLES, right_in_words, role_of
from strongroom.domain.chains import Chains
from strongroom.domain.duties import DutyFinding, duty_findings
from strongroom.domain.errors import BadInput
from strongroom.domain.stage import NONE
from strongroom.domain.team import Grant, Head, Member, TrustDocument
from strongroom.domain.team_changes import TeamChange, team_changes
from strongroom.exchange.audit_table import cell
from strongroom.services.given_file import write_given
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot

HEADER = ("person", "name", "workstation", "key", "role", "right", "ended since", "last signed")


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """When a version was in force, by the claims of events; "" where nothing tells.

    Attributes:
        version: Its number.
        made_after: The latest claim among the events its makers had newly seen.
        used_by: The earliest claim among the events that cite it or a later one.
    """

    version: int
    made_after: str
    used_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRight:
    """One right: what and where, in words, and where and why it has ended since, if it has."""

    cap: str
    scope: str
    text: str
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedKey:
    """One key of the team as that version has it.

    Attributes:
        person: The person's id.
        name: What the person is called.
        host: The workstation.
        writer: The key.
        role: The title of its role.
        is_admin: Whether it may sign changes of the team.
        is_active: Whether it was active.
        rights: What it may do.
        last_signed: The claimed time of the last event it had signed by then, "" if none.
    """

    person: str
    name: str
    host: str
    writer: str
    role: str
    is_admin: bool
    is_active: bool
    rights: tuple[ReviewedRight, ...]
    last_signed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReview:
    """Who could do what.

    Attributes:
        at: The date that was asked for, "" if a version was.
        version: The version that surely was in force.
        possible: Later versions that may have been in force already.
        admin_threshold: How many admins had to sign a change.
        root_threshold: How many root keys had to sign a change of the admins.
        root_labels: What the root keys are called.
        keys: Every key, by name.
        findings: What the team should have tightened, by that version.
        stages: The stages of the team that one can ask for, by that version.
        is_latest: Whether nothing has changed since.
    """

    at: str
    version: InForce
    possible: tuple[InForce, ...]
    admin_threshold: int
    root_threshold: int
    root_labels: tuple[str, ...]
    keys: tuple[ReviewedKey, ...]
    findings: tuple[DutyFinding, ...]
    stages: tuple[str, ...] = ()
    is_latest: bool = True


class AccessReviews:
    """The verbs of ``strongroom team access`` and ``team lint``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def findings(self) -> tuple[DutyFinding, ...]:
        """Returns what the team should tighten next; see `domain.duties`."""
        document = self._at.snapshot().latest
        kept = [
            key.label
            for key in document.root_keys.values()
            if self._at.home.key_file(key.keyid).exists()
        ]
        here = tuple(
            DutyFinding(
                rule="root-key-on-a-workstation",
                subject=f"Root key {label}",
                text="lies in this home; whoever takes the machine takes it along",
                advice="Copy it to a stick and forget it here: strongroom root copy KEY DIR, then"
                " strongroom root forget KEY --key DIR.",
            )
            for label in sorted(kept)
            if len(document.people) > 1
        )
        return (*duty_findings(document), *here)

    def review(self, at: str = "", version: int = 0) -> AccessReview:
        """Returns who could do what on a date, or by a version; now if neither is named.

        Args:
            at: A claimed time or its beginning, such as ``2026-11-20``; the end of it is meant.
            version: A number of the trust document.

        Raises:
            BadInput: ``E-VERSION`` if there is no such version, or nothing was in force by then.
        """
        snapshot = self._at.snapshot()
        times = in_force(snapshot)
        chosen, possible = _chosen(times, at, version)
        document = snapshot.trust.documents[chosen.version - 1]
        until = f"{at}\x7f" if at else ""
        keys = [_key(document, snapshot, member, until) for member in document.members.values()]
        return AccessReview(
            at=at,
            version=chosen,
            possible=possible,
            admin_threshold=document.admin_threshold,
            root_threshold=document.root_threshold,
            root_labels=tuple(sorted(key.label for key in document.root_keys.values())),
            keys=tuple(sorted(keys, key=lambda key: (key.name.casefold(), key.host, key.writer))),
            findings=duty_findings(document),
            stages=tuple(stage.name for stage in document.stages if stage.name != NONE),
            is_latest=chosen.version == len(times),
        )

    def with_findings_here(self, review: AccessReview) -> AccessReview:
        """Returns a review of now with what lies on this machine among its findings."""
        return replace(review, findings=self.findings())

    def team_name(self) -> str:
        """Returns what the team is called.

        Raises:
            Refused: ``E-TEAM`` if there is none.
        """
        return self._at.snapshot().latest.team_name

    def versions(self) -> tuple[InForce, ...]:
        """Returns every version of the team, and when it was in force, by claims."""
        return in_force(self._at.snapshot())

    def since(self, review: AccessReview) -> tuple[TeamChange, ...]:
        """Returns what has changed in the team since a review, in words."""
        documents = self._at.snapshot().trust.documents
        if review.version.version == len(documents):
            return ()
        return team_changes(documents[review.version.version - 1], documents[-1])

    def table(self, review: AccessReview) -> str:
        """Returns a review as CSV (RFC 4180), a line a right; nothing in it is calculated."""
        written = io.StringIO()
        rows = csv.writer(written, quoting=csv.QUOTE_ALL)
        rows.writerow(HEADER)
        for key in review.keys:
            rights = key.rights or (ReviewedRight(cap="", scope="*", text="Read only", ended=""),)
            for right in rights:
                row = (
                    key.person, key.name, key.host, key.writer, key.role, right.text, right.ended,
                    key.last_signed,
                )  # fmt: skip
                rows.writerow([cell(text) for text in row])
        return written.getvalue()

    def save_table(self, review: AccessReview, path: Path) -> None:
        """Writes the table to a new file.

        Raises:
            BadInput: ``E-NAME`` if the file is there already.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        write_given(path, self.table(review).encode())


def in_force(snapshot: Snapshot) -> tuple[InForce, ...]:
    """Returns for each version of the chain when it was in force, by claims."""
    chains, aside = snapshot.chains, snapshot.trust.aside
    first_cited: dict[int, str] = {}
    for event in chains.events():
        cited = aside.get(event.trust_id, event.trust_version)
        if event.time < first_cited.get(cited, "\x7f"):
            first_cited[cited] = event.time
    found: list[InForce] = []
    used_by = ""
    for number in range(len(snapshot.trust.documents), 0, -1):
        used_by = min((t for t in (first_cited.get(number), used_by) if t), default="")
        document = snapshot.trust.documents[number - 1]
        before: Mapping[str, Head] = {}
        if number > 1:
            before = snapshot.trust.documents[number - 2].heads
        made_after = _latest_claim(chains, document, before)
        found.append(InForce(version=number, made_after=made_after, used_by=used_by))
    found.reverse()
    return _rising(found)


def _latest_claim(chains: Chains, document: TrustDocument, known: Mapping[str, Head]) -> str:
    claims = [
        chains.by_writer[writer][seq - 1].time
        for writer, (seq, id_) in document.heads.items()
        if seq and (seq, id_) != known.get(writer) and chains.id_at(writer, seq) == id_
    ]
    return max(claims, default="")


def _rising(found: list[InForce]) -> tuple[InForce, ...]:
    """Returns the same, each version made no earlier than the one before it."""
    rising, latest = [], ""
    for each in found:
        latest = max(latest, each.made_after)
        rising.append(InForce(version=each.version, made_after=latest, used_by=each.used_by))
    return tuple(rising)


def _chosen(
    times: tuple[InForce, ...], at: str, version: int
) -> tuple[InForce, tuple[InForce, ...]]:
    if version:
        if not 1 <= version <= len(times):
            raise BadInput(
                "E-VERSION",
                f"The team has no version {version}",
                f"It has the versions 1 to {len(times)}.",
            )
        return times[version - 1], ()
    if not at:
        return times[-1], ()
    until = f"{at}\x7f"
    sure = [each for each in times if each.used_by and each.used_by <= until]
    if not sure:
        raise BadInput(
            "E-VERSION",
            f"Nobody had signed anything by {at}",
            f"The first signed event claims {times[0].used_by[:19] or 'no time'}.",
        )
    chosen = sure[-1]
    later = times[chosen.version :]
    return chosen, tuple(each for each in later if each.made_after <= until)


def _key(document: TrustDocument, snapshot: Snapshot, member: Member, until: str) -> ReviewedKey:
    chain = snapshot.chains.by_writer.get(member.writer, ())
    times = [event.time for event in chain if not until or event.time <= until]
    today = snapshot.latest.members.get(member.writer)
    return ReviewedKey(
        person=member.person,
        name=document.name_of(member.writer),
        host=member.host,
        writer=member.writer,
        role=ROLE_TITLES[role_of(document, member.writer)],
        is_admin=member.writer in document.admin_writers,
        is_active=member.is_active,
        rights=tuple(
            ReviewedRight(
                cap=grant.cap,
                scope=grant.scope,
                text=right_in_words(grant),
                ended=_ended(grant, today),
            )
            for grant in member.grants
            if grant.cut is None
        ),
        last_signed=max(times, default=""),
    )


def _ended(grant: Grant, today: Member | None) -> str:
    """Returns where a right that was open then has ended since, "" if it is open today."""
    for now in today.grants if today else ():
        if (now.cap, now.scope, now.after_seq) == (grant.cap, grant.scope, grant.after_seq):
            cut: Head | None = now.cut
            if cut is None:
                return ""
            reason = f" ({today.reason})" if today and today.reason else ""
            return f"at event {cut[0]}{reason}"
    return ""
