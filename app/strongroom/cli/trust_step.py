# SPDX-License-Identifier: Apache-2.0
"""How a change of the team is told: in force now, or a draft that others sign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.output import say
from strongroom.cli.session import ask
from strongroom.domain.ids import in_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom.bootstrap import Services
    from strongroom.services.trust_changes import TrustStep

draft_option = click.option(
    "--draft",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file for the draft, if others have to sign the change as well.",
)
"""Where a change goes that one workstation may not make alone."""


key_option = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FILE",
    help="A root key that lies elsewhere: its card, or the folder; - to type it from paper.",
)
"""Root keys on sticks and paper, lent for one command."""


def lend(at: Services, keys: Sequence[str]) -> None:
    """Takes root keys into use where they lie, for this command."""
    for key in keys:
        if key == "-":
            at.people.ring.lend_paper(_typed())
        else:
            found = at.people.ring.lend(Path(key))
            say(f"Root key {found.label}, {in_groups(found.keyid, 2)}.")


def step_document(step: TrustStep) -> dict[str, Any]:
    """Returns what became of a change, for ``--json``."""
    return {
        "trust": {"version": step.document.version},
        "draft": str(step.draft or ""),
        "missing": step.missing,
    }


def step_lines(step: TrustStep, done: str) -> list[str]:
    """Returns what became of a change; ``done`` says what is in force if it is, up to ``;``."""
    if step.draft is None:
        return [f"{done} the team is at version {step.document.version}."]
    return draft_lines(str(step.draft), step.missing)


def draft_lines(path: str, missing: int) -> list[str]:
    """Returns what to do with a draft."""
    many = f"{missing} more signature{'s' if missing > 1 else ''}"
    return [
        f"Nothing has changed yet: the draft {path} needs {many}.",
        f"Carry it to another admin, who signs it: strongroom team cosign {Path(path).name}",
    ]


def _typed() -> str:
    """Asks for the five lines of a root key on paper; nothing of them is shown."""
    return "\n".join(ask(f"Line {number} of the root key") for number in range(1, 6))
