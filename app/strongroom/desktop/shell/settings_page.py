# SPDX-License-Identifier: Apache-2.0
"""Settings: how the window looks and behaves, what is off, and where everything lies.

* A choice is shown at once and kept when somebody presses Save; Cancel brings back what held.
* What the machine's policy sets is locked, and the policy's reason stands beside it.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from strongroom.bootstrap import Services
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Line, Scroll, Surface, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.setting_row import SettingRow
from strongroom.domain.progress import Progress
from strongroom.domain.setting import SECTIONS, SETTINGS
from strongroom.services.integrity import Check

MOST_WIDE = 800  # px at 100 %: a control further from its words than this is looked for
OFF = (
    ("Update check", "Off. A new version comes as a file you install."),
    ("Usage statistics", "Off. Nothing is counted for anybody."),
    ("Crash reports", "Off. A report is a file on this machine; you decide who gets it."),
    ("Sending of data", "Off. Runs leave this machine by folders you name, on Exchange."),
)
"""What other tools do over the network, and this one does not have at all."""


class SettingsPage(Page):
    """The page.

    Args:
        services: Of the store and home that are shown.
        tasks: The jobs of the window.
        preferences: What holds and what is drafted.
    """

    page_id = "settings"
    title = "Settings"

    def __init__(self, services: Services, tasks: Tasks, preferences: Preferences) -> None:
        self._services, self._tasks, self.preferences = services, tasks, preferences
        self.search = SearchField("Search settings", width=240)
        super().__init__(PageBar("Settings", [], [self.search]))
        self.rows = {each.key: SettingRow(each, preferences) for each in SETTINGS}
        for each in self.rows.values():
            each.chosen.connect(preferences.preview)
        self._places, self._checks = KeyValues(key_width=140), KeyValues(key_width=140)
        self._problems = Banner("warn", "")
        self._problems.hide()
        self._sections = self._make_sections()
        self._nothing = EmptyState(
            "No setting is called that",
            "The search finds titles, words of the explanation, and keys such as appearance.theme.",
        )
        self._nothing.hide()
        body = column(
            self._problems, *self._sections, self._nothing, None, margins=(24, 12, 24, 24)
        )
        body.setMaximumWidth(theme().scaled(MOST_WIDE))
        self.set_body(Scroll(body))
        self.footer = self._make_footer()
        self._column.addWidget(self.footer)
        self.search.changed.connect(self._on_search_changed)
        preferences.changed.connect(self._show)
        self._show()

    def show_place(self, place: Place) -> None:
        """Looks at the workstation again; a filter is a search."""
        if place.filter:
            self.search.set_text(place.filter)
        self._tasks.ask(
            "settings.look", "Looking at this workstation", self._look, self._take, owner=self
        )

    def commands(self) -> tuple[Command, ...]:
        """Returns what can be done with a draft."""
        return (
            Command(
                id="settings.save", title="Save settings", run=self.save, icon="save",
                enabled=self._has_draft, group="Settings",
            ),
            Command(
                id="settings.cancel", title="Cancel changed settings", icon="undo-2",
                run=self.preferences.discard, enabled=self._has_draft, group="Settings",
            ),
        )  # fmt: skip

    def save(self) -> None:
        """Keeps what is drafted."""
        self.clear_fault()
        self.preferences.save(self._tasks, failed=lambda fault: _say(fault, self))

    def badge(self) -> str:
        """Returns a mark while something is shown that is not kept."""
        return "!" if self.preferences.draft() else ""

    # ---------------------------------------------------------------- inside

    def _make_sections(self) -> list[QWidget]:
        made: list[QWidget] = []
        for section, title in SECTIONS:
            rows = [each for each in self.rows.values() if each.setting.section == section]
            parts = [part for each in rows for part in (each, Line())][:-1]
            made.append(column(SectionTitle(title), *parts, margins=(0, 12, 0, 12)))
        off = KeyValues([Fact(key=key, value=words) for key, words in OFF], key_width=140)
        for title, note, facts in (
            ("Network", "Strongroom opens no connection: there is nothing to switch on", off),
            ("Places", "everything stays on this machine unless you push it", self._places),
            ("This workstation", "what strongroom doctor sees", self._checks),
        ):
            made.append(column(SectionTitle(title, note), 8, facts, margins=(0, 12, 0, 12)))
        return made

    def _make_footer(self) -> Surface:
        self._drafted = Label("", "text_secondary", wrap=True)
        self.cancel_button = Button("Cancel", "secondary")
        self.save_button = Button("Save", "primary", "save")
        self.cancel_button.clicked.connect(self.preferences.discard)
        self.save_button.clicked.connect(self.save)
        footer = row(
            (self._drafted, 1), self.cancel_button, self.save_button,
            margins=(24, 13, 24, 12), fill="bg_surface", edges="t",
        )  # fmt: skip
        footer.hide()
        return footer

    def _has_draft(self, _state: WindowState) -> Reason | None:
        return None if self.preferences.draft() else Reason("No setting is changed")

    def _show(self) -> None:
        for each in self.rows.values():
            each.show_state()
        draft = self.preferences.draft()
        titles = ", ".join(self.rows[key].setting.title for key in draft)
        count = wording.count(len(draft), "change is", "changes are")
        self._drafted.setText(f"{count} shown and not saved: {titles}.")
        had_keyboard = self.footer.isAncestorOf(self.focusWidget())
        self.footer.setVisible(bool(draft))
        if had_keyboard and not draft:
            self.search.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        problems = self.preferences.settings.problems()
        self._problems.setVisible(bool(problems))
        if problems:
            self._problems.show_outcome(
                "warn", "Some settings are ignored", "\n".join(problems[:4]) + " (E-SETTING)"
            )
        self.selection_changed.emit()

    def _on_search_changed(self, words: str) -> None:
        found = False
        for at, section in enumerate(self._sections):
            rows = section.findChildren(SettingRow)
            for each in rows:
                each.setVisible(each.matches(words))
            shown = any(each.matches(words) for each in rows)
            if not rows:
                names = " ".join(_texts(section)).lower()
                shown = all(word in names for word in words.lower().split())
            self._sections[at].setVisible(shown)
            found = found or shown
        self._nothing.setVisible(not found)

    def _look(self, _progress: Progress) -> tuple[list[Fact], tuple[Check, ...]]:
        card = self._services.identities.show()
        team = self._services.people.team_id()
        facts = [
            Fact(key="Store", value=str(self._services.store), kind="mono"),
            Fact(key="Home", value=str(self._services.home), kind="mono"),
            Fact(key="Settings", value=str(self.preferences.settings.path), kind="mono"),
            Fact(key="Policy", value=str(self.preferences.settings.policy_path), kind="mono"),
            Fact(key="Person", value=card.name if card else "nobody yet"),
        ]
        if card is not None:
            facts.append(Fact(key="Key", value=card.writer, kind="digest"))
            facts.append(Fact(key="Protected by", value=card.protection.replace("+", " and ")))
        if team:
            facts.append(Fact(key="Team", value=team, kind="digest"))
        return facts, self._services.integrity.doctor()

    def _take(self, found: tuple[list[Fact], tuple[Check, ...]]) -> None:
        facts, checks = found
        self._places.set_facts(facts)
        self._checks.set_facts(
            [
                Fact(
                    key=check.name.capitalize(),
                    value=f"{check.detail}. {check.advice}" if check.advice else check.detail,
                    kind="icon",
                    tone="ok" if check.is_ok else "bad",
                    icon="circle-check" if check.is_ok else "circle-x",
                )
                for check in checks
            ]
        )


def _texts(section: QWidget) -> list[str]:
    return [widget.accessibleName() for widget in section.findChildren(QWidget)]


def _say(fault: BaseException, page: Page) -> None:
    errors.show(fault, page)
