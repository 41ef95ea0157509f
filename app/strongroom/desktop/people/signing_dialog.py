# SPDX-License-Identifier: Apache-2.0
"""A dialog that reads a file, shows what it asks for, and signs a change of the team."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.task import Tasks

T = TypeVar("T")


class SigningDialog(Dialog):
    """Reads first, signs then; nothing can be pressed before what was read is shown."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Lets Enter in a field mean the field: a scanner ends its line with it."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if not (is_enter and isinstance(self.focusWidget(), QLineEdit)):
            super().keyPressEvent(event)

    def begin(
        self, tasks: Tasks, what: str, read: Callable[[], T], show: Callable[[T], None]
    ) -> None:
        """Reads in a job; ``what`` is the object of the sentences: ``the draft``."""
        self.set_reason(f"Reading {what}.")
        tasks.ask(
            "people.read",
            f"Reading {what}",
            lambda _progress: read(),
            show,
            owner=self,
            failed=self._on_failed,
        )

    def sign_with(
        self,
        secrets: Secrets,
        key: str,
        name: str,
        button: Button,
        work: Callable[[Ask], T],
        done: Callable[[T], None],
    ) -> None:
        """Signs in a job that may ask for the passphrase; the button waits meanwhile."""
        button.setEnabled(False)
        secrets.sign(
            key,
            name,
            "Changing the team needs the passphrase of your key.",
            lambda ask, _progress: work(ask),
            done,
            owner=self,
            failed=self._on_failed,
            ended=lambda: button.setEnabled(True),
            parent=self,
        )

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was signed.", "bad", "circle-alert")
        errors.show(error, self)
