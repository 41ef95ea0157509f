# SPDX-License-Identifier: Apache-2.0
"""The rail at the left: the store, the places with their badges, settings at the foot.

* Each entry is a real button, so keyboard and screen readers find it.
* A badge is a count of what waits, or a warning icon; a fresh store has none.
* Where words are large and the window is not, icons stand alone; the words are in the tooltips.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.view_section import ViewSection

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

WARNING = "!"
NARROW_BELOW = 900  # px of the window at 100 % text
NARROW_WIDTH = 56


class Rail(Surface):
    """The rail.

    Args:
        places: (page id, title, icon) of the upper entries.
        foot: (page id, title, icon) of the entries at the foot.

    Signals:
        chosen: An entry was pressed (page id).
        store_menu_requested: The store's name was pressed.
        view_chosen: A saved view was pressed (its name).
        view_removed: A saved view is to be forgotten (its name).
    """

    chosen = Signal(str)
    view_chosen = Signal(str)
    view_removed = Signal(str)
    store_menu_requested = Signal()

    def __init__(
        self,
        places: Sequence[tuple[str, str, str]],
        foot: Sequence[tuple[str, str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("bg_chrome", "r", parent=parent)
        self.store = _StoreButton()
        self.store.clicked.connect(self.store_menu_requested)
        self._is_narrow = False
        self._entries: dict[str, _Entry] = {}
        down = QVBoxLayout(self)
        down.setContentsMargins(8, 8, 9, 8)
        down.setSpacing(2)
        down.addWidget(self.store)
        down.addSpacing(10)
        for place in places:
            down.addWidget(self._add(*place))
        self.views = ViewSection()
        self.views.chosen.connect(self.view_chosen)
        self.views.removed.connect(self.view_removed)
        down.addWidget(self.views)
        down.addStretch(1)
        for place in foot:
            down.addWidget(self._add(*place))
        self.apply_theme()
        theme().follow(self)

    def set_current(self, page: str) -> None:
        """Marks the page that is open."""
        for key, entry in self._entries.items():
            entry.setChecked(key == page)

    def set_badge(self, page: str, badge: str, *, waits_for_me: bool = False) -> None:
        """Shows a count, ``!`` or nothing; what waits for the person is in the accent colour."""
        self._entries[page].set_badge(badge, waits_for_me=waits_for_me)

    def fit(self, window_width: int) -> None:
        """Shows words, or icons alone where the words would leave the pages no room."""
        self._is_narrow = window_width < theme().scaled(NARROW_BELOW)
        self.views.set_narrow(is_narrow=self._is_narrow)
        for entry in self._entries.values():
            entry.set_narrow(is_narrow=self._is_narrow)
        self.store.set_narrow(is_narrow=self._is_narrow)
        wide = theme().scaled(theme().tokens.heights["rail_width"])
        self.setFixedWidth(NARROW_WIDTH if self._is_narrow else wide)

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        self.fit(self.window().width() if self.parentWidget() is not None else 10_000)

    def _add(self, page: str, title: str, icon: str) -> QWidget:
        entry = _Entry(title, icon)
        entry.clicked.connect(lambda: self._on_entry_clicked(page))
        entry.setObjectName(f"rail.{page}")
        self._entries[page] = entry
        return entry

    def _on_entry_clicked(self, page: str) -> None:
        self.chosen.emit(page)
        self.set_current(page)


class _Entry(QAbstractButton):
    """One place on the rail."""

    def __init__(self, title: str, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self._badge = ""
        self._is_mine = self._is_narrow = False
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Shows the icon alone, or icon and title."""
        self._is_narrow = is_narrow
        self.setToolTip(self.accessibleName() if is_narrow else "")
        self.update()

    def set_badge(self, badge: str, *, waits_for_me: bool) -> None:
        """Changes the badge and what is read aloud."""
        self._badge, self._is_mine = badge, waits_for_me
        spoken = {"": "", WARNING: ", needs a look"}.get(badge, f", {badge} waiting")
        self.setAccessibleName(self.text() + spoken)
        self.set_narrow(is_narrow=self._is_narrow)

    def sizeHint(self) -> QSize:
        """Returns one entry."""
        return QSize(100, theme().height("rail_item"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground, icon, title and badge."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        on = self.isChecked()
        if on or self.underMouse():
            paint.rounded(painter, rect, 6, "bg_rail_active" if on else "bg_hover")
        role: Role = "text_primary" if on else "text_secondary"
        left = (rect.width() - 16) / 2 if self._is_narrow else 8
        paint.icon(painter, self._icon, left, round((rect.height() - 16) / 2), role)
        font = look.font("body", weight=600 if on else 500)
        if not self._is_narrow:
            paint.text(painter, rect.adjusted(34, 0, -34, 0), self.text(), role, font)
        self._paint_badge(painter, rect)
        if self.hasFocus():
            paint.focus_ring(painter, rect)

    def _paint_badge(self, painter: QPainter, rect: QRectF) -> None:
        """Paints the badge at the right, or over the corner of an icon that stands alone."""
        look = theme()
        if self._badge == WARNING:
            size = 10 if self._is_narrow else 14
            y = 3 if self._is_narrow else round((rect.height() - 14) / 2)
            right = 12 if self._is_narrow else 24
            paint.icon(painter, "triangle-alert", rect.right() - right, y, "warn_icon", size)
        elif self._badge:
            small = look.font("caption", weight=600, size=9 if self._is_narrow else 0)
            height = min(rect.height() - 2, look.line("caption") + 2)
            width = max(height, round(look.width(self._badge, small)) + 10)
            if self._is_narrow:
                height = width = max(14, round(look.width(self._badge, small)) + 6)
                pill = QRectF(rect.right() - width, 0, width, height)
            else:
                top = round((rect.height() - height) / 2)
                pill = QRectF(rect.right() - 8 - width, top, width, height)
            paint.rounded(painter, pill, height / 2, "accent" if self._is_mine else "muted_bg")
            tint: Role = "text_on_accent" if self._is_mine else "text_secondary"
            paint.text(painter, pill, self._badge, tint, small, "centre", "none")


class _StoreButton(QPushButton):
    """The store's name and the team, at the head of the rail."""

    def __init__(self) -> None:
        super().__init__()
        self._team = ""
        self._is_narrow = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_store("No store", "")

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Shows the mark alone, or mark, name and team."""
        self._is_narrow = is_narrow
        self.setToolTip(plain_tooltip(self.accessibleName()) if is_narrow else "")
        self.update()

    def set_store(self, name: str, team: str) -> None:
        """Shows the store's name and the short team id."""
        self.setText(name)
        self._team = team
        self.setAccessibleName(f"Store {name}, {team}" if team else name)
        self.update()

    def sizeHint(self) -> QSize:
        """Returns 36 px height at 100 %."""
        return QSize(100, theme().scaled(36))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints mark, name, team and chevrons."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        if self.underMouse():
            paint.rounded(painter, rect, 6, "bg_hover")
        top = round((rect.height() - 28) / 2)
        paint.rounded(painter, QRectF(4, top, 28, 28), 7, "accent")
        paint.icon(painter, "vault", 10, top + 6, "text_on_accent")
        if self._is_narrow:
            if self.hasFocus():
                paint.focus_ring(painter, rect)
            return
        middle = rect.center().y()
        line = look.line("dense") + 2
        upper = QRectF(42, middle - line + 1, rect.width() - 66, line)
        if not self._team:
            upper.moveTop(middle - line / 2)
        paint.text(painter, upper, self.text(), font=look.font("strong"))
        under = QRectF(42, middle + 1, rect.width() - 66, look.line("caption"))
        paint.text(painter, under, self._team, "text_tertiary", look.font("caption", weight=400))
        y = round(middle - 7)
        paint.icon(painter, "chevrons-up-down", rect.right() - 18, y, "text_tertiary", 14)
        if self.hasFocus():
            paint.focus_ring(painter, rect)
