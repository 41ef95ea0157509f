# SPDX-License-Identifier: Apache-2.0
"""A file that may run something when loaded: the verdict first, then its instructions.

The file was not loaded, and nothing here can load it.
"""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Tabs
from strongroom.services.views.shapes import ProgramView

_TITLES: dict[str, tuple[Tone, str]] = {
    "data-only": ("ok", "Data only"),
    "code-on-load": ("bad", "Runs code when loaded"),
    "unknown": ("warn", "Unknown"),
}


class ProgramViewer(QWidget):
    """Shows verdict, instructions and members."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner("mute", "", "")
        self.tabs = Tabs((("opcodes", "Instructions"), ("members", "Members")), name="File")
        self.opcodes = Table(
            (
                Column("at", "Byte", 64, "right"),
                Column("name", "Instruction", 150),
                Column("argument", "Argument", 160, stretch=True),
            ),
            name="Instructions",
            edge=8,
            row_height=24,
        )
        self.members = Table(
            (Column("name", "Member", 200, stretch=True), Column("size", "Size", 90, "right")),
            name="Members of the archive",
            edge=8,
            row_height=24,
        )
        self.tabs.changed.connect(self._on_tab)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(6)
        down.addWidget(self.banner)
        down.addWidget(self.tabs)
        down.addWidget(self.opcodes, 1)
        down.addWidget(self.members, 1)

    def show_program(self, view: ProgramView) -> None:
        """Shows another file."""
        tone, title = _TITLES[view.risk]
        sentence = f"{view.sentence} It was not loaded to say so."
        self.banner.show_outcome(tone, title, sentence)
        self.opcodes.set_lines(
            [
                Row(
                    str(number),
                    (
                        NumberCell(f"{each.position:,}", role="text_tertiary"),
                        TextCell(
                            each.name, mono=True, strong=each.acts,
                            icon="triangle-alert" if each.acts else "", icon_role="warn_icon",
                        ),
                        TextCell(
                            f"{each.member}: {each.argument}" if each.member else each.argument,
                            mono=True,
                        ),
                    ),
                )
                for number, each in enumerate(view.opcodes)
            ]
        )  # fmt: skip
        self.members.set_lines(
            [
                Row(str(at), (TextCell(name), NumberCell(wording.size(size))))
                for at, (name, size) in enumerate(view.members)
            ]
        )
        self.tabs.set_counts({"opcodes": len(view.opcodes), "members": len(view.members)})
        self.tabs.setVisible(bool(view.opcodes) and bool(view.members))
        self.tabs.set_current("opcodes" if view.opcodes or not view.members else "members")
        self._on_tab(self.tabs.current())

    def _on_tab(self, key: str) -> None:
        self.opcodes.setVisible(key == "opcodes" and bool(self.opcodes.lines()))
        self.members.setVisible(key == "members")
