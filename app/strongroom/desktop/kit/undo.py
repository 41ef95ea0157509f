# SPDX-License-Identifier: Apache-2.0
"""Undo for what is local: columns, layouts, zoom, sizes. Signed facts are never undone here.

* A step is pushed after it was done; pushing forgets what could have been done again.
* Steps of one kind in quick succession (a drag, a slider) become one.
* A step that fails is dropped together with everything older on that side, and the failure goes
  on to the caller: a half-true history would undo the wrong thing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QElapsedTimer, QObject, Signal

MOST_STEPS = 200  # more than anybody walks back
JOINED_WITHIN_MS = 1_500  # a slider that still moves is one wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done, and how to take it back."""

    title: str
    undo: Callable[[], None]
    redo: Callable[[], None]
    kind: str = ""


class UndoStack(QObject):
    """What can be undone and done again in one window.

    Signals:
        changed: Another step would be undone or done again now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._since = QElapsedTimer()
        self._is_walking = False

    def push(
        self, title: str, undo: Callable[[], None], redo: Callable[[], None], *, kind: str = ""
    ) -> None:
        """Remembers a step that was just done; ignored while a step is undone or done again.

        Args:
            title: What the menu says behind Undo, such as ``hide column loss``.
            undo: Takes it back.
            redo: Does it again.
            kind: Steps of the same kind within 1.5 s become one, such as ``board.height``.
        """
        if self._is_walking:
            return
        step = Step(title=title, undo=undo, redo=redo, kind=kind)
        joins = (
            bool(kind)
            and bool(self._done)
            and self._done[-1].kind == kind
            and not self._undone
            and self._since.isValid()
            and self._since.elapsed() < JOINED_WITHIN_MS
        )
        if joins:
            self._done[-1] = replace(step, undo=self._done[-1].undo)
        else:
            self._done.append(step)
            del self._done[:-MOST_STEPS]
        self._undone.clear()
        self._since.start()
        self.changed.emit()

    def undo(self) -> bool:
        """Takes the last step back; returns whether there was one."""
        return self._walk(self._done, self._undone, lambda step: step.undo)

    def redo(self) -> bool:
        """Does the last undone step again; returns whether there was one."""
        return self._walk(self._undone, self._done, lambda step: step.redo)

    def undo_title(self) -> str:
        """Returns what `undo` would take back, "" for nothing."""
        return self._done[-1].title if self._done else ""

    def redo_title(self) -> str:
        """Returns what `redo` would do again, "" for nothing."""
        return self._undone[-1].title if self._undone else ""

    def clear(self) -> None:
        """Forgets everything, when the things it is about are gone."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()

    def _walk(
        self,
        there: list[Step],
        back: list[Step],
        act: Callable[[Step], Callable[[], None]],
    ) -> bool:
        if not there or self._is_walking:
            return False
        step = there.pop()
        self._is_walking = True
        self._since.invalidate()
        try:
            act(step)()
        except BaseException:
            there.clear()
            raise
        else:
            back.append(step)
        finally:
            self._is_walking = False
            self.changed.emit()
        return True
