# SPDX-License-Identifier: Apache-2.0
"""``strongroom bundle …``: create, show, verify, take, receipt, confirm, list, associate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.remote import tell
from strongroom.cli.session import services
from strongroom.domain.clock import to_iso

if TYPE_CHECKING:
    from strongroom.services.bundles import BundleFacts, Made, SentBundle

_FILE = click.Path(dir_okay=False, path_type=Path)


def add_commands(root: click.Group) -> None:
    """Joins ``bundle`` into the tree of commands."""
    root.add_command(bundle)


@click.group()
@shared_options
def bundle() -> None:
    """Carry runs and versions one way, as one signed file."""


@bundle.command()
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("--run", "runs", multiple=True, metavar="RUN", help="A run that travels.")
@click.option(
    "--experiment",
    "experiments",
    multiple=True,
    metavar="NAME",
    help="An experiment whose finished runs travel.",
)
@click.option(
    "--version", "versions", multiple=True, metavar="NAME/VERSION", help="A version that travels."
)
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="A model whose versions travel."
)
@click.option(
    "--since",
    type=_FILE,
    metavar="FILE",
    help="A receipt or an earlier bundle: only what its reader lacks travels.",
)
@click.option("--to", multiple=True, metavar="PERSON", help="Seal it for this person.")
@click.option("--dry-run", is_flag=True, help="Only say what would travel.")
@shared_options
def create(
    file: Path,
    runs: tuple[str, ...],
    experiments: tuple[str, ...],
    versions: tuple[str, ...],
    models: tuple[str, ...],
    since: Path | None,
    to: tuple[str, ...],
    dry_run: bool,
) -> int:
    """Write a bundle; of everything, unless something is named."""
    from strongroom.services.bundles import BundleOrder

    bundles = services().bundles
    with TerminalProgress() as progress:
        if dry_run:
            order = BundleOrder(
                runs=runs, experiments=experiments, versions=versions, models=models,
                since=since, to=to,
            )  # fmt: skip
            return tell((bundles.preview(file, order, progress=progress),), with_items=True)
        made = bundles.create(
            file, runs=runs, experiments=experiments, versions=versions, models=models,
            since=since, to=to, progress=progress,
        )  # fmt: skip
    _tell_made(made)
    return 0


def _tell_made(made: Made) -> None:
    document = {
        "id": made.id,
        "path": made.path,
        "kind": made.kind,
        "title": made.title,
        "sha256": made.sha256,
        "size": made.size_bytes,
        "to": list(made.to),
        "new": made.outcome.pushed.to_json(),
        "waiting": [each.to_json() for each in made.outcome.waiting],
    }
    sealed = f"sealed for {', '.join(made.to)}" if made.to else "open to whoever finds it"
    lines = [
        f"{made.path}: {made.title}",
        f"{made.size_bytes:,} bytes, read back from the medium; {sealed}",
        f"sha256 {made.sha256}",
    ]
    lines += [f"waiting: {each.code} {each.path}: {each.detail}" for each in made.outcome.waiting]
    emit(document, lines)


@bundle.command()
@click.argument("file", metavar="FILE", type=_FILE)
@shared_options
def show(file: Path) -> None:
    """Say who made a bundle and what is in it."""
    facts = services().bundles.look(file)
    emit(_facts_document(facts), _facts_lines(facts))


@bundle.command()
@click.argument("file", metavar="FILE", type=_FILE)
@shared_options
def verify(file: Path) -> int:
    """Read all of a bundle and say what does not hold; nothing is taken in."""
    with TerminalProgress() as progress:
        facts, findings = services().bundles.verify(file, progress=progress)
    document = {
        **_facts_document(facts),
        "ok": not findings,
        "findings": [each.to_json() for each in findings],
    }
    lines = [*_facts_lines(facts), *(f"{each.code} {each.detail}" for each in findings)]
    lines.append("Not everything holds." if findings else "Everything holds.")
    emit(document, lines)
    return EXIT_FINDING if findings else 0


@bundle.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be taken in.")
@shared_options
def take(files: tuple[Path, ...], dry_run: bool) -> int:
    """Take in everything admissible of bundles, or of a folder they are dropped into."""
    with TerminalProgress() as progress:
        outcomes = services().bundles.take_all(files, is_dry=dry_run, progress=progress)
    return tell(outcomes, with_items=True)


@bundle.command()
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, metavar="RECEIPT", help="The receipt.")
@shared_options
def receipt(file: Path, output: Path) -> None:
    """Write the receipt for a bundle that was taken in, to travel home."""
    taken = services().bundles.write_receipt(file, output)
    document = {"path": str(output), "bundle": taken.id, "title": taken.title}
    emit(document, [f"{output}: {taken.title} was taken in at {to_iso(taken.taken_at_us)}"])


@bundle.command()
@click.argument("receipt", metavar="RECEIPT", type=_FILE)
@shared_options
def confirm(receipt: Path) -> int:
    """Take note of a receipt that came home."""
    found = services().bundles.confirm(receipt)
    document = {
        "id": found.id,
        "bundle": found.bundle,
        "title": found.title,
        "by": found.by,
        "time": to_iso(found.at_us),
        "made_here": found.is_ours,
        "new": found.new,
        "waiting": found.waiting,
        "rejected": [{"code": code, "path": path} for code, path in found.rejected],
    }
    counts = f"{found.new:,} new, {found.waiting:,} waiting, {found.rejected_count:,} rejected"
    lines = [f"{found.by} took in {found.title} at {to_iso(found.at_us)}: {counts}"]
    lines += [f"rejected: {code} {path}" for code, path in found.rejected]
    emit(document, lines)
    return EXIT_FINDING if found.rejected_count else 0


@bundle.command(name="list")
@shared_options
def list_bundles() -> None:
    """List the bundles made here with their receipts, and those taken in."""
    at = services().bundles
    sent, taken = at.sent(), at.taken()
    document = {
        "sent": [_sent_document(each) for each in sent],
        "taken": [
            {"id": each.id, "title": each.title, "time": to_iso(each.taken_at_us)} for each in taken
        ],
    }
    rows = [
        ("out", each.title, to_iso(each.sent_at_us), _arrival(each), each.id[:12]) for each in sent
    ]
    rows += [("in", each.title, to_iso(each.taken_at_us), "", each.id[:12]) for each in taken]
    emit(document, table(("WAY", "WHAT", "TIME", "RECEIPT", "ID"), rows))


@bundle.command()
@click.option("--undo", is_flag=True, help="Take that away again.")
@shared_options
def associate(undo: bool) -> None:
    """Let a double click on a bundle open it in this window, for you."""
    from strongroom.services import association

    found = association.dissociate() if undo else association.associate()
    state = "A double click on a bundle opens it here." if found.is_on else "That is undone."
    emit({"on": found.is_on, "files": list(found.files)}, [*found.files, state])


def _arrival(sent: SentBundle) -> str:
    if sent.received_at_us is None:
        return "none yet"
    refused = f", {sent.rejected:,} rejected" if sent.rejected else ""
    return f"{sent.received_by} {to_iso(sent.received_at_us)}{refused}"


def _sent_document(sent: SentBundle) -> dict[str, Any]:
    received = None
    if sent.received_at_us is not None:
        received = {
            "by": sent.received_by,
            "time": to_iso(sent.received_at_us),
            "rejected": sent.rejected,
        }
    return {
        "id": sent.id,
        "path": sent.path,
        "title": sent.title,
        "kind": sent.kind,
        "time": to_iso(sent.sent_at_us),
        "size": sent.size_bytes,
        "sha256": sent.sha256,
        "receipt": received,
    }


def _facts_document(facts: BundleFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "path": facts.path,
        "title": facts.title,
        "kind": facts.kind,
        "maker": facts.maker,
        "host": facts.host,
        "time": to_iso(facts.made_at_us),
        "sealed": facts.is_sealed,
        "to": list(facts.to),
        "base": facts.base,
        "size": facts.content_bytes,
        "files": facts.file_count,
        "things": list(facts.things),
    }


def _facts_lines(facts: BundleFacts) -> list[str]:
    sealed = f"sealed for {', '.join(facts.to)}" if facts.is_sealed else "open, not sealed"
    lines = [
        f"{facts.title} ({facts.kind})",
        f"made by {facts.maker} on {facts.host} at {to_iso(facts.made_at_us)}",
        f"{facts.file_count:,} files, {facts.content_bytes:,} bytes; {sealed}",
    ]
    if facts.base:
        lines.append(f"continues {facts.base[:12]}")
    return [*lines, *(f"brings {thing}" for thing in facts.things)]
