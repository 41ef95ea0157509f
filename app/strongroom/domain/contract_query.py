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
    AnyOf,
    ContractFact,
    FieldKind,
    FieldTest,
    Filter,
    Misnamed,
    Not,
)
from strongroom.domain.query_holds import holds
from strongroom.domain.run_facts import RunFacts

Contracts = Callable[[], Sequence[Contract]]


def with_contracts(tree: Filter, contracts: Contracts) -> Filter:
    """Returns the filter with every ``contract`` in its place.

    Args:
        tree: The filter.
        contracts: Reads the contracts; asked only if the filter speaks of them.
    """
    if isinstance(tree, AllOf | AnyOf):
        return replace(tree, parts=tuple(with_contracts(part, contracts) for part in tree.parts))
    if isinstance(tree, Not):
        return replace(tree, part=with_contracts(tree.part, contracts))
    if isinstance(tree, Misnamed) or tree.field.kind is not FieldKind.CONTRACT:
        return tree
    return AnyOf(parts=tuple(_meant(tree, contracts())))


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
