# SPDX-License-Identifier: Apache-2.0
"""``strongroom store migrate``: what an upgrade changes of a store, doing it, and back."""

from collections.abc import Iterator

import click

from strongroom.cli.options import shared_options, store_path
from strongroom.cli.output import emit
from strongroom.domain.errors import BadInput
from strongroom.domain.migration import MigrationAct, MigrationPart, MigrationPlan

_TITLES = {
    "store": "store.json",
    "runs": "run folders",
    "log": "log and artifacts",
    "catalog": "catalog",
}


def add_commands(root: click.Group) -> None:
    """Joins ``store`` into the tree of commands."""
    root.add_command(store)


@click.group()
@shared_options
def store() -> None:
    """What an upgrade changes of a store; doing it, and back."""


@store.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change; nothing is written.")
@click.option("--undo", is_flag=True, help="Put back what the last upgrade has replaced.")
@shared_options
def migrate(dry_run: bool, undo: bool) -> None:
    """Bring the store to this version; what it replaces is kept beside it."""
    from strongroom.services import migrations

    root = store_path()
    if dry_run and undo:
        raise BadInput("E-USAGE", "Undo has no dry run", "Give one of --dry-run and --undo.")
    if undo:
        number = migrations.take_back(root)
        emit(
            {"catalog": number},
            [
                f"The catalog is that of schema {number} again, as it was before the upgrade.",
                "Open the store with the older version now; this one would upgrade it again.",
            ],
        )
        return
    plan = migrations.preview(root) if dry_run else migrations.migrate(root)
    after = plan if dry_run else migrations.preview(root)
    emit(_document(plan, after, is_dry=dry_run), _lines(plan, after, is_dry=dry_run))


def _document(plan: MigrationPlan, after: MigrationPlan, *, is_dry: bool) -> dict[str, object]:
    return {
        "dry_run": is_dry,
        "needed": plan.is_needed,
        "parts": [
            {
                "name": part.name,
                "found": part.found,
                "wanted": part.wanted,
                "act": part.act.value,
                "steps": list(part.steps),
                "bytes": part.size_bytes,
            }
            for part in plan.parts
        ],
        "copy": after.copy,
    }


def _lines(plan: MigrationPlan, after: MigrationPlan, *, is_dry: bool) -> Iterator[str]:
    for part in plan.parts:
        yield f"{_TITLES[part.name]:<18}  {_told(part, is_dry=is_dry)}"
        yield from (f"{'':<18}    {step}" for step in part.steps)
    if not plan.is_needed:
        yield "Nothing has to be changed."
    elif is_dry:
        yield "Nothing was changed. Opening the store does this too, without keeping a copy."
    else:
        yield "The store is up to date."
    if after.copy:
        yield f"{after.copy} is the catalog from before: --undo puts it back, or delete it."


def _told(part: MigrationPart, *, is_dry: bool) -> str:
    if part.act is MigrationAct.STAYS:
        if part.name == "catalog":
            return f"schema {part.found}, up to date"
        return f"format {part.found}, stays as it is" if part.found else "stays as it is"
    if part.act is MigrationAct.ONLY_READ:
        return "of a newer Strongroom; only read here, nothing is changed"
    if part.act is MigrationAct.REBUILT:
        return f"made again with schema {part.wanted}"
    verb = "are" if is_dry else "were"
    copied = f"; {part.size_bytes:,} bytes {verb} copied first" if part.size_bytes else ""
    return f"from schema {part.found} to {part.wanted}{copied}"
