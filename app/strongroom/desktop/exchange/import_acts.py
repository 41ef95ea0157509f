# SPDX-License-Identifier: Apache-2.0
"""Importing: the wizard, at a place or at whatever is plugged in, and saving what it reported."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.report_saver import ReportSaver
from strongroom.desktop.exchange.services import ExchangeServices
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.services.exchange import ImportReport, RemoteInfo


class ImportActs(QObject):
    """The acts of importing.

    Args:
        services: Take in; keep reports.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase of what is sealed, and of who signs a report.
        infos: Returns the places somebody may import from.
        plugged: Returns what can be imported from sticks, and what each is called.
        window: What the dialogs belong to.

    Signals:
        said: An act has ended (a `Saying`).
        changed: Something came in (a `Changes`).
        interrupted: It was stopped; what was finished stays.
    """

    said = Signal(object)
    changed = Signal(object)
    interrupted = Signal()

    def __init__(
        self,
        services: ExchangeServices,
        tasks: Tasks,
        secrets: Secrets,
        *,
        infos: Callable[[], tuple[RemoteInfo, ...]],
        plugged: Callable[[], dict[str, str]],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._services, self._tasks, self._secrets = services, tasks, secrets
        self._infos, self._plugged, self._window = infos, plugged, window

    def open(self, wanted: str) -> ImportWizard:
        """Opens the wizard, at a source if one is named."""
        wizard = ImportWizard(
            self._services.exchange, self._infos(), self._tasks, self._services.clock,
            self._secrets, wanted=wanted, plugged=self._plugged(), parent=self._window,
        )  # fmt: skip
        wizard.taken.connect(lambda outcome: self.changed.emit(outcome.changes))
        wizard.interrupted.connect(self.interrupted)
        wizard.open()
        return wizard

    def open_at(self, source: str) -> None:
        """Opens the wizard at a source, which is verified at once."""
        self.open(source).begin()

    def open_any(self, sources: tuple[str, ...]) -> None:
        """Opens the wizard; where there is one source only, it is verified at once."""
        wizard = self.open(sources[0])
        if len(sources) == 1:
            wizard.begin()

    def save(self, report: ImportReport) -> None:
        """Asks where a report goes, signs it and writes it."""
        saver = ReportSaver(self._services.exchange, self._secrets, self._window)
        saver.said.connect(self.said)
        saver.ask(report)
