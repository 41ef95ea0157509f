# SPDX-License-Identifier: Apache-2.0
"""Brings rows from the services to the page: their order, windows of them, and what changed.

* The latest question wins; an answer to an older one is dropped.
* A great answer begins with its first rows; the rest of its order follows by itself.
* A change reads again only what it touched, as long as that is still part of the answer.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.finding import (
    MOST_TOUCHED,
    Answer,
    Question,
    Surroundings,
    find,
    members,
    order_of,
    surround,
)
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.changes import Changes
from strongroom.domain.query import Field, FieldKind
from strongroom.services.run_table import FIRST, RowOrder, TableRow

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

COUNTED_AGAIN = 20_000  # rows; names of a larger answer are not counted at each change


class StoreReader:
    """Reads rows of the store in tasks.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        page: Hears of faults.
    """

    def __init__(self, services: RunsServices, tasks: Tasks, page: "QWidget") -> None:
        self._services, self._tasks, self._page = services, tasks, page
        self._number = 0

    def read(
        self,
        ids: Sequence[int],
        fields: Collection[Field],
        done: Callable[[Sequence[TableRow] | None], None],
    ) -> None:
        """Reads rows and hands them over on the window's thread."""
        table = self._services.run_table
        self._number += 1

        def failed(fault: BaseException) -> None:
            errors.show(fault, self._page)
            done(None)

        self._tasks.ask(
            f"runs.rows.{self._number}",
            "Reading rows",
            lambda _progress: table.rows(ids, fields),
            done,
            owner=self._page,
            failed=failed,
        )


class RunsLoader(QObject):
    """Asks for runs and says what came.

    Args:
        services: What it asks.
        tasks: The jobs of the window.
        fields: Returns the fields of the chosen columns, None for the usual ones.
        rows: Returns the rows that are shown.

    Signals:
        answered: An answer (an `Answer`, whether to keep the scroll place).
        grown: The whole order of an answer whose first rows are shown (a `RowOrder`).
        surrounded: Names and experiments (`Surroundings`).
        renewed: Runs are other than they were and still part of the answer (frozenset of ids).
    """

    answered = Signal(object, bool)
    grown = Signal(object)
    surrounded = Signal(object)
    renewed = Signal(object)

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        fields: Callable[[], Sequence[Field] | None],
        rows: Callable[[], FlatRows],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._fields, self._rows = fields, rows
        self.question = Question()
        self.has_asked = False
        self._pending: frozenset[str] = frozenset()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._take_changes)

    def ask(self, question: Question, *, keeps_place: bool = False) -> None:
        """Asks for rows; to keep the scroll place far down, for all of them at once."""
        is_elsewhere = not self.has_asked or question.experiment != self.question.experiment
        self.has_asked = True
        self.question = question
        services, chosen = self._services, self._fields()
        is_whole = keeps_place and len(self._rows().order.ids) > FIRST

        def done(answer: Answer) -> None:
            self.answered.emit(answer, keeps_place)
            if not answer.order.is_complete:
                self._ask_rest(question)
            if is_elsewhere or len(answer.order.ids) < COUNTED_AGAIN:
                self._ask_surroundings(question)

        self._tasks.cancel("runs.rest")
        self._tasks.ask(
            "runs.search",
            "Searching runs",
            lambda _progress: find(services, question, chosen, is_whole=is_whole),
            done,
            owner=self,
        )

    def ask_again(self) -> None:
        """Asks the same question and keeps the place."""
        self.ask(self.question, keeps_place=True)

    def take(self, changes: Changes) -> None:
        """Reads again what a change touched; several changes in one go are read once."""
        # Bounds, units and the best of a metric; what runs break.
        if (changes.metrics or changes.contracts) and self.has_asked:
            self.ask_again()
        if changes.runs and self.has_asked:
            self._pending |= changes.runs
            self._soon.start()

    def _ask_rest(self, question: Question) -> None:
        services = self._services

        def done(order: RowOrder) -> None:
            if question == self.question:
                self.grown.emit(order)

        self._tasks.ask(
            "runs.rest",
            "Ordering runs",
            lambda _progress: order_of(services, question),
            done,
            owner=self,
        )

    def _ask_surroundings(self, question: Question) -> None:
        services = self._services

        def done(found: Surroundings) -> None:
            if question.experiment == self.question.experiment:
                self.surrounded.emit(found)

        self._tasks.ask(
            "runs.names",
            "Counting names",
            lambda _progress: surround(services, question),
            done,
            owner=self,
        )

    def _take_changes(self) -> None:
        touched, self._pending = self._pending, frozenset()
        question = self.question
        group = question.group_by
        may_move = group is not None and group.kind is not FieldKind.PARAM
        if may_move or len(touched) > MOST_TOUCHED:
            self.renewed.emit(touched)
            self.ask_again()
            return
        services, known = self._services, sorted(touched)

        def work(_progress: object) -> tuple[dict[str, int], dict[str, int]]:
            return services.run_table.ids_of(known), members(services, question, known)

        def done(found: tuple[dict[str, int], dict[str, int]]) -> None:
            if question != self.question:
                return
            there, inside = found
            self.renewed.emit(touched)
            ids = np.array(list(there.values()), np.int64)
            shown = set(ids[self._rows().holds(ids)].tolist()) if len(ids) else set()
            if shown != set(inside.values()):
                self.ask_again()

        self._tasks.ask("runs.touched", "Looking at changed runs", work, done, owner=self)
