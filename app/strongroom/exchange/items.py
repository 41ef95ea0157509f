# SPDX-License-Identifier: Apache-2.0
"""A line for each thing a source holds, and what became of it or would.

* Exactly what the source holds: new, the same, waiting, in conflict, rejected. What only this
  store holds is no item of a source.
* Content goes by the name of the version or run it belongs to, never by a path alone.
* An admitted event whose content was refused is an item of its own: it is here and it waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.domain.event import Event
from strongroom.exchange.arrivals import Desk, Listing
from strongroom.exchange.bundles import Bundle
from strongroom.exchange.fetch import Fetched
from strongroom.exchange.outcome import Item, Kind, Result, Trouble
from strongroom.store.ledger import Intake
from strongroom.store.segments import parse_segment
from strongroom.store.snapshot import Snapshot

_KINDS: dict[str, Kind] = {"log": "event", "trust": "trust", "run": "run"}
_CONTENT = frozenset({"obj", "man"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one pull found: the remote's listing, what was admitted, fetched and sorted out."""

    listing: Listing
    intake: Intake
    fetched: Fetched
    desk: Desk
    after: Snapshot


def items(found: Findings) -> Iterator[Item]:
    """Yields trust documents, bundles, other events, and what did not come in."""
    yield from _trust(found)
    told: set[str] = set()
    for bundle in found.fetched.bundles:
        if bundle.is_listed:
            told.add(bundle.event.id)
            yield from _bundle(found, bundle)
    yield from _events(found, told)
    yield from _troubles(found)


def _trust(found: Findings) -> Iterator[Item]:
    desk = found.desk
    elsewhere = {each.path for each in (*desk.rejected, *desk.waiting)}
    for file in found.listing.trust:
        if file.path not in elsewhere:
            yield Item(
                kind="trust",
                key=f"trust/{file.version}",
                title=f"Trust version {file.version}",
                result="new" if file.version in found.intake.trust else "same",
                size_bytes=file.size,
            )


def bundle_item(after: Snapshot, bundle: Bundle) -> Item:
    """Returns the line of a version or a run.

    Args:
        after: What is known of people.
        bundle: It, with what became of its content.
    """
    event = bundle.event
    title = event.subject_name
    if bundle.is_run:
        title = f"{event.body['experiment']}: {event.body['name']}"
    return Item(
        kind="run" if bundle.is_run else "version",
        key=str(event.body["run"]) if bundle.is_run else event.id,
        title=title,
        result=bundle.result,
        size_bytes=bundle.manifest.total_bytes if bundle.manifest else 0,
        signer=_signer(after, event.writer),
        code=bundle.code,
        detail=bundle.detail,
    )


def event_item(
    after: Snapshot, event: Event, result: Result, *, code: str = "", detail: str = ""
) -> Item:
    """Returns the line of an event that is not the story of any content."""
    return Item(
        kind="event",
        key=event.id,
        title=f"{event.type} {_subject(event)}".strip(),
        result=result,
        size_bytes=len(after.raw[event.id]),
        signer=_signer(after, event.writer),
        code=code,
        detail=detail,
    )


def _bundle(found: Findings, bundle: Bundle) -> Iterator[Item]:
    yield bundle_item(found.after, bundle)
    if bundle.result == "rejected":
        detail = (
            f"The event itself holds; its content was refused ({bundle.code}) and is waited for"
        )
        yield event_item(found.after, bundle.event, "waiting", code="E-MISSING", detail=detail)


def _events(found: Findings, told: set[str]) -> Iterator[Item]:
    """Yields every event the source shows that no bundle told of, oldest first by writer."""
    new = {event.id for event in found.intake.events}
    state = found.after.state if found.after.trust.latest is not None else None
    for _, here in sorted(found.after.events.items()):
        for admitted in here:
            event = admitted.event
            if event.id in told or admitted.raw not in found.desk.offered:
                continue
            if event.id not in new:
                yield event_item(found.after, event, "same")
                continue
            code = state.refusals.get(event.id, "") if state else ""
            detail = "It is kept as evidence and changes nothing" if code else ""
            yield event_item(found.after, event, "new", code=code, detail=detail)


def _subject(event: Event) -> str:
    if event.type == "run.finish":
        return str(event.body.get("name", ""))  # one that is not well formed is an item too
    head, _, tail = event.subject_name.rpartition("/")
    if event.subject_name == f"run/{tail}":
        return f"run {tail[:8]}"
    return f"{head} v{tail}" if head else "" if tail == "team" else tail


def _troubles(found: Findings) -> Iterator[Item]:
    told = {
        f"run/{bundle.event.body['run']}"
        for bundle in found.fetched.bundles
        if bundle.result == "rejected" and bundle.is_run
    }
    for each in dict.fromkeys(found.desk.rejected):
        if each.path not in told:
            yield _trouble(found, each, "rejected")
    for each in dict.fromkeys(found.desk.waiting):
        if each.path.partition("/")[0] not in _CONTENT:  # its version or run says that it waits
            yield _trouble(found, each, "waiting")


def _trouble(found: Findings, each: Trouble, result: Result) -> Item:
    writer = each.path.split("/")[2] if each.path.count("/") >= 2 else ""
    is_log = each.path.startswith("log/")
    return Item(
        kind=_KINDS.get(each.path.partition("/")[0], "object"),
        key=each.item or f"{each.code} {each.path}",
        title=found.fetched.titles.get(each.path) or _titled(found.after, each.path),
        result=result,
        size_bytes=each.size_bytes,
        signer=_signer(found.after, writer) if is_log else "",
        code=each.code,
        detail=each.detail,
    )


def _titled(after: Snapshot, path: str) -> str:
    """Returns ``Log of Ada, events 1 to 5`` or ``Trust version 3`` for a path of the layout."""
    kind, *parts = path.split("/")
    if kind == "trust" and parts:
        version = parts[0].partition(".")[0]
        return f"Trust version {int(version)}" if version.isdecimal() else path
    if kind != "log" or len(parts) < 2:
        return path
    writer, name = parts[1], parts[2] if len(parts) > 2 else ""
    who = _name(after, writer)
    file = parse_segment(writer, name, 0)
    if file is not None:
        return f"Log of {who}, events {file.first} to {file.last}"
    return f"Event {name} of {who}" if name else f"Log of {who}"


def _name(after: Snapshot, writer: str) -> str:
    known = after.trust.latest
    return known.name_of(writer) if known else f"unknown key {writer[:4]} {writer[4:8]}"


def _signer(after: Snapshot, writer: str) -> str:
    """Returns the name of a member, "" for a stranger."""
    known = after.trust.latest
    return known.name_of(writer) if known and writer in known.members else ""
