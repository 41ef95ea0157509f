# SPDX-License-Identifier: Apache-2.0
"""``strongroom desktop``: the one command that another room carries out.

The command line does not know the window; who starts the program hands in how to open it.
"""

from collections.abc import Callable
from pathlib import Path

import click

from strongroom.cli.options import shared_options, store_path


def desktop_command(open_window: Callable[[list[str]], int]) -> click.Command:
    """Returns the command that opens the window.

    Args:
        open_window: Takes the window's arguments, returns the exit code.
    """

    @click.command()
    @click.argument("bundle", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
    @click.option(
        "--screenshot",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Render every page of the store to PNG files in DIR and end.",
    )
    @shared_options
    def desktop(bundle: Path | None, screenshot: Path | None) -> int:
        """Open the window; what happens without a command, and with a bundle in its place."""
        arguments = ["--store", str(store_path())]
        if bundle is not None:
            arguments.append(str(bundle))
        if screenshot is not None:
            arguments += ["--screenshot", str(screenshot)]
        return open_window(arguments)

    return desktop
