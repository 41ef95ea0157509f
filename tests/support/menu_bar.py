# SPDX-License-Identifier: Apache-2.0
"""What stands in the menus of a bar, those inside others too."""

from collections.abc import Iterator
from typing import cast

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar


def entries(bar: QMenuBar) -> Iterator[tuple[str, QAction]]:
    """Yields each entry that leads to no other menu, with its menu as commands name it."""
    for title in bar.actions():
        yield from _of(title.text(), cast("QMenu", title.menu()))


def _of(path: str, menu: QMenu) -> Iterator[tuple[str, QAction]]:
    for action in menu.actions():
        inner = cast("QMenu | None", action.menu())
        if inner is None:
            yield path, action
        else:
            yield from _of(f"{path}/{action.text()}", inner)
