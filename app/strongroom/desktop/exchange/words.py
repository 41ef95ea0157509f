# SPDX-License-Identifier: Apache-2.0
"""What came, what went and what did not, in the words of the page.

* Every outcome is said: what was refused and what waits is never left out of a sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from strongroom.desktop.kit.wording import count, size
from strongroom.services.exchange import (
    Counts,
    ImportReport,
    Item,
    Outcome,
    Result,
    Trouble,
    conflict_items,
)

Tone = Literal["ok", "warn", "bad"]
MAX_LISTED = 500  # rows of one group in a table; the saved report lists all
KIND_WORDS = {
    "run": "Run", "version": "Version", "event": "Event", "trust": "Team", "object": "File",
}  # fmt: skip
_KIND_ORDER = ("version", "run", "trust", "event", "object")
_GROUPS: tuple[tuple[Result, str], ...] = (
    ("new", "New"),
    ("conflict", "Conflict"),
    ("rejected", "Rejected"),
    ("waiting", "Waiting"),
    ("same", "Same"),
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_BREAK = "\u200b"  # a place where a line may end, without a mark
_STICKS = ("/media/", "/run/media/", "/Volumes/")
_SHARES = ("\\\\", "//", "/net/", "/smb/", "/nfs/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemGroup:
    """Items with one result; ``hidden_count`` more are not listed."""

    result: Result
    title: str
    note: str
    items: tuple[Item, ...]
    hidden_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """The conclusion of an exchange and what follows from it."""

    tone: Tone
    title: str
    sentence: str
    is_quarantined: bool = False


def left_out_saying(names: Sequence[str]) -> Saying:
    """Returns that places were left out because their stick is about to be taken out."""
    verb = "was" if len(names) == 1 else "were"
    return Saying(
        tone="warn",
        title=f"{', '.join(names)} {verb} left out",
        sentence="The stick is being made safe to remove. Plug it in again to exchange with it.",
    )


def kind_of_place(path: str) -> str:
    """Returns ``Stick``, ``Share`` or ``Folder``, by where a path lies."""
    if path.startswith(_STICKS):
        return "Stick"
    return "Share" if path.startswith(_SHARES) else "Folder"


def counted(counts: Counts) -> str:
    """Returns ``14 events, 2 manifests, 31 files, 3.1 MB``, "" for nothing."""
    parts = [
        count(number, one)
        for number, one in (
            (counts.trust, "trust document"),
            (counts.events, "event"),
            (counts.manifests, "manifest"),
            (counts.objects, "file"),
        )
        if number
    ]
    return ", ".join([*parts, size(counts.bytes)]) if parts or counts.bytes else ""


def grouped(outcome: Outcome) -> tuple[ItemGroup, ...]:
    """Returns the items of an outcome by result, models before runs before events."""
    items = [*outcome.items, *conflict_items(outcome)]
    return tuple(
        _group(result, title, [item for item in items if item.result == result], outcome)
        for result, title in _GROUPS
        if any(item.result == result for item in items) or (result == "same" and outcome.same)
    )


def taken_count(outcome: Outcome) -> int:
    """Returns how many items are new."""
    return sum(item.result == "new" for item in outcome.items)


def verified_words(outcome: Outcome) -> str:
    """Returns what the step of verifying found: ``27 items, 1 rejected``."""
    words = count(len(outcome.items), "item") if outcome.items else "Nothing new"
    refused = refused_count(outcome)
    return f"{words}, {refused:,} rejected" if refused else words


def refused_count(outcome: Outcome) -> int:
    """Returns how many items were refused or are alarming."""
    return sum(item.result == "rejected" for item in outcome.items)


def item_title(item: Item) -> str:
    """Returns what an item is called: ``churn v3`` for the version ``churn/3``."""
    name, slash, number = item.title.rpartition("/")
    return f"{name} v{number}" if item.kind == "version" and slash else item.title


def readable(text: str) -> str:
    """Returns a sentence from outside that fits a pane: digests cut short, long words breakable."""
    short = _DIGEST.sub(lambda found: f"{found[0][:8]}…{found[0][-4:]}", text)
    return _LONG_WORD.sub(lambda found: found[0] + _BREAK, short)


def sync_saying(outcomes: Sequence[Outcome], faults: Sequence[tuple[str, str]]) -> Saying:
    """Returns the sentence after a sync: what came, went, was refused, waits, contradicts.

    Args:
        outcomes: Of the places that were reached.
        faults: Name and title of those that were not.
    """
    came = sum((outcome.pulled for outcome in outcomes), Counts())
    went = sum((outcome.pushed for outcome in outcomes), Counts())
    rejected = [trouble for outcome in outcomes for trouble in outcome.rejected]
    conflicts = sum(len(outcome.conflicts) for outcome in outcomes)
    parts = [
        f"Came in: {counted(came) or 'nothing new'}.",
        f"Went out: {counted(went) or 'nothing new'}.",
    ]
    if rejected:
        codes = ", ".join(sorted({trouble.code for trouble in rejected}))
        parts.append(f"Rejected: {codes}.")
    parts += _waiting_words([trouble for outcome in outcomes for trouble in outcome.waiting])
    if conflicts:
        parts.append(f"{count(conflicts, 'conflict')} to decide on the Models page.")
    parts += [f"{name}: {title}." for name, title in faults]
    tone: Tone = "bad" if rejected or faults else "warn" if conflicts else "ok"
    return Saying(
        tone=tone,
        title=_sync_title(outcomes, len(rejected), faults, conflicts),
        sentence=" ".join(parts) if outcomes else " ".join(parts[2:]),
        is_quarantined=any(trouble.item for trouble in rejected),
    )


def import_saying(outcome: Outcome) -> Saying:
    """Returns the sentence at the end of an import."""
    kept = sum(bool(trouble.item) for trouble in outcome.rejected)
    taken, refused = taken_count(outcome), refused_count(outcome)
    title = f"{count(taken, 'item')} taken in" if taken else _taken_events(outcome)
    parts = [f"Written to this store: {counted(outcome.pulled) or 'nothing'}."]
    if refused:
        title += f", {refused:,} rejected"
        parts.append(
            f"{count(kept, 'copy', 'copies')} in quarantine." if kept
            else "What was rejected was left where it is."
        )  # fmt: skip
    parts += _waiting_words(outcome.waiting)
    if outcome.conflicts:
        parts.append(f"{count(len(outcome.conflicts), 'conflict')} to decide.")
    return Saying(
        tone="bad" if refused else "warn" if outcome.conflicts else "ok",
        title=title,
        sentence=" ".join(parts),
        is_quarantined=bool(kept),
    )


def outcome_of(report: ImportReport) -> Outcome:
    """Returns the outcome that a report tells of, as far as it was kept."""
    record = report.record
    return Outcome(
        remote=record.source, is_dry=record.state == "preview", pulled=record.pulled,
        same=record.same, items=report.items,
    )  # fmt: skip


def _waiting_words(waiting: Sequence[Trouble]) -> list[str]:
    """Returns what waits: files that nobody has brought yet, and what follows something missing."""
    files = {each.path for each in waiting if each.path.startswith(("obj/", "man/"))}
    others = {each.path for each in waiting} - files
    words = []
    if files:
        words.append(f"{count(len(files), 'file')} still missing.")
    if others:
        words.append(f"{count(len(others), 'item')} waiting for what comes before.")
    return words


def _taken_events(outcome: Outcome) -> str:
    """Returns what came although no item is whole: events are admitted before their content."""
    events = outcome.pulled.events + outcome.pulled.trust
    return f"{count(events, 'event')} taken in" if events else "Nothing new was taken in"


def _group(result: Result, title: str, items: Sequence[Item], outcome: Outcome) -> ItemGroup:
    ordered = sorted(items, key=lambda item: _KIND_ORDER.index(item.kind))
    total = sum(item.size_bytes for item in ordered)
    number = count(len(ordered), "item")
    kept = sum(bool(trouble.item) for trouble in outcome.rejected)
    notes = {
        "new": f"{number}, {size(total)}" if total else number,
        "conflict": f"{number}, both sides are kept",
        "waiting": f"{number}, taken in when what is missing has come",
        "same": f"{number}, nothing to do" if ordered else "everything else is here already",
        "rejected": f"{number}, {count(kept, 'copy', 'copies')} in quarantine" if kept
        else f"{number}, not taken in",
    }  # fmt: skip
    return ItemGroup(
        result=result,
        title=title,
        note=notes[result],
        items=tuple(ordered[:MAX_LISTED]),
        hidden_count=max(0, len(ordered) - MAX_LISTED),
    )


def _sync_title(
    outcomes: Sequence[Outcome], rejected: int, faults: Sequence[tuple[str, str]], conflicts: int
) -> str:
    if not outcomes and faults:
        return "Nothing was exchanged"
    if rejected:
        return f"Exchanged, but {count(rejected, 'thing')} not taken in"
    if faults:
        return f"Exchanged, but {count(len(faults), 'place')} not reached"
    if conflicts:
        return f"Exchanged, with {count(conflicts, 'conflict')}"
    if all(outcome.new.is_empty for outcome in outcomes):
        return "Everything is the same on both sides"
    return "Exchanged with " + ", ".join(outcome.remote for outcome in outcomes)
