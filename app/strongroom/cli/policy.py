# SPDX-License-Identifier: Apache-2.0
"""``strongroom policy …``: what a move to a stage needs."""

from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.cli.session import services
from strongroom.cli.trust_step import draft_option, step_document, step_lines
from strongroom.domain.policy import parse_policy
from strongroom.services.policies import opened_stages, policies_json


def add_commands(root: click.Group) -> None:
    """Joins ``policy`` into the tree of commands."""
    root.add_command(policy)


@click.group()
@shared_options
def policy() -> None:
    """What a move to a stage needs."""


@policy.command()
@shared_options
def show() -> None:
    """Show the policies; --json prints what ``policy set`` reads."""
    policies = services().people.policy()
    rows = [
        (pattern, stage, parse_policy(entry).in_words())
        for pattern, stages in policies.items()
        for stage, entry in stages.items()
    ]
    emit(policies, table(("MODELS", "STAGE", "NEEDS"), rows))


@policy.command(name="set")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@draft_option
@shared_options
def set_policies(file: Path, draft: Path | None) -> None:
    """Replace the policies by those of FILE."""
    at = services()
    step = at.people.set_policy(file, draft=draft)
    policies = policies_json(step.document)
    for pattern, stage in opened_stages(policies):
        say(f"Careful: {pattern} does not mention {stage}, so moves there need nobody's approval.")
    emit(
        {"policies": policies, **step_document(step)},
        step_lines(step, "The policies are in force;"),
    )
