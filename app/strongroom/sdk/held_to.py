# SPDX-License-Identifier: Apache-2.0
"""Which contracts a run is held to while it logs; a store without any costs a look at one name.

* What cannot be read is said once and holds nobody up: the store checks every run again.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from strongroom.sdk.losses import LOG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from strongroom.domain.contract import Contract
    from strongroom.sdk.contract_watch import ContractWatch

VARIABLE = "STRONGROOM_CONTRACT"
FOLDER = "contracts"  # as in disk.contract_folder, which is read only if this is there
FACT = "contract"


class HeldTo:
    """The contracts of a store as they were when a run began."""

    def __init__(self, contracts: "tuple[Contract, ...]" = ()) -> None:
        self._contracts = contracts

    def fact(self, experiment: str) -> dict[str, str]:
        """Returns what ``run.json`` says of the versions that runs of an experiment are held to."""
        titles = [each.title for each in self._speaking_for(experiment)]
        return {FACT: ", ".join(titles)} if titles else {}

    def watch(self, experiment: str, name: str, *, is_whole: bool) -> "ContractWatch | None":
        """Returns what watches a run of an experiment, None if nothing is asked of it.

        Args:
            experiment: Of the run.
            name: What the run is called in a warning.
            is_whole: Whether this process alone logs the run, from its beginning: only then can it
                say what is lacking.
        """
        contracts = self._speaking_for(experiment)
        if not contracts:
            return None
        from strongroom.sdk.contract_watch import ContractWatch

        return ContractWatch(contracts, experiment, name, is_whole=is_whole)

    def _speaking_for(self, experiment: str) -> "list[Contract]":
        return [each for each in self._contracts if each.speaks_for(experiment)]


def held_to(store: Path, environ: Mapping[str, str]) -> HeldTo:
    """Returns the contracts of a store; none if it has none, or the checks are switched off."""
    if environ.get(VARIABLE, "") == "0" or not os.path.isdir(store / FOLDER):  # noqa: PTH112 - half the time
        return HeldTo()
    from strongroom.disk.contract_folder import read_contracts

    try:
        found = read_contracts(store)
    except OSError as error:
        LOG.warning("The contracts of the store could not be read: %s", error)
        return HeldTo()
    for problem in found.problems:
        LOG.warning("A contract could not be read and is not checked here: %s", problem)
    return HeldTo(found.contracts)
