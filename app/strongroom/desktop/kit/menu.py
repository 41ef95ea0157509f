# SPDX-License-Identifier: Apache-2.0
"""Menus under the right button, made from commands: the words and keys of the menu bar.

* What cannot run now is left out; the menu bar and the palette say why.
* A menu goes away when it is closed.
"""

from collections.abc import Iterable, Sequence

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.theme import theme

Groups = Sequence[Sequence[str]]


def command_menu(
    parent: QWidget,
    commands: Iterable[Command],
    groups: Groups,
    state: WindowState,
    *,
    about: str = "",
) -> QMenu:
    """Returns a menu; the caller shows it.

    Args:
        parent: Whose window it belongs to.
        commands: All commands there are.
        groups: The ids that stand in the menu, a line between two groups.
        state: What the commands decide on.
        about: What the menu is about, on a line of its own above, "" for none.
    """
    menu = QMenu(parent)
    menu.setFont(theme().font("body"))
    menu.aboutToHide.connect(menu.deleteLater)
    if about:
        menu.addAction(about.replace("&", "&&")).setEnabled(False)
    known = {command.id: command for command in commands}
    for group in groups:
        found = [known[each] for each in group if each in known]
        able = [command for command in found if command.why_not(state) is None]
        if able and menu.actions():
            menu.addSeparator()
        for command in able:
            action = menu.addAction(_words(command))
            action.setObjectName(command.id)
            action.triggered.connect(lambda _=False, run=command.run: run())
    return menu


def _words(command: Command) -> str:
    """Returns title and keys; what stands behind the tab is shown at the right."""
    native = QKeySequence.SequenceFormat.NativeText
    keys = QKeySequence(command.shortcut).toString(native) or command.detail
    return command.title_now().replace("&", "&&") + (f"\t{keys}" if keys else "")
