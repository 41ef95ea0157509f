# SPDX-License-Identifier: Apache-2.0
"""Makes or finds the folder of a run: ``<store>/runs/<yyyy-mm>/<run id>/`` with its ``run.json``.

* ``run.json`` is written once, aside and renamed, before the first journal.
* This is the one part of logging that may raise: nothing is lost before a run has begun.
"""

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from strongroom.domain.canonical import JsonValue, decode
from strongroom.domain.check_member import encode_checked
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput, EnvironmentFault, StrongroomError
from strongroom.domain.ids import is_run_id
from strongroom.journal.layout import RUN_FILE, RUN_FORMAT

MAX_RUN_FILE_BYTES = 1 << 20  # the reader's limit; a longer captured source is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """A run's folder and what its ``run.json`` says; `is_new` if this call made it."""

    folder: Path
    facts: dict[str, JsonValue]
    is_new: bool


def clean_run_id(text: str) -> str:
    """Returns a run id as 32 hexadecimal digits; accepts capitals and a UUID's dashes.

    Raises:
        BadInput: ``E-FORMAT`` for anything else.
    """
    run_id = text.strip().lower().replace("-", "")
    if not is_run_id(run_id):
        raise BadInput(
            "E-FORMAT",
            f"{text[:80]!r} is not a run id",
            "Use 32 hexadecimal digits, or leave the run id out to start a new run.",
        )
    return run_id


def find_run(store: Path, run_id: str) -> Path | None:
    """Returns the folder of a run that exists, in whatever month it began."""
    try:
        with os.scandir(store / "runs") as months:
            for month in months:
                folder = Path(month.path) / run_id
                if (folder / RUN_FILE).exists():
                    return folder
    except FileNotFoundError:
        return None
    except OSError as error:
        raise store_fault(store, error) from error
    return None


def open_run(store: Path, run_id: str, facts: dict[str, JsonValue]) -> RunPlace:
    """Finds the run, or makes its folder and ``run.json`` from the facts.

    Args:
        store: The store; it is made if it does not exist.
        run_id: 32 hexadecimal digits.
        facts: experiment, name, parent, started (microseconds), host, user, source.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE`` if the store cannot be written.
    """
    found = find_run(store, run_id)
    try:
        if found is None:
            month = datetime.fromtimestamp(facts["started"] // MICROSECONDS, tz=UTC)
            folder = store / "runs" / month.strftime("%Y-%m") / run_id
            folder.mkdir(parents=True, exist_ok=True)
            is_new = _write_once(folder, {"format": RUN_FORMAT, "run_id": run_id, **facts})
            found = folder
        else:
            is_new = False
        known = decode((found / RUN_FILE).read_bytes(), max_bytes=MAX_RUN_FILE_BYTES)
    except OSError as error:
        raise store_fault(store, error) from error
    if isinstance(known, dict) and known.get("format") not in {None, RUN_FORMAT}:
        raise BadInput(
            "E-FORMAT",
            f"The run {run_id} was written by a newer Strongroom",
            "Update Strongroom here to go on with it, or leave the run id out for a new run.",
        )
    return RunPlace(folder=found, facts=known, is_new=is_new)


def take_back(folder: Path, journal: str) -> None:
    """Removes a run that this process made and could not begin, unless another one is in it.

    Args:
        folder: The run's folder.
        journal: The name of this process's own journal, "" if it has none.
    """
    with contextlib.suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {RUN_FILE, journal}:
            for name in filter(None, (journal, RUN_FILE)):
                (folder / name).unlink()
            folder.rmdir()


def store_fault(store: Path, error: OSError) -> StrongroomError:
    """Returns the error a person sees when a store cannot be written."""
    if error.errno in {28, 122, 27}:  # no space, over quota, file too large
        return EnvironmentFault(
            "E-FULL",
            f"There is no room in the store {store}",
            "Free some space, or name another store with STRONGROOM_STORE.",
        )
    return EnvironmentFault(
        "E-SHARE",
        f"The store {store} cannot be written ({error.strerror or error})",
        "Check that it is mounted and yours to write, or name another with STRONGROOM_STORE.",
    )


def _write_once(folder: Path, document: dict[str, JsonValue]) -> bool:
    """Publishes ``run.json``; False if another process of the same run was first."""
    temporary = folder / f".{RUN_FILE}.{os.getpid()}.tmp"
    try:
        with temporary.open("wb") as stream:
            stream.write(encode_checked(document))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:  # a run that could not begin leaves nothing
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
            folder.rmdir()
        raise
    target = folder / RUN_FILE
    try:
        os.link(temporary, target)
    except FileExistsError:
        temporary.unlink()
        return False
    except (OSError, AttributeError):  # a file system without hard links
        if target.exists():
            temporary.unlink()
            return False
        temporary.replace(target)
        return True
    temporary.unlink()
    return True
