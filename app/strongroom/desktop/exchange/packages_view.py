# SPDX-License-Identifier: Apache-2.0
"""Packages and bundles that left some workstation of the team, as the log tells of them.

* A line stands for a signed event: it says that somebody exported this, not where the copy is now.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit.cells import (
    BadgeCell,
    Column,
    DigestCell,
    PersonCell,
    Row,
    TextCell,
    TimeCell,
    TrustCell,
)
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.table import Table
from strongroom.services.audit import AuditEntry

_KINDS = {"export.audit": ("Audit package", "package"), "export.bundle": ("Bundle", "archive")}


class PackagesView(Surface):
    """The table of what was exported.

    Signals:
        selection_changed: Another one is selected.
    """

    selection_changed = Signal()

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self.table = Table(
            (
                Column("object", "What it holds", 240, stretch=True),
                Column("kind", "Kind", 140),
                Column("who", "Exported by", 190),
                Column("event", "Signed event", 176),
                Column("trust", "Trust", 132),
                Column("when", "When", 120, "right"),
            ),
            name="Packages",
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.table.selection_changed.connect(lambda _keys: self.selection_changed.emit())

    def show_packages(self, entries: Sequence[AuditEntry], now_us: int) -> None:
        """Shows exports, the newest first."""
        self.table.set_lines([_row(entry, now_us) for entry in entries])
        if entries and not self.table.selected():
            self.table.select(entries[0].id)


def _row(entry: AuditEntry, now_us: int) -> Row:
    word, icon = _KINDS.get(entry.type, (entry.type, "package"))
    return Row(
        entry.id,
        (
            TextCell(entry.object or "The whole log"),
            BadgeCell(word, "mute", icon),
            PersonCell(entry.who, "cpu" if entry.is_machine else ""),
            DigestCell(entry.id),
            TrustCell(entry.trust, f"No effect, {entry.code}" if entry.code else ""),
            TimeCell.at(entry.time_us, now_us),
        ),
    )
