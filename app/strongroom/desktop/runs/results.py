# SPDX-License-Identifier: Apache-2.0
"""An answer as it lies in the table: sheet, groups with their figures, rows that came later.

* Columns may be others while rows stay, and rows others while columns stay.
* A group stays collapsed or expanded by its value, whatever order it comes back in.
* Figures over groups are asked for after the rows are shown.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.column_layout import ColumnLayout
from strongroom.desktop.runs.columns import SheetColumn
from strongroom.desktop.runs.finding import Answer, figures_of
from strongroom.desktop.runs.flat_rows import FlatRows, usually_closed
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.new_since import EVERYTHING
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import Sheet
from strongroom.desktop.runs.sparks import Sparks
from strongroom.desktop.runs.table import RunsTable
from strongroom.domain.metric_schema import MetricSchema
from strongroom.services.run_table import GroupFigures, RowOrder

if TYPE_CHECKING:
    from strongroom.domain.query import Field
    from strongroom.domain.run import Run


class Results(QObject):
    """Shows answers in the table.

    Args:
        services: Where the figures of groups come from.
        tasks: The jobs of the window.
        model: Whose sheet is changed.
        table: Shows it.
        layout: Which columns there are.

    Signals:
        wanting: Columns show fields the answer was not asked for; ask again.
    """

    wanting = Signal()

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        model: RunsModel,
        table: RunsTable,
        layout: ColumnLayout,
    ) -> None:
        super().__init__(table)
        self._services, self._tasks = services, tasks
        self._model, self._table, self._layout = model, table, layout
        self._usual: tuple[Field, ...] = ()
        self._sample: tuple[Run, ...] = ()
        self._asked: frozenset[Field] = frozenset()
        self._is_usual = False
        self._schema = MetricSchema()
        self._group: Field | None = None
        self._folded: dict[str | None, bool] = {}
        self.seen_id = EVERYTHING
        self._sparks = Sparks(services, tasks, self)
        self._sparks.arrived.connect(table.repaint_lines)
        self._sparks.arrived.connect(table.pinned.repaint_lines)

    def count(self) -> int:
        """Returns how many runs are shown, collapsed ones too."""
        return len(self._model.sheet.rows.order.ids)

    def show(self, answer: Answer, *, keeps_place: bool) -> None:
        """Shows an answer."""
        self._is_usual = self._layout.fields() is None
        if self._is_usual:
            self._usual = answer.fields
        self._sample, self._schema = answer.sample, answer.schema
        self._asked = frozenset(answer.fields)
        if answer.question.group_by != self._group:
            self._folded = {}
        self._group = answer.question.group_by
        self._model.windows.put(answer.rows, answer.fields)
        self._lay(self._flat(answer.order), keeps_place=keeps_place)
        self._ask_figures()

    def grow(self, order: RowOrder) -> None:
        """Takes over the whole order of the answer that is shown."""
        before = self._model.sheet.rows
        many = len(before.order.ids)
        if np.array_equal(before.order.ids, order.ids[:many]):
            self._model.grow(FlatRows(order))
        else:  # runs came meanwhile
            self._lay(self._flat(order), keeps_place=True)

    def lay_out(self) -> None:
        """Makes the columns anew; rows stay where they are."""
        self._lay(self._model.sheet.rows, keeps_place=True)
        is_usual = self._layout.fields() is None
        if not self._model.windows.fields <= self._asked or is_usual > self._is_usual:
            self.wanting.emit()
        else:
            self._ask_figures()

    def toggle(self, group: int) -> None:
        """Collapses or expands a group and makes its header current."""
        rows = self._model.sheet.rows
        self._folded[rows.order.values[group]] = group not in rows.closed
        self._refold()
        self._table.select_row(self._model.sheet.rows.header_of(group))

    def fold_all(self, *, closed: bool) -> None:
        """Collapses or expands every group."""
        self._folded = dict.fromkeys(self._model.sheet.rows.order.values, closed)
        self._refold()

    def is_grouped(self) -> bool:
        """Returns whether runs stand in groups."""
        return self._model.sheet.rows.is_grouped

    def example(self, column: SheetColumn) -> float | None:
        """Returns a number of a column, None if there is none."""
        field = column.field
        if field is None:
            return None
        for run in self._sample:
            summary = run.metrics.get(field.key)
            number = summary.last if summary is not None else _as_number(run.params.get(field.key))
            if number is not None and math.isfinite(number):
                return number
        return None

    # ------------------------------------------------------------ inside

    def _flat(self, order: RowOrder) -> FlatRows:
        usual = usually_closed(order)
        closed = (
            at for at, value in enumerate(order.values) if self._folded.get(value, at in usual)
        )
        return FlatRows(order, frozenset(closed))

    def _refold(self) -> None:
        self._lay(self._flat(self._model.sheet.rows.order), keeps_place=True)

    def _lay(self, rows: FlatRows, *, keeps_place: bool) -> None:
        before = self._model.sheet
        sheet = Sheet(
            columns=self._layout.columns(
                self._usual, self._sample, self._schema, is_grouped=rows.is_grouped
            ),
            rows=rows,
            windows=self._model.windows,
            sample=self._sample,
            schema=self._schema,
            now_us=self._services.clock.now_us(),
            seen_id=self.seen_id,
            group_name=self._group.key if self._group is not None else "",
            sparks=self._sparks,
            figures=before.figures if before.rows.order is rows.order else {},
        )
        self._table.set_sheet(sheet, keeps_place=keeps_place)

    def _ask_figures(self) -> None:
        sheet, services, schema = self._model.sheet, self._services, self._schema
        order = sheet.rows.order
        if not order.values:
            return

        def done(figures: dict[str, GroupFigures]) -> None:
            if self._model.sheet.rows.order is order:
                self._model.sheet.figures |= figures
                self._model.tell_all()

        self._tasks.ask(
            "runs.figures",
            "Averaging groups",
            lambda _progress: figures_of(services, order, sheet.columns, schema),
            done,
            owner=self,
        )


def _as_number(text: str | None) -> float | None:
    """Returns the number a param holds, None if it is none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
