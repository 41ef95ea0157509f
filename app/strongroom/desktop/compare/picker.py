# SPDX-License-Identifier: Apache-2.0
"""The choice of runs to compare: a search over all runs, newest first, several at once.

* Words are looked for in names and ids; whoever writes a filter gets the filter.
* Nothing is compared unless it is ticked; runs that are compared already stand there ticked.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import CheckCell, Column, Line, Row, TextCell, TimeCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.comparison import MOST_COMPARED
from strongroom.domain.query import FilterError
from strongroom.domain.run import Run
from strongroom.services.runs import Runs

MOST_LISTED = 200  # runs at once; more words narrow them
_OPERATORS = frozenset("=<>!")


class RunPicker(Dialog):
    """Asks which runs to compare.

    Args:
        runs: Where runs are looked for.
        tasks: The jobs of the window.
        compared: The runs that are compared already.

    Signals:
        chosen: The runs to add (tuple of ids), in the order they were ticked.
    """

    chosen = Signal(object)

    def __init__(
        self, runs: Runs, tasks: Tasks, compared: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Add runs to the comparison",
            title="Which runs?",
            sentence="Words of a name, the start of an id, or a filter such as"
            " metrics.accuracy > 0.9.",
            width=640,
            height=600,
            parent=parent,
        )
        self._runs, self._tasks = runs, tasks
        self._compared = tuple(compared)
        self._ticked: dict[str, None] = {}
        self._found: tuple[Run, ...] = ()
        self._total = 0
        self._trouble = ""
        self.search = SearchField("Search runs", size="large")
        self.table = Table(
            (
                Column("box", "", 40),
                Column("name", "Run", 200, stretch=True),
                Column("experiment", "Experiment", 150),
                Column("started", "Started", 110, "right"),
            ),
            name="Runs to compare",
            edge=20,
        )
        field = column(self.search, margins=(20, 0, 20, 0))
        self.set_body(column(field, 8, (self.table, 1)), margins=(0, 4, 0, 0))
        self.add_button = self.add_action("Compare", "primary", closes=True)
        self.search.changed.connect(lambda _words: self._ask())
        self.search.submitted.connect(lambda *_: self.table.setFocus())
        self.table.checked.connect(self.tick)
        self.table.activated_row.connect(lambda key: self.tick(key, key not in self._ticked))
        self.accepted.connect(lambda: self.chosen.emit(self.ticked()))
        self.search.edit.setFocus()
        self._ask()

    def ticked(self) -> tuple[str, ...]:
        """Returns the runs to add, in the order they were ticked."""
        return tuple(self._ticked)

    def tick(self, run_id: str, on: bool) -> None:
        """Ticks or unticks a run."""
        if run_id in self._compared:
            return
        if on:
            self._ticked[run_id] = None
        else:
            self._ticked.pop(run_id, None)
        self._fill()

    def _ask(self) -> None:
        words = self.search.text().strip()

        def work(_progress: object) -> tuple[tuple[Run, ...], int, str]:
            return _search(self._runs, words)

        self._tasks.ask(
            "compare.pick", "Searching runs", work, self._take, owner=self, failed=self._failed
        )

    def _take(self, found: tuple[tuple[Run, ...], int, str]) -> None:
        self._found, self._total, self._trouble = found
        self._fill()

    def _failed(self, fault: BaseException) -> None:
        self._trouble = getattr(fault, "title", "") or str(fault)
        self._fill()

    def _fill(self) -> None:
        lines: list[Line] = [self._line(run) for run in self._found]
        self.table.set_lines(lines)
        count = len(self._compared) + len(self._ticked)
        reason = f"{wording.count(count, 'run')} then stand side by side"
        if self._trouble:
            reason = shown(self._trouble)
        elif not self._found:
            reason = "No run matches"
        elif self._total > len(self._found) and not self._ticked:
            reason = f"The newest {wording.count(len(self._found))} of {wording.count(self._total)}"
        if count > MOST_COMPARED:
            reason = f"At most {MOST_COMPARED} runs are compared at once"
        self.set_reason(reason, "warn" if self._trouble or count > MOST_COMPARED else "mute")
        self.add_button.setEnabled(bool(self._ticked) and count <= MOST_COMPARED)

    def _line(self, run: Run) -> Row:
        name, is_there = name_of(run), run.run_id in self._compared
        started = wording.exact(run.started_us).removesuffix(" UTC")
        return Row(
            run.run_id,
            (
                CheckCell(is_there or run.run_id in self._ticked, name=name, enabled=not is_there),
                TextCell(name, strong=True, note="compared already" if is_there else ""),
                TextCell(shown(run.experiment), "text_secondary"),
                TimeCell(started[5:16], started),
            ),
            quiet=is_there,
        )


def _search(runs: Runs, words: str) -> tuple[tuple[Run, ...], int, str]:
    """Returns runs, how many there are in all, and what is wrong with a filter."""
    order = "start_time DESC"
    if not words:
        page = runs.search(order_by=order, limit=MOST_LISTED)
        return page.runs, page.total, ""
    if _OPERATORS & set(words):
        try:
            page = runs.search(words, order_by=order, limit=MOST_LISTED)
        except FilterError as error:
            return (), 0, error.title
        return page.runs, page.total, ""
    pattern = "".join(character for character in words if character not in "'\\%")
    asked = f"attributes.run_name ILIKE '%{pattern}%' OR attributes.run_id LIKE '{pattern}%'"
    page = runs.search(asked, order_by=order, limit=MOST_LISTED)
    return page.runs, page.total, ""
