# SPDX-License-Identifier: Apache-2.0
"""The rules of all metrics of a store in one list, found by typing; Enter opens one.

* The words are those of ``metrics schema list``; stated rules stand before learned ones.
"""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import MISSING, BadgeCell, Cell, Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric_schema import Direction, MetricRule, MetricSchema

MOST_LISTED = 400  # rules at once; the search narrows them


class RulesDialog(Dialog):
    """The list.

    Args:
        schema: The rules.
        keys: The metrics that runs have.
        damage: What is wrong with the file of stated rules, "" for nothing.

    Signals:
        rule_requested: A rule is to be opened (the metric's key).
    """

    rule_requested = Signal(str)

    def __init__(
        self,
        schema: MetricSchema,
        keys: Collection[str],
        damage: str = "",
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Metric rules", title="Metric rules",
            sentence="Unit, direction and bounds: stated by a person, or learned from the name.",
            width=680, height=600, cancel="Close", parent=parent,
        )  # fmt: skip
        self._damage = damage
        self._rules: list[MetricRule] = []
        self.search = SearchField("Search metrics", size="large")
        self.table = Table(
            (
                Column("metric", "Metric", 200, stretch=True),
                Column("unit", "Unit", 72),
                Column("better", "Better", 84),
                Column("low", "Low", 72, "right"),
                Column("high", "High", 72, "right"),
                Column("from", "From", 96),
            ),
            name="Metric rules",
            edge=20,
        )
        head = column(self.search, margins=(20, 0, 20, 8))
        self.set_body(column(head, (self.table, 1)), margins=(0, 0, 0, 0))
        self.change = self.add_action("Change rule…", "primary")
        self.change.clicked.connect(self._on_change_clicked)
        self.search.changed.connect(lambda _words: self._list())
        self.search.submitted.connect(lambda _words: self._open_first())
        self.table.activated_row.connect(self._open)
        self.table.selection_changed.connect(lambda keys: self.change.setEnabled(bool(keys)))
        self.show_rules(schema, keys)

    def show_rules(self, schema: MetricSchema, keys: Collection[str]) -> None:
        """Lists other rules and keeps what is selected."""
        every = {*keys, *(rule.key for rule in schema.rules)}
        rules = [schema.rule(key) for key in every]
        self._rules = sorted(rules, key=lambda rule: (rule.is_learned, rule.key))
        self._list()

    def _list(self) -> None:
        words = self.search.text().casefold().split()
        found = [rule for rule in self._rules if all(word in rule.key.casefold() for word in words)]
        self.table.set_lines([_row(rule) for rule in found[:MOST_LISTED]])
        self.change.setEnabled(bool(self.table.selected()))
        if self._damage:
            self.set_reason(shown(self._damage), "bad")
            return
        stated = sum(1 for rule in found if not rule.is_learned)
        more = "; search to see more" if len(found) > MOST_LISTED else ""
        self.set_reason(f"{wording.count(len(found), 'metric')}, {stated:,} stated{more}")

    def _open(self, row_key: str) -> None:
        self.rule_requested.emit(row_key)

    def _open_first(self) -> None:
        lines = self.table.lines()
        if lines:
            self._open(self.table.selected()[0] if self.table.selected() else lines[0].key)

    def _on_change_clicked(self) -> None:
        for key in self.table.selected()[:1]:
            self._open(key)


def _row(rule: MetricRule) -> Row:
    better: Cell = TextCell(rule.direction.value)
    if rule.direction is Direction.NONE:
        better = MISSING
    origin: Cell = TextCell("its name", "text_tertiary")
    if not rule.is_learned:
        origin = BadgeCell("a person", "info")
    return Row(
        rule.key,
        (
            TextCell(shown(rule.key), strong=not rule.is_learned),
            TextCell(shown(rule.unit)) if rule.unit else MISSING,
            better,
            _bound(rule.low),
            _bound(rule.high),
            origin,
        ),
    )


def _bound(bound: float | None) -> Cell:
    return MISSING if bound is None else NumberCell(wording.number(bound))
