# SPDX-License-Identifier: Apache-2.0
"""A person's hands at a real screen: the mouse and the keyboard of the X server, never Qt's own.

* Every event goes through the server and the window manager (xdotool, XTEST), as a person's does.
* The window's event loop runs in this process all the while, also while xdotool works.
* Nothing is pressed that is not seen: what lies under the pointer has to be what was meant.
"""

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import shiboken6

from PySide6.QtCore import QEventLoop, QPoint, QTimer
from PySide6.QtGui import QImage, QWindow
from PySide6.QtWidgets import QApplication, QWidget

T = TypeVar("T")

WAIT_S = 15.0  # a loaded machine with two cores answers within three
RETRY_S = 2.5  # after this long without an effect a click or a word is tried again
TRIES = 3
PAUSE_MS = 10  # between two looks at what is awaited
SETTLE_MS = 30  # in which a window manager that has something to move moves it
KEY_DELAY_MS = 6  # between typed letters; faster than anybody, slow enough for the server

LEFT, RIGHT = "1", "3"  # the buttons as X counts them


class Hands:
    """Mouse and keyboard of the one person at the screen.

    Args:
        app: The application whose windows are on the screen.
    """

    def __init__(self, app: QApplication) -> None:
        self._app = app

    # ---------------------------------------------------------------- time passes

    def rest(self, seconds: float = 0.05) -> None:
        """Lets the window live for a while."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def until(self, look: Callable[[], T], what: str, *, seconds: float = WAIT_S) -> T:
        """Waits until ``look`` gives something that is true, and returns it.

        Raises:
            AssertionError: If it does not come in time; says what was awaited.
        """
        found = self._soon(look, seconds)
        assert found, f"waited {seconds:g} s in vain: {what}"
        return found

    def _soon(self, look: Callable[[], T], seconds: float) -> T:
        end = time.monotonic() + seconds
        while not (found := look()) and time.monotonic() < end:
            self.rest(PAUSE_MS / 1000)
        return found

    # ---------------------------------------------------------------- windows

    def bring_to_front(self, window: QWidget) -> None:
        """Activates a window through the window manager, as a click on a task bar does."""
        self.until(lambda: _is_on_screen(window), f"{_name(window)} is on the screen")
        for _ in range(TRIES):
            if window.isActiveWindow() or self._holds_popup(window):
                return
            self._do("windowactivate", str(int(window.winId())))
            self._soon(window.isActiveWindow, RETRY_S)
        assert window.isActiveWindow(), (
            f"{_name(window)} does not become the active window: active is"
            f" {self._app.activeWindow()}, in front {self._app.focusWindow()}, modal"
            f" {self._app.activeModalWidget()} and {self._app.modalWindow()}, popup"
            f" {self._app.activePopupWidget()}"
        )

    def _holds_popup(self, window: QWidget) -> bool:
        return self._app.activePopupWidget() is window

    # ---------------------------------------------------------------- mouse

    def click(
        self,
        widget: QWidget,
        at: QPoint | None = None,
        *,
        then: Callable[[], object] | None = None,
    ) -> None:
        """Moves the pointer onto a widget and presses.

        Args:
            widget: What is pressed; it has to be enabled and the topmost thing there.
            at: Where inside the widget; its middle if left out.
            then: What has to come of it; the press is repeated until it does.
        """
        if then is None:
            self.point_at(widget, at)
            self._do("click", LEFT)
            self.rest()
            return
        for _ in range(TRIES):
            self.point_at(widget, at)
            self._do("click", LEFT)
            if self._soon(then, RETRY_S):
                return
            if not (shiboken6.isValid(widget) and widget.isVisible() and widget.isEnabled()):
                break  # it took the press; what follows needs more time
        self.until(then, f"something comes of pressing {_name(widget)}")

    def click_right(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Presses the right button over a widget; what opens is a menu."""
        self.point_at(widget, at)
        self._do("click", RIGHT)
        self.until(self._app.activePopupWidget, f"a menu opens on {_name(widget)}")

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, *, held: str = "") -> None:
        """Presses, moves and lets go, as a hand does; a key may be held."""
        self.point_at(widget, start)
        between = start + (end - start) / 2
        places = [widget.mapToGlobal(each) for each in (between, end)]
        moves = [word for at in places for word in ("mousemove", str(at.x()), str(at.y()))]
        keys = (["keydown", held], ["keyup", held]) if held else ([], [])
        self._do(*keys[0], "mousedown", LEFT, *moves, "mouseup", LEFT, *keys[1])
        self.rest()

    def press_at(self, place: QPoint) -> None:
        """Presses at a place of the screen, whatever lies there; for what must not react."""
        self._do("mousemove", str(place.x()), str(place.y()), "click", LEFT)
        self.rest(0.3)

    def point_at(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Moves the pointer onto a widget and leaves it there."""
        place = self._aim(widget, at)
        self._do("mousemove", str(place.x()), str(place.y()))

    def _aim(self, widget: QWidget, at: QPoint | None) -> QPoint:
        """Returns the place on the screen once the widget is to be seen there."""
        name = _name(widget)
        self.until(lambda: widget.isVisible() and widget.isEnabled(), f"{name} can be pressed")
        self.bring_to_front(widget.window())

        def place() -> QPoint:
            return widget.mapToGlobal(at if at is not None else widget.rect().center())

        def is_topmost() -> bool:
            before = place()
            self.rest(SETTLE_MS / 1000)  # a window that has just grown is still being moved
            there: QWidget | None = QApplication.widgetAt(before)
            is_seen = there is not None and (there is widget or widget.isAncestorOf(there))
            return is_seen and place() == before

        if not self._soon(is_topmost, WAIT_S):
            there = QApplication.widgetAt(place())
            found = _name(there) if there is not None else "nothing of this program"
            raise AssertionError(f"{name} cannot be pressed: {found} lies over it")
        return place()

    # ---------------------------------------------------------------- keyboard

    def press(self, keys: str, *, then: Callable[[], object] | None = None) -> None:
        """Presses a key or a combination of the active window, such as ``ctrl+k``.

        It is not repeated: a key that is lost on its way is a fault of the window.
        """
        self._do("key", keys)
        if then is None:
            self.rest()
        else:
            self.until(then, f"something comes of pressing {keys}")

    def write(self, words: str) -> None:
        """Types words into whatever has the keyboard."""
        self._do("type", "--delay", str(KEY_DELAY_MS), "--", words)
        self.rest()

    def fill(self, edit: QWidget, words: str, read: Callable[[], str]) -> None:
        """Clicks into a field, replaces what stands there, and sees that it arrived."""
        for _ in range(TRIES):
            self.click(edit, then=edit.hasFocus)
            self._do("key", "ctrl+a", "Delete")
            self.write(words)
            if self._soon(lambda: read() == words, RETRY_S):
                return
        raise AssertionError(f"typed {words!r} into {_name(edit)}, which says {read()!r}")

    # ---------------------------------------------------------------- eyes

    def see(self) -> QImage:
        """Returns what the server shows on the whole screen now."""
        self.rest(0.1)
        return self._app.primaryScreen().grabWindow(0).toImage()

    def _do(self, *words: str) -> None:
        """Runs xdotool while the windows go on living."""
        with subprocess.Popen(["xdotool", *words], stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                self.rest(0.004)
            said = process.stderr.read() if process.stderr is not None else ""
        assert process.returncode == 0, f"xdotool {words[0]} failed: {said}"


def _is_on_screen(window: QWidget) -> bool:
    handle: QWindow | None = window.windowHandle()
    return window.isVisible() and handle is not None and handle.isExposed()


def _name(widget: QWidget) -> str:
    if not shiboken6.isValid(widget):
        return "a widget that is gone"
    said = widget.accessibleName() or widget.windowTitle() or widget.objectName()
    return f"{type(widget).__name__} “{said}”" if said else type(widget).__name__
