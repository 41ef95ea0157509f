# SPDX-License-Identifier: Apache-2.0
"""The choice of columns: every name runs have, with counts, a search, and the usual ones at hand.

* Nothing is added unless a person ticks it.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import CheckCell, Column, Group, Line, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.runs.columns import NameCount, group_name
from strongroom.desktop.runs.words import shown
from strongroom.domain.query import Field, FieldKind

MOST_COLUMNS = 60  # a frame paints what is in sight, but a person reads far fewer
MOST_LISTED = 400  # names at once; the search narrows them
_TITLES = ("Metrics", "System", "Parameters", "Tags", "Origin")
_ORIGIN = ("experiment", "host", "user", "run_id")


class ColumnsDialog(Dialog):
    """Asks which columns the table has.

    Signals:
        chosen: The fields to show (tuple), or None for the usual ones.
    """

    chosen = Signal(object)

    def __init__(
        self, names: Sequence[NameCount], current: Sequence[Field], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Columns",
            title="Columns of the runs table",
            width=520,
            height=600,
            parent=parent,
        )
        origin = [NameCount(Field(kind=FieldKind.ATTRIBUTE, key=key), 0) for key in _ORIGIN]
        self._names = {str(at): each for at, each in enumerate((*names, *origin))}
        self._ticked: dict[Field, None] = dict.fromkeys(current)
        self._search = SearchField("Search columns", size="large")
        self._table = Table(
            (
                Column("box", "", 40, checks=False),
                Column("name", "Name", 200, stretch=True),
                Column("runs", "Runs", 90, "right"),
            ),
            name="Columns",
            edge=20,
        )
        self.set_body(column(_padded(self._search), 8, (self._table, 1)), margins=(0, 4, 0, 0))
        usual = self.add_action("Usual columns")
        usual.clicked.connect(self._on_usual)
        self._save = self.add_action("Show columns", "primary", closes=True)
        self._search.changed.connect(self._fill)
        self._table.checked.connect(self._on_checked)
        self._table.activated_row.connect(lambda key: self._on_checked(key, key not in self._on()))
        self.accepted.connect(lambda: self.chosen.emit(tuple(self._ticked)))
        self._fill()

    def fields(self) -> tuple[Field, ...]:
        """Returns what is ticked, in the order it was ticked."""
        return tuple(self._ticked)

    def tick(self, field: Field, *, on: bool) -> None:
        """Ticks or unticks a field."""
        key = next(key for key, each in self._names.items() if each.field == field)
        self._on_checked(key, on)

    def search(self, words: str) -> None:
        """Narrows the list."""
        self._search.set_text(words)

    def _on(self) -> set[str]:
        return {key for key, each in self._names.items() if each.field in self._ticked}

    def _fill(self) -> None:
        needle = self._search.text().lower()
        lines: list[Line] = []
        left = MOST_LISTED
        for title in _TITLES:
            found = [
                (key, each)
                for key, each in self._names.items()
                if group_name(each.field) == title and needle in each.field.key.lower()
            ]
            found.sort(key=lambda item: (-item[1].run_count, item[1].field.key))
            if not found or left <= 0:
                continue
            lines.append(Group(title, title, wording.count(len(found))))
            lines += [self._line(key, each) for key, each in found[:left]]
            left -= len(found)
        self._table.set_lines(lines)
        words = f"{wording.count(len(self._ticked), 'column')} chosen"
        self.set_reason(words if left > 0 else f"{words}; search to see more names")
        self._save.setEnabled(len(self._ticked) <= MOST_COLUMNS)

    def _line(self, key: str, each: NameCount) -> Row:
        count = wording.count(each.run_count, "run") if each.run_count else "all runs"
        name = shown(each.field.key)
        is_on = each.field in self._ticked
        return Row(
            key,
            (CheckCell(is_on, name=name), TextCell(name), NumberCell(count, role="text_tertiary")),
        )

    def _on_checked(self, key: str, is_on: bool) -> None:
        field = self._names[key].field
        if is_on:
            self._ticked[field] = None
        else:
            self._ticked.pop(field, None)
        self._fill()

    def _on_usual(self) -> None:
        self.chosen.emit(None)
        self.reject()


def _padded(field: SearchField) -> QWidget:
    return column(field, margins=(20, 0, 20, 0))
