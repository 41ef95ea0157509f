# SPDX-License-Identifier: Apache-2.0
"""Bringing a store to this version: looked at first, the old part kept, and taken back on wish.

* The only part that has ever changed is the catalog, an index. Run folders, log and artifacts
  have the numbers they were released with, and no version rewrites them.
* A look writes nothing at all. Before an upgrade the old catalog is copied beside it, whole or not
  at all; taking back puts that very copy in its place again.
"""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

from strongroom.disk.whole_file import written_whole
from strongroom.domain.canonical import decode_loose
from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.domain.migration import MigrationAct, MigrationPart, MigrationPlan
from strongroom.journal.layout import RUN_FORMAT
from strongroom.store import tables
from strongroom.store.catalog import BUSY_SECONDS, LOCK_FILE, Catalog, refuse_share
from strongroom.store.catalog_upgrade import WORDS
from strongroom.store.store_folder import FORMAT, MAX_STORE_JSON, fault

CATALOG = "catalog.sqlite3"
COPY = "catalog.before-upgrade.sqlite3"
UNKNOWN = -1


def plan_migration(root: Path) -> MigrationPlan:
    """Looks what this version would change of a store; nothing is written.

    Raises:
        BadInput: ``E-STORE`` if there is no store.
        Untrusted: ``E-FORMAT``, ``E-CANON``, ``E-SIZE`` if ``store.json`` is not one of ours.
    """
    number = _store_number(root)
    act = MigrationAct.ONLY_READ if number > FORMAT else MigrationAct.STAYS
    parts = [MigrationPart(name="store", found=number, wanted=FORMAT, act=act)]
    parts += [
        MigrationPart(name=name, found=0, wanted=wanted, act=act)
        for name, wanted in (("runs", RUN_FORMAT), ("log", 1))
    ]
    if number <= FORMAT:  # one of tomorrow has its catalog apart
        parts.append(_catalog_part(root / CATALOG))
    copy = COPY if (root / COPY).is_file() else ""
    return MigrationPlan(parts=tuple(parts), copy=copy)


def migrate(root: Path) -> MigrationPlan:
    """Copies the old catalog beside it and brings it up to date; returns what was planned.

    Programs that open the store meanwhile wait, or have done it already.

    Raises:
        EnvironmentFault: ``E-FULL``, ``E-STORE``, ``E-SHARE``; the old catalog stays then.
        As `plan_migration`.
    """
    plan = plan_migration(root)
    if not plan.is_needed:
        return plan
    refuse_share(root)
    path = root / CATALOG
    try:
        if plan.part("catalog").act is MigrationAct.UPGRADED:
            with _locked(root):
                _copy(path, root / COPY)
        Catalog.open(path).close()
    except (OSError, sqlite3.Error) as error:
        raise _fault(error, root) from error
    return plan


def take_back(root: Path) -> int:
    """Puts the catalog from before the upgrade in its place again; returns its schema number.

    The next start of this version upgrades it again: it is for a version that comes before.

    Raises:
        BadInput: ``E-STORE`` if there is no store or no copy.
        EnvironmentFault: ``E-FULL``, ``E-STORE``; the present catalog stays then.
    """
    _store_number(root)
    path, copy = root / CATALOG, root / COPY
    if not copy.is_file():
        raise BadInput(
            "E-STORE",
            "There is no catalog from before an upgrade here",
            "An older version makes its own by itself; nothing has to be taken back.",
        )
    number = _schema(copy)
    try:
        with _locked(root):
            with _opened(path, "rw") as connection:  # nobody's pages may come after
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    raise _busy()
            _copy(copy, path)
            for suffix in ("-wal", "-shm"):
                path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
            copy.unlink()
    except (OSError, sqlite3.Error) as error:
        raise _fault(error, root) from error
    return number


# ---------------------------------------------------------------- inside


def _store_number(root: Path) -> int:
    try:
        with (root / "store.json").open("rb") as file:
            document = decode_loose(file.read(MAX_STORE_JSON + 1), max_bytes=MAX_STORE_JSON)
    except FileNotFoundError as error:
        raise BadInput(
            "E-STORE", f"There is no store in {root}", "Name another folder with --store."
        ) from error
    except OSError as error:
        raise fault(error, root) from error
    number = document.get("format") if isinstance(document, dict) else None
    if type(number) is not int or number < 1:
        advice = "Name another folder with --store."
        raise Untrusted("E-FORMAT", f"{root / 'store.json'} is not a store's", advice)
    return number


def _catalog_part(path: Path) -> MigrationPart:
    wanted = tables.SCHEMA
    if not path.exists():
        return MigrationPart(
            name="catalog", found=0, wanted=wanted, act=MigrationAct.REBUILT,
            steps=("There is none yet: it is made from the run folders.",),
        )  # fmt: skip
    found = _schema(path)
    if found == wanted:
        return MigrationPart(name="catalog", found=found, wanted=wanted, act=MigrationAct.STAYS)
    if found not in WORDS:
        return MigrationPart(
            name="catalog", found=max(found, 0), wanted=wanted, act=MigrationAct.REBUILT,
            steps=("It is of no version known here: it is made again from the run folders.",),
        )  # fmt: skip
    return MigrationPart(
        name="catalog", found=found, wanted=wanted, act=MigrationAct.UPGRADED,
        steps=tuple(WORDS[number] for number in range(found, wanted)),
        size_bytes=path.stat().st_size,
    )  # fmt: skip


def _schema(path: Path) -> int:
    """Returns the schema number of a catalog, `UNKNOWN` for what is none."""
    try:
        with _opened(path, "ro") as connection:
            asked = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except sqlite3.Error:
        return UNKNOWN
    text = str(asked[0]) if asked else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else UNKNOWN


@contextlib.contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Opens a catalog; only to read it, without a trace where nobody else has it open."""
    pages = path.with_name(f"{path.name}-wal")
    is_still = mode == "ro" and not (pages.exists() and pages.stat().st_size)
    query = f"mode={mode}" + ("&immutable=1" if is_still else "")
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{query}", uri=True, timeout=BUSY_SECONDS
    )
    try:
        yield connection
    finally:
        connection.close()


def _copy(source: Path, target: Path) -> None:
    """Copies a catalog whole, with what its log still holds, and makes it durable."""
    with written_whole(target) as aside:
        aside.unlink()
        with _opened(source, "rw") as old, contextlib.closing(sqlite3.connect(aside)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")  # one file


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        with FileLock(root / LOCK_FILE, timeout=BUSY_SECONDS):
            yield
    except Timeout as error:
        raise _busy() from error


def _busy() -> EnvironmentFault:
    return EnvironmentFault(
        "E-STORE", "Another program has the catalog open", "Close it, then try again."
    )


def _fault(error: OSError | sqlite3.Error, root: Path) -> EnvironmentFault:
    if isinstance(error, OSError):
        return fault(error, root)
    if "full" in str(error):
        return fault(OSError(errno.ENOSPC, "No space left on device"), root)
    return EnvironmentFault(
        "E-STORE",
        f"The catalog of {root} cannot be replaced: {error}",
        "Close every program that has the store open, then try again.",
    )
