# SPDX-License-Identifier: Apache-2.0
"""Reads a comparison in two steps: what the catalog knows at once, what folders hold after it.

* The latest question wins; an answer for other runs is dropped.
* Reading again keeps what is shown until the new answer is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.task import Tasks
from strongroom.domain.comparison import ComparedRuns, MetricChoice, Section
from strongroom.domain.metric_schema import learned_rule
from strongroom.domain.progress import Progress
from strongroom.services.run_comparison import QUICK, SLOW, RunComparison

NOTHING = ComparedRuns(runs=(), rows=())


class Reading(QObject):
    """The comparison that is shown.

    Args:
        comparison: Where it comes from.
        tasks: The jobs of the window.

    Signals:
        arrived: `compared` is another one.
        failed: It could not be read (the exception); what was shown stays.
    """

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, comparison: RunComparison, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._comparison, self._tasks = comparison, tasks
        self._quick, self._slow = NOTHING, NOTHING
        self._asked: tuple[str, ...] = ()
        self.choice = MetricChoice.LAST
        self.compared = NOTHING
        self.waits_for: frozenset[Section] = frozenset()

    def read(self, run_ids: Sequence[str]) -> None:
        """Reads these runs; what is shown stays until they are there."""
        self._asked = tuple(run_ids)
        self._tasks.cancel("compare.origins")
        self.waits_for = SLOW
        self._ask("compare.runs", "Comparing runs", QUICK, self._take_quick)

    def choose(self, choice: MetricChoice) -> None:
        """Reads another value of each metric."""
        self.choice = choice
        self._ask("compare.runs", "Comparing runs", QUICK, self._take_quick)

    def runs_asked(self) -> tuple[str, ...]:
        """Returns the runs of the latest question."""
        return self._asked

    def _ask(
        self,
        job: str,
        name: str,
        sections: frozenset[Section],
        take: Callable[[ComparedRuns], None],
    ) -> None:
        asked, choice, comparison = self._asked, self.choice, self._comparison

        def work(progress: Progress) -> ComparedRuns:
            found = comparison.compare(asked, sections=sections, choice=choice, progress=progress)
            for row in found.rows:
                if row.section is Section.METRICS:
                    learned_rule(row.key)  # kept: thousands of names take the window half a second
            return found

        def done(found: ComparedRuns) -> None:
            if asked == self._asked:
                take(found)

        self._tasks.ask(job, name, work, done, owner=self, failed=self._failed)

    def _take_quick(self, found: ComparedRuns) -> None:
        self._quick = found
        self._join()
        if self.waits_for:  # only now: reading folders would keep the quick answer waiting
            self._ask("compare.origins", "Reading which data runs used", SLOW, self._take_slow)

    def _take_slow(self, found: ComparedRuns) -> None:
        self._slow = found
        self.waits_for = frozenset()
        self._join()

    def _join(self) -> None:
        """Puts both answers together where they are about the same runs."""
        quick, slow = self._quick, self._slow
        if [run.run_id for run in quick.runs] == [run.run_id for run in slow.runs]:
            quick = replace(quick, rows=quick.rows + slow.rows, faults=quick.faults + slow.faults)
        self.compared = quick
        self.arrived.emit()

    def _failed(self, fault: BaseException) -> None:
        self.waits_for = frozenset()
        self.failed.emit(fault)
