# SPDX-License-Identifier: Apache-2.0
"""The logging contracts of a store: read, stated, retired, taken back.

* Whoever has the store open sees another version at the next look; nobody is asked to reload.
* Stating writes another version. What was before stays readable, and comes back as a version of
  its own: history has no holes.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

from strongroom.disk import contract_folder
from strongroom.disk.contract_folder import HeldContracts
from strongroom.domain.changes import Changes
from strongroom.domain.contract import Contract
from strongroom.domain.errors import BadInput, Refused
from strongroom.store.store_folder import StoreFolder, fault

_UNREAD: dict[str, list[int]] = {"": []}


class Contracts:
    """The contracts of one store; share it between threads.

    Args:
        folder: Where the store lies.
    """

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._seen = _UNREAD
        self._held = HeldContracts()

    def held(self) -> HeldContracts:
        """Returns the newest version of each contract, retired ones too, and what cannot be read.

        Looks at names only as long as there is no other version.

        Raises:
            EnvironmentFault: ``E-STORE``.
        """
        with self._guard:
            try:
                seen = contract_folder.versions(self._folder.root)
                if seen != self._seen or self._held.problems:
                    self._held = contract_folder.read_contracts(self._folder.root)
                    self._seen = seen
            except OSError as error:
                raise fault(error, self._folder.root) from error
            return self._held

    def all(self) -> tuple[Contract, ...]:
        """Returns the contracts in force, by name.

        Raises:
            EnvironmentFault: ``E-STORE``.
        """
        return tuple(each for each in self.held().contracts if not each.is_retired)

    def speaking_for(self, experiment: str) -> tuple[Contract, ...]:
        """Returns the contracts that runs of an experiment are held to."""
        return tuple(each for each in self.all() if each.speaks_for(experiment))

    def get(self, name: str, version: int = 0) -> Contract:
        """Returns a contract, the newest version unless one is named.

        Raises:
            BadInput: ``E-CONTRACT`` if there is none, or it cannot be read.
            EnvironmentFault: ``E-STORE``.
        """
        try:
            known = contract_folder.versions(self._folder.root).get(name, [])
            if not known or (version and version not in known):
                shown = f"{name}/{version}" if version else name
                raise BadInput(
                    "E-CONTRACT",
                    f"There is no contract {shown[:80]}",
                    "strongroom contract show lists them.",
                )
            return contract_folder.read_contract(self._folder.root, name, version or known[-1])
        except OSError as error:
            raise fault(error, self._folder.root) from error

    def versions(self, name: str) -> Sequence[int]:
        """Returns the numbers of the versions there are, in order.

        Raises:
            EnvironmentFault: ``E-STORE``.
        """
        try:
            return contract_folder.versions(self._folder.root).get(name, [])
        except OSError as error:
            raise fault(error, self._folder.root) from error

    def state(self, contract: Contract, *, after: int | None = None) -> Contract:
        """States a contract as the next version of its name; the same words again change nothing.

        Args:
            contract: What is to hold; its version is not looked at.
            after: The version it was made from; 0 for a new name. Leave it out to come after
                whatever there is.

        Raises:
            Refused: ``E-CONFLICT`` if somebody stated another version meanwhile.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        known = self.versions(contract.name)
        newest = known[-1] if known else 0
        if after is not None and after != newest:
            raise _overtaken(contract.name, newest)
        before = self._readable(contract.name) if newest else None
        if before is not None and replace(contract, version=newest) == before:
            return before
        stated = replace(contract, version=newest + 1)
        self._folder.require_writable()
        try:
            contract_folder.write_version(self._folder.root, stated)
        except FileExistsError as error:
            raise _overtaken(contract.name, stated.version) from error
        except OSError as error:
            raise fault(error, self._folder.root) from error
        return stated

    def retire(self, name: str) -> Contract:
        """States that a contract speaks for nobody any more.

        Raises:
            BadInput: ``E-CONTRACT`` if there is none.
            Refused, EnvironmentFault: As `state`.
        """
        return self.state(replace(self.get(name), is_retired=True))

    def changes(self, contract: Contract) -> Changes:
        """Returns what pages show anew after a contract was stated."""
        return Changes(contracts=frozenset({contract.name}))

    def _readable(self, name: str) -> Contract | None:
        try:
            return self.get(name)
        except BadInput:
            return None  # the next version takes its place; the file stays as it is


def _overtaken(name: str, version: int) -> Refused:
    return Refused(
        "E-CONFLICT",
        f"Somebody stated {name}/{version} meanwhile",
        "Look at it, then make your change again.",
    )
