# SPDX-License-Identifier: Apache-2.0
"""The keys of the team as a table, and the selected one beside it with its rights and reasons."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from strongroom.desktop.kit.cells import (
    BadgeCell,
    Column,
    DigestCell,
    Group,
    PersonCell,
    Row,
    TextCell,
)
from strongroom.desktop.kit.surface import Split
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.member_pane import MemberPane
from strongroom.desktop.people.services import PeopleServices
from strongroom.domain.access import ROLE_TITLES
from strongroom.domain.key_words import NOT_IN_TEAM, ONLY_ADMINS
from strongroom.domain.team import TrustDocument
from strongroom.services.members import TeamMember
from strongroom.services.rights import KeyStory

TEAMLESS = "This store has no team yet"
COLUMNS = (
    Column("who", "Person", 170, stretch=True),
    Column("role", "Role", 132),
    Column("host", "Workstation", 120),
    Column("key", "Key", 110),
    Column("state", "State", 100),
)


class MembersView(QWidget):
    """Table and pane.

    Args:
        services: The team and its rights.
        tasks: The jobs of the window.

    Signals:
        selection_changed: Another key is selected.
    """

    selection_changed = Signal()

    def __init__(self, services: PeopleServices, tasks: Tasks) -> None:
        super().__init__()
        self._services, self._tasks = services, tasks
        self._members: tuple[TeamMember, ...] = ()
        self._me: TeamMember | None = None
        self.table = Table(COLUMNS, name="People")
        self.pane = MemberPane()
        split = Split("horizontal", self.table, self.pane)
        split.setObjectName("people.split")
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(split)
        self.table.selection_changed.connect(self._on_table_selection_changed)

    def show_team(self, document: TrustDocument, members: tuple[TeamMember, ...]) -> None:
        """Shows the team, and again whoever is selected."""
        self._members = members
        self._me = next((member for member in members if member.is_me), None)
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
            self.table.select((self._me or members[0]).writer)
        else:
            self._show_current()

    def current(self) -> TeamMember | None:
        """Returns the selected key, None for none."""
        keys = self.table.selected()
        return next((m for m in self._members if keys and m.writer == keys[0]), None)

    def others(self) -> tuple[str, ...]:
        """Returns the active keys of everybody else, as they stand in the list."""
        return tuple(m.writer for m in self._members if m.is_active and not m.is_me)

    def why_not(self) -> str:
        """Returns why nobody can be admitted or revoked from here, "" if one can."""
        if not self._members:
            return TEAMLESS
        if self._me is None:
            return NOT_IN_TEAM
        if not (self._me.is_admin and self._me.is_active):
            return ONLY_ADMINS
        return ""

    def _on_table_selection_changed(self, _keys: tuple[str, ...]) -> None:
        self._show_current()
        self.selection_changed.emit()

    def _show_current(self) -> None:
        member = self.current()
        if member is None:
            return
        why_not = self.why_not()
        self.pane.show_member(member, may_change=not why_not, why_not=why_not)
        self._tasks.ask(
            "people.story",
            "Reading rights",
            lambda _progress: self._services.rights.story(member.writer),
            lambda story: self._on_story(member, story),
            owner=self,
        )

    def _on_story(self, member: TeamMember, story: KeyStory) -> None:
        if member == self.current():
            self.pane.show_story(member, story, self._services.clock.now_us())


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
