# SPDX-License-Identifier: Apache-2.0
"""``strongroom root …``: the keys above the admins, on sticks and paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, table
from strongroom.cli.session import has_terminal, new_passphrase, services
from strongroom.cli.trust_step import draft_option, key_option, lend, step_document, step_lines
from strongroom.domain.ids import in_groups

if TYPE_CHECKING:
    from strongroom.services.root_keys import NewRootKey
    from strongroom.services.trust_changes import TrustStep

_threshold = click.option(
    "--threshold", type=click.IntRange(1, 16), help="How many of the root keys have to sign."
)
_label = click.option("--label", required=True, help="Where it will lie, for example: safe 1.")


def add_commands(group: click.Group) -> None:
    """Joins ``root`` into the tree of commands."""
    group.add_command(root)


@click.group()
@shared_options
def root() -> None:
    """The keys above the admins, on sticks and paper."""


@root.command(name="list")
@shared_options
def list_keys() -> None:
    """List the root keys of the team, and which of them this home holds."""
    at = services()
    document, places = at.people.team(), at.root_keys.places()
    rows = [
        (
            place.label,
            in_groups(place.keyid, 4),
            "in this home" if place.is_in_home else "elsewhere",
        )
        for place in places
    ]
    emit(
        {
            "threshold": document.root_threshold,
            "keys": [{"keyid": p.keyid, "label": p.label, "in_home": p.is_in_home} for p in places],
        },
        [
            *table(("LABEL", "KEY", "WHERE"), rows),
            "",
            f"{document.root_threshold} of {len(places)} have to sign.",
        ],
    )


@root.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@_label
@click.option("--paper", is_flag=True, help="Show the secret to be written down; save the card.")
@shared_options
def create(folder: Path, label: str, paper: bool) -> None:
    """Make a root key in DIR, such as a stick; the team has to be told of it."""
    at = services()
    if paper:
        made = at.root_keys.create_on_paper(folder, label)
        emit(
            {**_card_document(made), "paper": list(made.lines)},
            [
                "Write these five lines down by hand. They are shown once, and are the key itself:",
                "",
                *(f"    {line}" for line in made.lines),
                "",
                *_card_lines(made),
            ],
        )
        return
    passphrase = new_passphrase(at.workstation)
    card = at.root_keys.create(folder, label, passphrase=passphrase)
    emit(_card_document(card), ["Made a root key.", *_card_lines(card)])


@root.command()
@click.argument("key", metavar="KEY")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@shared_options
def copy(key: str, folder: Path) -> None:
    """Copy a root key of this home into DIR, under a passphrase of its own."""
    at = services()
    passphrase = new_passphrase(at.workstation)
    card = at.root_keys.copy(key, folder, passphrase=passphrase)
    emit(_card_document(card), [f"Copied the root key {card.label}.", *_card_lines(card)])


@root.command()
@click.argument("cards", metavar="CARD…", nargs=-1, required=True, type=click.Path(path_type=Path))
@_threshold
@draft_option
@key_option
@shared_options
def replace(
    cards: tuple[Path, ...], threshold: int | None, draft: Path | None, keys: tuple[str, ...]
) -> None:
    """Name the root keys of the team: these and no others."""
    at = services()
    lend(at, keys)
    _tell(at.root_keys.replace(cards, threshold, draft=draft))


@root.command()
@click.argument("card", metavar="CARD", type=click.Path(path_type=Path))
@_threshold
@draft_option
@key_option
@shared_options
def add(card: Path, threshold: int | None, draft: Path | None, keys: tuple[str, ...]) -> None:
    """Name one more root key."""
    at = services()
    lend(at, keys)
    _tell(at.root_keys.add(card, threshold, draft=draft))


@root.command()
@click.argument("key", metavar="KEY")
@_threshold
@draft_option
@key_option
@shared_options
def remove(key: str, threshold: int | None, draft: Path | None, keys: tuple[str, ...]) -> None:
    """Take a root key away, one that is lost for instance."""
    at = services()
    lend(at, keys)
    _tell(at.root_keys.remove(key, threshold, draft=draft))


@root.command()
@click.argument("key", metavar="KEY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@key_option
@shared_options
def forget(key: str, yes: bool, keys: tuple[str, ...]) -> None:
    """Delete a root key from this home; the team must not need it, or a copy be at hand."""
    at = services()
    lend(at, keys)
    if has_terminal() and not yes:
        click.confirm("Delete this root key from this home for good?", abort=True, err=True)
    gone = at.root_keys.forget(key)
    emit({"keyid": gone}, [f"This home holds the root key {in_groups(gone, 2)} no more."])


def _tell(step: TrustStep) -> None:
    keys = step.document.root_keys.values()
    done = f"{step.document.root_threshold} of {len(keys)} root keys have to sign;"
    emit(
        {
            "threshold": step.document.root_threshold,
            "keys": [{"keyid": key.keyid, "label": key.label} for key in keys],
            **step_document(step),
        },
        step_lines(step, done),
    )


def _card_document(key: NewRootKey) -> dict[str, str]:
    return {
        "keyid": key.keyid,
        "label": key.label,
        "card": str(key.card),
        "fingerprint": key.fingerprint,
    }


def _card_lines(key: NewRootKey) -> list[str]:
    return [
        f"label        {plain(key.label)}",
        f"key          {in_groups(key.keyid, 4)}",
        f"card         {key.card}",
        f"fingerprint  {key.fingerprint}",
        f"Tell the team of it: strongroom root add {key.card}",
    ]
