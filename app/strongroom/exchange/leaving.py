# SPDX-License-Identifier: Apache-2.0
"""What is about to leave this store, looked through for secrets before a byte is copied.

* One check for every way out: a push, a bundle, a package. Each names the digests and events it
  would carry; a suspicion that nobody let through on record stops all of it.
* An override is a signed event of anybody who may log; it holds wherever the content goes.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from strongroom.domain.bundle import Manifest, parse_manifest
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event, is_well_formed
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.secret import OverrideKey, SecretFinding, SecretsFound, certain_hits, grouped
from strongroom.exchange.local import LocalSide, content_events, thing_name
from strongroom.store.secret_scan import SecretScan
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope

OVERRIDE = "secret.override"


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
    allowed = {
        key: snapshot.latest.name_of(event.writer) for key, event in overrides(snapshot).items()
    }
    found = [*_in_events(events)]
    if digests:
        signed = ((thing_name(event), manifest) for event, manifest in manifests(here, snapshot))
        listed = itertools.chain(signed, unsigned)
        found += _in_content(here, listed, frozenset(digests), progress or Silent())
    return tuple(
        replace(finding, allowed_by=allowed.get(finding.key, "") if finding.is_allowable else "")
        for finding in dict.fromkeys(found)
    )


def stop_at_secrets(found: Iterable[SecretFinding], where: str) -> None:
    """Refuses if a suspicion was not let through.

    Raises:
        SecretsFound: ``E-SECRET``.
    """
    standing = tuple(finding for finding in found if not finding.allowed_by)
    if standing:
        raise SecretsFound(standing, where)


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
        for hit in grouped(certain_hits(dict(event.body))):
            yield SecretFinding(
                object=event.id,
                owner=f"event {event.seq}",
                path=event.type,
                place=hit.place,
                rule=hit.rule.id,
                title=hit.rule.title,
                hint=hit.hint,
            )


def _in_content(
    here: LocalSide,
    listed: Iterable[tuple[str, Manifest]],
    digests: frozenset[str],
    progress: Progress,
) -> Iterator[SecretFinding]:
    scan = SecretScan(here.content, here.folder.cache)
    looked: set[str] = set()
    try:
        for owner, manifest in listed:
            for file in manifest.files:
                if file.sha256 not in digests or file.sha256 in looked:
                    continue
                looked.add(file.sha256)
                progress.step(len(looked), len(digests), f"Looking for secrets in {file.path}")
                for hit in scan.of(file.sha256, run=manifest.run):
                    yield SecretFinding(
                        object=file.sha256,
                        owner=owner,
                        path=file.path,
                        place=hit.place,
                        rule=hit.rule.id,
                        title=hit.rule.title,
                        hint=hit.hint,
                    )
    finally:
        scan.remember()
