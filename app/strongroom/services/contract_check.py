# SPDX-License-Identifier: Apache-2.0
"""Which runs break which rule: one run with its sentences, many as a table of rules and runs.

* Counts are of all runs; lines are of the newest `MOST_LINES`.
* The catalog answers for many runs; one run is judged by its folder, which is the truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from strongroom.domain.contract import Contract, ContractRule, Violation, judge, waiver_tag
from strongroom.domain.errors import Refused
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.query import NOBODY, AnyOf, FieldKind
from strongroom.services.logged_models import asks_signatures
from strongroom.services.runs import Runs
from strongroom.store import contract_breaches as breaches
from strongroom.store.contract_breaches import Ids, RunHead
from strongroom.store.liveness import observe
from strongroom.store.run_state import RunState, read_state

__all__ = ["BrokenRun", "ContractCheck", "ContractFindings", "RuleCount", "RunHead"]

MOST_LINES = 500  # runs that are listed; a person repairs them in bulk, not one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """A rule of a contract, how many runs break it, and for how many it was waived."""

    contract: Contract
    rule: ContractRule
    broken: int
    waived: int

    @property
    def key(self) -> str:
        """Names the rule among the rules of all contracts."""
        return f"{self.contract.name}:{self.rule.about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRun:
    """A run and the keys of the rules it breaks, and of those that were waived for it."""

    run: RunHead
    breaks: frozenset[str]
    waives: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFindings:
    """What contracts find among runs.

    Attributes:
        rules: Every rule with its counts, in the order of the contracts.
        runs: The newest runs that break a rule, or would if it were not waived.
        held: How many runs a contract speaks for.
        broken: How many of them break a rule that was not waived.
        problems: Contracts that could not be read, and why.
    """

    rules: tuple[RuleCount, ...] = ()
    runs: tuple[BrokenRun, ...] = ()
    held: int = 0
    broken: int = 0
    problems: tuple[str, ...] = ()


class ContractCheck:
    """Holds the runs of a store to its contracts.

    Args:
        runs: The runs of the store.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def run(self, reference: str) -> tuple[Violation, ...]:
        """Returns what a run breaks, what was waived too.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: If its folder cannot be trusted.
            EnvironmentFault: ``E-STORE``.
        """
        return self._judge(self._state(reference))

    def gate(self, state: RunState) -> tuple[Violation, ...]:
        """Returns what a run breaks although nothing of it is lacking any more.

        Returns:
            What was waived, and what is only told.

        Raises:
            Refused: ``E-CONTRACT`` with each rule that stops it, or for a contract that cannot be
                read: nobody knows then what it asks.
        """
        held = self._runs.contracts.held()
        if held.problems:
            raise Refused(
                "E-CONTRACT",
                "A contract of this store cannot be read, so nobody knows whether the run keeps it",
                "Repair the file, or state the contract again: strongroom contract set FILE.",
                details=held.problems,
            )
        found = self._judge(state, is_final=True)
        stopping = [violation for violation in found if violation.stops]
        if stopping:
            many = "a rule" if len(stopping) == 1 else f"{len(stopping)} rules"
            raise Refused(
                "E-CONTRACT",
                f"The run {state.name} breaks {many} of its contract",
                "Repair it with strongroom contract repair, or waive a rule in writing there.",
                details=tuple(f"{each.contract}: {each.sentence}" for each in stopping),
            )
        return found

    def findings(
        self,
        filter: str = "",  # noqa: A002 - the word of `Runs.search`
        *,
        experiment: str = "",
        contracts: Sequence[Contract] | None = None,
        progress: Progress | None = None,
    ) -> ContractFindings:
        """Returns which visible runs break which rule.

        Args:
            filter: Of the runs that this filter holds for.
            experiment: Of one experiment, "" for all.
            contracts: These contracts instead of those in force: a draft, for its effect.
            progress: Hears of each rule, and may stop between two.

        Raises:
            FilterError: With the position of what cannot be read.
            Cancelled: Between two rules.
        """
        within = self._runs.questions.filter(filter)
        asked = self._runs.contracts.all() if contracts is None else tuple(contracts)
        asked = tuple(each for each in asked if not each.is_retired)
        watched = progress or Silent()
        tags = {each.field.key for each in self._runs.columns() if each.field.kind is FieldKind.TAG}
        models = self._runs.models
        pairs = [(contract, rule) for contract in asked for rule in contract.rules]
        trees = [(models.settled(contract.broken(rule), watched),
                  models.settled(contract.waived(rule), watched)
                  if waiver_tag(contract, rule) in tags  # most rules were never waived
                  else NOBODY)
                 for contract, rule in pairs]  # fmt: skip
        broken: dict[str, Ids] = {}
        waived: dict[str, Ids] = {}
        counts: list[RuleCount] = []
        with self._runs.catalog.read() as connection:
            scope = AnyOf(parts=tuple(contract.scope() for contract in asked))
            held = breaches.broken_ids(connection, scope, within, experiment) if asked else _NONE
            for number, (contract, rule) in enumerate(pairs):
                watched.step(number, len(pairs), "Checking contracts")
                found, excused = (
                    _NONE
                    if tree is NOBODY
                    else breaches.broken_ids(connection, tree, within, experiment)
                    for tree in trees[number]
                )
                count = RuleCount(
                    contract=contract, rule=rule, broken=len(found), waived=len(excused)
                )
                counts.append(count)
                broken[count.key], waived[count.key] = found, excused
            every = _union([*broken.values(), *waived.values()])
            lines = breaches.heads(connection, every, MOST_LINES)
        return ContractFindings(
            rules=tuple(counts),
            runs=_lines(lines, broken, waived),
            held=len(held),
            broken=len(_union(list(broken.values()))),
            problems=self._runs.contracts.held().problems,
        )

    def rows(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Returns the rules that rows of the table break, by catalog id; keepers are left out."""
        contracts = self._runs.contracts.all()
        if not contracts or not ids:
            return {}
        with self._runs.catalog.read() as connection:
            facts = breaches.facts_of_rows(connection, ids)
        if asks_signatures(contracts):
            models = self._runs.models.of_rows(ids)
            facts = {id_: replace(run, models=models.get(id_, ())) for id_, run in facts.items()}
        found = {
            id_: tuple(each.rule.about for each in judge(contracts, run) if not each.waived)
            for id_, run in facts.items()
        }
        return {id_: abouts for id_, abouts in found.items() if abouts}

    def _judge(self, state: RunState, *, is_final: bool = False) -> tuple[Violation, ...]:
        contracts = self._runs.contracts.speaking_for(state.experiment)
        return judge(contracts, self._runs.models.facts(state, contracts), is_final=is_final)

    def _state(self, reference: str) -> RunState:
        return read_state(self._runs.run_folder(reference), observe(self._runs.now_us()))


_NONE: Ids = np.empty(0, np.int64)


def _union(found: Sequence[Ids]) -> Ids:
    return np.unique(np.concatenate([_NONE, *found]))


def _lines(
    heads: Sequence[RunHead], broken: Mapping[str, Ids], waived: Mapping[str, Ids]
) -> tuple[BrokenRun, ...]:
    breaks, waives = _by_run(heads, broken), _by_run(heads, waived)
    return tuple(
        BrokenRun(run=head, breaks=frozenset(breaks[head.id]), waives=frozenset(waives[head.id]))
        for head in heads
    )


def _by_run(heads: Sequence[RunHead], found: Mapping[str, Ids]) -> dict[int, set[str]]:
    by_run: dict[int, set[str]] = {head.id: set() for head in heads}
    listed = np.array([head.id for head in heads], np.int64)
    for key, ids in found.items():
        for id_ in np.intersect1d(listed, ids).tolist():
            by_run[id_].add(key)
    return by_run
