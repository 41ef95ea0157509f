# SPDX-License-Identifier: Apache-2.0
"""``strongroom quarantine …``: list, show, retry, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.session import services
from strongroom.domain.clock import to_iso

if TYPE_CHECKING:
    from strongroom.services.exchange import QuarantinedItem


def add_commands(root: click.Group) -> None:
    """Joins ``quarantine`` into the tree of commands."""
    root.add_command(quarantine)


@click.group()
@shared_options
def quarantine() -> None:
    """What was refused on arrival, and why."""


@quarantine.command(name="list")
@shared_options
def list_items() -> None:
    """List what was refused, oldest first."""
    items = services().exchange.quarantined()
    rows = [
        (item.id[:12], item.code, item.path, item.origin, to_iso(item.time_us)) for item in items
    ]
    document = {"items": [_document(item) for item in items]}
    emit(document, table(("ID", "CODE", "PATH", "FROM", "TIME"), rows))


@quarantine.command()
@click.argument("item", metavar="ID")
@shared_options
def show(item: str) -> None:
    """Show why something was refused, and the beginning of its bytes."""
    detail = services().exchange.show_quarantined(item)
    found = detail.item
    lines = [
        f"{found.id}",
        f"code    {found.code}",
        f"path    {found.path}",
        f"from    {found.origin}",
        f"time    {to_iso(found.time_us)}",
        f"size    {found.size_bytes:,} bytes, {found.kept_bytes:,} kept",
        f"reason  {found.reason}",
        "",
        *detail.text.split("\n"),
    ]
    emit({**_document(found), "text": detail.text}, lines)


@quarantine.command()
@click.argument("item", metavar="ID")
@shared_options
def retry(item: str) -> int:
    """Pass something through the gate again; it leaves quarantine if it is admitted."""
    found = services().exchange.retry(item)
    document = {
        "id": found.id, "taken": found.is_taken, "code": found.code, "detail": found.detail,
    }  # fmt: skip
    verdict = found.detail if found.is_taken else f"{found.code}: {found.detail}"
    emit(document, [f"{found.id[:12]} {verdict}"])
    return 0 if found.is_taken else 1


@quarantine.command()
@click.argument("item", metavar="ID")
@shared_options
def drop(item: str) -> None:
    """Remove something from quarantine for good."""
    (gone,) = services().exchange.drop(item).quarantined
    emit({"dropped": gone}, [f"Dropped {gone[:12]}"])


def _document(item: QuarantinedItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "code": item.code,
        "path": item.path,
        "from": item.origin,
        "time": to_iso(item.time_us),
        "reason": item.reason,
        "size": item.size_bytes,
        "kept": item.kept_bytes,
    }
