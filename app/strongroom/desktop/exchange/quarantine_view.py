# SPDX-License-Identifier: Apache-2.0
"""What was refused on arrival: why, from where, the beginning of its bytes, and what can be done.

* The bytes are shown as plain text and never interpreted.
* Trying again passes the same gate; removing is for good and asks first.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.explanation_strip import STANDINGS
from strongroom.desktop.exchange.explanations import explained
from strongroom.desktop.exchange.words import readable
from strongroom.desktop.kit.blocks import Banner, CodeBlock
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import (
    BadgeCell,
    Column,
    Line,
    Notice,
    NumberCell,
    Row,
    TextCell,
    TimeCell,
)
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import Elided, Label, SectionTitle
from strongroom.desktop.kit.surface import Scroll, Split, Surface, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import count, exact, size
from strongroom.services.exchange import QuarantineDetail, QuarantinedItem

PANE_WIDTH, MOST_WIDTH = 408, 560  # px at 100 %, and at any size of text
MAX_LISTED = 2_000  # rows: a hostile share can fill the quarantine with small files
_THINGS = {
    "obj": "File", "man": "Manifest", "run": "Run", "log": "Part of a log",
    "trust": "Trust document",
}  # fmt: skip
MAX_SHOWN = 16_000  # characters in the pane: more than anybody reads, little enough to lay out


class QuarantineView(Surface):
    """The table of refused things and the pane of the selected one.

    Signals:
        selected: Another item is selected (its id).
        retry_requested, removal_requested, save_requested: A button was pressed (the item's id).
    """

    selected = Signal(str)
    retry_requested = Signal(str)
    removal_requested = Signal(str)
    save_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self.table = Table(
            (
                Column("code", "Code", 112),
                Column("path", "Path", 240, stretch=True),
                Column("from", "From", 110),
                Column("when", "When", 96, "right", sortable=True),
                Column("size", "Size", 84, "right", sortable=True),
            ),
            name="Quarantine",
        )
        self.retry_button = Button("Try again", "secondary", "rotate-ccw", changes=True)
        self.save_button = Button("Save bytes…", "ghost", "save")
        self.remove_button = Button("Remove…", "danger", "trash-2", changes=True)
        self._title = Elided("", text="title", elide="middle")
        self._sentence = Label("", "text_secondary", wrap=True)
        self.banner = Banner("bad", "", "")
        self._facts = KeyValues(key_width=96)
        self._bytes = SectionTitle("Beginning of its bytes")
        self.code = CodeBlock("", "Beginning of its bytes", lines=12)
        self.pane = self._make_pane()
        split = Split("horizontal", self.table, self.pane)
        split.setObjectName("exchange.quarantine.split")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.retry_button.clicked.connect(lambda: self.retry_requested.emit(self.current()))
        self.save_button.clicked.connect(lambda: self.save_requested.emit(self.current()))
        self.remove_button.clicked.connect(lambda: self.removal_requested.emit(self.current()))

    def current(self) -> str:
        """Returns the id of the selected item, "" for none."""
        return next(iter(self.table.selected()), "")

    def show_items(self, items: Sequence[QuarantinedItem], now_us: int, wanted: str = "") -> None:
        """Shows what is in quarantine, the newest first."""
        newest = sorted(items, key=lambda item: item.time_us, reverse=True)
        lines: list[Line] = [_row(item, now_us) for item in newest[:MAX_LISTED]]
        if len(newest) > MAX_LISTED:
            older = count(len(newest) - MAX_LISTED, "older item")
            lines.append(Notice("more", f"{older}; strongroom quarantine list shows all", "mute"))
        self.table.set_lines(lines)
        if wanted:
            self.table.select(wanted)
        if newest and not self.table.selected():
            self.table.select(newest[0].id)
        self.pane.setVisible(bool(newest))

    def show_detail(self, detail: QuarantineDetail) -> None:
        """Shows one item in the pane."""
        item = detail.item
        if item.id != self.current():
            return
        known = explained(item.code)
        icon, tone = STANDINGS[known.standing]
        self._title.set_text(_heading(item))
        self._sentence.setText(readable(item.reason))
        self.banner.show_outcome(tone, known.conclusion, known.advice, "", icon)
        kept = "" if item.kept_bytes >= item.size_bytes else f", the first {size(item.kept_bytes)}"
        self._facts.set_facts(
            [
                Fact(key="Code", value=item.code, kind="mono"),
                Fact(key="From", value=item.origin),
                Fact(key="Path", value=item.path, kind="mono"),
                Fact(key="Arrived", value=exact(item.time_us)),
                Fact(key="Size", value=f"{item.size_bytes:,} bytes{kept}"),
                Fact(key="SHA-256", value=item.id, kind="digest"),
            ]
        )
        self._bytes.set_note("", "plain text, never run")
        self.code.set_code(detail.text[:MAX_SHOWN])

    def _make_pane(self) -> Surface:
        body = column(
            self._title,
            4,
            self._sentence,
            12,
            self.banner,
            16,
            self._facts,
            16,
            self._bytes,
            8,
            self.code,
            None,
            margins=(20, 16, 20, 16),
        )
        pane = Surface("bg_surface")
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Scroll(body), 1)
        layout.addWidget(
            row(
                self.save_button,
                None,
                self.remove_button,
                self.retry_button,
                margins=(12, 12, 20, 12),
                edges="t",
            )
        )
        keep_width(pane, PANE_WIDTH, MOST_WIDTH)
        return pane

    def _on_table_selection_changed(self, keys: Sequence[str]) -> None:
        for button in (self.save_button, self.retry_button, self.remove_button):
            button.setEnabled(bool(keys))
        if keys:
            self.selected.emit(keys[0])


def _heading(item: QuarantinedItem) -> str:
    """Returns whose it is where the reason begins with that, else what it is."""
    kind = item.path.partition("/")[0]
    name, colon, _ = item.reason.partition(": ")
    if colon and kind in {"obj", "man", "run"}:
        return name
    return _THINGS.get(kind) or item.path.rpartition("/")[2] or item.path


def _row(item: QuarantinedItem, now_us: int) -> Row:
    icon, tone = STANDINGS[explained(item.code).standing]
    return Row(
        item.id,
        (
            BadgeCell(item.code, tone, icon),
            TextCell(item.path, mono=True),
            TextCell(item.origin, "text_secondary"),
            TimeCell.at(item.time_us, now_us),
            NumberCell(size(item.size_bytes), role="text_secondary"),
        ),
        order={"when": item.time_us, "size": item.size_bytes},
    )
