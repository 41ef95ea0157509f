# SPDX-License-Identifier: Apache-2.0
"""What every page is: a bar, a place for a fault, a body, and four things it can be asked.

* A page asks services through `Tasks` and never blocks the window.
* Opening a place is the only way in: links, the palette, Back and tickets all use `show_place`.
* After a change a page redraws what it shows of it, and nothing else.
* What had the keyboard may vanish or be switched off; the keyboard stays on the page then.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.menu import Groups
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Surface
from strongroom.domain.changes import Changes


class Page(Surface):
    """Base of all pages.

    Attributes:
        menu: The ids of commands under the right button where nothing else is meant; without any
            all commands of the page.

    Signals:
        place_requested: Open another place (a `Place`).
        place_changed: The page itself moved on (its `Place`), so that Back comes back here.
        selection_changed: Other things are selected; commands look again.
        changed: The page changed something (a `Changes`).
        undoable: Something local was done and can be taken back (a `kit.undo.Step`).
    """

    page_id = ""
    title = ""
    menu: Groups = ()

    place_requested = Signal(object)
    place_changed = Signal(object)
    selection_changed = Signal()
    changed = Signal(object)
    undoable = Signal(object)

    def __init__(
        self,
        bar: PageBar | None,
        *body: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("bg_surface", parent=parent)
        self.bar = bar
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        if bar is not None:
            self._column.addWidget(bar)
            bar.crumb_followed.connect(self.place_requested)
        self._fault = QVBoxLayout()
        self._fault.setContentsMargins(16, 0, 16, 0)
        self._column.addLayout(self._fault)
        for at, widget in enumerate(body):
            self._column.addWidget(widget, 1 if at == len(body) - 1 else 0)

    def set_body(self, widget: QWidget) -> None:
        """Puts the body in (for pages that build their bar from their widgets first)."""
        self._column.addWidget(widget, 1)

    def show_place(self, place: Place) -> None:
        """Opens a place of this page."""

    def place(self) -> Place:
        """Returns where the page is now."""
        return Place(self.page_id)

    def refresh(self, changes: Changes) -> None:
        """Redraws what the page shows of a change."""

    def selection(self) -> tuple[str, ...]:
        """Returns the keys that are selected, for commands."""
        return ()

    def commands(self) -> Sequence[Command]:
        """Returns what a person can do on this page."""
        return ()

    def badge(self) -> str:
        """Returns the badge of the rail: a count, ``!`` or nothing."""
        return ""

    def take_keyboard(self, before: QWidget | None) -> None:
        """Gives the keyboard to what had it here before, else to the list, else to the page.

        A button is never chosen: Space would press what nobody meant.
        """
        lists = (each for each in self.findChildren(QAbstractItemView) if takes_keyboard(each))
        reachable = (each for each in lists if each.focusPolicy() & Qt.FocusPolicy.TabFocus)
        target = before if before is not None and takes_keyboard(before) else next(reachable, self)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Moves on with Tab; keeps the keyboard when its widget was hidden or disabled."""
        if self.isVisible() and not takes_keyboard(self.window().focusWidget()):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().focusNextPrevChild(forward)

    def show_fault(self, bar: QWidget) -> None:
        """Shows the bar of a fault under the page bar, in place of an older one."""
        self.clear_fault()
        self._fault.setContentsMargins(16, 8, 16, 8)
        self._fault.addWidget(bar)

    def clear_fault(self) -> None:
        """Takes the bar of a fault away."""
        while (item := self._fault.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fault.setContentsMargins(16, 0, 16, 0)


def takes_keyboard(widget: QWidget | None) -> bool:
    """Returns whether somebody can see and use a widget, so that it may have the keyboard."""
    return widget is not None and widget.isVisible() and widget.isEnabled()
