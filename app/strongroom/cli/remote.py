# SPDX-License-Identifier: Apache-2.0
"""``strongroom remote …``: add, list, push, pull, sync, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, say, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.selecting import selecting
from strongroom.cli.session import services
from strongroom.domain.clock import to_iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strongroom.services.exchange import (
        Counts,
        Item,
        Outcome,
        RemoteInfo,
        Selection,
        Trouble,
    )


def add_commands(root: click.Group) -> None:
    """Joins ``remote`` into the tree of commands."""
    root.add_command(remote)


@click.group()
@shared_options
def remote() -> None:
    """Exchange with folders on shares and sticks."""


@remote.command()
@click.argument("name", metavar="NAME")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@shared_options
def add(name: str, path: Path) -> None:
    """Give a folder, or a ZIP of one, a name; an empty folder becomes a remote of the team."""
    info = services().exchange.add(name, path)
    emit(_info_document(info), [f"{info.name} is {info.path}"])


@remote.command(name="list")
@shared_options
def list_remotes() -> None:
    """List remotes with the last exchange."""
    found = services().exchange.remotes()
    rows = [
        (info.name, info.path, _when(info.pulled_at_us), _when(info.pushed_at_us)) for info in found
    ]
    document = {"remotes": [_info_document(info) for info in found]}
    emit(document, table(("NAME", "PATH", "LAST PULL", "LAST PUSH"), rows))


@remote.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--dry-run", is_flag=True, help="Only say what would be copied.")
@selecting
@shared_options
def push(
    name: str | None,
    dry_run: bool,
    selection: Selection,
) -> int:
    """Copy to a remote what it lacks; without NAME to every remote."""
    exchange = services().exchange
    with TerminalProgress() as progress:
        found = exchange.push(name, selection=selection, is_dry=dry_run, progress=progress)
    code = tell(found)
    if selection.is_all and (left := exchange.unsigned()):
        runs = "1 finished run is" if left == 1 else f"{left:,} finished runs are"
        say(f"{runs} signed by nobody and stay here; --experiment NAME or --run RUN sends them")
    return code


@remote.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken in.")
@selecting
@shared_options
def pull(
    name: str | None,
    dry_run: bool,
    selection: Selection,
) -> int:
    """Take in what is new on a remote; without NAME from every remote."""
    with TerminalProgress() as progress:
        return tell(
            services().exchange.pull(name, selection=selection, is_dry=dry_run, progress=progress)
        )


@remote.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--dry-run", is_flag=True, help="Only say what would be copied.")
@selecting
@shared_options
def sync(
    name: str | None,
    dry_run: bool,
    selection: Selection,
) -> int:
    """Pull, then push; without NAME with every remote."""
    with TerminalProgress() as progress:
        return tell(
            services().exchange.sync(name, selection=selection, is_dry=dry_run, progress=progress)
        )


@remote.command()
@click.argument("name", metavar="NAME")
@shared_options
def pause(name: str) -> None:
    """Leave a remote out when all are served, until it is resumed."""
    info = services().exchange.pause(name)
    emit(_info_document(info), [f"{info.name} is paused"])


@remote.command()
@click.argument("name", metavar="NAME")
@shared_options
def resume(name: str) -> None:
    """Serve a paused remote again."""
    info = services().exchange.pause(name, is_paused=False)
    emit(_info_document(info), [f"{info.name} is served again"])


@remote.command()
@click.argument("name", metavar="NAME")
@click.option("--read-data", is_flag=True, help="Read every object, not only its size.")
@shared_options
def verify(name: str, read_data: bool) -> int:
    """Check that all of a remote is there and holds what its names promise."""
    with TerminalProgress() as progress:
        check = services().exchange.verify(name, is_reading_data=read_data, progress=progress)
    lines = [f"{count:,} {what} checked" for what, count in check.checked.items()]
    lines += [_trouble_line(trouble) for trouble in check.findings]
    lines += list(check.notes)
    lines.append("Everything holds." if check.is_ok else "The next push writes it again.")
    emit(check.to_json(), lines)
    return 0 if check.is_ok else EXIT_FINDING


def tell(outcomes: tuple[Outcome, ...], *, with_items: bool = False) -> int:
    """Prints what became of exchanges and returns the exit code."""
    documents = [_outcome_document(outcome, with_items=with_items) for outcome in outcomes]
    document = documents[0] if len(documents) == 1 else {"remotes": documents}
    emit(document, [line for outcome in outcomes for line in _lines(outcome)])
    return 0 if all(outcome.is_clean for outcome in outcomes) else EXIT_FINDING


def _outcome_document(outcome: Outcome, *, with_items: bool) -> dict[str, Any]:
    document = outcome.to_json()
    if with_items or outcome.is_dry:
        document["items"] = [item.to_json() for item in outcome.items]
    return document


def _lines(outcome: Outcome) -> Iterator[str]:
    would = "would be " if outcome.is_dry else ""
    if not outcome.pulled.is_empty:
        yield f"{outcome.remote}: {_amount(outcome.pulled)} {would}taken in"
    if not outcome.pushed.is_empty:
        yield f"{outcome.remote}: {_amount(outcome.pushed)} {would}pushed"
    if outcome.new.is_empty:
        yield f"{outcome.remote}: nothing new, {outcome.same:,} the same"
    if outcome.is_dry:
        yield from _plan_lines(outcome)
    if not outcome.left_out.is_empty:
        yield f"{outcome.remote}: {_amount(outcome.left_out)} not chosen"
    for word, troubles in (
        ("waiting", outcome.waiting),
        ("conflict", outcome.conflicts),
        ("rejected", outcome.rejected),
    ):
        for trouble in troubles:
            yield f"{word}: {_trouble_line(trouble)}"
    for found in outcome.secrets:
        state = f"let through by {found.allowed_by}" if found.allowed_by else "blocks the push"
        yield f"secret: {found.id} {found.sentence}, {state}"


def _plan_lines(outcome: Outcome) -> Iterator[str]:
    """Yields bytes by what would become of them, then every item that is not the same."""
    yield ", ".join(f"{what} {size:,} bytes" for what, size in outcome.sizes.items())
    rows = [
        (item.result, item.kind, item.title, f"{item.size_bytes:,}", item.signer, _why(item))
        for item in outcome.items
        if item.result != "same"
    ]
    if rows:
        yield from table(("RESULT", "KIND", "WHAT", "BYTES", "SIGNED BY", "WHY"), rows)


def _why(item: Item) -> str:
    return f"{item.code} {item.detail}".strip()


def _amount(counts: Counts) -> str:
    named = [
        (counts.trust, "trust documents"),
        (counts.events, "events"),
        (counts.manifests, "manifests"),
        (counts.objects, "objects"),
    ]
    parts = [f"{count:,} {what if count > 1 else what[:-1]}" for count, what in named if count]
    return f"{', '.join(parts)} ({counts.bytes:,} bytes)"


def _trouble_line(trouble: Trouble) -> str:
    kept = f" [quarantine {trouble.item[:12]}]" if trouble.item else ""
    return f"{trouble.code} {trouble.path}: {trouble.detail}{kept}"


def _info_document(info: RemoteInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "path": info.path,
        "pulled": _when(info.pulled_at_us),
        "pushed": _when(info.pushed_at_us),
        "in": info.last_in.to_json(),
        "out": info.last_out.to_json(),
        "paused": info.is_paused,
    }


def _when(time_us: int | None) -> str:
    return "" if time_us is None else to_iso(time_us)
