# SPDX-License-Identifier: Apache-2.0
"""Opens packed files in memory, a piece at a time, and hands what is inside to a classifier.

* A member is never written anywhere and never kept whole; the tree's budget pays for each byte.
* An archive whose members cannot all be read (encrypted, twice the same name) is never data.
"""

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Protocol

from strongroom.models.bounded import (
    CHUNK_BYTES,
    MAX_MEMBERS,
    BoundedStream,
    Budget,
    chunks,
)
from strongroom.models.skops_schema import MAX_SCHEMA_BYTES, SCHEMA_FILE, judge_schema
from strongroom.models.verdict import CODE_ON_LOAD, DATA_ONLY, Verdict, code, data, unknown, worst

MAX_LZMA_BYTES = 96 << 20  # what a dictionary may take; xz -9 needs 65 MiB
_ENCRYPTED = 0x1
_ZIP_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    EOFError,
    ValueError,
    OSError,
)
_STREAM_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)

Opener = Callable[[], BoundedStream]
"""Returns the same bytes from their start, as often as it is called."""
Classify = Callable[[str, Opener, int], Verdict]
"""Takes a path, an opener and the size in bytes (-1: not known)."""


class _Decompressor(Protocol):
    """The common part of bz2 and lzma decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """zlib and gzip with the face of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_MAKERS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": _Zlib,
    b"\x78\x01": _Zlib,
    b"\x78\x5e": _Zlib,
    b"\x78\x9c": _Zlib,
    b"\x78\xda": _Zlib,
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7": lambda: lzma.LZMADecompressor(memlimit=MAX_LZMA_BYTES),
    b"\x5d\x00": lambda: lzma.LZMADecompressor(memlimit=MAX_LZMA_BYTES),
}  # what joblib, pandas and pickle files are packed with


def is_packed_stream(head: bytes) -> bool:
    """Returns whether bytes begin as gzip, zlib, bzip2, xz or lzma do and unpack."""
    maker = _MAKERS.get(head[:2])
    if maker is None:
        return False
    try:
        maker().decompress(head, 64)
    except _STREAM_DAMAGE:
        return head[:2] not in {b"\x78\x5e", b"BZ"}  # these two begin honest texts
    return True


class _Unpacked(io.RawIOBase):
    """The bytes inside a packed stream, in pieces of at most `CHUNK_BYTES`."""

    def __init__(self, stream: BoundedStream) -> None:
        super().__init__()
        self._stream = stream
        head = stream.read(CHUNK_BYTES)
        self._input = head
        self._inner = _MAKERS[head[:2]]()

    def read(self, size: int = -1, /) -> bytes:
        limit = CHUNK_BYTES if size < 0 else min(size, CHUNK_BYTES)
        while limit and not self._inner.eof:
            packed, self._input = self._input, b""
            if not packed and self._inner.needs_input:
                packed = self._stream.read(CHUNK_BYTES)
                if not packed:
                    raise EOFError("the packed stream ends in the middle")
            if part := self._inner.decompress(packed, limit):
                return part
        if limit and (self._inner.unused_data or self._input or self._stream.read(1)):
            # some readers go on with the next stream and some stop: two readings
            raise OSError("bytes follow the end of the packed stream")
        return b""


def classify_stream(path: str, opener: Opener, budget: Budget, classify: Classify) -> Verdict:
    """Returns the class of what a packed stream holds.

    Raises:
        Untrusted: ``E-BOMB`` if it expands beyond the budget.
    """

    def unpacked() -> BoundedStream:
        return BoundedStream(_Unpacked(opener()), budget)

    inner_path = path.rpartition(".")[0] if path.endswith((".gz", ".bz2", ".xz")) else path
    try:
        found = classify(inner_path, unpacked, -1)
        if found.risk == DATA_ONLY:
            for _ in chunks(unpacked()):  # to its end: other readers go there too
                pass
    except _STREAM_DAMAGE:
        return unknown("damaged packed file")
    return Verdict(risk=found.risk, reason=f"packed: {found.reason}")


def classify_zip(path: str, opener: Opener, budget: Budget, classify: Classify) -> Verdict:
    """Returns the worst class of a zip's members; skops is judged by its schema.

    Raises:
        Untrusted: ``E-BOMB`` if it expands beyond the budget, ``E-SIZE`` if its directory is
            larger than any honest one.
    """
    try:
        stream = opener()
        size_bytes = stream.seek(0, io.SEEK_END)
        with zipfile.ZipFile(stream) as archive:
            return _members(path, archive, size_bytes, budget, classify)
    except _ZIP_DAMAGE:
        return unknown("damaged zip archive")


def _members(
    path: str, archive: zipfile.ZipFile, size_bytes: int, budget: Budget, classify: Classify
) -> Verdict:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    trouble = _trouble(entries, names, size_bytes)
    if trouble:
        return unknown(trouble)
    if "constants.pkl" in {name.rpartition("/")[2] for name in names}:
        return code("TorchScript program")
    found: list[Verdict] = []
    for entry in entries:
        if entry.filename == SCHEMA_FILE and not path.endswith(".npz"):
            with archive.open(entry) as member:
                found.append(_schema(member, budget))
            continue
        inner = classify(entry.filename, _member(archive, entry, budget), entry.file_size)
        found.append(Verdict(risk=inner.risk, reason=f"{inner.reason} in a zip"))
        if inner.risk == CODE_ON_LOAD:
            break
    judged = worst(found)
    if judged.risk == DATA_ONLY:
        is_skops = SCHEMA_FILE in names
        return data("skops of familiar types" if is_skops else f"zip of {len(entries)} data files")
    return judged


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Opener:
    # what is stored as it is cannot expand; members that overlap were refused
    paid = None if entry.compress_type == zipfile.ZIP_STORED else budget
    return lambda: BoundedStream(archive.open(entry), paid)


def _schema(member: IO[bytes], budget: Budget) -> Verdict:
    inside = BoundedStream(member, budget)
    text = inside.read(MAX_SCHEMA_BYTES)
    return unknown("skops schema too large") if inside.read(1) else judge_schema(text)


def _trouble(entries: list[zipfile.ZipInfo], names: set[str], size_bytes: int) -> str:
    found = ""
    if not entries:
        found = "empty zip archive"
    elif len(entries) > MAX_MEMBERS:
        found = f"zip archive of more than {MAX_MEMBERS:,} members"
    elif len(names) != len(entries):
        found = "zip archive with a name twice"
    elif sum(entry.compress_size for entry in entries) > size_bytes:
        found = "zip archive whose members overlap"
    elif any(entry.flag_bits & _ENCRYPTED for entry in entries):
        found = "encrypted zip archive"
    elif any(entry.compress_type not in _ZIP_METHODS for entry in entries):
        found = "zip archive packed in an unfamiliar way"
    return found
