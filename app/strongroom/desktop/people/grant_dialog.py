# SPDX-License-Identifier: Apache-2.0
"""Giving somebody a role: what it allows, where, and from when on."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column
from strongroom.desktop.people.role_form import RoleForm
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.services.members import TeamMember
from strongroom.services.people import People
from strongroom.services.trust_changes import TrustStep


class GrantDialog(SigningDialog):
    """Gives a role to every active workstation of a person.

    Args:
        people: Changes the team.
        secrets: Asks for the passphrase.
        member: Who gets it.
        draft: A new file for the draft where others have to sign as well.
        parent: The page.

    Signals:
        granted: It was signed (a `TrustStep`).
    """

    granted = Signal(object)

    def __init__(
        self,
        people: People,
        secrets: Secrets,
        member: TeamMember,
        *,
        draft: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            f"Give {member.name} a role",
            title="Give a role",
            sentence="It holds from now on, on each of this person's workstations; what was signed"
            " before stays as it was.",
            width=520,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._secrets, self._member, self._draft = people, secrets, member, draft
        self.form = RoleForm("reviewer")
        self.set_body(column(MarkLabel.for_person(member.name), 12, self.form))
        self.give = self.add_action("Give" if draft is None else "Propose", "primary", "user-plus")
        self.give.clicked.connect(self._on_give_clicked)
        self.set_reason(
            "Signs a new version of the team with your key."
            if draft is None
            else f"Others have to sign as well: {draft.name} is for them."
        )

    def _on_give_clicked(self) -> None:
        role, scope = self.form.role(), self.form.scope()
        self.sign_with(
            self._secrets,
            "people.grant",
            "Giving a role",
            self.give,
            lambda ask: self._people.grant(
                self._member.person, role, scope=scope, ask=ask, draft=self._draft
            ),
            self._on_granted,
        )

    def _on_granted(self, step: TrustStep) -> None:
        self.granted.emit(step)
        self.accept()
