# SPDX-License-Identifier: Apache-2.0
"""Settings: how the window looks, and where store, home and keys of this workstation are."""

from typing import get_args

from PySide6.QtWidgets import QWidget

from strongroom.bootstrap import Services
from strongroom.desktop.kit.buttons import Segmented
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Scroll, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.services.integrity import Check

THEMES = (("light", "Light"), ("dark", "Dark"), ("high-contrast", "High contrast"))
SCALES = (("0.8", "80 %"), ("1.0", "100 %"), ("1.25", "125 %"), ("1.5", "150 %"), ("2.0", "200 %"))


class SettingsPage(Page):
    """Looks, places and the state of this workstation."""

    page_id = "settings"
    title = "Settings"

    def __init__(self, services: Services, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self.themes = Segmented(THEMES, "light", name="Theme")
        self.scales = Segmented(SCALES, "1.0", name="Text size")
        self._places = KeyValues(key_width=140)
        self._checks = KeyValues(key_width=140)
        body = column(
            SectionTitle("Look"),
            8,
            _choice("Theme", self.themes),
            8,
            _choice("Text size", self.scales),
            24,
            SectionTitle("Places", "everything stays on this machine unless you push it"),
            8,
            self._places,
            24,
            SectionTitle("This workstation", "what strongroom doctor sees"),
            8,
            self._checks,
            None,
            margins=(24, 20, 24, 24),
        )
        super().__init__(PageBar("Settings"), Scroll(body))
        self.themes.changed.connect(self._on_themes_changed)
        self.scales.changed.connect(self._on_scales_changed)

    def show_place(self, place: Place) -> None:  # noqa: ARG002 - there is one place here
        """Looks at the workstation again."""
        self.themes.set_current(theme().tokens.name)
        self._tasks.ask(
            "settings.doctor",
            "Looking at this workstation",
            lambda _progress: self._services.integrity.doctor(),
            self._show_checks,
            owner=self,
        )
        card = self._services.identities.show()
        team = self._services.people.team_id()
        facts = [
            Fact(key="Store", value=str(self._services.store), kind="mono"),
            Fact(key="Home", value=str(self._services.home), kind="mono"),
            Fact(key="Person", value=card.name if card else "nobody yet"),
        ]
        if card is not None:
            facts.append(Fact(key="Key", value=card.writer, kind="digest"))
            facts.append(Fact(key="Protected by", value=card.protection.replace("+", " and ")))
        if team:
            facts.append(Fact(key="Team", value=team, kind="digest"))
        self._places.set_facts(facts)

    def apply_theme(self) -> None:
        """Shows the look in force, whoever switched it."""
        self.themes.set_current(theme().tokens.name)
        self.scales.set_current(str(float(theme().scale)))

    def _show_checks(self, checks: tuple[Check, ...]) -> None:
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

    def _on_themes_changed(self, chosen: str) -> None:
        for name in get_args(ThemeName):
            if name == chosen:
                theme().switch(name=name)

    def _on_scales_changed(self, scale: str) -> None:
        theme().switch(scale=float(scale))


def _choice(words: str, control: QWidget) -> QWidget:
    label = Label(words, "text_secondary")
    label.setFixedWidth(140)
    return row(label, control, None, spacing=0)
