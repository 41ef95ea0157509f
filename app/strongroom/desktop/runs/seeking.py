# SPDX-License-Identifier: Apache-2.0
"""Finding rows that may never have been in sight: by run id, by the start of a name, all selected.

* The store knows where a run is; the table knows in which row.
"""

from collections.abc import Callable

import numpy as np

from PySide6.QtCore import QObject

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.table import RunsTable
from strongroom.services.run_table import Ids


class Seeking(QObject):
    """Finds rows for the table.

    Args:
        services: What knows the runs.
        tasks: The jobs of the window.
        table: Where rows become current.
    """

    def __init__(self, services: RunsServices, tasks: Tasks, table: RunsTable) -> None:
        super().__init__(table)
        self._services, self._tasks, self._table = services, tasks, table
        table.name_sought.connect(self._on_name_sought)

    def select(self, run_id: str) -> None:
        """Makes a run current and selected, wherever in the answer it is."""
        if self._table.select(run_id):
            return
        store, table = self._services.run_table, self._table

        def done(found: dict[str, int]) -> None:
            table.select_row(table.runs.sheet.rows.row_of(found.get(run_id, -1)))

        self._tasks.ask(
            "runs.seek",
            "Finding a run",
            lambda _progress: store.ids_of((run_id,)),
            done,
            owner=self,
        )

    def with_selected(self, act: Callable[[tuple[str, ...]], object]) -> None:
        """Does something to all selected runs, however many; their ids are read first."""
        ids, named, store = self._table.selected_ids(), self._table.selected(), self._services
        if len(named) == len(ids):
            act(named)
            return

        def done(run_ids: tuple[str, ...]) -> None:
            act(run_ids)

        self._tasks.ask(
            "runs.named",
            "Reading run ids",
            lambda _progress: store.run_table.run_ids(ids),
            done,
            owner=self,
        )

    def _on_name_sought(self, start: str, current: int) -> None:
        store, table = self._services.run_table, self._table
        rows = table.runs.sheet.rows

        def done(ids: Ids) -> None:
            found = rows.rows_of(ids)
            found = np.sort(found[found >= 0])
            if not len(found) or table.runs.sheet.rows is not rows:
                return
            # The current run stays while its name still begins so; else the next one down.
            at = int(np.searchsorted(found, max(0, rows.row_of(current))))
            table.select_row(int(found[at % len(found)]))

        self._tasks.ask(
            "runs.name", "Finding a name", lambda _progress: store.named(start), done, owner=self
        )
