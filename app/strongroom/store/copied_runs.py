# SPDX-License-Identifier: Apache-2.0
"""Run folders that somebody carried here: found below any folder, checked, copied whole.

* A copy of a run folder is the run: nothing is rewritten, and only files of ours are copied.
* A sealed run is hashed before it counts; a run with damaged journals is refused.
* Copying twice is copying once; a run that is here with other content stays as it is.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from strongroom.disk.hashing import hash_file
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.ids import RandomBytes, is_digest, is_run_id
from strongroom.domain.newer_format import newer
from strongroom.journal.files import is_of_a_process, journals_in
from strongroom.journal.layout import OBJECT_FOLDER, RUN_FILE, RUN_FORMAT
from strongroom.journal.reader import read_header
from strongroom.store.artifacts import verify_artifacts
from strongroom.store.faults import explained
from strongroom.store.liveness import Observer
from strongroom.store.plainfile import is_plain
from strongroom.store.publish import check_free_space
from strongroom.store.run_state import (
    METRICS_FILE,
    SEALED_FILE,
    SEALED_FORMAT,
    RunState,
    read_sealed,
    read_state,
)
from strongroom.store.seal_check import verify_sealed
from strongroom.store.sealing import sync_folder
from strongroom.store.store_folder import StoreFolder

MAX_DEPTH = 4  # PATH/store/runs/yyyy-mm/run and every shorter way
MAX_ENTRIES = 1_000_000  # folders looked at; a home directory by mistake ends there
_OURS = re.compile(
    r"(w|edit)-[0-9a-f]{8}(-[0-9]{1,4})?\.(srj|pack)|w-[0-9a-f]{8}(-[0-9]{1,4})?\.jsonl"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run folder somewhere else, as it was read: its state, size and signs of life."""

    folder: Path
    state: RunState
    size_bytes: int


def find_runs(root: Path) -> Iterator[Path]:
    """Yields the run folders at or below a folder; links are not followed.

    Raises:
        EnvironmentFault: ``E-SHARE``.
    """
    with explained(root):
        if not root.is_dir():
            root.stat()  # says why
        looked = 0
        pending = [(root.absolute(), 0)]
        while pending:
            folder, depth = pending.pop()
            if is_run_id(folder.name) and is_plain(folder / RUN_FILE):
                yield folder
                continue
            if depth >= MAX_DEPTH:
                continue
            with os.scandir(folder) as entries:
                below = [
                    entry.name
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                ]
            looked += len(below)
            if looked > MAX_ENTRIES:
                raise Untrusted(
                    "E-SIZE", f"{root} holds over {MAX_ENTRIES:,} folders", "Name one further down."
                )
            pending += [(folder / name, depth + 1) for name in sorted(below, reverse=True)]


def read_found(folder: Path, observer: Observer) -> FoundRun:
    """Reads a run folder that is to be copied and refuses one that does not hold.

    Raises:
        Untrusted: The code says what is wrong; ``E-FORMAT``, ``E-HASH``, ``E-MISSING``, …
        Refused: ``E-LIVE`` while a process may still be writing it.
        EnvironmentFault: ``E-SHARE``.
    """
    with explained(folder):
        header, sealed = read_header(folder), read_sealed(folder)
        for number, known in (
            (header.format, RUN_FORMAT),
            (sealed[0]["format"] if sealed else 0, SEALED_FORMAT),
        ):
            if number > known:
                raise newer(f"The run {header.name}", number)
        state = read_state(folder, observer)
        for finding in verify_sealed(folder):
            raise Untrusted(finding.code, f"{finding.path}: {finding.detail}", _ADVICE)
        for code, path, detail in state.findings:
            if code.startswith("E-"):
                raise Untrusted(code, f"{path}: {detail}", _ADVICE)
        for code, path, detail in verify_artifacts(folder, state.artifacts):
            raise Untrusted(code, f"{path}: {detail}", _ADVICE)
        if state.is_live:
            raise Refused(
                "E-LIVE",
                f"The run {state.name} is still being logged",
                "Copy it when it has ended.",
            )
        size = sum(path.stat().st_size for path in _files(folder))
    return FoundRun(folder=folder, state=state, size_bytes=size)


def is_here(store: StoreFolder, found: FoundRun) -> bool:
    """Whether the run is in the store with the same content.

    Raises:
        Refused: ``E-CONFLICT`` if it is there with other content.
    """
    place = store.find_run(found.state.run_id)
    if place is None:
        return False
    with explained(place):
        if _is_same(_story(place), _story(found.folder)):
            return True
    raise Refused(
        "E-CONFLICT",
        f"The run {found.state.name} is here with other content",
        "Nothing was overwritten. Compare both folders and keep the right one.",
    )


def copy_run(store: StoreFolder, found: FoundRun, *, random_bytes: RandomBytes) -> Path:
    """Copies a run folder into the store; it appears whole or not at all.

    Raises:
        Untrusted: If the copy does not hold.
        EnvironmentFault: ``E-FULL``, ``E-SHARE``.
    """
    started = datetime.fromtimestamp(found.state.started_us // MICROSECONDS, tz=UTC)
    target = store.run(started.strftime("%Y-%m"), found.state.run_id)
    aside = target.with_name(f".{target.name}.{random_bytes(4).hex()}.tmp")
    with explained(store.root):
        check_free_space(store.root, found.size_bytes)
        aside.mkdir(parents=True)
    try:
        with explained(found.folder):
            for path in _files(found.folder):
                copy = aside / path.relative_to(found.folder)
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy, follow_symlinks=False)
                _sync_file(copy)
        for finding in verify_sealed(aside):
            raise Untrusted(finding.code, f"{finding.path}: {finding.detail}", _ADVICE)
        with explained(store.root):
            sync_folder(aside)
            aside.rename(target)
            sync_folder(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


_ADVICE = "It was not taken in. Copy the run folder again from where it was logged."


def _files(folder: Path) -> Iterator[Path]:
    """Yields the files of a run folder that are ours; everything else stays where it is."""
    for name in (RUN_FILE, SEALED_FILE, METRICS_FILE):
        if is_plain(folder / name):
            yield folder / name
    for path in sorted(folder.iterdir()):
        if _OURS.fullmatch(path.name) and is_plain(path):
            yield path
    objects = folder / OBJECT_FOLDER
    if objects.is_dir() and not objects.is_symlink():
        for path in sorted(objects.iterdir()):
            if is_digest(path.name) and is_plain(path):
                yield path


def _story(folder: Path) -> tuple[str, set[str]]:
    """Returns how a run was sealed ("" if it was not) and the digests of its journals.

    A run that was copied while open and then sealed names the journals it took in.
    """
    sealed, journals = "", set()
    with suppress(Untrusted):
        found = read_sealed(folder)
        if found is not None:
            sealed = found[1]
            for item in found[0].get("journals", ()):
                if str(item["path"]).startswith("w-"):
                    journals.add(str(item["sha256"]))
    found_here = (path for path in journals_in(folder) if is_of_a_process(path.name))
    journals |= {hash_file(path)[0] for path in found_here}
    return sealed, journals


def _is_same(first: tuple[str, set[str]], second: tuple[str, set[str]]) -> bool:
    return (bool(first[0]) and first[0] == second[0]) or (bool(first[1]) and first[1] == second[1])


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream, suppress(OSError):
        os.fsync(stream.fileno())
