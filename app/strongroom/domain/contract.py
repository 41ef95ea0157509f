# SPDX-License-Identifier: Apache-2.0
"""A logging contract: what the runs of some experiments have to have, and in which form.

* A contract has a name, and a number that grows with each change; each version is a file that is
  never changed, so a run can say which one it was logged under.
* A violation is told in the same sentence in a log, a window, a terminal and at the gate.
* A rule is waived for one run in writing: a tag with the reason, which travels with the run.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from strongroom.domain.contract_rule import (
    ANY,
    ContractRule,
    Level,
    Subject,
    refused,
)
from strongroom.domain.contract_sentence import sentence
from strongroom.domain.query import (
    EVERYBODY,
    AllOf,
    Attribute,
    Field,
    FieldKind,
    Filter,
    Not,
    Presence,
    Shaped,
)
from strongroom.domain.query_holds import holds
from strongroom.domain.run import RunStatus
from strongroom.domain.run_facts import RunFacts
from strongroom.domain.shape import has_any_shape, is_shape

__all__ = ["Contract", "ContractRule", "Level", "Subject", "Violation", "judge", "waiver_tag"]

NAME = re.compile(r"[a-z0-9][a-z0-9_\-]{0,63}")  # a file's name on every system
MAX_RULES = 200  # far below what SQLite joins in one question
MAX_EXPERIMENTS = 100
MAX_NOTE = 2_000
WAIVER = "contract.waived."


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The rules for the runs of some experiments.

    Attributes:
        name: What people call it.
        version: 1 and up.
        experiments: Names or patterns; ``*`` is every experiment.
        rules: The rules, one for each thing they are about.
        note: What people should know about it.
        is_retired: Whether it speaks for nobody any more.

    Raises:
        BadInput: ``E-CONTRACT``.
    """

    name: str
    version: int = 1
    experiments: tuple[str, ...] = (ANY,)
    rules: tuple[ContractRule, ...] = ()
    note: str = ""
    is_retired: bool = False

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise refused("A contract's name has lower-case letters, digits, - and _, at most 64")
        if not 1 <= self.version <= 999_999:
            raise refused("A contract's version lies between 1 and 999,999")
        if not 1 <= len(self.experiments) <= MAX_EXPERIMENTS or not all(
            map(is_shape, self.experiments)
        ):
            raise refused(f"A contract names 1 to {MAX_EXPERIMENTS} experiments or patterns")
        if len(self.rules) > MAX_RULES:
            raise refused(f"A contract has at most {MAX_RULES} rules")
        if len(self.note) > MAX_NOTE or self.note != self.note.encode("utf-8", "replace").decode():
            raise refused(f"A contract's note has at most {MAX_NOTE:,} whole characters")
        abouts = [rule.about for rule in self.rules]
        twice = {about for about in abouts if abouts.count(about) > 1}
        if twice:
            raise refused(f"Two rules are about {min(twice)[:80]}")

    @property
    def title(self) -> str:
        """Name and version, as a run says it: ``fraud/3``."""
        return f"{self.name}/{self.version}"

    def rule(self, about: str) -> ContractRule | None:
        """Returns the rule about something, None if there is none."""
        return next((rule for rule in self.rules if rule.about == about), None)

    def with_rule(self, rule: ContractRule) -> "Contract":
        """Returns the contract with a rule in place of the one about the same thing."""
        others = tuple(each for each in self.rules if each.about != rule.about)
        return replace(self, rules=tuple(sorted((*others, rule), key=lambda each: each.about)))

    def without(self, about: str) -> "Contract":
        """Returns the contract without the rule about something."""
        return replace(self, rules=tuple(each for each in self.rules if each.about != about))

    def speaks_for(self, experiment: str) -> bool:
        """Whether runs of an experiment are held to it."""
        return not self.is_retired and has_any_shape(experiment, self.experiments)

    def scope(self) -> Filter:
        """Returns the filter of the runs it speaks for."""
        if ANY in self.experiments:
            return EVERYBODY
        field = Field(kind=FieldKind.ATTRIBUTE, key=Attribute.EXPERIMENT.value)
        return Shaped(field=field, shapes=self.experiments)

    def waived(self, rule: ContractRule) -> Filter:
        """Returns the filter of the runs for which a rule was waived."""
        tag = Field(kind=FieldKind.TAG, key=waiver_tag(self, rule))
        return AllOf(parts=(self.scope(), Presence(field=tag), rule.breach()))

    def broken(self, rule: ContractRule) -> Filter:
        """Returns the filter of the runs that break a rule, those it was waived for aside."""
        tag = Field(kind=FieldKind.TAG, key=waiver_tag(self, rule))
        return AllOf(parts=(self.scope(), Not(part=Presence(field=tag)), rule.breach()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that one run breaks: what is wrong, in one sentence; ``waived`` is the reason."""

    contract: str
    rule: ContractRule
    sentence: str
    waived: str = ""

    @property
    def stops(self) -> bool:
        """Whether no model of the run can be registered because of it."""
        return self.rule.level is Level.MUST and not self.waived


def waiver_tag(contract: Contract, rule: ContractRule) -> str:
    """Returns the key of the tag that waives a rule for a run; its value is the reason."""
    return f"{WAIVER}{contract.name}.{rule.about}"


def judge(
    contracts: Iterable[Contract], run: RunFacts, *, is_final: bool = False
) -> tuple[Violation, ...]:
    """Returns what a run breaks, what was waived too, in the order of the contracts.

    Args:
        contracts: All contracts; those that do not speak for the run are passed over.
        run: What is known of the run.
        is_final: Hold it to everything a finished run has to have, however it ended.
    """
    held = replace(run, status=RunStatus.FINISHED) if is_final else run
    return tuple(
        violation
        for contract in contracts
        if contract.speaks_for(run.experiment)
        for violation in _violations(contract, held)
    )


def _violations(contract: Contract, run: RunFacts) -> Iterator[Violation]:
    for rule in contract.rules:
        if holds(rule.breach(), run):
            yield Violation(
                contract=contract.name,
                rule=rule,
                sentence=sentence(rule, run),
                waived=_reason(run.tags.get(waiver_tag(contract, rule))),
            )


def _reason(text: str | None) -> str:
    return "" if text is None else text.strip() or "no reason was given"
