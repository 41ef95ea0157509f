# SPDX-License-Identifier: Apache-2.0
"""A list of names and values with a search: params of a run, packages of its environment."""

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.cells import Column, Row, TextCell
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.table import Table
from strongroom.desktop.runs.words import shown

MOST_LISTED = 1_000  # lines at once; the search reaches the others


class PairsTab(QWidget):
    """Names and values; ``table`` lists those that hold the words of ``search``.

    Args:
        what: What they are, as in ``params``.
        titles: The titles of both columns.
        none: The sentence for a run without any.
    """

    def __init__(
        self, what: str, titles: tuple[str, str], none: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._what = what
        self._pairs: dict[str, str] = {}
        self.search = SearchField(f"Search {what}")
        self.search.changed.connect(lambda _words: self._list())
        self.table = Table(
            (
                Column("name", titles[0], 150, sortable=True),
                Column("value", titles[1], 150, stretch=True),
            ),
            name=what.capitalize(),
            edge=0,
            plain=True,
        )
        self._none = Label(none, "text_secondary", "dense", wrap=True)
        self._more = Label("", "text_tertiary", "caption")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 8, 0, 0)
        down.setSpacing(4)
        down.addWidget(self.search)
        down.addWidget(self._none)
        down.addWidget(self.table, 1)
        down.addWidget(self._more)
        down.addStretch(0)

    def show_pairs(self, pairs: Mapping[str, str]) -> None:
        """Shows other names and values."""
        if dict(pairs) != self._pairs or not pairs:
            self._pairs = dict(pairs)
            self._list()

    def _list(self) -> None:
        words = self.search.text().casefold()
        found = [
            (key, value)
            for key, value in sorted(self._pairs.items())
            if words in key.casefold() or words in value.casefold()
        ]
        self.table.set_lines(
            [
                Row(
                    key,
                    (TextCell(shown(key), strong=True), TextCell(shown(value), mono=True)),
                    order={"name": key, "value": _order(value)},
                )
                for key, value in found[:MOST_LISTED]
            ]
        )
        has_any = bool(self._pairs)
        self._none.setVisible(not has_any)
        for part in (self.search, self.table):
            part.setVisible(has_any)
        more = len(found) - MOST_LISTED
        words_of_more = f"{more:,} more {self._what}. Search for them by name." if more > 0 else ""
        if has_any and not found:
            words_of_more = f"None of {len(self._pairs):,} {self._what} matches."
        self._more.setText(words_of_more)
        self._more.setVisible(bool(words_of_more))


def _order(value: str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return value
    return number if number == number else value  # noqa: PLR0124 - NaN has no place among numbers
