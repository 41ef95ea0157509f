# SPDX-License-Identifier: Apache-2.0
"""Making a key, or putting it under another passphrase: typed twice, kept nowhere.

* The fields are emptied before the work begins; the work holds the words until it has used them.
* Without a passphrase a key may be made where there is a keychain, but it approves nothing.
"""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.passphrase_form import PassphraseForm
from strongroom.services.identities import Identities

T = TypeVar("T")


class PassphraseDialog(Dialog):
    """A name if a key is made, and a passphrase twice.

    Args:
        identities: Makes and protects keys.
        tasks: The jobs of the window.
        secrets: Asks for the present passphrase.
        makes_key: A key is made; otherwise the one that is there gets another passphrase.
        parent: The page.

    Signals:
        protected: It was made, or has another passphrase.
    """

    protected = Signal()

    def __init__(
        self,
        identities: Identities,
        tasks: Tasks,
        secrets: Secrets,
        *,
        makes_key: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "My key",
            title="Make my key" if makes_key else "Change the passphrase",
            sentence=(
                "It signs what you register, ask for and approve. It never leaves this machine."
                if makes_key
                else "The key stays the same: nothing that was signed changes."
            ),
            width=460,
            parent=parent,
        )
        self._identities, self._tasks, self._secrets = identities, tasks, secrets
        self._makes_key = makes_key
        self.name_field = Field("Name", "The name people know you by", size="large")
        self.form = PassphraseForm()
        name = column(Label("Name", "text_secondary", "dense"), 4, self.name_field, 12)
        name.setVisible(makes_key)
        self.set_body(column(name, self.form))
        self.go = self.add_action("Make my key" if makes_key else "Change it", "primary")
        self.go.clicked.connect(self._on_go)
        self.name_field.changed.connect(self._look)
        self.form.changed.connect(self._look)
        self._look()

    def _look(self, _words: str = "") -> None:
        why = self._why_not()
        self.go.setEnabled(not why)
        self.set_reason(why)

    def _why_not(self) -> str:
        if self._makes_key and not self.name_field.text().strip():
            return "Type your name."
        return self.form.why_not()

    def _on_go(self) -> None:
        passphrase, name = self.form.take(), self.name_field.text()
        self.set_reason("The key is being protected; this takes a second.")
        if self._makes_key:
            self._run(lambda: self._identities.create(name, passphrase=passphrase))
            return
        self._secrets.sign(
            "key.protect",
            "Changing the passphrase",
            "Changing the passphrase needs the one that holds now.",
            lambda ask, _progress: self._protect(passphrase, ask),
            lambda _done: self._on_done(),
            owner=self,
            failed=self._on_failed,
            ended=self._look,
            parent=self,
        )

    def _protect(self, passphrase: str, ask: Ask) -> None:
        self._identities.unlock(ask=ask, is_fresh=True)
        self._identities.protect(passphrase)

    def _run(self, work: Callable[[], T]) -> None:
        self._tasks.change(
            "key.create",
            "Making the key",
            lambda _progress: work(),
            lambda _made: self._on_done(),
            owner=self,
            failed=self._on_failed,
        )

    def _on_done(self) -> None:
        self.protected.emit()
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was changed.", "bad", "circle-alert")
        errors.show(error, self)
