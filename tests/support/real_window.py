# SPDX-License-Identifier: Apache-2.0
"""The real window on a real store, read the way a person reads it: by its words.

* Widgets are found by what they say (visible text or accessible name), never by attribute.
* What a window shows is asked of the widgets that are to be seen now, tables included.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import shiboken6

from PySide6.QtCore import QAbstractItemModel, QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from support.xdo import Hands

W = TypeVar("W", bound=QWidget)
D = TypeVar("D", bound=Dialog)


class RealWindow:
    """One person's window on the screen.

    Args:
        hands: The mouse and the keyboard.
        desk: What the program opens.
    """

    def __init__(self, hands: Hands, desk: Desk) -> None:
        self.hands, self.desk = hands, desk

    @property
    def window(self) -> MainWindow:
        """The window that is open now; another one after signing in as somebody else."""
        assert self.desk.window is not None, "the window is closed"
        return self.desk.window

    # ---------------------------------------------------------------- finding

    def find(self, kind: type[W], says: str, *, within: QWidget | None = None) -> W:
        """Returns the one widget of a kind that says this and is to be seen; waits for it."""
        root = within if within is not None else self.window

        def look() -> list[W]:
            return [widget for widget in _visible(root, kind) if _says(widget) == says]

        self.hands.until(look, f"a {kind.__name__} that says “{says}” in {root.windowTitle()!r}")
        found = look()
        assert len(found) == 1, f"{len(found)} times {kind.__name__} “{says}”"
        return found[0]

    def button(self, says: str, *, within: QWidget | None = None) -> QAbstractButton:
        """Returns a button by its words."""
        return self.find(QAbstractButton, says, within=within)

    def buttons(self, *, within: QWidget) -> list[str]:
        """Returns the words of the buttons that are to be seen."""
        return [_says(button) for button in _visible(within, QAbstractButton)]

    def dialog(self, kind: type[D]) -> D:
        """Returns the open dialog of a kind; waits for it to be in front."""

        def look() -> D | None:
            return next((one for one in self.open_dialogs() if isinstance(one, kind)), None)

        found = self.hands.until(look, f"a {kind.__name__} is open")
        assert found is not None
        self.hands.bring_to_front(found)
        return found

    def open_dialogs(self) -> list[Dialog]:
        """Returns the dialogs that are open."""
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
        return [one for one in shown if isinstance(one, Dialog)]

    def page(self) -> Page:
        """Returns the page that is open."""
        page = self.window.page()
        assert page is not None
        return page

    # ---------------------------------------------------------------- reading

    def words(self, root: QWidget | None = None) -> str:
        """Returns everything that is to be seen, a line for each widget and each table row."""
        return "\n".join(_words_below(root if root is not None else self.window))

    def wait_for(self, words: str, *, within: QWidget | None = None) -> None:
        """Waits until words are to be seen."""
        root = within if within is not None else self.window
        name = root.windowTitle() or root.accessibleName()
        self.hands.until(lambda: words in self.words(root), f"“{words}” is to be seen in {name}")

    def wait_idle(self) -> None:
        """Waits until no job runs in two looks one after the other."""

        def is_idle() -> bool:
            if self._is_busy():
                return False
            self.hands.rest(0.05)
            return not self._is_busy()

        self.hands.until(is_idle, "every page is there and every job has ended")

    def _is_busy(self) -> bool:
        """Whether pages are still being made, or something is being read."""
        return bool(self.window.missing() or self.window.tasks.running())

    # ---------------------------------------------------------------- doing

    def go(self, place: str) -> Page:
        """Opens a page by a click on the rail."""
        entry = next(
            button
            for button in _visible(self.window.rail, QAbstractButton)
            if _says(button).split(",")[0] == place
        )
        self.hands.click(entry, then=lambda: self.page().title == place)
        self.wait_idle()
        return self.page()

    def press(
        self, says: str, *, within: QWidget | None = None, then: Callable[[], object] | None = None
    ) -> None:
        """Presses a button by its words; without ``then`` it has to have felt the press."""
        button = self.button(says, within=within)
        self.hands.until(button.isEnabled, f"“{says}” can be pressed")
        felt: list[str] = []

        def feel() -> None:
            felt.append(says)

        button.clicked.connect(feel)
        self.hands.click(button, then=then if then is not None else lambda: felt)
        if shiboken6.isValid(button):
            button.clicked.disconnect(feel)

    def fill(self, name: str, words: str, *, within: QWidget) -> None:
        """Types into the field of a name."""
        edit = self.find(QLineEdit, name, within=within)
        self.hands.fill(edit, words, edit.text)

    def select(self, table: Table, key: str) -> None:
        """Selects a row of a table by a click on its first words."""
        self.hands.until(lambda: not table.row_rect(key).isEmpty(), f"{key} is in the table")
        rect = table.row_rect(key)
        at = QPoint(rect.x() + min(60, rect.width() // 2), rect.center().y())
        self.hands.click(table.viewport(), at, then=lambda: key in table.selected())

    def unlock(self, passphrase: str) -> None:
        """Types the passphrase into the dialog that asks for it, and waits until it has gone."""
        dialog = self.dialog(UnlockDialog)
        edit = dialog.field.edit
        self.hands.until(edit.hasFocus, "the passphrase has the keyboard at once")
        self.hands.write(passphrase)
        self.hands.until(lambda: len(dialog.field.text()) == len(passphrase), "it was typed")
        self.hands.press("Return")
        self.hands.until(
            lambda: not _up(dialog), "the passphrase opens the key", seconds=30
        )  # Argon2id takes a second on one core of its own


def shots(folder: Path, hands: Hands) -> Callable[[str], None]:
    """Returns what saves a picture of the whole screen under a name."""

    def shoot(name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        hands.see().save(str(folder / f"{name}.png"))

    return shoot


# -------------------------------------------------------------------- inside


def _up(widget: QWidget) -> bool:
    return shiboken6.isValid(widget) and widget.isVisible()


def _visible(root: QWidget, kind: type[W]) -> list[W]:
    found = [widget for widget in root.findChildren(kind) if widget.isVisible()]
    return [widget for widget in found if widget.window() is root.window()]


def _says(widget: QWidget) -> str:
    named = widget.accessibleName()
    if not named and isinstance(widget, QAbstractButton | QLabel):
        named = widget.text()
    return named.replace("&&", "&")


def _words_below(root: QWidget) -> Iterator[str]:
    for widget in (root, *_visible(root, QWidget)):
        if isinstance(widget, QAbstractItemView):
            yield from _rows(widget.model())
        elif isinstance(widget, QLabel | QLineEdit):
            yield widget.text()
        elif isinstance(widget, QPlainTextEdit):
            yield widget.toPlainText()
        if said := _says(widget):
            yield said


def _rows(model: QAbstractItemModel | None) -> Iterator[str]:
    if model is None:
        return
    for row in range(model.rowCount()):
        cells = (model.index(row, column) for column in range(model.columnCount()))
        words = (
            cell.data(Qt.ItemDataRole.AccessibleTextRole) or cell.data(Qt.ItemDataRole.DisplayRole)
            for cell in cells
        )
        yield " | ".join(str(word) for word in words if word)
