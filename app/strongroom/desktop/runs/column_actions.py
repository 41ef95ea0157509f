# SPDX-License-Identifier: Apache-2.0
"""What can be done to a column: sort, pin, move, hide, format, statistic, sparkline, group by.

* The menu of a title, the menu bar and the palette do the same things through here.
* Every change of the layout is remembered and can be undone.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.kit.figures import Form
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs.column_layout import ALWAYS, ColumnLayout
from strongroom.desktop.runs.columns import STATISTICS, SheetColumn, Statistic
from strongroom.desktop.runs.format_dialog import FormatDialog
from strongroom.desktop.runs.results import Results
from strongroom.desktop.runs.table import RunsTable
from strongroom.desktop.runs.words import shown
from strongroom.domain.query import Field, FieldKind

REMEMBERED = "runs.columns"


class ColumnHost(Protocol):
    """What columns need of the page."""

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Orders the rows by a column."""

    def group_by(self, field: Field | None) -> None:
        """Puts the runs into groups."""

    def choose_columns(self) -> object:
        """Opens the choice of columns."""

    def did(self, step: Step) -> None:
        """Hears of a step that can be undone."""


class ColumnActions(QObject):
    """Changes columns.

    Args:
        layout: Which columns there are.
        results: Shows them.
        table: Whose titles are pressed.
        session: Where they are remembered.
        host: The page.

    Signals:
        rule_requested: The rule of a metric is to be opened (the metric's key).
    """

    rule_requested = Signal(str)

    def __init__(
        self,
        layout: ColumnLayout,
        results: Results,
        table: RunsTable,
        session: Session,
        host: ColumnHost,
    ) -> None:
        super().__init__(table)
        self._layout, self._results, self._table = layout, results, table
        self._session, self._host = session, host
        layout.take_json(session.value(REMEMBERED, {}))
        table.column_resized.connect(self._on_resized)
        table.column_moved.connect(lambda key, to: self.change("move column", layout.move, key, to))
        table.title_menu_requested.connect(self.open_menu)

    def current(self) -> SheetColumn | None:
        """Returns the column whose title is current, None before one was."""
        at, columns = self._table.runs.title_at, self._table.runs.sheet.columns
        return columns[at] if 0 <= at < len(columns) else None

    def change(self, title: str, act: Callable[..., object], *arguments: object) -> None:
        """Changes the layout, remembers it, and lets it be undone."""
        before = self._layout.to_json()
        act(*arguments)
        after = self._layout.to_json()
        if after == before:
            return
        self._show()
        self.tell(
            Step(title=title, undo=partial(self._put, before), redo=partial(self._put, after))
        )

    def tell(self, step: Step) -> None:
        """Hands on a step that can be undone."""
        self._host.did(step)

    def pin(self, column: SheetColumn) -> None:
        """Pins a column, or lets it scroll again."""
        verb = "unpin" if column.is_pinned else "pin"
        self.change(
            f"{verb} {shown(column.title)}",
            lambda: self._layout.pin(column.key, on=not column.is_pinned),
        )

    def hide(self, column: SheetColumn) -> None:
        """Takes a column away."""
        self.change(f"hide {shown(column.title)}", self._layout.hide, column.key)

    def step(self, column: SheetColumn, by: int) -> None:
        """Moves a column one place to the left (-1) or right (1)."""
        self.change(f"move {shown(column.title)}", self._layout.step, column.key, by)

    def set_statistic(self, column: SheetColumn, statistic: Statistic) -> None:
        """Shows the last, lowest, highest or best value of a metric."""
        title = f"{statistic} of {shown(column.title)}"
        self.change(title, self._layout.set_statistic, column.key, statistic)

    def add_spark(self, column: SheetColumn) -> None:
        """Draws a metric by step beside its figure."""
        self.change(f"draw {shown(column.title)}", self._layout.add_spark, column.key)

    def ask_rule(self, column: SheetColumn) -> None:
        """Opens the rule of a column's metric: its unit, which way is better, its bounds."""
        if column.field is not None and column.field.kind is FieldKind.METRIC:
            self.rule_requested.emit(column.field.key)

    def ask_format(self, column: SheetColumn) -> FormatDialog:
        """Asks how the figures of a column are written."""
        dialog = FormatDialog(column, self._results.example(column), parent=self._window())

        def decide(form: Form, decimals: int | None) -> None:
            title = f"format {shown(column.title)}"
            self.change(title, self._layout.set_form, column.key, form, decimals)

        dialog.decided.connect(decide)
        dialog.open()
        return dialog

    def build_menu(self, column: SheetColumn) -> QMenu:
        """Returns the menu of a title; it goes away when it is closed."""
        menu = QMenu(self._window())
        menu.setFont(theme().font("body"))
        menu.aboutToHide.connect(menu.deleteLater)

        def add(words: str, act: Callable[[], object], *, enabled: bool = True) -> None:
            action = menu.addAction(words.replace("&", "&&"))
            action.triggered.connect(lambda _on=False: act())
            action.setEnabled(enabled)

        if column.order:
            add("Sort ascending", lambda: self._host.sort_by(column.key, descending=False))
            add("Sort descending", lambda: self._host.sort_by(column.key, descending=True))
            menu.addSeparator()
        add("Unpin" if column.is_pinned else "Pin", lambda: self.pin(column))
        add("Move left", lambda: self.step(column, -1))
        add("Move right", lambda: self.step(column, 1))
        add("Hide", lambda: self.hide(column), enabled=column.key not in ALWAYS)
        if column.kind == "value" and column.field is not None:
            menu.addSeparator()
            self._add_value_entries(menu, add, column, column.field)
        menu.addSeparator()
        add("Choose columns…", self._host.choose_columns)
        return menu

    def open_menu(self, at: int, place: QPoint) -> None:
        """Opens the menu of a title."""
        columns = self._table.runs.sheet.columns
        if 0 <= at < len(columns) and columns[at].kind != "check":
            self._table.runs.set_title_at(at)
            self.build_menu(columns[at]).popup(place)

    # ------------------------------------------------------------ inside

    def _add_value_entries(
        self, menu: QMenu, add: Callable[..., None], column: SheetColumn, field: Field
    ) -> None:
        if column.is_right:
            add("Format…", lambda: self.ask_format(column))
        if field.kind is FieldKind.METRIC:
            below = menu.addMenu("Statistic")
            for statistic, words in STATISTICS:
                action = below.addAction(words)
                action.setCheckable(True)
                action.setChecked(statistic == column.statistic)
                action.triggered.connect(partial(self._on_statistic, column, statistic))
            add("Draw by step", lambda: self.add_spark(column))
            add("Rule…", lambda: self.ask_rule(column))
        elif not field.is_numeric:
            words = f"Group by {shown(field.key)}"
            add(words, lambda: self._host.group_by(field))

    def _on_statistic(self, column: SheetColumn, statistic: Statistic, _on: bool = False) -> None:
        self.set_statistic(column, statistic)

    def _on_resized(self, key: str, width: int) -> None:
        self._layout.set_width(key, width)
        self._session.set_value(REMEMBERED, self._layout.to_json())

    def _put(self, kept: object) -> None:
        self._layout.take_json(kept)
        self._show()

    def _show(self) -> None:
        self._results.lay_out()
        self._session.set_value(REMEMBERED, self._layout.to_json())

    def _window(self) -> QWidget:
        return self._table.window()
