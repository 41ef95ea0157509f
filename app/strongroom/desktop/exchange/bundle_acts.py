# SPDX-License-Identifier: Apache-2.0
"""What leaves as one file, and the receipt that comes home for it.

* What can travel is read when somebody asks, so that the dialog opens with all of it.
* A receipt is believed only after its signature was checked; taking note of it is signed.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.bundle_dialog import BundleDialog, Choosable
from strongroom.desktop.exchange.secrets_dialog import SecretsDialog
from strongroom.desktop.exchange.services import ExchangeServices
from strongroom.desktop.exchange.words import Saying
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import count, exact, size
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress
from strongroom.domain.secret import SecretFinding
from strongroom.services.bundles import Confirmed, Made

SIGNED = Changes(events=frozenset({"export.bundle"}))
RECEIPTS = "Receipts (*.json);;All files (*)"


class BundleActs(QObject):
    """Makes bundles and takes note of receipts.

    Args:
        services: Make them; know what can travel.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        window: What the dialogs belong to.

    Signals:
        said: An act has ended (a `Saying`).
        changed: Something was signed (a `Changes`).
    """

    said = Signal(object)
    changed = Signal(object)

    def __init__(
        self, services: ExchangeServices, tasks: Tasks, secrets: Secrets, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services, self._tasks, self._secrets = services, tasks, secrets
        self._window = window

    def make(self) -> None:
        """Opens the dialog that makes a bundle."""
        at = self._services

        def read(_progress: Progress) -> Choosable:
            return Choosable(
                models=tuple(model.name for model in at.registry.models()),
                experiments=tuple(each.name for each in at.experiments.list()),
                people=tuple(
                    sorted({each.name for each in at.people.people()
                            if each.is_active and not each.is_me})
                ),
            )  # fmt: skip

        self._tasks.ask(
            "exchange.choosable", "Reading what can travel", read, self._open, owner=self
        )

    def confirm(self) -> None:
        """Lets somebody choose a receipt, and takes note of it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "The receipt that came home", "", RECEIPTS
        )
        if path:
            self.confirm_from(Path(path))

    def confirm_from(self, path: Path) -> None:
        """Takes note of a receipt."""
        self._secrets.sign(
            "exchange.confirm", "Confirming a receipt",
            "Taking note of a receipt is signed with your key.",
            lambda ask, _progress: self._services.bundles.confirm(path, ask=ask),
            self._on_confirmed, owner=self, failed=self._on_failed,
        )  # fmt: skip

    # ---------------------------------------------------------------- inside

    def _open(self, choosable: Choosable) -> None:
        dialog = BundleDialog(
            self._services.bundles, self._tasks, self._secrets, choosable, parent=self._window
        )
        dialog.made.connect(self._on_made)
        dialog.held_back.connect(lambda found: self._ask_about_secrets(dialog, found))
        dialog.open()

    def _ask_about_secrets(self, maker: BundleDialog, found: Sequence[SecretFinding]) -> None:
        def allowed(changes: Changes, is_all: bool) -> None:
            self.changed.emit(changes)
            if is_all:
                maker.begin()

        dialog = SecretsDialog(
            self._services.overrides, self._secrets, "the bundle", found, parent=maker
        )
        dialog.allowed.connect(allowed)
        dialog.open()

    def _on_made(self, made: Made) -> None:
        whom = f"sealed for {', '.join(made.to)}" if made.to else "open to whoever finds it"
        self.said.emit(
            Saying(
                tone="ok", title=f"{Path(made.path).name} is written",
                sentence=f"{made.title}: {size(made.size_bytes)}, read back from the medium;"
                f" {whom}. It lies in {Path(made.path).parent}.",
            )
        )  # fmt: skip
        self.changed.emit(SIGNED)

    def _on_confirmed(self, found: Confirmed) -> None:
        title = f"{found.by} took in {found.title}"
        parts = [f"{found.new:,} new", f"{found.waiting:,} waiting",
                 f"{found.rejected_count:,} rejected"]  # fmt: skip
        said = f"{', '.join(parts)}, at {exact(found.at_us)}."
        if found.rejected:
            first = ", ".join(f"{path} ({code})" for code, path in found.rejected[:3])
            said += f" {count(found.rejected_count, 'item')} did not hold there: {first}."
        if not found.is_ours:
            said += " The bundle was made on another workstation."
        self.said.emit(
            Saying(tone="bad" if found.rejected_count else "ok", title=title, sentence=said)
        )
        self.changed.emit(SIGNED)

    def _on_failed(self, error: BaseException) -> None:
        title, advice = errors.words(error)
        self.said.emit(Saying(tone="bad", title=title, sentence=advice))
