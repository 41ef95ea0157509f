# SPDX-License-Identifier: Apache-2.0
"""Which runs break which rule, as a picture: a row for each rule, a column for each run.

* A square is a broken rule: full where it stops a registration, a frame with a bar where it is only
  told, a ring where it was waived. Shape says it, colour repeats it.
* Arrows go from square to square, Enter opens the run; the line below says rule and run in words.
"""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.words import shown
from strongroom.domain.contract import Level
from strongroom.domain.contract_sentence import subject_words
from strongroom.services.contract_check import BrokenRun, RuleCount

CELL, GAP = 14, 2  # px of a square and between two
TITLES = 176  # px for the names of rules
MEANINGS = (("must", "stops a registration"), ("should", "is told"), ("waived", "was waived"))
MOST_ROWS = 40  # rules with a violation; more of them are found in the list


class ContractMatrix(QWidget):
    """Rules against runs.

    Signals:
        told: Another square is current (its sentence, "" for none).
        opened: A run was chosen (its id).
    """

    told = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rules: tuple[RuleCount, ...] = ()
        self._runs: tuple[BrokenRun, ...] = ()
        self._at = (-1, -1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Which runs break which rule")
        theme().follow(self)

    def show_runs(self, rules: Sequence[RuleCount], runs: Sequence[BrokenRun]) -> None:
        """Shows the rules somebody breaks, and the runs, the newest first."""
        self._rules = tuple(each for each in rules if each.broken or each.waived)[:MOST_ROWS]
        keys = {each.key for each in self._rules}
        self._runs = tuple(each for each in runs if keys & (each.breaks | each.waives))
        self._at = (-1, -1)
        self._say()
        self.updateGeometry()
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def shown_runs(self) -> tuple[BrokenRun, ...]:
        """Returns the runs that have room."""
        return self._runs[: self._across()]

    def state(self, row: int, column: int) -> str:
        """Returns what a square shows: ``must``, ``should``, ``waived`` or ""."""
        rule, run = self._rules[row], self._runs[column]
        if rule.key in run.waives:
            return "waived"
        return rule.rule.level.value if rule.key in run.breaks else ""

    def sentence(self) -> str:
        """Returns what the current square says."""
        row, column = self._at
        if row < 0:
            return ""
        rule, run = self._rules[row], self._runs[column]
        what = shown(subject_words(rule.rule))
        verb = {"": "keeps", "waived": "need not keep"}.get(self.state(row, column), "breaks")
        name = shown(run.run.name) or run.run.run_id[:8]
        return f"{name} of {shown(run.run.experiment)} {verb} {rule.contract.name}: {what}"

    def sizeHint(self) -> QSize:
        """Returns the room of all rules."""
        return QSize(theme().scaled(TITLES + 320), max(1, len(self._rules)) * self._pitch() + 8)

    def apply_theme(self) -> None:
        """Takes over the sizes of the look in force."""
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the square under the mouse."""
        self._go(*self._under(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Makes the square under the mouse current; a second press opens its run."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._go(*self._under(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the run under the mouse."""
        self._go(*self._under(event.position()))
        self._open()

    def leaveEvent(self, event: QEvent) -> None:
        """Lets go of the square under the mouse."""
        super().leaveEvent(event)
        if not self.hasFocus():
            self._go(-1, -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks from square to square; Enter opens the run."""
        steps = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self._rules and self._runs:
            row, column = (max(0, place) for place in self._at)
            row = min(max(0, row + step[0]), len(self._rules) - 1)
            self._go(row, min(max(0, column + step[1]), len(self.shown_runs()) - 1))
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._at[0] >= 0:
            self._open()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Makes the first square current."""
        super().focusInEvent(event)
        if self._at[0] < 0 and self._rules and self._runs:
            self._go(0, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints names of rules, squares, and a ring around the current one."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme()
        font, pitch = look.font("dense"), self._pitch()
        across = self._across()
        for row, rule in enumerate(self._rules):
            name = QRectF(0, 4 + row * pitch, look.scaled(TITLES) - 12, pitch)
            words = shown(subject_words(rule.rule))
            paint.text(painter, name, words, "text_secondary", font)
            for column in range(min(across, len(self._runs))):
                _square(painter, self._rect(row, column), self.state(row, column))
        if self._at[0] >= 0:
            around = self._rect(*self._at).adjusted(-2, -2, 2, 2)
            role = "focus" if self.hasFocus() else "border_control"
            paint.rounded(painter, around, 4, None, role)  # type: ignore[arg-type]  # both are roles

    def _rect(self, row: int, column: int) -> QRectF:
        look = theme()
        cell, gap = look.scaled(CELL), look.scaled(GAP)
        left = look.scaled(TITLES) + column * (cell + gap)
        top = 4 + row * self._pitch() + (self._pitch() - cell) / 2
        return QRectF(left, top, cell, cell)

    def _pitch(self) -> int:
        return max(theme().line("dense"), theme().scaled(CELL)) + 4

    def _across(self) -> int:
        look = theme()
        room = self.width() - look.scaled(TITLES) - 4
        return max(0, int(room // (look.scaled(CELL) + look.scaled(GAP))))

    def _under(self, place: QPointF) -> tuple[int, int]:
        look = theme()
        step = look.scaled(CELL) + look.scaled(GAP)
        column = int((place.x() - look.scaled(TITLES)) // step)
        row = int((place.y() - 4) // self._pitch())
        is_in = 0 <= row < len(self._rules) and 0 <= column < len(self.shown_runs())
        return (row, column) if is_in else (-1, -1)

    def _go(self, row: int, column: int) -> None:
        if (row, column) != self._at:
            self._at = (row, column)
            self._say()
            self.update()

    def _say(self) -> None:
        words = self.sentence()
        self.setAccessibleDescription(words)
        self.told.emit(words)

    def _open(self) -> None:
        if self._at[0] >= 0:
            self.opened.emit(self._runs[self._at[1]].run.run_id)


class MatrixLegend(QWidget):
    """What the squares mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(", ".join(f"{words}: {state}" for state, words in MEANINGS))
        theme().follow(self)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Takes over the size of the look in force."""
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the room of all words."""
        look = theme()
        font = look.font("caption")
        wide = sum(look.width(words, font) + look.scaled(CELL) + 24 for _, words in MEANINGS)
        return QSize(int(wide), max(look.line("caption"), look.scaled(CELL)) + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints a square and its words, three times."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme()
        font, cell, left = look.font("caption"), look.scaled(CELL), 8.0
        for state, words in MEANINGS:
            _square(painter, QRectF(left, (self.height() - cell) / 2, cell, cell), state)
            wide = look.width(words, font) + 2
            rest = QRectF(left + cell + 6, 0, wide, self.height())
            paint.text(painter, rest, words, "text_secondary", font)
            left += cell + wide + 22


def _square(painter: QPainter, rect: QRectF, state: str) -> None:
    """Paints what a state is: full, a frame with a bar, a ring, or an empty place."""
    if state == Level.MUST.value:
        paint.rounded(painter, rect, 3, "bad_icon")
    elif state == Level.SHOULD.value:
        paint.rounded(painter, rect, 3, "warn_bg", "warn_icon")
        bar = QRectF(rect.left() + 3, rect.center().y() - 1, rect.width() - 6, 2)
        paint.rounded(painter, bar, 1, "warn_icon")
    elif state == "waived":
        painter.setPen(QPen(theme().colour("text_tertiary"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(rect.center(), rect.width() / 2 - 3, rect.width() / 2 - 3)
    else:
        paint.rounded(painter, rect, 3, "bg_sunken")
