# SPDX-License-Identifier: Apache-2.0
"""A version of the team that was in force here was put aside: what is different, and what is said.

* The alarm ends when somebody here says that he knows of it, never by itself.
* What is told are the changes against what held here, so that a right which vanished is seen.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.surface import Scroll, clear, column
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.cosign_dialog import ChangeLine
from strongroom.domain.team_changes import team_changes
from strongroom.services.held_team import TurnedTeam
from strongroom.services.trust_forks import TrustForks

CALL_THEM = "Call those who hold the root keys, then tick that you did."


class PutAsideDialog(Dialog):
    """Shows what is different since the team went on without a version that was in force here.

    Args:
        forks: Tells what was put aside, and notes that it is known.
        tasks: The jobs of the window.
        parent: The page.

    Signals:
        known: Somebody here said that he knows of it.
    """

    known = Signal()

    def __init__(self, forks: TrustForks, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "A version of the team was put aside",
            title="The team went on without a version that was in force here",
            sentence="Root keys have settled a fork for another line. If those who hold them know"
            " nothing of it, approve nothing and keep this alarm.",
            width=640,
            cancel_is_default=True,
            parent=parent,
        )
        self._forks, self._tasks = forks, tasks
        self.lines = QVBoxLayout()
        self.lines.setSpacing(4)
        scroll = Scroll(column(self.lines, None))
        scroll.setMinimumHeight(200)
        self.called = Check("I have spoken to those who hold the root keys")
        self.called.setEnabled(False)
        self.set_body(column((scroll, 1), 12, self.called))
        self.accept_it = self.add_action("End the alarm", "primary", "check")
        self.accept_it.setEnabled(False)
        self.accept_it.clicked.connect(self._on_accept_clicked)
        self.called.toggled.connect(self._on_called)
        self.set_reason("Reading both versions.")
        tasks.ask("people.put_aside", "Reading both versions",
                  lambda _progress: forks.turned(), self._show, owner=self,
                  failed=self._on_failed)  # fmt: skip

    def _show(self, turned: TurnedTeam | None) -> None:
        clear(self.lines)
        if turned is None:
            self.lines.addWidget(Label("No version was put aside here.", "text_secondary"))
            self.set_reason("There is nothing to say.")
            return
        was, now = turned.was, turned.now
        self.lines.addWidget(
            SectionTitle(
                f"Version {was.version} is put aside, version {now.version} holds",
                f"{was.id[:8]} and {now.id[:8]} share version {turned.shared}",
            )
        )
        changes = team_changes(was, now)
        for change in changes:
            self.lines.addWidget(ChangeLine(change))
        if not changes:
            self.lines.addWidget(
                Label("Both give everybody the same rights.", "text_secondary", wrap=True)
            )
        self.called.setEnabled(True)
        self.set_reason(CALL_THEM)

    def _on_called(self, is_called: bool) -> None:
        self.accept_it.setEnabled(is_called)
        self.set_reason("" if is_called else CALL_THEM)

    def _on_accept_clicked(self) -> None:
        self.accept_it.setEnabled(False)
        self._tasks.ask("people.known", "Noting that it is known",
                        lambda _progress: self._forks.accept(), self._on_known, owner=self,
                        failed=self._on_failed)  # fmt: skip

    def _on_known(self, _nothing: None) -> None:
        self.known.emit()
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was noted; the alarm stays.", "bad", "circle-alert")
        errors.show(error, self)
