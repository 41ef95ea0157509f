# SPDX-License-Identifier: Apache-2.0
"""What a window does for a store that is only read: what would change it is off and says why.

* The reason stands at the window; whoever needs it asks upwards, dialogs too.
* A button that changes the store is marked when it is made and stays off whatever its page says.
"""

from PySide6.QtWidgets import QPushButton, QWidget

PROPERTY = "only_read"  # of a window: why its store is only read
MARK = "changes_store"  # of a button


def set_only_read(window: QWidget, reason: str) -> None:
    """Notes why the store of a window is only read, "" if it is not, and tells its buttons."""
    window.setProperty(PROPERTY, reason)
    for button in window.findChildren(QPushButton):
        if button.property(MARK):
            hold(button)


def only_read(widget: QWidget) -> str:
    """Returns why the store behind a widget is only read, "" if it may be changed."""
    above: QWidget | None = widget
    while above is not None:
        reason = above.property(PROPERTY)
        if isinstance(reason, str):
            return reason
        above = above.parentWidget()
    return ""


def hold(button: QPushButton) -> None:
    """Turns a marked button off if the store above it is only read, and says so on it."""
    if reason := only_read(button):
        button.setEnabled(False)
        button.setToolTip(reason)
