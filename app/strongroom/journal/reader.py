# SPDX-License-Identifier: Apache-2.0
"""Reads a run folder: ``run.json`` and every journal in it (formats.md F1, F2).

* Nothing found here is believed without its checksum, and nothing wrong stops the reading.
* Files are folded in the order they were created, so the same folder always reads the same.
* The status of a run is that of its leader: the first process, or the newest one that claimed
  the run when it resumed it; of several ranks only rank 0 counts, whichever came first. A store's
  edit file may close a run whose leader is gone.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.domain.artifact import check_path
from strongroom.domain.canonical import JsonValue, decode
from strongroom.domain.check_member import refuse_changed
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest, is_run_id
from strongroom.domain.metric import is_name
from strongroom.domain.run import RunStatus
from strongroom.journal.content import (
    Finding,
    JournalContent,
    RunHeader,
    StoredArtifact,
    WriterState,
)
from strongroom.journal.files import header_or_none, journals_in, stem_of
from strongroom.journal.gathering import Gathered, Points, hand_on
from strongroom.journal.layout import (
    OBJECT_FOLDER,
    PACK_SUFFIX,
    RUN_FILE,
    RUN_FORMAT,
    Header,
    Kind,
)
from strongroom.journal.opening import OpenJournal, open_journal
from strongroom.journal.process import process_of
from strongroom.journal.series import Series
from strongroom.journal.stream import Stretch, read_fully

MAX_RUN_FILE_BYTES = 1 << 20  # run.json holds names and a captured source, never data
MAX_JOURNALS = 4_096  # processes and resumptions of one run
DELETED, RESTORED = "DELETED", "RESTORED"
ARCHIVED, UNARCHIVED = "ARCHIVED", "UNARCHIVED"

__all__ = [
    "Finding",
    "JournalContent",
    "JournalTail",
    "RunHeader",
    "StoredArtifact",
    "WriterState",
    "file_names",
    "newer_run",
    "read_at_most",
    "read_header",
    "read_run",
]


def read_header(folder: Path) -> RunHeader:
    """Returns what ``run.json`` says; one of a newer format is read as far as it is known.

    Raises:
        Untrusted: ``E-CANON``, ``E-SIZE`` or ``E-FORMAT`` if it is not what the SDK writes,
            ``E-HASH`` if it was changed.
        OSError: If it cannot be read.
    """
    data = read_at_most(f"{folder}/{RUN_FILE}", MAX_RUN_FILE_BYTES)
    found = decode(data, max_bytes=MAX_RUN_FILE_BYTES)
    texts = ("run_id", "experiment", "name", "parent", "host", "user")
    if (
        not isinstance(found, dict)
        or type(found.get("format")) is not int
        or found["format"] < RUN_FORMAT
        or not all(isinstance(found.get(key), str) for key in texts)
        or type(found.get("started")) is not int
        or not isinstance(found.get("source"), dict)
        or not is_run_id(found["run_id"])
        or not (found["parent"] == "" or is_run_id(found["parent"]))
    ):
        raise Untrusted(
            "E-FORMAT",
            f"{folder.name}/{RUN_FILE} is not a run of format {RUN_FORMAT}",
            "A newer Strongroom may have written it; open it there.",
        )
    if found["format"] == RUN_FORMAT:  # a newer one may check itself otherwise
        refuse_changed(found, data, f"{folder.name}/{RUN_FILE}")
    return RunHeader(
        **{key: found[key] for key in texts},
        started_us=found["started"],
        source=found["source"],
        format=found["format"],
    )


def newer_run(file: str, number: int) -> Finding:
    """Returns what is said of a run that a newer Strongroom wrote a file of."""
    detail = f"a newer Strongroom wrote it (format {number}); what is known of it is shown"
    return Finding("E-FORMAT", file, 0, detail)


def read_run(
    folder: Path, names: Sequence[str] | None = None, points: Points | None = None
) -> JournalContent:
    """Returns everything the run folder's journals say; damage becomes findings.

    Args:
        folder: The run folder.
        names: What lies in it, if somebody has just looked.
        points: Is given the points, stretch by stretch; `JournalContent.metrics` is empty then.

    Raises:
        Untrusted: If ``run.json`` cannot be trusted.
        OSError: If the folder cannot be read.
    """
    held = Gathered()
    fold = _Fold(read_header(folder), held if points is None else points)
    if fold.header.format > RUN_FORMAT:
        fold.findings.append(newer_run(RUN_FILE, fold.header.format))
    for file in _files(folder, fold, names):
        fold.read(file)
    return fold.content(held.series())


def read_at_most(path: str, most: int) -> bytes:
    """Returns a file's bytes, or one byte more than is allowed of a larger one.

    Asking for the limit itself makes Python prepare that much memory for each little file.

    Raises:
        OSError: If it cannot be read.
    """
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - half the time, thousands of times
        return read_fully(stream, min(os.fstat(stream.fileno()).st_size, most) + 1)


def file_names(folder: Path) -> list[str]:
    """Returns the names in a folder, sorted; one look instead of a question for each name.

    Raises:
        OSError: If the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


class JournalTail:
    """Follows a run that is being written; one stat a file when nothing changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, OpenJournal] = {}
        self._sizes: dict[str, int] = {}

    def poll(self, points: Points) -> None:
        """Hands on the points that were added since the last poll, stretch by stretch."""
        for path in journals_in(self._folder):
            try:
                size = path.stat().st_size
                if self._sizes.get(path.name) == size:
                    continue
                file = self._files.setdefault(path.name, open_journal(path))
                for stretch in file.stretches():
                    hand_on(stretch.series, points)
            except (OSError, Untrusted):
                continue  # `read_run` says what is wrong; a live chart shows what is right
            self._sizes[path.name] = size


def _files(folder: Path, fold: "_Fold", names: Sequence[str] | None) -> list[OpenJournal]:
    """Returns the journals in the order in which they count."""
    paths = journals_in(folder, names)
    if len(paths) > MAX_JOURNALS:
        detail = f"{len(paths):,} journals where {MAX_JOURNALS:,} are read"
        fold.findings.append(Finding("E-SIZE", folder.name, 0, detail))
        paths = paths[:MAX_JOURNALS]
    if len(paths) > 1:
        paths.sort(key=_order)
    return [open_journal(path) for path in paths]


def _order(path: Path) -> tuple[bool, int, str]:
    try:
        header = header_or_none(path)
    except OSError:  # said when it is read
        header = None
    created = header.created_us if header else 0
    return path.name.startswith("edit-"), created, path.name


@dataclass(slots=True)
class _Seen:
    """What one file has said so far."""

    name: str
    is_edit: bool = field(init=False)
    status: RunStatus | None = None
    has_ended: bool = False
    last_us: int = 0
    process: dict[str, JsonValue] | None = None

    def __post_init__(self) -> None:
        self.is_edit = self.name.startswith("edit-")

    def state(self, header: Header, *, is_primary: bool) -> WriterState:
        """Returns what is known of the process that wrote the file."""
        return WriterState(
            file=self.name,
            is_primary=is_primary,
            ended=self.has_ended,
            status=self.status,
            last_seen_us=max(self.last_us, header.created_us),
            pid=header.pid,
            boot_id=header.boot_id,
            created_us=header.created_us,
            process=None if self.process is None else process_of(self.process, header.pid),
            says_alive=header.says_alive,
        )


class _Fold:
    """Adds up the files of one run in order."""

    def __init__(self, header: RunHeader, points: Points) -> None:
        self.header = header
        self._points = points
        self.findings: list[Finding] = []
        self._params: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._inputs: list[dict[str, str]] = []
        self._artifacts: dict[str, StoredArtifact] = {}
        self._notes: list[str] = []
        self._lost: dict[str, int] = {}
        self._writers: list[tuple[_Seen, Header]] = []
        self._ends: dict[str, int] = {}
        self._claims: list[str] = []
        self._closed: tuple[RunStatus, int] | None = None
        self._is_deleted = False
        self._is_archived: bool | None = None
        self._moved_to = ""
        self._params_taken: dict[str, str] = {}

    def read(self, file: OpenJournal) -> None:
        """Reads one file and adds it after the ones created before it."""
        name = file.path.name
        try:
            self._add(file, file.stretches())
        except Untrusted as error:
            self.findings.append(Finding(error.code, name, 0, error.title))
        except OSError as error:
            self.findings.append(Finding("E-MISSING", name, 0, str(error.strerror)))

    def _add(self, file: OpenJournal, stretches: Iterable[Stretch]) -> None:
        seen = _Seen(name=file.path.name)
        header = None
        for stretch in stretches:
            self.findings.extend(stretch.findings)
            if header is None:
                header = file.header
                if header is None or not self._begins(seen, header):
                    return
            self._take(stretch, seen)
        if header is not None and not seen.is_edit:
            self._writers.append((seen, header))

    def _take(self, stretch: Stretch, seen: "_Seen") -> None:
        hand_on(stretch.series, self._points)
        seen.last_us = max(seen.last_us, stretch.last_time_us)
        param = Kind.PARAM
        for kind, body in stretch.records:
            time_us = 0
            if "time" in body and type(body["time"]) is int:
                time_us = body["time"]
                seen.last_us = max(seen.last_us, time_us)
            if kind is param:  # most of them
                self._param(body, is_edit=seen.is_edit)
            elif kind is Kind.STATUS and seen.is_edit:
                self._edit_status(body, time_us)
            elif kind is Kind.MOVE:  # counts in an edit only, as DELETED does
                self._moved_to = _moved(body) if seen.is_edit else self._moved_to
            elif kind is Kind.STATUS:
                seen.status = _status(body) or seen.status
                self._claims.append(seen.name)
            elif kind is Kind.PROCESS:
                seen.process = seen.process or body
            elif kind is Kind.END and not seen.is_edit:
                seen.status, seen.has_ended = _status(body) or RunStatus.FINISHED, True
                self._ends[seen.name] = time_us
                self._add_lost(body.get("lost"))
            else:
                self._record(kind, body, seen.name)

    def _begins(self, seen: "_Seen", header: Header) -> bool:
        """Whether a file is of this run; the first one leads it until another claims it."""
        if header.run_id != self.header.run_id:
            detail = f"it belongs to the run {header.run_id}"
            self.findings.append(Finding("E-FORMAT", seen.name, 0, detail))
            return False
        if not self._claims and not seen.is_edit:
            self._claims.append(seen.name)
        return True

    def content(self, metrics: dict[str, Series]) -> JournalContent:
        """Returns the sum of all files."""
        leader = self._leader()
        writers = tuple(
            seen.state(header, is_primary=seen.name == leader) for seen, header in self._writers
        )
        status, ended_us = RunStatus.RUNNING, None
        for state in writers:
            if state.is_primary and state.ended and state.status is not None:
                status, ended_us = state.status, self._ends[state.file]
        if ended_us is None and self._closed is not None:
            newest_us = max((state.created_us for state in writers), default=0)
            if newest_us <= self._closed[1]:  # nobody resumed the run after it was closed
                status, ended_us = self._closed
        return JournalContent(
            header=self.header,
            status=status,
            ended_us=ended_us,
            params=self._params,
            tags=self._tags,
            inputs=tuple(self._inputs),
            artifacts=tuple(self._artifacts.values()),
            metrics=metrics,
            notes=tuple(self._notes),
            lost=self._lost,
            writers=writers,
            findings=tuple(self.findings),
            is_deleted=self._is_deleted,
            is_archived=self._is_archived,
            moved_to=self._moved_to,
            params_taken=self._params_taken,
        )

    def _leader(self) -> str:
        ranks = {
            seen.name: process_of(seen.process, header.pid).rank
            for seen, header in self._writers
            if seen.process is not None
        }
        first = [name for name in self._claims if not ranks.get(name)]
        return (first or self._claims or [""])[-1]

    def _param(self, body: dict[str, JsonValue], *, is_edit: bool) -> None:
        key = body.get("key")
        if "value" in body and isinstance(key, str):
            text = param_text(body["value"])
            if self._params_taken:
                self._params_taken.pop(key, None)
            if self._params.setdefault(key, text) != text:
                self._add_lost({"param-changed": 1})
        elif "taken" in body and is_edit:
            self._take_param(body)

    def _record(self, kind: Kind, body: dict[str, JsonValue], name: str) -> None:
        key, value = body.get("key"), body.get("value")
        if kind is Kind.TAG and isinstance(key, str):
            if value is None:
                self._tags.pop(key, None)
            else:
                self._tags[key] = param_text(value)
        elif kind is Kind.INPUT:
            given = {str(field): param_text(each) for field, each in body.items()}
            if given not in self._inputs:
                self._inputs.append(given)
        elif kind is Kind.ARTIFACT:
            self._artifact(body, name)
        elif kind is Kind.NOTE and isinstance(body.get("text"), str):
            self._notes.append(body["text"])

    def _take_param(self, body: dict[str, JsonValue]) -> None:
        """Takes back a param that an edit added, if it still has the text that is named."""
        key, text = body.get("key"), body["taken"]
        if isinstance(key, str) and isinstance(text, str):
            self._params_taken[key] = text
            if self._params.get(key) == text:
                del self._params[key]

    def _artifact(self, body: dict[str, JsonValue], name: str) -> None:
        path, size, sha256, at = (body.get(key) for key in ("path", "size", "sha256", "at"))
        stem = stem_of(name)
        container, offset = "", 0
        if at == "obj":
            container = f"{OBJECT_FOLDER}/{sha256}"
        elif isinstance(at, str) and at.startswith("pack:") and at[5:].isdecimal():
            container, offset = stem + PACK_SUFFIX, int(at[5:][:18])
        if not (
            isinstance(path, str)
            and isinstance(size, int)
            and size >= 0
            and container
            and isinstance(sha256, str)
            and is_digest(sha256)
        ):
            self.findings.append(Finding("E-FORMAT", name, 0, "an artifact record is incomplete"))
            return
        try:
            check_path(path)
        except Untrusted as error:
            self.findings.append(Finding("E-PATH", name, 0, error.title))
            return
        self._artifacts[path] = StoredArtifact(
            path=path, size_bytes=size, sha256=sha256, container=container, offset=offset
        )

    def _edit_status(self, body: dict[str, JsonValue], time_us: int) -> None:
        word = body.get("status")
        if word in {DELETED, RESTORED}:
            self._is_deleted = word == DELETED
        elif word in {ARCHIVED, UNARCHIVED}:
            self._is_archived = word == ARCHIVED
        elif (status := _status(body)) is not None and status.is_terminal:
            self._closed = (status, time_us)

    def _add_lost(self, counts: JsonValue) -> None:
        if isinstance(counts, dict):
            for cause, count in counts.items():
                if type(count) is int and count > 0:
                    self._lost[str(cause)] = self._lost.get(str(cause), 0) + count


def param_text(value: JsonValue) -> str:
    """Returns the text people see for a param: text as it is, other values as Python says them."""
    return value if isinstance(value, str) else str(value)


def _moved(body: dict[str, JsonValue]) -> str:
    name = body.get("experiment")
    return name if isinstance(name, str) and is_name(name) else ""


_STATUSES = {each.value: each for each in RunStatus}


def _status(body: dict[str, JsonValue]) -> RunStatus | None:
    word = body.get("status")
    return _STATUSES.get(word) if isinstance(word, str) else None
