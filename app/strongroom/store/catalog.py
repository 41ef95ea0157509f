# SPDX-License-Identifier: Apache-2.0
"""The catalog: SQLite in WAL mode, opened through SQLAlchemy Core.

* It is an index. An older one is brought up to date (`catalog_upgrade`), an unknown schema number
  or a damaged file is dropped and built again.
* It never lies on a network share: SQLite's locks and shared memory do not work there.
* Each thread takes its own connection from the pool; writers queue behind BEGIN IMMEDIATE.
"""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, exc, select

from strongroom.domain.errors import EnvironmentFault, StrongroomError
from strongroom.domain.shape import has_any_shape
from strongroom.store import tables

BUSY_SECONDS = 30.0  # a bulk discovery holds the write lock for up to a second; be patient
CACHE_KIB = 65_536  # keeps the indexes of 100,000 runs in memory
ROOM_BYTES = 128 << 10  # what opening a catalog takes: its header, 32 kB of shared memory
MMAP_BYTES = 1 << 28  # reads without copying; the file is local by law

LOCK_FILE = "lock"  # the store's; held while an older catalog is upgraded or one is put away
REBUILT = "rebuild-"  # begins the name of a catalog that is being filled
_NUMBER = "schema"
_UNKNOWN = -1
_KNOWN = range(1, tables.SCHEMA + 1)

_NETWORK_TYPES = frozenset(
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "glusterfs"]
    + [f"fuse.{name}" for name in ("sshfs", "glusterfs", "davfs2", "cephfs", "smbnetfs", "rclone")]
)


class Catalog:
    """The open catalog of one store; share it between threads."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> "Catalog":
        """Opens the catalog, creating or rebuilding its tables where needed.

        Raises:
            EnvironmentFault: ``E-SHARE`` on a network share, ``E-FULL``, ``E-STORE``.
        """
        refuse_share(path.parent)
        catalog = cls(path, _engine(path))
        try:
            # Looking costs no lock: who writes for long keeps nobody from opening and reading.
            if catalog._schema() != tables.SCHEMA:
                catalog = catalog._made_ours()
            catalog.ensure_tables()
        except exc.DatabaseError as error:
            catalog.close()
            raise _fault(error, path) from error
        return catalog

    def ensure_tables(self) -> None:
        """Creates the tables of `tables.metadata` that are missing, whoever declared them."""
        if not self._has_our_tables():
            with self.begin() as connection:
                _create_tables(connection)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Gives a connection inside a write transaction; commits unless an exception passes.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-STORE``; nothing of the transaction remains.
        """
        with self._translated(), self._engine.connect() as connection:
            writing = connection.execution_options(strongroom_writes=True)
            with writing.begin():
                yield writing

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Gives a connection that sees one consistent state."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def rebuilding(self, cache: Path) -> Iterator["Catalog"]:
        """Gives an empty catalog to fill; when the block ends it takes the place of this one.

        Others read and write this one until then and the new one from then on, never an empty one.
        An exception leaves everything as it is.

        Args:
            cache: A folder of what may be deleted, on a local disk.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-STORE``.
        """
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"{REBUILT}{os.getpid()}-{secrets.token_hex(4)}.sqlite3"
        fresh = Catalog.open(path)
        try:
            yield fresh
            made = fresh._engine  # noqa: SLF001 - one of us
            with self._translated(), made.connect() as source, self._engine.connect() as target:
                _driver(source).backup(_driver(target), sleep=0.05)
        finally:
            fresh.close()
            _remove(path)

    def _schema(self) -> int:
        """Returns the schema number of the file, ours if it is new, `_UNKNOWN` for any other."""
        if not self.path.exists():
            return tables.SCHEMA
        try:
            with self._engine.connect() as connection:
                return _schema_of(connection)
        except exc.OperationalError as error:
            if "no such table" in str(error):
                return _UNKNOWN
            raise
        except exc.DatabaseError:  # not a database, or a malformed one
            return _UNKNOWN

    def _made_ours(self) -> "Catalog":
        """Upgrades an older catalog, or puts an empty one in its place; one program at a time."""
        try:
            with FileLock(self.path.with_name(LOCK_FILE), timeout=BUSY_SECONDS):
                found = self._schema()  # another program may have been first
                if found == tables.SCHEMA or (found in _KNOWN and self._is_upgraded()):
                    return self
                self.close()
                _remove(self.path)
                return Catalog(self.path, _engine(self.path))
        except Timeout as error:
            raise _busy() from error

    def _is_upgraded(self) -> bool:
        """Takes the steps from an older schema; False if they failed and changed nothing."""
        from strongroom.store.catalog_upgrade import upgrade  # alembic: only for old catalogs

        try:
            with self.begin() as connection:
                upgrade(connection, _schema_of(connection))
        except EnvironmentFault as error:
            if _is_passing(str(error.__cause__)):
                raise
            return False  # its tables are not what the number says: the folders know better
        except (exc.SQLAlchemyError, KeyError):
            return False
        return True

    def _has_our_tables(self) -> bool:
        """Whether every table is there and the schema is noted, so that nothing has to be made."""
        with self.read() as connection:
            listed = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars()
            if not tables.metadata.tables.keys() <= set(listed):
                return False
            noted = connection.execute(select(tables.meta.c.name)).scalars()
            return {_NUMBER, tables.BORN} <= set(noted)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (exc.OperationalError, sqlite3.OperationalError) as error:
            raise _fault(error, self.path) from error


def _schema_of(connection: Connection) -> int:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master").fetchall()
    if not names:
        return tables.SCHEMA
    asked = select(tables.meta.c.value).where(tables.meta.c.name == _NUMBER)
    found = str(connection.execute(asked).scalar())
    return next((number for number in _KNOWN if str(number) == found), _UNKNOWN)


def _create_tables(connection: Connection) -> None:
    """Makes the tables that are missing; what they are called by is new if all of them are."""
    tables.metadata.create_all(connection)
    put = "INSERT OR IGNORE INTO meta VALUES (?, ?)"
    connection.exec_driver_sql(put, (_NUMBER, str(tables.SCHEMA)))
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO meta VALUES (?, hex(randomblob(8)))", (tables.BORN,)
    )


def refuse_share(folder: Path, mounts: str | None = None) -> None:
    """Accepts a folder on a local disk.

    Args:
        folder: Where the catalog would lie; it need not exist.
        mounts: The text of ``/proc/mounts``; read from there if None.

    Raises:
        EnvironmentFault: ``E-SHARE`` if the folder lies on a network file system.
    """
    if _file_system(folder, mounts) in _NETWORK_TYPES or _is_windows_share(folder):
        raise EnvironmentFault(
            "E-SHARE",
            f"The store {folder} lies on a network share, where a catalog cannot work",
            "Training scripts may log there. Open a store on a local disk and add the share as a"
            " remote, or import its run folders.",
        )


def _file_system(folder: Path, mounts: str | None) -> str:
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    resolved = folder.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " ").replace("\\011", "\t"))
        depth = len(point.parts)
        if depth >= best and (point == resolved or point in resolved.parents):
            best, kind = depth, fields[2]
    return kind


def _is_windows_share(folder: Path) -> bool:
    anchor = folder.absolute().anchor
    if anchor.startswith("\\\\"):
        return True
    kernel = getattr(ctypes, "windll", None)  # there on Windows only
    drive_remote = 4
    return kernel is not None and kernel.kernel32.GetDriveTypeW(anchor) == drive_remote


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS}, query_cache_size=200
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
    connection.isolation_level = None  # transactions are ours; see _begin
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    connection.create_function("has_shape", 2, _has_shape, deterministic=True)
    _use_wal(connection)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "case_sensitive_like=ON",
        f"cache_size=-{CACHE_KIB}",
        f"mmap_size={MMAP_BYTES}",
        "temp_store=MEMORY",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turns the file to WAL, trying again while another program does so.

    SQLite sees a deadlock in two who turn it at the same moment, and lets neither wait.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _casefold(text: str | None) -> str | None:
    """Folds the case of every script; SQLite's own lower() knows ASCII only."""
    return None if text is None else text.casefold()


def _has_shape(text: str | None, shapes: str) -> bool:
    """Whether a text has one of the shapes of a JSON list."""
    return text is not None and has_any_shape(text, _read_shapes(shapes))


@lru_cache(maxsize=512)
def _read_shapes(shapes: str) -> tuple[str, ...]:
    return tuple(json.loads(shapes))


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("strongroom_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _driver(connection: Connection) -> sqlite3.Connection:
    found: Any = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)  # noqa: S101 - tells the type checker
    return found


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _has_no_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < ROOM_BYTES
    except OSError:
        return False


def _fault(error: exc.DatabaseError | sqlite3.OperationalError, path: Path) -> StrongroomError:
    text = str(error.orig if isinstance(error, exc.DatabaseError) else error)
    # On a disk without room for SQLite's own shared memory it only says that it failed.
    has_failed = "I/O error" in text or "unable to open" in text
    if "full" in text or (has_failed and _has_no_room(path.parent)):
        return EnvironmentFault(
            "E-FULL", f"The disk that holds {path} is full", "Free some space and try again."
        )
    if "locked" in text:
        return _busy()
    if "malformed" in text or "not a database" in text:
        return EnvironmentFault(
            "E-STORE", f"The catalog {path} is damaged", "Run: strongroom rebuild."
        )
    return EnvironmentFault(
        "E-STORE",
        f"The catalog {path} cannot be used: {text}",
        "Check that the folder exists and that you may write to it.",
    )


def _busy() -> EnvironmentFault:
    return EnvironmentFault(
        "E-STORE", "Another program is writing to the catalog", "Try again in a moment."
    )


def _is_passing(text: str) -> bool:
    """Whether what stopped a statement says nothing about the file."""
    return "full" in text or "locked" in text
