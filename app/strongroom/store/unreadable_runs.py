# SPDX-License-Identifier: Apache-2.0
"""The run folders that were met and could not be read: told as often as runs are listed.

* They follow from the folders like every row does: a rebuild tells the same.
* Their names are asked of ``run.json`` alone, and only for as many as somebody reads.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sqlalchemy import Connection

from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_run_id
from strongroom.domain.unreadable import UnreadableRun
from strongroom.journal.reader import read_header
from strongroom.store.run_places import MIN_PREFIX
from strongroom.store.store_folder import StoreFolder

MOST_NAMED = 100  # more are told by their folder; somebody has pulled a disk out
MOST_TOLD = 10_000
_QUESTION = (
    "SELECT path, code, detail FROM finding WHERE length(path) = 40 AND NOT EXISTS"
    " (SELECT 1 FROM run WHERE run.run_id = substr(path, 9) AND run.month = substr(path, 1, 7))"
    " ORDER BY path, code LIMIT ?"
)
"""A folder is ``yyyy-mm/`` and 32 digits; what is known of a run that has a row is longer."""


def unreadable_runs(connection: Connection, folder: StoreFolder) -> tuple[UnreadableRun, ...]:
    """Returns the run folders without a row, by month and id."""
    rows = connection.exec_driver_sql(_QUESTION, (MOST_TOLD,)).all()
    return tuple(_of(folder, [(path, code, detail) for path, code, detail in rows]))


def unreadable_named(found: Sequence[UnreadableRun], reference: str) -> Untrusted | None:
    """Returns why the run a text means cannot be read, None if it means none or several of them."""
    is_start = len(reference) >= MIN_PREFIX
    named = [
        run
        for run in found
        if reference in {run.run_id, run.name} or (is_start and run.run_id.startswith(reference))
    ]
    if len(named) != 1:
        return None
    run = named[0]
    title = f"The run {run.name or run.run_id[:8]} cannot be read: {run.reason}"
    return Untrusted(run.code, title, run.advice)


def _of(folder: StoreFolder, rows: Sequence[tuple[str, str, str]]) -> Iterator[UnreadableRun]:
    for number, (path, code, detail) in enumerate(rows):
        month, _, run_id = path.partition("/")
        if is_run_id(run_id):
            name, experiment = "", ""
            if number < MOST_NAMED:
                with suppress(Untrusted, OSError):
                    header = read_header(folder.run(month, run_id))
                    name, experiment = header.name, header.experiment
            yield UnreadableRun(
                run_id=run_id, month=month, code=code, reason=detail, name=name,
                experiment=experiment,
            )  # fmt: skip
