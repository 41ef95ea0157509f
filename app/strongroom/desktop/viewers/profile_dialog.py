# SPDX-License-Identifier: Apache-2.0
"""What the columns of a dataset hold, as a table with a picture a row; two datasets side by side.

* What changed between two stands first, in one sentence above the table and a word in each row.
* The selected column is drawn large below. Values come from data and are painted as plain text.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
    BarCell,
    Cell,
    Column,
    Row,
    TextCell,
)
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.viewers.column_picture import (
    ColumnPicture,
    Side,
    axis_of,
    end_words,
    picture_cell,
)
from strongroom.domain.data_profile import ColumnProfile, DataProfile
from strongroom.domain.profile_comparison import (
    ColumnChange,
    ColumnPair,
    ProfileComparison,
    compare_profiles,
)

_ONE = (
    Column("name", "Column", 168),
    Column("kind", "Type", 76),
    Column("missing", "Missing", 100),
    Column("distinct", "Distinct", 80, "right"),
    Column("low", "Least", 104, "right"),
    Column("mean", "Mean", 88, "right"),
    Column("high", "Most", 104, "right"),
    Column("picture", "How it is spread", 180, stretch=True),
)
_TONES: dict[ColumnChange, Tone] = {
    ColumnChange.ADDED: "info",
    ColumnChange.DROPPED: "bad",
    ColumnChange.RETYPED: "bad",
    ColumnChange.MOVED: "warn",
}


class DataPair(NamedTuple):
    """The profiles of one dataset in two runs, and what else is to be known of them."""

    name: str
    before: DataProfile
    now: DataProfile
    remark: str = ""


class ProfileDialog(Dialog):
    """The columns of one dataset.

    Args:
        name: What the dataset is called.
        profile: Its profile.
    """

    def __init__(self, name: str, profile: DataProfile, parent: QWidget | None = None) -> None:
        rows = "" if profile.rows is None else f"{wording.count(profile.rows, 'row')}; "
        super().__init__(
            f"Columns of {name}", title=f"Columns of {name}",
            sentence=f"{rows}{profile.words}. No value is named that fewer than five rows share.",
            width=940, height=620, cancel="Close", parent=parent,
        )  # fmt: skip
        self._columns = {str(at): each for at, each in enumerate(profile.columns)}
        self.table = Table(_ONE, name="Columns of the dataset", edge=20)
        self.picture = ColumnPicture()
        self.title = SectionTitle("")
        self.set_body(_body(self.table, self.title, self.picture), margins=(0, 0, 0, 0))
        self.table.selection_changed.connect(self._on_selected)
        self.table.set_lines([_line(key, each) for key, each in self._columns.items()])
        if profile.left_out:
            more = wording.count(profile.left_out, "more column")
            self.set_reason(f"{more} had no room in the profile", "mute")
        if self._columns:
            self.table.select("0")

    def _on_selected(self, keys: Sequence[str]) -> None:
        found = self._columns.get(keys[0]) if keys else None
        if found is not None:
            self.title.set_title(shown(found.name))
            self.picture.show_column([Side("", found)])


class ProfileChangesDialog(Dialog):
    """The columns of the data of two runs, those that changed first.

    Args:
        titles: What the two runs are called; the second is held against the first.
        pairs: The data of both; with several, one is chosen above the table.
    """

    def __init__(
        self, titles: tuple[str, str], pairs: Sequence[DataPair], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "What changed in the data", title="What changed in the data",
            sentence=f"{titles[1]} against {titles[0]}.", width=1000, height=640, cancel="Close",
            parent=parent,
        )  # fmt: skip
        self._titles, self._data = titles, tuple(pairs)
        self._pairs: dict[str, ColumnPair] = {}
        names = [(str(at), shown(pair.name)) for at, pair in enumerate(self._data)]
        self.which = Choice(names, "0", name="Dataset")
        self.told = Label("", "text_primary", "body", wrap=True)
        self.table = Table(
            (
                Column("name", "Column", 160),
                Column("change", "Change", 108),
                Column("words", "What moved", 232, stretch=True),
                Column("before", titles[0], 200),
                Column("now", titles[1], 200),
            ),
            name="Columns of both datasets",
            edge=20,
        )
        self.picture, self.title = ColumnPicture(), SectionTitle("")
        head = column(row(self.which, None), 8, self.told, margins=(20, 0, 20, 10))
        self.which.setVisible(len(self._data) > 1)
        self.set_body(
            column(head, (_body(self.table, self.title, self.picture), 1)), margins=(0, 0, 0, 0)
        )
        self.which.chosen.connect(lambda _key: self._list())
        self.table.selection_changed.connect(self._on_selected)
        self._list()

    def _list(self) -> None:
        data = self._data[int(self.which.current())]
        found = compare_profiles(data.before, data.now)
        self._pairs = {str(at): pair for at, pair in enumerate(found.pairs)}
        self.told.setText(changes_in_words(found))
        self.table.set_lines([_pair_line(key, pair) for key, pair in self._pairs.items()])
        self.set_reason(data.remark)
        if self._pairs:
            self.table.select("0")
            self._on_selected(("0",))

    def _on_selected(self, keys: Sequence[str]) -> None:
        pair = self._pairs.get(keys[0]) if keys else None
        if pair is not None:
            self.title.set_title(shown(pair.name))
            sides = zip(self._titles, (pair.before, pair.now), strict=True)
            self.picture.show_column([Side(title, each) for title, each in sides])


def changes_in_words(found: ProfileComparison) -> str:
    """Returns what changed between two profiles in one sentence, the most telling first."""
    told = []
    for change, verb in (
        (ColumnChange.ADDED, "new"),
        (ColumnChange.DROPPED, "dropped"),
        (ColumnChange.RETYPED, "of another type"),
        (ColumnChange.MOVED, "moved"),
    ):
        named = [shown(pair.name) for pair in found.pairs if pair.change is change]
        if named:
            more = f" and {len(named) - 3:,} more" if len(named) > 3 else ""
            told.append(f"{wording.count(len(named))} {verb} "
                        f"({', '.join(named[:3])}{more})")  # fmt: skip
    rows = [each for each in found.rows if each is not None]
    if len(rows) == 2 and rows[0] != rows[1]:
        told.append(f"{rows[0]:,} rows became {rows[1]:,}")
    if not told:
        told = ["none differs"]
    if found.untold:
        verb = "was" if found.untold == 1 else "were"
        left = f"{wording.count(found.untold, 'column')} {verb} left out by one of the profiles"
        told.append(left)
    return f"Of {wording.count(len(found.pairs), 'column')}: {'; '.join(told)}."


def _body(table: Table, title: SectionTitle, picture: ColumnPicture) -> QWidget:
    below = column(title, 4, picture, margins=(20, 10, 20, 8))
    return column((table, 1), below)


def _line(key: str, each: ColumnProfile) -> Row:
    mean = MISSING if each.mean is None else TextCell(
        wording.number(each.mean),
        spoken="" if each.deviation is None else f"{wording.number(each.mean)}, deviation "
        f"{wording.number(each.deviation)}",
    )  # fmt: skip
    cells: tuple[Cell, ...] = (
        TextCell(shown(each.name), strong=True),
        TextCell(each.kind, "text_secondary"),
        _missing(each),
        MISSING if each.distinct is None else TextCell(f"{each.distinct:,}"),
        MISSING if each.minimum is None else TextCell(end_words(each.minimum)),
        mean,
        MISSING if each.maximum is None else TextCell(end_words(each.maximum)),
        picture_cell(each),
    )
    return Row(key, cells)


def _missing(each: ColumnProfile) -> Cell:
    if each.missing is None or not each.count:
        return MISSING
    if not each.missing:
        return TextCell("none", "text_tertiary")
    share = each.missing / each.count
    return BarCell(share, f"{share:.1%}" if share >= 0.001 else "< 0.1%")


def _pair_line(key: str, pair: ColumnPair) -> Row:
    axis = axis_of([pair.before, pair.now])
    is_same = pair.change is ColumnChange.SAME
    words = "; ".join(shown(each) for each in pair.words)
    kind = next(each.kind for each in (pair.now, pair.before) if each is not None)
    return Row(
        key,
        (
            TextCell(shown(pair.name), strong=True),
            TextCell("same", "text_tertiary")
            if is_same
            else BadgeCell(pair.change.value, _TONES[pair.change]),
            TextCell(words) if words else TextCell(kind, "text_tertiary"),
            picture_cell(pair.before, axis),
            picture_cell(pair.now, axis),
        ),
        quiet=is_same,
    )
