# SPDX-License-Identifier: Apache-2.0
"""Layouts of boards that are kept: the one in use and those saved by name, for each experiment.

* Kept by the window's session, so losing them costs nothing but time; what does not hold is left
  out by `BoardLayout.from_json`.
"""

import hashlib

from strongroom.desktop.charts.layout import BoardLayout
from strongroom.desktop.kit.session import Session

MOST_SAVED = 50  # names an experiment
LONGEST_NAME = 80  # characters


class BoardShelf:
    """Keeps layouts.

    Args:
        session: Where they are kept.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self, experiment: str) -> BoardLayout:
        """Returns the layout an experiment's board had last."""
        return BoardLayout.from_json(self._session.value(_key("board", experiment), {}))

    def keep_current(self, experiment: str, layout: BoardLayout) -> bool:
        """Keeps the layout in use; returns False if it is too large to keep."""
        return self._session.set_value(_key("board", experiment), layout.to_json())

    def names(self, experiment: str) -> tuple[str, ...]:
        """Returns the saved layouts, in the order they were first saved."""
        saved = self._session.value(_key("boards", experiment), {})
        return tuple(saved) if isinstance(saved, dict) else ()

    def load(self, experiment: str, name: str) -> BoardLayout:
        """Returns a saved layout, the usual one if it is gone."""
        saved = self._session.value(_key("boards", experiment), {})
        return BoardLayout.from_json(saved.get(name) if isinstance(saved, dict) else None)

    def save(self, experiment: str, name: str, layout: BoardLayout) -> bool:
        """Saves a layout by name, over the one of that name; False if there is no room."""
        name = name.strip()[:LONGEST_NAME]
        saved = self._session.value(_key("boards", experiment), {})
        saved = dict(saved) if isinstance(saved, dict) else {}
        saved[name] = layout.to_json()
        if not name or len(saved) > MOST_SAVED:
            return False
        return self._session.set_value(_key("boards", experiment), saved)

    def forget(self, experiment: str, name: str) -> None:
        """Forgets a saved layout."""
        saved = self._session.value(_key("boards", experiment), {})
        if isinstance(saved, dict):
            rest = {each: layout for each, layout in saved.items() if each != name}
            self._session.set_value(_key("boards", experiment), rest)


def _key(kind: str, experiment: str) -> str:
    """Returns the session's name for it; experiments may be called anything."""
    return f"runs.{kind}.{hashlib.sha256(experiment.encode()).hexdigest()[:16]}"
