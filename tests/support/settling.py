# SPDX-License-Identifier: Apache-2.0
"""A window at rest: everything that was asked is answered and shown."""

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks

ROUNDS = 5  # an answer may ask again: what is there, what of it is shown, its curves
PATIENCE_MS = 20_000


def settle(tasks: Tasks) -> None:
    """Waits for questions that lead to questions."""
    for _ in range(ROUNDS):
        QApplication.processEvents()
        assert tasks.wait_idle(PATIENCE_MS), [each.name for each in tasks.running()]
