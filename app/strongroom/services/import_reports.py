# SPDX-License-Identifier: Apache-2.0
"""What came in on this workstation and when: a report of every taking in, kept in the home.

* A report is begun before the first byte is written: what a crash or a pulled plug interrupted is
  still listed, as not finished.
* The newest are kept. What was the same already is counted and not listed.
* Reports are told, never obeyed: nothing is admitted or refused because a report says so, and
  one that cannot be written stops nothing.
"""

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, from_iso, to_iso
from strongroom.domain.errors import BadInput, StrongroomError, Untrusted
from strongroom.exchange.outcome import Counts, Item, Outcome, conflict_items
from strongroom.store.home import Home

FORMAT = 1
MAX_KEPT = 500  # years of daily work; each report has some kilobytes
MAX_ITEMS = 5_000  # of one kept report: more than anybody reads; the counts are of all
MAX_REPORT_BYTES = 8 << 20  # 5,000 items with sentences of the greatest length
MAX_TEXT = 2_000  # characters of one text; longer ones are cut

Means = Literal["import", "pull", "sync"]
State = Literal["begun", "done", "stopped", "failed", "preview"]
STATES = frozenset({"begun", "done", "stopped", "failed", "preview"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One taking in: from where, when, how it ended, and how much came.

    ``state`` is ``begun`` while it runs, and for ever if the program was stopped in the middle.
    ``left`` counts items that were not chosen.
    """

    id: str
    source: str
    means: Means
    started_us: int
    ended_us: int | None = None
    state: State = "begun"
    code: str = ""
    title: str = ""
    pulled: Counts = field(default_factory=Counts)
    taken: int = 0
    same: int = 0
    left: int = 0
    waiting: int = 0
    rejected: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """A record with its items; ``hidden_count`` more were not kept."""

    record: ImportRecord
    items: tuple[Item, ...]
    hidden_count: int = 0


class ImportReports:
    """The reports of a home towards one store.

    Args:
        home: Where they lie, in the folder ``imports``.
        clock: What time it is when one is begun or ended.
    """

    def __init__(self, home: Home, clock: Clock) -> None:
        self._folder, self._clock = home.folder / "imports", clock
        self._guard = threading.Lock()
        self._known: dict[str, ImportRecord] = {}

    def begin(self, source: str, means: Means) -> ImportRecord:
        """Notes that taking in from a source begins."""
        now_us = self._clock.now_us()
        record = ImportRecord(
            id=_new_id(now_us), source=_text(source), means=means, started_us=now_us
        )
        self._write(ImportReport(record=record, items=()))
        self._prune()
        return record

    def tell(self, source: str, means: Means, started_us: int, outcome: Outcome) -> None:
        """Keeps the report of an exchange that has ended, if it brought or refused anything."""
        if outcome.pulled.is_empty and not outcome.rejected and not outcome.conflicts:
            return
        record = ImportRecord(
            id=_new_id(started_us), source=_text(source), means=means, started_us=started_us
        )
        self.end(record, outcome)
        self._prune()

    def end(self, record: ImportRecord, outcome: Outcome) -> ImportReport:
        """Notes what came of it and returns the report."""
        report = _reported(record, outcome, self._clock.now_us())
        self._write(report)
        return report

    def of(self, source: str, outcome: Outcome) -> ImportReport:
        """Returns the report of an outcome; it is not kept."""
        now_us = self._clock.now_us()
        record = ImportRecord(
            id=_new_id(now_us), source=_text(source), means="import", started_us=now_us
        )
        return _reported(record, outcome, now_us)

    def interrupt(self, record: ImportRecord, error: BaseException) -> None:
        """Notes that it was stopped or failed; what was finished stays where it is."""
        code, title = "", ""
        if isinstance(error, StrongroomError):
            code, title = error.code, _text(error.title)
        state: State = "failed" if code else "stopped"
        ended = replace(record, state=state, ended_us=self._clock.now_us(), code=code, title=title)
        self._write(ImportReport(record=ended, items=()))

    def kept(self) -> tuple[ImportRecord, ...]:
        """Returns what is kept, the newest first; one that cannot be read is left out."""
        found = []
        for id_ in reversed(self._ids()):
            record = self._known.get(id_)
            if record is None or record.state == "begun":
                with suppress(StrongroomError):
                    record = self.show(id_).record
            if record is not None:
                self._known[id_] = record
                found.append(record)
        return tuple(found)

    def show(self, id_: str) -> ImportReport:
        """Returns one report.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-FORMAT`` if it was changed by hand.
        """
        if id_ not in self._ids():
            raise BadInput("E-MISSING", f"There is no report {id_[:60]}", "It is no longer kept.")
        try:
            data = (self._folder / f"{id_}.json").read_bytes()
            return read_report(id_, canonical.decode(data, max_bytes=MAX_REPORT_BYTES))
        except (OSError, ValueError, TypeError, KeyError, Untrusted) as error:
            raise Untrusted(
                "E-FORMAT", f"The report {id_} cannot be read",
                "It tells of something past; nothing depends on it.",
            ) from error  # fmt: skip

    def _ids(self) -> list[str]:
        try:
            names = [path.stem for path in self._folder.iterdir() if path.suffix == ".json"]
        except OSError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    def _write(self, report: ImportReport) -> None:
        """Keeps a report; a home that is full or write-protected never stops a taking in."""
        data = canonical.encode(report_document(report))
        with self._guard, suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{report.record.id}.json", data, mode=PRIVATE)
            self._known[report.record.id] = report.record

    def _prune(self) -> None:
        for id_ in self._ids()[:-MAX_KEPT]:
            with suppress(OSError):
                (self._folder / f"{id_}.json").unlink()
            self._known.pop(id_, None)


def _new_id(now_us: int) -> str:
    """Returns an id that sorts by time."""
    return f"{now_us:017d}-{secrets.token_hex(4)}"


def _reported(record: ImportRecord, outcome: Outcome, now_us: int) -> ImportReport:
    listed = [item for item in outcome.items if item.result != "same"]
    listed += conflict_items(outcome)
    results = [item.result for item in outcome.items]
    ended = replace(
        record, state="preview" if outcome.is_dry else "done", ended_us=now_us,
        pulled=outcome.pulled, taken=results.count("new"),
        same=max(outcome.same, results.count("same")), waiting=results.count("waiting"),
        rejected=max(len(outcome.rejected), results.count("rejected")),
        conflicts=len(outcome.conflicts),
    )  # fmt: skip
    hidden = max(0, len(listed) - MAX_ITEMS)
    return ImportReport(record=ended, items=tuple(listed[:MAX_ITEMS]), hidden_count=hidden)


def report_document(report: ImportReport) -> dict[str, JsonValue]:
    """Returns a report as the JSON of ADR 26."""
    record = report.record
    items: list[JsonValue] = [
        {key: _text(value) if isinstance(value, str) else value for key, value in each.items()}
        for each in (item.to_json() for item in report.items)
    ]
    return {
        "format": FORMAT,
        "source": record.source,
        "means": record.means,
        "started": to_iso(record.started_us),
        "ended": "" if record.ended_us is None else to_iso(record.ended_us),
        "state": record.state,
        "code": record.code,
        "title": record.title,
        "new": record.pulled.to_json(),
        "counts": {
            "taken": record.taken, "same": record.same, "left": record.left,
            "waiting": record.waiting, "rejected": record.rejected,
            "conflicts": record.conflicts, "hidden": report.hidden_count,
        },
        "items": items,
    }  # fmt: skip


def read_report(id_: str, found: JsonValue) -> ImportReport:
    """Reads the JSON of ADR 26.

    Raises:
        ValueError, TypeError, KeyError: If it has another form.
    """
    if found["format"] != FORMAT or found["state"] not in STATES:
        raise ValueError("another format")
    counts = dict(found["counts"])
    hidden = counts.pop("hidden")
    if any(type(number) is not int for number in (hidden, *counts.values())):
        raise ValueError("a count that is no number")
    record = ImportRecord(
        id=id_,
        source=str(found["source"]),
        means=cast("Means", str(found["means"])),
        started_us=from_iso(found["started"]),
        ended_us=from_iso(found["ended"]) if found["ended"] else None,
        state=found["state"],
        code=str(found["code"]),
        title=str(found["title"]),
        pulled=Counts(**found["new"]),
        **counts,
    )
    items = tuple(Item(**item) for item in found["items"][:MAX_ITEMS])
    return ImportReport(record=record, items=items, hidden_count=hidden)


def _text(words: str) -> str:
    """Returns words that fit a signed document: bounded, without halves of characters."""
    whole = words.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= MAX_TEXT else f"{whole[: MAX_TEXT - 1]}…"
