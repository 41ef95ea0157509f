# SPDX-License-Identifier: Apache-2.0
"""Brings runs from the services to the page: first page, further pages, runs that changed.

* The latest question wins; an answer to an older one is dropped.
* A change reads again only what it touched, as long as that is still part of the answer.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.finding import (
    FIRST_PAGE,
    MOST_ROWS,
    MOST_TOUCHED,
    NEXT_PAGE,
    Answer,
    Question,
    find,
    find_again,
)
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.changes import Changes
from strongroom.domain.run import Run


class RunsLoader(QObject):
    """Asks for runs and says what came.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        is_shown: Returns whether a run is in the table.
        shown_count: Returns how many runs are in the table.

    Signals:
        answered: The first page of an answer (an `Answer`, whether to keep the scroll place).
        added: A further page (an `Answer`).
        renewed: Runs that were read again (tuple of runs).
    """

    answered = Signal(object, bool)
    added = Signal(object)
    renewed = Signal(object)

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        is_shown: Callable[[str], bool],
        shown_count: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._is_shown, self._shown_count = is_shown, shown_count
        self.question = Question()
        self.has_asked = False
        self._pending: frozenset[str] = frozenset()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._take_changes)

    def ask(self, question: Question, *, keeps_place: bool = False) -> None:
        """Asks for the first page; the others follow by themselves.

        To keep the scroll place, as many rows come back at once as there are now.
        """
        self.has_asked = True
        self.question = question
        services = self._services
        limit = max(FIRST_PAGE, self._shown_count()) if keeps_place else FIRST_PAGE

        def done(answer: Answer) -> None:
            self.answered.emit(answer, keeps_place)
            self._ask_next(answer)

        self._tasks.ask(
            "runs.search",
            "Searching runs",
            lambda _progress: find(services, question, 0, limit),
            done,
            owner=self,
        )

    def take(self, changes: Changes) -> None:
        """Reads again what a change touched; several changes in one go are read once."""
        if changes.runs and self.has_asked:
            self._pending |= changes.runs
            self._soon.start()

    def _ask_next(self, answer: Answer) -> None:
        offset = answer.offset + len(answer.runs)
        if not answer.runs or offset >= min(answer.total, MOST_ROWS):
            return
        services, question = self._services, answer.question

        def done(more: Answer) -> None:
            self.added.emit(more)
            self._ask_next(more)

        self._tasks.ask(
            "runs.search",
            "Reading more runs",
            lambda _progress: find(services, question, offset, NEXT_PAGE),
            done,
            owner=self,
        )

    def _take_changes(self) -> None:
        touched, self._pending = self._pending, frozenset()
        known = sorted(run_id for run_id in touched if self._is_shown(run_id))
        if len(known) < len(touched) or len(known) > MOST_TOUCHED:
            self.ask(self.question, keeps_place=True)
            return
        services, question = self._services, self.question

        def done(runs: tuple[Run, ...]) -> None:
            if question != self.question:
                return
            if len(runs) < len(known):
                self.ask(question, keeps_place=True)
            else:
                self.renewed.emit(runs)

        self._tasks.ask(
            "runs.touched",
            "Reading runs again",
            lambda _progress: find_again(services, question, known),
            done,
            owner=self,
        )
