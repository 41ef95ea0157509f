# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in content of this store, whatever its size, and remembers what was seen.

* Text is read in pieces; only lines that hold an anchor of a rule are looked at closely.
* Content under a digest never changes, so it is read once for each set of rules.
* What is no text is not read: a model's weights, an archive, a picture. The manual says so.
"""

import codecs
import functools
import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Protocol

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain.canonical import JsonValue, decode_loose
from strongroom.domain.errors import Untrusted
from strongroom.domain.secret import (
    OVERLAP,
    SecretHit,
    anchors,
    grouped,
    hits_in_document,
    hits_in_text,
)
from strongroom.domain.secret_rules import BY_ID

MAX_FACTS = 4 << 20  # bytes of a run's own two documents; larger ones are read as text
MAX_MEMORY = 32 << 20  # bytes of remembered answers; beyond that the memory starts anew
SNIFF = 8_192  # bytes that tell text from everything else
AROUND = 4_096  # bytes looked at on each side of an anchor in a long line
BLOCK = 4 << 20  # bytes looked through together, the same whatever pieces content comes in
LOGIC = 2  # counts changes of this module that find other things with equal rules
_PLACES = {"params": "param", "tags": "tag", "source": "captured"}
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # how texts of two bytes a character begin


class HasPieces(Protocol):
    """Gives the bytes of a digest, as `store.content.Content` does."""

    def pieces(self, sha256: str, *, run: str = "") -> Iterator[bytes]:
        """Yields them in pieces, the last one only after the digest held."""
        ...


class SecretScan:
    """The scan of one store.

    Args:
        content: Gives bytes by digest.
        cache: The store's cache folder; what lies there can be deleted.
    """

    def __init__(self, content: HasPieces, cache: Path) -> None:
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
                stream = iter(self._content.pieces(sha256, run=run))
                hits = _hits(stream)
                if hits is None:
                    return ()  # not remembered: its digest was not checked to the end
                deque(stream, maxlen=0)
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


def _hits(stream: Iterator[bytes]) -> tuple[SecretHit, ...] | None:
    """Returns what is found in content, None for what is no text."""
    head = next(stream, b"")
    while len(head) < SNIFF and (more := next(stream, b"")):
        head += more
    if head.startswith(b"{"):
        document, head, stream = _facts(head, stream)
        if document is not None:
            return facts_hits(document)
    whole = chain((head,), stream)
    if head.startswith(_WIDE):
        return grouped(_text_hits(_narrowed(whole)))
    return None if b"\0" in head[:SNIFF] else grouped(_text_hits(whole))


def _narrowed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yields UTF-16 as UTF-8, a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")


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


def facts_hits(document: Mapping[str, JsonValue]) -> tuple[SecretHit, ...]:
    """Returns what seems to be a secret among the facts of a run: params, tags, what was captured.

    Args:
        document: As ``run.json`` and ``sealed.json`` have them.
    """
    return grouped(_facts_hits(document))


def _facts_hits(document: Mapping[str, JsonValue]) -> Iterator[SecretHit]:
    for key, value in document.items():
        if key in _PLACES and isinstance(value, dict):
            for name, inner in value.items():
                place = f"{_PLACES[key]} {name}"
                yield from hits_in_document(inner, place, name=name)
        else:
            yield from hits_in_document(value, key, name=key)


def _text_hits(pieces: Iterable[bytes]) -> Iterator[SecretHit]:
    line, rest, seen = 1, b"", 0
    for block in _blocks(pieces):
        chunk = rest + block
        end = chunk.rfind(b"\n", seen) + 1
        if end:
            yield from _chunk_hits(chunk[:end], line, (seen, end))
            line += chunk.count(b"\n", seen, end)
            rest, seen = chunk[end:], 0
        elif len(chunk) - seen > BLOCK:
            # A line without an end: what begins before the cut is seen to its end, and what begins
            # behind it with what stands before it.
            end = _letter_start(chunk, len(chunk) - OVERLAP)
            yield from _chunk_hits(chunk, line, (seen, end))
            begin = _letter_start(chunk, end - OVERLAP)
            rest, seen = chunk[begin:], end - begin
        else:
            rest = chunk
    yield from _chunk_hits(rest, line, (seen, len(rest)))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the same bytes in blocks of one size, so that no place depends on the pieces."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK:
            whole = b"".join(held)
            for at in range(0, size - BLOCK + 1, BLOCK):
                yield whole[at : at + BLOCK]
            held = [whole[size - size % BLOCK :]]
            size %= BLOCK
    yield b"".join(held)


def _letter_start(chunk: bytes, at: int) -> int:
    """Returns where the letter begins that a byte belongs to."""
    while at > 0 and 0x80 <= chunk[at] < 0xC0:
        at -= 1
    return at


def _chunk_hits(chunk: bytes, first_line: int, own: tuple[int, int]) -> Iterator[SecretHit]:
    """Looks closely at the lines of a chunk in which an anchor stands.

    Hits begin in ``own``; the bytes before it were counted already, and hold no end of a line.
    """
    counted, line = 0, first_line
    for start, end in _windows(chunk, chunk.lower()):
        line += chunk.count(b"\n", counted, start)
        counted = start
        first, last = (_letters(chunk[start:at]) if at > start else 0 for at in own)
        if last > first:
            text = chunk[start:end].decode("utf-8", "surrogateescape")
            yield from hits_in_text(text, first_line=line, own=(first, last))


def _letters(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogateescape"))


def _windows(chunk: bytes, lowered: bytes) -> Iterator[tuple[int, int]]:
    """Yields what is looked at, in order; what overlaps is one, so that no key is torn."""
    found: set[tuple[int, int]] = set()
    for anchor in anchors():
        at = lowered.find(anchor)
        while at >= 0:
            start = chunk.rfind(b"\n", max(0, at - AROUND), at) + 1 or max(0, at - AROUND)
            stop = chunk.find(b"\n", at, at + AROUND)
            found.add((start, min(len(chunk), at + AROUND) if stop < 0 else stop))
            at = lowered.find(anchor, at + 1)
    begin = done = -1
    for start, end in sorted(found):
        if start > done:
            if done >= 0:
                yield begin, done
            begin = start
        done = max(done, end)
    if done >= 0:
        yield begin, done


@functools.cache
def _rules_digest() -> str:
    """Returns a name for the rules: other rules look at everything again."""
    told = "\n".join(f"{rule.id} {rule.pattern.pattern} {rule.anchors}" for rule in BY_ID.values())
    told += f"\n{LOGIC}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]
