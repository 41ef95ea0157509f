# SPDX-License-Identifier: Apache-2.0
"""Learning a contract from runs that are as they should be.

* Folders are read, because they hold all of a run; of many runs the newest are looked at.
"""

from collections.abc import Sequence
from dataclasses import replace

from strongroom.domain.contract import Contract
from strongroom.domain.contract_learning import NEARLY, Proposal, propose
from strongroom.domain.errors import BadInput
from strongroom.domain.progress import Progress, Silent
from strongroom.services.runs import Runs
from strongroom.store.contract_breaches import facts_of
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state

MOST_RUNS = 300  # some milliseconds each; what 300 runs agree on, 3,000 do


def learn(
    runs: Runs,
    references: Sequence[str],
    *,
    nearly: float = NEARLY,
    progress: Progress | None = None,
) -> tuple[Proposal, ...]:
    """Returns what some runs agree on.

    Args:
        runs: Where they are.
        references: The runs, the newest first where there are many.
        nearly: The share of runs that makes something worth a ``should``.
        progress: Hears of each run.

    Raises:
        BadInput: ``E-RUN`` for an unknown run, ``E-USAGE`` for none.
        Untrusted: If a folder cannot be trusted.
        Cancelled: Between two runs.
    """
    chosen = list(dict.fromkeys(references))[:MOST_RUNS]
    if not chosen:
        raise BadInput("E-USAGE", "There are no runs to learn from", "Choose some finished runs.")
    watched = progress or Silent()
    states = []
    for number, reference in enumerate(chosen):
        watched.step(number, len(chosen), "Reading runs")
        states.append(read_state(runs.run_folder(reference), observe(runs.now_us())))
    facts = [replace(facts_of(state), models=runs.models.of(state)) for state in states]
    return propose(facts, nearly=nearly)


def drafted(name: str, proposals: Sequence[Proposal], experiments: Sequence[str] = ()) -> Contract:
    """Returns the contract of some proposals; each rule says of how many runs it holds.

    Raises:
        BadInput: ``E-CONTRACT`` if it cannot stand, such as for more than 200 rules.
    """
    return Contract(
        name=name,
        experiments=tuple(dict.fromkeys(experiments)) or ("*",),
        rules=tuple(each.rule for each in proposals),
    )
