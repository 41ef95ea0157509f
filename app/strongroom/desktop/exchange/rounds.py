# SPDX-License-Identifier: Apache-2.0
"""Exchanging with places, and saying what became of it.

* What came, what went, what was refused and what contradicts is said after every exchange.
* What seems to be a secret stops a push; letting it through on record goes on with the sync.
* After Stop or a fault somebody looks at what was finished, because that stays; after Stop once
  the place has come to rest, which a share that hangs may put off.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.exchange.places_desk import PlacesDesk
from strongroom.desktop.exchange.plan_dialog import PlanDialog
from strongroom.desktop.exchange.secrets_dialog import SecretsDialog
from strongroom.desktop.exchange.services import ExchangeServices
from strongroom.desktop.exchange.sync_queue import Round, fault_words
from strongroom.desktop.exchange.words import Saying, sync_saying
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.errors import StrongroomError
from strongroom.domain.secret import SecretFinding, SecretsFound

EVERYTHING = Changes(is_team=True, events=frozenset({"exchange"}))
"""What an interrupted exchange may have touched: nobody can say, so everybody looks again."""
STOPPED = Saying(
    tone="warn",
    title="Stopped",
    sentence="What was finished stays on both sides, nothing is half there. Sync goes on from"
    " here.",
)


class Rounds(QObject):
    """The rounds of exchanging that a page starts.

    Args:
        services: Exchange with places; sign what is let through.
        desk: The places and who is served.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        window: What the dialogs belong to.

    Signals:
        begun: A round begins; what was said of the one before is old.
        said: What became of a round (a `Saying`).
        changed: Something came in, or may have (a `Changes`).
    """

    begun = Signal()
    said = Signal(object)
    changed = Signal(object)

    def __init__(
        self, services: ExchangeServices, desk: PlacesDesk, tasks: Tasks, secrets: Secrets,
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._services, self._desk, self._tasks = services, desk, tasks
        self._secrets, self._window = secrets, window
        desk.queue.ended.connect(self._on_queue_ended)
        desk.queue.rested.connect(self.look_after_stop)

    def sync(self, names: Sequence[str]) -> None:
        """Takes in from places, then brings what each lacks."""
        if names:
            self.begun.emit()
            self._desk.sync(names)

    def stop(self) -> None:
        """Stops what is exchanged at its next step; what was finished stays."""
        self._desk.queue.stop()
        self.said.emit(STOPPED)

    def plan(self, name: str) -> None:
        """Says what Sync would do at a place, item by item; nothing is written."""
        dialog = PlanDialog(self._services.exchange, self._tasks, name, parent=self._window)
        dialog.accepted.connect(lambda: self.sync((name,)))
        dialog.open()

    def ask_about_secrets(self, name: str, findings: Sequence[SecretFinding]) -> None:
        """Opens the dialog on what stopped a push; once all is let through, it syncs again."""

        def allowed(changes: Changes, is_all: bool) -> None:
            self.changed.emit(changes)
            if is_all:
                self.sync((name,))

        overrides, secrets = self._services.overrides, self._secrets
        dialog = SecretsDialog(overrides, secrets, name, findings, parent=self._window)
        dialog.allowed.connect(allowed)
        dialog.open()

    def look_after_stop(self) -> None:
        """Tells everybody to look at what was finished."""
        self.changed.emit(EVERYTHING)

    def _on_queue_ended(self, told: Round) -> None:
        for _, error in told.faults:
            if not isinstance(error, StrongroomError):
                errors.show(error, self._window)
        faults = [fault_words(name, error) for name, error in told.faults]
        faults += [(name, "has not answered yet; it goes on by itself") for name in told.silent]
        if told.outcomes or faults:
            self.said.emit(sync_saying(told.outcomes, faults))
        else:  # cancelled from the strip at the foot
            self.said.emit(STOPPED)
        changes = Changes()
        for outcome in told.outcomes:
            changes |= outcome.changes
            self._desk.statuses.pop(outcome.remote, None)
        self.changed.emit(changes | EVERYTHING if told.faults else changes)
        for name, error in told.faults:
            if isinstance(error, SecretsFound):
                self.ask_about_secrets(name, error.findings)
                break
