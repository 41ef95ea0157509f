# SPDX-License-Identifier: Apache-2.0
"""One question with one answer besides leaving it; leaving is the default."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.buttons import Kind
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label


class QuestionDialog(Dialog):
    """The dialog.

    Args:
        title: Act and object.
        sentence: What follows from it.
        answer: The words of the button that does it.
        does: Does it.
        kind: ``danger`` for what takes something away.
        icon: The icon of the button.
        cancel: The words of the button that leaves.
        details: More words below, plain.
    """

    def __init__(
        self,
        title: str,
        sentence: str,
        answer: str,
        does: Callable[[], None],
        *,
        kind: Kind = "primary",
        icon: str = "",
        cancel: str = "Cancel",
        details: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            title, title=title, sentence=sentence, cancel=cancel, cancel_is_default=True,
            parent=parent,
        )  # fmt: skip
        self.set_body(Label(details, "text_secondary", "dense", wrap=True))
        self.answer = self.add_action(answer, kind, icon)

        def act() -> None:
            self.accept()
            does()

        self.answer.clicked.connect(act)
