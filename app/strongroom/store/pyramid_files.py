# SPDX-License-Identifier: Apache-2.0
"""Pyramids of long metrics in the cache folder: made once, looked at often (ADR 42).

* What lies here can be deleted at any time and is made again; a disk that is full or read only
  costs time, never an answer.
* A file is believed when it names the sealed run it was made of, its checksums hold, and a stretch
  of the Parquet, another one at each look, gives the same extremes (`store.long_series`).
* All files together stay below `MOST_BYTES`; those nobody looked at for longest go first.
"""

import contextlib
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from strongroom.disk.whole_file import PRIVATE, written_whole
from strongroom.journal.pyramid import BLOCK, CELL, LEVELS, WIDER, Blocks, Pyramid, Rows

FOLDER = "curves"
SUFFIX = ".srpyr"
MAGIC = b"SRPYRA01"
MOST_BYTES = 512 << 20  # of all files: those of a hundred metrics of ten million points
MAX_FILE_BYTES = 256 << 20  # of a metric of 2^29 points
MAX_HEADER_BYTES = 1 << 16
_HEAD = struct.Struct("<8sII")  # magic, length and CRC-32 of the header


class PyramidFiles:
    """Keeps pyramids below a cache folder.

    Args:
        cache: The store's cache folder; it need not exist.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / FOLDER

    def read(self, run_id: str, seal: str, key: str, made: str = "") -> Pyramid | None:
        """Returns the pyramid of a sealed metric, None if there is none that holds.

        Args:
            run_id: The run.
            seal: The digest of its ``sealed.json``.
            key: The metric.
            made: How its second column was made, "" if it has none.
        """
        path = self._path(run_id, seal, key, made)
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
            os.utime(path)  # it was looked at
        except OSError:
            return None
        return unpack(data, _name(run_id, seal, key, made))

    def write(self, pyramid: Pyramid, run_id: str, seal: str, key: str, made: str = "") -> None:
        """Keeps a pyramid, if the disk takes it."""
        data = pack(pyramid, _name(run_id, seal, key, made))
        if len(data) > MAX_FILE_BYTES:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(len(data))
            with written_whole(self._path(run_id, seal, key, made), mode=PRIVATE) as aside:
                aside.write_bytes(data)

    def forget(self, run_id: str, seal: str, key: str, made: str = "") -> None:
        """Removes a pyramid that did not hold."""
        with contextlib.suppress(OSError):
            self._path(run_id, seal, key, made).unlink(missing_ok=True)

    def _path(self, run_id: str, seal: str, key: str, made: str) -> Path:
        name = "\n".join(_name(run_id, seal, key, made))
        return self._folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + SUFFIX)

    def _make_room(self, size: int) -> None:
        with os.scandir(self._folder) as entries:
            files = [(entry.stat().st_mtime_ns, entry.stat().st_size, entry.path)
                     for entry in entries if entry.is_file(follow_symlinks=False)]  # fmt: skip
        taken = sum(each for _, each, _ in files) + size
        for _, each, path in sorted(files):
            if taken <= MOST_BYTES:
                return
            Path(path).unlink(missing_ok=True)
            taken -= each


def pack(pyramid: Pyramid, name: Sequence[str]) -> bytes:
    """Returns a pyramid as it lies in its file: a header, then the arrays, little-endian."""
    arrays = [np.ascontiguousarray(array).tobytes() for array in _arrays(pyramid)]
    header = {
        "of": list(name),
        "count": pyramid.count,
        "ordered": list(pyramid.is_ordered),
        "columns": len(pyramid.levels[0].columns),
        "crc": [zlib.crc32(array) for array in arrays],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([_HEAD.pack(MAGIC, len(text), zlib.crc32(text)), text, *arrays])


def unpack(data: bytes, name: Sequence[str]) -> Pyramid | None:
    """Returns the pyramid in a file, None if it is of something else or was changed."""
    try:
        magic, length, crc = _HEAD.unpack_from(data)
        text = data[_HEAD.size : _HEAD.size + length]
        if magic != MAGIC or length > MAX_HEADER_BYTES or zlib.crc32(text) != crc:
            return None
        header = json.loads(text)
        if header["of"] != list(name):
            return None
        return _unpacked(memoryview(data)[_HEAD.size + length :], header)
    except (struct.error, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _unpacked(data: memoryview, header: dict[str, Any]) -> Pyramid | None:
    count, columns = int(header["count"]), int(header["columns"])
    step_order, time_order = header["ordered"]
    lengths = _lengths(count, columns)
    if count < 1 or columns not in (1, 2) or len(data) != 8 * sum(lengths):
        return None
    found: list[np.ndarray[Any, Any]] = []
    start = 0
    for place, (length, crc) in enumerate(zip(lengths, header["crc"], strict=True)):
        part = data[start : start + 8 * length]
        if zlib.crc32(part) != crc:
            return None
        is_value = place >= 5 and (place - 5) % (2 + columns) >= 2
        found.append(np.frombuffer(part, "<f8" if is_value else "<i8"))
        start += 8 * length
    first_step, last_step, first_time, last_time, known, *rest = found
    wide = 2 + columns
    levels = tuple(
        Rows(steps=rest[at], times_us=rest[at + 1], columns=tuple(rest[at + 2 : at + wide]))
        for at in range(0, len(rest), wide)
    )
    return Pyramid(
        count=count,
        is_ordered=(bool(step_order), bool(time_order)),
        blocks=Blocks(
            first_step=first_step, last_step=last_step,
            first_time=first_time, last_time=last_time, known=known,
        ),
        levels=levels,
    )  # fmt: skip


def _lengths(count: int, columns: int) -> list[int]:
    """Returns how many numbers each array has."""
    cells = [-(-count // (CELL * WIDER**level)) for level in range(LEVELS)]
    levels = [2 * columns * each for each in cells for _ in range(2 + columns)]
    return [-(-count // BLOCK)] * 5 + levels


def _arrays(pyramid: Pyramid) -> list[np.ndarray[Any, Any]]:
    blocks = pyramid.blocks
    found: list[np.ndarray[Any, Any]] = [
        blocks.first_step, blocks.last_step, blocks.first_time, blocks.last_time, blocks.known,
    ]  # fmt: skip
    for level in pyramid.levels:
        found += [level.steps, level.times_us, *level.columns]
    return found


def _name(run_id: str, seal: str, key: str, made: str) -> tuple[str, str, str, str]:
    return run_id, seal, key, made
