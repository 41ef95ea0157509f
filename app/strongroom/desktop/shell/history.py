# SPDX-License-Identifier: Apache-2.0
"""Back and forward through places, like a browser, without repeating the same place.

* What a place sets going is done once: coming back leads there and does nothing.
"""

from strongroom.desktop.kit.place import Place

LONGEST_HISTORY = 200  # places; more than anybody steps back


class History:
    """The places somebody was at, and which of them is current."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._wanted: Place | None = None
        self._at = -1

    @property
    def current(self) -> Place | None:
        """The place somebody is at, None at the start."""
        return self._places[self._at] if self._at >= 0 else None

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before this one."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether somebody went back from somewhere."""
        return self._at < len(self._places) - 1

    def take(self) -> Place | None:
        """Returns the current place for a page that has just come, with what it sets going."""
        wanted, self._wanted = self._wanted, None
        is_current = wanted is not None and wanted.settled() == self.current
        return wanted if is_current else self.current

    def visit(self, place: Place) -> None:
        """Adds a place after the current one; what was ahead is forgotten."""
        self._wanted, place = place, place.settled()
        if place == self.current:
            return
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-LONGEST_HISTORY]
        self._at = len(self._places) - 1

    def back(self) -> Place | None:
        """Goes one place back and returns it, None at the first."""
        if not self.can_go_back:
            return None
        self._at -= 1
        return self.current

    def forward(self) -> Place | None:
        """Goes one place forward and returns it, None at the last."""
        if not self.can_go_forward:
            return None
        self._at += 1
        return self.current
