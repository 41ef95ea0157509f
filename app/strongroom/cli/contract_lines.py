# SPDX-License-Identifier: Apache-2.0
"""Contracts, findings and proposals as ``contract …`` prints them, for people and as JSON."""

from collections.abc import Sequence
from typing import Any

from strongroom.cli.output import table
from strongroom.domain.contract import Contract, ContractRule, Violation
from strongroom.domain.contract_learning import Proposal
from strongroom.domain.contract_sentence import asks, subject_words
from strongroom.services.contract_check import ContractFindings

MOST_LINES = 20  # runs in a terminal; the filter below them finds all


def contract_document(contract: Contract) -> dict[str, Any]:
    """Returns a contract as JSON."""
    return {
        "name": contract.name,
        "version": contract.version,
        "experiments": contract.experiments,
        "note": contract.note,
        "is_retired": contract.is_retired,
        "rules": [rule_document(rule) for rule in contract.rules],
    }


def rule_document(rule: ContractRule) -> dict[str, Any]:
    """Returns a rule as JSON, in the words of the file."""
    return {
        "about": rule.about,
        "required": rule.is_required,
        "shape": rule.shapes,
        "allowed": rule.allowed,
        "low": rule.low,
        "high": rule.high,
        "inputs": rule.inputs,
        "outputs": rule.outputs,
        "must": rule.must,
        "level": rule.level.value,
        "why": rule.why,
    }


def contract_rows(contract: Contract) -> tuple[str, ...]:
    """Returns the line of a contract in the list."""
    state = "retired" if contract.is_retired else "in force"
    return contract.title, ", ".join(contract.experiments), str(len(contract.rules)), state


def violation_document(found: Violation) -> dict[str, Any]:
    """Returns what a run breaks as JSON."""
    return {
        "contract": found.contract,
        "about": found.rule.about,
        "level": found.rule.level.value,
        "sentence": found.sentence,
        "waived": found.waived,
    }


def finding_document(findings: ContractFindings) -> dict[str, Any]:
    """Returns which runs break which rule as JSON."""
    return {
        "held": findings.held,
        "broken": findings.broken,
        "rules": [
            {
                "contract": each.contract.name,
                "about": each.rule.about,
                "level": each.rule.level.value,
                "broken": each.broken,
                "waived": each.waived,
            }
            for each in findings.rules
        ],
        "runs": [
            {
                "run_id": each.run.run_id,
                "experiment": each.run.experiment,
                "name": each.run.name,
                "breaks": sorted(each.breaks),
                "waives": sorted(each.waives),
            }
            for each in findings.runs
        ],
        "problems": findings.problems,
    }


def finding_lines(findings: ContractFindings) -> list[str]:
    """Returns which runs break which rule for people."""
    rows = [
        (
            each.contract.name,
            each.rule.level.value,
            f"{subject_words(each.rule)}: {asks(each.rule)}",
            f"{each.broken:,}",
            f"{each.waived:,}" if each.waived else "",
        )
        for each in findings.rules
    ]
    lines = table(("CONTRACT", "LEVEL", "RULE", "BROKEN BY", "WAIVED"), rows)
    broken = [each for each in findings.runs if each.breaks]
    runs = [
        (each.run.run_id[:8], each.run.experiment, each.run.name, ", ".join(sorted(each.breaks)))
        for each in broken[:MOST_LINES]
    ]
    if runs:
        lines += ["", *table(("RUN", "EXPERIMENT", "NAME", "BREAKS"), runs)]
    if findings.broken > len(runs):
        lines.append(f"and {findings.broken - len(runs):,} more: contract.breaks IS NOT NULL")
    return [*lines, f"{findings.broken:,} of {findings.held:,} runs break a rule"]


def proposal_lines(proposals: Sequence[Proposal]) -> list[str]:
    """Returns proposed rules with the number of runs each holds for."""
    rows = [
        (
            each.rule.level.value,
            f"{subject_words(each.rule)}: {asks(each.rule)}",
            f"{each.having} of {each.of}",
        )
        for each in proposals
    ]
    return table(("LEVEL", "RULE", "RUNS"), rows)
