# SPDX-License-Identifier: Apache-2.0
"""Stating and forgetting the rules of metrics from the window, with Undo.

* One path for every door: a column's title, a chart, a metric of a run, menus and palette.
* Rules lie in the store; whoever has it open sees the new one at the next look.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs.rule_dialog import RuleDialog
from strongroom.desktop.runs.rules_list import RulesDialog
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.changes import Changes
from strongroom.domain.metric_schema import MetricRule, MetricSchema
from strongroom.domain.progress import Progress
from strongroom.domain.query import FieldKind
from strongroom.services.rule_breaches import find_breaches


class RuleActions(QObject):
    """Asks for rules and states them.

    Args:
        services: Where rules are kept.
        tasks: The jobs of the window.
        page: The parent of dialogs; hears of faults, of changed rules and of steps to undo.
        find: Shows the runs a filter holds for.
    """

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        page: Page,
        find: Callable[[str], None],
    ) -> None:
        super().__init__(page)
        self._services, self._tasks, self._page = services, tasks, page
        self._find = find
        self._list: RulesDialog | None = None

    def ask(self, key: str) -> None:
        """Reads the rule of a metric and opens it."""
        schemas = self._services.metric_schemas
        self._tasks.ask(
            "runs.rule",
            "Reading metric rules",
            lambda _progress: schemas.read().rule(key),
            self._open,
            owner=self,
        )

    def show_all(self) -> None:
        """Opens the list of all rules."""
        self._read(self._open_list)

    def state(self, rule: MetricRule) -> None:
        """States a rule; Undo brings back what held before."""
        self._change(rule.key, rule)

    def forget(self, key: str) -> None:
        """Takes a stated rule away; Undo states it again."""
        self._change(key, None)

    # ------------------------------------------------------------ inside

    def _open(self, rule: MetricRule) -> None:
        window = self._list or self._page.window()
        dialog = RuleDialog(rule, parent=window)
        dialog.drafted.connect(partial(self._count, dialog))
        dialog.stated.connect(self.state)
        dialog.forgotten.connect(self.forget)
        dialog.runs_requested.connect(self._on_runs_requested)
        dialog.open()

    def _count(self, dialog: RuleDialog, draft: MetricRule) -> None:
        runs = self._services.runs
        self._tasks.ask(
            "runs.rule.breaches",
            "Counting runs that break a rule",
            lambda _progress: find_breaches(runs, draft),
            dialog.show_breaches,
            owner=dialog,
        )

    def _read(self, done: Callable[[tuple[MetricSchema, Sequence[str], str]], None]) -> None:
        services = self._services

        def work(_progress: Progress) -> tuple[MetricSchema, Sequence[str], str]:
            schema = services.metric_schemas.read()
            columns = services.runs.columns()
            keys = [each.field.key for each in columns if each.field.kind is FieldKind.METRIC]
            return schema, keys, services.metric_schemas.damage()

        self._tasks.ask("runs.rules.all", "Reading metric rules", work, done, owner=self)

    def _open_list(self, found: tuple[MetricSchema, Sequence[str], str]) -> None:
        schema, keys, damage = found
        self._list = RulesDialog(schema, keys, damage, parent=self._page.window())
        self._list.rule_requested.connect(self.ask)
        self._list.finished.connect(self._on_list_closed)
        self._list.open()

    def _on_list_closed(self) -> None:
        self._list = None

    def _on_runs_requested(self, text: str) -> None:
        if self._list is not None:
            self._list.reject()
        self._find(text)

    def _change(self, key: str, rule: MetricRule | None) -> None:
        verb = "forget" if rule is None else "state"

        def done(found: tuple[Changes, MetricRule | None]) -> None:
            changes, before = found
            if not changes:
                return
            self._take(changes)
            title = f"{verb} the rule of {shown(key)}"
            self._page.undoable.emit(
                Step(
                    title=title,
                    undo=lambda: self._write(key, before, lambda found: self._take(found[0])),
                    redo=lambda: self._write(key, rule, lambda found: self._take(found[0])),
                )
            )

        self._write(key, rule, done)

    def _write(
        self,
        key: str,
        rule: MetricRule | None,
        done: Callable[[tuple[Changes, MetricRule | None]], None],
    ) -> None:
        """Writes a rule, or takes it away; hands over what changed and what was stated before."""
        schemas = self._services.metric_schemas

        def work(_progress: Progress) -> tuple[Changes, MetricRule | None]:
            had = schemas.read().rule(key)
            changes = schemas.forget(key) if rule is None else schemas.set(rule)
            return changes, None if had.is_learned else had

        self._tasks.change(
            "runs.rule.write", "Writing a metric rule", work, done, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self._list or self._page)

    def _take(self, changes: Changes) -> None:
        self._page.changed.emit(changes)
        dialog = self._list
        if dialog is not None:
            self._read(lambda found: self._list_again(dialog, found))

    def _list_again(
        self, dialog: RulesDialog, found: tuple[MetricSchema, Sequence[str], str]
    ) -> None:
        if self._list is dialog:
            dialog.show_rules(found[0], found[1])
