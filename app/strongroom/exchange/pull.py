# SPDX-License-Identifier: Apache-2.0
"""Pull: what a remote holds comes through the one gate, into the ledger and the store.

* Read, admit, fetch content; what is refused goes to quarantine and stops nothing else.
* Pulling twice is pulling once. Whatever a remote shows, nothing here regresses.
* A dry run says the same and writes nothing at all.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from strongroom.domain.changes import Changes
from strongroom.domain.errors import Untrusted
from strongroom.domain.newer_format import NewerFormat
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.registry import RegistryState
from strongroom.exchange.arrivals import Arrived, Desk, Listing, list_remote, read_arrivals
from strongroom.exchange.fetch import Fetched, fetch_content
from strongroom.exchange.items import Findings, items
from strongroom.exchange.local import LocalSide
from strongroom.exchange.marks import Marks
from strongroom.exchange.outcome import Counts, Outcome, Trouble
from strongroom.exchange.remote import Remote
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.store.ledger import Intake
from strongroom.store.segments import log_folder
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.trust_chain import build_chain
from strongroom.trust.trustdoc import SignedTrust, read_trust
from strongroom.trust.verifier import Admitted

LASTING = frozenset({"E-WITHHELD"})
"""Alarms that are told at every pull while they hold; the others once, when they arise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A pull's outcome, the marks after it, and which files of the remote are damaged.

    What did not hold when it was last read, and was not read now, counts as damaged still.
    """

    outcome: Outcome
    marks: Marks
    damaged: tuple[str, ...]


def check_team(here: LocalSide, remote: Remote) -> None:
    """Refuses a remote of another team before anything else of it is read.

    Raises:
        Untrusted: ``E-TEAM``.
    """
    if remote.team != here.ledger.team:
        raise Untrusted(
            "E-TEAM",
            f"{remote.location} belongs to another team ({remote.team[:4]} {remote.team[4:8]})",
            "Nothing was exchanged. A store has one team; use another store for another team.",
        )


def pull(
    here: LocalSide,
    remote: Remote,
    *,
    origin: str,
    marks: Marks,
    is_dry: bool = False,
    is_reading: bool = False,
    suspects: Collection[str] = (),
    left_out: Collection[str] = (),
    selection: Selection = EVERYTHING,
    progress: Progress | None = None,
) -> Pulled:
    """Takes in everything admissible that a remote holds, and the content that was chosen.

    Args:
        here: Our side.
        remote: The other side.
        origin: The name under which refusals are noted.
        marks: What this remote has shown before.
        is_dry: Say what would happen and write nothing.
        is_reading: A dry run reads every object it would copy, so that damage is known before.
        suspects: Files of the remote that did not hold when they were last read.
        left_out: Digests of manifests whose content the source does not bring, on purpose.
        selection: Whose files are copied; events, trust documents and manifests always are.
        progress: Hears how far it is; may cancel between two pieces.

    Raises:
        Untrusted: ``E-TEAM``.
        EnvironmentFault: ``E-SHARE``, ``E-FULL``, ``E-STORE``; what was finished stays.
        Cancelled: What was finished stays.
    """
    check_team(here, remote)
    desk = Desk(
        here=here, remote=remote, origin=origin, is_dry=is_dry, progress=progress or Silent(),
        is_reading=is_reading, suspects=frozenset(suspects), left_out=frozenset(left_out),
    )  # fmt: skip
    before = here.ledger.refresh()
    listing = list_remote(desk)
    alarms = list(marks.alarms(listing.trust, listing.logs, listing.flooded))
    intake, after = _admit(desk, listing, before)
    if not is_dry and any(alarm.code == "E-WITHHELD" for alarm in after.alarms):
        # Somebody may have pushed between two of our listings: look once more before alarming.
        same, listing = (desk.same, desk.same_bytes), list_remote(desk)
        again, after = _admit(desk, listing, after)
        (desk.same, desk.same_bytes), intake = same, _both(intake, again)
    alarms += _own_log_alarms(here.writer, intake)
    alarms += _new_alarms(before, after)
    fetched = fetch_content(desk, after, selection)
    desk.note_gone()
    desk.rejected += alarms
    found = Findings(listing=listing, intake=intake, fetched=fetched, desk=desk, after=after)
    outcome = Outcome(
        remote=origin,
        is_dry=is_dry,
        pulled=_counts(intake, after) + fetched.counts,
        same=desk.same,
        same_bytes=desk.same_bytes,
        left_out=fetched.left_out,
        waiting=tuple(dict.fromkeys(desk.waiting)),
        rejected=tuple(dict.fromkeys(desk.rejected)),
        conflicts=(*fetched.conflicts, *_conflicts(before, after)),
        items=tuple(items(found)),
        changes=_changes(intake, fetched, desk),
    )
    return Pulled(
        outcome=outcome,
        marks=marks.raised(listing.trust, listing.logs, after),
        damaged=tuple(sorted({*desk.damaged, *(desk.suspects - desk.sound)})),
    )


def _admit(desk: Desk, listing: Listing, before: Snapshot) -> tuple[Intake, Snapshot]:
    arrived = read_arrivals(desk, listing, before)
    intake = desk.here.ledger.take(arrived.trust, arrived.lines, is_dry=desk.is_dry)
    for raw, error in intake.rejected:
        desk.refuse(error, arrived.paths.get(raw, "log"), raw)
    for item in intake.waiting:
        desk.wait(item.code, f"{log_folder(item.writer)}/{item.seq}", item.reason)
    _wait_for_trust(desk, arrived, intake)
    if desk.is_dry:
        return intake, _imagined(before, arrived, intake, desk.here.ledger.team)
    return intake, desk.here.ledger.snapshot


def _wait_for_trust(desk: Desk, arrived: Arrived, intake: Intake) -> None:
    """Notes trust documents that were neither kept nor refused.

    What they follow is missing, or a newer Strongroom wrote them.
    """
    refused = {raw for raw, _ in intake.rejected}
    for raw in arrived.trust:
        try:
            signed = None if raw in refused else read_trust(raw)
        except NewerFormat as error:
            desk.wait(error.code, arrived.paths[raw], error.title, len(raw))
            continue
        if signed is not None and signed.document.version not in intake.trust:
            detail = "A trust document before it has not arrived"
            desk.wait("E-TRUST-GAP", arrived.paths[raw], detail)


def _imagined(before: Snapshot, arrived: Arrived, intake: Intake, team: str) -> Snapshot:
    """Returns the snapshot a real pull would give."""
    trust = list(before.trust.versions)
    trust += [signed for raw in arrived.trust if (signed := _readable(raw)) is not None]
    raw_of = {}
    for raw in arrived.lines:
        with suppress(Untrusted):
            raw_of[envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES).payload_id] = raw
    events = dict(before.events)
    for event in intake.events:
        place = (event.writer, event.seq)
        events[place] = (*events.get(place, ()), Admitted(event=event, raw=raw_of[event.id]))
    return Snapshot(trust=build_chain(trust, team), events=events)


def _readable(raw: bytes) -> SignedTrust | None:
    try:
        return read_trust(raw)
    except Untrusted:
        return None


def _both(first: Intake, second: Intake) -> Intake:
    return replace(
        second,
        trust=(*first.trust, *second.trust),
        events=(*first.events, *second.events),
        rejected=(*first.rejected, *second.rejected),
    )


def _own_log_alarms(writer: str, intake: Intake) -> list[Trouble]:
    """Returns an alarm if the remote knew events of ours that this workstation did not.

    A restored backup or a copied machine looks so. They are taken in, so that numbers go on
    behind them; but who knows what else was signed there.
    """
    mine = [event.seq for event in intake.events if event.writer == writer]
    if not mine:
        return []
    detail = (
        f"The remote holds events of this workstation (from {min(mine)}) that it had lost or never"
        " signed: was it restored or copied? This key signs nothing more here"
    )
    return [Trouble(code="E-ROLLBACK", path=log_folder(writer), detail=detail)]


def _new_alarms(before: Snapshot, after: Snapshot) -> Iterator[Trouble]:
    known = set(before.alarms)
    for alarm in after.alarms:
        if alarm.code in {"E-GAP", "E-TRUST-GAP"}:
            continue  # waiting says it already
        if alarm.code in LASTING or alarm not in known:
            is_trust = alarm.object.startswith("trust/")
            path = alarm.object if is_trust else _log_path(alarm.object)
            yield Trouble(code=alarm.code, path=path, detail=alarm.detail)


def _log_path(object_: str) -> str:
    writer, _, seq = object_.partition("/")
    return f"{log_folder(writer)}/{seq}" if seq else log_folder(writer)


def _counts(intake: Intake, after: Snapshot) -> Counts:
    new = {event.id for event in intake.events}
    size = sum(len(after.raw[id_]) for id_ in new)
    size += sum(
        len(signed.envelope.raw)
        for signed in after.trust.versions
        if signed.document.version in intake.trust
    )
    return Counts(trust=len(intake.trust), events=len(new), bytes=size)


def _state(snapshot: Snapshot) -> RegistryState | None:
    return snapshot.state if snapshot.trust.latest is not None else None


def _conflicts(before: Snapshot, after: Snapshot) -> Iterator[Trouble]:
    """Yields moves that contradict each other since this pull; a person resolves them."""
    known, now = _state(before), _state(after)
    if now is None:
        return
    old = {group for model in (known.models.values() if known else ()) for group in model.conflicts}
    for model in now.models.values():
        for group in model.conflicts:
            if group not in old:
                detail = f"{len(group)} changes of {model.name} contradict each other"
                yield Trouble(code="E-CONFLICT", path=f"{model.name}/{group[0]}", detail=detail)


def _changes(intake: Intake, fetched: Fetched, desk: Desk) -> Changes:
    if desk.is_dry:
        return Changes()
    bodies = [event.body for event in intake.events]
    requests = {
        str(event.body.get("request") or event.id)
        for event in intake.events
        if event.type.startswith("stage.")
    }
    content = {
        str(bundle.event.body["model"])
        for bundle in fetched.bundles
        if bundle.result == "new" and "model" in bundle.event.body
    }
    return Changes(
        runs=frozenset(fetched.runs),
        models=frozenset({str(body["model"]) for body in bodies if "model" in body} | content),
        requests=frozenset(requests),
        events=frozenset(event.id for event in intake.events),
        quarantined=frozenset(each.item for each in desk.rejected if each.item),
        is_team=bool(intake.trust),
    )
