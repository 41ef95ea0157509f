# SPDX-License-Identifier: Apache-2.0
"""Contracts from the window: stated, learned, retired, and runs put right; each with Undo.

* One path for every door: the menu, the palette, the menu of rows, the dialog.
* Stating is another version; Undo states the one before as a version of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs.bulk import Bulk
from strongroom.desktop.runs.contract_dialogs import ContractDialog, LearnDialog, RepairDialog
from strongroom.desktop.runs.contract_rule_dialog import ContractRuleDialog
from strongroom.desktop.runs.contracts_dialog import ContractsDialog, breaking
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.contract import Contract, ContractRule, waiver_tag
from strongroom.domain.contract_learning import Proposal
from strongroom.domain.progress import Progress
from strongroom.services.contract_check import ContractCheck, ContractFindings
from strongroom.services.contract_learning import MOST_RUNS, learn

NAMED = 3  # runs named in a sentence
Known = tuple[tuple[Contract, ...], ContractFindings]
Rules = tuple[tuple[Contract, ContractRule], ...]


@dataclass(frozen=True, slots=True)
class PageDoors:
    """What the page lends: showing runs, opening one, and the question the table answers."""

    find: Callable[[str], None]
    open_run: Callable[[str], None]
    question: Callable[[], Question]


class ContractActions(QObject):
    """Asks for contracts and states them.

    Args:
        services: Where they are kept.
        tasks: The jobs of the window.
        page: The parent of dialogs; hears of faults, of changes and of steps to undo.
        bulk: Does and undoes changes of many runs.
        doors: What the page lends.
    """

    def __init__(
        self, services: RunsServices, tasks: Tasks, page: Page, bulk: Bulk, doors: PageDoors
    ) -> None:
        super().__init__(page)
        self._services, self._tasks, self._page = services, tasks, page
        self._bulk, self._doors = bulk, doors
        self._contracts = services.runs.contracts
        self._check = ContractCheck(services.runs)
        self._open: ContractsDialog | None = None
        self._known: Known | None = None

    def show_all(self) -> None:
        """Opens the contracts with who breaks them."""
        self._read(self._open_dialog)

    def show_draft(self, contract: Contract) -> None:
        """Opens a contract that is not in force, with who would break it; nothing is written."""

        def done(findings: ContractFindings) -> None:
            self._known = ((contract,), findings)
            self._open_dialog(self._known)

        self._tasks.ask(
            "runs.contracts", "Checking contracts",
            lambda progress: self._check.findings(contracts=[contract], progress=progress), done,
            owner=self, failed=self._on_failed,
        )  # fmt: skip

    def show_broken(self) -> None:
        """Shows the runs that break a rule in the table."""
        self._doors.find("contract.breaks IS NOT NULL")

    def ask_repair(self, run_ids: Sequence[str]) -> None:
        """Asks how runs are to be put right; the rules they break can be waived."""
        chosen = tuple(run_ids)
        one = chosen[0] if chosen else ""

        def work(_progress: Progress) -> Rules:
            found = self._check.run(one)
            names = {each.name: each for each in self._contracts.all()}
            return tuple((names[each.contract], each.rule) for each in found if not each.waived)

        self._tasks.ask(
            "runs.contract.one", "Checking the contract", work,
            lambda rules: self._ask_repair(chosen, rules), owner=self, failed=self._on_failed,
        )  # fmt: skip

    def state(self, contract: Contract) -> None:
        """States a contract; Undo states what was before, or retires a new one."""
        before = next((each for each in self._held() if each.name == contract.name), None)
        back = replace(contract, is_retired=True) if before is None else before

        def done(stated: Contract) -> None:
            self._take(stated)
            if before is not None and stated.version == before.version:
                return  # the same words
            self._page.undoable.emit(
                Step(
                    title=f"state the contract {shown(contract.name)}",
                    undo=lambda: self._write(back, self._take),
                    redo=lambda: self._write(contract, self._take),
                )
            )

        self._write(contract, done)

    # ------------------------------------------------------------ inside: the list

    def _held(self) -> tuple[Contract, ...]:
        return self._known[0] if self._known else ()

    def _read(self, done: Callable[[Known], None], key: str = "runs.contracts") -> None:
        def work(progress: Progress) -> Known:
            return self._contracts.all(), self._check.findings(progress=progress)

        def keep(known: Known) -> None:
            self._known = known
            done(known)

        self._tasks.ask(key, "Checking contracts", work, keep, owner=self, failed=self._on_failed)

    def _open_dialog(self, known: Known) -> None:
        dialog = ContractsDialog(*known, parent=self._page.window())
        self._open = dialog
        dialog.contract_requested.connect(self._ask_contract)
        dialog.rule_requested.connect(self._ask_rule)
        dialog.rule_removed.connect(self._remove_rule)
        dialog.learn_requested.connect(self._ask_learn)
        dialog.repair_requested.connect(self._ask_repair_of)
        dialog.runs_requested.connect(self._doors.find)
        dialog.run_requested.connect(self._on_run_requested)
        dialog.finished.connect(self._on_closed)
        dialog.open()

    def _on_closed(self) -> None:
        self._open = None

    def _on_run_requested(self, run_id: str) -> None:
        if self._open is not None:
            self._open.reject()
        self._doors.open_run(run_id)

    def _contract(self, name: str) -> Contract | None:
        return next((each for each in self._held() if each.name == name), None)

    def _parent(self) -> "ContractsDialog | Page":
        return self._open or self._page

    # ------------------------------------------------------------ inside: stating

    def _ask_contract(self, name: str) -> None:
        dialog = ContractDialog(self._contract(name), self._parent())
        dialog.stated.connect(self.state)
        dialog.retired.connect(self._retire)
        dialog.open()

    def _retire(self, name: str) -> None:
        if (contract := self._contract(name)) is not None:
            self.state(replace(contract, is_retired=True))

    def _ask_rule(self, name: str, about: str) -> None:
        contract = self._contract(name)
        if contract is None:
            return
        dialog = ContractRuleDialog(contract, contract.rule(about), self._parent())
        dialog.drafted.connect(partial(self._count, dialog, contract))
        dialog.stated.connect(lambda rule: self.state(contract.with_rule(rule)))
        dialog.open()

    def _remove_rule(self, name: str, about: str) -> None:
        if (contract := self._contract(name)) is not None:
            self.state(contract.without(about))

    def _count(self, dialog: ContractRuleDialog, contract: Contract, draft: ContractRule) -> None:
        drafted = [replace(contract, rules=(draft,))]

        def done(found: ContractFindings) -> None:
            broken = [each.run for each in found.runs if each.breaks][:NAMED]
            names = tuple(run.name or run.run_id[:8] for run in broken)
            dialog.show_count(found.held, found.broken, names)

        self._tasks.ask(
            "runs.contract.draft", "Counting runs that break a rule",
            lambda progress: self._check.findings(contracts=drafted, progress=progress),
            done, owner=dialog,
        )  # fmt: skip

    def _ask_learn(self, name: str) -> None:
        question, services = self._doors.question(), self._services
        finished = "status = 'FINISHED'"
        text = f"({question.filter}) AND {finished}" if question.filter else finished

        def work(progress: Progress) -> tuple[Proposal, ...]:
            page = services.runs.search(text, experiment=question.experiment, limit=MOST_RUNS)
            ids = [run.run_id for run in page.runs]
            return learn(services.runs, ids, progress=progress)

        def done(proposals: tuple[Proposal, ...]) -> None:
            contract = self._contract(name)
            dialog = LearnDialog(contract, proposals, question.experiment, self._parent())
            dialog.stated.connect(self.state)
            dialog.open()

        self._tasks.ask(
            "runs.contract.learn", "Learning a contract", work, done, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _write(self, contract: Contract, done: Callable[[Contract], None]) -> None:
        self._tasks.change(
            "runs.contract.write", "Writing a contract",
            lambda _progress: self._contracts.state(contract), done, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _take(self, stated: Contract) -> None:
        self._page.changed.emit(self._contracts.changes(stated))
        self._read(self._show_again, "runs.contracts.again")  # beside one that opens the list

    def _show_again(self, known: Known) -> None:
        if self._open is not None:
            self._open.show_findings(*known)

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self._parent())

    # ------------------------------------------------------------ inside: repairing

    def _ask_repair_of(self, name: str, about: str) -> None:
        contract = self._contract(name)
        rule = contract.rule(about) if contract else None
        if contract is None or rule is None:
            return

        def done(run_ids: tuple[str, ...]) -> None:
            self._ask_repair(run_ids, ((contract, rule),))

        table = self._services.run_table
        self._tasks.ask(
            "runs.contract.broken", "Looking for runs that break a rule",
            lambda _progress: table.run_ids(table.order(breaking(about)).ids), done, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _ask_repair(self, run_ids: Sequence[str], rules: Rules) -> None:
        dialog = RepairDialog(len(run_ids), rules, self._parent())
        dialog.asked.connect(partial(self._repair, tuple(run_ids), rules))
        dialog.open()

    def _repair(
        self, run_ids: tuple[str, ...], rules: Rules, verb: str, first: str, second: str
    ) -> None:
        edits = self._services.runs.edits
        if verb == "waive":
            key = waiver_tag(*rules[int(first)])
            self._bulk.change(
                "Waiving a rule", "Waived for", lambda p: edits.tag(run_ids, key, second, p)
            )
            return
        act = {"tag": edits.tag, "rename": edits.rename_tag, "param": edits.add_param}[verb]
        name = {"tag": "Tagging runs", "rename": "Renaming a tag", "param": "Adding a param"}[verb]
        self._bulk.change(name, "Repaired", lambda p: act(run_ids, first, second, p))
