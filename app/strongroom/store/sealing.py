# SPDX-License-Identifier: Apache-2.0
"""Seals finished runs: metrics into checked Parquet, everything by digest into ``sealed.json``.

* Results are made, verified by reading them back, written aside, made durable, and renamed:
  Parquet first, ``sealed.json`` last. Journals are removed only after that.
* A crash at any point leaves either the journals or the sealed run, and the next call goes on.
* A run with damaged journals is not sealed: its bytes stay for whoever can still use them.
* ``sealed.json`` names the journals it took in, so that one left over is never counted twice.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from strongroom.disk.hashing import hash_file
from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.check_member import encode_checked
from strongroom.domain.errors import Untrusted
from strongroom.journal.files import is_journal, journals_in
from strongroom.journal.gathering import Gathered
from strongroom.journal.reader import file_names, read_run
from strongroom.store.liveness import Observer
from strongroom.store.run_state import (
    MAX_SEALED_BYTES,
    METRICS_FILE,
    SEALED_FILE,
    RunState,
    from_content,
    journals_beside,
    list_folder,
    read_sealed,
    read_state,
)
from strongroom.store.sealed_document import sealed_document
from strongroom.store.taken_in import remove_taken_in

if TYPE_CHECKING:
    from strongroom.store.points_draft import PointsDraft

LOCK_FILE = ".lock"  # one a month folder: a run keeps one to three files
LOCK_SECONDS = 10.0  # sealing a million points takes one
HELD_BYTES = 32 << 20  # of journals: a million points, 25 MB; beyond, points stay on the disk
_NEW_METRICS = ".metrics.parquet.tmp"
_NEW_SEALED = ".sealed.json.tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that is about to be sealed.

    Holds its folder, its state as it will be, the stamp of the journals that were read
    (`run_state.file_stamp`), ``sealed.json`` as a document and as bytes, and its points.
    """

    folder: Path
    state: RunState
    stamp: str
    document: dict[str, JsonValue]
    data: bytes
    points: "PointsDraft | None"


def seal(folder: Path, observer: Observer) -> bool:
    """Seals a run if it is finished; returns whether it is now sealed by this call.

    Raises:
        Untrusted: If what was written does not read back as it was (``E-HASH``), or the run
            cannot be put into ``sealed.json`` (``E-FORMAT``).
        OSError: If the folder cannot be written.
    """
    try:
        with run_lock(folder):
            prepared = prepare(folder, observer)
            if prepared is None:
                return False
            publish(prepared)
            return True
    except Timeout:
        return False  # another program is at it


def prepare(folder: Path, observer: Observer) -> Prepared | None:
    """Returns what sealing a run would write, or None if it is not to be sealed now.

    The caller holds `run_lock` until the run is published.

    Raises:
        Untrusted, OSError: As `seal`.
    """
    names, stamp = list_folder(folder)
    if _is_interrupted(names):
        _finish_locked(folder)
        names, stamp = list_folder(folder)
    state, journals, held = _read(folder, names, observer)
    if not _can_be_sealed(state):
        return None
    draft = None
    if state.metrics:
        from strongroom.store.points_draft import draft_points  # Arrow: only where points are

        counts = {key: each.count for key, each in state.metrics.items()}
        before = folder / METRICS_FILE if SEALED_FILE in names else None
        draft = draft_points(folder, journals, counts, held=held, before=before)
        if draft is None:
            return None
    entry = None if draft is None else (draft.sha256, draft.size_bytes)
    document = sealed_document(folder, names, state, metrics=entry)
    try:
        data = encode_checked(document)
    except (ValueError, UnicodeEncodeError) as error:
        raise Untrusted(
            "E-FORMAT",
            f"The run {state.run_id} holds a value that cannot be sealed ({error})",
            "It stays readable in its journals; nothing was removed.",
        ) from error
    sealed = replace(
        state, is_sealed=True, is_live=False, sealed_sha256=hashlib.sha256(data).hexdigest()
    )
    return Prepared(
        folder=folder, state=sealed, stamp=stamp, document=document, data=data, points=draft
    )


def publish(prepared: Prepared) -> None:
    """Writes what was prepared, durably, and removes the journals it took in.

    Raises:
        OSError: If the folder cannot be written; the journals are still there.
        Untrusted: ``E-HASH`` if what was written reads back otherwise; the journals are still
            there.
    """
    folder = prepared.folder
    try:
        if prepared.points is not None and prepared.points.data is not None:
            _write_durably(folder / _NEW_METRICS, prepared.points.data)
        elif prepared.points is not None:
            _sync_file(folder / _NEW_METRICS)
        _write_durably(folder / _NEW_SEALED, prepared.data)
    except OSError:  # half a file would only take the room that is missing
        for name in (_NEW_METRICS, _NEW_SEALED):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        raise
    if prepared.points is not None:
        (folder / _NEW_METRICS).replace(folder / METRICS_FILE)
    (folder / _NEW_SEALED).replace(folder / SEALED_FILE)
    sync_folder(folder)
    names = [str(entry["path"]) for entry in prepared.document["journals"]]
    # Not waited for: a journal that a power cut brings back is known as taken in, and goes again.
    remove_taken_in(prepared.document, {name: folder / name for name in names})


def run_lock(folder: Path) -> FileLock:
    """Returns the lock under which a store changes a run folder; programs that log need none."""
    return FileLock(folder.parent / LOCK_FILE, timeout=LOCK_SECONDS)


def finish_sealing(folder: Path, names: Sequence[str] | None = None) -> bool:
    """Completes or undoes a sealing that was interrupted; leaves one that is under way alone.

    Args:
        folder: The run folder.
        names: What lies in it, if somebody has just looked.

    Returns:
        Whether the folder may be another one than before.

    Raises:
        Untrusted: If ``sealed.json`` cannot be read.
        OSError: If the folder cannot be changed.
    """
    if not _is_interrupted(file_names(folder) if names is None else names):
        return False
    try:
        with run_lock(folder).acquire(timeout=0):
            _finish_locked(folder)
    except Timeout:
        return False
    return True


def sealed_digest(folder: Path) -> str:
    """Returns the digest that ``run.finish`` signs: SHA-256 of ``sealed.json``, '' if unsealed."""
    found = read_sealed(folder)
    return found[1] if found else ""


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows has no descriptors of folders
        return
    try:
        os.fsync(descriptor)
    except OSError:  # shares answer EINVAL; their rename is as durable as it gets
        pass
    finally:
        os.close(descriptor)


def _can_be_sealed(state: RunState) -> bool:
    is_damaged = any(code.startswith("E-") for code, _, _ in state.findings)
    has_ended = state.status.is_terminal and not state.is_live
    return has_ended and not state.is_sealed and not state.is_deleted and not is_damaged


def _is_interrupted(names: Sequence[str]) -> bool:
    """Whether a sealing may have been cut short; a resumed run looks the same from outside."""
    is_resumed = SEALED_FILE in names and any(map(is_journal, names))
    return is_resumed or _NEW_METRICS in names or _NEW_SEALED in names


def _finish_locked(folder: Path) -> None:
    new_metrics, new_sealed = folder / _NEW_METRICS, folder / _NEW_SEALED
    if new_metrics.exists() or not _is_whole(new_sealed):  # nothing was replaced yet
        new_metrics.unlink(missing_ok=True)
        new_sealed.unlink(missing_ok=True)
    else:  # the Parquet was replaced; its document must follow
        new_sealed.replace(folder / SEALED_FILE)
        sync_folder(folder)
    journals = {path.name: path for path in journals_in(folder)}
    if journals and (found := read_sealed(folder)) is not None:
        remove_taken_in(found[0], journals)
        sync_folder(folder)


def _is_whole(path: Path) -> bool:
    """Whether a document that was being written is complete."""
    try:
        canonical.decode(path.read_bytes(), max_bytes=MAX_SEALED_BYTES)
    except (OSError, Untrusted):
        return False
    return True


def _read(
    folder: Path, names: Sequence[str], observer: Observer
) -> tuple[RunState, list[str], Gathered | None]:
    """Returns a run, the journals that are to be sealed, and their points if they are few."""
    journals = [name for name in names if is_journal(name)]
    sealed = read_sealed(folder) if SEALED_FILE in names else None
    if sealed is not None:
        journals = journals_beside(folder, names, sealed[0])
    if sum((folder / name).stat().st_size for name in journals) > HELD_BYTES:
        return read_state(folder, observer, names), journals, None
    held = Gathered()
    content = read_run(folder, journals, held)
    if sealed is not None:
        return read_state(folder, observer, names), journals, held
    return from_content(content, held.summaries(), observer), journals, held


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_durably(path: Path, data: bytes | memoryview) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    if hash_file(path)[0] != hashlib.sha256(data).hexdigest():
        raise Untrusted(
            "E-HASH",
            f"{path.name} reads back otherwise than it was written",
            "This disk cannot be relied on: the journals were kept. Copy the store elsewhere.",
        )
