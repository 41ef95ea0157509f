# SPDX-License-Identifier: Apache-2.0
"""Witnessing: signing which end of every log this workstation has been shown.

* A witness decides nothing. Whoever sees a snapshot and is shown less than it names knows that
  something is withheld; one cheap workstation that pulls and signs is enough for a team.
* How fresh this view is, is said from the same claims (W-STALE); nothing is stopped by it but an
  approval whose policy asks for a fresh snapshot.
"""

from strongroom.domain.access import denial
from strongroom.domain.clock import to_iso
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.domain.freshness import DAY_US, Freshness, freshness
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot
from strongroom.trust.identity import SecretsHandler

_ALARMING = frozenset({"E-WITHHELD", "E-SPLIT", "E-EQUIV", "E-GAP", "E-CHAIN"})


class Witness:
    """The verb ``strongroom audit witness``, and how fresh the view of this store is."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def sign(self, *, ask: SecretsHandler | None = None) -> Event:
        """Signs a snapshot of the heads of all logs that are here.

        Raises:
            Refused: ``E-CAP`` without the right to witness, ``E-TEAM`` without a team.
            Untrusted: The first alarm, if the logs here are not whole: that is no view to vouch
                for.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        snapshot = self._at.snapshot()
        self._check_right(snapshot)
        for alarm in snapshot.alarms:
            if alarm.code in _ALARMING:
                raise Untrusted(
                    alarm.code,
                    f"The logs here are not whole: {alarm.detail}",
                    "Pull from every remote first; strongroom audit log tells what is missing.",
                )
        heads = {writer: list(head) for writer, head in snapshot.chains.heads.items()}
        return self._at.sign("witness.snapshot", {"heads": heads}, ask=ask)

    def standing(self) -> Freshness:
        """Returns when others and a witness were last heard of; empty while there is no team."""
        if not self._at.has_team():
            return Freshness()
        snapshot, card = self._at.snapshot(), self._at.card()
        me = card.writer if card else ""
        now = self._at.clock.now_us()
        return freshness(snapshot.chains, me, snapshot.state.refusals, now)

    def stale_sentence(self) -> str:
        """Returns that nothing has been heard for long, in a sentence; "" if that is not so."""
        found, now = self.standing(), self._at.clock.now_us()
        if not found.is_stale(now) or found.heard_us is None:
            return ""
        who = self._at.snapshot().latest.name_of(found.heard_from)
        days = (now - found.heard_us) // DAY_US
        return (
            f"Nothing has been heard from anybody else for {days} days: the last event here is"
            f" one of {who}, of {to_iso(found.heard_us)[:10]}."
        )

    def _check_right(self, snapshot: Snapshot) -> None:
        writer = self._at.require_card().writer
        seq = len(snapshot.chains.by_writer.get(writer, ())) + 1
        if denial(snapshot.latest, writer, seq, "witness", id_at=snapshot.chains.id_at):
            raise Refused(
                "E-CAP",
                "You may not do this: the right to witness is missing",
                "Ask an admin for the role of an auditor: strongroom people grant PERSON auditor.",
            )
