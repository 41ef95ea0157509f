# SPDX-License-Identifier: Apache-2.0
"""The services of one command: opened when first asked for, closed when the command ends.

* Secrets are asked for on a terminal only, without echo; elsewhere a missing one is "".
* What is heavy is imported when it is needed, so that a command starts as fast as its work allows.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from strongroom.cli.options import store_path
from strongroom.cli.output import say

if TYPE_CHECKING:
    from strongroom.bootstrap import Services
    from strongroom.services.runs import Runs
    from strongroom.services.workstation import Workstation

_SERVICES = "strongroom.services"


def services() -> Services:
    """Returns the services for the store and home of this command line.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    context = click.get_current_context()
    opened: Services | None = context.meta.get(_SERVICES)
    if opened is None:
        from strongroom.bootstrap import open_services
        from strongroom.demo.people import usual_home

        store = store_path()
        opened = open_services(store, usual_home(store), ask=ask)
        say_if_only_read(opened.runs)
        context.meta[_SERVICES] = opened
        context.find_root().call_on_close(opened.close)
    return opened


def open_fresh() -> Runs:
    """Returns the runs of the store of this command line, after taking in what is new."""
    from strongroom.domain.clock import SystemClock
    from strongroom.services.runs import open_runs

    opened = open_runs(store_path(), SystemClock(), os.urandom)
    say_if_only_read(opened)
    opened.refresh()
    return opened


def say_if_only_read(runs: Runs) -> None:
    """Says, beside what is asked, that a store takes no changes and why."""
    if runs.folder.only_read:
        say(f"{runs.folder.only_read}.")


def ask(question: str) -> str:
    """Asks for a secret on the terminal; "" where there is none."""
    if not has_terminal():
        return ""
    answer: str = click.prompt(question, hide_input=True, default="", show_default=False, err=True)
    return answer


def new_passphrase(workstation: Workstation, *, is_needed: bool = True) -> str:
    """Returns the passphrase of a new key: from the named file, else asked for twice, else "".

    Args:
        workstation: Knows the named file.
        is_needed: Whether a person should be asked at all.
    """
    if os.environ.get("STRONGROOM_PASSPHRASE_FILE"):
        return workstation.ask("New passphrase")
    if not is_needed or not has_terminal():
        return ""
    answer: str = click.prompt(
        "New passphrase",
        hide_input=True,
        confirmation_prompt="Once more",
        default="",
        show_default=False,
        err=True,
    )
    return answer


def has_terminal() -> bool:
    """Whether a person sits at the other end of standard input."""
    return sys.stdin is not None and sys.stdin.isatty()
