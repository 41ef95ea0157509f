# SPDX-License-Identifier: Apache-2.0
"""``strongroom team …``: founding a team, joining one, looking at it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.identity import create_identity
from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say, table
from strongroom.cli.people import member_document, member_row
from strongroom.cli.session import services
from strongroom.domain.errors import Refused

if TYPE_CHECKING:
    from strongroom.bootstrap import Services


def add_commands(root: click.Group) -> None:
    """Joins ``team`` into the tree of commands."""
    root.add_command(team)


@click.group()
@shared_options
def team() -> None:
    """Found a team, join one, look at it."""


@team.command()
@click.argument("name", metavar="NAME")
@shared_options
def create(name: str) -> None:
    """Found a team; its founder holds every right until others join."""
    at = services()
    if at.identities.show() is None:
        person = getpass.getuser()
        create_identity(at, person)
        say(f"Made an identity for {person}.")
    at.people.create_team(name)
    emit(_document(at), [f"Founded the team {name}.", *_lines(at)])


@team.command()
@shared_options
def show() -> None:
    """Show the team: its id, its people and its policies."""
    at = services()
    emit(_document(at), _lines(at))


@team.command()
@click.argument("team_id", metavar="TEAM")
@shared_options
def trust(team_id: str) -> None:
    """Pin the team id that was told face to face or by telephone."""
    at = services()
    at.people.trust(team_id)
    pinned = at.people.team_id()
    document: dict[str, Any] = {"team": pinned, "version": 0, "people": [], "policies": {}}
    if at.workstation.has_team():
        document = _document(at)
    emit(document, [f"This store now trusts the team {pinned} and no other."])


@team.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@shared_options
def cosign(file: Path) -> None:
    """Add a signature to a draft of the team; needed where one admin is not enough."""
    document = services().people.team()
    raise Refused(
        "E-QUORUM",
        f"{file.name} was not signed: the team changes with"
        f" {document.admin_threshold} signature{'s' if document.admin_threshold > 1 else ''}",
        "At a threshold of 1 nothing needs a second signature; drafts for higher thresholds"
        " cannot be made by this version.",
    )


def _document(at: Services) -> dict[str, Any]:
    document = at.people.team()
    return {
        "team": at.people.team_id(),
        "name": document.team_name,
        "version": document.version,
        "people": [member_document(member) for member in at.people.people()],
        "policies": at.people.policy(),
        "stages": [stage.name for stage in document.stages],
        "admin_threshold": document.admin_threshold,
        "root_threshold": document.root_threshold,
    }


def _lines(at: Services) -> list[str]:
    document = at.people.team()
    rows = [member_row(member) for member in at.people.people()]
    return [
        f"team     {document.team_name}",
        f"id       {at.people.team_id()}",
        f"version  {document.version}",
        "",
        *table(("NAME", "ROLE", "PERSON", "HOST", "STATE"), rows),
    ]
