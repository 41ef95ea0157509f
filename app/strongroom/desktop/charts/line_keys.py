# SPDX-License-Identifier: Apache-2.0
"""The keys of a line chart: arrows, plus and minus, 0, Enter, Escape."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from strongroom.desktop.charts.pointer import Pointer
from strongroom.desktop.charts.zoom import KEY_ZOOM, Zoom

_ACROSS = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}
_UP = {int(Qt.Key.Key_Up): 1, int(Qt.Key.Key_Down): -1}
_CLOSER = {int(Qt.Key.Key_Plus): 1, int(Qt.Key.Key_Equal): 1, int(Qt.Key.Key_Minus): -1}


def take_key(event: QKeyEvent, zoom: Zoom, pointer: Pointer, enlarge: Callable[[], object]) -> bool:
    """Does what a key means to a plot; returns whether it means anything.

    Arrows move the crosshair, with Shift the range; + and - zoom, 0 shows everything, Enter shows
    the chart alone, Escape takes the crosshair away.
    """
    key, modifiers = event.key(), event.modifiers()
    has_shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        return False
    if key in _ACROSS:
        sign = _ACROSS[key]
        zoom.pan_by(sign / 10, 0.0) if has_shift else pointer.step(sign)
    elif key in _UP and has_shift:
        zoom.pan_by(0.0, _UP[key] / 10)
    elif key in _CLOSER:
        zoom.zoom(KEY_ZOOM ** _CLOSER[key], 0.5, 0.5, is_y=False)
    elif key == Qt.Key.Key_0:
        zoom.show_everything()
    elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
        enlarge()
    elif key == Qt.Key.Key_Escape and pointer.x is not None:
        pointer.put(None)
    else:
        return False
    return True
