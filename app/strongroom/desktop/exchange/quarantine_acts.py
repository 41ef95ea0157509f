# SPDX-License-Identifier: Apache-2.0
"""What a person can do with what was refused: try again, keep a copy elsewhere, remove for good.

* Trying again passes the same gate as any arrival.
* A copy is written as the bytes came, under a name that no program opens by itself.
* Removing asks first and cannot be undone.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.dialogs import RemoveDialog
from strongroom.desktop.exchange.words import Saying
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import count
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress
from strongroom.services.exchange import Exchange, QuarantinedItem, Retried


class QuarantineActs(QObject):
    """The acts of the quarantine.

    Args:
        exchange: Holds what was refused.
        tasks: The jobs of the window.
        window: What the dialogs belong to.

    Signals:
        said: An act has ended (a `Saying`).
        changed: Something was let out, refused again, or removed (a `Changes`).
    """

    said = Signal(object)
    changed = Signal(object)

    def __init__(self, exchange: Exchange, tasks: Tasks, window: QWidget) -> None:
        super().__init__(window)
        self._exchange, self._tasks, self._window = exchange, tasks, window

    def retry(self, items: tuple[str, ...]) -> None:
        """Passes quarantined things through the gate again."""

        def work(progress: Progress) -> tuple[Retried, ...]:
            found = []
            for at, item in enumerate(items):
                progress.step(at, len(items), "Verifying again")
                found.append(self._exchange.retry(item))
            return tuple(found)

        self._tasks.change("exchange.retry", "Trying again", work, self._on_retried, owner=self)

    def remove(self, item: QuarantinedItem) -> None:
        """Asks whether a quarantined thing shall be removed for good."""
        dialog = RemoveDialog(item, parent=self._window)
        dialog.accepted.connect(lambda: self._drop(item.id))
        dialog.open()

    def save(self, item: QuarantinedItem) -> None:
        """Asks where a copy of the bytes goes, for whoever looks into it."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save the refused bytes", f"{item.code}-{item.id[:12]}.quarantined"
        )
        if path:
            self.save_to(item, Path(path))

    def save_to(self, item: QuarantinedItem, path: Path) -> None:
        """Writes a copy of the bytes of a quarantined thing."""

        def done(size_bytes: int) -> None:
            sentence = f"{size_bytes:,} bytes as they came. Do not open them with anything."
            self.said.emit(Saying(tone="ok", title=f"Saved as {path.name}", sentence=sentence))

        self._tasks.change(
            "exchange.save", "Saving from quarantine",
            lambda _progress: self._exchange.save_quarantined(item.id, path), done, owner=self,
        )  # fmt: skip

    def _drop(self, item: str) -> None:
        self._tasks.change(
            "exchange.drop",
            "Removing from quarantine",
            lambda _progress: self._exchange.drop(item),
            self.changed.emit,
            owner=self,
        )

    def _on_retried(self, found: tuple[Retried, ...]) -> None:
        self.said.emit(retried_saying(found))
        changes = Changes()
        for each in found:
            changes |= each.changes
        self.changed.emit(changes)


def retried_saying(found: tuple[Retried, ...]) -> Saying:
    """Returns what came of trying again."""
    refused = [each for each in found if not each.is_taken]
    taken = len(found) - len(refused)
    if not refused:
        title = "Taken in" if taken == 1 else f"{count(taken, 'thing')} taken in"
        return Saying(tone="ok", title=title, sentence="It verifies now and is out of quarantine.")
    codes = ", ".join(sorted({each.code for each in refused}))
    if len(found) == 1:
        return Saying(tone="bad", title=f"Still refused, {codes}", sentence=refused[0].detail)
    return Saying(
        tone="bad",
        title=f"{count(taken, 'thing')} taken in, {len(refused):,} still refused",
        sentence=f"Refused again with {codes}. Each row says why.",
    )
