# SPDX-License-Identifier: Apache-2.0
"""The register of commands: one list feeds menus, shortcuts and the palette.

* Ids are unique; a second command with the same id is a programming error and says so.
* Commands come with their pages, and pages in any order; menus, palette and reference show them
  in one order all the same.
* A disabled command stays visible and its tooltip says why.
"""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.theme import theme

MENUS = ("File", "Edit", "View", "Run", "Model", "Review", "Exchange", "Window", "Help")


class CommandRegistry(QObject):
    """All commands of a window and the actions made from them.

    Args:
        state: Returns the state commands decide on.

    Signals:
        ran: A command ran (its id).
    """

    ran = Signal(str)

    def __init__(self, state: Callable[[], WindowState], window: QWidget) -> None:
        super().__init__(window)
        self._state = state
        self._window = window
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        self._ranks: dict[str, int] = {}
        self._menus: dict[str, QMenu] = {}

    def add(self, commands: Iterable[Command], rank: int = 0) -> None:
        """Adds commands.

        Args:
            commands: The commands.
            rank: Those of a lower rank stand before them.

        Raises:
            ValueError: If an id or a shortcut is taken.
        """
        for command in commands:
            taken = {other.shortcut for other in self._commands.values() if other.shortcut}
            if command.id in self._commands or command.shortcut in taken:
                raise ValueError(f"command {command.id} {command.shortcut}: already there")
            self._commands[command.id] = command
            self._actions[command.id] = self._make_action(command)
            self._ranks[command.id] = rank

    def commands(self) -> tuple[Command, ...]:
        """Returns all commands by rank, and within it in the order they were added."""
        return tuple(sorted(self._commands.values(), key=lambda each: self._ranks[each.id]))

    def action(self, command_id: str) -> QAction:
        """Returns the action of a command, for context menus and tool buttons.

        Raises:
            KeyError: If there is no such command.
        """
        return self._actions[command_id]

    def why_not(self, command_id: str) -> Reason | None:
        """Returns why a command cannot run now, None if it can."""
        return self._commands[command_id].why_not(self._state())

    def run(self, command_id: str) -> bool:
        """Runs a command if it may; returns whether it ran."""
        if self.why_not(command_id) is not None:
            return False
        self._commands[command_id].run()
        self.ran.emit(command_id)
        return True

    def look_again(self) -> None:
        """Asks every command whether it may run now."""
        state = self._state()
        for command_id, action in self._actions.items():
            command = self._commands[command_id]
            reason = command.why_not(state)
            action.setEnabled(reason is None)
            action.setText(command.title_now().replace("&", "&&"))
            action.setToolTip(reason.text if reason else command.title)

    def fill(self, bar: QMenuBar) -> None:
        """Puts every command into its menu; the menus stand in their fixed order."""
        wanted: dict[str, list[QAction]] = {title: [] for title in MENUS}
        for command in self.commands():
            if not command.menu:
                continue
            title, _, inner = command.menu.partition("/")
            if inner and command.menu not in wanted:
                wanted[command.menu] = []
                wanted[title].append(self._menu(command.menu, bar).menuAction())
            wanted[command.menu].append(self._actions[command.id])
        for path, actions in wanted.items():
            menu = self._menu(path, bar)
            if actions != menu.actions():
                menu.clear()
                menu.addActions(actions)

    def _menu(self, path: str, bar: QMenuBar) -> QMenu:
        """Returns a menu of the bar, or one inside it; made when it is first asked for."""
        if path in self._menus:
            return self._menus[path]
        title, _, inner = path.partition("/")
        menu = self._menus[path] = QMenu(inner or title, bar)
        menu.setFont(theme().font("body"))
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.look_again)
        if not inner:
            bar.addMenu(menu)
        return menu

    def _make_action(self, command: Command) -> QAction:
        action = QAction(command.title, self._window)
        action.setObjectName(command.id)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: self.run(command.id))
        self._window.addAction(action)
        return action
