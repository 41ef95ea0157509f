# SPDX-License-Identifier: Apache-2.0
"""Help as commands: the page of the screen, the contents, the keys."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from strongroom.desktop.kit.command import Command
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.services.doc_search import Documentation

if TYPE_CHECKING:
    from strongroom.desktop.shell.help_dialog import HelpDialog

CONTENTS = "index.md"
PAGES = {
    "runs": "how-to/analysts.md#find",
    "compare": "how-to/analysts.md#compare",
    "models": "how-to/analysts.md#register-and-request",
    "reviews": "how-to/reviewers.md",
    "exchange": "how-to/operators.md",
    "audit": "how-to/auditors.md",
    "monitor": "how-to/operators.md",
    "people": "how-to/operators.md",
    "settings": "how-to/window.md#settings",
}
"""The page of each screen; a test looks that every screen has one and that it is there."""


def help_commands(window: Callable[[], MainWindow]) -> Sequence[Command]:
    """Returns the commands of the Help menu that lead to words."""
    documentation = Documentation()

    def show(place: str) -> "HelpDialog":
        from strongroom.desktop.shell.help_dialog import HelpDialog  # read when somebody asks

        at = window()
        dialog = HelpDialog(place, at.tasks, documentation, parent=at)
        dialog.show()
        return dialog

    def keys() -> None:
        from strongroom.desktop.shell.shortcuts_dialog import ShortcutsDialog  # ditto

        dialog = ShortcutsDialog(window().commands.commands(), parent=window())
        dialog.open()

    return [
        Command(
            id="help.page", title="Help for this page", menu="Help", icon="book-open",
            shortcut="F1", run=lambda: show(PAGES.get(window().page_id(), CONTENTS)), group="Help",
        ),
        Command(
            id="help.contents", title="Documentation", menu="Help", icon="list",
            run=lambda: show(CONTENTS), group="Help",
        ),
        Command(
            id="help.search", title="Search the documentation…", menu="Help", icon="search",
            shortcut="Shift+F1", run=lambda: show(CONTENTS).focus_search(), group="Help",
        ),
        Command(
            id="help.shortcuts", title="Keyboard shortcuts", menu="Help", icon="keyboard",
            shortcut="Ctrl+/", run=keys, group="Help",
        ),
    ]  # fmt: skip
