# SPDX-License-Identifier: Apache-2.0
"""The small buttons of a card: settings, enlarge, more."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from strongroom.desktop.kit.buttons import Button


class CardTools(QWidget):
    """Three icon buttons; each says what it does to which chart."""

    def __init__(
        self,
        title: str,
        *,
        settings: Callable[[], object],
        enlarge: Callable[[], object],
        more: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        for icon, words, act in (
            ("sliders-horizontal", "Settings of", settings),
            ("maximize-2", "Enlarge", enlarge),
            ("ellipsis", "More for", more),
        ):
            button = Button("", "ghost", icon, name=f"{words} {title}", small=True)
            button.clicked.connect(lambda _=False, act=act: act())
            across.addWidget(button)
