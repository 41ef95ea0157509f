# SPDX-License-Identifier: Apache-2.0
"""The marks that carry a verdict: trust, gate verdicts, stages. Always an icon and a word.

* Five trust outcomes and no sixth; each has one long and one short word.
* A stage is a glyph that fills, so it reads without colour.
"""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role

Trust = Literal["valid", "unknown", "revoked", "mismatch", "cannot"]
"""Valid and trusted; signer unknown; key later revoked; does not match; cannot check."""

Verdict = Literal["pass", "fail", "waived", "pending"]
"""The result of a gate."""

GAP = 22  # from the left edge of a 16 px icon to its word


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How an outcome looks and what it is called."""

    icon: str
    tone: Tone
    word: str
    short: str


TRUST: dict[Trust, Mark] = {
    "valid": Mark(icon="shield-check", tone="ok", word="Valid and trusted", short="Trusted"),
    "unknown": Mark(
        icon="shield-question-mark",
        tone="warn",
        word="Valid, signer unknown",
        short="Unknown signer",
    ),
    "revoked": Mark(
        icon="shield-alert",
        tone="warn",
        word="Valid then, key later revoked",
        short="Key revoked",
    ),
    "mismatch": Mark(icon="shield-x", tone="bad", word="Does not match", short="Mismatch"),
    "cannot": Mark(icon="shield-off", tone="mute", word="Cannot check", short="Cannot check"),
}

VERDICT: dict[Verdict, Mark] = {
    "pass": Mark(icon="circle-check", tone="ok", word="Pass", short="Pass"),
    "fail": Mark(icon="circle-x", tone="bad", word="Fail", short="Fail"),
    "waived": Mark(icon="circle-minus", tone="warn", word="Waived", short="Waived"),
    "pending": Mark(icon="circle-dashed", tone="mute", word="Pending", short="Pending"),
}


def mark(
    painter: QPainter,
    rect: QRectF,
    shown: Mark,
    words: str = "",
    role: Role | None = None,
    font: QFont | None = None,
) -> None:
    """Draws the icon of an outcome and its word (or ``words``) in ``rect``."""
    middle = rect.center().y()
    paint.icon(painter, shown.icon, rect.x(), round(middle - 8), paint.TONE_ICON[shown.tone])
    tinted: Role = "text_primary" if shown.tone in {"ok", "mute"} else paint.TONE_TEXT[shown.tone]
    inside = rect.adjusted(GAP, 0, 0, 0)
    paint.text(painter, inside, words or shown.short, role or tinted, font or theme().font("dense"))


def stage_glyph(painter: QPainter, centre: QPointF, stage: str, radius: float = 6) -> None:
    """Draws a stage: dashed ring None, half Staging, full with tick Production, else a square."""
    look = theme()
    accent, quiet = look.colour("accent_text"), look.colour("text_tertiary")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if stage == "None":
        pen = QPen(quiet, 1.5)
        pen.setDashPattern([1.4, 1.5])
        painter.setPen(pen)
        painter.drawEllipse(centre, radius - 0.75, radius - 0.75)
    elif stage == "Staging":
        painter.setPen(QPen(accent, 1.5))
        painter.drawEllipse(centre, radius - 0.75, radius - 0.75)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawPie(_around(centre, radius - 2.5), 90 * 16, -180 * 16)
    elif stage == "Production":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(centre, radius, radius)
        pen = QPen(look.colour("bg_surface"), 1.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tick = ((-2.6, 0.1), (-0.7, 2.0), (2.7, -1.9))
        painter.drawPolyline([centre + QPointF(dx, dy) for dx, dy in tick])
    else:
        painter.setPen(QPen(quiet, 1.5))
        painter.drawRoundedRect(_around(centre, radius - 1), 2.5, 2.5)
        painter.drawLine(centre - QPointF(2, 0), centre + QPointF(2, 0))
    painter.restore()


def stage(
    painter: QPainter,
    x: float,
    middle: float,
    name: str,
    font: QFont | None = None,
    role: Role = "text_primary",
) -> float:
    """Draws the glyph of a stage and its name; returns the width used."""
    look = theme()
    font = font or look.font("dense", weight=500)
    stage_glyph(painter, QPointF(x + 6, middle), name)
    width = look.width(name, font)
    paint.text(painter, QRectF(x + 18, middle - 10, width + 2, 20), name, role, font)
    return 18 + width


def move(painter: QPainter, x: float, middle: float, before: str, after: str) -> float:
    """Draws a move from one stage to another; returns the width used."""
    width = stage(painter, x, middle, before, theme().font("dense"))
    paint.icon(painter, "arrow-right", x + width + 6, round(middle - 7), "text_tertiary", 14)
    return width + 26 + stage(painter, x + width + 26, middle, after)


def _around(centre: QPointF, radius: float) -> QRectF:
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
