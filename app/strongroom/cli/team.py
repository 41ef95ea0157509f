# SPDX-License-Identifier: Apache-2.0
"""``strongroom team …``: founding a team, joining one, looking at it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.identity import create_identity
from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, say, table
from strongroom.cli.people import member_document, member_row
from strongroom.cli.session import has_terminal, services
from strongroom.cli.team_fork import fork, settle
from strongroom.cli.team_review import access, lint
from strongroom.cli.trust_step import draft_option, key_option, lend, step_document, step_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom.bootstrap import Services
    from strongroom.services.trust_changes import DraftView


def add_commands(root: click.Group) -> None:
    """Joins ``team`` into the tree of commands."""
    team.add_command(fork)
    team.add_command(settle)
    team.add_command(access)
    team.add_command(lint)
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
@click.option("--admin", type=click.IntRange(1, 16), help="How many admins sign a change.")
@click.option("--root", type=click.IntRange(1, 16), help="How many root keys sign a change.")
@draft_option
@key_option
@shared_options
def thresholds(
    admin: int | None, root: int | None, draft: Path | None, keys: tuple[str, ...]
) -> None:
    """Say how many signatures a change of the team needs."""
    if admin is None and root is None:
        raise click.UsageError("Say how many: --admin N, --root N.")
    at = services()
    lend(at, keys)
    step = at.people.set_thresholds(admin=admin, root=root, draft=draft)
    document = {
        "admin_threshold": step.document.admin_threshold,
        "root_threshold": step.document.root_threshold,
        **step_document(step),
    }
    done = (
        f"Changes need {step.document.admin_threshold} admin and"
        f" {step.document.root_threshold} root signatures;"
    )
    emit(document, step_lines(step, done))


@team.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--show", is_flag=True, help="Only say what the draft changes and who signed it.")
@key_option
@shared_options
def cosign(file: Path, show: bool, keys: tuple[str, ...]) -> None:
    """Sign a draft of the team; the last signature that is needed puts it into force."""
    at = services()
    lend(at, keys)
    seen = at.people.draft(file)
    told = [
        f"Version {seen.version} of the team changes:",
        *(f"  {plain(change.subject)}: {plain(change.text)}" for change in seen.changes),
        f"Signed by {_listed(seen.signed)}; {seen.missing} more needed of {_listed(seen.wanted)}.",
    ]
    document = {
        "changes": [
            {"subject": change.subject, "text": change.text, "weight": change.weight.value}
            for change in seen.changes
        ],
        "signed": list(seen.signed),
    }
    if show:
        emit(document | _waiting(seen, file), told)
        return
    if has_terminal():
        for line in told:
            say(line)
        click.confirm("Sign this change?", abort=True, err=True)
    step = at.people.cosign(file, seen.id)
    emit(document | step_document(step), [*told, *step_lines(step, "It is in force;")])


def _waiting(seen: DraftView, file: Path) -> dict[str, Any]:
    return {"trust": {"version": seen.version}, "draft": str(file), "missing": seen.missing}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(plain(name) for name in names) or "nobody"


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
