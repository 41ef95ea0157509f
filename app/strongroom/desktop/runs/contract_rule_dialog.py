# SPDX-License-Identifier: Apache-2.0
"""One rule of a contract as a form; how many runs would break it is told while it is filled in.

* Nothing is written before "State rule" is pressed. Fields that do not go with what the rule is
  about are not there.
"""

import math

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.runs.words import shown
from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from strongroom.domain.errors import BadInput
from strongroom.domain.model import COLUMN_TYPES
from strongroom.domain.shape import WORDS

SUBJECTS = (
    (Subject.PARAM.value, "Param"),
    (Subject.METRIC.value, "Metric"),
    (Subject.TAG.value, "Tag"),
    (Subject.DATASET.value, "Dataset"),
    (Subject.ARTIFACT.value, "Artifact"),
    (Subject.SIGNATURE.value, "Signature"),
    (Subject.NAMES.value, "Names"),
    (Subject.CONDITION.value, "Condition"),
)
LEVELS = ((Level.MUST.value, "Must"), (Level.SHOULD.value, "Should"))
KEYS = {
    Subject.PARAM: ("Name of the param", "lr"),
    Subject.METRIC: ("Name of the metric", "val/loss"),
    Subject.TAG: ("Name of the tag", "owner"),
    Subject.DATASET: ("What it is used for, * for anything", "training"),
    Subject.ARTIFACT: ("Its path; * is any text", "*/MLmodel"),
    Subject.SIGNATURE: ("Path of the model, * for any", "model"),
    Subject.NAMES: ("Names of: params, metrics or tags", "params"),
    Subject.CONDITION: ("What people call it", "quick"),
}
HAS_TEXT = {Subject.PARAM, Subject.TAG, Subject.NAMES}
HAS_WORDS = HAS_TEXT | {Subject.DATASET}
HAS_BOUNDS = {Subject.PARAM, Subject.METRIC, Subject.TAG}
ASKED_AFTER_MS = 250  # after the last key: the count of a large store takes some 50 ms


class ContractRuleDialog(Dialog):
    """Asks what a contract asks.

    Args:
        contract: The contract it goes to.
        rule: The rule to change, None for a new one.

    Signals:
        drafted: Another rule stands in the fields; `show_count` answers it.
        stated: The rule was stated (a `ContractRule`).
    """

    drafted = Signal(object)
    stated = Signal(object)

    def __init__(
        self, contract: Contract, rule: ContractRule | None, parent: QWidget | None = None
    ) -> None:
        name = shown(contract.name)
        title = f"Rule of {name}" if rule else f"New rule for {name}"
        super().__init__(
            title, title=title, sentence="What a run lacks counts when it has finished; what is "
            "wrong counts at once.", width=520, parent=parent,
        )  # fmt: skip
        self._rule = rule
        subject = rule.subject if rule else Subject.PARAM
        self.subject = Choice(SUBJECTS, subject.value, name="What the rule is about")
        self.subject.setEnabled(rule is None)
        self.key = Field("Name", "", rule.key if rule else "", size="large")
        self.key.edit.setReadOnly(rule is not None)
        self.required = Check("Every finished run has to have it")
        self.required.setChecked(rule.is_required if rule else True)
        self.shape = Field("Shape", "number", ", ".join(rule.shapes) if rule else "", size="large")
        self.shape.edit.setToolTip(f"{', '.join(WORDS)}, or a pattern such as run-*")
        self.allowed = Field(
            "Allowed words", "any", ", ".join(rule.allowed) if rule else "", size="large"
        )
        self.low = Field("Lower bound", "none", _number(rule.low if rule else None), size="large")
        self.high = Field("Upper bound", "none", _number(rule.high if rule else None), size="large")
        self.inputs = Field("Inputs", "any", ", ".join(rule.inputs) if rule else "", size="large")
        self.outputs = Field(
            "Outputs", "any", ", ".join(rule.outputs) if rule else "", size="large"
        )
        for columns in (self.inputs, self.outputs):
            columns.edit.setToolTip(f"A type is one of {', '.join(sorted(COLUMN_TYPES))}")
        self.must = Field("Condition", "duration < 7200", rule.must if rule else "", size="large")
        self.level = Segmented(LEVELS, (rule.level if rule else Level.MUST).value, name="Level")
        self.why = Field("Why", "What people should know", rule.why if rule else "", size="large")
        self.answer = Elided("", "text_secondary", "dense")
        self._key_title = Label("", "text_secondary", "dense")
        self._parts = self._make_parts()
        self.set_body(
            column(
                row(
                    column(Label("About", "text_secondary", "dense"), 6, self.subject, 2),
                    (column(self._key_title, 4, self.key), 1),
                    spacing=12,
                ),
                12,
                *self._parts.values(),
                row(Label("A broken rule stops a registration, or is only told", "text_secondary",
                          "dense"), None, self.level), 12,
                _titled("Why", self.why), self.answer,
            )
        )  # fmt: skip
        self.save = self.add_action("State rule", "primary", closes=True)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._tell_draft)
        self._wire()
        self._shape_form()
        self._look()

    def draft(self) -> ContractRule:
        """Returns the rule the fields spell.

        Raises:
            BadInput: ``E-CONTRACT`` if they spell none.
        """
        subject = Subject(self.subject.current())
        can = subject not in {Subject.NAMES, Subject.CONDITION}
        return ContractRule(
            subject=subject,
            key=self.key.text().strip(),
            is_required=can and self.required.isChecked(),
            shapes=_words(self.shape.text()) if subject in HAS_TEXT else (),
            allowed=_words(self.allowed.text()) if subject in HAS_WORDS else (),
            low=_bound(self.low.text()) if subject in HAS_BOUNDS else None,
            high=_bound(self.high.text()) if subject in HAS_BOUNDS else None,
            inputs=_words(self.inputs.text()) if subject is Subject.SIGNATURE else (),
            outputs=_words(self.outputs.text()) if subject is Subject.SIGNATURE else (),
            must=self.must.text().strip() if subject is Subject.CONDITION else "",
            level=Level(self.level.current()),
            why=self.why.text().strip(),
        )

    def show_count(self, held: int, broken: int, names: tuple[str, ...]) -> None:
        """Says how many runs would break the draft, and names the newest."""
        of = wording.count(held, "run")
        if not broken:
            self.answer.set_text(f"None of {of} would break it", "text_secondary")
            return
        named = ", ".join(shown(name) for name in names)
        more = "…" if broken > len(names) else ""
        self.answer.set_text(f"{broken:,} of {of} would break it: {named}{more}", "warn_text")

    # ------------------------------------------------------------ inside

    def _make_parts(self) -> dict[str, Surface]:
        bounds = row(
            (_titled("Smallest it may be", self.low), 1),
            (_titled("Largest it may be", self.high), 1),
            spacing=12,
        )  # fmt: skip
        return {
            "required": column(self.required, 12),
            "shape": _titled("Shape: a number, snake_case, a pattern; several with commas",
                             self.shape),
            "allowed": _titled("Allowed words, with commas", self.allowed),
            "bounds": bounds,
            "columns": column(
                _titled("Inputs it takes, with commas: age: long, country", self.inputs),
                _titled("Outputs it gives", self.outputs),
            ),
            "must": _titled("What has to hold for a finished run, as in the filter", self.must),
        }  # fmt: skip

    def _wire(self) -> None:
        self.subject.chosen.connect(lambda _key: self._on_subject())
        fields = (
            self.key, self.shape, self.allowed, self.low, self.high, self.inputs, self.outputs,
            self.must, self.why,
        )  # fmt: skip
        for field in fields:
            field.changed.connect(lambda _words: self._look())
        self.required.toggled.connect(lambda _on: self._look())
        self.level.changed.connect(lambda _key: self._look())
        self.accepted.connect(lambda: self.stated.emit(self.draft()))
        self.finished.connect(lambda _result: self._soon.stop())

    def _on_subject(self) -> None:
        self._shape_form()
        self._look()

    def _shape_form(self) -> None:
        subject = Subject(self.subject.current())
        title, example = KEYS[subject]
        self._key_title.setText(title)
        self.key.edit.setPlaceholderText(example)
        self._parts["required"].setVisible(subject not in {Subject.NAMES, Subject.CONDITION})
        self._parts["shape"].setVisible(subject in HAS_TEXT)
        self._parts["allowed"].setVisible(subject in HAS_WORDS)
        self._parts["bounds"].setVisible(subject in HAS_BOUNDS)
        self._parts["columns"].setVisible(subject is Subject.SIGNATURE)
        self._parts["must"].setVisible(subject is Subject.CONDITION)
        self._grow()

    def _look(self) -> None:
        """Says whether the fields spell a rule, and asks who would break it."""
        why = ""
        try:
            is_same = self.draft() == self._rule
        except BadInput as error:
            why, is_same = error.title.partition(": ")[2] or error.title, False
        if not self.key.text().strip():
            why = "Say what the rule is about"
        self.save.setEnabled(not why and not is_same)
        said = why[:1].upper() + why[1:] if why else "This rule holds already" if is_same else ""
        self.set_reason(shown(said), "warn" if why and self.key.text().strip() else "mute")
        if why:
            self._soon.stop()
            self.answer.set_text("", "text_secondary")
        else:
            self._soon.start(ASKED_AFTER_MS)

    def _tell_draft(self) -> None:
        self.drafted.emit(self.draft())


def _titled(words: str, field: QWidget) -> Surface:
    return column(Label(words, "text_secondary", "dense"), 4, field, 12)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _number(bound: float | None) -> str:
    if bound is None:
        return ""
    return repr(bound).removesuffix(".0") if math.isfinite(bound) else ""


def _bound(text: str) -> float | None:
    words = text.strip().replace("\N{MINUS SIGN}", "-")
    if not words or words.lower() == "none":
        return None
    try:
        return float(words)
    except ValueError as error:
        raise BadInput(
            "E-CONTRACT", f"{words[:40]} is neither a number nor none", "Type a number."
        ) from error
