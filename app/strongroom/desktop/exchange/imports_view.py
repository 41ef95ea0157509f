# SPDX-License-Identifier: Apache-2.0
"""What came in on this workstation: every taking in with its result, its items below.

* One that was stopped, failed or was cut off by a crash says so and can be gone on with.
* Items are those of the report that was kept then; nothing is looked up again.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.items_view import ItemsView
from strongroom.desktop.exchange.words import counted, readable
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
    Cell,
    Column,
    NumberCell,
    Row,
    TextCell,
    TimeCell,
)
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Split, Surface, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import count, size
from strongroom.services.exchange import ImportRecord, ImportReport

_UNFINISHED = {
    "begun": BadgeCell("Not finished", "warn", "clock"),
    "stopped": BadgeCell("Stopped", "warn", "circle-stop"),
}
_NOTHING = BadgeCell("Nothing new", "mute", "equal")
_MEANS = {"import": "Import", "pull": "Pull", "sync": "Sync"}


class ImportsView(Surface):
    """The table of takings in, and the items of the selected one.

    Signals:
        selection_changed: Another one is selected.
        selected: The same, with its id.
        again_requested: Import from the same source again (the source).
        save_requested: Save the report of the selected one (an `ImportReport`).
    """

    selection_changed = Signal()
    selected = Signal(str)
    again_requested = Signal(str)
    save_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self._records: dict[str, ImportRecord] = {}
        self._report: ImportReport | None = None
        self.table = Table(
            (
                Column("source", "From", 220, stretch=True),
                Column("how", "How", 84),
                Column("result", "Result", 128),
                Column("taken", "New", 72, "right"),
                Column("rejected", "Rejected", 80, "right"),
                Column("waiting", "Waiting", 80, "right"),
                Column("size", "Size", 88, "right"),
                Column("when", "When", 120, "right"),
            ),
            name="Imports",
        )
        self.words = Label("", "text_secondary", "dense", wrap=True)
        self.again_button = Button("Go on…", "secondary", "rotate-ccw", small=True, changes=True)
        self.save_button = Button("Save report…", "secondary", "save", small=True)
        self.items = ItemsView("Items of the import", edge=16)
        head = row((self.words, 1), self.again_button, self.save_button, margins=(16, 8, 16, 8))
        split = Split("vertical", self.table, column(head, (self.items, 1)))
        split.setObjectName("exchange.imports.split")
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.again_button.clicked.connect(self._on_again_clicked)
        self.save_button.clicked.connect(lambda: self.save_requested.emit(self._report))

    def current(self) -> str:
        """Returns the id of the selected taking in, "" for none."""
        return next(iter(self.table.selected()), "")

    def show_records(self, records: Sequence[ImportRecord], now_us: int) -> None:
        """Shows takings in, the newest first."""
        self._records = {record.id: record for record in records}
        self.table.set_lines([_row(record, now_us) for record in records])
        if records and not self.table.selected():
            self.table.select(records[0].id)
        else:
            self._show_words()

    def show_report(self, report: ImportReport) -> None:
        """Shows the items of one."""
        if report.record.id == self.current():
            self._report = report
            self.items.show_report(report)
            self.save_button.setEnabled(True)

    def _show_words(self) -> None:
        record = self._records.get(self.current())
        if record is None:
            return
        self.words.setText(said(record))
        is_open = record.state != "done" or record.waiting > 0
        self.again_button.setVisible(record.means == "import" or is_open)
        self.again_button.set_words("Go on…" if is_open else "Import again…")
        if self._report is None or self._report.record.id != record.id:
            self.save_button.setEnabled(False)  # until it has been read

    def _on_table_selection_changed(self, keys: Sequence[str]) -> None:
        self._show_words()
        self.selection_changed.emit()
        if keys:
            self.selected.emit(keys[0])

    def _on_again_clicked(self) -> None:
        record = self._records.get(self.current())
        if record is not None:
            self.again_requested.emit(record.source)


def said(record: ImportRecord) -> str:
    """Returns how a taking in ended, in a sentence or two."""
    if record.state == "begun":
        return (
            "Not finished: the program ended while it took in. What was whole is here, nothing is"
            " half there. Go on takes in the rest."
        )
    if record.state == "stopped":
        return "Stopped by hand. What was finished stays; Go on takes in the rest."
    if record.state == "failed":
        return f"{readable(record.title)} ({record.code}). What was finished stays."
    parts = [f"Written to this store: {counted(record.pulled) or 'nothing'}."]
    if record.left:
        parts.append(f"{count(record.left, 'item')} not chosen.")
    if record.waiting:
        parts.append(f"{count(record.waiting, 'item')} waiting for what is missing.")
    if record.conflicts:
        parts.append(f"{count(record.conflicts, 'conflict')} to decide on the Models page.")
    if record.same:
        parts.append(f"{record.same:,} the same already.")
    return " ".join(parts)


def result_cell(record: ImportRecord) -> Cell:
    """Returns how a taking in ended: a badge with icon and word."""
    if record.state in _UNFINISHED:
        return _UNFINISHED[record.state]
    if record.state == "failed":
        return BadgeCell(record.code or "Failed", "bad", "circle-alert")
    if record.rejected:
        return BadgeCell("Rejections", "bad", "shield-x")
    if record.conflicts:
        return BadgeCell("Conflict", "warn", "git-fork")
    is_new = record.taken or not record.pulled.is_empty
    return BadgeCell("Taken in", "ok", "check") if is_new else _NOTHING


def _row(record: ImportRecord, now_us: int) -> Row:
    return Row(
        record.id,
        (
            TextCell(record.source),
            TextCell(_MEANS.get(record.means, record.means), "text_secondary"),
            result_cell(record),
            _number(record.taken),
            _number(record.rejected),
            _number(record.waiting),
            NumberCell(size(record.pulled.bytes)) if record.pulled.bytes else MISSING,
            TimeCell.at(record.started_us, now_us),
        ),
        tint="bad" if record.rejected else "",
    )


def _number(value: int) -> Cell:
    return NumberCell(f"{value:,}") if value else MISSING
