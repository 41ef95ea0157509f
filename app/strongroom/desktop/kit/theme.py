# SPDX-License-Identifier: Apache-2.0
"""The look in force: colours, fonts and sizes by role, switchable while the window is open.

* There is one look for one application, as there is one `QApplication`; `theme` returns it.
* Widgets ask at paint time and keep no colours. Qt tells each of another palette or font, so it
  paints and lays itself out again; those that keep sizes or pictures of a look `follow` it.
* Nobody asks Qt for the widgets there are: half of them are its own, some half gone, and giving
  those to Python ended the program now and then.
* Pages out of sight follow in the turns after, which together would hold the window.
* Text scale moves fonts and the heights that hold text; hairlines and icons stay.
"""

import time
from functools import partial
from itertools import count
from typing import ClassVar, Literal, Protocol
from weakref import WeakValueDictionary

import shiboken6

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit.resources import resource
from strongroom.desktop.kit.tokens import Role, TextRole, ThemeName, Tokens, load_tokens

TURN_S = 0.008  # of a turn of the event loop, for widgets out of sight
MOST_ELIDED = 20_000  # texts remembered as they fit, some 5 MB
SMALLEST_SCALE, LARGEST_SCALE = 0.8, 2.0
FONT_FILES = (
    "Inter-Regular",
    "Inter-Medium",
    "Inter-SemiBold",
    "Inter-Bold",
    "JetBrainsMono-Regular",
    "JetBrainsMono-Medium",
    "JetBrainsMono-Bold",
)
Density = Literal["compact", "usual", "comfortable"]
_ROWS: dict[Density, str] = {
    "compact": "row_compact",
    "usual": "row",
    "comfortable": "row_comfortable",
}
_ROW_LINE, _CONTROL_LINE = 16, 20
_CONTROL_HEIGHTS = frozenset({"control", "control_small", "control_large", "page_bar", "rail_item"})
_FIXED_HEIGHTS = frozenset({"checkbox", "icon", "hit_min", "scroll"})


class Dressed(Protocol):
    """A widget that keeps something of the look: a size, a font, a picture."""

    def apply_theme(self) -> object:
        """Takes over the look in force."""

    def isVisible(self) -> bool:
        """Whether it is in sight, as Qt says."""

    def window(self) -> QWidget:
        """Returns the window it stands in."""

    def updateGeometry(self) -> None:
        """Tells the layout that its sizes may be others."""

    def update(self) -> None:
        """Asks to be painted."""


class Theme(QObject):
    """The tokens in force and what is made from them.

    Signals:
        changed: The theme, the text scale or the row height is another one now.
    """

    changed = Signal()
    _current: ClassVar["Theme | None"] = None

    def __init__(self, tokens: Tokens, scale: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._scale = scale
        self._density: Density = "usual"
        self._moves = True
        self._colours: dict[str, QColor] = {}
        self._fonts: dict[tuple[str, int, int, bool], QFont] = {}
        self._metrics: dict[int, tuple[QFont, QFontMetricsF]] = {}
        self._dressed: WeakValueDictionary[int, Dressed] = WeakValueDictionary()
        self._numbers = count()
        self._late: list[Dressed] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._refresh_late)
        self._elided: dict[tuple[str, int, Qt.TextElideMode, float], str] = {}

    @classmethod
    def install(cls, app: QApplication, name: ThemeName = "light", scale: float = 1.0) -> "Theme":
        """Gives the application its look: Fusion, fonts and palette.

        Raises:
            RuntimeError: If a font that ships cannot be read.
        """
        for file in FONT_FILES:
            if QFontDatabase.addApplicationFont(str(resource("fonts", f"{file}.ttf"))) < 0:
                raise RuntimeError(f"font {file} cannot be read")
        app.setStyle("Fusion")
        look = cls(load_tokens(name), _bounded(scale), app)
        cls._current = look
        look._apply()
        return look

    @classmethod
    def current(cls) -> "Theme":
        """Returns the look in force.

        Raises:
            RuntimeError: If `install` was not called.
        """
        if cls._current is None:
            raise RuntimeError("Theme.install has to run before the first widget")
        return cls._current

    @property
    def tokens(self) -> Tokens:
        """The tokens in force."""
        return self._tokens

    @property
    def scale(self) -> float:
        """The text scale, 0.8 to 2.0."""
        return self._scale

    @property
    def density(self) -> Density:
        """How close together the rows of tables stand."""
        return self._density

    def switch(
        self,
        name: ThemeName | None = None,
        scale: float | None = None,
        *,
        density: Density | None = None,
        moves: bool | None = None,
    ) -> None:
        """Changes what is given and repaints what is open.

        Args:
            name: The theme.
            scale: The text scale; brought within 0.8 to 2.0.
            density: How high rows are.
            moves: Whether anything fades in; off for people who asked for less motion.
        """
        if moves is not None:
            self._moves = moves
        wanted = (
            name or self._tokens.name,
            _bounded(scale if scale is not None else self._scale),
            density or self._density,
        )
        if wanted == (self._tokens.name, self._scale, self._density):
            return  # repainting everything takes a second where many pages are open
        self._tokens, self._scale, self._density = load_tokens(wanted[0]), wanted[1], wanted[2]
        self._colours.clear()
        self._fonts.clear()
        self._metrics.clear()
        self._elided.clear()
        self._apply()
        self.changed.emit()

    def follow(self, widget: "Dressed") -> None:
        """Lets a widget take over the look whenever it changes; it is free to go meanwhile."""
        self._dressed[next(self._numbers)] = widget

    def colour(self, role: Role) -> QColor:
        """Returns the colour of a role."""
        found = self._colours.get(role)
        if found is None:
            found = self._colours[role] = QColor(self._tokens.colours[role])
        return found

    def series_colour(self, index: int) -> QColor:
        """Returns chart colour ``index``; the eleventh series starts again (with a dash)."""
        return QColor(self._tokens.series[index % len(self._tokens.series)])

    def font(
        self, role: TextRole = "body", *, weight: int = 0, size: int = 0, tabular: bool = False
    ) -> QFont:
        """Returns the font of a text role.

        Args:
            role: The text role.
            weight: Another weight than the role's, 0 keeps it.
            size: Another size in px at 100 %, 0 keeps it.
            tabular: Digits of one width; only for right-aligned cells and figures, because
                Inter's ``tnum`` widens the hyphen as well.
        """
        key = (role, weight, size, tabular)
        found = self._fonts.get(key)
        if found is None:
            found = self._fonts[key] = self._make_font(role, weight, size, tabular)
        return found

    def metrics(self, font: QFont) -> QFontMetricsF:
        """Returns the metrics of a font that `font` returned, cached."""
        found = self._metrics.get(id(font))
        if found is None:  # the font is kept beside its metrics, so its id stays its own
            found = self._metrics[id(font)] = (font, QFontMetricsF(font))
        return found[1]

    def width(self, text: str, font: QFont) -> float:
        """Returns the width of one line of text in logical px."""
        return self.metrics(font).horizontalAdvance(text)

    def elided(self, text: str, font: QFont, mode: Qt.TextElideMode, width: float) -> str:
        """Returns one line of text as it fits into ``width`` px; cells ask at every painting."""
        key = (text, id(font), mode, width)
        found = self._elided.get(key)
        if found is None:
            if len(self._elided) >= MOST_ELIDED:
                self._elided.clear()
            found = self.metrics(font).elidedText(text, mode, width + 0.5)
            self._elided[key] = found
        return found

    def line(self, role: TextRole = "body") -> int:
        """Returns the line height of a text role in logical px."""
        return round(self._tokens.text[role].line * self._scale)

    def height(self, name: str) -> int:
        """Returns a height of the token table, grown by what its line of text grew.

        Raises:
            KeyError: If the table has no such height.
        """
        base = self._tokens.heights[_ROWS[self._density] if name == "row" else name]
        if name in _FIXED_HEIGHTS:
            return base
        line = _CONTROL_LINE if name in _CONTROL_HEIGHTS else _ROW_LINE
        return base + round(line * (self._scale - 1))

    def scaled(self, length: int) -> int:
        """Returns a length that holds text (a column, a slot) at this text scale."""
        return round(length * self._scale)

    def motion_ms(self, length_ms: int) -> int:
        """Returns how long something may fade, 0 for people who asked for less motion."""
        return length_ms if self._moves else 0

    def _make_font(self, role: TextRole, weight: int, size: int, tabular: bool) -> QFont:
        style = self._tokens.text[role]
        font = QFont(self._tokens.family_mono if role == "mono" else self._tokens.family)
        font.setPixelSize(max(1, round((size or style.size) * self._scale)))
        font.setWeight(QFont.Weight(weight or style.weight))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if tabular or role == "display":
            font.setFeature(QFont.Tag("tnum"), 1)
        if role == "mono":
            font.setFeature(QFont.Tag("calt"), 0)
        if role == "display":
            font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 98)
        return font

    def _apply(self) -> None:
        app = QGuiApplication.instance()
        if not isinstance(app, QApplication):
            return
        self._hold_paint()
        app.setPalette(self._palette())
        app.setFont(self.font("body"))
        # Qt posts the news to itself; what is painted next should know it already
        app.sendPostedEvents(None, int(QEvent.Type.ApplicationPaletteChange))
        seen: list[Dressed] = []
        self._late.clear()
        for widget in list(self._dressed.values()):
            if shiboken6.isValid(widget):
                (seen if _is_due(widget) else self._late).append(widget)
        for widget in seen:
            _refresh(widget)
        if self._late:
            self._soon.start()

    def _hold_paint(self) -> None:
        """Lets windows in sight paint in a turn of their own, after all in them has followed."""
        for window in {each.window() for each in self._dressed.values() if _is_watched(each)}:
            if window.updatesEnabled():
                window.setUpdatesEnabled(False)
                QTimer.singleShot(0, window, partial(window.setUpdatesEnabled, True))

    def _refresh_late(self) -> None:
        """Lets the widgets of pages out of sight follow, as many a turn as 8 ms allow."""
        end = time.monotonic() + TURN_S
        while self._late and (time.monotonic() < end or not _is_watched(self._late[-1])):
            _refresh(self._late.pop())
        if self._late:
            self._soon.start()

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, colour in _PALETTE.items():
            palette.setColor(role, self.colour(colour))
        for role in (
            QPalette.ColorRole.Text,
            QPalette.ColorRole.WindowText,
            QPalette.ColorRole.ButtonText,
        ):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text_disabled"))
        return palette


def theme() -> Theme:
    """Returns the look in force."""
    return Theme.current()


def _is_due(widget: Dressed) -> bool:
    """Whether a widget follows at once: it is in sight, or nothing of its window is."""
    return widget.isVisible() or not widget.window().isVisible()


def _is_watched(widget: Dressed) -> bool:
    """Whether somebody sees the window of a widget."""
    return shiboken6.isValid(widget) and widget.window().isVisible()


def _refresh(widget: Dressed) -> None:
    """Lets one widget take over another look: its own sizes first, then layout and paint."""
    if shiboken6.isValid(widget):
        widget.apply_theme()
        widget.updateGeometry()
        widget.update()


def _bounded(scale: float) -> float:
    return min(LARGEST_SCALE, max(SMALLEST_SCALE, scale))


_PALETTE: dict[QPalette.ColorRole, Role] = {
    QPalette.ColorRole.Window: "bg_surface",
    QPalette.ColorRole.Base: "bg_surface",
    QPalette.ColorRole.AlternateBase: "bg_sunken",
    QPalette.ColorRole.Button: "bg_raised",
    QPalette.ColorRole.Text: "text_primary",
    QPalette.ColorRole.WindowText: "text_primary",
    QPalette.ColorRole.ButtonText: "text_primary",
    QPalette.ColorRole.BrightText: "text_on_accent",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "text_on_accent",
    QPalette.ColorRole.PlaceholderText: "text_tertiary",
    QPalette.ColorRole.ToolTipBase: "bg_tooltip",
    QPalette.ColorRole.ToolTipText: "text_on_tooltip",
    QPalette.ColorRole.Link: "accent_text",
    QPalette.ColorRole.LinkVisited: "accent_text",
    QPalette.ColorRole.Mid: "border_default",
    QPalette.ColorRole.Midlight: "border_subtle",
    QPalette.ColorRole.Light: "bg_surface",
    QPalette.ColorRole.Dark: "border_default",
    QPalette.ColorRole.Shadow: "border_default",
    QPalette.ColorRole.Accent: "accent",
}
