# SPDX-License-Identifier: Apache-2.0
"""The bar of the Compare page: title, view, what differs, baseline, adding runs, the request.

* Where room is short, labels go before anything leaves its line: icons and names stay.
"""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare import words
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.page_bar import PageBar, separator
from strongroom.desktop.kit.switches import Toggle
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.theme import theme
from strongroom.domain.run import Run

VIEWS = (("values", "Values"), ("beside", "Side by side"))
ROOMY = 1_060  # px at 100 %; below, buttons with an icon show only that


class CompareBar(PageBar):
    """The bar; its parts are the page's to listen to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.views = Segmented(VIEWS, "values", name="Show")
        self.only_differences = Toggle("Only what differs", on=True)
        self.baseline = Choice([], "", name="Baseline", nothing="No baseline", icon_name="flag",
                               kind="ghost")  # fmt: skip
        self.add_button = Button("Add run", "secondary", "plus")
        self.request_button = Button("Request transition", "primary", "stamp", changes=True)
        self.request_button.setObjectName("compare.request")
        self.request_button.hide()
        self._runs: tuple[Run, ...] = ()
        self._base = ""
        self._is_roomy = True
        tools = [
            self.only_differences, separator(), self.baseline, self.add_button, self.request_button,
        ]  # fmt: skip
        super().__init__("Compare", [self.views], tools, parent)

    def show_runs(self, runs: Sequence[Run], base: str) -> None:
        """Says which runs are compared and offers them as the baseline; one run has no tools."""
        self._runs, self._base = tuple(runs), base
        is_enough = len(runs) > 1
        for tool in (self.views, self.only_differences, self.baseline, self.add_button):
            tool.setVisible(is_enough)
        self.set_title("Compare", note=words.title_note(runs))
        self._name()

    def show_request(self, what: str, reason: str, *, is_there: bool) -> None:
        """Says what the request is for (``what``), or why there is none to make."""
        button = self.request_button
        button.setVisible(is_there)
        button.setEnabled(not reason)
        button.setToolTip(reason or f"Asks for a move of {what}")
        button.setAccessibleDescription(reason or what)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows labels where there is room for them."""
        super().resizeEvent(event)
        is_roomy = self.width() >= theme().scaled(ROOMY)
        if is_roomy != self._is_roomy:
            self._is_roomy = is_roomy
            self._name()

    def _name(self) -> None:
        lead = "Baseline: " if self._is_roomy else ""
        choices = [(run.run_id, f"{lead}{words.name_of(run)}") for run in self._runs]
        self.baseline.set_choices(choices, self._base)
        names = {run.run_id: words.name_of(run) for run in self._runs}
        self.baseline.setAccessibleName(f"Baseline: {names.get(self._base, 'none')}")
        self.add_button.set_label("Add run" if self._is_roomy else "")
        self.request_button.set_label("Request transition" if self._is_roomy else "Request")
