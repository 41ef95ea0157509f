# SPDX-License-Identifier: Apache-2.0
"""What a one-file bundle says of itself, in words a person knows."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted
from strongroom.exchange.onefile_reader import OneFile
from strongroom.trust import envelope
from strongroom.trust.trust_chain import TrustChain

MAX_THINGS = 500  # named of a bundle that is looked at: each is a file to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFacts:
    """What a bundle says of itself, after its signature was found right."""

    id: str
    path: str
    title: str
    kind: str
    maker: str
    host: str
    made_at_us: int
    is_sealed: bool
    to: tuple[str, ...]
    base: str
    content_bytes: int
    file_count: int
    things: tuple[str, ...]
    """The runs and versions whose content it brings, as people call them."""


def facts_of(bundle: OneFile, trust: TrustChain) -> BundleFacts:
    """Returns the facts of a bundle whose maker was found right under that chain."""
    index = bundle.index
    latest = trust.latest
    member = latest.members.get(index.writer) if latest else None
    named = sorted({latest.name_of(writer) for writer in index.to}) if latest else []
    return BundleFacts(
        id=bundle.id,
        path=str(bundle.path),
        title=index.title,
        kind=index.kind,
        maker=latest.name_of(index.writer) if latest else "",
        host=member.host if member else "",
        made_at_us=from_iso(index.created),
        is_sealed=bundle.is_sealed,
        to=tuple(named),
        base=index.base,
        content_bytes=index.content_bytes,
        file_count=len(index.files),
        things=_things(bundle),
    )


def _things(bundle: OneFile) -> tuple[str, ...]:
    """Returns the subjects of the manifests a bundle brings, the first of very many."""
    found = []
    for digest, _ in islice(bundle.manifests(), MAX_THINGS):
        with suppress(Untrusted, KeyError, TypeError, IndexError):
            raw = bundle.read_manifest(digest)
            parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
            found.append(str(parsed.document["subject"][0]["name"]))
    return tuple(sorted(found))
