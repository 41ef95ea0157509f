# SPDX-License-Identifier: Apache-2.0
"""What ``sealed.json`` says of a run: everything but the points, each file by its digest.

* Numbers that are not whole, or too large for a double, are texts: readers agree on every byte.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from strongroom.disk.hashing import hash_file
from strongroom.domain.canonical import MAX_INTEGER, JsonValue
from strongroom.journal.files import is_journal
from strongroom.journal.layout import OBJECT_FOLDER, PACK_SUFFIX, RUN_FILE
from strongroom.journal.process import as_document
from strongroom.store.run_state import METRICS_FILE, SEALED_FORMAT, RunState, number_text


def sealed_document(
    folder: Path,
    names: Sequence[str],
    state: RunState,
    *,
    metrics: tuple[str, int] | None,
) -> dict[str, JsonValue]:
    """Returns the document of a run that is about to be sealed.

    Args:
        folder: The run folder.
        names: What lies in it.
        state: The run as it will be.
        metrics: SHA-256 and size of its Parquet, None if it has no points.

    Raises:
        OSError: If a file cannot be read.
    """
    files = [_entry(folder, path) for path in _kept_files(folder, names)]
    if metrics is not None:
        files.append({"path": METRICS_FILE, "sha256": metrics[0], "size": metrics[1]})
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
        "journals": [_entry(folder, folder / name) for name in names if is_journal(name)],
    }


def is_object(name: str) -> bool:
    """Whether a file in ``obj/`` is an artifact, and not one that was still being written."""
    return len(name) == 64 and not name.startswith(".")


def _integer(number: int) -> int | str:
    """Returns the number, as text where a double could not hold it."""
    return number if abs(number) < MAX_INTEGER else str(number)


def _kept_files(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    packs = (name for name in names if name.endswith(PACK_SUFFIX) and not name.startswith("."))
    yield from (folder / name for name in packs)
    objects = folder / OBJECT_FOLDER
    if OBJECT_FOLDER in names and objects.is_dir():
        yield from (path for path in objects.iterdir() if path.is_file() and is_object(path.name))


def _entry(folder: Path, path: Path) -> dict[str, JsonValue]:
    sha256, size = hash_file(path)
    return {"path": path.relative_to(folder).as_posix(), "size": size, "sha256": sha256}
