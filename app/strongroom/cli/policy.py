# SPDX-License-Identifier: Apache-2.0
"""``strongroom policy …``: what a move to a stage needs."""

from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.cli.session import services
from strongroom.domain.canonical import JsonValue
from strongroom.services.people import opened_stages


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
        (pattern, stage, _sentence(entry))
        for pattern, stages in policies.items()
        for stage, entry in stages.items()
    ]
    emit(policies, table(("MODELS", "STAGE", "NEEDS"), rows))


@policy.command(name="set")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@shared_options
def set_policies(file: Path) -> None:
    """Replace the policies by those of FILE."""
    at = services()
    at.people.set_policy(file)
    version = at.people.team().version
    policies = at.people.policy()
    for pattern, stage in opened_stages(policies):
        say(f"Careful: {pattern} does not mention {stage}, so moves there need nobody's approval.")
    emit(
        {"trust": {"version": version}, "policies": policies},
        [f"The policies are in force; the team is at version {version}."],
    )


def _sentence(entry: JsonValue) -> str:
    need = entry["need"]
    parts = [f"{need} approval{'' if need == 1 else 's'}" if need else "nothing"]
    if entry["groups"]:
        parts.append("from " + ", ".join(entry["groups"]))
    if "requester" in entry["exclude"]:
        parts.append("not by the requester")
    if "run-author" in entry["exclude"]:
        parts.append("not by the run's author")
    if entry["veto"]:
        parts.append("one rejection stops it")
    parts += [f"evidence {kind}" for kind in entry["require"]]
    parts += [f"{gate['metric']} {gate['op']} {gate['value']}" for gate in entry["gates"]]
    return ", ".join(parts)
