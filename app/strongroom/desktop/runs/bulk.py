# SPDX-License-Identifier: Apache-2.0
"""Changes of many runs: told in one sentence, those that failed too, and taken back by Undo.

* Undo writes what was before as another edit; nothing is removed from a run's story.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress
from strongroom.services.run_edits import EditOutcome

Work = Callable[[Progress], EditOutcome]


class Bulk:
    """Runs edits of many runs.

    Args:
        services: What undoes them.
        tasks: The jobs of the window.
        page: Hears of faults.
        tell: Hears what was touched.
        did: Hears of a step that can be undone.
        note: Hears a title and a sentence about what was done.
    """

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        page: QWidget,
        *,
        tell: Callable[[Changes], None],
        did: Callable[[Step], None],
        note: Callable[[str, str], None],
    ) -> None:
        self._services, self._tasks, self._page = services, tasks, page
        self._tell, self._did, self._note = tell, did, note

    def change(self, name: str, verb: str, work: Work) -> None:
        """Does an edit in a task.

        Args:
            name: What the task strip shows, such as ``Tagging runs``.
            verb: What was done, for the notice and for Undo: ``Tagged``.
            work: The edit.
        """

        def done(outcome: EditOutcome) -> None:
            self._take(outcome)
            many = len(outcome.before)
            if many:
                title = f"{verb} {wording.count(many, 'run')}"
                self._note(title, "Edit, Undo takes it back.")
                self._did(
                    Step(
                        title=f"{verb.lower()} {wording.count(many, 'run')}",
                        undo=lambda: self._undo(outcome),
                        redo=lambda: self._run(name, work, self._take),
                    )
                )

        self._run(name, work, done)

    def finish(self, name: str, verb: str, work: Work) -> None:
        """Does in a task what cannot be taken back: ``Closing runs``, ``Closed``."""

        def done(outcome: EditOutcome) -> None:
            self._take(outcome)
            if many := len(outcome.done):
                self._note(f"{verb} {wording.count(many, 'run')}", "")

        self._run(name, work, done)

    def show_fault(self, fault: BaseException) -> None:
        """Shows on the page why nothing was done."""
        errors.show(fault, self._page)

    def _undo(self, outcome: EditOutcome) -> None:
        edits = self._services.runs.edits
        self._run("Undoing", lambda progress: edits.undo(outcome, progress), self._take)

    def _take(self, outcome: EditOutcome) -> None:
        if outcome.changes:
            self._tell(outcome.changes)
        for failure in outcome.failures[:1]:
            errors.show(failure.error, self._page)
            others = len(outcome.failures) - 1
            if others:
                self._note(f"{wording.count(others, 'more run')} not changed", str(failure.error))

    def _run(self, name: str, work: Work, done: Callable[[EditOutcome], None]) -> None:
        self._tasks.change(
            "runs.change",
            name,
            work,
            done,
            owner=self._page,
            failed=self.show_fault,
        )
