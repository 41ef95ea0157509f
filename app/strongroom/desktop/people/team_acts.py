# SPDX-License-Identifier: Apache-2.0
"""What a person can do with the team: found, join, admit, give roles, revoke, sign and settle.

* Every change is a new signed trust document; the passphrase is asked for it.
* Where several have to sign, a change becomes a draft that travels as a file.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import CosignDialog
from strongroom.desktop.people.fork_dialog import ForkDialog
from strongroom.desktop.people.grant_dialog import GrantDialog
from strongroom.desktop.people.put_aside_dialog import PutAsideDialog
from strongroom.desktop.people.revoke_dialog import RevokeDialog
from strongroom.desktop.people.services import PeopleServices, TeamRead
from strongroom.desktop.people.team_dialogs import FoundDialog, TrustDialog
from strongroom.domain.changes import Changes
from strongroom.services.members import TeamMember
from strongroom.services.people import Admission
from strongroom.services.trust_changes import TrustStep

DRAFTS = "Drafts (*.json);;All files (*)"


class TeamActs(QObject):
    """The acts of the team.

    Args:
        services: The team and the rights of its keys.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        window: What the dialogs belong to.

    Attributes:
        team: What the last look at the team found.

    Signals:
        changed: The team is another one (a `Changes`).
        drafted: A draft was written, signed or looked at; the list of them may be another one.
        noticed: What somebody has to do next (title, detail).
    """

    changed = Signal(object)
    drafted = Signal()
    noticed = Signal(str, str)

    def __init__(
        self, services: PeopleServices, tasks: Tasks, secrets: Secrets, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services, self._tasks, self._secrets = services, tasks, secrets
        self._window = window
        self.team = TeamRead(id="")

    # ---------------------------------------------------------------- one person

    def admit(self) -> None:
        """Opens the dialog that takes a request as a file or a code."""
        self._open_admit(None)

    def admit_from(self, path: Path) -> None:
        """Opens the dialog that shows whose request a file holds."""
        self._open_admit(path)

    def grant(self, member: TeamMember) -> None:
        """Opens the dialog that gives somebody a role."""
        draft = self._ask_where("grant-draft.json")
        if draft is None and self.team.needs_others:
            return
        dialog = GrantDialog(
            self._services.people, self._secrets, member, draft=draft, parent=self._window
        )
        dialog.granted.connect(self._on_step)
        dialog.open()

    def revoke(self, member: TeamMember) -> None:
        """Opens the dialog that shows what ending every right of somebody changes."""
        dialog = RevokeDialog(
            self._services.people, self._services.revocations, self._tasks, self._secrets, member,
            ask_where=lambda: self._where("revocation-draft.json"), parent=self._window,
        )  # fmt: skip
        dialog.revoked.connect(self._on_step)
        dialog.open()

    # ---------------------------------------------------------------- the whole team

    def cosign(self) -> None:
        """Lets somebody choose a draft and sign it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "The draft to sign", "", DRAFTS)
        if path:
            self.cosign_from(Path(path))

    def cosign_from(self, path: Path) -> None:
        """Opens the dialog that shows what a draft changes."""
        dialog = CosignDialog(
            self._services.people, self._tasks, self._secrets, path, parent=self._window
        )
        dialog.signed.connect(self._on_step)
        dialog.rejected.connect(self.drafted)  # one that was opened is remembered
        dialog.open()

    def settle_fork(self) -> None:
        """Opens the dialog that shows both sides of a fork and settles it for one."""
        dialog = ForkDialog(
            self._services.forks, self._tasks, self._secrets,
            ask_where=lambda: self._where("settlement-draft.json"), parent=self._window,
        )  # fmt: skip
        dialog.settled.connect(self._on_step)
        dialog.open()

    def look_at_fork(self) -> None:
        """Opens what there is to say of a fork: the way out, or what a way out put aside."""
        if self.team.is_forked:
            self.settle_fork()
        else:
            self.look_at_put_aside()

    def look_at_put_aside(self) -> None:
        """Opens the dialog that tells what a version that was in force here had been."""
        dialog = PutAsideDialog(self._services.forks, self._tasks, parent=self._window)
        dialog.known.connect(self._on_other_team)
        dialog.open()

    def found(self) -> None:
        """Opens the dialog that founds a team."""
        dialog = FoundDialog(self._services.people, self._secrets, parent=self._window)
        dialog.founded.connect(self._on_other_team)
        dialog.open()

    def join(self) -> None:
        """Opens the dialog that takes the id of a team."""
        dialog = TrustDialog(self._services.people, self._tasks, parent=self._window)
        dialog.trusted.connect(self._on_other_team)
        dialog.open()

    def copy_team_id(self) -> None:
        """Puts the whole id of the team on the clipboard, to be told or printed."""
        QGuiApplication.clipboard().setText(self.team.id)
        self.noticed.emit("The team's id is on the clipboard", "Tell it face to face or on paper.")

    # ---------------------------------------------------------------- inside

    def _open_admit(self, path: Path | None) -> None:
        draft = self._ask_where("admission-draft.json")
        if draft is None and self.team.needs_others:
            return
        dialog = AdmitDialog(
            self._services.people, self._tasks, self._secrets, path, draft=draft,
            parent=self._window,
        )  # fmt: skip
        dialog.admitted.connect(self._on_admitted)
        dialog.open()

    def _ask_where(self, name: str) -> Path | None:
        """Asks where a draft goes if one admin is not enough; None if it is, or for Cancel."""
        return self._where(name) if self.team.needs_others else None

    def _where(self, name: str) -> Path | None:
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Others have to sign: save the draft", name
        )
        return Path(path) if path else None

    def _on_other_team(self, *_told: object) -> None:
        self.changed.emit(Changes(is_team=True))

    def _on_admitted(self, admission: Admission) -> None:
        if admission.draft:
            self._tell_draft(Path(admission.draft), admission.missing)
        else:
            self.changed.emit(Changes(is_team=True))

    def _on_step(self, step: TrustStep) -> None:
        if step.draft is not None:
            self._tell_draft(step.draft, step.missing)
        else:
            self.changed.emit(step.changes)

    def _tell_draft(self, path: Path, missing: int) -> None:
        more = f"{missing} more signature{'s' if missing > 1 else ''}"
        self.noticed.emit(
            f"The draft needs {more}",
            f"Nothing has changed yet. Carry {path.name} to another admin, who signs it on the"
            " People page.",
        )
        self.drafted.emit()
