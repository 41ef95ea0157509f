# SPDX-License-Identifier: Apache-2.0
"""``strongroom`` and ``python -m strongroom``: the command line; without a command, the window."""

import sys
from collections.abc import Sequence

from strongroom.cli import root
from strongroom.domain.errors import EnvironmentFault

_WITH_VALUE = {"--store", "--screenshot"}
BUNDLE = ".strongbundle"
_TELLS = {"-h", "--help", "--version"}


def main() -> int:
    """Runs the command line of this process and returns its exit code."""
    return root.run(with_command(sys.argv[1:]), open_window)


def with_command(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with ``desktop`` in front if they name no command.

    A bundle in place of a command is one that somebody double-clicked: the window opens with it.
    """
    rest = iter(arguments)
    for argument in rest:
        if argument.endswith(BUNDLE):
            return ["desktop", *arguments]
        if argument in _TELLS or not argument.startswith("-"):
            return list(arguments)
        if argument in _WITH_VALUE:
            next(rest, "")
    return ["desktop", *arguments]


def open_window(arguments: list[str]) -> int:
    """Opens the window and returns its exit code.

    Raises:
        EnvironmentFault: ``E-DESKTOP`` if the window's libraries are not installed.
    """
    try:
        from strongroom.desktop.shell.launch import main as show
    except ImportError as error:
        raise EnvironmentFault(
            "E-DESKTOP",
            f"The window cannot be opened: {error}",
            "Install its libraries: pip install 'strongroom[desktop]'."
            " Everything works without it: strongroom --help.",
        ) from error
    return show(arguments)


if __name__ == "__main__":
    sys.exit(main())
