# SPDX-License-Identifier: Apache-2.0
"""A scene: one thing the program can show, and how to bring it on the screen.

* Each room lists its own in ``scenes.py``; the gallery draws them all, and a test looks that every
  page and every dialog is in one of them.
* A scene starts from wherever the window is and says everything it needs: none depends on the one
  before it.
* It runs on any store; where the store has nothing of the kind it raises `NothingToShow`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtWidgets import QDialog, QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks

PageT = TypeVar("PageT", bound=QWidget)
DialogT = TypeVar("DialogT", bound=QDialog)


class NothingToShow(Exception):
    """The store holds nothing of what a scene shows."""


class Studio(Protocol):
    """A window that scenes are played in, on a real store."""

    @property
    def store(self) -> Path:
        """Where the store lies."""

    @property
    def home(self) -> Path:
        """The home of whoever sits there."""

    @property
    def window(self) -> QWidget:
        """The window."""

    @property
    def tasks(self) -> Tasks:
        """The jobs of the window."""

    def open(self, place: Place) -> None:
        """Opens a place and waits until it has read what it shows."""

    def run(self, command_id: str) -> None:
        """Runs a command and waits; raises `NothingToShow` if it cannot run."""

    def page(self, kind: type[PageT]) -> PageT:
        """Returns the page of this kind."""

    def dialog(self, kind: type[DialogT]) -> DialogT:
        """Returns the dialog of this kind that is open; raises `NothingToShow` if none is."""

    def settle(self) -> None:
        """Waits until everything that was asked has arrived and is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture of the gallery.

    Attributes:
        name: The name of the picture, such as ``runs-grouped``.
        shows: What it is there for: the class of a page or a dialog.
        play: Brings it on the screen and returns what is to be drawn: the window or a dialog.
        is_fresh: Is played on a store that was made a moment ago and holds nothing.
    """

    name: str
    shows: type[QWidget]
    play: Callable[[Studio], QWidget]
    is_fresh: bool = False
