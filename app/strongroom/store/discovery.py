# SPDX-License-Identifier: Apache-2.0
"""Finds new, changed and vanished run folders and brings the catalog up to date.

* Incremental: names and one stat a folder; files are looked at only where a run is not sealed, or
  where its folder had just changed when it was read: a disk that keeps coarse times (two seconds on
  FAT) shows the next change under the same one.
* A broken folder never stops the others: it becomes a finding with a code and its path.
* What the catalog holds afterwards depends on the folders alone, not on when they were seen.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, delete, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_run_id
from strongroom.domain.progress import Progress
from strongroom.domain.run import RunStatus
from strongroom.journal.files import header_or_none, is_of_a_process, journals_in
from strongroom.journal.layout import RUN_FILE
from strongroom.store import tables
from strongroom.store.catalog import Catalog
from strongroom.store.liveness import Observer, observe
from strongroom.store.run_index import RunIndex, SealedState
from strongroom.store.run_state import Listing, RunState, Stamps, list_folder, read_state
from strongroom.store.sealing import finish_sealing
from strongroom.store.statement import Statement
from strongroom.store.store_folder import StoreFolder, month_folders

COARSE_NS = 2_000_000_000  # what the coarsest file system keeps times to
LOOKED_AT = 500  # folders between two looks at Cancel
BATCH = 60_000  # rows a transaction: under half a second of work, then other writers get their turn


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """Something wrong with a run folder: code, path below ``runs/``, one sentence."""

    code: str
    path: str
    detail: str


Place = tuple[str, str, int]
"""Run id, month and stamp of a run folder."""


class _Known(NamedTuple):
    """What the catalog remembers of a run whose journals have to be looked at."""

    stored_stamp: int
    file_stamp: str
    may_die: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A run folder that was read: its state, or why not."""

    name: str
    stamp: int
    state: RunState | None
    findings: tuple[tuple[str, str, str], ...] = ()

    @property
    def rows(self) -> int:
        """About how many rows it becomes in the catalog: a run may have 100,000 metrics."""
        if (state := self.state) is None:
            return 1
        texts = len(state.params) + len(state.tags)
        return 1 + texts + len(state.metrics) + len(state.artifacts)


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One walk over the run folders."""

    runs: str
    """The folder ``runs/``."""
    sealed: dict[str, dict[str, int]]
    """Stamps of the sealed runs by month and id; such a run is the same if its folder is, and goes
    from here when that was seen."""
    known: dict[Place, _Known]
    blamed: set[str]
    """Folders, below ``runs/``, that have findings."""
    seen: dict[str, str] = field(default_factory=dict)
    doubles: set[str] = field(default_factory=set)
    """Folders, below ``runs/``, of runs that were seen elsewhere before."""
    changed: set[str] = field(default_factory=set)
    settled: list[Place] = field(default_factory=list)
    """Places that had just changed when they were read, and are the same still."""

    def has_met(self, path: str) -> bool:
        """Whether the run folder a path below ``runs/`` leads to was there."""
        month, run_id = path.split("/")[:2]
        return self.seen.get(run_id) == month or f"{month}/{run_id}" in self.doubles


def discover(catalog: Catalog, folder: StoreFolder, clock: Clock, progress: Progress) -> Changes:
    """Reads what is new or changed and forgets what is gone; returns the runs concerned.

    Raises:
        OSError: If ``runs/`` itself cannot be listed; nothing is forgotten then.
        Cancelled: Between two batches; what was read stays.
    """
    observer = observe(clock.now_us())
    with catalog.read() as connection:
        walk = _Pass(
            runs=os.fspath(folder.runs),
            sealed=_by_month(_SEALED.rows(connection)),
            known={
                (run_id, month, abs(stamp)): _Known(stamp, *rest)
                for run_id, month, stamp, *rest in _WATCHED.rows(connection)
            },
            blamed=_blamed(connection),
        )
    batch: list[_Folder] = []
    rows = 0
    for place in _folders(walk, folder.runs, progress):
        if read := _look(walk, folder, place, observer):
            batch.append(read)
            rows += read.rows
        if rows >= BATCH:
            _store(catalog, walk, batch)
            batch, rows = [], 0
    _store(catalog, walk, batch)
    _forget(catalog, walk)
    _settle(catalog, walk)
    return Changes(runs=frozenset(walk.changed))


def put_states(catalog: Catalog, states: Sequence[RunState]) -> None:
    """Brings the rows of runs up to date with states that were just read, each run once."""
    if states:
        with catalog.begin() as connection:
            RunIndex(connection).put(states)


def put_sealed(catalog: Catalog, sealed: Sequence[SealedState]) -> None:
    """Brings the rows of runs up to date that were just sealed; they have no findings."""
    if not sealed:
        return
    names = {f"{each.state.month}/{each.state.run_id}" for each in sealed}
    with catalog.begin() as connection:
        _clear_findings(connection, sorted(names & _blamed(connection)))
        RunIndex(connection).put_sealed(sealed)


def read_for_catalog(folder: StoreFolder, month: str, run_id: str, observer: Observer) -> RunState:
    """Returns the state of a run folder with the stamps the catalog remembers.

    Raises:
        Untrusted, OSError: As `read_state`.
    """
    path = folder.run(month, run_id)
    stamp = folder_stamp(path)  # before reading: a change meanwhile is seen next time
    return _read(path, stamp, list_folder(path), observer)


def folder_stamp(path: Path) -> int:
    """Returns the time a folder last changed, nanoseconds; negative if that was just now.

    Raises:
        OSError: If there is no such folder.
    """
    return _marked(path.stat().st_mtime_ns)


def _marked(stamp: int) -> int:
    return -stamp if time.time_ns() - stamp < COARSE_NS else stamp


def _read(path: Path, stamp: int, files: Listing, observer: Observer) -> RunState:
    return read_state(path, observer, files.names, Stamps(path.parent.name, stamp, files.stamp))


def report(catalog: Catalog, path: str, error: Untrusted) -> None:
    """Remembers why a run could not be sealed, until it is next read."""
    row = {"path": path, "code": error.code, "detail": error.title, "folder_stamp": 0}
    with catalog.begin() as connection:
        connection.execute(insert(tables.finding).on_conflict_do_nothing(), [row])


def findings(connection: Connection) -> tuple[StoredFinding, ...]:
    """Returns what was wrong with run folders when they were last read."""
    rows = connection.execute(
        select(tables.finding.c.code, tables.finding.c.path, tables.finding.c.detail).order_by(
            tables.finding.c.path
        )
    )
    return tuple(StoredFinding(code=code, path=path, detail=text) for code, path, text in rows)


def _by_month(rows: Sequence[Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for month, run_id, stamp in rows:
        found.setdefault(month, {})[run_id] = stamp
    return found


def _folders(walk: _Pass, runs: Path, progress: Progress) -> Iterator[Place]:
    """Yields run folders that are not as a sealed run's was; one stat each, of a million perhaps.

    Most are, most of the time: those are noted as seen here, with as little as that takes.
    """
    total = len(walk.known) + sum(map(len, walk.sealed.values()))
    number, seen = 0, walk.seen
    for month in sorted(month_folders(runs)):
        quiet = walk.sealed.get(month, {})
        with os.scandir(runs / month) as entries:
            for number, entry in enumerate(entries, number):  # noqa: B020 - counts on
                if number % LOOKED_AT == 0:
                    progress.step(number, max(total, number), "Reading runs")
                if not entry.is_dir(follow_symlinks=False):
                    continue
                try:
                    stamp = entry.stat(follow_symlinks=False).st_mtime_ns
                except FileNotFoundError:
                    continue
                name = entry.name
                if quiet.get(name) == stamp and name not in seen:
                    del quiet[name]
                    seen[name] = month
                elif is_run_id(name):
                    yield name, month, stamp


def _look(walk: _Pass, folder: StoreFolder, place: Place, observer: Observer) -> _Folder | None:
    """Returns what a run folder says, None if that is what is known of it."""
    run_id, month, stamp = place
    name = f"{month}/{run_id}"
    if run_id in walk.seen:
        walk.doubles.add(name)
        detail = f"the same run lies in {walk.seen[run_id]}"
        return _Folder(name=name, stamp=stamp, state=None, findings=(("E-CONFLICT", "", detail),))
    walk.seen[run_id] = month
    known = walk.known.get(place)
    where = f"{walk.runs}/{name}"
    try:
        files = list_folder(where)
        if _never_began(files.names):
            del walk.seen[run_id]  # nothing was logged; a run that was emptied is gone
            return None
        if known is not None and _is_same(known, files, where, observer):
            if known.stored_stamp < 0 < _marked(stamp):
                walk.settled.append(place)
            return None
        path = folder.run(month, run_id)
        if not folder.only_read and finish_sealing(path, files.names):
            state = read_for_catalog(folder, month, run_id, observer)
        else:
            state = _read(path, _marked(stamp), files, observer)
    except (Untrusted, OSError) as error:
        return _Folder(name=name, stamp=stamp, state=None, findings=(_finding(error),))
    bad = tuple(each for each in state.findings if each[0].startswith("E-"))
    return _Folder(name=name, stamp=stamp, state=state, findings=bad)


def _never_began(names: Sequence[str]) -> bool:
    """Whether a folder holds nothing but, at most, a ``run.json`` that was never given its name."""
    return all(name.startswith(f".{RUN_FILE}.") and name.endswith(".tmp") for name in names)


def _finding(error: Untrusted | OSError) -> tuple[str, str, str]:
    """Returns why a run folder cannot be read, as a finding."""
    if isinstance(error, Untrusted):
        return error.code, "", error.title
    if isinstance(error, FileNotFoundError):
        return "E-MISSING", "", f"{Path(error.filename or '').name} is not there"
    return "E-STORE", "", str(error.strerror or error)


def _is_same(known: _Known, files: Listing, folder: str, observer: Observer) -> bool:
    """Whether a run that is not sealed is as it was: its journals and, if it runs, its process."""
    if known.file_stamp != files.stamp:
        return False
    return not known.may_die or not _has_died(Path(folder), observer)


def _has_died(path: Path, observer: Observer) -> bool:
    """Whether every process of a running run is gone, judged by headers and file times alone."""
    for journal in journals_in(path):
        header = header_or_none(journal) if is_of_a_process(journal.name) else None
        if header is None:
            continue
        touched_us = journal.stat().st_mtime_ns // 1000
        if not observer.is_gone(
            header.pid, header.boot_id, touched_us, says_alive=header.says_alive
        ):
            return False
    return True


def _store(catalog: Catalog, walk: _Pass, batch: list[_Folder]) -> None:
    if not batch:
        return
    finding = tables.finding
    with catalog.begin() as connection:
        _clear_findings(connection, [item.name for item in batch if item.name in walk.blamed])
        rows = [
            {
                "path": f"{item.name}/{file}" if file else item.name,
                "code": code,
                "detail": detail,
                "folder_stamp": item.stamp,
            }
            for item in batch
            for code, file, detail in item.findings
        ]
        if rows:
            connection.execute(insert(finding).on_conflict_do_nothing(), rows)
        states = [item.state for item in batch if item.state is not None]
        # What cannot be read any more is not shown as it was: a rebuild would not show it either.
        lost = [item.name for item in batch if item.state is None and item.name not in walk.doubles]
        index = RunIndex(connection)
        gone = index.remove(name.split("/")[1] for name in lost)
        index.put(states)
    fresh = (name.split("/")[1] for name in lost if name not in walk.blamed)
    walk.changed.update(gone, fresh, (state.run_id for state in states))


def _clear_findings(connection: Connection, names: list[str]) -> None:
    finding = tables.finding
    for name in names:
        below = finding.c.path.startswith(name + "/", autoescape=True)
        connection.execute(delete(finding).where((finding.c.path == name) | below))


def _forget(catalog: Catalog, walk: _Pass) -> None:
    unmet = {run_id for run_id, *_ in walk.known}.union(*walk.sealed.values())
    gone = sorted(unmet - walk.seen.keys())
    finding = tables.finding
    if gone:
        with catalog.begin() as connection:
            RunIndex(connection).remove(gone)
        walk.changed.update(gone)
    with catalog.read() as connection:
        named = list(connection.execute(select(finding.c.path)).scalars())
    stale = [path for path in named if not walk.has_met(path)]
    if stale:
        with catalog.begin() as connection:
            connection.execute(delete(finding).where(finding.c.path.in_(stale)))
        walk.changed.update(path.split("/")[1] for path in stale)


def _settle(catalog: Catalog, walk: _Pass) -> None:
    """Notes which folders need no further look while their stamps are the same."""
    if walk.settled:
        rows = [(stamp, run_id, -stamp) for run_id, _, stamp in walk.settled]
        with catalog.begin() as connection:
            connection.exec_driver_sql(_SETTLE, rows)


def _blamed(connection: Connection) -> set[str]:
    paths = connection.execute(select(tables.finding.c.path)).scalars()
    return {"/".join(path.split("/")[:2]) for path in paths}


def _known_questions() -> tuple[Select[Any], ...]:
    run = tables.run
    place = select(run.c.run_id, run.c.month, run.c.folder_stamp)
    may_die = and_(run.c.status == RunStatus.RUNNING.value, ~run.c.is_lost)
    is_quiet = and_(run.c.is_sealed, run.c.folder_stamp > 0)
    watched = place.add_columns(run.c.file_stamp, may_die).where(~is_quiet)
    quiet = select(run.c.month, run.c.run_id, run.c.folder_stamp).where(is_quiet)
    return quiet, watched


_SETTLE = "UPDATE run SET folder_stamp = ? WHERE run_id = ? AND folder_stamp = ?"
_SEALED, _WATCHED = map(Statement.of, _known_questions())
