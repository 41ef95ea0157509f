# SPDX-License-Identifier: Apache-2.0
"""The list of models: a stage glyph and a name each; the open model shows its versions.

* One control for the keyboard: Up and Down move, Right opens a model, Left closes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strongroom.desktop.kit import marks, paint
from strongroom.desktop.kit.labels import plain_tooltip
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.registry.reading import best_stage, reference
from strongroom.domain.registry import RegisteredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A model (reference "") or one of its versions."""

    model: str
    version: str
    stage: str
    words: str
    note: str
    has_conflict: bool = False


class ModelList(QWidget):
    """Models and the versions of the open one.

    Signals:
        chosen: A version was chosen (its full reference).
        picked: It was chosen by hand, with mouse or keyboard.
    """

    chosen = Signal(str)
    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: tuple[RegisteredModel, ...] = ()
        self._lines: list[_Line] = []
        self._open = ""
        self._current = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_models(self, models: Sequence[RegisteredModel]) -> None:
        """Shows other models and keeps what is chosen where it still exists."""
        self._models = tuple(models)
        self._fill()

    def current(self) -> str:
        """Returns the reference of the chosen version, "" for none."""
        return self._current

    def choose(self, wanted: str) -> None:
        """Chooses a version by its full reference and opens its model; says so."""
        self._current = wanted
        self._open = wanted.rpartition("/")[0]
        self._fill()
        self.chosen.emit(wanted)

    def newest_of(self, name: str) -> str:
        """Returns the reference of a model's newest version, "" if there is none."""
        model = next((one for one in self._models if one.name == name), None)
        if model is None or not model.versions:
            return ""
        return reference(max(model.versions, key=lambda version: version.version))

    def sizeHint(self) -> QSize:
        """Returns the room of all lines."""
        return QSize(200, round(self._pitch() * len(self._lines)) + 12)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves by keyboard."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        at = self._at()
        if step and self._lines:
            target = at + step
            while 0 <= target < len(self._lines):
                line = self._lines[target]
                if line.version:
                    self._pick(line.version)
                    return
                if line.model != self._open:
                    self._choose_model(line.model)
                    return
                target += step
        elif event.key() == Qt.Key.Key_Home and self._lines:
            self._choose_model(self._lines[0].model)
        elif event.key() == Qt.Key.Key_End and self._lines:
            self._choose_model(self._lines[-1].model)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses what is under the mouse."""
        at = int((event.position().y() - 6) // self._pitch())
        if not 0 <= at < len(self._lines):
            return
        line = self._lines[at]
        if line.version:
            self._pick(line.version)
        else:
            self._choose_model(line.model)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says the whole of a long name."""
        at = int((event.position().y() - 6) // self._pitch())
        words = self._lines[at].words if 0 <= at < len(self._lines) else ""
        self.setToolTip(plain_tooltip(words) if len(words) > 20 else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the lines that are seen."""
        painter = QPainter(self)
        pitch = self._pitch()
        for at, line in enumerate(self._lines):
            top = 6 + at * pitch
            if top + pitch >= event.rect().top() and top <= event.rect().bottom():
                self._line(painter, QRectF(0, top, self.width(), pitch), line)

    def _line(self, painter: QPainter, rect: QRectF, line: _Line) -> None:
        look = theme()
        middle = rect.center().y()
        is_open = not line.version and line.model == self._open
        left = 22.0
        if line.version:
            left = 40
            spot = QRectF(28, rect.y(), rect.width() - 36, rect.height())
            if line.version == self._current:
                paint.rounded(painter, spot, 6, "bg_selected")
                if self.hasFocus():
                    paint.focus_ring(painter, spot)
        radius = 5 if line.version else 6
        marks.stage_glyph(painter, QPointF(left, middle), line.stage, radius)
        right = rect.width() - 16
        if line.has_conflict:
            paint.icon(painter, "triangle-alert", right - 14, round(middle - 7), "warn_icon", 14)
            right -= 22
        note_font = look.font("dense")
        note_width = look.width(line.note, note_font) + 8 if line.note else 0
        note = QRectF(left, rect.y(), right - left, rect.height())
        paint.text(painter, note, line.note, "text_tertiary", note_font, "right")
        is_current = line.version == self._current and bool(line.version)
        weight = 600 if is_open or is_current else 500 if not line.version else 400
        words = QRectF(left + 16, rect.y(), right - left - 16 - note_width, rect.height())
        paint.text(painter, words, line.words, font=look.font("dense", weight=weight))

    def _pitch(self) -> float:
        return theme().line("dense") + 12

    def _at(self) -> int:
        for at, line in enumerate(self._lines):
            if line.version and line.version == self._current:
                return at
        return -1

    def _choose_model(self, name: str) -> None:
        newest = self.newest_of(name)
        if newest:
            self._pick(newest)

    def _pick(self, wanted: str) -> None:
        self.choose(wanted)
        self.picked.emit()

    def _fill(self) -> None:
        self._lines = []
        for model in self._models:
            newest = max((version.version for version in model.versions), default=0)
            self._lines.append(
                _Line(
                    model=model.name, version="", stage=best_stage(model), words=model.name,
                    note=f"v{newest}" if newest else "", has_conflict=bool(model.conflicts),
                )
            )  # fmt: skip
            if model.name == self._open:
                self._add_versions(model)
        self._name()
        self.updateGeometry()
        self.update()

    def _add_versions(self, model: RegisteredModel) -> None:
        numbers = [version.version for version in model.versions]
        for version in sorted(model.versions, key=lambda one: one.version, reverse=True):
            aliases = sorted(a for a, key in model.aliases.items() if key == version.key)
            is_double = numbers.count(version.version) > 1
            tail = f" +{version.tree[:4]}" if is_double else ""
            self._lines.append(
                _Line(
                    model=model.name, version=reference(version), stage=version.stage,
                    words=f"v{version.version}{tail}", note=", ".join(aliases),
                    has_conflict=is_double,
                )
            )  # fmt: skip

    def _name(self) -> None:
        at = self._at()
        if at < 0:
            self.setAccessibleName("Models")
            return
        line = self._lines[at]
        words = [f"Models: {line.model} {line.words}", line.stage, line.note]
        self.setAccessibleName(", ".join(word for word in words if word))
