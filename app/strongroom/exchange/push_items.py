# SPDX-License-Identifier: Apache-2.0
"""A line for each thing that goes to a remote, is there already, or cannot be sent.

* Content goes by the name of the version or run it belongs to, never by a path alone.
* Of events that are there already nothing is said but their number.
"""

from collections.abc import Iterator, Sequence

from strongroom.domain.event import Event
from strongroom.exchange.items import bundle_item, event_item
from strongroom.exchange.outcome import Item, Trouble
from strongroom.exchange.push_plan import PushPlan
from strongroom.store.snapshot import Snapshot


def push_items(snapshot: Snapshot, plan: PushPlan, rejected: Sequence[Trouble]) -> Iterator[Item]:
    """Yields trust documents, bundles and other events; then what did not hold on this disk."""
    for file in plan.trust:
        yield Item(
            kind="trust", key=f"trust/{file.version}", title=f"Trust version {file.version}",
            result="new", size_bytes=file.size,
        )  # fmt: skip
    told = set()
    for bundle in plan.bundles:
        told.add(bundle.event.id)
        yield bundle_item(snapshot, bundle)
    for prospect in plan.prospects:
        yield Item(
            kind="run", key=prospect.run, title=prospect.title, result="new",
            size_bytes=prospect.manifest.total_bytes, detail="Nobody has signed it yet: you will",
        )  # fmt: skip
    for writer, first, lines in plan.logs:
        for event in _events(snapshot, writer, first, len(lines)):
            if event.id not in told:
                yield event_item(snapshot, event, "new")
    for each in rejected:
        yield Item(
            kind="object", key=f"{each.code} {each.path}", title=each.path, result="rejected",
            size_bytes=each.size_bytes, code=each.code, detail=each.detail,
        )  # fmt: skip


def _events(snapshot: Snapshot, writer: str, first: int, count: int) -> Iterator[Event]:
    for seq in range(first, first + count):
        yield from snapshot.at(writer, seq)
