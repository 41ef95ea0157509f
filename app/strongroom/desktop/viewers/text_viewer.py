# SPDX-License-Identifier: Apache-2.0
"""Text, logs and code: numbered lines, find, wrap, and the parts of a large file.

* A file larger than one part is read part by part; find looks in the part on the screen, said so.
* A log opens at its end when it was asked to.
"""

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.find_bar import FindBar
from strongroom.desktop.viewers.find_keys import FindKeys
from strongroom.desktop.viewers.text_area import TextArea
from strongroom.services.viewing import Viewing
from strongroom.services.views.shapes import FileFacts, TextView

Part = Literal["first", "before", "after", "last"]


class TextViewer(QWidget):
    """Shows a text; ``area`` holds the lines on the screen.

    Signals:
        failed: A part could not be read (the fault).
    """

    failed = Signal(object)

    def __init__(self, viewing: Viewing, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing, self._tasks = viewing, tasks
        self._facts: FileFacts | None = None
        self._view: TextView | None = None
        self._total: int | None = None
        self.area = TextArea("Text of the artifact")
        self.finder = FindBar(self.area)
        self.finder.hide()
        self.finder.closed.connect(self.close_find)
        self.says = Elided("", "text_tertiary", "caption")
        look_for = Button("Find", "ghost", "search", small=True, name="Find in this text")
        look_for.setToolTip("Find in this text (Ctrl+F)")
        look_for.clicked.connect(self.open_find)
        self.wrap = Check("Wrap lines")
        self.wrap.toggled.connect(lambda on: self.area.set_wrap(wraps=on))
        self._parts = row(
            self._part("Start", "first"),
            self._part("Previous part", "before"),
            self._part("Next part", "after"),
            self._part("End", "last"),
            None,
            spacing=2,
        )
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.says, 1), look_for, self.wrap))
        down.addWidget(self.finder)
        down.addWidget(self.area, 1)
        down.addWidget(self._parts)
        FindKeys(self.open_find, self.area)

    def show_text(self, facts: FileFacts, view: TextView) -> None:
        """Shows the first part of another file."""
        if self._facts is None or facts.sha256 != self._facts.sha256:
            self._total = None
        self._facts = facts
        self._take(view)

    def set_total(self, lines: int) -> None:
        """Tells how many lines the file has; numbers a part that was read from the end."""
        self._total = lines
        view = self._view
        if view is not None and view.first_line is None and view.stop >= view.size_bytes:
            self.area.set_first(lines - len(view.lines) + 1)
        self._say()

    def go(self, part: Part) -> None:
        """Shows another part of the file."""
        facts, view, viewing = self._facts, self._view, self._viewing
        if facts is None or view is None:
            return
        line, count = view.first_line, len(view.lines)
        after = None if line is None else line + count
        total = None if self._total is None else self._total + 1

        def read() -> TextView:
            if part == "before":
                return viewing.text_before(facts, view.start, line)
            if part == "after":
                return viewing.text_from(facts, view.stop, after)
            if part == "last":
                return viewing.text_before(facts, facts.size_bytes, total)
            return viewing.text_from(facts, 0, 1)

        def take(found: TextView) -> None:
            if facts == self._facts:
                self._take(found)
                bar = self.area.verticalScrollBar()
                bar.setValue(bar.maximum() if part in {"before", "last"} else 0)

        self._tasks.ask(
            f"viewers.text.{id(self)}",
            "Reading a text",
            lambda _progress: read(),
            take,
            owner=self,
            failed=self.failed.emit,
        )

    def open_find(self) -> None:
        """Opens the line to find words in."""
        self.finder.show()
        self.finder.field.setFocus()
        self.finder.field.edit.selectAll()

    def close_find(self) -> None:
        """Closes it and takes the marks away."""
        self.finder.hide()
        self.area.mark(())
        self.area.setFocus()

    def _part(self, words: str, part: Part) -> Button:
        button = Button(words, "ghost", small=True, name=f"{words} of the file")
        button.clicked.connect(lambda: self.go(part))
        return button

    def _take(self, view: TextView) -> None:
        self._view = view
        first = view.first_line
        at_end = view.stop >= view.size_bytes
        if first is None and at_end and self._total is not None:
            first = self._total - len(view.lines) + 1
        self.area.set_lines(view.lines, first=first, language=view.language)
        is_whole = view.start == 0 and at_end
        self._parts.setVisible(not is_whole)
        for button, off in zip(
            self._parts.findChildren(Button),
            (view.start == 0, view.start == 0, at_end, at_end),
            strict=True,
        ):
            button.setEnabled(not off)
        if is_whole:
            self._total = len(view.lines)
        self._say()
        if self.finder.isVisible():
            self.finder.search()

    def _say(self) -> None:
        view = self._view
        if view is None:
            return
        count = f"{len(view.lines):,} lines" if len(view.lines) != 1 else "1 line"
        if view.start == 0 and view.stop >= view.size_bytes:
            self.says.set_text(count)
            return
        of = f" of {self._total:,}" if self._total is not None else ""
        self.says.set_text(f"{count}{of}, {view.note[:1].lower()}{view.note[1:]}")
