# SPDX-License-Identifier: Apache-2.0
"""The menu bar: titles on the chrome, a rounded ground under the one in hand.

* Qt asks a style for the room of a title, so this one widget keeps a style sheet of its own. The
  application has none: it would have every widget polished anew at each change of the look.
"""

from PySide6.QtWidgets import QMenuBar, QWidget

from strongroom.desktop.kit.theme import theme


class MenuBar(QMenuBar):
    """The menus of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setNativeMenuBar(False)
        self.setAccessibleName("Menu")
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over font and colours of the look in force."""
        look = theme()
        chrome, pressed = look.colour("bg_chrome").name(), look.colour("bg_pressed").name()
        usual, active = look.colour("text_secondary").name(), look.colour("text_primary").name()
        self.setFont(look.font("dense"))
        self.setStyleSheet(
            f"QMenuBar {{ background: {chrome}; color: {usual}; padding: 2px 4px; border: 0; }}"
            "QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }"
            f"QMenuBar::item:selected {{ background: {pressed}; color: {active}; }}"
        )
