# SPDX-License-Identifier: Apache-2.0
"""The report of an import as plain text, for people: one line an item, control characters spelled.

* What was refused and what waits is never left out; only what was the same is counted alone.
"""

from collections.abc import Iterator

from strongroom.domain.clock import to_iso
from strongroom.exchange.outcome import Result
from strongroom.services.import_reports import ImportRecord, ImportReport

_GROUPS: tuple[tuple[Result, str], ...] = (
    ("new", "New"),
    ("conflict", "Conflict"),
    ("rejected", "Rejected"),
    ("waiting", "Waiting"),
)
_STATES = {
    "begun": "Not finished",
    "done": "Taken in",
    "stopped": "Stopped by hand",
    "failed": "Failed",
    "preview": "Preview, nothing was written",
}


def report_text(report: ImportReport) -> str:
    """Returns a report as text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ImportReport) -> Iterator[str]:
    record = report.record
    yield "Strongroom import report, not signed"
    yield f"Source    {_one_line(record.source)}"
    yield f"Started   {to_iso(record.started_us)}"
    if record.ended_us is not None:
        yield f"Ended     {to_iso(record.ended_us)}"
    yield f"Result    {_result(record)}"
    yield f"Written   {record.pulled.bytes:,} bytes, {record.pulled.events:,} events"
    yield f"Same      {record.same:,}"
    if record.left:
        yield f"Left      {record.left:,} not chosen"
    for result, title in _GROUPS:
        items = [item for item in report.items if item.result == result]
        if not items:
            continue
        yield ""
        yield f"{title}: {len(items):,}"
        for item in items:
            said = [item.kind, item.title, item.signer, item.code, item.detail]
            yield "  " + "  ".join(_one_line(part) for part in said if part)
    if report.hidden_count:
        yield ""
        yield f"{report.hidden_count:,} more items were not kept"


def _result(record: ImportRecord) -> str:
    words = _STATES[record.state]
    return f"{words}, {record.code}: {_one_line(record.title)}" if record.code else words


def _one_line(text: str) -> str:
    """Spells out what would break a line or hide in it."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
