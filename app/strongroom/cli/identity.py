# SPDX-License-Identifier: Apache-2.0
"""``strongroom identity …``: who I am on this workstation, and the key that says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, say
from strongroom.cli.session import new_passphrase, services
from strongroom.cli.trust_step import key_option, lend
from strongroom.domain.access import ROLE_TITLES, role_of
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import in_groups, person_id

if TYPE_CHECKING:
    from strongroom.bootstrap import Services

_PROTECTED_BY = {
    "keyring": "this machine's keychain",
    "keyring+passphrase": "this machine's keychain and a passphrase",
    "passphrase": "a passphrase",
}


def add_commands(root: click.Group) -> None:
    """Joins ``identity`` into the tree of commands."""
    root.add_command(identity)


@click.group()
@shared_options
def identity() -> None:
    """This person on this workstation, and the key."""


@identity.command()
@click.option("--name", required=True, help="The name people know you by.")
@click.option(
    "--log-only", is_flag=True, help="A training host: it may sign runs and nothing else."
)
@shared_options
def create(name: str, log_only: bool) -> None:
    """Make a key pair for this person at this store."""
    at = services()
    create_identity(at, name, is_log_only=log_only)
    emit(_document(at), ["Made an identity.", *_lines(at)])


@identity.command()
@shared_options
def show() -> None:
    """Show the identity of this home at this store."""
    at = services()
    emit(_document(at), _lines(at))


@identity.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@shared_options
def request(file: Path) -> None:
    """Write FILE for an admin: the request to be let into the team."""
    at = services()
    at.identities.save_request(file)
    asked = at.people.applicant(file)
    emit(
        {
            "path": str(file),
            "writer": asked.writer,
            "fingerprint": asked.fingerprint.digits,
            "words": list(asked.fingerprint.words),
        },
        [
            f"Wrote {file}. Give it to an admin of the team.",
            f"Read this out when asked: {' '.join(asked.fingerprint.words)}",
            f"The same in digits: {asked.fingerprint.digits}",
        ],
    )


@identity.command()
@shared_options
def unlock() -> None:
    """Open the keychain and the key, to see that both open."""
    at = services()
    at.identities.unlock()
    emit(
        {"writer": at.workstation.require_card().writer, "unlocked": True},
        ["The key opens. Each command asks for its passphrase; the window keeps it open longer."],
    )


@identity.command()
@shared_options
def lock() -> None:
    """Forget opened keys; nothing stays open after a command."""
    at = services()
    at.identities.lock()
    emit({"locked": True}, ["Nothing is open: a command forgets its key when it ends."])


@identity.command()
@shared_options
def protect() -> None:
    """Put the key under a new passphrase; approving needs one."""
    at = services()
    passphrase = new_passphrase(at.workstation)
    if not passphrase:
        raise BadInput(
            "E-USAGE",
            "No new passphrase was given",
            "Run this on a terminal, or name a file in STRONGROOM_PASSPHRASE_FILE.",
        )
    at.identities.protect(passphrase)
    emit(_document(at), _lines(at))


@identity.command()
@click.argument(
    "file", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False)
)
@click.option(
    "--reason",
    default="rotated",
    show_default=True,
    help="Why, in a word; lost if the old key cannot be opened any more.",
)
@key_option
@shared_options
def rotate(file: Path | None, reason: str, keys: tuple[str, ...]) -> None:
    """Give this workstation a new key; FILE is the request for an admin, where one is needed."""
    at = services()
    lend(at, keys)
    is_log_only = at.workstation.require_card().is_log_only
    has_keychain = at.identities.keychain_state().value != "absent"
    passphrase = new_passphrase(at.workstation, is_needed=not (is_log_only and has_keychain))
    made = at.rotation.rotate(file, passphrase=passphrase, reason=reason)
    lines = [f"The new key is {in_groups(made.card.writer, 4)}."]
    if made.is_in_force:
        lines.append("It has taken the place of the old one, with the same rights.")
    else:
        how = "people admit FILE" if made.is_vouched else f"people admit FILE --replaces {made.old}"
        lines += [
            f"Give {made.request} to an admin, who lets it in: strongroom {how}",
            "Until then nothing is signed here; tracking goes on.",
            "Push, so that the old key's last word arrives.",
        ]
    if not made.is_vouched:
        lines.append("The old key could not vouch for it: compare the fingerprint by voice.")
    emit(
        {
            "writer": made.card.writer,
            "old": made.old,
            "in_force": made.is_in_force,
            "vouched": made.is_vouched,
            "path": str(made.request or ""),
        },
        lines,
    )


def create_identity(at: Services, name: str, *, is_log_only: bool = False) -> None:
    """Makes the identity, asking for what its protection needs, and says what it lacks."""
    has_keychain = at.identities.keychain_state().value != "absent"
    passphrase = new_passphrase(at.workstation, is_needed=not (is_log_only and has_keychain))
    card = at.identities.create(name, passphrase=passphrase, is_log_only=is_log_only)
    if card.protection == "keyring" and not is_log_only:
        say(
            "This key has no passphrase. Approving will need one; set it with:"
            " strongroom identity protect."
        )


def _document(at: Services) -> dict[str, Any]:
    card = at.workstation.require_card()
    return {
        "writer": card.writer,
        "person": _person(at),
        "name": card.name,
        "host": card.host,
        "protection": card.protection,
        "log_only": card.is_log_only,
        "team": at.people.team_id(),
        "role": _role(at),
    }


def _lines(at: Services) -> list[str]:
    card = at.workstation.require_card()
    role = _role(at)
    return [
        f"name        {card.name}",
        f"host        {card.host}",
        f"key         {in_groups(card.writer)}",
        f"protected   by {_PROTECTED_BY.get(card.protection, card.protection)}",
        f"role        {ROLE_TITLES[role] if role else 'not in a team yet'}",
    ]


def _role(at: Services) -> str:
    """Returns the role in the team, "" while this writer is in none."""
    card = at.workstation.require_card()
    if not at.workstation.has_team():
        return ""
    document = at.people.team()
    return role_of(document, card.writer) if card.writer in document.members else ""


def _person(at: Services) -> str:
    card = at.workstation.require_card()
    if _role(at):
        return at.people.team().members[card.writer].person
    return person_id(card.writer)
