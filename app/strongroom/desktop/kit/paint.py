# SPDX-License-Identifier: Apache-2.0
"""Painting by role: text, frames, dots, marks. Every widget and every table cell uses these.

* A painter function takes a role, never a colour; run colours come in as an index.
* Text is drawn as it is, on one line: markup in data stays visible as markup.
"""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen

from strongroom.desktop.kit.icons import icon_pixmap
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role

Tone = Literal["ok", "warn", "bad", "info", "mute"]
"""What a badge, a banner or a delta says: good, look, bad, new, neutral."""

Align = Literal["left", "right", "centre"]
Elide = Literal["right", "middle", "none"]

TONE_TEXT: dict[Tone, Role] = {
    "ok": "ok_text",
    "warn": "warn_text",
    "bad": "bad_text",
    "info": "accent_text",
    "mute": "text_secondary",
}
TONE_GROUND: dict[Tone, Role] = {
    "ok": "ok_bg",
    "warn": "warn_bg",
    "bad": "bad_bg",
    "info": "accent_subtle",
    "mute": "muted_bg",
}
TONE_ICON: dict[Tone, Role] = {
    "ok": "ok_icon",
    "warn": "warn_icon",
    "bad": "bad_icon",
    "info": "accent_text",
    "mute": "text_tertiary",
}
_ALIGN = {
    align: int(flag) | int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
    for align, flag in (
        ("left", Qt.AlignmentFlag.AlignLeft),
        ("right", Qt.AlignmentFlag.AlignRight),
        ("centre", Qt.AlignmentFlag.AlignHCenter),
    )
}  # as numbers: joining flags for every cell takes a tenth of a frame
_ELIDE = {"right": Qt.TextElideMode.ElideRight, "middle": Qt.TextElideMode.ElideMiddle}


def text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    role: Role = "text_primary",
    font: QFont | None = None,
    align: Align = "left",
    elide: Elide = "right",
) -> bool:
    """Draws one line, centred vertically, and returns whether it had to be shortened."""
    look = theme()
    font = font or look.font()
    shown = words if elide == "none" else look.elided(words, font, _ELIDE[elide], rect.width())
    painter.setFont(font)
    painter.setPen(look.colour(role))
    painter.drawText(rect, _ALIGN[align], shown)
    return shown != words


def rounded(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    fill: Role | None = None,
    border: Role | None = None,
    width: float = 1,
) -> None:
    """Draws a rounded rectangle; the border lies inside ``rect``."""
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        half = width / 2
        rect = rect.adjusted(half, half, -half, -half)
        painter.setPen(QPen(look.colour(border), width))
    painter.setBrush(QBrush(look.colour(fill)) if fill else QBrush(Qt.BrushStyle.NoBrush))
    painter.drawRoundedRect(rect, radius, radius)
    painter.restore()


def hairline(painter: QPainter, rect: QRectF, role: Role = "border_subtle") -> None:
    """Fills a line one logical pixel thin without smoothing it."""
    painter.fillRect(rect, theme().colour(role))


def focus_ring(painter: QPainter, rect: QRectF, radius: float = 6) -> None:
    """Draws the 2 px ring of the control that has the keyboard, inside its rectangle."""
    rounded(painter, rect, radius, None, "focus", 2)


def row_ring(painter: QPainter, rect: QRect, *, starts: bool, ends: bool) -> None:
    """Draws the ring of a table's current row: 2 px at its ends, 1 px above and below."""
    colour = theme().colour("focus")
    painter.fillRect(rect.x(), rect.y(), rect.width(), 1, colour)
    painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, colour)
    if starts:
        painter.fillRect(rect.x(), rect.y(), 2, rect.height(), colour)
    if ends:
        painter.fillRect(rect.right() - 1, rect.y(), 2, rect.height(), colour)


def icon(
    painter: QPainter, name: str, x: float, y: float, role: Role = "text_secondary", size: int = 16
) -> None:
    """Draws an icon with its upper left corner at (x, y)."""
    ratio = painter.device().devicePixelRatioF()
    colour = theme().tokens.colours[role]
    painter.drawPixmap(QPointF(x, y), icon_pixmap(name, colour, size, ratio))


def dot(painter: QPainter, centre: QPointF, radius: float, series: int | None) -> None:
    """Draws the dot of a run: filled in its chart colour, or hollow when it is not charted."""
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if series is None:
        painter.setPen(QPen(look.colour("border_control"), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, radius - 0.6, radius - 0.6)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.series_colour(series))
        painter.drawEllipse(centre, radius, radius)
    painter.restore()


def badge_width(words: str, icon_name: str = "") -> int:
    """Returns the width of a badge in logical px."""
    look = theme()
    return round(look.width(words, look.font("caption"))) + (28 if icon_name else 12)


def badge(
    painter: QPainter,
    x: float,
    middle: float,
    words: str,
    tone: Tone = "mute",
    icon_name: str = "",
    most: float = 1e6,
) -> float:
    """Draws a badge around the line ``middle`` and returns its width."""
    look = theme()
    height = look.height("pill")
    rect = QRectF(x, round(middle - height / 2), min(badge_width(words, icon_name), most), height)
    rounded(painter, rect, 4, TONE_GROUND[tone])
    left = rect.x() + 6
    if icon_name:
        icon(painter, icon_name, rect.x() + 5, round(middle - 7), TONE_ICON[tone], 14)
        left = rect.x() + 22
    inside = QRectF(left, rect.y(), rect.right() - left - 4, height)
    text(painter, inside, words, TONE_TEXT[tone], look.font("caption"))
    return rect.width()


def check_box(
    painter: QPainter, x: float, middle: float, state: bool | None, *, enabled: bool = True
) -> None:
    """Draws a check box 14 px wide; ``None`` is the mixed state."""
    rect = QRectF(x, round(middle - 7), 14, 14)
    if state is False:
        edge: Role = "border_control" if enabled else "border_default"
        rounded(painter, rect, 4, "bg_surface", edge)
        return
    rounded(painter, rect, 4, "accent" if enabled else "border_default")
    top = rect.y()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(_round_pen("text_on_accent", 1.6))
    if state is None:
        painter.drawLine(QPointF(x + 4, top + 7), QPointF(x + 10, top + 7))
    else:
        corners = ((3.8, 7.3), (6.2, 9.6), (10.3, 4.8))
        painter.drawPolyline([QPointF(x + dx, top + dy) for dx, dy in corners])
    painter.restore()


def avatar(
    painter: QPainter, x: float, middle: float, name: str, size: int = 18, icon_name: str = ""
) -> None:
    """Draws the initials of a person, or the icon of a machine, in a circle."""
    if icon_name:
        icon(painter, icon_name, x + (size - 16) / 2, round(middle - 8), "text_secondary")
        return
    look = theme()
    rect = QRectF(x, round(middle - size / 2), size, size)
    rounded(painter, rect, size / 2, "muted_bg", "border_default")
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    font = QFont(look.font("caption", weight=600))
    font.setPixelSize(8 if size < 20 else 10)  # fits the circle, whatever the text scale
    text(painter, rect, initials, "text_secondary", font, "centre", "none")


def sparkline(
    painter: QPainter, rect: QRectF, values: Sequence[float], colour: QColor | None = None
) -> None:
    """Draws a line through ``values`` (gaps where not finite) with a dot at its end."""
    finite = [value for value in values if value - value == 0]
    if len(finite) < 2:
        return
    low, high = min(finite), max(finite)
    span = high / 2 - low / 2 or 1.0  # halves: from -1e308 to 1e308 would overflow
    step = rect.width() / (len(values) - 1)
    tint = colour or theme().colour("text_tertiary")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(tint, 1.25)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    piece: list[QPointF] = []
    last = QPointF()
    for index, value in enumerate(values):
        if value - value != 0:
            painter.drawPolyline(piece)
            piece = []
            continue
        last = QPointF(
            rect.x() + step * index, rect.bottom() - (value / 2 - low / 2) / span * rect.height()
        )
        piece.append(last)
    painter.drawPolyline(piece)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawEllipse(last, 1.75, 1.75)
    painter.restore()


def meter(painter: QPainter, rect: QRectF, share: float, role: Role = "accent") -> None:
    """Draws a bar filled to ``share`` (0 to 1)."""
    radius = rect.height() / 2
    rounded(painter, rect, radius, "border_default")
    if share > 0:
        width = max(rect.height(), rect.width() * min(1.0, share))
        rounded(painter, QRectF(rect.x(), rect.y(), width, rect.height()), radius, role)


def spread(
    painter: QPainter, rect: QRectF, quantiles: Sequence[float], ends: tuple[float, float]
) -> None:
    """Draws how numbers are spread along an axis: line, box of the middle half, median.

    Args:
        painter: Where.
        rect: The whole axis lies across it.
        quantiles: Those of 5, 25, 50, 75 and 95 %.
        ends: The numbers at the left and the right edge; everything is kept between them.
    """
    low, high = ends
    width = high - low
    at = [
        rect.x() + rect.width() * min(1.0, max(0.0, (each - low) / width if width > 0 else 0.5))
        for each in quantiles
    ]
    middle = rect.center().y()
    hairline(painter, QRectF(rect.x(), middle - 0.5, rect.width(), 1), "border_subtle")
    hairline(painter, QRectF(at[0], middle - 1, max(2.0, at[4] - at[0]), 2), "text_tertiary")
    box = QRectF(at[1], rect.y() + 2, max(3.0, at[3] - at[1]), rect.height() - 4)
    rounded(painter, box, 2, "accent_subtle", "accent")
    hairline(painter, QRectF(at[2] - 1, rect.y(), 2, rect.height()), "text_primary")


def shares(painter: QPainter, rect: QRectF, parts: Sequence[float]) -> None:
    """Draws shares of a whole (0 to 1 each) beside each other, the largest strongest."""
    rounded(painter, rect, rect.height() / 2, "border_default")
    left = rect.x()
    for number, part in enumerate(parts):
        width = min(rect.right() - left, rect.width() * part)
        if width < 4:  # too many to be told apart
            break
        role: Role = "accent" if number == 0 else "text_tertiary"
        rounded(painter, QRectF(left, rect.y(), max(1.0, width - 1), rect.height()), 2, role)
        left += width


def key_caps(painter: QPainter, right: float, middle: float, keys: Sequence[str]) -> float:
    """Draws a shortcut as key caps that end at ``right`` and returns the width used."""
    look = theme()
    font = look.font("caption")
    x = right
    ground: Role = "bg_pressed" if look.tokens.is_dark else "bg_surface"
    for key in reversed(keys):
        width = max(18.0, round(look.width(key, font)) + 10.0)
        x -= width
        cap = QRectF(x, round(middle - 9), width, 18)
        rounded(painter, cap, 4, ground, "border_default")
        text(painter, cap, key, "text_secondary", font, "centre", "none")
        x -= 3
    return right - x


def _round_pen(role: Role, width: float) -> QPen:
    pen = QPen(theme().colour(role), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
