# SPDX-License-Identifier: Apache-2.0
"""Choosing a smoothing: its kind, a slider for the eye, and the exact number beside it.

Laws: the slider never reaches 1.0, where a curve would never leave its first point; a number that
says nothing turns the field red and changes nothing.
"""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.domain.errors import BadInput
from strongroom.services.smoothing import OFF, Smoothing, SmoothingKind

TOP = 999  # of the slider: 0.999, or 10,000 points
DECADES = 4.0
KINDS = (
    (SmoothingKind.OFF, "Off"),
    (SmoothingKind.EMA, "Moving average (EMA)"),
    (SmoothingKind.TIME_EMA, "Time-weighted EMA"),
    (SmoothingKind.GAUSSIAN, "Gaussian"),
    (SmoothingKind.MEAN, "Running mean"),
)
EXPLAINED = {
    SmoothingKind.OFF: "Curves as they were logged.",
    SmoothingKind.EMA: "Weight of the past, 0 to below 1. Counts points.",
    SmoothingKind.TIME_EMA: "Distance along x after which a point weighs 37 %. For uneven steps.",
    SmoothingKind.GAUSSIAN: "Sigma in points. Looks ahead, so the end of a live curve still moves.",
    SmoothingKind.MEAN: "Number of points, the last of them at the point itself.",
}
USUAL = {
    SmoothingKind.OFF: OFF,
    SmoothingKind.EMA: Smoothing(kind=SmoothingKind.EMA, amount=0.7),
    SmoothingKind.TIME_EMA: Smoothing(kind=SmoothingKind.TIME_EMA, amount=20.0),
    SmoothingKind.GAUSSIAN: Smoothing(kind=SmoothingKind.GAUSSIAN, amount=5.0),
    SmoothingKind.MEAN: Smoothing(kind=SmoothingKind.MEAN, amount=20.0),
}


class SmoothingControl(QWidget):
    """Kind, slider, number.

    Args:
        smoothing: What is chosen; None where ``inherit`` is.
        inherit: The words for "as the board", "" where there is no board to follow.

    Signals:
        changed: Another smoothing is chosen (`Smoothing`, or None).
    """

    changed = Signal(object)

    def __init__(
        self, smoothing: Smoothing | None, *, inherit: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._smoothing = smoothing
        kinds = [(str(kind), words) for kind, words in KINDS]
        if inherit:
            kinds.insert(0, ("", inherit))
        self.kind = Choice(
            [(key or "board", words) for key, words in kinds], "board", name="Kind of smoothing"
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, TOP)
        self.slider.setAccessibleName("Amount of smoothing")
        self.amount = Field("Exact amount of smoothing", width=72, mono=True)
        self._explained = Label("", "text_tertiary", "caption", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.slider, 1)
        line.addWidget(self.amount)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(6)
        down.addWidget(self.kind)
        down.addLayout(line)
        down.addWidget(self._explained)
        self.kind.chosen.connect(self._on_kind_chosen)
        self.slider.valueChanged.connect(self._on_slider_moved)
        self.amount.changed.connect(self._on_amount_typed)
        self._tell()

    def smoothing(self) -> Smoothing | None:
        """Returns what is chosen."""
        return self._smoothing

    def _on_kind_chosen(self, key: str) -> None:
        self._take(None if key == "board" else USUAL[SmoothingKind(key)])
        self._tell()

    def _on_slider_moved(self, place: int) -> None:
        had = self._smoothing
        if had is None or had.kind is SmoothingKind.OFF:
            return
        self._take(Smoothing(kind=had.kind, amount=amount_of(had.kind, place)))
        self._write_amount()

    def _on_amount_typed(self, text: str) -> None:
        had = self._smoothing
        if had is None or had.kind is SmoothingKind.OFF:
            return
        try:
            wanted = Smoothing(kind=had.kind, amount=float(text))
        except (ValueError, BadInput):
            self.amount.set_bad(is_bad=True)
            return
        self.amount.set_bad(is_bad=False)
        self._take(wanted)
        self._place_slider()

    def _take(self, smoothing: Smoothing | None) -> None:
        if smoothing != self._smoothing:
            self._smoothing = smoothing
            self.changed.emit(smoothing)

    def _tell(self) -> None:
        had = self._smoothing
        self.kind.set_choices(self.kind.choices(), "board" if had is None else str(had.kind))
        has_amount = had is not None and had.kind is not SmoothingKind.OFF
        self.slider.setVisible(has_amount)
        self.amount.setVisible(has_amount)
        self._explained.setText("" if had is None else EXPLAINED[had.kind])
        self._place_slider()
        self._write_amount()

    def _write_amount(self) -> None:
        had = self._smoothing
        self.amount.edit.blockSignals(True)
        has_amount = had is not None and had.kind is not SmoothingKind.OFF
        self.amount.set_text(f"{had.amount:g}" if had is not None and has_amount else "")
        self.amount.set_bad(is_bad=False)
        self.amount.edit.blockSignals(False)

    def _place_slider(self) -> None:
        had = self._smoothing
        self.slider.blockSignals(True)
        self.slider.setValue(0 if had is None else place_of(had))
        self.slider.blockSignals(False)


def amount_of(kind: SmoothingKind, place: int) -> float:
    """Returns the amount at a place of the slider, rounded to what the eye can tell."""
    if kind is SmoothingKind.EMA:
        return place / (TOP + 1)
    amount = 10 ** (place / TOP * DECADES)
    return round(amount) if amount >= 10 else round(amount, 1)


def place_of(smoothing: Smoothing) -> int:
    """Returns the place of the slider nearest to an amount."""
    if smoothing.kind is SmoothingKind.OFF:
        return 0
    if smoothing.kind is SmoothingKind.EMA:
        return min(round(smoothing.amount * (TOP + 1)), TOP)
    return min(max(round(math.log10(max(smoothing.amount, 1.0)) / DECADES * TOP), 0), TOP)
