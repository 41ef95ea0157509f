# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in content of this store, whatever its size, and remembers what was seen.

* Text is read in pieces; only lines that hold an anchor of a rule are looked at closely.
* Content under a digest never changes, so it is read once for each set of rules.
* What is no text is not read: a model's weights, an archive, a picture. The manual says so.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import Untrusted
from strongroom.domain.secret import MAX_SEEN, SecretHit, anchors, hits_in_document, hits_in_text
from strongroom.domain.secret_rules import BY_ID
from strongroom.store.content import Content

MAX_FACTS = 4 << 20  # bytes of a run's own two documents; larger ones are read as text
MAX_MEMORY = 32 << 20  # bytes of remembered answers; beyond that the memory starts anew
SNIFF = 8_192  # bytes that tell text from everything else
AROUND = 4_096  # bytes looked at on each side of an anchor in a long line
_PLACES = {"params": "param", "tags": "tag", "source": "captured"}
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class SecretScan:
    """The scan of one store.

    Args:
        content: Gives bytes by digest.
        cache: The store's cache folder; what lies there can be deleted.
    """

    def __init__(self, content: Content, cache: Path) -> None:
        self._content = content
        self._path = cache / f"secrets-{_rules_digest()}.json"
        self._known: dict[str, list[list[str]]] | None = None
        self._is_changed = False

    def of(self, sha256: str, *, run: str = "") -> tuple[SecretHit, ...]:
        """Returns what seems to be a secret in the content of a digest.

        Args:
            sha256: The digest; content that is not here or damaged holds nothing that could leave.
            run: A run whose own documents may be meant.
        """
        known = self._read()
        if sha256 not in known:
            try:
                hits = tuple(_hits(self._content.pieces(sha256, run=run)))
            except Untrusted:
                return ()
            known[sha256] = [[hit.place, hit.rule.id, hit.hint] for hit in hits]
            self._is_changed = True
        return tuple(
            SecretHit(place=place, rule=BY_ID[rule], hint=hint)
            for place, rule, hint in known[sha256]
        )

    def remember(self) -> None:
        """Writes down what was seen, so that it is not read again."""
        if not self._is_changed or self._known is None:
            return
        data = json.dumps(self._known, separators=(",", ":")).encode()
        if len(data) <= MAX_MEMORY:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, data, mode=PRIVATE)
        self._is_changed = False

    def _read(self) -> dict[str, list[list[str]]]:
        if self._known is None:
            self._known = _remembered(self._path)
        return self._known


def _remembered(path: Path) -> dict[str, list[list[str]]]:
    try:
        document = decode_loose(path.read_bytes(), max_bytes=MAX_MEMORY)
    except (OSError, Untrusted):
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: hits for key, hits in document.items() if _is_sound(hits)}


def _is_sound(hits: JsonValue) -> bool:
    return isinstance(hits, list) and all(
        isinstance(hit, list)
        and len(hit) == 3
        and all(isinstance(text, str) for text in hit)
        and hit[1] in BY_ID
        for hit in hits
    )


def _hits(pieces: Iterable[bytes]) -> Iterator[SecretHit]:
    stream = iter(pieces)
    head = next(stream, b"")
    while len(head) < SNIFF and (more := next(stream, b"")):
        head += more
    if head.startswith(b"{"):
        document, head, stream = _facts(head, stream)
        if document is not None:
            yield from _bounded(_facts_hits(document))
            return
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "")
    if encoding:
        whole = b"".join([head, *stream]).decode(encoding, "replace")
        yield from _bounded(hits_in_text(whole))
    elif b"\0" not in head[:SNIFF]:
        yield from _bounded(_text_hits(head, stream))


def _bounded(hits: Iterable[SecretHit]) -> Iterator[SecretHit]:
    """Yields each hit once, up to the most that anybody reads."""
    seen: set[tuple[str, str]] = set()
    for hit in hits:
        if (hit.place, hit.rule.id) not in seen:
            seen.add((hit.place, hit.rule.id))
            yield hit
        if len(seen) >= MAX_SEEN:
            return


def _facts(
    head: bytes, stream: Iterator[bytes]
) -> tuple[dict[str, JsonValue] | None, bytes, Iterator[bytes]]:
    """Returns a run's own document if the bytes are one, and the bytes to read again if not."""
    if b'"run_id"' not in head[:SNIFF] and b'"artifacts"' not in head[:SNIFF]:
        return None, head, stream
    for piece in stream:
        head += piece
        if len(head) > MAX_FACTS:
            return None, head, stream
    try:
        document = decode_loose(head, max_bytes=MAX_FACTS)
    except Untrusted:
        document = None
    is_ours = isinstance(document, dict) and {"format", "run_id"} <= set(document)
    return (document if is_ours else None), head, iter(())


def _facts_hits(document: dict[str, JsonValue]) -> Iterator[SecretHit]:
    for key, value in document.items():
        if key in _PLACES and isinstance(value, dict):
            for name, inner in value.items():
                place = f"{_PLACES[key]} {name}"
                yield from hits_in_document(inner, place, name=name)
        else:
            yield from hits_in_document(value, key, name=key)


def _text_hits(head: bytes, stream: Iterator[bytes]) -> Iterator[SecretHit]:
    line, rest = 1, b""
    for piece in _chain(head, stream):
        chunk = rest + piece
        end = chunk.rfind(b"\n") + 1
        if end == 0 and len(chunk) <= (1 << 22):
            rest = chunk
            continue
        # A line without an end is cut where nothing that fits into one key is torn.
        cut = end or len(chunk) - AROUND
        yield from _chunk_hits(chunk[:cut], line)
        line += chunk.count(b"\n", 0, cut)
        rest = chunk[cut - (0 if end else AROUND) :]
    yield from _chunk_hits(rest, line)


def _chain(head: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from stream


def _chunk_hits(chunk: bytes, first_line: int) -> Iterator[SecretHit]:
    """Looks closely at the lines of a chunk in which an anchor stands."""
    windows = sorted(_windows(chunk, chunk.lower()))
    counted, line, done = 0, first_line, 0
    for start, end in windows:
        if end <= done:
            continue
        start = max(start, done)  # noqa: PLW2901 - windows of neighbours overlap
        line += chunk.count(b"\n", counted, start)
        counted, done = start, end
        yield from hits_in_text(chunk[start:end].decode("utf-8", "replace"), first_line=line)


def _windows(chunk: bytes, lowered: bytes) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for anchor in anchors():
        at = lowered.find(anchor)
        while at >= 0:
            start = max(chunk.rfind(b"\n", 0, at) + 1, at - AROUND)
            stop = chunk.find(b"\n", at)
            end = min(len(chunk) if stop < 0 else stop, at + AROUND)
            found.add((start, end))
            at = lowered.find(anchor, max(end, at + 1))
    return found


@functools.cache
def _rules_digest() -> str:
    """Returns a name for the rules: other rules look at everything again."""
    told = "\n".join(f"{rule.id} {rule.pattern.pattern}" for rule in BY_ID.values())
    return hashlib.sha256(told.encode()).hexdigest()[:12]
