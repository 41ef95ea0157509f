# SPDX-License-Identifier: Apache-2.0
"""What a ZIP from outside holds: its directory bounded and checked, its entries read as streams.

* What the archive lists is `zip_directory`'s answer; here each entry is judged, and read.
* One bad name refuses the whole file: a path that leaves its folder, a link, a device, two names
  that are one on a careless file system, an entry that is encrypted or lies about what it holds.
* Nothing is unpacked. An entry gives as many bytes as the directory said, and not one more.
"""

import stat
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from strongroom.domain.artifact import check_path, check_paths, fold_path
from strongroom.domain.errors import Untrusted
from strongroom.exchange.zip_directory import LOCAL_BYTES, Record, read_directory
from strongroom.exchange.zip_end import unreadable
from strongroom.store.plainfile import CHUNK_BYTES, open_plain, wrong_hash

MAX_RATIO = 1_032  # deflate can do no more
STORED, DEFLATED = 0, 8
_LOCAL = b"PK\3\4"
_KINDS = frozenset({0, stat.S_IFREG, stat.S_IFDIR})
_ENCRYPTED, _SIZES_FOLLOW = 0x1 | 0x40, 0x8
_BIG32 = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file in a ZIP: where its header lies, what it is called there, how large it is."""

    name: bytes
    offset: int
    size_bytes: int
    packed_bytes: int
    is_deflated: bool


def read_entries(path: Path) -> Mapping[str, Entry]:
    """Returns the files of a ZIP by path, without folders.

    Raises:
        Untrusted: ``E-FORMAT`` if it is no ZIP or uses what we do not read, ``E-SIZE`` if it
            lists too much, ``E-PATH`` for a forbidden name, ``E-BOMB`` for an entry that claims
            to hold more than it can.
        OSError: If it cannot be read.
    """
    with open_plain(path) as file:
        records = read_directory(file, path.name)
    files: dict[str, Entry] = {}
    for record in records:
        _check_record(record)
        if not record.is_folder:
            if record.name in files:
                raise _forbidden(record.name, "it is there twice")
            files[record.name] = Entry(
                name=record.raw_name,
                offset=record.offset,
                size_bytes=record.size_bytes,
                packed_bytes=record.packed_bytes,
                is_deflated=record.method == DEFLATED,
            )
    check_paths(files)
    _check_folders(files, (record.name[:-1] for record in records if record.is_folder))
    return files


class EntryReader:
    """Reads one entry front to back; what the file below holds instead is refused as damage.

    Args:
        path: The ZIP.
        entry: Where it lies.

    Raises:
        Untrusted: ``E-HASH`` if no such entry lies there; ``E-PATH``.
        OSError: If the file cannot be read.
    """

    def __init__(self, path: Path, entry: Entry) -> None:
        self._file = open_plain(path)
        self._shown = entry.name.decode("ascii", "backslashreplace")
        try:
            self._file.seek(_content_offset(self._file, entry, self._shown))
        except BaseException:
            self._file.close()
            raise
        self._packed_left, self._left = entry.packed_bytes, entry.size_bytes
        self._unpack = zlib.decompressobj(-zlib.MAX_WBITS) if entry.is_deflated else None

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        """Returns up to ``size`` bytes, none after the entry's last.

        Raises:
            Untrusted: ``E-HASH`` if it cannot be unpacked or ends too early.
        """
        wanted = min(size if size >= 0 else CHUNK_BYTES, self._left)
        if not wanted:
            return b""
        unpack = self._unpack
        piece = self._stored(wanted) if unpack is None else self._deflated(unpack, wanted)
        if not piece:
            raise wrong_hash(self._shown)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Closes the file below."""
        self._file.close()

    def _stored(self, wanted: int) -> bytes:
        piece = self._file.read(min(wanted, self._packed_left)) or b""
        self._packed_left -= len(piece)
        return piece

    def _deflated(self, unpack: "zlib._Decompress", wanted: int) -> bytes:
        while True:
            packed = unpack.unconsumed_tail
            if not packed and self._packed_left:
                packed = self._file.read(min(CHUNK_BYTES, self._packed_left)) or b""
                self._packed_left -= len(packed)
                if not packed:
                    return b""
            try:
                piece = unpack.decompress(packed, wanted)
            except zlib.error as error:
                raise wrong_hash(self._shown) from error
            if piece or unpack.eof or not (packed or self._packed_left):
                return piece


def _content_offset(file: FileIO, entry: Entry, shown: str) -> int:
    """Returns where an entry's bytes begin, after the header that says the same of it."""
    file.seek(entry.offset)
    header = file.read(LOCAL_BYTES) or b""
    if len(header) != LOCAL_BYTES or header[:4] != _LOCAL:
        raise wrong_hash(shown)
    flags, method, packed, size, name_size, extra_size = struct.unpack("<6x2H8x2I2H", header)
    is_same = method == (DEFLATED if entry.is_deflated else STORED) and not flags & _ENCRYPTED
    if not flags & _SIZES_FOLLOW:
        is_same &= packed in {entry.packed_bytes, _BIG32} and size in {entry.size_bytes, _BIG32}
    if not is_same or (file.read(name_size) or b"") != entry.name:
        raise wrong_hash(shown)
    return entry.offset + LOCAL_BYTES + int(name_size) + int(extra_size)


def _check_record(record: Record) -> None:
    name = record.name.removesuffix("/")
    check_path(name)
    kind = stat.S_IFMT(record.mode)
    if kind not in _KINDS or (kind == stat.S_IFDIR and not record.is_folder):
        raise _forbidden(name, "it is a link or a device")
    if record.flags & _ENCRYPTED or record.method not in {STORED, DEFLATED}:
        raise unreadable(name, "it is encrypted or packed in another way than deflate")
    if record.size_bytes > record.packed_bytes * MAX_RATIO:
        raise Untrusted(
            "E-BOMB",
            f"{name} claims {record.size_bytes:,} bytes in {record.packed_bytes:,} packed ones",
            "Nothing was unpacked. Ask whoever made the ZIP what it is.",
        )
    if record.method == STORED and record.size_bytes != record.packed_bytes:
        raise unreadable(name, "it has two sizes")
    if record.is_folder and record.size_bytes:
        raise unreadable(name, "it is a folder that holds bytes")


def _check_folders(files: Iterable[str], folders: Iterable[str]) -> None:
    """Refuses a name that is a folder here and a file there."""
    folded = {fold_path(path) for path in files}
    both = [path for path in folders if fold_path(path) in folded]
    if both:
        raise _forbidden(min(both), "it is a file and a folder")


def _forbidden(name: str, why: str) -> Untrusted:
    shown = name.encode("unicode_escape").decode()[:120]
    return Untrusted(
        "E-PATH",
        f"The ZIP holds {shown}, which is not allowed: {why}",
        "Nothing of it was taken in. Pack the folder again with an ordinary program.",
    )
