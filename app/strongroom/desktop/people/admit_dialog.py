# SPDX-License-Identifier: Apache-2.0
"""Admitting somebody: whose request it is, the fingerprint to compare by voice, and the role."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.domain.access import ROLE_TITLES, ROLES
from strongroom.services.people import Admission, Applicant, People


class AdmitDialog(SigningDialog):
    """Shows a request and admits its sender with a role.

    Args:
        people: Who is in the team.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        path: The request.
        draft: A new file for the draft where others have to sign as well.
        parent: The page.

    Signals:
        admitted: The sender is in the team, or a draft of that waits (an `Admission`).
    """

    admitted = Signal(object)

    def __init__(
        self,
        people: People,
        tasks: Tasks,
        secrets: Secrets,
        path: Path,
        *,
        draft: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Admit somebody",
            title="Admit to the team",
            sentence="Compare the fingerprint by voice or in person before you admit.",
            width=560,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._secrets, self._path, self._draft = people, secrets, path, draft
        self._facts = KeyValues(key_width=120)
        roles = [(role, ROLE_TITLES[role]) for role in ROLES]
        self.role = Choice(roles, "analyst", name="Role")  # fmt: skip
        self.scope = Field("Scope", "model:fraud-*", "*", mono=True, width=220)
        self.set_body(
            column(
                self._facts,
                12,
                row(_label("Role"), self.role, None, spacing=0),
                8,
                row(_label("Scope"), self.scope, None, spacing=0),
            )
        )
        words = "Admit" if draft is None else "Propose"
        self.admit = self.add_action(words, "primary", "user-plus")
        self.admit.setEnabled(False)
        self.admit.clicked.connect(self._on_admit_clicked)
        self.begin(tasks, "the request", lambda: people.applicant(path), self._show)

    def _show(self, request: Applicant) -> None:
        self._facts.set_facts(
            [
                Fact(key="Name", value=request.name),
                Fact(key="Workstation", value=request.host),
                Fact(key="Fingerprint", value=request.fingerprint, kind="mono"),
                Fact(key="Key", value=request.writer, kind="digest"),
            ]
        )
        self.admit.setEnabled(True)
        self.set_reason(
            "Admitting signs a new trust document with your key."
            if self._draft is None
            else f"Others have to sign as well: the draft is saved as {self._draft.name}."
        )

    def _on_admit_clicked(self) -> None:
        role, scope = self.role.current(), self.scope.text() or "*"
        self.sign_with(
            self._secrets,
            "people.admit",
            "Admitting",
            self.admit,
            lambda ask: self._people.admit(
                self._path, role, scope=scope, ask=ask, draft=self._draft
            ),
            self._on_admitted,
        )

    def _on_admitted(self, admission: Admission) -> None:
        self.admitted.emit(admission)
        self.accept()


def _label(words: str) -> Label:
    label = Label(words, "text_secondary")
    label.setFixedWidth(120)
    return label
