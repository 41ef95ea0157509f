# SPDX-License-Identifier: Apache-2.0
"""Options that every command shares: ``--json`` and ``--store``.

They may stand before or after the command's name; the later one wins.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from strongroom.cli import output
from strongroom.domain import places

Command = TypeVar("Command", bound=Callable[..., Any])
_STORE = "strongroom.store"


def shared_options(command: Command) -> Command:
    """Adds ``--json`` and ``--store`` to a command or group; it takes no parameter for them."""
    with_json = click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_remember_json,
        help="Print one JSON document.",
    )
    with_store = click.option(
        "--store",
        type=click.Path(file_okay=False, path_type=Path),
        expose_value=False,
        callback=_remember_store,
        help="The store to use (default: STRONGROOM_STORE or the user's data folder).",
    )
    return with_json(with_store(command))


def store_path() -> Path:
    """Returns the store this command line works on."""
    named = click.get_current_context().meta.get(_STORE)
    return named if isinstance(named, Path) else places.default_store()


def _remember_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    output.set_json(context, is_json=value)


def _remember_store(
    context: click.Context, _parameter: click.Parameter, value: Path | None
) -> None:
    if value is not None:
        context.meta[_STORE] = value
