# SPDX-License-Identifier: Apache-2.0
"""The four doors to a command: menu bar, keys, palette, right button; each by a person's hands.

* A door is entered at pixels and with keys of the screen; nothing is called.
* What a door is to lead to is read from the window's register of commands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import shiboken6

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

from strongroom.desktop.kit.command import Command
from strongroom.desktop.shell.palette import Palette
from support.real_window import RealWindow

KEYS = {
    "Delete": "Delete",
    "Backspace": "BackSpace",
    "Enter": "Return",
    "Space": "space",
    ",": "comma",
}


class Door(Enum):
    """How a person gets to something."""

    MENU = "menu"
    KEYS = "keys"
    PALETTE = "palette"
    RIGHT_BUTTON = "right button"


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """Where the right button is pressed, and what is chosen there ("" for the command)."""

    widget: QWidget
    at: QPoint | None = None
    words: str = ""


def enter(real: RealWindow, door: Door, command_id: str, under: Callable[[], Under]) -> None:
    """Goes through a door.

    Args:
        real: The window.
        door: Which.
        command_id: What it leads to.
        under: Says where the right button is pressed, once that is asked.
    """
    command = next(each for each in real.window.commands.commands() if each.id == command_id)
    real.hands.bring_to_front(real.window)
    if door is Door.MENU:
        _by_menu(real, command)
    elif door is Door.KEYS:
        real.hands.press(keys_of(command))
    elif door is Door.PALETTE:
        _by_palette(real, command)
    else:
        place = under()
        real.hands.click_right(place.widget, place.at)
        choose(real, lambda action: action.objectName() == command_id if not place.words else
               _words(action) == place.words)  # fmt: skip


def keys_of(command: Command) -> str:
    """Returns a command's keys as the X server names them: ``ctrl+shift+m``."""
    keys = command.shortcut or command.detail
    assert keys, f"{command.id} has no keys"
    *held, last = keys.split("+")
    last = KEYS.get(last, last if last.startswith("F") and last[1:].isdigit() else last.lower())
    return "+".join([*(each.lower() for each in held), last])


def choose(real: RealWindow, is_meant: Callable[[QAction], bool]) -> None:
    """Presses an entry of the menu that is open."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next((each for each in menu.actions() if is_meant(each)), None)
    assert action is not None, f"not among {[_words(each) for each in menu.actions()]}"
    assert action.isEnabled(), _words(action)
    real.hands.click(menu, menu.actionGeometry(action).center(), then=lambda: _is_gone(menu))


def _by_menu(real: RealWindow, command: Command) -> None:
    bar = real.window.findChild(QMenuBar)
    assert bar is not None
    words, _, inside = command.menu.partition("/")
    title = next(each for each in bar.actions() if each.text() == words)
    menu = title.menu()
    assert isinstance(menu, QMenu)
    real.hands.click(bar, bar.actionGeometry(title).center(), then=menu.isVisible)
    if inside:
        entry = next(each for each in menu.actions() if each.text() == inside)
        inner = entry.menu()
        assert isinstance(inner, QMenu)
        real.hands.click(menu, menu.actionGeometry(entry).center(), then=inner.isVisible)
    choose(real, lambda action: action.objectName() == command.id)


def _by_palette(real: RealWindow, command: Command) -> None:
    hands = real.hands
    hands.press("ctrl+k", then=lambda: isinstance(QApplication.activeWindow(), Palette))
    palette = real.window.palette_box
    hands.until(palette.edit.hasFocus, "the palette has the keyboard at once")
    title = command.title_now().rstrip("…")  # no key of a keyboard
    hands.write(title)
    hands.until(lambda: palette.query() == title, f"{title} is typed")
    first = palette.shown()[0]
    assert (first.key, first.why_not) == (f"command:{command.id}", "")
    hands.press("Return", then=lambda: not palette.isVisible())


def _is_gone(menu: QMenu) -> bool:
    return not shiboken6.isValid(menu) or not menu.isVisible()


def _words(action: QAction) -> str:
    return action.text().partition("\t")[0].replace("&&", "&")
