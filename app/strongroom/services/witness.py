# SPDX-License-Identifier: Apache-2.0
"""Witnessing: signing which end of every log this workstation has been shown.

* A witness decides nothing. Whoever sees a snapshot and is shown less than it names knows that
  something is withheld; one cheap workstation that pulls and signs is enough for a team.
* He cosigns the checkpoints of the writers as well (C2SP tlog-cosignature). They travel apart from
  the logs: who withholds the witness's log, or meets him never, has his word all the same.
* How fresh this view is, is said from the same claims (W-STALE); nothing is stopped by it but an
  approval whose policy asks for a fresh snapshot.
"""

from dataclasses import dataclass

from strongroom.domain.access import denial
from strongroom.domain.clock import MICROSECONDS, to_iso
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.domain.freshness import DAY_US, Freshness, freshness
from strongroom.exchange.checkpoints import agreed, witness_keys
from strongroom.services.vouching import met_here, shelf_of
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer

_ALARMING = frozenset({"E-WITHHELD", "E-SPLIT", "E-GAP", "E-CHAIN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedLog:
    """How far a log is vouched for by its writer and by witnesses.

    Attributes:
        writer: Whose log it is.
        name: His name.
        count: How many of its events are here.
        size: How many its writer vouches for, 0 if he has vouched for none that are here.
        cosigned: Names of witnesses, with the time each claims in microseconds.
    """

    writer: str
    name: str
    count: int
    size: int
    cosigned: tuple[tuple[str, int], ...]


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
        event = self._at.sign("witness.snapshot", {"heads": heads}, ask=ask)
        self._cosign(snapshot, ask)
        return event

    def vouched(self) -> tuple[VouchedLog, ...]:
        """Returns how far each log is vouched for, by name.

        Raises:
            Refused: ``E-TEAM`` without a team.
        """
        snapshot = self._at.snapshot()
        latest, chains = snapshot.latest, snapshot.chains.by_writer
        words, keys = agreed(snapshot, met_here(self._at)), witness_keys(snapshot)
        found = []
        for writer in sorted(chains, key=lambda writer: (latest.name_of(writer), writer)):
            word = words.get(writer)
            seen = word.witnesses(keys) if word else {}
            found.append(
                VouchedLog(
                    writer=writer,
                    name=latest.name_of(writer),
                    count=len(chains[writer]),
                    size=word.checkpoint.size if word else 0,
                    cosigned=tuple(
                        (latest.name_of(each), stamp * MICROSECONDS)
                        for each, stamp in sorted(seen.items())
                    ),
                )
            )
        return tuple(found)

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

    def _cosign(self, snapshot: Snapshot, ask: SecretsHandler | None) -> None:
        """Cosigns the longest checkpoint of each other log over events that are here."""
        pair, shelf = self._at.keys(ask=ask), shelf_of(self._at)
        now_s = self._at.clock.now_us() // MICROSECONDS
        for writer, one in agreed(snapshot, met_here(self._at)).items():
            if writer != pair.writer:
                shelf.put(one.cosigned(Ed25519Signer(pair), pair.ed25519_pub, now_s))

    def _check_right(self, snapshot: Snapshot) -> None:
        writer = self._at.require_card().writer
        seq = len(snapshot.chains.by_writer.get(writer, ())) + 1
        if denial(snapshot.latest, writer, seq, "witness", id_at=snapshot.chains.id_at):
            raise Refused(
                "E-CAP",
                "You may not do this: the right to witness is missing",
                "Ask an admin for the role of an auditor: strongroom people grant PERSON auditor.",
            )
