# SPDX-License-Identifier: Apache-2.0
"""What people change on a run later: tags, notes, its experiment, hiding, closing.

* An edit is a small journal of this store's own (``edit-<store8>.srj``): appended, never a change
  to what the run wrote. A copy of the folder carries it along.
* Deleting hides a run; its bytes stay until retention removes them.
"""

from pathlib import Path

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.ids import RandomBytes
from strongroom.domain.metric import is_name
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import RUN_FORMAT, Kind
from strongroom.journal.reader import ARCHIVED, DELETED, RESTORED, UNARCHIVED, read_header
from strongroom.journal.writer import JournalWriter
from strongroom.store.sealing import run_lock
from strongroom.store.store_folder import UPDATE, StoreFolder

MAX_KEY = 250  # characters of a tag's name, as in MLflow
MAX_VALUE = 65_536  # characters of a tag's value; longer text is an artifact
MAX_NOTE = 262_144  # characters; fits a journal record of 1 MiB however it is encoded

Record = tuple[Kind, JsonValue]


def tag(key: str, value: str | None) -> Record:
    """Returns the record that sets a tag, or removes it if the value is None.

    Raises:
        BadInput: ``E-SIZE`` for an empty or overlong key or an overlong value.
    """
    if not key or len(key) > MAX_KEY:
        raise BadInput("E-SIZE", f"A tag's name has 1 to {MAX_KEY} characters", "Shorten it.")
    if value is not None and len(value) > MAX_VALUE:
        raise BadInput(
            "E-SIZE",
            f"A tag's value has at most {MAX_VALUE:,} characters",
            "Log longer text as an artifact.",
        )
    return Kind.TAG, {"key": key, "value": value}


def param(key: str, value: str) -> Record:
    """Returns the record that adds a param the run lacks.

    Raises:
        BadInput: ``E-SIZE`` for an empty or overlong key or an overlong value.
    """
    if not is_name(key) or len(value) > MAX_VALUE:
        raise BadInput(
            "E-SIZE",
            f"A param's name has 1 to 1,024 bytes, its value at most {MAX_VALUE:,} characters",
            "Shorten it, or log longer text as an artifact.",
        )
    return Kind.PARAM, {"key": key, "value": value}


def param_taken(key: str, value: str) -> Record:
    """Returns the record that takes back a param which an edit had added with this text."""
    return Kind.PARAM, {"key": key, "taken": value}


def note(text: str) -> Record:
    """Returns the record that adds a note.

    Raises:
        BadInput: ``E-SIZE`` for an empty or overlong note.
    """
    if not text.strip() or len(text) > MAX_NOTE:
        raise BadInput("E-SIZE", f"A note has 1 to {MAX_NOTE:,} characters", "Shorten it.")
    return Kind.NOTE, {"text": text}


def deletion(*, is_deleted: bool, now_us: int) -> Record:
    """Returns the record that hides a run or shows it again."""
    return Kind.STATUS, {"status": DELETED if is_deleted else RESTORED, "time": now_us}


def archiving(*, is_archived: bool, now_us: int) -> Record:
    """Returns the record that puts a run aside or takes it back."""
    return Kind.STATUS, {"status": ARCHIVED if is_archived else UNARCHIVED, "time": now_us}


def move(experiment: str, *, now_us: int) -> Record:
    """Returns the record that puts a run into another experiment.

    Raises:
        BadInput: ``E-FORMAT`` for a name no experiment can have.
    """
    if not is_name(experiment):
        raise BadInput(
            "E-FORMAT", f"{experiment[:60]!r} cannot name an experiment", "Use 1 to 1,024 bytes."
        )
    return Kind.MOVE, {"experiment": experiment, "time": now_us}


def closing(status: RunStatus, *, now_us: int) -> Record:
    """Returns the record that ends a run whose process can no longer say so itself.

    Raises:
        BadInput: ``E-USAGE`` for a status that is not an end.
    """
    if not status.is_terminal:
        raise BadInput("E-USAGE", f"{status} is not an end", "Use FINISHED, FAILED or KILLED.")
    return Kind.STATUS, {"status": status.value, "time": now_us}


def edit(
    folder: StoreFolder, run: Path, records: list[Record], *, clock: Clock, random: RandomBytes
) -> None:
    """Appends records to a run as this store's edit, durable when it returns.

    Raises:
        OSError: If the folder cannot be written; nothing was changed then.
        filelock.Timeout: If another program holds the run for long.
        Refused: ``E-FORMAT`` if a newer Strongroom wrote the run.
        Untrusted: If its ``run.json`` cannot be trusted.
    """
    if read_header(run).format > RUN_FORMAT:
        raise Refused("E-FORMAT", "A newer Strongroom wrote this run; it is only read here", UPDATE)
    with run_lock(run):
        writer = JournalWriter(
            run,
            run.name,
            random_bytes=random,
            prefix="edit",
            label=folder.store_id[:8],
            clock=clock,
        )
        try:
            writer.records(records)
        finally:
            writer.close()
