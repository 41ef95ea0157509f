# SPDX-License-Identifier: Apache-2.0
"""One key of the team: whose, where, how far its log is known, what it may do and why.

* A right says which role gave it, in which version of the team, and who signed that version.
* A right that has ended stays in sight, told by its icon and words, not by colour alone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.surface import Scroll, Surface, clear, column, row
from strongroom.desktop.people.role_form import READ_ONLY
from strongroom.domain.access import ROLE_TITLES
from strongroom.services.members import TeamMember
from strongroom.services.rights import KeyStory, RightLine

if TYPE_CHECKING:
    from strongroom.desktop.kit.paint import Tone
    from strongroom.desktop.kit.tokens import Role

PANE_WIDTH, MOST_WIDTH = 408, 560  # px at 100 %, and at any size of text


class MemberPane(Surface):
    """The pane beside the table.

    Signals:
        grant_wanted, revoke_wanted: A button at the foot was pressed.
    """

    grant_wanted = Signal()
    revoke_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self._title = Label("", "text_primary", "title", wrap=True)
        self._sentence = Label("", "text_secondary", wrap=True)
        self._facts = KeyValues(key_width=110)
        self._heading = SectionTitle("May do, and why")
        self._rights = QVBoxLayout()
        self._rights.setSpacing(10)
        self._limits = QVBoxLayout()
        self._limits.setSpacing(4)
        body = column(
            self._title, 4, self._sentence, 16, self._facts, 16, self._heading, 8,
            self._rights, 12, self._limits, None, margins=(20, 16, 20, 16),
        )  # fmt: skip
        self.grant_button = Button("Give a role…", "secondary", "user-plus", changes=True)
        self.revoke_button = Button("Revoke…", "danger", "user-x", changes=True)
        self.grant_button.clicked.connect(self.grant_wanted)
        self.revoke_button.clicked.connect(self.revoke_wanted)
        self.why_not = Label("", "text_tertiary", "caption", wrap=True)
        foot = column(
            self.why_not,
            row(self.grant_button, self.revoke_button, None),
            margins=(20, 10, 20, 12),
            spacing=6,
            edges="t",
        )
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(Scroll(body), 1)
        down.addWidget(foot)
        keep_width(self, PANE_WIDTH, MOST_WIDTH)

    def show_member(self, member: TeamMember, *, may_change: bool, why_not: str) -> None:
        """Shows what the list knows already; its story follows."""
        self._title.setText(member.name + (", you" if member.is_me else ""))
        self._sentence.setText(_sentence(member))
        self._facts.set_facts(_facts(member))
        clear(self._rights)
        clear(self._limits)
        self.grant_button.setEnabled(may_change and member.is_active)
        self.revoke_button.setEnabled(may_change and member.is_active)
        self.why_not.setText(why_not or ("" if member.is_active else "This key is revoked already"))
        self.why_not.setVisible(bool(self.why_not.text()))

    def show_story(self, member: TeamMember, story: KeyStory, now_us: int) -> None:
        """Shows rights with their reasons, and how far the log is known here."""
        self._facts.set_facts(_facts(member, story, now_us))
        clear(self._rights)
        clear(self._limits)
        for line in story.rights:
            self._rights.addWidget(RightRow(line))
        if not story.rights:
            self._rights.addWidget(Label(READ_ONLY, "text_secondary", wrap=True))
        for limit in story.limits:
            self._limits.addWidget(Label(limit, "text_secondary", "dense", wrap=True))

    def title(self) -> str:
        """Returns whose key is shown."""
        return self._title.text()

    def rights(self) -> Sequence[str]:
        """Returns the words of the rights in sight."""
        return [
            each.accessibleName() for each in self.findChildren(RightRow) if not each.isHidden()
        ]


class RightRow(Surface):
    """One right: whether it holds, what it is, and why."""

    def __init__(self, line: RightLine) -> None:
        super().__init__()
        self._icon = "circle-check" if line.is_open else "circle-minus"
        self._tone: Tone = "ok" if line.is_open else "mute"
        role: Role = "text_primary" if line.is_open else "text_tertiary"
        self._words = Label(line.text, role, wrap=True)
        why = Label(line.why, "text_tertiary", "dense", wrap=True)
        down = QVBoxLayout(self)
        down.setContentsMargins(26, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._words)
        down.addWidget(why)
        state = "" if line.is_open else "Ended: "
        self.setAccessibleName(f"{state}{line.text}. {line.why}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the icon beside the first line."""
        super().paintEvent(event)
        painter = QPainter(self)
        y = self._words.y() + 2
        paint.icon(painter, self._icon, 0, y, paint.TONE_ICON[self._tone])


def _facts(member: TeamMember, story: KeyStory | None = None, now_us: int = 0) -> list[Fact]:
    found = [
        Fact(key="Role", value=ROLE_TITLES[member.role]),
        Fact(key="Workstation", value=member.host),
        Fact(key="Groups", value=", ".join(member.groups) or "none"),
        Fact(key="Key", value=member.writer, kind="digest"),
    ]
    if story is not None:
        log = f"{story.event_count:,} event{'' if story.event_count == 1 else 's'} known here"
        found.append(Fact(key="Log", value=log))
        if story.last_us is not None:
            last = wording.moment(story.last_us, now_us)
            found.append(Fact(key="Last signed", value=last))
        found.append(Fact(key="In the team", value=story.joined))
        if story.ended:
            found.append(Fact(key="Ended", value=story.ended))
    return found


def _sentence(member: TeamMember) -> str:
    if not member.is_active:
        return "Every right of this key has ended; what it signed before still counts."
    if member.is_admin:
        return "May change the team: admit, grant, revoke, set policies."
    return "Rights hold on every peer: what this key may not do has no effect anywhere."
