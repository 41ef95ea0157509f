# SPDX-License-Identifier: Apache-2.0
"""Seals finished runs: metrics into checked Parquet, everything by digest into ``sealed.json``.

* Results are made in memory, verified by reading them back, written aside, made durable, and
  renamed: Parquet first, ``sealed.json`` last. Journals are removed only after that.
* A crash at any point leaves either the journals or the sealed run, and the next call goes on.
* A run with damaged journals is not sealed: its bytes stay for whoever can still use them.
* ``sealed.json`` names the journals it took in, so that one left over is never counted twice.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from strongroom.domain import canonical
from strongroom.domain.canonical import MAX_INTEGER, JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.journal.files import is_journal, journals_in
from strongroom.journal.layout import OBJECT_FOLDER, PACK_SUFFIX, RUN_FILE
from strongroom.journal.process import as_document
from strongroom.journal.reader import file_names, read_run
from strongroom.journal.series import Series, concat
from strongroom.store.liveness import Observer
from strongroom.store.run_state import (
    MAX_SEALED_BYTES,
    METRICS_FILE,
    SEALED_FILE,
    SEALED_FORMAT,
    RunState,
    from_content,
    list_folder,
    number_text,
    read_sealed,
    read_state,
)
from strongroom.store.taken_in import remove_taken_in

LOCK_FILE = ".lock"  # one a month folder: a run keeps one to three files
LOCK_SECONDS = 10.0  # sealing a million points takes one
CHUNK = 1 << 20
_NEW_METRICS = ".metrics.parquet.tmp"
_NEW_SEALED = ".sealed.json.tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that is about to be sealed.

    Holds its folder, its state as it will be, the stamp of the journals that were read
    (`run_state.file_stamp`), ``sealed.json`` as a document and as bytes, and the Parquet's bytes.
    """

    folder: Path
    state: RunState
    stamp: str
    document: dict[str, JsonValue]
    data: bytes
    parquet: memoryview | None


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
    from strongroom.journal.compact import encode_metrics  # Arrow: only where points are sealed

    state, metrics = _read_once(folder, observer)
    if not _can_be_sealed(state):
        return None
    parquet = None
    if metrics:
        parquet = encode_metrics(metrics)
        _check_metrics(parquet, metrics)
    journals = [name for name in names if is_journal(name)]
    document = _document(folder, names, state, parquet)
    document["journals"] = [_entry(folder, folder / name) for name in journals]
    try:
        data = canonical.encode(document)
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
        folder=folder, state=sealed, stamp=stamp, document=document, data=data, parquet=parquet
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
        if prepared.parquet is not None:
            _write_durably(folder / _NEW_METRICS, prepared.parquet)
        _write_durably(folder / _NEW_SEALED, prepared.data)
    except OSError:  # half a file would only take the room that is missing
        for name in (_NEW_METRICS, _NEW_SEALED):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        raise
    if prepared.parquet is not None:
        (folder / _NEW_METRICS).replace(folder / METRICS_FILE)
    (folder / _NEW_SEALED).replace(folder / SEALED_FILE)
    sync_folder(folder)
    names = [str(entry["path"]) for entry in prepared.document["journals"]]
    remove_taken_in(prepared.document, {name: folder / name for name in names})
    sync_folder(folder)


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


def hash_file(path: Path) -> tuple[str, int]:
    """Returns the SHA-256 and size in bytes of a file, read in pieces."""
    running, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            running.update(piece)
            size += len(piece)
    return running.hexdigest(), size


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


def _read_once(folder: Path, observer: Observer) -> tuple[RunState, dict[str, Series]]:
    """Returns a run and its points; only a resumed run is read twice."""
    if (folder / SEALED_FILE).exists():
        return read_state(folder, observer), all_metrics(folder)
    content = read_run(folder)
    return from_content(content, observer), content.metrics


def all_metrics(folder: Path) -> dict[str, Series]:
    """Returns every series of a run: the sealed Parquet, then what journals added.

    Raises:
        Untrusted: ``E-HASH`` if the Parquet does not hold.
    """
    from strongroom.journal.compact import read_metrics  # as in `prepare`

    parts: dict[str, list[Series]] = {}
    parquet = folder / METRICS_FILE
    if parquet.exists() and (folder / SEALED_FILE).exists():
        for key, series in read_metrics(parquet).items():
            parts.setdefault(key, []).append(series)
    if journals_in(folder):
        for key, series in read_run(folder).metrics.items():
            parts.setdefault(key, []).append(series)
    return {key: concat(series) for key, series in sorted(parts.items())}


def _document(
    folder: Path, names: Sequence[str], state: RunState, parquet: memoryview | None
) -> dict[str, JsonValue]:
    files = [_entry(folder, path) for path in _kept_files(folder, names)]
    if parquet is not None:
        digest = hashlib.sha256(parquet).hexdigest()
        files.append({"path": METRICS_FILE, "size": len(parquet), "sha256": digest})
    # Written only where a person did so, and then kept: the edit that said it is taken in.
    placed: dict[str, JsonValue] = {"moved_to": state.moved_to} if state.moved_to else {}
    if state.is_archived:
        placed["archived"] = True
    if state.processes:
        placed["processes"] = [as_document(each) for each in state.processes]
    return {
        **placed,
        "format": SEALED_FORMAT,
        "run_id": state.run_id,
        "run": hash_file(folder / RUN_FILE)[0],
        "status": state.status.value,
        "ended": _integer(state.ended_us) if state.ended_us is not None else "",
        "params": state.params,
        "tags": state.tags,
        "inputs": list(state.inputs),
        "metrics": {
            key: {
                "count": each.count,
                "min": number_text(each.minimum),
                "max": number_text(each.maximum),
                "last": number_text(each.last),
                "last_step": _integer(each.last_step),
            }
            for key, each in state.metrics.items()
        },
        "artifacts": [
            {
                "path": each.path,
                "size": each.size_bytes,
                "sha256": each.sha256,
                "at": f"{each.container}:{each.offset}",
            }
            for each in sorted(state.artifacts, key=lambda item: item.path.encode())
        ],
        "files": sorted(files, key=lambda item: str(item["path"])),
        "notes": list(state.notes),
        "lost": {key: _integer(count) for key, count in state.lost.items()},
    }


def _integer(number: int) -> int | str:
    """Returns the number, as text where a double could not hold it."""
    return number if abs(number) < MAX_INTEGER else str(number)


def _kept_files(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    packs = (name for name in names if name.endswith(PACK_SUFFIX) and not name.startswith("."))
    yield from (folder / name for name in packs)
    objects = folder / OBJECT_FOLDER
    if OBJECT_FOLDER in names and objects.is_dir():
        yield from (path for path in objects.iterdir() if path.is_file() and is_object(path.name))


def is_object(name: str) -> bool:
    """Whether a name in the folder of objects is a digest, not one of a file on its way."""
    return len(name) == 64 and not name.startswith(".")


def _entry(folder: Path, path: Path) -> dict[str, JsonValue]:
    sha256, size = hash_file(path)
    return {"path": path.relative_to(folder).as_posix(), "size": size, "sha256": sha256}


def _check_metrics(data: memoryview, written: Mapping[str, Series]) -> None:
    from strongroom.journal.compact import decode_metrics  # as in `prepare`

    back = decode_metrics(data, METRICS_FILE)
    same = back.keys() == written.keys() and all(
        np.array_equal(back[key].steps, series.steps)
        and np.array_equal(back[key].times_us, series.times_us)
        and back[key].values.tobytes() == series.values.tobytes()
        for key, series in written.items()
    )
    if not same:
        raise Untrusted(
            "E-HASH",
            "Metrics did not read back as they were written",
            "The disk or the memory of this machine is unreliable; the journals were kept.",
        )


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
