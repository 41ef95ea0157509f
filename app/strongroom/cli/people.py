# SPDX-License-Identifier: Apache-2.0
"""``strongroom people …``: who is in the team, with which rights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, say, table
from strongroom.cli.revocation import preview_document, preview_lines
from strongroom.cli.session import has_terminal, services
from strongroom.cli.trust_step import (
    draft_lines,
    draft_option,
    key_option,
    lend,
    step_document,
    step_lines,
)
from strongroom.domain.access import ROLE_TITLES, ROLES
from strongroom.domain.errors import BadInput, Untrusted

if TYPE_CHECKING:
    from strongroom.services.members import TeamMember
    from strongroom.services.people import Applicant

ROLE_METAVAR = "ROLE"


def add_commands(root: click.Group) -> None:
    """Joins ``people`` into the tree of commands."""
    root.add_command(people)


@click.group()
@shared_options
def people() -> None:
    """Who is in the team, with which rights."""


@people.command(name="list")
@shared_options
def list_people() -> None:
    """List everybody, on each workstation."""
    found = services().people.people()
    emit(
        {"people": [member_document(member) for member in found]},
        table(("NAME", "ROLE", "PERSON", "HOST", "STATE"), [member_row(each) for each in found]),
    )


@people.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--role", default="", metavar=ROLE_METAVAR, help=f"One of: {', '.join(ROLES)}.")
@click.option("--scope", default="*", show_default=True, help="For example model:fraud-*.")
@click.option("--person", default="", help="The id of somebody who gets a second workstation.")
@click.option("--replaces", default="", help="The key or person whose place the new key takes.")
@click.option("--reason", default="lost", show_default=True, help="Why the old key ends.")
@click.option(
    "--fingerprint",
    default="",
    help="What the sender read out, words or digits; refused if it differs.",
)
@draft_option
@key_option
@shared_options
def admit(
    file: Path,
    role: str,
    scope: str,
    person: str,
    replaces: str,
    reason: str,
    fingerprint: str,
    draft: Path | None,
    keys: tuple[str, ...],
) -> None:
    """Let the sender of a request into the team."""
    at = services()
    lend(at, keys)
    asked = at.people.applicant(file)
    if not (role or replaces or asked.succeeds):
        raise BadInput("E-ROLE", "A role is missing", f"Name one with --role: {', '.join(ROLES)}.")
    _compare(asked, fingerprint)
    admitted = at.people.admit(
        file,
        role,
        scope=scope,
        person=person,
        replaces=replaces,
        reason=reason,
        seen=asked.fingerprint.digits,
        draft=draft,
    )
    document = {
        "person": admitted.person,
        "writer": admitted.writer,
        "role": admitted.role,
        "trust": {"version": admitted.trust_version},
        "draft": admitted.draft,
        "missing": admitted.missing,
        "fingerprint": asked.fingerprint.digits,
        "words": list(asked.fingerprint.words),
    }
    if admitted.draft:
        emit(document, draft_lines(admitted.draft, admitted.missing))
        return
    emit(
        document,
        [
            (
                f"{asked.name} on {asked.host} is in the team as"
                f" {ROLE_TITLES['log-only' if asked.is_log_only else admitted.role]}."
            ),
            f"Person {admitted.person}; the team is at version {admitted.trust_version}.",
            f"Fingerprint of the request: {asked.fingerprint.digits}",
        ],
    )


@people.command()
@click.argument("person", metavar="PERSON")
@click.argument("role", metavar=ROLE_METAVAR)
@click.option("--scope", default="*", show_default=True, help="For example model:fraud-*.")
@draft_option
@key_option
@shared_options
def grant(person: str, role: str, scope: str, draft: Path | None, keys: tuple[str, ...]) -> None:
    """Give somebody a role, from now on."""
    at = services()
    lend(at, keys)
    step = at.people.grant(person, role, scope=scope, draft=draft)
    emit(
        {"person": person, "role": role, "scope": scope, **step_document(step)},
        step_lines(step, f"{person} is now {ROLE_TITLES[role]} as well;"),
    )


@people.command()
@click.argument("person", metavar="PERSON")
@click.option(
    "--reason", default="left", show_default=True, help="left, lost, compromised or rotated."
)
@click.option(
    "--last-good",
    multiple=True,
    metavar="EVENT",
    help="With compromised: the last event to believe; none for none.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it changes.")
@draft_option
@key_option
@shared_options
def revoke(
    person: str,
    reason: str,
    last_good: tuple[str, ...],
    dry_run: bool,
    draft: Path | None,
    keys: tuple[str, ...],
) -> None:
    """End every right of somebody, or of one key, at what has been seen so far."""
    at = services()
    lend(at, keys)
    seen = at.revocations.preview(person, reason=reason, last_good=last_good)
    document = {"person": person, "reason": reason, **preview_document(seen)}
    if dry_run:
        emit(document, preview_lines(seen))
        return
    if has_terminal() and not seen.is_quiet:
        for line in preview_lines(seen):
            say(line)
        click.confirm("Revoke all the same?", abort=True, err=True)
    step = at.people.revoke(person, reason=reason, last_good=last_good, draft=draft)
    emit(
        {**document, **step_document(step)},
        step_lines(step, f"{person} has no rights any more;"),
    )


def member_document(member: TeamMember) -> dict[str, Any]:
    """Returns somebody as ``people list --json`` prints him."""
    return {
        "person": member.person,
        "name": member.name,
        "writer": member.writer,
        "host": member.host,
        "role": member.role,
        "groups": list(member.groups),
        "active": member.is_active,
        "admin": member.is_admin,
        "me": member.is_me,
        "grants": [grant.to_json() for grant in member.grants],
    }


def member_row(member: TeamMember) -> tuple[str, ...]:
    """Returns somebody as a row: name, role, person, host, state."""
    role = ROLE_TITLES[member.role]
    return (
        member.name + (" (you)" if member.is_me else ""),
        f"{role}, admin" if member.is_admin and member.role == "custom" else role,
        member.person,
        member.host,
        "active" if member.is_active else "revoked",
    )


def _compare(asked: Applicant, told: str) -> None:
    """Holds the fingerprint of a request against what its sender read out."""
    if told and not asked.fingerprint.matches(told):
        raise Untrusted(
            "E-HASH",
            f"The request of {asked.name} has another fingerprint: {asked.fingerprint.digits}",
            "It was changed on the way. Ask for it again, by another way.",
        )
    if not told and has_terminal():
        say(f"{plain(asked.name)} on {plain(asked.host)} asks to join. The request reads:")
        say(f"  {' '.join(asked.fingerprint.words)}")
        say(f"  {asked.fingerprint.digits}")
        question = f"Did {plain(asked.name)} read out the same?"
        click.confirm(question, abort=True, err=True)
