# SPDX-License-Identifier: Apache-2.0
"""What an import finds, grouped by result, with the explanation of the selected row below.

* There is nothing to tick: events travel as chains, so everything that verifies is taken.
* Long groups are cut at a bound and say so; the saved report lists all.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.explanation_strip import STANDINGS, ExplanationStrip
from strongroom.desktop.exchange.explanations import digests_in, explained
from strongroom.desktop.exchange.words import KIND_WORDS, grouped, item_title, readable
from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
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
from strongroom.services.exchange import Item, Kind, Outcome, Result

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


class ItemsView(Surface):
    """The table and the strip."""

    def __init__(self, name: str) -> None:
        super().__init__("bg_surface", "t")
        self._items: dict[str, Item] = {}
        self._is_dry = True
        self.table = Table(
            (
                Column("item", "Item", 240, stretch=True),
                Column("result", "Result", 112),
                Column("kind", "Kind", 76),
                Column("size", "Size", 84, "right"),
                Column("signer", "Signer", 150),
            ),
            name=name,
            edge=20,
        )
        self.strip = ExplanationStrip(edge=20)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.strip)
        self.table.selection_changed.connect(self._on_table_selection_changed)

    def show_outcome(self, outcome: Outcome) -> None:
        """Shows the items of an outcome and selects what was rejected first."""
        self._items = {}
        self._is_dry = outcome.is_dry
        lines: list[Line] = []
        first = ""
        for group in grouped(outcome):
            title = "Taken in" if group.result == "new" and not outcome.is_dry else group.title
            lines.append(Group(group.result, title, group.note))
            for at, item in enumerate(group.items):
                key = f"{group.result} {at} {item.key}"
                self._items[key] = item
                lines.append(self._row(key, item))
                if not first or (group.result == "rejected" and at == 0):
                    first = key
            if group.hidden_count:
                words = f"{count(group.hidden_count, 'more item')}; the saved report lists all"
                lines.append(Notice(f"more {group.result}", words, "mute", "ellipsis"))
        self.table.set_lines(lines)
        self.strip.setVisible(bool(first))
        if first:
            self.table.select(first)

    def _row(self, key: str, item: Item) -> Row:
        badge = TAKEN if item.result == "new" and not self._is_dry else BADGES[item.result]
        sized = NumberCell(size(item.size_bytes), role="text_secondary")
        return Row(
            key,
            (
                TextCell(item_title(item)),
                badge,
                TextCell(KIND_WORDS.get(item.kind, item.kind), "text_secondary"),
                sized if item.size_bytes else MISSING,
                TextCell(item.signer, "text_secondary") if item.signer else MISSING,
            ),
            quiet=item.result == "same",
        )

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


def _concluded(item: Item, conclusion: str) -> tuple[str, str]:
    """Returns the conclusion and the sentence before the advice; what names a file says it all."""
    detail = readable(item.detail).rstrip(".")
    is_file = item.kind == "object" or bool(item.signer and item.kind in {"version", "run"})
    if is_file and item.code == "E-HASH" and detail:
        return f"Does not match: {detail}", ""
    return conclusion, f"{detail}. " if detail else ""
