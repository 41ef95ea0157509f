# SPDX-License-Identifier: Apache-2.0
"""The People page: who is in the team, on which workstation, with which rights, and admitting.

* What a person may do is said in words, with the reason: the grants that give it.
* Every change is a new signed trust document; the passphrase is asked for it.
"""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog

from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import (
    BadgeCell,
    Column,
    DigestCell,
    Group,
    PersonCell,
    Row,
    TextCell,
)
from strongroom.desktop.kit.command import Command, Reason, WindowState, signed_in
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.secrets import Secrets, Signer, signer_of
from strongroom.desktop.kit.surface import Split, column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import CosignDialog
from strongroom.domain.access import ROLE_TITLES, right_in_words
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.team import TrustDocument
from strongroom.services.identities import Identities
from strongroom.services.members import TeamMember
from strongroom.services.people import Admission, People
from strongroom.services.trust_changes import TrustStep

PANE_WIDTH = 408


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleServices:
    """What the page asks."""

    people: People
    identities: Identities
    clock: Clock


class PeoplePage(Page):
    """The team as a table, and one member beside it."""

    page_id = "people"
    title = "People"
    noticed = Signal(str, str)

    def __init__(self, services: PeopleServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._members: tuple[TeamMember, ...] = ()
        self._needs_others = False
        self.admit_button = Button("Admit…", "primary", "user-plus", name="Admit somebody")
        self.request_button = Button("Save my request…", "secondary", "key-round")
        self.table = Table(
            (
                Column("who", "Person", 170, stretch=True),
                Column("role", "Role", 132),
                Column("host", "Workstation", 120),
                Column("key", "Key", 110),
                Column("state", "State", 100),
            ),
            name="People",
        )
        self._empty = EmptyState(
            "No team yet",
            "Tracking, charts and comparing need no team. Approvals do: found a team on one"
            " workstation, and let the others ask to be admitted.\n\n"
            "strongroom identity create --name NAME\nstrongroom team create TEAM",
        )
        self._pane_title = Label("", "text_primary", "title")
        self._pane_sentence = Label("", "text_secondary", wrap=True)
        self._facts = KeyValues(key_width=110)
        self._rights = Label("", "text_primary", wrap=True)
        self._pane = column(
            self._pane_title,
            4,
            self._pane_sentence,
            16,
            self._facts,
            16,
            SectionTitle("What this key may do"),
            8,
            self._rights,
            None,
            margins=(20, 16, 20, 16),
            width=PANE_WIDTH,
            fill="bg_surface",
        )
        self._split = Split("horizontal", self.table, self._pane)
        self._split.setObjectName("people.split")
        super().__init__(
            PageBar("People", [], [self.request_button, self.admit_button]),
            self._empty,
            self._split,
        )
        self._empty.hide()
        self._secrets = Secrets(tasks, self._signer, self)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.admit_button.clicked.connect(self.admit)
        self.request_button.clicked.connect(self.save_request)

    def show_place(self, place: Place) -> None:  # noqa: ARG002 - there is one place here
        """Reads the team."""
        self._read()

    def refresh(self, changes: Changes) -> None:
        """Reads the team again when it changed."""
        if changes.is_team:
            self._read()

    def selection(self) -> tuple[str, ...]:
        """Returns the writers selected."""
        return self.table.selected()

    def commands(self) -> list[Command]:
        """Returns what can be done here."""

        def not_mine(state: WindowState) -> Reason | None:
            if state.page != self.page_id or not state.selection:
                return Reason("Select somebody on the People page first")
            return signed_in(state)

        return [
            Command(
                id="people.admit", title="Admit somebody…", run=self.admit, menu="Edit",
                icon="user-plus", enabled=signed_in, group="People",
            ),
            Command(
                id="people.request", title="Save my enrolment request…", run=self.save_request,
                menu="Edit", icon="key-round", enabled=signed_in, group="People",
            ),
            Command(
                id="people.revoke", title="Revoke every right of this person…",
                run=self.revoke, menu="Edit", icon="user-x", enabled=not_mine, group="People",
            ),
            Command(
                id="people.cosign", title="Sign a draft of the team…", run=self.cosign,
                menu="Edit", icon="pen-line", enabled=signed_in, group="People",
            ),
        ]  # fmt: skip

    # ---------------------------------------------------------------- doing

    def admit(self) -> None:
        """Lets somebody choose a request file and a role."""
        path, _ = QFileDialog.getOpenFileName(
            self, "The enrolment request", "", "Enrolment requests (*.json);;All files (*)"
        )
        if path:
            self.admit_from(Path(path))

    def admit_from(self, path: Path) -> None:
        """Opens the dialog that shows whose request a file holds."""
        draft = self._ask_where("admission-draft.json")
        if draft is None and self._needs_others:
            return
        dialog = AdmitDialog(
            self._services.people, self._tasks, self._secrets, path, draft=draft, parent=self
        )
        dialog.admitted.connect(self._on_admitted)
        dialog.open()

    def cosign(self) -> None:
        """Lets somebody choose a draft and sign it."""
        path, _ = QFileDialog.getOpenFileName(
            self, "The draft to sign", "", "Drafts (*.json);;All files (*)"
        )
        if path:
            self.cosign_from(Path(path))

    def cosign_from(self, path: Path) -> None:
        """Opens the dialog that shows what a draft changes."""
        dialog = CosignDialog(self._services.people, self._tasks, self._secrets, path, parent=self)
        dialog.signed.connect(self._on_step)
        dialog.open()

    def save_request(self) -> None:
        """Writes this workstation's enrolment request to a file."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the request", "request.json")
        if not path:
            return
        self._secrets.sign(
            "people.request",
            "Signing the request",
            "The request proves that you hold the key.",
            lambda ask, _progress: self._services.identities.save_request(Path(path), ask=ask),
            lambda _done: None,
            owner=self,
        )

    def revoke(self) -> None:
        """Ends every right of the selected person, after asking for the passphrase."""
        member = self._current()
        if member is None:
            return
        draft = self._ask_where("revocation-draft.json")
        if draft is None and self._needs_others:
            return
        self._secrets.sign(
            "people.revoke",
            f"Revoking {member.name}",
            f"Every right of {member.name} ends with what has been seen of his log until now.",
            lambda ask, _progress: self._services.people.revoke(
                member.person, ask=ask, draft=draft
            ),
            self._on_step,
            owner=self,
        )

    # ---------------------------------------------------------------- inside

    def _read(self) -> None:
        if not self._services.people.team_id():
            self._show_nothing()
            return
        self._tasks.ask(
            "people.list",
            "Reading the team",
            lambda _progress: (
                self._services.people.team(),
                self._services.people.people(),
                self._services.people.needs_others(),
            ),
            lambda found: self._show(*found),
            owner=self,
        )

    def _show_nothing(self) -> None:
        self._split.hide()
        self._empty.show()
        self.admit_button.setEnabled(False)
        self.request_button.setEnabled(self._services.identities.show() is not None)

    def _show(
        self, document: TrustDocument, members: tuple[TeamMember, ...], needs_others: bool
    ) -> None:
        self._members, self._needs_others = members, needs_others
        self._empty.hide()
        self._split.show()
        me = next((member for member in members if member.is_me), None)
        may_admit = me is not None and me.is_admin and me.is_active
        self.admit_button.setEnabled(may_admit)
        self.admit_button.setToolTip("" if may_admit else "Only an admin of the team admits")
        active = [member for member in members if member.is_active]
        revoked = [member for member in members if not member.is_active]
        lines: list[Group | Row] = [
            Group("active", document.team_name, f"{len(active)} keys, trust version "
                  f"{document.version}")
        ]  # fmt: skip
        lines += [_row(member) for member in active]
        if revoked:
            lines.append(Group("revoked", "Revoked", str(len(revoked))))
            lines += [_row(member) for member in revoked]
        self.table.set_lines(lines)
        if not self.table.selected() and members:
            self.table.select((me or members[0]).writer)

    def _on_table_selection_changed(self, _keys: tuple[str, ...]) -> None:
        member = self._current()
        if member is not None:
            self._pane_title.setText(member.name + (", you" if member.is_me else ""))
            self._pane_sentence.setText(_sentence(member))
            self._facts.set_facts(
                [
                    Fact(key="Role", value=ROLE_TITLES[member.role]),
                    Fact(key="Workstation", value=member.host),
                    Fact(key="Person", value=member.person, kind="mono"),
                    Fact(key="Groups", value=", ".join(member.groups) or "none"),
                    Fact(key="Key", value=member.writer, kind="digest"),
                ]
            )
            rights = [right_in_words(grant) for grant in member.grants]
            nothing = "Read only: the rights of the folder govern reading."
            self._rights.setText("\n".join(rights) or nothing)
        self.selection_changed.emit()

    def _current(self) -> TeamMember | None:
        keys = self.table.selected()
        return next((m for m in self._members if keys and m.writer == keys[0]), None)

    def _ask_where(self, name: str) -> Path | None:
        """Asks where a draft goes if one admin is not enough; None if it is, or for Cancel."""
        if not self._needs_others:
            return None
        path, _ = QFileDialog.getSaveFileName(self, "Others have to sign: save the draft", name)
        return Path(path) if path else None

    def _on_admitted(self, admission: Admission) -> None:
        if admission.draft:
            self._tell_draft(Path(admission.draft), admission.missing)
        else:
            self._on_changed(Changes(is_team=True))

    def _on_step(self, step: TrustStep) -> None:
        if step.draft is not None:
            self._tell_draft(step.draft, step.missing)
        else:
            self._on_changed(step.changes)

    def _tell_draft(self, path: Path, missing: int) -> None:
        more = f"{missing} more signature{'s' if missing > 1 else ''}"
        self.noticed.emit(
            f"The draft needs {more}",
            f"Nothing has changed yet. Carry {path.name} to another admin, who signs it on the"
            " People page.",
        )

    def _on_changed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self._read()

    def _signer(self) -> Signer | None:
        return signer_of(self._services.identities)


def _row(member: TeamMember) -> Row:
    state = BadgeCell("Active", "ok", "circle-check")
    if not member.is_active:
        state = BadgeCell("Revoked", "warn", "circle-minus")
    return Row(
        member.writer,
        (
            PersonCell(member.name + (", you" if member.is_me else "")),
            TextCell(ROLE_TITLES[member.role]),
            TextCell(member.host, "text_secondary"),
            DigestCell(member.writer, 2),
            state,
        ),
        quiet=not member.is_active,
    )


def _sentence(member: TeamMember) -> str:
    if not member.is_active:
        return "Every right of this key has ended; what it signed before still counts."
    if member.is_admin:
        return "May change the team: admit, grant, revoke, set policies."
    return "Rights hold on every peer: what this key may not do has no effect anywhere."
