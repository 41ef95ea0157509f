# SPDX-License-Identifier: Apache-2.0
"""What a ZIP from outside holds: its directory bounded and checked, its entries read as streams.

* The directory's size and number of entries are looked at before it is read.
* One bad name refuses the whole file: a path that leaves its folder, a link, a device, two names
  that are one on a careless file system, an entry that is encrypted or lies about what it holds.
* Nothing is unpacked. An entry gives as many bytes as the directory said, and not one more.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from strongroom.domain.artifact import MAX_FILES, check_path, check_paths
from strongroom.domain.errors import Untrusted
from strongroom.store.plainfile import CHUNK_BYTES, open_plain, wrong_hash

MAX_ENTRIES = MAX_FILES  # files and folders; some 100 MiB of memory while they are checked
MAX_DIRECTORY_BYTES = 64 << 20  # 600 bytes an entry; ours need 180
MAX_RATIO = 1_032  # deflate can do no more
_TAIL_BYTES = 22 + 65_535  # the end record with the longest comment
_END, _END_64, _LOCATOR, _LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\3\4"
_KINDS = frozenset({0, stat.S_IFREG, stat.S_IFDIR})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1 | 0x40
_LIES = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)


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
        _check_directory(path.name, file)
        try:
            with zipfile.ZipFile(file) as archive:
                listed = archive.infolist()
        except _LIES as error:
            raise _unreadable(path.name, "its directory is damaged") from error
    files = {}
    for info in listed:
        _check_entry(info)
        if not info.is_dir():
            if info.filename in files:
                raise _forbidden(info.filename, "it is there twice")
            files[info.filename] = Entry(
                name=info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"),
                offset=info.header_offset,
                size_bytes=info.file_size,
                packed_bytes=info.compress_size,
                is_deflated=info.compress_type == zipfile.ZIP_DEFLATED,
            )
    check_paths(files)
    _check_folders(files, (info.filename[:-1] for info in listed if info.is_dir()))
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
    """Returns where an entry's bytes begin, after the header that must be its own."""
    file.seek(entry.offset)
    header = file.read(30) or b""
    if len(header) != 30 or header[:4] != _LOCAL:
        raise wrong_hash(shown)
    name_size, extra_size = struct.unpack("<HH", header[26:30])
    if (file.read(name_size) or b"") != entry.name:
        raise wrong_hash(shown)
    return entry.offset + 30 + int(name_size) + int(extra_size)


def _check_directory(name: str, file: FileIO) -> None:
    """Refuses a directory by what its end record says, before it is read."""
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - _TAIL_BYTES - 20 - 56)
    file.seek(start)
    tail = file.read(size - start) or b""
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise _unreadable(name, "it is no ZIP")
    entries, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    if tail[max(0, at - 20) : at][:4] == _LOCATOR:
        (end_64,) = struct.unpack("<Q", tail[at - 12 : at - 4])
        file.seek(min(end_64, size))
        record = file.read(56) or b""
        if len(record) != 56 or record[:4] != _END_64:
            raise _unreadable(name, "its directory is damaged")
        entries, directory = struct.unpack("<QQ", record[32:48])
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY_BYTES:
        raise Untrusted(
            "E-SIZE",
            f"{name} lists {entries:,} entries in {directory:,} bytes",
            f"Unpack it and pull from the folder; a ZIP may list {MAX_ENTRIES:,}.",
        )


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.filename.removesuffix("/") if info.is_dir() else info.filename
    if "\0" in info.orig_filename:
        raise _forbidden(info.orig_filename, "it holds a zero byte")
    check_path(name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in _KINDS or (kind == stat.S_IFDIR and not info.is_dir()):
        raise _forbidden(name, "it is a link or a device")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise _unreadable(name, "it is encrypted or packed in another way than deflate")
    if info.file_size > info.compress_size * MAX_RATIO:
        raise Untrusted(
            "E-BOMB",
            f"{name} claims {info.file_size:,} bytes in {info.compress_size:,} packed ones",
            "Nothing was unpacked. Ask whoever made the ZIP what it is.",
        )
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise _unreadable(name, "it has two sizes")


def _check_folders(files: Iterable[str], folders: Iterable[str]) -> None:
    """Refuses a name that is a folder here and a file there."""
    both = set(files).intersection(folders)
    if both:
        raise _forbidden(min(both), "it is a file and a folder")


def _forbidden(name: str, why: str) -> Untrusted:
    shown = name.encode("unicode_escape").decode()[:120]
    return Untrusted(
        "E-PATH",
        f"The ZIP holds {shown}, which is not allowed: {why}",
        "Nothing of it was taken in. Pack the folder again with an ordinary program.",
    )


def _unreadable(name: str, why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT", f"{name} cannot be read: {why}", "Pack the folder again, or pull from it."
    )
