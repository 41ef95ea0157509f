# SPDX-License-Identifier: Apache-2.0
"""The smaller questions about contracts: name and experiments, what was learned, how to repair.

* Nothing is written before the primary button is pressed; every one of these has Undo.
"""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import BadgeCell, CheckCell, Column, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.runs.words import shown
from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from strongroom.domain.contract_learning import Proposal
from strongroom.domain.contract_sentence import asks, subject_words
from strongroom.domain.errors import BadInput

VERBS = (("tag", "Set tag"), ("rename", "Rename tag"), ("param", "Add param"), ("waive", "Waive"))


class ContractDialog(Dialog):
    """Name, experiments and note of a contract.

    Args:
        contract: The contract to change, None for a new one.

    Signals:
        stated: It was stated (a `Contract`).
        retired: It is to speak for nobody any more (its name).
    """

    stated = Signal(object)
    retired = Signal(str)

    def __init__(self, contract: Contract | None, parent: QWidget | None = None) -> None:
        title = f"Contract {shown(contract.name)}" if contract else "New contract"
        super().__init__(
            title, title=title, sentence="Runs of these experiments are held to it.", width=480,
            parent=parent,
        )  # fmt: skip
        self._contract = contract
        self.name = Field("Name", "fraud", contract.name if contract else "", size="large")
        self.name.edit.setReadOnly(contract is not None)
        places = ", ".join(contract.experiments) if contract else "*"
        self.experiments = Field("Experiments", "fraud-*, churn", places, size="large")
        self.note = Field(
            "Note", "Who agreed on it", contract.note if contract else "", size="large"
        )
        self.set_body(
            column(
                _titled("Name, in lower case", self.name),
                _titled("Experiments or patterns, with commas; * is every one", self.experiments),
                _titled("Note", self.note),
            )
        )  # fmt: skip
        self.retire = self.add_aside("Retire")
        self.retire.setToolTip("It speaks for nobody any more; its versions stay")
        self.retire.setVisible(contract is not None)
        self.save = self.add_action("State contract", "primary", closes=True)
        for field in (self.name, self.experiments, self.note):
            field.changed.connect(lambda _words: self._look())
        self.accepted.connect(lambda: self.stated.emit(self.draft()))
        self.retire.clicked.connect(self._on_retire)
        self._look()

    def draft(self) -> Contract:
        """Returns the contract the fields spell.

        Raises:
            BadInput: ``E-CONTRACT`` if they spell none.
        """
        before = self._contract or Contract(name=self.name.text().strip())
        places = tuple(
            each for part in self.experiments.text().split(",") if (each := part.strip())
        )
        return replace(before, experiments=places, note=self.note.text().strip())

    def _look(self) -> None:
        why = ""
        try:
            is_same = self.draft() == self._contract
        except BadInput as error:
            why, is_same = error.title, False
        if not self.name.text().strip():
            why = "Give it a name"
        self.save.setEnabled(not why and not is_same)
        self.set_reason(shown(why), "warn" if why and self.name.text().strip() else "mute")

    def _on_retire(self) -> None:
        self.reject()
        self.retired.emit(self.name.text().strip())


class LearnDialog(Dialog):
    """What some runs agree on, to be ticked.

    Args:
        contract: The contract that learns, None for a new one.
        proposals: What the runs agree on.
        experiment: The experiment of the runs, "" for several.

    Signals:
        stated: The contract with the ticked rules (a `Contract`).
    """

    stated = Signal(object)

    def __init__(
        self,
        contract: Contract | None,
        proposals: Sequence[Proposal],
        experiment: str,
        parent: QWidget | None = None,
    ) -> None:
        of = wording.count(max((each.of for each in proposals), default=0), "run")
        super().__init__(
            "Learn a contract", title=f"What {of} agree on",
            sentence="What every run has is a must, what nearly every run has is a should. "
            "Rules the contract has are replaced by the ticked ones about the same thing.",
            width=720, height=600, parent=parent,
        )  # fmt: skip
        self._contract, self._experiment = contract, experiment
        self._proposals = {each.rule.about: each for each in proposals}
        self._ticked = set(self._proposals)
        self.name = Field("Name", "fraud", contract.name if contract else "", size="large")
        self.name.edit.setReadOnly(contract is not None)
        self.table = Table(
            (
                Column("tick", "", 36, checks=True),
                Column("rule", "About", 200),
                Column("asks", "What is asked", 200, stretch=True),
                Column("level", "Level", 80),
                Column("runs", "Runs", 84, "right"),
            ),
            name="Proposed rules",
            edge=20,
        )
        head = column(_titled("Contract, in lower case", self.name), margins=(20, 0, 20, 0))
        self.set_body(column(head, (self.table, 1)), margins=(0, 0, 0, 0))
        self.save = self.add_action("State them", "primary", closes=True)
        self.name.changed.connect(lambda _words: self._look())
        self.table.checked.connect(self._on_checked)
        self.table.all_checked.connect(self._on_all_checked)
        self.accepted.connect(lambda: self.stated.emit(self.draft()))
        self._list()

    def draft(self) -> Contract:
        """Returns the contract with the ticked rules.

        Raises:
            BadInput: ``E-CONTRACT`` if it cannot stand.
        """
        places = (self._experiment,) if self._experiment else ("*",)
        found = self._contract or Contract(name=self.name.text().strip(), experiments=places)
        chosen = {about: self._proposals[about].rule for about in sorted(self._ticked)}
        kept = [rule for rule in found.rules if rule.about not in chosen]
        return replace(found, rules=(*kept, *chosen.values()))

    def _list(self) -> None:
        self.table.set_lines(
            [
                _proposed(each, is_on=about in self._ticked)
                for about, each in self._proposals.items()
            ]
        )
        self._look()

    def _look(self) -> None:
        why = "" if self._ticked else "Tick what is to be asked"
        try:
            self.draft()
        except BadInput as error:
            why = error.title
        if not self.name.text().strip():
            why = "Give the contract a name"
        self.save.setEnabled(not why)
        self.set_reason(shown(why) or f"{wording.count(len(self._ticked), 'rule')} ticked")

    def _on_checked(self, about: str, is_on: bool) -> None:
        (self._ticked.add if is_on else self._ticked.discard)(about)
        self._list()

    def _on_all_checked(self, is_on: bool) -> None:
        self._ticked = set(self._proposals) if is_on else set()
        self._list()


class RepairDialog(Dialog):
    """How runs are to be put right.

    Args:
        count: How many runs.
        rules: Rules that can be waived, with their contracts; the first is proposed.

    Signals:
        asked: A verb of `VERBS` and its two words; for ``waive`` the place in ``rules`` and the
            reason.
    """

    asked = Signal(str, str, str)

    def __init__(
        self,
        count: int,
        rules: Sequence[tuple[Contract, ContractRule]],
        parent: QWidget | None = None,
    ) -> None:
        what = wording.count(count, "run")
        super().__init__(
            f"Repair {what}", title=f"Repair {what}",
            sentence="An edit beside what the runs logged, which stays as it is. Undo takes it "
            "back.", width=520, parent=parent,
        )  # fmt: skip
        self._rules = tuple(rules)
        rule = rules[0][1] if rules else None
        has_rule = rule is not None
        self.verb = Segmented(VERBS if has_rule else VERBS[:-1], _usual(rule), name="How")
        self.first = Field("Name", "owner", size="large")
        self.second = Field("Value", "mara", size="large")
        self._titles = (Label("", "text_secondary", "dense"), Label("", "text_secondary", "dense"))
        self._told = Label("", "text_secondary", "dense", wrap=True)
        self._name = column(self._titles[0], 4, self.first, 12)
        self.set_body(
            column(
                row(self.verb, None), 12, self._told, 12, self._name, self._titles[1], 4,
                self.second,
            )
        )  # fmt: skip
        self.save = self.add_action("Repair", "primary", "wrench", closes=True)
        self.verb.changed.connect(lambda _key: self._shape())
        for field in (self.first, self.second):
            field.changed.connect(lambda _words: self._look())
        self.accepted.connect(self._on_accepted)
        if rule is not None and rule.subject in {Subject.PARAM, Subject.TAG}:
            self.first.set_text(rule.key)
        if rule is not None and len(rule.allowed) == 1:
            self.second.set_text(rule.allowed[0])
        self._shape()

    def _shape(self) -> None:
        verb = self.verb.current()
        words = {
            "tag": ("Name of the tag", "Value", "Each run has this tag afterwards."),
            "rename": ("Name it has", "Name it should have",
                       "Runs without the tag stay as they are; one that has both is told."),
            "param": ("Name of the param", "Value",
                      "For runs that lack it. A param that was logged is never changed."),
            "waive": ("", "Reason", self._waived()),
        }[verb]  # fmt: skip
        self._titles[0].setText(words[0])
        self._titles[1].setText(words[1])
        self._told.setText(words[2])
        self._name.setVisible(verb != "waive")
        self._look()
        self._grow()

    def _waived(self) -> str:
        if not self._rules:
            return ""
        contract, rule = self._rules[0]
        about = shown(subject_words(rule))
        return f"{contract.name} asks of {about}: {shown(asks(rule))}. These runs need not keep it."

    def _look(self) -> None:
        verb = self.verb.current()
        has_first = verb == "waive" or bool(self.first.text().strip())
        has_second = verb in {"tag", "param"} or bool(self.second.text().strip())
        self.save.setEnabled(has_first and has_second)
        missing = "Say why" if verb == "waive" else "Fill in the fields"
        self.set_reason("" if has_first and has_second else missing)

    def _on_accepted(self) -> None:
        verb = self.verb.current()
        first = "0" if verb == "waive" else self.first.text().strip()
        self.asked.emit(verb, first, self.second.text().strip())


def _usual(rule: ContractRule | None) -> str:
    """Returns the repair that goes with a rule."""
    if rule is None or rule.subject is Subject.TAG:
        return "tag"
    return "param" if rule.subject is Subject.PARAM else "waive"


def _proposed(each: Proposal, *, is_on: bool) -> Row:
    rule = each.rule
    about = shown(subject_words(rule))
    return Row(
        rule.about,
        (
            CheckCell(is_on, about),
            TextCell(about, strong=True),
            TextCell(shown(asks(rule))),
            BadgeCell("must", "info") if rule.level is Level.MUST else BadgeCell("should"),
            TextCell(f"{each.having:,} of {each.of:,}"),
        ),
    )


def _titled(words: str, field: QWidget) -> Surface:
    return column(Label(words, "text_secondary", "dense"), 4, field, 12)
