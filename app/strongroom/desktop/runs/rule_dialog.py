# SPDX-License-Identifier: Apache-2.0
"""The rule of one metric: its unit, which way is better, its bounds; and who breaks it, live.

* What a person states wins over what the name tells; forgetting goes back to the name.
* Nothing is written before "State rule" is pressed; which runs break the bounds is shown before.
"""

import math
from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.runs.words import shown
from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import MAX_UNIT, Direction, MetricRule, learned_rule
from strongroom.services.rule_breaches import RuleBreaches

DIRECTIONS = (
    (Direction.HIGHER.value, "Higher"),
    (Direction.LOWER.value, "Lower"),
    (Direction.NONE.value, "Neither"),
)
ASKED_AFTER_MS = 200  # after the last key: the count of a large store takes some 20 ms


class RuleDialog(Dialog):
    """Asks what holds for a metric.

    Args:
        rule: The rule that holds now, stated or learned.

    Signals:
        drafted: Another rule stands in the fields; `show_breaches` answers it.
        stated: The rule was stated (a `MetricRule`).
        forgotten: The stated rule is to go (the metric's key).
        runs_requested: The runs that break the draft are to be shown (a filter).
    """

    drafted = Signal(object)
    stated = Signal(object)
    forgotten = Signal(str)
    runs_requested = Signal(str)

    def __init__(self, rule: MetricRule, parent: QWidget | None = None) -> None:
        name = shown(rule.key)
        super().__init__(
            f"Rule of {name}", title=f"Rule of {name}", sentence=_origin(rule), width=480,
            parent=parent,
        )  # fmt: skip
        self._rule, self._filter = rule, ""
        self.unit = Field("Unit", "ms, GB, %", rule.unit, size="large")
        self.unit.edit.setMaxLength(MAX_UNIT)
        self.direction = Segmented(DIRECTIONS, rule.direction.value, name="Better is")
        self.low = Field("Lower bound", "none", _bound_text(rule.low), size="large")
        self.high = Field("Upper bound", "none", _bound_text(rule.high), size="large")
        self.answer = Elided("", "text_secondary", "dense")
        self.find_them = Button("Show them", "ghost", "list-filter", small=True)
        self.find_them.setEnabled(False)
        self.find_them.clicked.connect(self._on_find_clicked)
        bounds = row(
            (column(Label("Smallest it may be", "text_secondary", "dense"), 4, self.low), 1), 12,
            (column(Label("Largest it may be", "text_secondary", "dense"), 4, self.high), 1),
            spacing=0,
        )  # fmt: skip
        self.set_body(
            column(
                Label("Unit", "text_secondary", "dense"), 4, self.unit, 12,
                Label("Better is", "text_secondary", "dense"), 4, row(self.direction, None), 12,
                bounds, 12, row((self.answer, 1), self.find_them),
            )
        )  # fmt: skip
        self.forget = self.add_action("Forget", "secondary")
        self.forget.setToolTip("What the name tells holds again")
        self.forget.setVisible(not rule.is_learned)
        self.save = self.add_action("State rule", "primary", closes=True)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._tell_draft)
        self._wire()
        self._look()
        self._grow()  # the sentence may take two lines

    def draft(self) -> MetricRule:
        """Returns the rule the fields spell.

        Raises:
            BadInput: ``E-USAGE`` if they spell none.
        """
        return MetricRule(
            key=self._rule.key,
            unit=self.unit.text().strip(),
            direction=Direction(self.direction.current()),
            low=_bound(self.low.text()),
            high=_bound(self.high.text()),
        )

    def show_breaches(self, found: RuleBreaches) -> None:
        """Says how many runs break the draft."""
        self._filter = found.filter if found.broken else ""
        many, words = wording.count(found.having, "run"), ""
        if found.broken:
            names = ", ".join(shown(name) for name in found.names)
            more = "…" if found.broken > len(found.names) else ""
            words = f"{found.broken:,} of {many} would break it: {names}{more}"
        elif found.filter:
            words = f"None of {many} breaks it"
        else:
            words = f"{many[0].upper()}{many[1:]} logged it; without bounds none can break it"
        self.answer.set_text(words, "warn_text" if found.broken else "text_secondary")
        self.find_them.setEnabled(bool(self._filter))

    # ------------------------------------------------------------ inside

    def _wire(self) -> None:
        for field in (self.unit, self.low, self.high):
            field.changed.connect(lambda _words: self._look())
        self.direction.changed.connect(lambda _key: self._look())
        self.accepted.connect(lambda: self.stated.emit(self.draft()))
        self.forget.clicked.connect(self._on_forget_clicked)
        self.finished.connect(lambda _result: self._soon.stop())

    def _look(self) -> None:
        """Says whether the fields spell a rule, and asks who breaks it."""
        why, is_same = "", False
        try:
            is_same = self.draft() == replace(self._rule, is_learned=False)
        except BadInput as error:
            why = error.title
        for field in (self.low, self.high):
            field.set_bad(is_bad=not _reads(field.text()) or why.startswith("The lower bound"))
        self.save.setEnabled(not why and not is_same)
        self.set_reason(
            why or ("This rule holds already" if is_same else ""), "warn" if why else "mute"
        )
        if why:
            self._soon.stop()
            self._filter = ""
            self.find_them.setEnabled(False)
            self.answer.set_text("", "text_secondary")
        else:
            self._soon.start(ASKED_AFTER_MS)

    def _tell_draft(self) -> None:
        self.drafted.emit(self.draft())

    def _on_find_clicked(self) -> None:
        self.reject()
        self.runs_requested.emit(self._filter)

    def _on_forget_clicked(self) -> None:
        self.reject()
        self.forgotten.emit(self._rule.key)


def _origin(rule: MetricRule) -> str:
    """Returns who said what holds now."""
    if not rule.is_learned:
        told = _told(learned_rule(rule.key))
        return f"Stated by a person, for everybody who opens this store. Its name tells {told}."
    if rule == MetricRule(key=rule.key, is_learned=True):
        return "Its name tells nothing. What is stated holds for everybody who opens this store."
    return "Learned from its name. What is stated holds for everybody who opens this store."


def _told(rule: MetricRule) -> str:
    better = "" if rule.direction is Direction.NONE else f"{rule.direction.value} is better"
    low, high = _bound_text(rule.low), _bound_text(rule.high)
    bounds = f"{low or 'no bound'} to {high or 'no bound'}" if low or high else ""
    unit = f"unit {rule.unit}" if rule.unit else ""
    return ", ".join(part for part in (unit, better, bounds) if part) or "nothing"


def _bound_text(bound: float | None) -> str:
    if bound is None:
        return ""
    return repr(bound).removesuffix(".0") if math.isfinite(bound) else ""


def _reads(text: str) -> bool:
    try:
        return _bound(text) is None or True
    except BadInput:
        return False


def _bound(text: str) -> float | None:
    words = text.strip()
    if not words or words.lower() == "none":
        return None
    try:
        return float(words.replace("\N{MINUS SIGN}", "-"))
    except ValueError as error:
        raise BadInput(
            "E-USAGE", f"{shown(words[:40])} is neither a number nor none", "Type a number."
        ) from error
