# SPDX-License-Identifier: Apache-2.0
"""Appends records to this process's own journal file (formats.md F1, section 0.1).

* One `write()` a record on a descriptor opened for appending: what returned survives kill -9.
* A write that did not fit is cut away again; a file that cannot be cut is left for a new one.
* A file is appended to by the process that made it and by nobody else: a forked child and a
  resumed run open their own. A child that logs nothing makes no file.
"""

import contextlib
import errno
import os
import threading
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice, repeat
from os import write
from pathlib import Path
from time import time_ns
from zlib import crc32

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, SystemClock
from strongroom.domain.ids import RandomBytes
from strongroom.journal.layout import (
    CHECKSUM,
    JOURNAL_SUFFIX,
    MAX_KEY_ID,
    METRIC_TAIL,
    SLOT_BYTES,
    Header,
    Kind,
    pack_header,
    pack_metrics,
    pack_other,
    pack_row,
)
from strongroom.journal.pulse import PULSE, Pulse

MAX_FILES = 16  # a disk that breaks this many files in one process will not keep the next either
BATCH_BYTES = 1 << 20  # one `write()` of a batch; bounds the copy that joins the points
MAX_ROWS = 16  # groups of metrics whose ids are kept at hand; a loop logs one or two
MAX_ROW_KEYS = 1 << 14  # of such a group: 64 kB of ids
_BATCH = BATCH_BYTES // SLOT_BYTES
_KEYS_AT_ONCE = 1_024  # names of new metrics in one `write()`: a MiB, if they are long
_pack_tail, _pack_checksum = METRIC_TAIL.pack, CHECKSUM.pack  # looked up once, not at each point
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_fdatasync = getattr(os, "fdatasync", os.fsync)


class JournalWriter:
    """Writes one process's share of a run; safe to use from several threads.

    Args:
        folder: The run folder; it must exist.
        run_id: 32 hexadecimal digits.
        random_bytes: Where the writer id comes from (`os.urandom`).
        prefix: ``w`` for a process that logs, ``edit`` for a store that adds to a run later.
        label: The eight characters after the prefix; the writer id's first eight if empty.
        after_us: When the newest journal of the run was made, microseconds UTC. Journals are read
            in the order they were made: a clock that was set back does not change it.
        clock: Times of heartbeats, status and end.
        pulse: What keeps the file durable and the heartbeat going.
        process: What each file says of its process (host, rank), right behind the header.
    """

    def __init__(
        self,
        folder: Path,
        run_id: str,
        *,
        random_bytes: RandomBytes,
        prefix: str = "w",
        label: str = "",
        after_us: int = 0,
        clock: Clock | None = None,
        pulse: Pulse = PULSE,
        process: dict[str, JsonValue] | None = None,
    ) -> None:
        self.folder = folder
        self.run_id = run_id
        self.stem = ""
        self._prefix = prefix
        self._label = label
        self._made_us = after_us
        self._random_bytes = random_bytes
        self._clock = clock or SystemClock()
        self._pulse = pulse
        self._process = process
        self._lock = threading.RLock()
        self._fd = -1
        self._end = 0
        self._files = 0
        self._is_dirty = False
        self._is_closed = False
        self._is_child = False
        self._ids: dict[str, int] = {}
        self._rows: dict[tuple[str, ...], array[int]] = {}
        self._open()

    @property
    def is_child(self) -> bool:
        """Whether this writer was inherited through a fork."""
        return self._is_child

    @property
    def is_open(self) -> bool:
        """Whether a file of this process is open."""
        return self._fd >= 0

    def metric(self, key: str, value: float, step: int, time_us: int | None = None) -> None:
        """Appends one point; when it returns the kernel holds it.

        Raises:
            OSError: If the disk did not take it; nothing of it is left in the file.
            struct.error: If the step does not fit 64 bits.
        """
        if time_us is None:
            time_us = time_ns() // 1000
        with self._lock:
            tail = _pack_tail(self._ids.get(key) or self._key_id(key), step, time_us, value)
            try:
                written = write(self._fd, _pack_checksum(crc32(tail)) + tail)
            except OSError as error:
                self._failed(error)
                return self.metric(key, value, step, time_us)
            if written != SLOT_BYTES:
                self._cut()
                raise _disk_full()
            self._end += SLOT_BYTES
            self._is_dirty = True
        return None

    def row(self, keys: tuple[str, ...], values: "array[float]", step: int, time_us: int) -> None:
        """Appends one point of each of several keys, taken at one moment, with one `write()`.

        Args:
            keys: No key twice.
            values: Of type ``d``, one for each key.
            step: Of all points.
            time_us: Of all points.

        Raises:
            OSError: If the disk did not take all of them; whole points written stay.
            TypeError, OverflowError: If the step or the time does not fit its field.
            ValueError: If the columns differ in length.
        """
        with self._lock:
            ids = self._rows.get(keys) or self._row_ids(keys)
            slots = pack_row(ids, step, time_us, values)
            try:
                self._append_slots(slots)
            except OSError as error:
                if self._fd >= 0 or error.errno in _NO_SPACE or len(slots) > BATCH_BYTES:
                    raise
                self.row(keys, values, step, time_us)  # the file is left, nothing went into it

    def series(
        self, key: str, values: Sequence[float], steps: Iterable[int], times_us: Iterable[int]
    ) -> None:
        """Appends many points of one key, few `write()` calls for all.

        Raises:
            OSError: If the disk did not take all of them; whole points written stay.
            TypeError, OverflowError: If a number does not fit its field.
            ValueError: If the columns differ in length.
        """
        with self._lock:
            key_id = self._ids.get(key) or self._key_id(key)
            next_steps, next_times = iter(steps), iter(times_us)
            for start in range(0, len(values), _BATCH):
                part = values[start : start + _BATCH]
                count = len(part)
                slots = pack_metrics(
                    repeat(key_id, count),
                    islice(next_steps, count),
                    islice(next_times, count),
                    part,
                )
                self._append_slots(slots)

    def record(self, kind: Kind, body: JsonValue) -> None:
        """Appends one record that is not a metric.

        Raises:
            OSError: If the disk did not take it.
            ValueError: If the body is too long or is no JSON.
        """
        self.records([(kind, body)])

    def records(self, records: Iterable[tuple[Kind, JsonValue]], stem: str = "") -> None:
        """Appends several records that are not metrics with one `write()`.

        Args:
            records: Kinds and bodies.
            stem: The only file they may go into (they speak of its pack); "" for any.

        Raises:
            OSError: If the disk did not take them; none of them is left in the file.
            ValueError: If a body is too long or is no JSON.
        """
        data = b"".join(pack_other(kind, body) for kind, body in records)
        with self._lock:
            self._ensure_open()
            if stem and stem != self.stem:
                raise OSError(errno.EIO, "the journal was replaced meanwhile")
            self._append(data)

    def claim(self) -> None:
        """Says that this process now leads the run: its end is the run's end."""
        self.record(Kind.STATUS, {"status": "RUNNING", "time": self._clock.now_us()})

    def own_stem(self) -> str:
        """Returns the name, without suffix, of this process's own file, opening it if needed."""
        with self._lock:
            self._ensure_open()
            return self.stem

    def sync(self) -> bool:
        """Makes what was written durable; returns whether it is."""
        with self._lock:
            if not self._is_dirty or self._fd < 0:
                return True
            try:
                descriptor = os.dup(self._fd)
            except OSError:  # somebody closed it behind our back; the next write opens a new file
                return False
            self._is_dirty = False
        try:
            _fdatasync(descriptor)
        except OSError:
            self._is_dirty = True  # the pulse tries again, the next write tells
            return False
        finally:
            os.close(descriptor)
        return True

    def beat(self) -> None:
        """Writes a heartbeat if a file is open; a full disk is told by the next log call."""
        with self._lock:
            if self._fd < 0:
                return
            try:
                self._append(pack_other(Kind.HEARTBEAT, {"time": self._clock.now_us()}))
            except OSError:
                return

    def close(self, status: str = "", lost: dict[str, int] | None = None) -> bool:
        """Writes the end record (unless status is empty), makes it durable and lets the file go.

        Returns:
            False if the end record could not be written.
        """
        told = True
        with self._lock:
            if self._is_closed:
                return True
            if status and self._fd >= 0:
                body = {"status": status, "time": self._clock.now_us(), "lost": lost or {}}
                try:
                    self._append(pack_other(Kind.END, body))
                except OSError:
                    told = False
            self.sync()
            self._is_closed = True
            self._abandon()
        self._pulse.leave(self)
        return told

    def after_fork(self) -> None:
        """Lets the parent's file go; the first write of the child opens its own."""
        self._lock = threading.RLock()
        self._is_child = True
        self._files = 0
        self._is_dirty = False
        self._abandon()

    # ------------------------------------------------------------------ with the lock held

    def _key_id(self, key: str) -> int:
        self._ensure_open()
        known = self._ids.get(key)
        if known:
            return known
        number = len(self._ids) + 1
        if number > MAX_KEY_ID:
            raise ValueError("too many metric keys in one run")
        self._append(pack_other(Kind.KEY, {"id": number, "name": key}))
        self._ids[key] = number
        return number

    def _row_ids(self, keys: tuple[str, ...]) -> "array[int]":
        """Returns the ids of keys; those that are new are named with one `write()`."""
        self._ensure_open()
        fresh = [key for key in keys if key not in self._ids]
        for start in range(0, len(fresh), _KEYS_AT_ONCE):
            part = fresh[start : start + _KEYS_AT_ONCE]
            numbers = range(len(self._ids) + 1, len(self._ids) + 1 + len(part))
            if numbers[-1] > MAX_KEY_ID:
                raise ValueError("too many metric keys in one run")
            named = zip(numbers, part, strict=True)
            self._append(
                b"".join(pack_other(Kind.KEY, {"id": id_, "name": key}) for id_, key in named)
            )
            self._ids.update(zip(part, numbers, strict=True))
        ids = array("I", map(self._ids.__getitem__, keys))
        if len(keys) <= MAX_ROW_KEYS:
            if len(self._rows) >= MAX_ROWS:
                self._rows.clear()
            self._rows[keys] = ids
        return ids

    def _append_slots(self, data: bytes | bytearray) -> None:
        self._ensure_open()
        if len(data) <= BATCH_BYTES:
            self._append(data, slots=True)
            return
        for start in range(0, len(data), BATCH_BYTES):
            self._append(memoryview(data)[start : start + BATCH_BYTES], slots=True)

    def _append(self, data: bytes | bytearray | memoryview, *, slots: bool = False) -> None:
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            self._failed(error)
            raise
        whole = written - written % SLOT_BYTES if slots else 0
        if written == len(data):
            whole = written
        self._end += whole
        self._is_dirty = True
        if written != len(data):
            self._cut()
            raise _disk_full()

    def _failed(self, error: OSError) -> None:
        """Leaves a file that a broken disk holds; a full disk keeps its file, room may come."""
        if error.errno in _NO_SPACE:
            raise error
        self._abandon()

    def _cut(self) -> None:
        try:
            os.ftruncate(self._fd, self._end)
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        if self._fd >= 0:
            descriptor, self._fd = self._fd, -1
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._ids, self._rows = {}, {}

    def _ensure_open(self) -> None:
        if self._fd >= 0:
            return
        if self._is_closed:
            raise OSError(errno.EBADF, "the run has ended")
        if self._files >= MAX_FILES:
            raise OSError(errno.EIO, "the disk broke too many files of this process")
        self._open()

    def _open(self) -> None:
        writer = self._random_bytes(8).hex()
        self._made_us = max(self._clock.now_us(), self._made_us + 1)
        header = Header(
            run_id=self.run_id,
            writer=writer,
            pid=os.getpid(),
            created_us=self._made_us,
            boot_id=boot_id(),
        )
        stem, descriptor = self._create(f"{self._prefix}-{self._label or writer[:8]}")
        self._files += 1
        data = pack_header(header)
        if self._process is not None:
            told = self._process | ({"is_child": True} if self._is_child else {})
            data += pack_other(Kind.PROCESS, told)
        try:
            if os.write(descriptor, data) != len(data):
                raise _disk_full()
        except OSError:
            os.close(descriptor)
            (self.folder / (stem + JOURNAL_SUFFIX)).unlink(missing_ok=True)
            raise
        self._fd, self._end, self.stem = descriptor, len(data), stem
        self._ids, self._rows = {}, {}
        self._is_dirty = True
        self._pulse.join(self)

    def _create(self, base: str) -> tuple[str, int]:
        for attempt in range(1, 1000):
            stem = base if attempt == 1 else f"{base}-{attempt}"
            try:
                path = self.folder / (stem + JOURNAL_SUFFIX)
                return stem, os.open(path, _FLAGS | _BINARY, 0o644)
            except FileExistsError:
                continue
        raise OSError(errno.EEXIST, "too many files of this writer")


def boot_id() -> str:
    """Returns a text that changes with each start of this machine, or nothing if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:12].strip()
    except (OSError, ValueError):
        return ""


def _disk_full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
