# SPDX-License-Identifier: Apache-2.0
"""Walks a window the way a screen reader does."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QWidget


def focusable(root: QWidget) -> list[QWidget]:
    """Returns what Tab can reach below ``root``: other pages too, but not what is switched off."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        is_inner = isinstance(widget.parentWidget(), QAbstractScrollArea)
        is_off = widget is not root and widget.isHidden()
        if takes_tab and widget.focusProxy() is None and not is_inner and not is_off:
            found.append(widget)
    return found


def nameless(root: QWidget) -> list[str]:
    """Returns what Tab can reach and a screen reader cannot name; has to be empty."""
    without = []
    for widget in focusable(root):
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not name.strip():
            without.append(f"{type(widget).__name__} {widget.objectName()}".strip())
    return without
