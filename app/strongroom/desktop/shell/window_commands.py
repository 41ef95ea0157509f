# SPDX-License-Identifier: Apache-2.0
"""What a person can do with the window itself: places, history, undo, panes, the palette."""

from collections.abc import Callable, Sequence
from typing import Protocol

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.undo import UndoStack
from strongroom.desktop.shell.page_spec import PageSpec


class Frame(Protocol):
    """What the commands do with the window."""

    undo: UndoStack

    def specs(self) -> tuple[PageSpec, ...]:
        """Returns the pages in the order of the rail."""
        ...

    def go_to(self, page: str) -> None:
        """Opens a page where somebody left it."""
        ...

    def go_back(self) -> None:
        """Opens the place before."""
        ...

    def go_forward(self) -> None:
        """Opens the place somebody went back from."""
        ...

    def next_pane(self) -> None:
        """Moves the keyboard to the next pane."""
        ...

    def open_palette(self) -> None:
        """Opens the palette."""
        ...

    def open_jobs(self) -> None:
        """Opens the list of what runs."""
        ...

    def open_notices(self) -> None:
        """Opens the history of notices."""
        ...


def of(window: Frame) -> Sequence[Command]:
    """Returns the commands of a window."""
    return [*_edit(window), *_places(window), *_panes(window)]


def _edit(window: Frame) -> Sequence[Command]:
    def can_undo(_state: WindowState) -> Reason | None:
        return None if window.undo.undo_title() else Reason("Nothing to undo")

    def can_redo(_state: WindowState) -> Reason | None:
        return None if window.undo.redo_title() else Reason("Nothing to do again")

    return [
        Command(
            id="edit.undo", title="Undo", run=window.undo.undo, menu="Edit",
            icon="undo-2", shortcut="Ctrl+Z", enabled=can_undo, now=window.undo.undo_title,
        ),
        Command(
            id="edit.redo", title="Redo", run=window.undo.redo, menu="Edit",
            icon="rotate-ccw", shortcut="Ctrl+Shift+Z", enabled=can_redo,
            now=window.undo.redo_title,
        ),
        Command(
            id="window.palette", title="Search or run a command", run=window.open_palette,
            menu="Edit", icon="search", shortcut="Ctrl+K",
        ),
    ]  # fmt: skip


def _places(window: Frame) -> Sequence[Command]:
    def go(page: str) -> Callable[[], None]:
        return lambda: window.go_to(page)

    pages = [
        Command(
            id=f"go.{spec.id}", title=spec.title, run=go(spec.id), menu="View/Go to",
            icon=spec.icon, shortcut=spec.shortcut, group="Places",
        )
        for spec in window.specs()
    ]  # fmt: skip
    return [
        *pages,
        Command(
            id="go.back", title="Back", run=window.go_back, menu="View",
            icon="arrow-left", shortcut="Alt+Left",
        ),
        Command(
            id="go.forward", title="Forward", run=window.go_forward, menu="View",
            icon="arrow-right", shortcut="Alt+Right",
        ),
    ]  # fmt: skip


def _panes(window: Frame) -> Sequence[Command]:
    return [
        Command(
            id="window.next_pane", title="Next pane", run=window.next_pane, menu="Window",
            icon="layout-grid", shortcut="F6",
        ),
        Command(
            id="window.jobs", title="Jobs", run=window.open_jobs, menu="Window",
            icon="list-checks", shortcut="Ctrl+Shift+J",
        ),
        Command(
            id="window.notices", title="Notices", run=window.open_notices, menu="Window",
            icon="bell", shortcut="Ctrl+Shift+N",
        ),
    ]  # fmt: skip
