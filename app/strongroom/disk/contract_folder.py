# SPDX-License-Identifier: Apache-2.0
"""The folder of a store's logging contracts: ``contracts/<name>.<version>.toml``.

* A version is written once and never changed; the highest one of a name is in force. Two people
  who write the same version at once: one of them is first, the other is told.
* A file that cannot be read is told and never written over. The version before it does not take
  its place: nobody is held to rules that somebody has replaced.
* Standard library only: a training host reads the same files.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.contract import Contract
from strongroom.domain.contract_text import MAX_BYTES, parse_contract, write_contract
from strongroom.domain.errors import BadInput

FOLDER = "contracts"
MOST_CONTRACTS = 100  # names; a team has a handful
MOST_FILES = 20_000  # names that are looked at; versions of all contracts of years
_FILE = re.compile(r"([a-z0-9][a-z0-9_\-]{0,63})\.([1-9][0-9]{0,5})\.toml")
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldContracts:
    """The contracts in force, by name; ``problems`` says which could not be read and why."""

    contracts: tuple[Contract, ...] = ()
    problems: tuple[str, ...] = ()


def contract_path(store: Path, name: str, version: int) -> Path:
    """Returns where a version of a contract lies."""
    return store / FOLDER / f"{name}.{version}.toml"


def versions(store: Path) -> dict[str, list[int]]:
    """Returns the versions there are of each contract, in order; other files are left alone.

    Raises:
        OSError: If the folder cannot be read; a store without one has none.
    """
    found: dict[str, list[int]] = {}
    try:
        with os.scandir(store / FOLDER) as entries:
            for number, entry in enumerate(entries):
                match = _FILE.fullmatch(entry.name)
                if match is not None and number < MOST_FILES:
                    found.setdefault(match[1], []).append(int(match[2]))
    except FileNotFoundError:
        return {}
    return {name: sorted(numbers) for name, numbers in sorted(found.items())}


def read_contract(store: Path, name: str, version: int) -> Contract:
    """Returns one version of a contract.

    Raises:
        BadInput: ``E-CONTRACT``, ``E-FORMAT`` if its file does not say what it should.
        OSError: If it is not there or cannot be read.
    """
    path = contract_path(store, name, version)
    contract = parse_contract(_read(path))
    if (contract.name, contract.version) != (name, version):
        raise BadInput(
            "E-CONTRACT",
            f"{path.name} says it is {contract.title}",
            "Give the file the name that it says.",
        )
    return contract


def read_contracts(store: Path) -> HeldContracts:
    """Returns the newest version of each contract, retired ones too.

    Raises:
        OSError: If the folder cannot be read.
    """
    contracts: list[Contract] = []
    problems: list[str] = []
    known = versions(store)
    for name, numbers in list(known.items())[:MOST_CONTRACTS]:
        try:
            contracts.append(read_contract(store, name, numbers[-1]))
        except BadInput as error:
            problems.append(f"{name}.{numbers[-1]}.toml: {error.title}")
        except OSError as error:
            problems.append(f"{name}.{numbers[-1]}.toml: {error.strerror or error}")
    if len(known) > MOST_CONTRACTS:
        problems.append(f"{len(known):,} contracts, of which {MOST_CONTRACTS} are read")
    return HeldContracts(contracts=tuple(contracts), problems=tuple(problems))


def write_version(store: Path, contract: Contract) -> None:
    """Writes a version of a contract that nobody has written, durable when it returns.

    Raises:
        FileExistsError: Somebody wrote this version before.
        OSError: If the disk fails; nothing was written then.
    """
    path = contract_path(store, contract.name, contract.version)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, write_contract(contract).encode(), is_new=True)


def _read(path: Path) -> bytes:
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(22, "It is no plain file", str(path))
        return file.read(MAX_BYTES + 1)
