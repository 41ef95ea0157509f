# SPDX-License-Identifier: Apache-2.0
"""Which scanner this site wants to see content of others before it is used.

* Whoever runs the machine says so in its policy; a person may where the policy says nothing:
  ``[exchange]`` ``scanner = ["clamdscan", "--fdpass", "--no-summary"]``, ``scanner_seconds = 600``.
* A project's file and the environment are not asked: whoever carries a folder here must not
  choose what is run. A policy that cannot be read lets nothing in unscanned.
"""

import tomllib
from pathlib import Path

from strongroom.domain.errors import EnvironmentFault
from strongroom.exchange.scanner import Scanner

MAX_SECONDS = 24 * 3600
MAX_BYTES = 256 * 1024
TABLE, COMMAND, SECONDS = "exchange", "scanner", "scanner_seconds"


def site_scanner(policy: Path, own: Path) -> Scanner | None:
    """Returns the scanner of the machine's policy, else of the person's settings, else None.

    Raises:
        EnvironmentFault: ``E-SCAN`` if a file names a scanner in a way that cannot be understood.
    """
    return _named(policy) or _named(own)


def _named(path: Path) -> Scanner | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _wrong(path, error.strerror or str(error)) from error
    try:
        table = tomllib.loads(data.decode("utf-8-sig")).get(TABLE)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, "it is not TOML") from error
    if not isinstance(table, dict) or COMMAND not in table:
        return None
    command, seconds = table[COMMAND], table.get(SECONDS, Scanner(command=("",)).timeout_s)
    if command == []:
        return None
    if not isinstance(command, list) or not all(isinstance(w, str) and w for w in command):
        raise _wrong(path, f"{TABLE}.{COMMAND} has to be a list of words")
    if type(seconds) is not int or not 0 < seconds <= MAX_SECONDS:
        raise _wrong(path, f"{TABLE}.{SECONDS} has to be a number from 1 to {MAX_SECONDS:,}")
    return Scanner(command=tuple(command), timeout_s=seconds)


def _wrong(path: Path, why: str) -> EnvironmentFault:
    return EnvironmentFault(
        "E-SCAN",
        f"The scanner named in {path} cannot be used: {why}",
        "Correct the file, then repeat. Nothing was taken in unscanned.",
    )
