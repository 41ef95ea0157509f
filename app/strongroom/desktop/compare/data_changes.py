# SPDX-License-Identifier: Apache-2.0
"""What changed in the data between the baseline and another run, by the profiles both logged.

* Nothing of the data is read: profiles travel with the runs.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.profile_dialog import DataPair, ProfileChangesDialog
from strongroom.domain.run import Run
from strongroom.services.datasets import DatasetPair

SAME = "Both have the same digest: the data are the same, byte for byte"


class DataChanges:
    """Asks for the profiles of two runs and opens what they say.

    Args:
        services: Where the runs are.
        tasks: The jobs of the window.
        page: The parent of the dialog.
    """

    def __init__(self, services: CompareServices, tasks: Tasks, page: QWidget) -> None:
        self._datasets, self._tasks, self._page = services.datasets, tasks, page

    def ask(self, runs: Sequence[Run], baseline: str, other: str) -> None:
        """Opens what changed from the baseline to another run; the first other if none is named."""
        known = {run.run_id: run for run in runs}
        if other not in known or other == baseline:
            other = next((run_id for run_id in known if run_id != baseline), "")
        if baseline not in known or not other:
            return

        def done(found: Sequence[DatasetPair]) -> None:
            titles = name_of(known[baseline]), name_of(known[other])
            pairs = [
                DataPair(shown(each.name), each.before, each.now, SAME if each.is_same else "")
                for each in found
            ]
            ProfileChangesDialog(titles, pairs, self._page.window()).open()

        def failed(fault: BaseException) -> None:
            errors.show(fault, self._page)

        self._tasks.ask(
            "compare.data_changes",
            "Reading what the data of two runs held",
            lambda _progress: self._datasets.pairs(baseline, other),
            done,
            owner=self._page,
            failed=failed,
        )
