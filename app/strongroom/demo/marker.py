# SPDX-License-Identifier: Apache-2.0
"""Tells a demo store from somebody's own: two small files, one written first, one written last.

* ``demo/begun.json`` is the first file of a demo store. A folder that holds anything and not
  that file belongs to somebody, and is not touched.
* ``demo.json`` is the last. Without it the filling was cut off, and starts over.
* Only what a store is made of is ever removed; other files stay, and so does their folder.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.demo.people import FOLDER
from strongroom.disk.whole_file import write_whole
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted

FORMAT = 1
FINISHED_FILE = "demo.json"
BEGUN_FILE = "begun.json"
LOCK_FILE = "lock"
MAX_MARKER = 64 * 1024  # bytes; ids of some fifty runs and a few paths
_OWN_PREFIXES = ("catalog.sqlite3",)
_OWN = frozenset(
    ["store.json", "runs", "blobs", "ledger", "quarantine", "cache", "lock", FOLDER, FINISHED_FILE]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What ``demo.json`` remembers: ids and counts, so that a repeat need not look."""

    runs: tuple[str, ...]
    run_count: int
    models: tuple[str, ...]
    waiting: str
    rejected: str
    audit: str
    seconds: int


def lock_path(store: Path) -> Path:
    """Returns the lock under which one program at a time fills a store."""
    return store / FOLDER / LOCK_FILE


def is_begun(store: Path) -> bool:
    """Whether this folder was begun as a demo store."""
    return (store / FOLDER / BEGUN_FILE).is_file()


def check_free(store: Path) -> None:
    """Accepts a folder that is absent, empty, or was begun as a demo store.

    Raises:
        Refused: ``E-DEMO`` if it holds anything else.
        EnvironmentFault: ``E-STORE`` if it cannot be read.
    """
    if is_begun(store):
        return
    try:
        names = sorted(path.name for path in store.iterdir()) if store.exists() else []
        inside = sorted((store / FOLDER).iterdir()) if FOLDER in names else []
    except OSError as error:
        raise EnvironmentFault(
            "E-STORE",
            f"The folder {store} cannot be read: {error.strerror or error}",
            "Name a folder of your own with --store.",
        ) from error
    if set(names) - {FOLDER} or {path.name for path in inside} - {LOCK_FILE}:
        raise Refused(
            "E-DEMO",
            f"{store} holds something that is not the demo",
            "Nothing was changed. Name an empty or new folder: strongroom demo --store FOLDER.",
        )


def begin(store: Path) -> None:
    """Says that a folder is a demo store from now on.

    Raises:
        EnvironmentFault: ``E-STORE`` if the folder cannot be written.
    """
    _write(store / FOLDER / BEGUN_FILE, {"format": FORMAT})


def finish(store: Path, finished: Finished) -> None:
    """Says that a demo store is complete."""
    document = {
        "format": FORMAT,
        "runs": list(finished.runs),
        "run_count": finished.run_count,
        "models": list(finished.models),
        "waiting": finished.waiting,
        "rejected": finished.rejected,
        "audit": finished.audit,
        "seconds": finished.seconds,
    }
    _write(store / FINISHED_FILE, document)


def finished(store: Path) -> Finished | None:
    """Returns what a complete demo store remembers, None for any other folder.

    Raises:
        Untrusted: ``E-FORMAT`` if the file was damaged.
    """
    path = store / FINISHED_FILE
    if not is_begun(store):
        return None
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(MAX_MARKER))
        return Finished(
            runs=tuple(map(str, document["runs"])),
            run_count=int(document["run_count"]),
            models=tuple(map(str, document["models"])),
            waiting=str(document["waiting"]),
            rejected=str(document["rejected"]),
            audit=str(document["audit"]),
            seconds=int(document["seconds"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Untrusted(
            "E-FORMAT",
            f"{path} cannot be read",
            f"Take the demo away and make it again: strongroom demo --store {store} --remove.",
        ) from error


def clear(store: Path) -> None:
    """Removes what a demo store is made of, but not yet the mark that it is one.

    Raises:
        EnvironmentFault: ``E-STORE`` if something cannot be removed.
    """
    with _explained():
        for path in sorted(store.iterdir()):
            is_own = path.name in _OWN or path.name.startswith(_OWN_PREFIXES)
            if is_own and path.name != FOLDER:
                _remove(path)
        for path in sorted((store / FOLDER).iterdir()):
            if path.name not in {BEGUN_FILE, LOCK_FILE}:
                _remove(path)


def forget(store: Path) -> None:
    """Removes the mark of a cleared store, and the folder if nothing of anybody is left in it.

    Raises:
        EnvironmentFault: ``E-STORE`` if something cannot be removed.
    """
    with _explained():
        _remove(store / FOLDER)
        if not any(store.iterdir()):
            store.rmdir()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFault(
            "E-STORE",
            f"The demo could not be taken away: {error.strerror or error}",
            "Close the window that shows it, and try again.",
        ) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _write(path: Path, document: JsonValue) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(document, indent=2) + "\n").encode())
    except OSError as error:
        raise EnvironmentFault(
            "E-STORE",
            f"The folder {path.parent} cannot be written: {error.strerror or error}",
            "Name a folder of your own with --store.",
        ) from error
