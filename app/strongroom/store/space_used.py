# SPDX-License-Identifier: Apache-2.0
"""How much of the disk each kind of thing in a store takes.

* Names and sizes alone are looked at, a folder at a time; nothing is read and no link followed.
* What vanishes meanwhile is not counted; names that are not ours are counted apart.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.progress import Progress
from strongroom.journal.files import is_journal
from strongroom.journal.layout import OBJECT_FOLDER, PACK_SUFFIX, RUN_FILE
from strongroom.store.run_state import METRICS_FILE, SEALED_FILE

KINDS = (
    "artifacts", "metrics", "journals", "facts", "pulled", "ledger", "quarantine", "index",
    "cache", "other",
)  # fmt: skip
"""Kinds of things in a store, in the order they are shown."""
STEP = 500  # folders between two words about how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceUse:
    """What one kind takes: bytes and files."""

    kind: str
    size_bytes: int
    file_count: int


def space_used(root: Path, progress: Progress) -> tuple[SpaceUse, ...]:
    """Returns what each kind takes, in the order of `KINDS`.

    Args:
        root: The store.
        progress: Hears the number of folders; may cancel.

    Raises:
        Cancelled: If somebody asked to stop.
        OSError: If the store itself cannot be listed.
    """
    sizes, counts = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for name, parts, size in _files(root, progress):
        kind = _kind(name, parts)
        sizes[kind] += size
        counts[kind] += 1
    return tuple(
        SpaceUse(kind=kind, size_bytes=sizes[kind], file_count=counts[kind]) for kind in KINDS
    )


def _files(root: Path, progress: Progress) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yields each file: its name, the names of the folders above it, its size."""
    pending: list[tuple[str, tuple[str, ...]]] = [(os.fspath(root), ())]
    done = 0
    while pending:
        folder, parts = pending.pop()
        done += 1
        if done % STEP == 0:
            progress.step(done, done + len(pending), "Looking at files")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, (*parts, entry.name)))
                    else:
                        yield entry.name, parts, entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            if not parts:
                raise


def _kind(name: str, parts: tuple[str, ...]) -> str:
    top = parts[0] if parts else ""
    if top == "runs":
        return _kind_in_run(name, parts)
    if top in {"ledger", "quarantine", "cache"}:
        return top
    if top == "blobs":
        return "pulled"
    if name.startswith("catalog."):
        return "index"
    return "facts" if not parts and name.endswith(".json") else "other"


def _kind_in_run(name: str, parts: tuple[str, ...]) -> str:
    if parts[-1] == OBJECT_FOLDER or name.endswith(PACK_SUFFIX):
        return "artifacts"
    if name == METRICS_FILE:
        return "metrics"
    if is_journal(name):
        return "journals"
    return "facts" if name in {RUN_FILE, SEALED_FILE, ".lock"} else "other"
