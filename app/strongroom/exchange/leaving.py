# SPDX-License-Identifier: Apache-2.0
"""What is about to leave this store, looked through for secrets before a byte is copied.

* One check for every way out: a push, a bundle, a package, and what `services.outgoing` asks for.
  Each names the digests and events it would carry; a suspicion that nobody let through on record
  stops all of it.
* An override is a signed event of anybody who may log; it holds wherever the content goes.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event, is_well_formed
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.secret import (
    OverrideKey,
    SecretFinding,
    SecretHit,
    SecretsFound,
    certain_hits,
    grouped,
)
from strongroom.exchange.local import LocalSide, content_events, thing_name
from strongroom.store.secret_scan import HasPieces, SecretScan
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope

OVERRIDE = "secret.override"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingFile:
    """A file about to leave: whose it is, its path there, its digest, the run it may lie in."""

    owner: str
    path: str
    sha256: str
    run: str = ""


def overrides(snapshot: Snapshot) -> Mapping[OverrideKey, Event]:
    """Returns what was let through, and by which event; those without a right count for nothing."""
    if snapshot.trust.latest is None:
        return {}
    refused = snapshot.state.refusals
    return {
        (str(event.body["object"]), str(event.body["place"]), str(event.body["rule"])): event
        for event in snapshot.chains.events()
        if event.type == OVERRIDE and event.id not in refused and is_well_formed(event)
    }


def suspicions(
    here: LocalSide,
    snapshot: Snapshot,
    digests: Collection[str],
    events: Iterable[Event],
    progress: Progress | None = None,
    *,
    unsigned: Iterable[tuple[str, Manifest]] = (),
) -> tuple[SecretFinding, ...]:
    """Returns everything that seems to be a secret in what would leave, let through or not.

    Args:
        here: Our side.
        snapshot: The ledger.
        digests: The content that would be copied.
        events: The events that would be copied.
        progress: Hears the files; may cancel between two.
        unsigned: Titles and files of runs that would be signed first.

    Raises:
        Cancelled: Between two files.
    """
    found = [*_in_events(events)]
    if digests:
        signed = ((thing_name(event), manifest) for event, manifest in manifests(here, snapshot))
        files = (
            LeavingFile(owner=owner, path=file.path, sha256=file.sha256, run=manifest.run)
            for owner, manifest in itertools.chain(signed, unsigned)
            for file in manifest.files
            if file.sha256 in digests
        )
        found += in_content(
            here.content, here.folder.cache, files, len(digests), progress or Silent()
        )
    return marked(found, let_through(snapshot))


def let_through(snapshot: Snapshot) -> Mapping[OverrideKey, str]:
    """Returns what was let through, each with the name of who did."""
    return {
        key: snapshot.latest.name_of(event.writer) for key, event in overrides(snapshot).items()
    }


def stop_at_secrets(found: Iterable[SecretFinding], where: str, *, has_record: bool = True) -> None:
    """Refuses if a suspicion was not let through.

    Args:
        found: The suspicions.
        where: Where they would go.
        has_record: Whether there is a log in which somebody could let them through.

    Raises:
        SecretsFound: ``E-SECRET``.
    """
    standing = tuple(finding for finding in found if not finding.allowed_by)
    if standing:
        raise SecretsFound(standing, where, has_record=has_record)


def manifests(here: LocalSide, snapshot: Snapshot) -> Iterator[tuple[Event, Manifest]]:
    """Yields the events that name content, each with its manifest if that lies here and reads."""
    for event in content_events(snapshot):
        try:
            raw = here.ledger.files.read_manifest(str(event.body["manifest"]))
            parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
            yield event, parse_manifest(parsed.document)
        except Untrusted:
            continue  # what cannot be read does not leave either


def _in_events(events: Iterable[Event]) -> Iterator[SecretFinding]:
    for event in events:
        hits = grouped(certain_hits(dict(event.body)))
        yield from findings(hits, event.id, owner=f"event {event.seq}", path=event.type)


def findings(
    hits: Iterable[SecretHit], object_: str, *, owner: str, path: str
) -> Iterator[SecretFinding]:
    """Yields hits as findings in something: its digest or id, whose it is, its path there."""
    for hit in hits:
        yield SecretFinding(
            object=object_,
            owner=owner,
            path=path,
            place=hit.place,
            rule=hit.rule.id,
            title=hit.rule.title,
            hint=hit.hint,
        )


def in_content(
    content: HasPieces, cache: Path, files: Iterable[LeavingFile], total: int, progress: Progress
) -> Iterator[SecretFinding]:
    """Yields what seems to be a secret in files, each digest read once.

    Args:
        content: Gives their bytes.
        cache: The store's cache folder, which remembers what was read.
        files: What would leave.
        total: How many that are, for the progress.
        progress: Hears the files; may cancel between two.

    Raises:
        Cancelled: Between two files.
    """
    scan = SecretScan(content, cache)
    looked: set[str] = set()
    try:
        for file in files:
            if file.sha256 in looked:
                continue
            looked.add(file.sha256)
            progress.step(len(looked), total, f"Looking for secrets in {file.path}")
            hits = scan.of(file.sha256, run=file.run)
            yield from findings(hits, file.sha256, owner=file.owner, path=file.path)
    finally:
        scan.remember()


def marked(
    found: Iterable[SecretFinding], allowed: Mapping[OverrideKey, str]
) -> tuple[SecretFinding, ...]:
    """Returns findings, each once, with who let it through."""
    return tuple(
        replace(finding, allowed_by=allowed.get(finding.key, "") if finding.is_allowable else "")
        for finding in dict.fromkeys(found)
    )
