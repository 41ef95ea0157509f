# SPDX-License-Identifier: Apache-2.0
"""The four tables of the Exchange page, and what stands there instead while one has no row.

* An empty state says what the tab is for, why it is empty, and the one next step.
"""

from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.exchange.imports_view import ImportsView
from strongroom.desktop.exchange.packages_view import PackagesView
from strongroom.desktop.exchange.places_view import PlacesView
from strongroom.desktop.exchange.quarantine_view import QuarantineView
from strongroom.desktop.exchange.services import Known
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.table import Table

TABS = (
    ("places", "Places"),
    ("quarantine", "Quarantine"),
    ("imports", "Imports"),
    ("packages", "Packages"),
)
_NO_TEAM = (
    "What is exchanged is signed by members of a team. Found one on the People page, or join one"
    " and ask to be admitted; runs that somebody carried here can be imported without."
)
_NO_PLACE = (
    "A place is a folder on a share, a stick or a disk. Members of the team bring what they signed"
    " there and take in what the others signed; every byte is verified on arrival."
)
_NO_IMPORT = (
    "Every import, and every sync that brings something, leaves a report here: what came, who"
    " signed it, what was rejected and why."
)
_NO_PACKAGE = (
    "An audit package holds everything an auditor needs to verify a version without Strongroom."
    " Whoever exports one signs that, and it is listed here for the whole team."
)


class Bodies(QStackedWidget):
    """The tables and the empty states; the page fills them."""

    def __init__(self) -> None:
        super().__init__()
        self.places = PlacesView()
        self.quarantine = QuarantineView()
        self.imports = ImportsView()
        self.packages = PackagesView()
        self.bring_button = Button(
            "Import…", "secondary", "download", name="Import runs", changes=True
        )
        self.no_team = EmptyState(
            "No team yet", _NO_TEAM, "Open People", "users", extra=row(self.bring_button, None)
        )
        self.no_place = EmptyState(
            "No place to exchange through yet", _NO_PLACE, "Add place…", "plus"
        )
        self.no_quarantine = EmptyState(
            "Nothing is in quarantine",
            "What does not verify on arrival is kept here with its reason, and never used.",
        )
        self.no_import = EmptyState("Nothing has come in yet", _NO_IMPORT, "Import…", "download")
        self.no_package = EmptyState(
            "No package yet", _NO_PACKAGE, "Export audit package…", "package"
        )
        for view in (
            self.places, self.quarantine, self.imports, self.packages, self.no_team,
            self.no_place, self.no_quarantine, self.no_import, self.no_package,
        ):  # fmt: skip
            self.addWidget(view)

    def table(self, tab: str) -> Table:
        """Returns the table of a tab."""
        return {
            "places": self.places.table,
            "quarantine": self.quarantine.table,
            "imports": self.imports.table,
            "packages": self.packages.table,
        }[tab]

    def open(self, tab: str, known: Known) -> None:
        """Shows the table of a tab, or why it has no row."""
        self.setCurrentWidget(self._of(tab, known))

    def _of(self, tab: str, known: Known) -> QWidget:
        if tab == "places":
            if not known.team:
                return self.no_team
            return self.places if known.infos else self.no_place
        if tab == "quarantine":
            return self.quarantine if known.quarantined else self.no_quarantine
        if tab == "imports":
            return self.imports if known.imports else self.no_import
        return self.no_package if known.packages == () else self.packages
