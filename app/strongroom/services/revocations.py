# SPDX-License-Identifier: Apache-2.0
"""What a revocation changes, before anybody signs it.

* The registry is folded as it is and as it would be, by the same functions as ever: what is shown
  is what happens.
* A key that was compromised may be cut back to the last event that is believed; everything after it
  is listed, because it loses its effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from strongroom.domain.duties import cannot_be_met
from strongroom.domain.errors import BadInput
from strongroom.domain.event import Event
from strongroom.domain.projection import fold
from strongroom.domain.registry import RegistryState
from strongroom.domain.team import Head, TrustDocument
from strongroom.domain.team_changes import TeamChange, team_changes
from strongroom.domain.team_edits import COMPROMISED, end_rights, writers_of
from strongroom.services.audit import object_of
from strongroom.services.trust_changes import TrustChanges
from strongroom.services.workstation import Workstation
from strongroom.store.own_event import forked
from strongroom.store.snapshot import Snapshot
from strongroom.trust.trustdoc import demands

NOTHING = "none"
"""Named in place of an event: nothing the key ever signed is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingKey:
    """One key that ends: up to which event it is believed, of how many that are here."""

    writer: str
    name: str
    host: str
    cut: int
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEvent:
    """An event that loses its effect."""

    id: str
    writer: str
    seq: int
    time: str
    type: str
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRequest:
    """A request that becomes something else: statuses before and after."""

    id: str
    model: str
    version: int
    to_stage: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedStage:
    """A version that leaves its stage, or vanishes from the registry (``after`` is "")."""

    model: str
    version: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPreview:
    """What a revocation comes to.

    Attributes:
        keys: The keys that end.
        team: What changes in the trust document, in words.
        lost: Events that lose their effect, oldest first.
        requests: Requests that become something else.
        stages: Versions that leave their stage.
        stuck: Pattern and stage of policies that nobody could meet any more.
        missing: How many more signatures it needs than this workstation has.
        wanted: Names of those who could give them.
    """

    keys: tuple[EndingKey, ...]
    team: tuple[TeamChange, ...]
    lost: tuple[LostEvent, ...]
    requests: tuple[ChangedRequest, ...]
    stages: tuple[ChangedStage, ...]
    stuck: tuple[tuple[str, str], ...]
    missing: int
    wanted: tuple[str, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that was decided changes, and nothing becomes impossible."""
        return not (self.lost or self.requests or self.stages or self.stuck)


class Revocations:
    """Looks ahead at ``strongroom people revoke``."""

    def __init__(self, workstation: Workstation, changes: TrustChanges) -> None:
        self._at, self._changes = workstation, changes

    def preview(
        self, person: str, *, reason: str = "left", last_good: Sequence[str] = ()
    ) -> RevocationPreview:
        """Returns what ending every right of a person, or of one key, comes to.

        Args:
            person: An id, a unique name, or a key.
            reason: Why; see `domain.team_edits.REASONS`.
            last_good: For a compromised key the last event to believe, by id or its beginning, or
                `NOTHING`; what has been seen if left out.

        Raises:
            BadInput: ``E-NAME``, ``E-REASON``, ``E-ROLE``, ``E-EVENT``.
            Untrusted: ``E-TRUST-FORK`` while two trust documents contend.
        """
        snapshot = self._at.snapshot()
        if snapshot.trust.forked:
            raise forked(snapshot.trust)
        before = snapshot.latest
        writers = writers_of(before, person)
        cuts = cuts_of(snapshot, writers, reason, last_good)
        after = end_rights(self._changes.opened(before), writers, reason, cuts=cuts)
        was = snapshot.state
        trust = (*snapshot.trust.documents, replace(after, id="-"))
        now = fold(trust, snapshot.chains, snapshot.trust.aside)
        asked = demands(before, after)
        here = self._changes.ring.here(asked, frozenset())
        wanted = {k for d in asked if d.missing(here) for k in d.keys} - here
        return RevocationPreview(
            keys=tuple(_ending(after, writer) for writer in writers),
            team=team_changes(before, after),
            lost=_lost(snapshot, was, now),
            requests=_requests(was, now),
            stages=_stages(was, now),
            stuck=tuple(sorted(set(cannot_be_met(after)) - set(cannot_be_met(before)))),
            missing=max(demand.missing(here) for demand in asked),
            wanted=tuple(sorted(_label(before, keyid) for keyid in wanted)),
        )


def cuts_of(
    snapshot: Snapshot, writers: Sequence[str], reason: str, last_good: Sequence[str]
) -> dict[str, Head]:
    """Returns the cut of each key for which somebody named the last event to believe.

    Raises:
        BadInput: ``E-EVENT`` if an event is none of these keys'; ``E-REASON`` if a cut into the
            past is asked for another reason than ``compromised``.
    """
    if not last_good:
        return {}
    if reason != COMPROMISED:
        raise BadInput(
            "E-REASON",
            "Only a compromised key can be cut back to an earlier event",
            f"Say --reason {COMPROMISED}, or leave the event out.",
        )
    cuts: dict[str, Head] = {}
    for named in last_good:
        if named == NOTHING:
            cuts.update({writer: (0, "") for writer in writers if writer not in cuts})
            continue
        event = _event(snapshot, writers, named)
        cuts[event.writer] = (event.seq, event.id)
    return cuts


def _event(snapshot: Snapshot, writers: Sequence[str], named: str) -> Event:
    found = [
        event
        for writer in writers
        for event in snapshot.chains.by_writer.get(writer, ())
        if named and event.id.startswith(named.lower())
    ]
    if len(found) != 1:
        raise BadInput(
            "E-EVENT",
            f"{named} is " + ("several events" if found else "no event") + " of this person",
            "strongroom audit log --json has their ids.",
        )
    return found[0]


def _ending(after: TrustDocument, writer: str) -> EndingKey:
    member = after.members[writer]
    seen = after.heads.get(writer, (0, ""))[0]
    cuts = [grant.cut[0] for grant in member.grants if grant.cut]
    return EndingKey(
        writer=writer,
        name=after.name_of(writer),
        host=member.host,
        cut=max(cuts, default=seen),
        seen=seen,
    )


def _lost(snapshot: Snapshot, was: RegistryState, now: RegistryState) -> tuple[LostEvent, ...]:
    fresh = [
        event
        for id_ in now.refusals.keys() - was.refusals.keys()
        if (event := snapshot.chains.get(id_)) is not None
    ]
    return tuple(
        LostEvent(
            id=event.id,
            writer=event.writer,
            seq=event.seq,
            time=event.time,
            type=event.type,
            object=object_of(event),
        )
        for event in sorted(fresh, key=lambda event: (event.time, event.writer, event.seq))
    )


def _requests(was: RegistryState, now: RegistryState) -> tuple[ChangedRequest, ...]:
    found = []
    for id_, request in was.requests.items():
        after = now.requests.get(id_)
        status = after.status.value if after else "invalid"
        if status != request.status.value:
            found.append(
                ChangedRequest(
                    id=id_,
                    model=request.key[0],
                    version=request.key[1],
                    to_stage=request.to_stage,
                    before=request.status.value,
                    after=status,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.model, each.version, each.id)))


def _stages(was: RegistryState, now: RegistryState) -> tuple[ChangedStage, ...]:
    found = []
    for model in was.models.values():
        for version in model.versions:
            after = now.version(version.key)
            stage = after.stage if after else ""
            if stage != version.stage:
                found.append(
                    ChangedStage(
                        model=model.name,
                        version=version.version,
                        before=version.stage,
                        after=stage,
                    )
                )
    return tuple(found)


def _label(document: TrustDocument, keyid: str) -> str:
    root = document.root_keys.get(keyid)
    return root.label if root else document.name_of(keyid)
