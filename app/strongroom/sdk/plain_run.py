# SPDX-License-Identifier: Apache-2.0
"""A run that is logged by many short processes: each appends lines to one plain journal.

* One file a machine and run, named by both: a process finds the one that the process before it
  wrote. Under its lock a process appends whole lines with one `write()`; what is in the kernel
  survives whatever ends the process.
* A file with an unfinished end, or with its end said, is left as it is and the next is begun.
* Whoever calls hears of failures: a shell script decides itself what they mean to it.
"""

import errno
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from strongroom.disk.descriptor_lock import lock_now
from strongroom.domain.artifact import check_path
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, Refused, StrongroomError, Untrusted
from strongroom.domain.ids import RandomBytes, new_id
from strongroom.journal.files import stem_of
from strongroom.journal.layout import OBJECT_FOLDER, Header
from strongroom.journal.plain_lines import (
    PLAIN_SUFFIX,
    BadLine,
    ends_the_file,
    header_line,
    parse_line,
    plain_line,
)
from strongroom.journal.writer import boot_id
from strongroom.sdk.folder import clean_run_id, find_run, open_run, store_fault
from strongroom.sdk.source import host_name, user_name

PROGRAM = "strongroom log"
MAX_FILES = 999  # of one machine in one run: as often as it ended and was taken up again
TAIL_BYTES = 16 << 10  # where the end of a file is looked for; no end of ours is as long
PATIENCE_S = 10.0  # a process holds the lock for microseconds
CHUNK_BYTES = 4 << 20
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_NEW = _FLAGS | os.O_CREAT | os.O_EXCL
_fdatasync = getattr(os, "fdatasync", os.fsync)

Line = Mapping[str, JsonValue]


class PlainRun:
    """This machine's share of a run; use `start_plain_run` or `find_plain_run`."""

    def __init__(self, store: Path, folder: Path, *, clock: Clock) -> None:
        self.folder = folder
        self.run_id = folder.name
        self._store = store
        self._clock = clock
        named = f"{self.run_id}\n{host_name()}\n{user_name()}".encode()
        self._base = f"w-{hashlib.sha256(named).hexdigest()[:8]}"

    def append(self, lines: Iterable[Line], *, is_last: bool = False) -> None:
        """Appends lines; when it returns the kernel holds all of them.

        Args:
            lines: As `journal.plain_lines` has them; where a time is missing it is now.
            is_last: Make everything durable: power loss takes none of it.

        Raises:
            BadInput: ``E-FORMAT``, ``E-PATH`` or ``E-SIZE`` for a line that no reader would take;
                nothing is written then.
            Refused: ``E-ENDED`` if the run has been ended on this machine.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``; nothing of it is left in the file.
        """
        self.append_made([self.made(line) for line in lines], is_last=is_last)

    def append_made(self, lines: Sequence[bytes], *, is_last: bool = False) -> None:
        """Appends lines that `made` returned; otherwise as `append`."""
        if lines:
            self._write(b"".join(lines), is_last=is_last)

    def made(self, line: Line) -> bytes:
        """Returns a line as it is written, without writing it.

        Raises:
            BadInput: As `append`.
        """
        members = dict(line)
        if members.get("heartbeat", 0) is None:
            members["heartbeat"] = self._clock.now_us()
        if not members.keys() & {"time", "param", "tag", "input", "artifact", "heartbeat"}:
            members["time"] = self._clock.now_us()
        try:
            data = plain_line(members)
            parse_line(data[:-1])
        except BadLine as error:
            advice = "Nothing was logged. docs/reference/format.md says what a line may be."
            raise BadInput(error.code, f"This cannot be logged: {error.detail}", advice) from error
        except UnicodeEncodeError as error:
            advice = "Nothing was logged. Write it in UTF-8."
            raise BadInput("E-FORMAT", "This cannot be logged: it is not UTF-8", advice) from error
        except (ValueError, TypeError) as error:
            advice = "Log longer texts as an artifact: strongroom log artifact."
            raise BadInput("E-SIZE", f"This cannot be logged: {error}", advice) from error
        return data

    def claim(self, pid: int = 0) -> None:
        """Says that the run goes on here, in a file of its own if it had ended.

        Args:
            pid: The process whose end is the end of the run unless it says so; 0 if none.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        self._write(self.made({"status": "RUNNING"}), pid=pid, is_going_on=True)

    def keep(self, file: Path, path: str) -> None:
        """Keeps a file as an artifact: read once, durable before the line that names it.

        Raises:
            BadInput: ``E-PATH`` for a path that is not allowed on every system.
            OSError: If the file cannot be read.
            EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store does not take it.
        """
        try:
            check_path(path)
        except Untrusted as error:
            raise BadInput("E-PATH", error.title, "Name another one with --path.") from error
        with file.open("rb") as source:
            try:
                sha256, size = self._kept(source)
            except OSError as error:
                raise store_fault(self._store, error) from error
        self.append([{"artifact": path, "size": size, "sha256": sha256}])

    def end(self, status: str) -> None:
        """Ends the run; everything is durable when it returns.

        Raises:
            As `append`.
        """
        self.append([{"end": status}], is_last=True)

    # ---------------------------------------------------------------- inside

    def _write(
        self, data: bytes, *, pid: int = 0, is_last: bool = False, is_going_on: bool = False
    ) -> None:
        try:
            with self._opened(pid, is_going_on=is_going_on) as descriptor:
                _append_whole(descriptor, data)
                if is_last:
                    _fdatasync(descriptor)
        except StrongroomError:
            raise
        except OSError as error:
            raise store_fault(self._store, error) from error

    @contextmanager
    def _opened(self, pid: int, *, is_going_on: bool) -> Iterator[int]:
        """Yields the file that is to be appended to, locked."""
        for number in range(self._newest(), MAX_FILES + 1):
            path = self.folder / f"{self._stem(number)}{PLAIN_SUFFIX}"
            descriptor = self._open(path, pid)
            try:
                state = _tail(descriptor)
                if state == "ended" and not is_going_on:
                    raise Refused(
                        "E-ENDED",
                        f"The run {self.run_id[:8]} has ended",
                        f"Take it up again: strongroom log start --run-id {self.run_id}",
                    )
                if state == "open":
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
        raise OSError(errno.EMFILE, "too many files of this run on this machine")

    def _open(self, path: Path, pid: int) -> int:
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError:
            self._begin(path, pid)
            descriptor = os.open(path, _FLAGS)
        until = time.monotonic() + PATIENCE_S
        while not lock_now(descriptor) and time.monotonic() < until:
            time.sleep(0.001)  # where there are no locks, one write of whole lines has to do
        return descriptor

    def _begin(self, path: Path, pid: int) -> None:
        """Makes a file with its first line, whole or not at all."""
        now_us = self._clock.now_us()
        header = Header(
            run_id=self.run_id, writer="", pid=pid, created_us=now_us, boot_id=boot_id()
        )
        aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        descriptor = os.open(aside, _NEW, 0o644)
        try:
            os.write(descriptor, header_line(header, PROGRAM))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(aside, path)
        except FileExistsError:
            pass  # another process of this machine was first
        except OSError:  # a file system without hard links
            if not path.exists():
                aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def _newest(self) -> int:
        """Returns the number of this machine's last file, 1 if there is none."""
        numbers = [1]
        for name in (path.name for path in self.folder.iterdir()):
            head, _, number = stem_of(name).rpartition("-")
            if name.endswith(PLAIN_SUFFIX) and head == self._base and number.isdecimal():
                numbers.append(int(number))
        return max(numbers)

    def _stem(self, number: int) -> str:
        return self._base if number == 1 else f"{self._base}-{number}"

    def _kept(self, source: BinaryIO) -> tuple[str, int]:
        """Copies bytes under their digest; returns it and their size."""
        objects = self.folder / OBJECT_FOLDER
        objects.mkdir(exist_ok=True)
        aside = objects / f".{os.getpid()}.{time.monotonic_ns()}.tmp"
        running, size = hashlib.sha256(), 0
        try:
            with aside.open("xb") as target:
                while chunk := source.read(CHUNK_BYTES):
                    running.update(chunk)
                    size += target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            aside.replace(objects / running.hexdigest())
        finally:
            aside.unlink(missing_ok=True)
        return running.hexdigest(), size


def start_plain_run(
    store: Path,
    facts: Mapping[str, JsonValue],
    *,
    run_id: str,
    pid: int,
    clock: Clock,
    random_bytes: RandomBytes,
) -> PlainRun:
    """Starts a run, or takes up the one with this id again.

    Args:
        store: The store; it is made if it does not exist.
        facts: experiment, name ("" for one that follows from the id), parent, source.
        run_id: The id of the run; "" for a new one.
        pid: The process that the run lives as long as; 0 if none.
        clock: What time it is.
        random_bytes: Where a new id comes from.

    Raises:
        BadInput: ``E-FORMAT`` for an id that is none.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
    """
    identity = clean_run_id(run_id) if run_id else new_id(random_bytes)
    document: dict[str, JsonValue] = {
        **facts,
        "name": facts["name"] or f"run-{identity[:8]}",
        "started": clock.now_us(),
        "host": host_name(),
        "user": user_name(),
    }
    place = open_run(store, identity, document)
    run = PlainRun(store, place.folder, clock=clock)
    run.claim(pid)
    return run


def find_plain_run(store: Path, run_id: str, *, clock: Clock) -> PlainRun:
    """Returns a run that was started.

    Raises:
        BadInput: ``E-RUN`` if there is none, ``E-FORMAT`` for an id that is none.
        EnvironmentFault: ``E-SHARE`` if the store cannot be read.
    """
    identity = clean_run_id(run_id)
    folder = find_run(store, identity)
    if folder is None:
        raise BadInput(
            "E-RUN",
            f"There is no run {identity[:8]} in {store}",
            "Start one: export STRONGROOM_RUN_ID=$(strongroom log start)",
        )
    return PlainRun(store, folder, clock=clock)


def _append_whole(descriptor: int, data: bytes) -> None:
    """Writes at the end of a file; what did not fit is cut away again."""
    before = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, data)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
    if written != len(data):
        os.ftruncate(descriptor, before)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _tail(descriptor: int) -> str:
    """Returns whether a file can be appended to: ``open``, ``ended``, or ``torn`` if unfinished."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - TAIL_BYTES), os.SEEK_SET)
    data = os.read(descriptor, TAIL_BYTES)
    if not data.endswith(b"\n"):
        return "torn"
    return "ended" if ends_the_file(data) else "open"
