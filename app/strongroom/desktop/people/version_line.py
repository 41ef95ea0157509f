# SPDX-License-Identifier: Apache-2.0
"""The versions of the team on a line, the oldest at the left; one of them is looked at.

* A version bears no date: what stands below is when it was first used, as those who signed claim.
* Versions stand at equal distances: a month without a change is not more interesting than a day.
* Left and Right walk, Home and End jump; a click chooses the nearest.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.services.access_review import InForce

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

EDGE = 24  # px at both ends, so that the words below the outer dots are whole
LABEL = 84  # px that a date needs


class VersionLine(QWidget):
    """The line.

    Signals:
        chosen: Somebody chose a version (its number).
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._versions: tuple[InForce, ...] = ()
        self._current, self._possible = 0, frozenset[int]()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def show_versions(
        self, versions: Sequence[InForce], current: int, possible: Sequence[int] = ()
    ) -> None:
        """Shows versions; ``possible`` are those that may have been in force already."""
        self._versions, self._current = tuple(versions), current
        self._possible = frozenset(possible)
        self._name()
        self.update()

    def current(self) -> int:
        """Returns the version that is looked at, 0 for none."""
        return self._current

    def spot(self, version: int) -> QPointF:
        """Returns where the dot of a version is."""
        count = len(self._versions)
        room = self.width() - 2 * EDGE
        share = 0.5 if count < 2 else (version - 1) / (count - 1)
        return QPointF(EDGE + room * share, theme().scaled(14))

    def sizeHint(self) -> QSize:
        """Returns the room of dots and the words below them."""
        return QSize(320, theme().scaled(26) + theme().line("caption"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks along the line."""
        steps = {Qt.Key.Key_Left: self._current - 1, Qt.Key.Key_Right: self._current + 1,
                 Qt.Key.Key_Home: 1, Qt.Key.Key_End: len(self._versions)}  # fmt: skip
        wanted = steps.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self._choose(wanted)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the nearest version."""
        if self._versions:
            x = event.position().x()
            nearest = min(self._versions, key=lambda v: abs(self.spot(v.version).x() - x))
            self._choose(nearest.version)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints line, dots, dates as far as there is room, and the ring of the keyboard."""
        painter = QPainter(self)
        if self._versions:
            first, last = self.spot(1), self.spot(len(self._versions))
            line = QRectF(first.x(), first.y() - 0.5, last.x() - first.x(), 1)
            paint.hairline(painter, line, "border_control")
            for each in self._versions:
                self._dot(painter, each)
            for each in self._labelled():
                self._label(painter, each)
        if self.hasFocus():
            paint.focus_ring(painter, QRectF(self.rect()))

    def _dot(self, painter: QPainter, each: InForce) -> None:
        spot, look = self.spot(each.version), theme()
        is_current = each.version == self._current
        radius = 7.0 if is_current else 4.5
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge: Role = "accent" if is_current or each.version in self._possible else "border_control"
        painter.setPen(QPen(look.colour(edge), 1.5))
        painter.setBrush(look.colour("accent" if is_current else "bg_surface"))
        painter.drawEllipse(spot, radius, radius)
        painter.restore()
        if is_current:
            box = QRectF(spot.x() - 5, spot.y() - 5, 10, 10)
            paint.icon(painter, "check", box.x(), box.y(), "text_on_accent", 10)

    def _label(self, painter: QPainter, each: InForce) -> None:
        look, spot = theme(), self.spot(each.version)
        wide = look.scaled(LABEL)
        left = min(max(0.0, spot.x() - wide / 2), max(0.0, self.width() - wide))
        rect = QRectF(left, look.scaled(24), wide, look.line("caption"))
        is_current = each.version == self._current
        font = look.font("caption", weight=600 if is_current else 400)
        role: Role = "text_primary" if is_current else "text_tertiary"
        paint.text(painter, rect, _short(each), role, font, "centre")

    def _labelled(self) -> list[InForce]:
        """Returns the versions whose words fit: the current one, the ends, then who has room."""
        by_number = {each.version: each for each in self._versions}
        order = [self._current, 1, len(self._versions), *by_number]
        taken: list[float] = []
        found: dict[int, InForce] = {}
        for number in order:
            x = self.spot(number).x()
            is_free = all(abs(x - other) >= theme().scaled(LABEL) for other in taken)
            if number in by_number and number not in found and is_free:
                taken.append(x)
                found[number] = by_number[number]
        return list(found.values())

    def _choose(self, version: int) -> None:
        wanted = min(max(1, version), len(self._versions))
        if self._versions and wanted != self._current:
            self._current = wanted
            self._name()
            self.update()
            self.chosen.emit(wanted)

    def _name(self) -> None:
        total = len(self._versions)
        said = f"Version {self._current} of {total}" if total else "No version yet"
        self.setAccessibleName(f"Versions of the team. {said}")


def _short(each: InForce) -> str:
    """Returns what stands below a dot: the version, and the day it was first used."""
    day = (each.used_by or each.made_after)[:10]
    return f"{each.version} · {day}" if day else str(each.version)
