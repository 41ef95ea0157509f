# SPDX-License-Identifier: Apache-2.0
"""The folder of a store (formats.md F3): where each thing lies, and who the store is.

* ``store.json`` is written once, aside and linked into place; two programs that create the same
  store at the same moment agree on one id.
* Names that are not ours are left alone and ignored.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.canonical import decode_loose
from strongroom.domain.clock import Clock, to_iso
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted
from strongroom.domain.ids import RandomBytes, is_run_id, new_id
from strongroom.domain.places import cache_root

FORMAT = 1
UPDATE = "Update Strongroom here to change something; nothing was written."
ON_A_MEDIUM = "This store lies where nothing can be written; it is only read"
MAX_STORE_JSON = 4_096  # bytes; the document has three short fields


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFolder:
    """A store's folder and id; everything in it has one place.

    Attributes:
        root: The folder.
        store_id: Who the store is.
        only_read: Why nothing may be written there, a sentence without a full stop; "" if it may.
        apart: Where catalog, cache and lock lie, ``root`` unless the store is only read.
    """

    root: Path
    store_id: str
    only_read: str = ""
    apart: Path | None = None

    @property
    def runs(self) -> Path:
        """Returns the folder of the run folders, one folder a month."""
        return self.root / "runs"

    @property
    def catalog(self) -> Path:
        """Returns the path of the catalog, which can be deleted and rebuilt."""
        return self._own / "catalog.sqlite3"

    @property
    def ledger(self) -> Path:
        """Returns the folder of signed events, in the layout of a remote."""
        return self.root / "ledger"

    @property
    def blobs(self) -> Path:
        """Returns the folder of content pulled from remotes, by digest."""
        return self.root / "blobs"

    @property
    def quarantine(self) -> Path:
        """Returns the folder of what arrived and was not admitted."""
        return self.root / "quarantine"

    @property
    def cache(self) -> Path:
        """Returns the folder of what can be deleted at any time."""
        return self._own / "cache"

    @property
    def metric_schema(self) -> Path:
        """Returns the path of the stated rules of metrics."""
        return self.root / "metric-schema.json"

    @property
    def lock(self) -> Path:
        """Returns the lock file under which the ledger is appended to."""
        return self._own / "lock"

    @property
    def _own(self) -> Path:
        """Returns the folder of what is no part of the store and only serves this machine."""
        return self.apart or self.root

    def require_writable(self) -> None:
        """Refuses to change a store that is only read.

        Raises:
            Refused: ``E-FORMAT`` if a newer Strongroom wrote it.
            EnvironmentFault: ``E-STORE`` if its medium can only be read.
        """
        if self.only_read == ON_A_MEDIUM:
            raise EnvironmentFault("E-STORE", self.only_read, "Copy the store to a local disk.")
        if self.only_read:
            raise Refused("E-FORMAT", self.only_read, UPDATE)

    def run(self, month: str, run_id: str) -> Path:
        """Returns the folder of a run."""
        return self.root.joinpath("runs", month, run_id)

    def find_run(self, run_id: str) -> Path | None:
        """Returns the folder of a run by looking into each month, or None."""
        if not is_run_id(run_id):
            return None
        for month in sorted(month_folders(self.runs), reverse=True):
            candidate = self.runs / month / run_id
            if candidate.is_dir() and not candidate.is_symlink():
                return candidate
        return None


def month_folders(runs: Path) -> Iterator[str]:
    """Yields the names of the month folders (``yyyy-mm``) that exist."""
    with contextlib.suppress(FileNotFoundError), os.scandir(runs) as entries:
        for entry in entries:
            name = entry.name
            is_month = len(name) == 7 and name[4] == "-" and (name[:4] + name[5:]).isdecimal()
            if is_month and entry.is_dir(follow_symlinks=False):
                yield name


def open_store_folder(root: Path, *, clock: Clock, random_bytes: RandomBytes) -> StoreFolder:
    """Opens a store, creating it if the folder is empty, absent or holds only runs.

    One of a newer format, or where nothing can be written, is opened to be read.

    Raises:
        EnvironmentFault: ``E-STORE`` if the folder cannot be written, ``E-FULL`` on a full disk.
        Untrusted: ``E-FORMAT`` if ``store.json`` is not one of ours.
    """
    root = root.absolute()
    path = root / "store.json"
    try:
        if not path.exists():
            (root / "runs").mkdir(parents=True, exist_ok=True)
            _create(path, store_id=new_id(random_bytes), created=to_iso(clock.now_us()))
        data = path.read_bytes()[: MAX_STORE_JSON + 1]
    except OSError as error:
        raise fault(error, root) from error
    document = decode_loose(data, max_bytes=MAX_STORE_JSON)
    number = document.get("format") if isinstance(document, dict) else None
    if type(number) is not int or number < FORMAT:
        raise _unknown(path)
    store_id = document.get("id")
    if not isinstance(store_id, str) or not is_run_id(store_id):
        raise _unknown(path)
    why = newer_store(number) if number > FORMAT else _medium(root)
    apart = cache_root() / "stores" / store_id if why else None
    try:
        (apart or root / "runs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault(error, apart or root) from error
    return StoreFolder(root=root, store_id=store_id, only_read=why, apart=apart)


def newer_store(number: int) -> str:
    """Returns the sentence about a store whose format is one of tomorrow."""
    return f"A newer Strongroom wrote this store (format {number}); it is only read here"


def _medium(root: Path) -> str:
    """Returns why a folder takes nothing: its medium is write-protected, or mounted so."""
    return "" if os.access(root, os.W_OK) else ON_A_MEDIUM


def fault(error: OSError, where: Path) -> EnvironmentFault:
    """Returns what a person should hear about a failed write below a folder."""
    import errno

    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return EnvironmentFault(
            "E-FULL", f"The disk that holds {where} is full", "Free some space and try again."
        )
    return EnvironmentFault(
        "E-STORE",
        f"The store {where} cannot be used: {error.strerror or error}",
        "Check that the folder exists and that you may write to it, or name another with --store.",
    )


def _create(path: Path, *, store_id: str, created: str) -> None:
    body = {"created": created, "format": FORMAT, "id": store_id}
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    with contextlib.suppress(FileExistsError):  # another program was first: its id counts
        write_whole(path, data, is_new=True)


def _unknown(path: Path) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"{path} is not a store of a version known here",
        "Name another folder with --store, or open it with a newer Strongroom.",
    )
