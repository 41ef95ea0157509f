# SPDX-License-Identifier: Apache-2.0
"""Repairing runs that break a contract: in bulk, and undone as one step.

* A repair is an edit like any other: what the run itself logged stays as it is.
* A waiver is a tag with its reason; it travels with the run and is told wherever the rule is.
"""

from collections.abc import Sequence

from strongroom.domain.contract import Contract, ContractRule, waiver_tag
from strongroom.domain.errors import BadInput
from strongroom.domain.progress import Progress
from strongroom.services.run_edits import EditOutcome, RunEdits
from strongroom.services.runs import Runs

MAX_REASON = 1_000  # characters; a waiver is read in a table


def rule_of(runs: Runs, name: str, about: str) -> tuple[Contract, ContractRule]:
    """Returns a contract in force and its rule about something.

    Raises:
        BadInput: ``E-CONTRACT`` if there is none.
        EnvironmentFault: ``E-STORE``.
    """
    contract = runs.contracts.get(name)
    rule = contract.rule(about)
    if rule is None:
        raise BadInput(
            "E-CONTRACT",
            f"The contract {contract.title} has no rule about {about[:80]}",
            f"strongroom contract show {contract.name} lists its rules.",
        )
    return contract, rule


def waive(
    edits: RunEdits,
    references: Sequence[str],
    contract: Contract,
    rule: ContractRule,
    reason: str,
    progress: Progress | None = None,
) -> EditOutcome:
    """Waives a rule for runs, in writing.

    Raises:
        BadInput: ``E-USAGE`` without a reason or for a long one, ``E-SIZE`` for a rule whose name
            no tag can carry.
    """
    words = reason.strip()
    if not words or len(words) > MAX_REASON:
        raise BadInput(
            "E-USAGE",
            f"A waiver has a reason of 1 to {MAX_REASON:,} characters",
            "Say why the rule does not matter for these runs.",
        )
    return edits.tag(references, waiver_tag(contract, rule), words, progress)


def take_waiver_back(
    edits: RunEdits,
    references: Sequence[str],
    contract: Contract,
    rule: ContractRule,
    progress: Progress | None = None,
) -> EditOutcome:
    """Holds runs to a rule again that was waived for them."""
    return edits.tag(references, waiver_tag(contract, rule), None, progress)
