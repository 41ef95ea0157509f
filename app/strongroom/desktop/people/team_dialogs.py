# SPDX-License-Identifier: Apache-2.0
"""Founding a team on this workstation, or trusting one whose id was told face to face.

* The id is the one thing that has to come by another way than the files: whoever writes to the
  share cannot make a workstation trust his own team (trust.md 4.2).
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.domain.ids import in_groups, is_digest
from strongroom.domain.team import TrustDocument
from strongroom.services.people import People

ALL_GROUPS = 16  # of four digits: the whole id


class FoundDialog(SigningDialog):
    """Names a team and signs its first version.

    Signals:
        founded: The team is there.
    """

    founded = Signal()

    def __init__(self, people: People, secrets: Secrets, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Found a team",
            title="Found a team",
            sentence="You hold every right until others join; then tighten what lint says.",
            width=460,
            parent=parent,
        )
        self._people, self._secrets = people, secrets
        self.name_field = Field("Name of the team", "The name people call it by", size="large")
        self.set_body(column(Label("Name", "text_secondary", "dense"), 4, self.name_field))
        self.found = self.add_action("Found", "primary", "users")
        self.found.clicked.connect(self._on_found_clicked)
        self.name_field.changed.connect(self._look)
        self._look()

    def _look(self, _words: str = "") -> None:
        has_name = bool(self.name_field.text().strip())
        self.found.setEnabled(has_name)
        self.set_reason("" if has_name else "Type a name.")

    def _on_found_clicked(self) -> None:
        name = self.name_field.text()
        self.sign_with(
            self._secrets,
            "people.found",
            "Founding the team",
            self.found,
            lambda ask: self._people.create_team(name, ask=ask),
            self._on_founded,
        )

    def _on_founded(self, _team: TrustDocument) -> None:
        self.founded.emit()
        self.accept()


class TrustDialog(Dialog):
    """Takes the id of a team that was told out of band, and pins it.

    Signals:
        trusted: It is pinned.
    """

    trusted = Signal()

    def __init__(self, people: People, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Join a team",
            title="Join a team",
            sentence="Let an admin read the team's id to you, or take it from paper: not from the"
            " share that you are about to trust.",
            width=560,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._tasks = people, tasks
        self.id_field = Field("Id of the team", "64 digits, with or without blanks", mono=True)
        self.shown = Label("", "text_tertiary", "mono", wrap=True)
        self.shown.setMinimumHeight(2 * theme().line("mono") + 4)  # it wraps once
        self.set_body(
            column(
                Label("Id of the team", "text_secondary", "dense"), 4, self.id_field, 8,
                self.shown,
            )
        )  # fmt: skip
        self.trust = self.add_action("Trust this team", "primary", "shield-check")
        self.trust.clicked.connect(self._on_trust_clicked)
        self.id_field.changed.connect(self._look)
        self._look()

    def _look(self, _words: str = "") -> None:
        digits = self._digits()
        is_whole = is_digest(digits)
        self.trust.setEnabled(is_whole)
        self.shown.setText(in_groups(digits, ALL_GROUPS) if is_whole else "")
        if not digits:
            self.set_reason("The store will trust this team and no other.")
        elif is_whole:
            self.set_reason("Compare all of it. It cannot be changed later.")
        else:
            self.set_reason(f"{len(digits)} of 64 digits.")

    def _digits(self) -> str:
        return "".join(self.id_field.text().split()).lower()

    def _on_trust_clicked(self) -> None:
        digits = self._digits()
        self._tasks.change(
            "people.trust",
            "Trusting the team",
            lambda _progress: self._people.trust(digits),
            lambda _done: self._on_trusted(),
            owner=self,
            failed=self._on_failed,
        )

    def _on_trusted(self) -> None:
        self.trusted.emit()
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was changed.", "bad", "circle-alert")
        errors.show(error, self)
