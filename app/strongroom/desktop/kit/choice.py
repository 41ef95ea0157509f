# SPDX-License-Identifier: Apache-2.0
"""One of several: a button that says what is chosen and opens the list of the others."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.buttons import Kind, MenuButton


class Choice(MenuButton):
    """Shows the words of the chosen entry; `chosen` carries the key of another one.

    Args:
        choices: (key, words) of each entry.
        current: The key that is chosen.
        name: What is chosen here, for people who do not see it.
        nothing: The words while nothing can be chosen.
    """

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        current: str,
        *,
        name: str,
        nothing: str = "Nothing to choose",
        kind: Kind = "secondary",
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._nothing = nothing
        super().__init__(
            nothing, choices, current, kind=kind, icon_name=icon_name, name=name, parent=parent
        )
        self._say()

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str = "") -> None:
        """Changes the entries and the chosen one."""
        super().set_choices(choices, current)
        self._say()

    def choose(self, key: str) -> None:
        """Chooses an entry as if it had been clicked."""
        self._current = key
        self._say()
        self.chosen.emit(key)

    def _say(self) -> None:
        said = next((words for key, words in self._choices if key == self._current), self._nothing)
        self.set_words(said)
