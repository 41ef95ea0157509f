# SPDX-License-Identifier: Apache-2.0
"""The pages of the window, one of them to be seen; some are still being made.

* A page is wanted by its id and may come later: until then its place is painted.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.kit.page import Page
from strongroom.desktop.shell.page_spec import PageSpec
from strongroom.desktop.shell.waiting_page import WaitingPage


class PageStack(QStackedWidget):
    """The pages.

    Args:
        specs: The pages there will be.
    """

    def __init__(self, specs: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.specs: Mapping[str, PageSpec] = {spec.id: spec for spec in specs}
        self._made: dict[str, Page] = {}
        self._current = ""
        self.waiting = WaitingPage()
        self.addWidget(self.waiting)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName("Page")

    def join(self, page: Page) -> None:
        """Takes a page that was made.

        Raises:
            KeyError: If no place was kept for it.
        """
        spec = self.specs[page.page_id]
        self._made[spec.id] = page
        self.addWidget(page)

    def made(self, page_id: str) -> Page | None:
        """Returns a page, None while it is not there."""
        return self._made.get(page_id)

    def pages(self) -> tuple[Page, ...]:
        """Returns the pages that are there, in the order of the rail."""
        return tuple(self._made[key] for key in self.specs if key in self._made)

    def missing(self) -> tuple[str, ...]:
        """Returns the ids of the pages that are not there, what is wanted first."""
        left = [key for key in self.specs if key not in self._made]
        return tuple(sorted(left, key=lambda key: key != self._current))

    def current_id(self) -> str:
        """Returns the id of the page that is to be seen."""
        return self._current

    def current_page(self) -> Page | None:
        """Returns what is to be seen: the page, or what waits in its place."""
        widget = self.currentWidget()
        return widget if isinstance(widget, Page) and self._current else None

    def show_page(self, page_id: str) -> Page | None:
        """Shows a page, or its place; returns the page if it is there.

        Raises:
            KeyError: If there will be no such page.
        """
        spec, page = self.specs[page_id], self.made(page_id)
        self._current = page_id
        if page is None:
            self.waiting.wait_for(spec)
        self.setCurrentWidget(page or self.waiting)
        return page
