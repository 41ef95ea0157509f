# SPDX-License-Identifier: Apache-2.0
"""The People page: who is in the team with which rights and why, and the key of this workstation.

* What a person may do is said in words, with the reason: the role, the version, who signed it.
* Every change is a new signed trust document; the passphrase is asked for it.
* Where several have to sign, a change becomes a draft that travels as a file.
"""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.access_view import AccessView
from strongroom.desktop.people.drafts_view import DraftsView
from strongroom.desktop.people.key_acts import KeyActs
from strongroom.desktop.people.key_view import KeyView
from strongroom.desktop.people.members_view import TEAMLESS, MembersView
from strongroom.desktop.people.page_commands import page_commands
from strongroom.desktop.people.services import PeopleServices, TeamRead, read_team
from strongroom.desktop.people.team_acts import TeamActs
from strongroom.domain.changes import Changes
from strongroom.services.identities import Identities
from strongroom.services.key_status import KeyState, KeyStatus
from strongroom.services.waiting_drafts import DraftState, WaitingDraft

__all__ = ["PeoplePage", "PeopleServices"]

TABS = (("people", "People"), ("access", "Access"), ("drafts", "Drafts"), ("key", "My key"))
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
        self._key: KeyStatus | None = None
        self._waiting = 0
        self.tabs = Segmented(TABS, "people", name="People")
        self.tabs.setObjectName("people.tabs")
        self.admit_button = Button(
            "Admit…", "primary", "user-plus", name="Admit somebody", changes=True
        )
        self.cosign_button = Button("Sign a draft…", "secondary", "pen-line", changes=True)
        self.members = MembersView(services, tasks)
        self.table = self.members.table
        self.join_button = Button("Join a team…", "secondary", "shield-check")
        self._empty = EmptyState(
            NO_TEAM, WHY_NO_TEAM, "Found a team…", "users", extra=row(self.join_button, None)
        )
        self.key_view = KeyView()
        self.access = AccessView(services.reviews, tasks, services.clock)
        self.drafts = DraftsView()
        self.save_button = Button("Save the review…", "secondary", "save")
        self._team = QStackedWidget()
        self.fork_banner = Banner("bad", "", icon_name="shield-alert")
        self.fork_banner.hide()
        self._team.addWidget(self.members)
        self._team.addWidget(self._empty)
        self._body = QStackedWidget()
        top = row(self.fork_banner, margins=(16, 12, 16, 12))
        top.setVisible(False)
        self._fork_row = top
        self._people = column(top, (self._team, 1))
        self._body.addWidget(self._people)
        for body in (self.access, self.drafts, self.key_view):
            self._body.addWidget(body)
        tools = [self.cosign_button, self.save_button, self.admit_button]
        super().__init__(PageBar("People", [self.tabs], tools), self._body)
        secrets = Secrets(tasks, services.identities, self)
        self.acts = TeamActs(services, tasks, secrets, self)
        self.key_acts = KeyActs(services, tasks, secrets, self)
        self._connect()

    def _connect(self) -> None:
        self.tabs.changed.connect(self._on_tabs_changed)
        self.members.selection_changed.connect(self.selection_changed)
        self.members.pane.grant_wanted.connect(self.grant)
        self.members.pane.revoke_wanted.connect(self.revoke)
        self.fork_banner.acted.connect(self.acts.look_at_fork)
        self.admit_button.clicked.connect(self.acts.admit)
        self._empty.acted.connect(self.acts.found)
        self.join_button.clicked.connect(self.acts.join)
        self.cosign_button.clicked.connect(self.acts.cosign)
        self.save_button.clicked.connect(self.access.ask_where)
        self.access.noticed.connect(self.noticed)
        self.drafts.sign_wanted.connect(self.acts.cosign_from)
        self.drafts.forget_wanted.connect(self._on_forget_wanted)
        self.drafts.open_wanted.connect(self.acts.cosign)
        self.drafts.selection_changed.connect(self.selection_changed)
        for acts in (self.acts, self.key_acts):
            acts.changed.connect(self._on_changed)
            acts.noticed.connect(self.noticed)
        self.acts.drafted.connect(self._read_drafts)
        view, key = self.key_view, self.key_acts
        view.create_wanted.connect(key.make_key)
        view.unlock_wanted.connect(key.opening.unlock)
        view.lock_wanted.connect(key.opening.lock)
        view.keep_wanted.connect(key.opening.keep)
        view.protect_wanted.connect(key.protect)
        view.request_wanted.connect(key.show_request)
        view.rotate_wanted.connect(key.rotate)
        key.opening.changed.connect(self._read_key)

    @property
    def identities(self) -> Identities:
        """The key that signs here."""
        return self._services.identities

    # ---------------------------------------------------------------- what the shell asks

    def show_place(self, place: Place) -> None:
        """Opens a tab and reads the team."""
        tab = place.argument("tab")
        self.tabs.set_current(tab if tab in dict(TABS) else "people")
        self._show_tab(self.tabs.current())
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
        tables = {"people": self.table, "access": self.access.table, "drafts": self.drafts.table}
        table = tables.get(self.tabs.current())
        return table.selected() if table is not None else ()

    def badge(self) -> str:
        """Returns how many drafts wait for a key of this workstation."""
        return f"{self._waiting:,}" if self._waiting else ""

    def commands(self) -> list[Command]:
        """Returns what can be done here."""
        return [*page_commands(self), *self.key_acts.commands()]

    # ---------------------------------------------------------------- whoever is selected

    def why_not(self) -> str:
        """Returns why this person changes nothing in the team, "" if one does."""
        return self.members.why_not()

    def grant(self) -> None:
        """Opens the dialog that gives the selected person a role."""
        if (member := self.members.current()) is not None:
            self.acts.grant(member)

    def revoke(self) -> None:
        """Opens the dialog that shows what ending every right of the selected person changes."""
        if (member := self.members.current()) is not None:
            self.acts.revoke(member)

    # ---------------------------------------------------------------- its tabs

    def show_tab(self, tab: str) -> None:
        """Opens a tab, also from another page."""
        self.place_requested.emit(Place.of(self.page_id, {"tab": tab}))

    def save_review(self) -> None:
        """Opens the review and asks where to write it."""
        self.show_tab("access")
        self.access.ask_where()

    # ---------------------------------------------------------------- inside

    def _read(self) -> None:
        self._read_key()
        self._read_drafts()
        if self.tabs.current() == "access":
            self.access.look_again()
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

    def _read_drafts(self) -> None:
        self._tasks.ask(
            "people.drafts",
            "Reading drafts of the team",
            lambda _progress: self._services.drafts.listed(),
            self._show_drafts,
            owner=self,
        )

    def _show_drafts(self, found: tuple[WaitingDraft, ...]) -> None:
        self.drafts.show_drafts(found, self._services.clock.now_us())
        waiting = sum(draft.view is not None for draft in found)
        self.tabs.set_counts({"drafts": waiting} if waiting else {})
        mine = sum(draft.state is DraftState.MINE for draft in found)
        if mine != self._waiting:
            self._waiting = mine
            self.changed.emit(Changes())  # the badge of the rail
        self.selection_changed.emit()

    def _on_forget_wanted(self, path: Path) -> None:
        self._tasks.change(
            "people.forget",
            "Forgetting a draft",
            lambda _progress: self._services.drafts.forget(path),
            lambda _nothing: self._read_drafts(),
            owner=self,
        )

    def _show_key(self, status: KeyStatus) -> None:
        self._key = status
        self.key_view.show_status(status)
        self._show_nothing()
        self._show_buttons()
        self.selection_changed.emit()

    def _show(self, team: TeamRead) -> None:
        self.acts.team, document = team, team.document
        self._show_fork(team)
        if document is None:
            self._show_nothing()  # before it is seen: each word would be laid out
        else:
            self.members.show_team(document, team.members)
        self._team.setCurrentWidget(self._empty if document is None else self.members)
        self._show_buttons()
        self._show_tab(self.tabs.current())
        self.selection_changed.emit()

    def _show_fork(self, team: TeamRead) -> None:
        """Tells of two versions that contend, or of one that was in force here and no longer is."""
        is_told = team.is_forked or bool(team.put_aside)
        if team.is_forked:
            self.fork_banner.show_outcome(
                "bad", "There are two versions of the team",
                "It stands still at the version before. One of the two has to be confirmed.",
                "Settle…", "shield-alert",
            )  # fmt: skip
        elif team.put_aside:
            self.fork_banner.show_outcome(
                "bad", f"Version {team.put_aside} of the team was in force here and is put aside",
                "Root keys have settled a fork. Call those who hold them; if they know nothing of"
                " it, approve nothing.", "Look…", "shield-alert",
            )  # fmt: skip
        self.fork_banner.setVisible(is_told)
        self._fork_row.setVisible(is_told)

    def _show_buttons(self) -> None:
        why_not = self.why_not()
        self.admit_button.setEnabled(not why_not)
        self.admit_button.setToolTip(why_not)
        has_key = self._key is None or self._key.state is not KeyState.NONE
        has_team = self.acts.team.document is not None
        self.cosign_button.setEnabled(has_key and has_team)
        why_not = "" if has_key else "Make your key first, under My key"
        self.cosign_button.setToolTip(why_not if has_team else TEAMLESS)

    def _show_nothing(self) -> None:
        """Says whether a team is trusted already, and offers what makes sense now."""
        is_trusted = bool(self.acts.team.id)
        self._empty.set_words(*((NOT_ARRIVED, WHY_NOT_ARRIVED) if is_trusted else
                                (NO_TEAM, WHY_NO_TEAM)))  # fmt: skip
        has_key = self._key is not None and self._key.state is not KeyState.NONE
        self._empty.button.setVisible(not is_trusted)
        self._empty.button.setEnabled(has_key)
        self._empty.button.setToolTip("" if has_key else "Make your key first, under My key")
        self.join_button.setVisible(not is_trusted)

    def _on_tabs_changed(self, tab: str) -> None:
        self._show_tab(tab)
        if tab == "access":
            self.access.look_again()
        self.place_changed.emit(self.place())
        self.selection_changed.emit()

    def _show_tab(self, tab: str) -> None:
        bodies = {"access": self.access, "drafts": self.drafts, "key": self.key_view}
        has_team = self.acts.team.document is not None
        shown = bodies.get(tab, self._people)
        self._body.setCurrentWidget(shown if has_team or tab == "key" else self._people)
        self.admit_button.setVisible(tab == "people")  # one primary button a page
        self.cosign_button.setVisible(tab in {"people", "drafts"})
        self.save_button.setVisible(tab == "access" and has_team)

    def _on_changed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self._read()
