# SPDX-License-Identifier: Apache-2.0
"""The People page: who is in the team with which rights and why, and the key of this workstation.

* What a person may do is said in words, with the reason: the role, the version, who signed it.
* Every change is a new signed trust document; the passphrase is asked for it.
* Where several have to sign, a change becomes a draft that travels as a file.
"""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QStackedWidget

from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command, Reason, WindowState, signed_in
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import CosignDialog
from strongroom.desktop.people.fork_dialog import ForkDialog
from strongroom.desktop.people.grant_dialog import GrantDialog
from strongroom.desktop.people.key_view import KeyView
from strongroom.desktop.people.members_view import MembersView
from strongroom.desktop.people.passphrase_dialog import PassphraseDialog
from strongroom.desktop.people.request_dialog import RequestDialog
from strongroom.desktop.people.revoke_dialog import RevokeDialog
from strongroom.desktop.people.rotate_dialog import RotateDialog
from strongroom.desktop.people.services import PeopleServices, TeamRead, read_team
from strongroom.desktop.people.team_dialogs import FoundDialog, TrustDialog
from strongroom.domain.changes import Changes
from strongroom.services.identities import Identities
from strongroom.services.key_status import KeyState, KeyStatus
from strongroom.services.people import Admission
from strongroom.services.rotation import NewKey
from strongroom.services.trust_changes import TrustStep

__all__ = ["PeoplePage", "PeopleServices"]

TABS = (("people", "People"), ("key", "My key"))
NO_TEAM = "No team yet"
WHY_NO_TEAM = (
    "Tracking, charts and comparing need no team. Approvals do: found a team on one workstation,"
    " and let the others ask to be admitted. Whoever joins trusts the team's id first, which an"
    " admin reads out, and then shows a request."
)
NOT_ARRIVED = "The team is trusted, and has not arrived yet"
WHY_NOT_ARRIVED = (
    "Show your request to an admin, then take in the place or the stick of the team on the"
    " Exchange page: its people and policies come with it."
)


class PeoplePage(Page):
    """The team, and the key of this workstation."""

    page_id = "people"
    title = "People"
    noticed = Signal(str, str)

    def __init__(self, services: PeopleServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._needs_others, self._team_id = False, ""
        self._key: KeyStatus | None = None
        self.tabs = Segmented(TABS, "people", name="People")
        self.tabs.setObjectName("people.tabs")
        self.admit_button = Button("Admit…", "primary", "user-plus", name="Admit somebody")
        self.cosign_button = Button("Sign a draft…", "secondary", "pen-line")
        self.members = MembersView(services, tasks)
        self.table = self.members.table
        self.join_button = Button("Join a team…", "secondary", "shield-check")
        self._empty = EmptyState(
            NO_TEAM, WHY_NO_TEAM, "Found a team…", "users", extra=row(self.join_button, None)
        )
        self.key_view = KeyView()
        self._team = QStackedWidget()
        self.fork_banner = Banner(
            "bad", "There are two versions of the team",
            "It stands still at the version before. One of the two has to be confirmed.",
            "Settle…", "shield-alert",
        )  # fmt: skip
        self.fork_banner.acted.connect(self.settle_fork)
        self.fork_banner.hide()
        self._team.addWidget(self.members)
        self._team.addWidget(self._empty)
        self._body = QStackedWidget()
        top = row(self.fork_banner, margins=(16, 12, 16, 12))
        top.setVisible(False)
        self._fork_row = top
        self._people = column(top, (self._team, 1))
        self._body.addWidget(self._people)
        self._body.addWidget(self.key_view)
        super().__init__(
            PageBar("People", [self.tabs], [self.cosign_button, self.admit_button]), self._body
        )
        self._secrets = Secrets(tasks, services.identities, self)
        self._connect()

    def _connect(self) -> None:
        self.tabs.changed.connect(self._on_tabs_changed)
        self.members.selection_changed.connect(self.selection_changed)
        self.members.pane.grant_wanted.connect(self.grant)
        self.members.pane.revoke_wanted.connect(self.revoke)
        self.admit_button.clicked.connect(self.admit)
        self._empty.acted.connect(self.found)
        self.join_button.clicked.connect(self.join)
        self.cosign_button.clicked.connect(self.cosign)
        view = self.key_view
        view.create_wanted.connect(self.make_key)
        view.unlock_wanted.connect(self.unlock)
        view.lock_wanted.connect(self._on_lock_wanted)
        view.keep_wanted.connect(self._on_keep_wanted)
        view.protect_wanted.connect(self.protect)
        view.request_wanted.connect(self.show_request)
        view.rotate_wanted.connect(self.rotate)

    @property
    def identities(self) -> Identities:
        """The key that signs here."""
        return self._services.identities

    # ---------------------------------------------------------------- what the shell asks

    def show_place(self, place: Place) -> None:
        """Opens a tab and reads the team."""
        tab = place.argument("tab")
        self.tabs.set_current(tab if tab in dict(TABS) else "people")
        self._read()

    def place(self) -> Place:
        """Returns the open tab."""
        tab = self.tabs.current()
        return Place(self.page_id) if tab == "people" else Place.of(self.page_id, {"tab": tab})

    def refresh(self, changes: Changes) -> None:
        """Reads the team again when it changed."""
        if changes.is_team:
            self._read()

    def selection(self) -> tuple[str, ...]:
        """Returns the writers selected."""
        return self.table.selected() if self.tabs.current() == "people" else ()

    def commands(self) -> list[Command]:
        """Returns what can be done here."""

        def with_member(state: WindowState) -> Reason | None:
            if state.page != self.page_id or not state.selection:
                return Reason("Select somebody on the People page first")
            why_not = self.members.why_not()
            return Reason(why_not) if why_not else signed_in(state)

        def unpinned(_state: WindowState) -> Reason | None:
            return Reason("This store has its team") if self._team_id else None

        def teamless(state: WindowState) -> Reason | None:
            return unpinned(state) or signed_in(state)

        def with_team(_state: WindowState) -> Reason | None:
            return None if self._team_id else Reason("This store has no team yet")

        def forked(_state: WindowState) -> Reason | None:
            return Reason("The team has one version") if self.fork_banner.isHidden() else None

        def without_key(state: WindowState) -> Reason | None:
            return Reason("There is a key here already") if state.person else None

        return [
            Command(
                id="people.admit", title="Admit somebody…", run=self.admit, menu="Edit",
                icon="user-plus", enabled=signed_in, group="People",
            ),
            Command(
                id="people.request", title="Show my request to join…", run=self.show_request,
                menu="Edit", icon="key-round", enabled=signed_in, group="People",
            ),
            Command(
                id="people.grant", title="Give this person a role…", run=self.grant, menu="Edit",
                icon="user", enabled=with_member, group="People",
            ),
            Command(
                id="people.revoke", title="Revoke every right of this person…",
                run=self.revoke, menu="Edit", icon="user-x", enabled=with_member, group="People",
            ),
            Command(
                id="people.cosign", title="Sign a draft of the team…", run=self.cosign,
                menu="Edit", icon="pen-line", enabled=signed_in, group="People",
            ),
            Command(
                id="people.found", title="Found a team…", run=self.found, menu="Edit",
                icon="users", enabled=teamless, group="People",
            ),
            Command(
                id="people.join", title="Join a team…", run=self.join, menu="Edit",
                icon="shield-check", enabled=unpinned, group="People",
            ),
            Command(
                id="people.copy_id", title="Copy the team's id", run=self.copy_team_id,
                menu="Edit", icon="copy", enabled=with_team, group="People",
            ),
            Command(
                id="people.settle", title="Settle two versions of the team…",
                run=self.settle_fork, menu="Edit", icon="git-fork", enabled=forked,
                group="People",
            ),
            Command(
                id="key.create", title="Make my key…", run=self.make_key, menu="File",
                icon="key-round", enabled=without_key, group="Key",
            ),
            Command(
                id="key.rotate", title="Rotate my key…", run=self.rotate, menu="File",
                icon="refresh-cw", enabled=signed_in, group="Key",
            ),
            Command(
                id="key.protect", title="Change the passphrase of my key…", run=self.protect,
                menu="File", icon="shield", enabled=signed_in, group="Key",
            ),
        ]  # fmt: skip

    # ---------------------------------------------------------------- the team

    def admit(self) -> None:
        """Opens the dialog that takes a request as a file or a code."""
        self._open_admit(None)

    def admit_from(self, path: Path) -> None:
        """Opens the dialog that shows whose request a file holds."""
        self._open_admit(path)

    def _open_admit(self, path: Path | None) -> None:
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

    def grant(self) -> None:
        """Opens the dialog that gives the selected person a role."""
        member = self.members.current()
        draft = self._ask_where("grant-draft.json") if member is not None else None
        if member is None or (draft is None and self._needs_others):
            return
        dialog = GrantDialog(self._services.people, self._secrets, member, draft=draft, parent=self)
        dialog.granted.connect(self._on_step)
        dialog.open()

    def revoke(self) -> None:
        """Opens the dialog that shows what ending every right of the selected person changes."""
        member = self.members.current()
        if member is None:
            return
        dialog = RevokeDialog(
            self._services.people, self._services.revocations, self._tasks, self._secrets, member,
            ask_where=lambda: self._where("revocation-draft.json"), parent=self,
        )  # fmt: skip
        dialog.revoked.connect(self._on_step)
        dialog.open()

    def settle_fork(self) -> None:
        """Opens the dialog that shows both sides of a fork and settles it for one."""
        dialog = ForkDialog(
            self._services.forks, self._tasks, self._secrets,
            ask_where=lambda: self._where("settlement-draft.json"), parent=self,
        )  # fmt: skip
        dialog.settled.connect(self._on_step)
        dialog.open()

    def found(self) -> None:
        """Opens the dialog that founds a team."""
        dialog = FoundDialog(self._services.people, self._secrets, parent=self)
        dialog.founded.connect(lambda: self._on_changed(Changes(is_team=True)))
        dialog.open()

    def join(self) -> None:
        """Opens the dialog that takes the id of a team."""
        dialog = TrustDialog(self._services.people, self._tasks, parent=self)
        dialog.trusted.connect(lambda: self._on_changed(Changes(is_team=True)))
        dialog.open()

    def copy_team_id(self) -> None:
        """Puts the whole id of the team on the clipboard, to be told or printed."""
        QGuiApplication.clipboard().setText(self._team_id)
        self.noticed.emit("The team's id is on the clipboard", "Tell it face to face or on paper.")

    # ---------------------------------------------------------------- the key

    def show_request(self) -> None:
        """Opens the dialog with this workstation's request: code, words, file."""
        RequestDialog(self._services.identities, self._tasks, self._secrets, parent=self).open()

    def make_key(self) -> None:
        """Opens the dialog that makes the key of this workstation."""
        self._open_passphrase(makes_key=True)

    def protect(self) -> None:
        """Opens the dialog that puts the key under another passphrase."""
        self._open_passphrase(makes_key=False)

    def rotate(self) -> None:
        """Opens the dialog that gives this workstation a new key."""
        dialog = RotateDialog(self._services.rotation, self._secrets, parent=self)
        dialog.rotated.connect(self._on_rotated)
        dialog.open()

    def unlock(self) -> None:
        """Asks for the passphrase without signing anything."""
        self._secrets.sign(
            "key.unlock",
            "Opening the key",
            "It stays open for a while, so that signing does not ask each time.",
            lambda ask, _progress: self._services.identities.unlock(ask=ask),
            lambda _done: self._read_key(),
            owner=self,
        )

    def _open_passphrase(self, *, makes_key: bool) -> None:
        dialog = PassphraseDialog(
            self._services.identities, self._tasks, self._secrets, makes_key=makes_key, parent=self
        )
        dialog.protected.connect(lambda: self._on_changed(Changes(is_team=True)))
        dialog.open()

    def _on_lock_wanted(self) -> None:
        self._services.identities.lock()
        self._read_key()

    def _on_keep_wanted(self) -> None:
        self._tasks.change(
            "key.keep",
            "Keeping the key open",
            lambda _progress: self._services.identities.keep_open(),
            lambda _left: self._read_key(),
            owner=self,
        )

    # ---------------------------------------------------------------- inside

    def _read(self) -> None:
        self._read_key()
        self._tasks.ask(
            "people.list",
            "Reading the team",
            lambda _progress: read_team(self._services),
            self._show,
            owner=self,
        )

    def _read_key(self) -> None:
        self._tasks.ask(
            "people.key",
            "Looking at the key",
            lambda _progress: self._services.identities.key_status(),
            self._show_key,
            owner=self,
        )

    def _show_key(self, status: KeyStatus) -> None:
        self._key = status
        self.key_view.show_status(status)
        self._show_nothing()
        self.selection_changed.emit()

    def _show(self, team: TeamRead) -> None:
        document = team.document
        self._team_id, self._needs_others = team.id, team.needs_others
        self.fork_banner.setVisible(team.is_forked)
        self._fork_row.setVisible(team.is_forked)
        self._team.setCurrentWidget(self._empty if document is None else self.members)
        if document is None:
            self._show_nothing()
            self.admit_button.setEnabled(False)
            self.cosign_button.setEnabled(False)
        else:
            self.members.show_team(document, team.members)
            why_not = self.members.why_not()
            self.admit_button.setEnabled(not why_not)
            self.admit_button.setToolTip(why_not)
            has_key = self._key is None or self._key.state is not KeyState.NONE
            self.cosign_button.setEnabled(has_key)
        self.selection_changed.emit()

    def _show_nothing(self) -> None:
        """Says whether a team is trusted already, and offers what makes sense now."""
        is_trusted = bool(self._team_id)
        self._empty.set_words(*((NOT_ARRIVED, WHY_NOT_ARRIVED) if is_trusted else
                                (NO_TEAM, WHY_NO_TEAM)))  # fmt: skip
        has_key = self._key is not None and self._key.state is not KeyState.NONE
        self._empty.button.setVisible(not is_trusted)
        self._empty.button.setEnabled(has_key)
        self._empty.button.setToolTip("" if has_key else "Make your key first, under My key")
        self.join_button.setVisible(not is_trusted)

    def _on_tabs_changed(self, tab: str) -> None:
        self._body.setCurrentWidget(self.key_view if tab == "key" else self._people)
        for button in (self.admit_button, self.cosign_button):
            button.setVisible(tab == "people")  # one primary button a page
        self.place_changed.emit(self.place())
        self.selection_changed.emit()

    def _ask_where(self, name: str) -> Path | None:
        """Asks where a draft goes if one admin is not enough; None if it is, or for Cancel."""
        return self._where(name) if self._needs_others else None

    def _where(self, name: str) -> Path | None:
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
        self._on_changed(Changes(is_team=True))

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
