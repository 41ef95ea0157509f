# SPDX-License-Identifier: Apache-2.0
"""Saving a support bundle: what is inside can be read first; the file stays on this machine."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.clock import MICROSECONDS, Clock
from strongroom.services.support_bundle import BundlePart, Parts, SupportBundle

SHOWN = 20_000  # characters of a part; the file has all of it


class SupportDialog(Dialog):
    """Shows the parts, and saves them where somebody says.

    Args:
        bundle: Saves.
        collect: Collects the parts, in a task; told whether names may be inside.
        tasks: The jobs of the window.
        clock: Names the file.
        choose: Asks for the file; a dialog of the system unless given.
    """

    def __init__(
        self,
        bundle: SupportBundle,
        collect: Parts,
        tasks: Tasks,
        clock: Clock,
        *,
        choose: Callable[[str], str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Save support bundle",
            title="What the bundle holds",
            sentence="One ZIP file that stays on this machine until you hand it to somebody. "
            "Secrets are cut out.",
            width=760,
            height=600,
            parent=parent,
        )
        self._bundle, self._collect, self._tasks = bundle, collect, tasks
        self._choose = choose or self._ask_for_file
        self._name = _name(clock)
        self._parts: tuple[BundlePart, ...] = ()
        self.names = Check("Add messages of errors and the layout: they may name people and runs")
        self.table = Table(
            (
                Column("part", "File", 140),
                Column("tells", "What it tells", 320, stretch=True),
                Column("size", "Size", 80, "right"),
            ),
            name="Parts of the bundle",
            edge=20,
            plain=True,
        )
        self.table.setMinimumHeight(180)
        self.text = TextArea("Content", lines=8, grows=True, mono=True, read_only=True)
        below = column(self.names, 8, (self.text, 1), margins=(20, 8, 20, 16))
        self.set_body(column(self.table, (below, 1)), margins=(0, 4, 0, 0))
        self.save_button = self.add_action("Save…", "primary", "save")
        self.save_button.setEnabled(False)
        self.save_button.clicked.connect(self._on_save_clicked)
        self.names.toggled.connect(lambda _on: self._look())
        self.table.selection_changed.connect(lambda _keys: self._show_text())
        self._look()

    def _look(self) -> None:
        with_names = self.names.isChecked()
        self._tasks.ask(
            "support.collect", "Collecting the support bundle",
            lambda _progress: self._collect(with_names), self._take, owner=self,
        )  # fmt: skip

    def _take(self, parts: tuple[BundlePart, ...]) -> None:
        self._parts = parts
        current = self.table.current_key()
        self.table.set_lines([_line(part) for part in parts])
        self.table.select(current or parts[0].name)
        self._show_text()
        total = sum(len(part.text) for part in parts)
        self.set_reason(f"{wording.size(total)} before packing", "mute")
        self.save_button.setEnabled(True)

    def _show_text(self) -> None:
        chosen = self.table.current_key()
        text = next((part.text for part in self._parts if part.name == chosen), "")
        self.text.set_text(text[:SHOWN] + ("\n…" if len(text) > SHOWN else ""))

    def _on_save_clicked(self) -> None:
        named = self._choose(self._name)
        if not named:
            return
        parts = self._parts
        self.save_button.setEnabled(False)
        self._tasks.change(
            "support.save", "Saving the support bundle",
            lambda _progress: self._bundle.save(Path(named), parts),
            lambda _path: self.accept(), owner=self, failed=self._on_failed,
        )  # fmt: skip

    def _on_failed(self, fault: BaseException) -> None:
        self.save_button.setEnabled(True)
        errors.show(fault, self)

    def _ask_for_file(self, name: str) -> str:
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save support bundle", str(Path(home) / name), "ZIP (*.zip)"
        )
        return chosen


def _line(part: BundlePart) -> Row:
    size = NumberCell(wording.size(len(part.text)))
    return Row(part.name, (TextCell(part.name), TextCell(part.tells), size))


def _name(clock: Clock) -> str:
    at = datetime.fromtimestamp(clock.now_us() / MICROSECONDS, tz=UTC)
    return f"strongroom-support-{at:%Y%m%d-%H%M%S}.zip"
