# SPDX-License-Identifier: Apache-2.0
"""What an import finds, grouped by result, with the explanation of the selected row below.

* Files of versions and runs can be chosen. Events and trust documents travel as chains and always
  come: their boxes are ticked and cannot be pressed.
* Long groups are cut at a bound and say so; what is cut follows the box of its group's heading.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.explanation_strip import STANDINGS, ExplanationStrip
from strongroom.desktop.exchange.explanations import digests_in, explained
from strongroom.desktop.exchange.words import (
    KIND_WORDS,
    grouped,
    item_title,
    outcome_of,
    readable,
)
from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
    Cell,
    CheckCell,
    Column,
    Group,
    Line,
    Notice,
    NumberCell,
    Row,
    TextCell,
)
from strongroom.desktop.kit.facts import Fact
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import count, size
from strongroom.services.exchange import ImportReport, Item, Kind, Outcome, Result

BADGES: dict[Result, BadgeCell] = {
    "new": BadgeCell("New", "info", "plus"),
    "conflict": BadgeCell("Conflict", "warn", "git-fork"),
    "waiting": BadgeCell("Waiting", "mute", "clock"),
    "same": BadgeCell("Same", "mute", "equal"),
    "rejected": BadgeCell("Rejected", "bad", "shield-x"),
}
_HOLDS: dict[Kind, str] = {
    "version": "Its signature and the digest of every file hold.",
    "run": "Its signature and the digest of every file hold.",
    "trust": "It is signed by those who may change the team.",
}
TAKEN = BadgeCell("Taken in", "ok", "check")


CONTENT: frozenset[Kind] = frozenset({"version", "run"})
_BOX = Column("box", "", 48, checks=True, hint="All versions and runs")
_COLUMNS = (
    Column("item", "Item", 240, stretch=True),
    Column("result", "Result", 112),
    Column("kind", "Kind", 76),
    Column("size", "Size", 84, "right"),
    Column("signer", "Signer", 150),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is ticked: the new items that come, their bytes, and those that are left.

    ``is_all`` tells that nothing was unticked.
    """

    items: tuple[Item, ...] = ()
    left: tuple[Item, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether everything that is new comes."""
        return not self.left

    @property
    def size_bytes(self) -> int:
        """The bytes of the items that come."""
        return sum(item.size_bytes for item in self.items)


class ItemsView(Surface):
    """The table and the strip.

    Args:
        name: What the table lists.
        can_choose: New versions and runs have a box.
        edge: Px at the outer sides, as of `Table`.

    Signals:
        chosen: Another item is ticked.
    """

    chosen = Signal()

    def __init__(self, name: str, *, can_choose: bool = False, edge: int = 20) -> None:
        super().__init__("bg_surface", "t")
        self._can_choose = can_choose
        self._outcome: Outcome | None = None
        self._left: set[str] = set()
        self._items: dict[str, Item] = {}
        self._is_dry = True
        self.table = Table(_COLUMNS, name=name, edge=edge)
        self.strip = ExplanationStrip(edge=edge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.strip)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.table.checked.connect(self._on_table_checked)
        self.table.all_checked.connect(self._on_table_all_checked)

    def show_report(self, report: ImportReport) -> None:
        """Shows the items of a report."""
        self.show_outcome(outcome_of(report))

    def show_outcome(self, outcome: Outcome) -> None:
        """Shows items, all of them ticked, and selects what was rejected first."""
        self._outcome = outcome
        self._left.clear()
        first = self._refill()
        self.strip.setVisible(bool(first))
        if first:
            self.table.select(first)

    def choice(self) -> Chosen:
        """Returns what is ticked."""
        if self._outcome is None:
            return Chosen()
        new = [item for item in self._outcome.items if item.result == "new"]
        return Chosen(
            items=tuple(item for item in new if item.key not in self._left),
            left=tuple(item for item in new if item.key in self._left),
        )

    def _refill(self) -> str:
        """Shows the lines and returns the key of the one to look at first."""
        outcome = self._outcome
        if outcome is None:
            return ""
        self._items = {}
        self._is_dry = outcome.is_dry
        has_boxes = self._can_choose and any(map(_can_leave, outcome.items))
        if len(self.table.columns()) != len(_COLUMNS) + has_boxes:
            self.table.set_columns((_BOX, *_COLUMNS) if has_boxes else _COLUMNS)
        lines: list[Line] = []
        first = ""
        for group in grouped(outcome):
            title = "Taken in" if group.result == "new" and not outcome.is_dry else group.title
            lines.append(Group(group.result, title, group.note))
            for at, item in enumerate(group.items):
                key = f"{group.result} {at} {item.key}"
                self._items[key] = item
                lines.append(self._row(key, item, has_box=has_boxes))
                if not first or (group.result == "rejected" and at == 0):
                    first = key
            if group.hidden_count:
                words = f"{count(group.hidden_count, 'more item')}; the saved report lists them"
                lines.append(Notice(f"more {group.result}", words, "mute", "ellipsis"))
        self.table.set_lines(lines)
        return first

    def _row(self, key: str, item: Item, *, has_box: bool) -> Row:
        badge = TAKEN if item.result == "new" and not self._is_dry else BADGES[item.result]
        sized = NumberCell(size(item.size_bytes), role="text_secondary")
        cells = (
            TextCell(item_title(item)),
            badge,
            TextCell(KIND_WORDS.get(item.kind, item.kind), "text_secondary"),
            sized if item.size_bytes else MISSING,
            TextCell(item.signer, "text_secondary") if item.signer else MISSING,
        )
        box: tuple[Cell | None, ...] = (self._box(item),) if has_box else ()
        return Row(key, (*box, *cells), quiet=item.result == "same")

    def _box(self, item: Item) -> Cell | None:
        if item.result != "new":
            return None
        is_ticked = item.key not in self._left
        return CheckCell(is_ticked, item_title(item), enabled=_can_leave(item))

    def _on_table_checked(self, key: str, state: bool) -> None:
        item = self._items.get(key)
        if item is None or not _can_leave(item):
            return
        (self._left.discard if state else self._left.add)(item.key)
        self._refill()
        self.chosen.emit()

    def _on_table_all_checked(self, state: bool) -> None:
        items = self._outcome.items if self._outcome is not None else ()
        content = {item.key for item in items if _can_leave(item)}
        self._left = set() if state else content
        self._refill()
        self.chosen.emit()

    def _on_table_selection_changed(self, keys: Sequence[str]) -> None:
        item = self._items.get(keys[0]) if keys else None
        if item is None:
            self.strip.show_words("info", "mute", "Select a row to read about it", "")
        elif item.code:
            known = explained(item.code, is_waiting=item.result == "waiting")
            icon, tone = STANDINGS[known.standing]
            conclusion, detail = _concluded(item, known.conclusion)
            found = digests_in(f"{item.title} {item.detail}")
            facts = tuple(Fact(key="Digest", value=digest, kind="digest") for digest in found)
            self.strip.show_words(
                icon, tone, conclusion, f"{detail}{known.advice}", code=item.code,
                facts=facts,
            )  # fmt: skip
        elif item.result == "same":
            self.strip.show_words("equal", "mute", "Same: it is in this store already", "")
        else:
            self._explain_new(item)

    def _explain_new(self, item: Item) -> None:
        who = f"Signed by {item.signer}, a member of this team." if item.signer else ""
        how = _HOLDS.get(item.kind, "Its signature holds.")
        if item.kind == "run" and not item.signer:
            how = "Its folder is whole; nobody of the team has signed it."
        state = "Would be taken in" if self._is_dry else "Verified and taken in"
        self.strip.show_words("shield-check", "ok", state, f"{how} {who}".strip())


def _can_leave(item: Item) -> bool:
    """Returns whether the files of an item may stay where they are."""
    return item.result == "new" and item.kind in CONTENT


def _concluded(item: Item, conclusion: str) -> tuple[str, str]:
    """Returns the conclusion and the sentence before the advice; what names a file says it all."""
    detail = readable(item.detail).rstrip(".")
    is_file = item.kind == "object" or bool(item.signer and item.kind in {"version", "run"})
    if is_file and item.code == "E-HASH" and detail:
        return f"Does not match: {detail}", ""
    return conclusion, f"{detail}. " if detail else ""
