# SPDX-License-Identifier: Apache-2.0
"""One reading of a run folder, sealed or live: what the catalog and the detail page show.

* A sealed run reads from ``sealed.json`` alone; later edits and resumed journals are laid over it.
* What a newer Strongroom wrote is read as far as it is known, with a finding that says so.
* The shape is the same either way, so nobody asks whether a run is sealed to read it.
* A journal that ``sealed.json`` took in and that has not grown since counts no second time.
"""

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from strongroom.domain.canonical import JsonValue, decode
from strongroom.domain.check_member import refuse_changed
from strongroom.domain.errors import Untrusted
from strongroom.domain.run import MetricSummary, RunProcess, RunStatus
from strongroom.journal.content import Finding, JournalContent, RunHeader, StoredArtifact
from strongroom.journal.files import is_journal
from strongroom.journal.gathering import Summed
from strongroom.journal.layout import RUN_FILE, RUN_FORMAT, Kind
from strongroom.journal.opening import open_journal
from strongroom.journal.process import in_order, process_of
from strongroom.journal.reader import (
    file_names,
    newer_run,
    param_text,
    read_at_most,
    read_header,
    read_run,
)
from strongroom.journal.series import joined
from strongroom.store.liveness import Observer

SEALED_FILE = "sealed.json"
METRICS_FILE = "metrics.parquet"
SEALED_FORMAT = 1
MAX_SEALED_BYTES = 64 << 20  # as a manifest: 100,000 artifacts of 600 bytes
_LOOKS = 8  # at a folder whose files go while they are read: another program seals the run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run as its folder tells it; ``month`` and the stamps say where and when it was read."""

    run_id: str
    experiment: str
    name: str
    parent: str
    status: RunStatus
    started_us: int
    ended_us: int | None
    host: str
    user: str
    source: dict[str, JsonValue]
    is_deleted: bool
    is_archived: bool
    is_lost: bool
    is_sealed: bool
    is_live: bool
    sealed_sha256: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, MetricSummary]
    artifacts: tuple[StoredArtifact, ...]
    inputs: tuple[dict[str, str], ...]
    notes: tuple[str, ...]
    lost: dict[str, int]
    findings: tuple[tuple[str, str, str], ...]
    """Code, file name inside the folder, sentence."""
    processes: tuple[RunProcess, ...] = ()
    """Of a run of several processes, by rank; empty for a run of one."""
    moved_to: str = ""
    """The experiment a person moved it to; ``experiment`` is that one then."""
    last_seen_us: int = 0
    """When its processes last wrote anything; 0 for a sealed run."""
    month: str = ""
    folder_stamp: int = 0
    file_stamp: str = ""


class Stamps(NamedTuple):
    """Where a run was read, and what its folder and its journals looked like just before."""

    month: str = ""
    folder_stamp: int = 0
    file_stamp: str = ""


UNSTAMPED = Stamps()


class Listing(NamedTuple):
    """One look into a run folder: the names there, sorted, and the stamp of its journals."""

    names: list[str]
    stamp: str


def list_folder(folder: str | Path) -> Listing:
    """Looks into a run folder once; the stamp is a digest of journals' names, sizes and times.

    Raises:
        OSError: If the folder cannot be read.
    """
    names, journals = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            names.append(name)
            if is_journal(name):
                stat = entry.stat(follow_symlinks=False)
                journals.append(f"{name}:{stat.st_size}:{stat.st_mtime_ns}\n")
    names.sort()
    journals.sort()
    stamp = hashlib.blake2b("".join(journals).encode(), digest_size=8).hexdigest()
    return Listing(names, stamp)


def read_state(
    folder: Path,
    observer: Observer,
    names: Sequence[str] | None = None,
    stamps: Stamps = UNSTAMPED,
) -> RunState:
    """Reads a run folder.

    Args:
        folder: The run folder.
        observer: Who looks, and when.
        names: What lies in it, if somebody has just looked.
        stamps: What the state is to say of where and when it was read.

    Raises:
        Untrusted: If ``run.json`` or ``sealed.json`` cannot be trusted.
        OSError: If the folder cannot be read.
    """
    listed = file_names(folder) if names is None else list(names)
    for _ in range(_LOOKS):
        try:
            state = _read_listed(folder, observer, listed, stamps)
        except FileNotFoundError:
            before, listed = listed, file_names(folder)
            if listed == before:
                raise
            continue
        if not any(code == "E-MISSING" for code, *_ in state.findings):
            break
        before, listed = listed, file_names(folder)
        if listed == before:
            break
    else:
        state = _read_listed(folder, observer, listed, stamps)
    if state.run_id != folder.name:
        raise Untrusted(
            "E-FORMAT",
            f"The folder {folder.name} holds the run {state.run_id}",
            "Give the folder the run's id as its name, or copy it again.",
        )
    return state


def _read_listed(
    folder: Path, observer: Observer, names: Sequence[str], stamps: Stamps
) -> RunState:
    sealed = read_sealed(folder) if SEALED_FILE in names else None
    if sealed is None:
        summed = Summed()
        content = read_run(folder, names, summed)
        return from_content(content, summed.summaries(), observer, stamps)
    state = _from_sealed(read_header(folder), *sealed, stamps)
    beside = journals_beside(folder, names, sealed[0])
    return _overlay(state, folder, observer, beside) if beside else state


def journals_beside(folder: Path, names: Sequence[str], document: Mapping[str, Any]) -> list[str]:
    """Returns the journals among the names that a sealed run's document has not taken in.

    Held against its digest: the next edit may have the name and the size of one that went.
    """
    journals = [name for name in names if is_journal(name)]
    if not journals:
        return journals
    given = document.get("journals", ())
    taken = {
        str(item.get("path")): (item.get("size"), item.get("sha256"))
        for item in (given if isinstance(given, list) else ())
        if isinstance(item, dict)
    }
    return [name for name in journals if not _is_taken(folder / name, *taken.get(name, (-1, "")))]


def read_sealed(folder: Path) -> tuple[dict[str, Any], str] | None:
    """Returns the document of ``sealed.json`` and its digest, or None if the run is not sealed.

    Raises:
        Untrusted: ``E-CANON``, ``E-SIZE`` or ``E-FORMAT``, ``E-HASH`` if it was changed.
    """
    try:
        data = read_at_most(f"{folder}/{SEALED_FILE}", MAX_SEALED_BYTES)
    except FileNotFoundError:
        return None
    document = decode(data, max_bytes=MAX_SEALED_BYTES)
    number = document.get("format") if isinstance(document, dict) else None
    if type(number) is not int or number < SEALED_FORMAT:
        raise _unreadable(folder, "it is of another format")
    if number == SEALED_FORMAT:  # a newer one may check itself otherwise
        refuse_changed(document, data, f"{folder.name}/{SEALED_FILE}")
    return document, hashlib.sha256(data).hexdigest()


def from_content(
    content: JournalContent,
    metrics: dict[str, MetricSummary],
    observer: Observer,
    stamps: Stamps = UNSTAMPED,
) -> RunState:
    """Returns the state of a run that lives in its journals, and of its metrics."""
    header = content.header
    is_live = any(observer.may_write(writer) for writer in content.writers)
    is_lost = content.status is RunStatus.RUNNING and not is_live
    return RunState(
        run_id=header.run_id,
        experiment=content.moved_to or header.experiment,
        name=header.name,
        parent=header.parent,
        status=content.status,
        started_us=header.started_us,
        ended_us=content.ended_us,
        host=header.host,
        user=header.user,
        source=header.source,
        is_deleted=content.is_deleted,
        is_archived=bool(content.is_archived),
        is_lost=is_lost,
        is_sealed=False,
        is_live=is_live,
        sealed_sha256="",
        params=content.params,
        tags=content.tags,
        metrics=metrics,
        artifacts=content.artifacts,
        inputs=content.inputs,
        notes=content.notes,
        lost=content.lost,
        findings=tuple((each.code, each.path, each.detail) for each in content.findings),
        processes=_processes(content),
        moved_to=content.moved_to,
        last_seen_us=max((writer.last_seen_us for writer in content.writers), default=0),
        **stamps._asdict(),
    )


def number_text(value: float) -> str:
    """Writes a float as ``sealed.json`` holds it: the shortest text that reads back the same."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _from_sealed(
    header: RunHeader, document: dict[str, Any], digest: str, stamps: Stamps
) -> RunState:
    try:
        ended = document["ended"]
        moved_to = str(document.get("moved_to", ""))
        return RunState(
            run_id=header.run_id,
            experiment=moved_to or header.experiment,
            name=header.name,
            parent=header.parent,
            status=RunStatus(document["status"]),
            started_us=header.started_us,
            ended_us=int(ended) if ended != "" else None,
            host=header.host,
            user=header.user,
            source=header.source,
            is_deleted=False,
            is_archived=document.get("archived") is True,
            is_lost=False,
            is_sealed=True,
            is_live=False,
            sealed_sha256=digest,
            params=_texts(document["params"]),
            tags=_texts(document["tags"]),
            metrics={str(key): _summary(each) for key, each in document["metrics"].items()},
            artifacts=tuple(_artifact(each) for each in document["artifacts"]),
            inputs=tuple(_texts(each) for each in document["inputs"]),
            notes=tuple(str(each) for each in document.get("notes", ())),
            lost={str(key): int(each) for key, each in document["lost"].items()},
            processes=tuple(
                process_of(each, int(each["pid"])) for each in document.get("processes", ())
            ),
            findings=tuple(
                (each.code, each.path, each.detail) for each in _newer(header, document)
            ),
            moved_to=moved_to,
            **stamps._asdict(),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Untrusted(
            "E-FORMAT",
            f"{header.run_id}/{SEALED_FILE} lacks what a sealed run has ({error})",
            "Copy the run folder again from where it was sealed.",
        ) from error


def _newer(header: RunHeader, document: dict[str, Any]) -> Iterator[Finding]:
    if header.format > RUN_FORMAT:
        yield newer_run(RUN_FILE, header.format)
    if document["format"] > SEALED_FORMAT:
        yield newer_run(SEALED_FILE, document["format"])


def _is_taken(path: Path, size: object, sha256: object) -> bool:
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size != size:
                return False
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _overlay(
    state: RunState, folder: Path, observer: Observer, journals: Sequence[str]
) -> RunState:
    """Lays what was written after sealing, into these journals, over a sealed run."""
    summed = Summed()
    content = read_run(folder, journals, summed)
    later = from_content(content, summed.summaries(), observer)
    has_writers = bool(content.writers)
    tags = dict(state.tags)
    for key, value in tag_records(folder, journals):
        tags.pop(key, None)
        if value is not None:
            tags[key] = value
    by_path = {each.path: each for each in (*state.artifacts, *later.artifacts)}
    merged = replace(
        state,
        is_deleted=later.is_deleted,
        is_archived=state.is_archived if content.is_archived is None else content.is_archived,
        experiment=content.moved_to or state.experiment,
        moved_to=content.moved_to or state.moved_to,
        params=later.params | _kept(state.params, content.params_taken),
        tags=tags,
        notes=state.notes + later.notes,
        inputs=state.inputs + tuple(each for each in later.inputs if each not in state.inputs),
        artifacts=tuple(by_path.values()),
        findings=tuple(dict.fromkeys((*state.findings, *later.findings))),
    )
    if not has_writers:
        return merged
    metrics, newcomers = dict(state.metrics), later.processes
    for key, summary in later.metrics.items():
        metrics[key] = joined(metrics[key], summary) if key in metrics else summary
    return replace(
        merged,
        status=later.status,
        ended_us=later.ended_us,
        is_lost=later.is_lost,
        is_live=later.is_live,
        is_sealed=False,
        last_seen_us=later.last_seen_us,
        metrics=metrics,
        processes=in_order([*state.processes, *newcomers]),
        lost=_sum(state.lost, later.lost),
    )


def _kept(params: dict[str, str], taken: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in params.items() if taken.get(key) != text}


def tag_records(folder: Path, journals: Sequence[str]) -> list[tuple[str, str | None]]:
    """Returns tags set (text) and removed (None) in some journals, in the order of the reader."""
    found: list[tuple[bool, int, str, list[tuple[str, str | None]]]] = []
    for path in (folder / name for name in journals):
        file = open_journal(path)
        try:
            tags = [
                (body["key"], None if body.get("value") is None else param_text(body["value"]))
                for stretch in file.stretches()
                for kind, body in stretch.records
                if kind is Kind.TAG and isinstance(body.get("key"), str)
            ]
        except (OSError, Untrusted):
            continue  # read_run has said so
        created = file.header.created_us if file.header else 0
        found.append((path.name.startswith("edit-"), created, path.name, tags))
    return [tag for *_, tags in sorted(found) for tag in tags]


def _processes(content: JournalContent) -> tuple[RunProcess, ...]:
    if all(writer.process is None for writer in content.writers):
        return ()
    found = []
    for number, writer in enumerate(content.writers):
        host = content.header.host if not number else ""
        told = writer.process or RunProcess(host=host, pid=writer.pid)
        found.append(replace(told, status=writer.status if writer.ended else None))
    return in_order(found)


def _sum(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    return {key: first.get(key, 0) + second.get(key, 0) for key in first | second}


def _texts(document: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in document.items()}


def _summary(document: dict[str, Any]) -> MetricSummary:
    return MetricSummary(
        count=int(document["count"]),
        last=float(document["last"]),
        last_step=int(document["last_step"]),
        minimum=float(document["min"]),
        maximum=float(document["max"]),
    )


def _artifact(document: dict[str, Any]) -> StoredArtifact:
    container, _, offset = str(document["at"]).partition(":")
    return StoredArtifact(
        path=str(document["path"]),
        size_bytes=int(document["size"]),
        sha256=str(document["sha256"]),
        container=container,
        offset=int(offset or 0),
    )


def _unreadable(folder: Path, why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"{folder.name}/{SEALED_FILE} cannot be read: {why}",
        "Copy the run folder again from where it was sealed.",
    )
