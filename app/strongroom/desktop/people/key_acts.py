# SPDX-License-Identifier: Apache-2.0
"""What a person can do with the key here: make, open, protect, show and rotate it."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.command import Command, Reason, WindowState, signed_in
from strongroom.desktop.kit.key_opening import KeyOpening
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.passphrase_dialog import PassphraseDialog
from strongroom.desktop.people.request_dialog import RequestDialog
from strongroom.desktop.people.rotate_dialog import RotateDialog
from strongroom.desktop.people.services import PeopleServices
from strongroom.domain.changes import Changes
from strongroom.services.rotation import NewKey


class KeyActs(QObject):
    """The acts of the key.

    Args:
        services: The key, its next one, and the team.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        window: What the dialogs belong to.

    Attributes:
        opening: Opens, keeps and locks the key.

    Signals:
        changed: There is another key, or another passphrase (a `Changes`).
        noticed: What somebody has to do next (title, detail).
    """

    changed = Signal(object)
    noticed = Signal(str, str)

    def __init__(
        self, services: PeopleServices, tasks: Tasks, secrets: Secrets, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services, self._tasks, self._secrets = services, tasks, secrets
        self._window = window
        self.opening = KeyOpening(services.identities, tasks, secrets, self)

    def commands(self) -> list[Command]:
        """Returns what can be done with the key on the People page."""

        def without_key(state: WindowState) -> Reason | None:
            return Reason("There is a key here already") if state.person else None

        return [
            Command(
                id="people.request", title="Show my request to join…", run=self.show_request,
                menu="Edit", icon="key-round", enabled=signed_in, group="People",
            ),
            Command(
                id="key.create", title="Make my key…", run=self.make_key, menu="File",
                icon="key-round", enabled=without_key, group="Key",
            ),
            Command(
                id="key.rotate", title="Rotate my key…", run=self.rotate, menu="File",
                icon="refresh-cw", enabled=signed_in, group="Key", changes=True,
            ),
            Command(
                id="key.protect", title="Change the passphrase of my key…", run=self.protect,
                menu="File", icon="shield", enabled=signed_in, group="Key",
            ),
        ]  # fmt: skip

    def show_request(self) -> None:
        """Opens the dialog with this workstation's request: code, words, file."""
        RequestDialog(
            self._services.identities, self._tasks, self._secrets, parent=self._window
        ).open()

    def make_key(self) -> None:
        """Opens the dialog that makes the key of this workstation."""
        self._open_passphrase(makes_key=True)

    def protect(self) -> None:
        """Opens the dialog that puts the key under another passphrase."""
        self._open_passphrase(makes_key=False)

    def rotate(self) -> None:
        """Opens the dialog that gives this workstation a new key."""
        dialog = RotateDialog(self._services.rotation, self._secrets, parent=self._window)
        dialog.rotated.connect(self._on_rotated)
        dialog.open()

    def _open_passphrase(self, *, makes_key: bool) -> None:
        dialog = PassphraseDialog(
            self._services.identities, self._tasks, self._secrets,
            makes_key=makes_key, parent=self._window,
        )  # fmt: skip
        dialog.protected.connect(lambda: self.changed.emit(Changes(is_team=True)))
        dialog.open()

    def _on_rotated(self, made: NewKey) -> None:
        if made.is_in_force:
            self.noticed.emit("The new key is in force", "The old one signs nothing any more.")
        else:
            name = made.request.name if made.request is not None else "the request"
            self.noticed.emit(
                "The new key waits for an admin",
                f"Give {name} to an admin of the team and push, so that the old key's last word"
                " arrives. Until then nothing is signed here; tracking goes on.",
            )
        self.changed.emit(Changes(is_team=True))
