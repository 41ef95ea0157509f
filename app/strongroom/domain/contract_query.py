# SPDX-License-Identifier: Apache-2.0
"""``contract.breaks = 'params.lr'`` becomes what that rule's breach is.

Done before a question is answered, so what answers it knows runs and no contracts; another rule
counts for every run there is the moment it is stated.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from strongroom.domain.contract import Contract
from strongroom.domain.query import (
    AllOf,
    Among,
    AnyOf,
    ContractFact,
    FieldKind,
    FieldTest,
    Filter,
    Misnamed,
    Not,
    Unsigned,
)
from strongroom.domain.query_holds import holds
from strongroom.domain.run_facts import RunFacts

Contracts = Callable[[], Sequence[Contract]]
Settle = Callable[[AnyOf], Filter]


def with_contracts(tree: Filter, contracts: Contracts, settle: Settle) -> Filter:
    """Returns the filter with every ``contract`` in its place.

    Args:
        tree: The filter.
        contracts: Reads the contracts; asked only if the filter speaks of them.
        settle: Answers the breaches of rules before the rest of the question, or leaves them.
    """
    if isinstance(tree, AllOf | AnyOf):
        parts = (with_contracts(part, contracts, settle) for part in tree.parts)
        return replace(tree, parts=tuple(parts))
    if isinstance(tree, Not):
        return replace(tree, part=with_contracts(tree.part, contracts, settle))
    if isinstance(tree, Misnamed | Unsigned | Among) or tree.field.kind is not FieldKind.CONTRACT:
        return tree
    meant = AnyOf(parts=tuple(_meant(tree, contracts())))
    return meant if tree.field.key == ContractFact.NAME else settle(meant)


def with_models(tree: Filter, answered: Callable[[Unsigned], Filter]) -> Filter:
    """Returns the filter with every question about signatures answered.

    Args:
        tree: The filter.
        answered: Returns the runs a question holds for.
    """
    if isinstance(tree, AllOf | AnyOf):
        return replace(tree, parts=tuple(with_models(part, answered) for part in tree.parts))
    if isinstance(tree, Not):
        return replace(tree, part=with_models(tree.part, answered))
    return answered(tree) if isinstance(tree, Unsigned) else tree


def _meant(tree: FieldTest, contracts: Sequence[Contract]) -> list[Filter]:
    found: list[Filter] = []
    for contract in contracts:
        if contract.is_retired:
            continue
        if tree.field.key == ContractFact.NAME:
            if _answers(tree, contract.name):
                found.append(contract.scope())
            continue
        how = contract.broken if tree.field.key == ContractFact.BREAKS else contract.waived
        found += [how(rule) for rule in contract.rules if _answers(tree, rule.about)]
    return found


def _answers(tree: FieldTest, text: str) -> bool:
    """Whether a test of a contract's fact holds for one of its texts."""
    as_tag = replace(tree, field=replace(tree.field, kind=FieldKind.TAG))
    return holds(as_tag, RunFacts(tags={tree.field.key: text}))
