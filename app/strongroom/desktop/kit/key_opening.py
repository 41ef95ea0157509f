# SPDX-License-Identifier: Apache-2.0
"""Opening the key without signing anything, keeping it open for an hour, and locking it.

* Locking waits for nobody and asks nobody; opening asks for the passphrase, keeping does not.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks

if TYPE_CHECKING:
    from strongroom.services.identities import Identities


class KeyOpening(QObject):
    """Opens, keeps and locks the key of this workstation.

    Args:
        identities: The key.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        parent: Owns it; what is answered after that is gone is dropped.

    Signals:
        changed: The key was opened, kept open or locked; whoever shows it looks again.
    """

    changed = Signal()

    def __init__(
        self, identities: "Identities", tasks: Tasks, secrets: Secrets, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._identities, self._tasks, self._secrets = identities, tasks, secrets

    def unlock(self) -> None:
        """Asks for the passphrase without signing anything."""
        self._secrets.sign(
            "key.unlock",
            "Opening the key",
            "It stays open for a while, so that signing does not ask each time.",
            lambda ask, _progress: self._identities.unlock(ask=ask),
            lambda _done: self.changed.emit(),
            owner=self,
        )

    def keep(self) -> None:
        """Keeps the open key open for an hour, this once."""
        self._tasks.change(
            "key.keep",
            "Keeping the key open",
            lambda _progress: self._identities.keep_open(),
            lambda _left: self.changed.emit(),
            owner=self,
        )

    def lock(self) -> None:
        """Forgets the key at once."""
        self._identities.lock()
        self.changed.emit()
