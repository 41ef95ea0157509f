# SPDX-License-Identifier: Apache-2.0
"""Backups as people arrange them: where, how often and which stay; and one chosen from the list.

* Nothing is written or removed before the primary button is pressed. A plan that is forgotten
  leaves every backup where it is.
* A backup that cannot be read stands in the list with its reason and cannot be chosen.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import BadgeCell, Column, Row, TextCell, TimeCell
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.stepper import Stepper
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.domain.backup import KeepRule
from strongroom.services.backups import BackupPlan
from strongroom.services.restoring import BackupInfo

EVERY = (
    (1, "Every hour"),
    (6, "Every 6 hours"),
    (12, "Every 12 hours"),
    (24, "Every day"),
    (72, "Every 3 days"),
    (168, "Every week"),
)
MOST_KEPT = 99  # of a kind; a rule with more is written by the command line
_KINDS = {
    "last": ("The newest", "backup"),
    "daily": ("One a day for", "day"),
    "weekly": ("One a week for", "week"),
    "monthly": ("One a month for", "month"),
    "yearly": ("One a year for", "year"),
}


class PlanWish(NamedTuple):
    """What a person wants a plan to be."""

    folder: Path
    every_hours: int
    keep: KeepRule


class BackupPlanDialog(Dialog):
    """Where backups go, how often one is made, and which stay.

    Args:
        plan: The plan to change, None for a first one.

    Signals:
        planned: The plan is to be this (a `PlanWish`).
        dropped: The plan is to be forgotten.
    """

    planned = Signal(object)
    dropped = Signal()

    def __init__(self, plan: BackupPlan | None, parent: QWidget | None = None) -> None:
        title = "Plan of backups"
        super().__init__(
            title, title=title, width=560, parent=parent,
            sentence="Store health says when a backup is due; strongroom backup create --if-due, "
            "run by a timer, makes it. What lies in the folder already is not copied again.",
        )  # fmt: skip
        self._plan = plan
        keep = plan.keep if plan is not None else KeepRule()
        self.folder = Field(
            "Folder of backups", "On another disk, a share or a stick",
            str(plan.folder) if plan is not None else "", size="large",
        )  # fmt: skip
        self.browse = Button("Choose…", name="Choose the folder of backups")
        hours = plan.every_hours if plan is not None else 24
        self.every = Choice(_often(hours), str(hours), name="How often")
        self.keeps = {
            each.name: Stepper(
                f"Backups that stay: {_KINDS[each.name][0].lower()}",
                getattr(keep, each.name),
                0,
                MOST_KEPT,
                unit=f"{_KINDS[each.name][1]}s",
            )
            for each in fields(KeepRule)
        }
        wide = max(each.sizeHint().width() for each in self.keeps.values())
        for stepper in self.keeps.values():
            stepper.setMinimumWidth(wide)
        self.told = Label("", "text_secondary", "dense", wrap=True)
        rules = [
            row(Label(_KINDS[name][0], "text_secondary", "dense"), None, stepper)
            for name, stepper in self.keeps.items()
        ]
        self.set_body(
            column(
                Label("Folder", "text_secondary", "dense"), 4,
                row((self.folder, 1), self.browse, spacing=8), 12,
                row(Label("How often", "text_secondary", "dense"), None, self.every), 12,
                Label("Which stay", "text_primary", "dense"), 4,
                *[part for line in rules for part in (line, 4)], 4, self.told,
            )
        )  # fmt: skip
        self.drop = self.add_aside("Forget the plan")
        self.drop.setToolTip("No more backups are made by themselves; those there are stay")
        self.drop.setVisible(plan is not None)
        self.save = self.add_action("Save plan", "primary", closes=True)
        self.browse.clicked.connect(self._on_browse)
        self.folder.changed.connect(lambda _words: self._look())
        self.every.chosen.connect(lambda _key: self._look())
        for stepper in self.keeps.values():
            stepper.changed.connect(lambda _value: self._look())
        self.accepted.connect(lambda: self.planned.emit(self.wish()))
        self.drop.clicked.connect(self._on_drop)
        self._look()

    def wish(self) -> PlanWish:
        """Returns what the fields say."""
        keep = KeepRule(**{name: stepper.value() for name, stepper in self.keeps.items()})
        folder = Path(self.folder.text().strip()).expanduser()
        return PlanWish(folder, int(self.every.current()), keep)

    def _look(self) -> None:
        wish = self.wish()
        why = ""
        if not self.folder.text().strip():
            why = "Choose a folder on another disk"
        elif not wish.folder.is_absolute():
            why = "The folder begins at the root of a disk"
        is_same = self._plan is not None and wish == PlanWish(
            self._plan.folder, self._plan.every_hours, self._plan.keep
        )
        self.save.setEnabled(not why and not is_same)
        self.set_reason(why or ("This is the plan already" if is_same else ""))
        self.told.setText(f"{keeps_in_words(wish.keep)} The newest always stays.")

    def _on_browse(self) -> None:
        if named := QFileDialog.getExistingDirectory(self, "A folder for backups on another disk"):
            self.folder.set_text(named)

    def _on_drop(self) -> None:
        self.reject()
        self.dropped.emit()


class BackupsDialog(Dialog):
    """The backups of a store, newest first, and what can be done with one.

    Args:
        backups: What the folder of the plan holds of this store.
        folder: That folder.
        now_us: What time it is.

    Signals:
        drill_requested: A backup is to be tried out (its id).
        restore_requested: A copy of one is to be restored (its id).
    """

    drill_requested = Signal(str)
    restore_requested = Signal(str)

    def __init__(
        self,
        backups: Sequence[BackupInfo],
        folder: Path,
        now_us: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Backups of this store", title="Backups of this store",
            sentence=f"{wording.count(len(backups), 'backup')} in {shown(str(folder))}.",
            width=760, height=480, cancel="Close", parent=parent,
        )  # fmt: skip
        self._readable = {each.id for each in backups if not each.code}
        self.table = Table(
            (
                Column("made", "Made", 148),
                Column("why", "Why", 200, stretch=True),
                Column("host", "On", 132),
                Column("files", "Files", 84, "right"),
                Column("size", "Size", 92, "right"),
            ),
            name="Backups of this store",
            edge=20,
        )
        self.table.set_lines([_line(each, now_us) for each in backups])
        empty = EmptyState("No backup yet", "The first one is made with Back up now.")
        empty.setVisible(not backups)
        self.table.setVisible(bool(backups))
        self.set_body(column((self.table, 1), (empty, 1)), margins=(0, 0, 0, 0))
        self.drill = self.add_action("Try it out", "secondary")
        self.restore = self.add_action("Restore a copy…", "primary")
        self.table.selection_changed.connect(lambda _keys: self._look())
        self.drill.clicked.connect(lambda: self._leave(self.drill_requested))
        self.restore.clicked.connect(lambda: self._leave(self.restore_requested))
        if backups:
            self.table.select(backups[0].id)
        self._look()

    def chosen(self) -> str:
        """Returns the id of the chosen backup, "" for none that can be read."""
        found = [key for key in self.table.selected() if key in self._readable]
        return found[0] if found else ""

    def _look(self) -> None:
        for button in (self.drill, self.restore):
            button.setEnabled(bool(self.chosen()))
        is_damaged = bool(self.table.selected()) and not self.chosen()
        self.set_reason("This one cannot be read" if is_damaged else "", "bad")

    def _leave(self, signal: SignalInstance) -> None:
        chosen = self.chosen()
        self.accept()
        signal.emit(chosen)


def often_in_words(hours: int) -> str:
    """Returns how often a plan makes a backup: ``every day``, ``every 5 hours``."""
    known = dict(EVERY).get(hours)
    return known.lower() if known else f"every {wording.count(hours, 'hour')}"


def keeps_in_words(keep: KeepRule) -> str:
    """Returns which backups a rule keeps, in one sentence."""
    told = [
        f"{_KINDS[name][0].lower()} {wording.count(count, _KINDS[name][1])}"
        for name, count in keep.to_json().items()
        if isinstance(count, int) and count
    ]
    return f"What stays: {', '.join(told)}." if told else "What stays: the newest alone."


def _often(hours: int) -> list[tuple[str, str]]:
    known = [(str(each), words) for each, words in EVERY]
    if hours not in dict(EVERY):  # as the command line said it
        known.append((str(hours), f"Every {wording.count(hours, 'hour')}"))
    return known


def _line(each: BackupInfo, now_us: int) -> Row:
    if each.code:
        why = BadgeCell(f"{each.code}: {shown(each.detail)}", "bad", "shield-x")
        return Row(each.id, (TimeCell.at(each.time_us or None, now_us), why, None, None, None))
    return Row(
        each.id,
        (
            TimeCell.at(each.time_us, now_us),
            TextCell(shown(each.why) or "by hand", "text_primary" if each.why else "text_tertiary"),
            TextCell(shown(each.host), "text_secondary"),
            TextCell(f"{each.file_count:,}"),
            TextCell(wording.size(each.size_bytes)),
        ),
    )
