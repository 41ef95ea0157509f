# SPDX-License-Identifier: Apache-2.0
"""Choosing whose files an exchange copies: ``--run``, ``--experiment``, ``--model``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = (
    ("--model", "Only files of this model, or NAME/VERSION, and of the runs behind it."),
    ("--experiment", "Only files of runs of this experiment; a name may end in *."),
    ("--run", "Only files of this run, by id or name. Can be given several times."),
)


def selecting(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the options to a command, which takes them together as its ``selection``."""

    @functools.wraps(command)
    def chosen(
        *,
        run: tuple[str, ...],
        experiment: tuple[str, ...],
        model: tuple[str, ...],
        **others: Any,  # noqa: ANN401 - what else the command takes
    ) -> int:
        from strongroom.services.exchange import Selection  # with all that exchanging needs

        selection = Selection(runs=run, experiments=experiment, models=model)
        return command(selection=selection, **others)

    found: Callable[..., int] = chosen
    for name, what in _OPTIONS:
        found = click.option(name, multiple=True, metavar="NAME", help=what)(found)
    return found
