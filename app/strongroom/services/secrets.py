# SPDX-License-Identifier: Apache-2.0
"""Secrets: what would leave with the next exchange, and letting a suspicion through on record.

* An override names one place in one content; changed content is looked at anew.
* Who let it through, why, and what kind it is stands in the signed log for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.progress import Progress
from strongroom.domain.secret import OVERRIDE_KINDS, SecretFinding
from strongroom.exchange.leaving import OVERRIDE, manifests, overrides, suspicions
from strongroom.services.local_side import local_side
from strongroom.services.outgoing import Outgoing
from strongroom.services.workstation import Workstation
from strongroom.store.run_places import all_places
from strongroom.trust.identity import SecretsHandler

MAX_REASON = 2_000  # characters; a paragraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A suspicion that somebody let through: what, where, why, who and when (a claim)."""

    event: str
    object: str
    path: str
    place: str
    rule: str
    kind: str
    reason: str
    who: str
    time: str


class Secrets:
    """The verbs of ``strongroom secrets``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def found(self, progress: Progress | None = None) -> tuple[SecretFinding, ...]:
        """Returns every suspicion in what a push to an empty remote would carry.

        Raises:
            Refused: ``E-TEAM``.
            Cancelled: Between two files.
        """
        snapshot, here = self._at.snapshot(), local_side(self._at)
        digests = {
            file.sha256 for _, manifest in manifests(here, snapshot) for file in manifest.files
        }
        return suspicions(here, snapshot, digests, snapshot.chains.events(), progress)

    def overrides(self) -> tuple[Override, ...]:
        """Returns what was let through, newest claim first; none while there is no team."""
        if not self._at.has_team():
            return ()
        snapshot = self._at.snapshot()
        found = [
            Override(
                event=event.id,
                object=object_,
                path=str(event.body["path"]),
                place=place,
                rule=rule,
                kind=str(event.body["kind"]),
                reason=str(event.body["reason"]),
                who=snapshot.latest.name_of(event.writer),
                time=event.time,
            )
            for (object_, place, rule), event in overrides(snapshot).items()
        ]
        return tuple(sorted(found, key=lambda each: (each.time, each.event), reverse=True))

    def named(self, ids: Sequence[str], progress: Progress | None = None) -> list[SecretFinding]:
        """Returns the suspicions of ids, or of unique heads of them.

        Raises:
            BadInput: ``E-SECRET`` if one names nothing or several.
        """
        asked = tuple(dict.fromkeys(ids))
        known = self.found(progress)
        if not all(any(finding.id.startswith(id_) for finding in known) for id_ in asked):
            # What a push would carry is told as it is there, by the same keys.
            listed = {finding.key: finding for finding in self._in_runs(progress)}
            known = tuple((listed | {finding.key: finding for finding in known}).values())
        chosen = []
        for id_ in asked:
            here = [finding for finding in known if len(id_) >= 4 and finding.id.startswith(id_)]
            if len(here) != 1:
                what = "several findings" if here else "no finding"
                raise BadInput(
                    "E-SECRET", f"{id_[:40]} names {what}", "strongroom secrets list shows them."
                )
            chosen += here
        return chosen

    def _in_runs(self, progress: Progress | None) -> Iterator[SecretFinding]:
        """Yields what a push would not carry and an export would: of runs that nobody signed."""
        with self._at.catalog.read() as connection:
            places = all_places(connection)
        return Outgoing(self._at.runs).in_runs([place.run_id for place in places], progress)

    def allow(
        self,
        findings: Sequence[SecretFinding],
        *,
        kind: str,
        reason: str,
        ask: SecretsHandler | None = None,
    ) -> Changes:
        """Signs that suspicions may leave; one that was let through already is not signed again.

        Args:
            findings: What was found.
            kind: ``false-positive``, ``test-value`` or ``accepted``.
            reason: Becomes part of the record.
            ask: Asks for the passphrase.

        Raises:
            BadInput: ``E-REASON`` without a reason, ``E-USAGE`` for another kind, ``E-SECRET`` for
                what is more than can be shown.
            Refused: ``E-CAP``, ``E-CUT`` without the right ``log``; ``E-TEAM``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        said = " ".join(reason.split())
        if not said:
            raise BadInput("E-REASON", "An override needs a reason", "Say why, in a sentence.")
        if len(said) > MAX_REASON or kind not in OVERRIDE_KINDS:
            raise BadInput(
                "E-USAGE",
                "An override has another kind, or a longer reason, than there can be",
                f"Kinds: {', '.join(OVERRIDE_KINDS)}; a reason has up to {MAX_REASON} characters.",
            )
        if any(not finding.is_allowable for finding in findings):
            raise BadInput(
                "E-SECRET",
                "What cannot be shown cannot be let through",
                "Take the secrets out of that file, or split it, and register again.",
            )
        changes = Changes()
        done = set(overrides(self._at.snapshot()))
        for finding in findings:
            if finding.key in done:
                continue
            done.add(finding.key)
            body = {
                "object": finding.object,
                "path": finding.path[:MAX_REASON],
                "place": finding.place,
                "rule": finding.rule,
                "kind": kind,
                "reason": said,
            }
            event = self._at.sign(OVERRIDE, body, ask=ask)
            if code := self._at.snapshot().state.refusals.get(event.id):
                raise Refused(
                    code,
                    "The override was signed and has no effect: the right log is missing",
                    "Ask somebody who may log to let it through.",
                )
            changes |= self._at.changes_of(event)
        return changes
