# SPDX-License-Identifier: Apache-2.0
"""The events of a team as a table for spreadsheets, which must not take text for a formula.

* Every text comes from strangers: control and direction characters are spelled out.
* A cell that a spreadsheet would calculate is shown as text, by an apostrophe before it.
"""

import csv
import io

from strongroom.domain.event import Event
from strongroom.store.snapshot import Snapshot

HEADER = (
    "number", "claimed time", "person", "writer", "seq", "event", "about", "without effect", "id",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "|", "%")
VERBS = {
    "writer.hello": "joined",
    "run.finish": "finished a run",
    "version.register": "registered",
    "stage.request": "requested",
    "stage.approve": "approved",
    "stage.reject": "rejected",
    "stage.changes": "asked for changes",
    "stage.withdraw": "withdrew",
    "stage.expire": "declared expired",
    "stage.comment": "commented",
    "stage.emergency": "moved in an emergency",
    "alias.set": "set an alias",
    "export.audit": "exported an audit package",
    "export.bundle": "sent a bundle, or noted its receipt",
    "secret.override": "let a finding of secrets through",
    "access.denied": "was refused",
    "login.unlock": "unlocked after failures",
    "verify.failure": "found what does not hold",
}


def events_table(snapshot: Snapshot) -> str:
    """Returns every event of the snapshot as CSV (RFC 4180), by claimed time."""
    written = io.StringIO()
    rows = csv.writer(written, quoting=csv.QUOTE_ALL)
    rows.writerow(HEADER)
    ordered = sorted(snapshot.chains.events(), key=lambda e: (e.time, e.writer, e.seq))
    for number, event in enumerate(ordered, start=1):
        row = (
            str(number),
            event.time,
            snapshot.latest.name_of(event.writer),
            event.writer,
            str(event.seq),
            event.type,
            about(event),
            snapshot.state.refusals.get(event.id, ""),
            event.id,
        )
        rows.writerow([cell(text) for text in row])
    return written.getvalue()


def cell(text: str) -> str:
    """Returns a text that a spreadsheet shows and never calculates."""
    plain = spelled(text)
    return f"'{plain}" if plain.lstrip(" '").startswith(_FORMULA) else plain


def about(event: Event) -> str:
    """Returns what an event is about, in a few words."""
    body = event.body
    if "model" in body and "version" in body:
        move = f" to {body['to']}" if "to" in body else ""
        return f"{body['model']}/{body['version']}{move}"
    if "run" in body:
        return f"run {str(body['run'])[:8]}"
    if "request" in body:
        return f"request {str(body['request'])[:8]}"
    if "bundle" in body:
        return str(body.get("title", ""))
    return str(body.get("host", ""))


def spelled(text: str) -> str:
    """Returns foreign text on one line, with invisible and direction characters spelled out."""
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in " ".join(text.split())
    )
