# SPDX-License-Identifier: Apache-2.0
"""The bytes of any file: offset, hexadecimal, and what would be letters; a window at a time."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.text_area import TextArea
from strongroom.services.viewing import Viewing
from strongroom.services.views.reading import BYTES_AT_ONCE
from strongroom.services.views.shapes import BytesView, FileFacts

ACROSS = 16


class BytesViewer(QWidget):
    """Shows bytes; ``area`` holds the lines on the screen.

    Signals:
        failed: A part could not be read (the fault).
    """

    failed = Signal(object)

    def __init__(self, viewing: Viewing, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing, self._tasks = viewing, tasks
        self._facts: FileFacts | None = None
        self._view: BytesView | None = None
        self.area = TextArea("Bytes of the artifact")
        self.says = Elided("", "text_tertiary", "caption")
        self.go_to = Field("Go to byte, decimal or 0x", "Byte or 0x", width=112, mono=True)
        self.go_to.submitted.connect(self._on_place_given)
        self._back = Button("", "ghost", "chevron-left", small=True, name="Bytes before")
        self._forth = Button("", "ghost", "chevron-right", small=True, name="Bytes after")
        self._back.clicked.connect(lambda: self._turn(-1))
        self._forth.clicked.connect(lambda: self._turn(1))
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.says, 1), self.go_to, self._back, self._forth, spacing=4))
        down.addWidget(self.area, 1)

    def show_bytes(self, facts: FileFacts, view: BytesView) -> None:
        """Shows some bytes of a file."""
        self._facts, self._view = facts, view
        self.area.set_lines(hex_lines(view.data, view.start), first=None)
        last = view.start + len(view.data)
        self.says.set_text(f"Bytes {view.start:,} to {last:,} of {view.size_bytes:,}")
        self._back.setEnabled(view.start > 0)
        self._forth.setEnabled(last < view.size_bytes)

    def go(self, to: int) -> None:
        """Shows the bytes from a place."""
        facts, viewing = self._facts, self._viewing
        if facts is None:
            return

        def take(found: BytesView) -> None:
            if facts == self._facts:
                self.show_bytes(facts, found)

        self._tasks.ask(
            f"viewers.bytes.{id(self)}",
            "Reading bytes",
            lambda _progress: viewing.bytes_at(facts, to),
            take,
            owner=self,
            failed=self.failed.emit,
        )

    def _turn(self, by: int) -> None:
        if self._view is not None:
            self.go(max(0, self._view.start + by * BYTES_AT_ONCE))

    def _on_place_given(self, words: str) -> None:
        try:
            place = int(words, 16 if words.lower().startswith("0x") else 10)
        except ValueError:
            self.go_to.set_bad(is_bad=True)
            return
        self.go_to.set_bad(is_bad=False)
        self.go(max(0, place))


def hex_lines(data: bytes, start: int) -> list[str]:
    """Returns lines of sixteen bytes: offset, hexadecimal in two halves, letters or dots."""
    lines = []
    for at in range(0, len(data), ACROSS):
        piece = data[at : at + ACROSS]
        left, right = piece[:8].hex(" "), piece[8:].hex(" ")
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        lines.append(f"{start + at:010x}  {left:<23}  {right:<23}  {letters}")
    return lines
