# SPDX-License-Identifier: Apache-2.0
"""The contracts of a store: their rules with how many runs break each, and a picture of who does.

* The words are those of ``contract check``; counts are of all runs, the picture of the newest.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import MISSING, BadgeCell, BarCell, Column, Row, TextCell
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Elided, SectionTitle
from strongroom.desktop.kit.surface import Scroll, Split, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.runs.contract_matrix import ContractMatrix, MatrixLegend
from strongroom.desktop.runs.words import shown
from strongroom.domain.contract import Contract, Level
from strongroom.domain.contract_sentence import asks, subject_words
from strongroom.services.contract_check import ContractFindings, RuleCount

EVERY = ""
NOTHING = (
    "A contract says what runs have to have: an owner, a learning rate that is a number, a "
    "dataset. Learn one from runs that are as they should be, or make a new one."
)


class ContractsDialog(Dialog):
    """Rules, who breaks them, and what can be done.

    Signals:
        contract_requested: A contract is to be made or changed (its name, "" for a new one).
        rule_requested: A rule is to be added or changed (contract, what it is about, "" for new).
        rule_removed: A rule is to go (contract, what it is about).
        learn_requested: A contract is to be learned (its name, "" for a new one).
        repair_requested: The runs that break a rule are to be repaired (contract, about).
        runs_requested: Those runs are to be shown in the table (a filter).
        run_requested: A run of the picture is to be opened (its id).
    """

    contract_requested = Signal(str)
    rule_requested = Signal(str, str)
    rule_removed = Signal(str, str)
    learn_requested = Signal(str)
    repair_requested = Signal(str, str)
    runs_requested = Signal(str)
    run_requested = Signal(str)

    def __init__(
        self,
        contracts: Sequence[Contract],
        findings: ContractFindings,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Contracts", title="Contracts",
            sentence="What runs have to have. Stated for everybody who opens this store.",
            width=940, height=680, cancel="Close", parent=parent,
        )  # fmt: skip
        self._contracts: tuple[Contract, ...] = ()
        self._findings = findings
        self.which = Choice((), "", name="Contract", nothing="No contract yet")
        self.settings = Button("Change…", "ghost", "sliders-horizontal", small=True, changes=True)
        self.settings.setToolTip("Experiments and note of the contract, or retire it")
        self.new = Button("New contract…", "ghost", "plus", small=True, changes=True)
        self.learn = Button("Learn from runs…", "ghost", "flask-conical", small=True, changes=True)
        self.scope = Elided("", "text_secondary", "dense")
        self.table = Table(
            (
                Column("rule", "About", 184),
                Column("asks", "What is asked", 240, stretch=True),
                Column("level", "Level", 84),
                Column("broken", "Broken by", 132),
                Column("waived", "Waived", 84, "right"),
            ),
            name="Rules of the contract",
            edge=20,
        )
        self.matrix = ContractMatrix()
        self.legend = MatrixLegend()
        self.told = Elided("", "text_secondary", "dense")
        self._lay_out()
        self._wire()
        self.show_findings(contracts, findings)

    def show_findings(self, contracts: Sequence[Contract], findings: ContractFindings) -> None:
        """Shows other contracts or counts, and keeps what is chosen."""
        self._contracts, self._findings = tuple(contracts), findings
        names = [contract.name for contract in self._contracts]
        chosen = self.which.current() if self.which.current() in names else EVERY
        if len(names) == 1:
            chosen = names[0]
        every = [(EVERY, "All contracts")] if len(names) > 1 else []
        self.which.set_choices([*every, *((name, name) for name in names)], chosen)
        self._list()

    def chosen_contract(self) -> str:
        """Returns the contract whose rules are listed, "" for all."""
        return self.which.current()

    def selected(self) -> RuleCount | None:
        """Returns the selected rule."""
        keys = self.table.selected()
        return next((each for each in self._findings.rules if each.key in keys), None)

    # ------------------------------------------------------------ inside

    def _lay_out(self) -> None:
        self.add = self.add_action("Add rule…", "secondary", "plus")
        self.change = self.add_action("Change rule…")
        self.remove = self.add_action("Remove rule")
        self.show_them = self.add_action("Show runs", "secondary", "list-filter")
        self.repair = self.add_action("Repair…", "primary", "wrench")
        tools = row(
            self.which, self.settings, (self.scope, 1), self.new, self.learn,
            margins=(20, 0, 20, 8),
        )  # fmt: skip
        picture = column(
            row((SectionTitle("Who breaks what"), 1), self.legend), 4, (Scroll(self.matrix), 1), 4,
            self.told, margins=(20, 8, 20, 6),
        )  # fmt: skip
        self.empty = EmptyState(
            "No run is held to anything yet", NOTHING, "Learn from runs…", "flask-conical"
        )
        self._split = Split("vertical", column((self.table, 1)), picture, sizes=(260, 260))
        self.set_body(column(tools, (self.empty, 1), (self._split, 1)), margins=(0, 0, 0, 0))

    def _wire(self) -> None:
        self.which.chosen.connect(lambda _name: self._list())
        self.settings.clicked.connect(lambda: self.contract_requested.emit(self._one()))
        self.empty.acted.connect(lambda: self.learn_requested.emit(""))
        self.new.clicked.connect(lambda: self.contract_requested.emit(""))
        self.learn.clicked.connect(lambda: self.learn_requested.emit(self.chosen_contract()))
        self.add.clicked.connect(lambda: self.rule_requested.emit(self._one(), ""))
        self.change.clicked.connect(self._on_change)
        self.remove.clicked.connect(self._on_remove)
        self.show_them.clicked.connect(self._on_show)
        self.repair.clicked.connect(self._on_repair)
        self.table.activated_row.connect(lambda _key: self._on_change())
        self.table.selection_changed.connect(lambda _keys: self._look())
        self.matrix.told.connect(self._tell)
        self.matrix.opened.connect(self.run_requested)

    def _list(self) -> None:
        name = self.chosen_contract()
        rules = [each for each in self._findings.rules if name in {EVERY, each.contract.name}]
        most = max(1, self._findings.held)
        several = name == EVERY and len(self._contracts) > 1
        self.table.set_lines([_line(each, most, several=several) for each in rules])
        self.matrix.show_runs(rules, self._findings.runs)
        self.empty.setVisible(not self._contracts)
        self._split.setVisible(bool(self._contracts))
        acts = (self.add, self.change, self.remove, self.show_them, self.repair)
        for button in (self.which, self.settings, self.learn, *acts):
            button.setVisible(bool(self._contracts))
        contract = next((each for each in self._contracts if each.name == name), None)
        words = ""
        if contract is not None:
            places = ", ".join(shown(each) for each in contract.experiments)
            words = (
                f"Version {contract.version}, for {'every experiment' if places == '*' else places}"
            )
        self.scope.set_text(words, "text_secondary")
        self.settings.setEnabled(contract is not None)
        self._look()

    def _look(self) -> None:
        """Says what holds, and enables what can be done with the selected rule."""
        rule = self.selected()
        for button in (self.change, self.remove):
            button.setEnabled(rule is not None)
        for button in (self.show_them, self.repair):
            button.setEnabled(rule is not None and bool(rule.broken))
        self.add.setEnabled(bool(self._contracts))
        found = self._findings
        if found.problems:
            self.set_reason(shown(found.problems[0]), "bad")
        elif not self._contracts:
            self.set_reason("No run is held to anything")
        elif found.broken:
            runs = wording.count(found.held, "run")
            self.set_reason(f"{found.broken:,} of {runs} break a rule", "warn")
        else:
            self.set_reason(f"All {wording.count(found.held, 'run')} keep it", "ok")
        self._tell(self.matrix.sentence())

    def _tell(self, words: str) -> None:
        shown_now, all_ = len(self.matrix.shown_runs()), self._findings.broken
        usual = "Arrows go from square to square, Enter opens the run"
        if not self._findings.runs:
            usual = ""
        elif shown_now < all_:
            usual = f"The newest {shown_now:,} of {wording.count(all_, 'run')}. {usual}"
        self.told.set_text(words or usual, "text_primary" if words else "text_secondary")

    def _one(self) -> str:
        """Returns the contract a new rule goes to."""
        rule, name = self.selected(), self.chosen_contract()
        if name or rule is None:
            return name or (self._contracts[0].name if self._contracts else "")
        return rule.contract.name

    def _on_change(self) -> None:
        if (rule := self.selected()) is not None:
            self.rule_requested.emit(rule.contract.name, rule.rule.about)

    def _on_remove(self) -> None:
        if (rule := self.selected()) is not None:
            self.rule_removed.emit(rule.contract.name, rule.rule.about)

    def _on_show(self) -> None:
        if (rule := self.selected()) is not None:
            self.reject()
            self.runs_requested.emit(breaking(rule.rule.about))

    def _on_repair(self) -> None:
        if (rule := self.selected()) is not None and rule.broken:
            self.repair_requested.emit(rule.contract.name, rule.rule.about)


def breaking(about: str) -> str:
    """Returns the filter of the runs that break a rule."""
    quoted = about.replace("'", "''")
    return f"contract.breaks = '{quoted}'"


def _line(each: RuleCount, most: int, *, several: bool) -> Row:
    rule = each.rule
    is_must = rule.level is Level.MUST
    about = shown(subject_words(rule))
    badge = BadgeCell("must", "bad" if each.broken else "mute") if is_must else BadgeCell("should")
    if not is_must and each.broken:
        badge = BadgeCell("should", "warn")
    return Row(
        each.key,
        (
            TextCell(about, strong=True, note=each.contract.name if several else ""),
            TextCell(shown(asks(rule))),
            badge,
            BarCell(each.broken / most, f"{each.broken:,}") if each.broken else MISSING,
            TextCell(f"{each.waived:,}") if each.waived else MISSING,
        ),
    )
