# SPDX-License-Identifier: Apache-2.0
"""The health of the store: what waits or is damaged, backups, what takes the space.

* Each line has one act. What it does is a job with a name, progress and Cancel; its outcome stands
  above the lines and in what is looked at again.
* Nothing here waits for a disk: a look is a job too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from strongroom.bootstrap import Services
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import Scroll, clear, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.backup_dialogs import (
    BackupPlanDialog,
    BackupsDialog,
    PlanWish,
    keeps_in_words,
    often_in_words,
)
from strongroom.desktop.shell.health_line import HealthRow
from strongroom.desktop.shell.space_bars import SpaceBar, SpaceBars
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress
from strongroom.services.backup_copy import BackupCheck
from strongroom.services.backup_drill import DrillOutcome
from strongroom.services.backups import BackupMade, BackupPlan
from strongroom.services.integrity import Verification
from strongroom.services.restoring import BackupInfo, RestoredStore
from strongroom.services.store_health import (
    BACK_UP,
    CLOSE,
    EXCHANGE,
    REBUILD,
    SEAL,
    TITLES,
    VERIFY,
    StoreHealth,
)

LOOK, ACT = "health.look", "health.act"
LOST_RUNS = "attributes.status = 'LOST'"
MOST_TOLD = 3  # findings in a sentence; strongroom verify lists all
T = TypeVar("T")


class HealthDialog(Dialog):
    """The dialog.

    Args:
        services: Of the store that is looked at.
        tasks: The jobs of the window.

    Signals:
        changed: Runs were sealed or the index was made again (a `Changes`).
        place_requested: Somebody wants to go on elsewhere (a `Place`).
    """

    changed = Signal(object)
    place_requested = Signal(object)

    def __init__(self, services: Services, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__(
            "Store health",
            title="How this store is",
            sentence=str(services.store),
            width=760,
            height=660,
            cancel="Close",
            parent=parent,
        )
        self._services, self._tasks = services, tasks
        self._plan: BackupPlan | None = None  # as of the last look
        self.outcome = Banner("ok", "")
        self.outcome.hide()
        self.rows: list[HealthRow] = []
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self._backup_words = Label("", "text_secondary", "dense", wrap=True)
        self.check = Button("Check them", small=True, name="Check the backups")
        self.drill = Button("Try the newest out", small=True, name="Try the newest backup out")
        self.restore = Button("Restore a copy…", small=True, name="Restore a copy of the newest")
        self.every = Button("All backups…", small=True)
        self.planning = Button("Plan…", small=True, name="Plan of backups")
        self.bars = SpaceBars()
        self._space_title = SectionTitle("Space", "")
        self._total = Label("", "text_secondary", "dense", wrap=True)
        self.set_body(Scroll(self._body_of()), margins=(0, 0, 0, 0))
        self.stop = self.add_action("Cancel job", "danger", "circle-stop")
        self.rebuild = self.add_action("Rebuild the index")
        self.verify = self.add_action("Verify everything", "primary", "shield-check")
        self._wire()
        self.stop.hide()
        self.look()

    def look(self) -> None:
        """Looks at the store again."""

        def work(progress: Progress) -> tuple[StoreHealth, BackupPlan | None]:
            return self._services.health.look(progress), self._services.backups.plan()

        self._tasks.ask(LOOK, "Looking at the store", work, self._show, owner=self,
                        failed=self._failed)  # fmt: skip

    def act(self, act: str) -> None:
        """Does what a line offers."""
        if act == EXCHANGE:
            self._leave_for(Place("exchange"))
        elif act == CLOSE:
            self._leave_for(Place.of("runs", {"filter": LOST_RUNS}))
        elif act == SEAL:
            self._do("Sealing runs", self._services.runs.refresh,
                     self._on_sealed)  # fmt: skip
        elif act == VERIFY:
            self._do("Verifying the store", self._services.integrity.verify, self._on_verified)
        elif act == REBUILD:
            self._do("Rebuilding the index", self._services.integrity.rebuild, self._on_rebuilt)
        elif act == BACK_UP:
            self._back_up()

    # ---------------------------------------------------------------- inside

    def _body_of(self) -> QWidget:
        lines = QWidget()
        lines.setLayout(self._lines)
        return column(
            self.outcome,
            4,
            lines,
            12,
            SectionTitle("Backups", "checked and tried out without touching this store"),
            4,
            self._backup_words,
            6,
            row(self.planning, self.check, self.drill, self.restore, self.every, None, spacing=8),
            16,
            self._space_title,
            6,
            self.bars,
            6,
            self._total,
            None,
            margins=(20, 4, 20, 16),
        )

    def _wire(self) -> None:
        self.verify.clicked.connect(lambda: self.act(VERIFY))
        self.rebuild.clicked.connect(lambda: self.act(REBUILD))
        services = self._services
        self.check.clicked.connect(
            lambda: self._do("Checking the backups",
                             lambda p: services.backups.verify(is_reading_data=True, progress=p),
                             self._on_checked)
        )  # fmt: skip
        self.drill.clicked.connect(lambda: self._drill(""))
        self.restore.clicked.connect(lambda: self._restore("latest"))
        self.every.clicked.connect(self._ask_which)
        self.planning.clicked.connect(self._ask_plan)
        self.stop.clicked.connect(lambda: self._tasks.cancel(ACT))
        self._tasks.changed.connect(self._show_job)

    def _show(self, looked: tuple[StoreHealth, BackupPlan | None]) -> None:
        found, self._plan = looked
        clear(self._lines)
        self.rows = [HealthRow(line) for line in found.lines]
        for each in self.rows:
            each.acted.connect(self.act)
            self._lines.addWidget(each)
        plan = self._plan
        self._backup_words.setText(
            f"In {shown(str(plan.folder))}, {often_in_words(plan.every_hours)}. "
            f"{keeps_in_words(plan.keep)}"
            if plan is not None
            else "No folder of backups is planned. Back up now… asks for one and plans a backup a"
            " day; Plan… says where, how often and which stay."
        )
        for button in (self.check, self.drill, self.restore, self.every):
            button.setEnabled(plan is not None and plan.last_us is not None)
        used = [use for use in found.space if use.file_count]
        used.sort(key=lambda use: use.size_bytes, reverse=True)
        self.bars.set_bars(
            [
                SpaceBar(title=TITLES[use.kind], size_bytes=use.size_bytes,
                         file_count=use.file_count)
                for use in used
            ]
        )  # fmt: skip
        self._total.setText(
            f"{wording.size(found.size_bytes)} in all; {wording.size(found.free_bytes)} of"
            f" {wording.size(found.disk_bytes)} are free on this disk."
        )

    def _do(self, name: str, work: Callable[[Progress], T], done: Callable[[T], None]) -> None:
        self.outcome.hide()
        self.clear_fault()

        def heard(answer: T) -> None:
            done(answer)
            self.look()

        self._tasks.change(ACT, name, work, heard, owner=self, failed=self._failed,
                           stopped=self._on_stopped)  # fmt: skip

    def _back_up(self) -> None:
        services = self._services
        if self._plan is None:
            named = QFileDialog.getExistingDirectory(self, "A folder for backups on another disk")
            if not named:
                return
            from strongroom.domain.backup import KeepRule

            def first(progress: Progress) -> BackupMade:
                services.backups.save_plan(Path(named), every_hours=24, keep=KeepRule())
                return services.backups.create(progress=progress)

            self._do("Backing the store up", first, self._on_backed_up)
            return
        self._do("Backing the store up", lambda p: services.backups.create(progress=p),
                 self._on_backed_up)  # fmt: skip

    def _drill(self, id_: str) -> None:
        backups = self._services.backups
        self._do("Trying a backup out", lambda p: backups.drill(id_, progress=p), self._on_drilled)

    def _restore(self, id_: str) -> None:
        plan = self._plan
        named = QFileDialog.getExistingDirectory(self, "An empty folder for the restored copy")
        if not named or plan is None:
            return
        from strongroom.services.restoring import restore_backup

        self._do(
            "Restoring a copy",
            lambda progress: restore_backup(
                plan.folder, id_, Path(named), clock=self._services.clock, progress=progress
            ),
            self._on_restored,
        )

    def _ask_which(self) -> None:
        plan, services = self._plan, self._services
        if plan is None:
            return

        def done(found: tuple[BackupInfo, ...]) -> None:
            dialog = BackupsDialog(found, plan.folder, services.clock.now_us(), self)
            dialog.drill_requested.connect(self._drill)
            dialog.restore_requested.connect(self._restore)
            dialog.open()

        self._tasks.ask("health.backups", "Looking for backups",
                        lambda _progress: services.backups.listed(), done, owner=self,
                        failed=self._failed)  # fmt: skip

    def _ask_plan(self) -> None:
        dialog = BackupPlanDialog(self._plan, self)
        dialog.planned.connect(self._on_planned)
        dialog.dropped.connect(self._on_plan_dropped)
        dialog.open()

    def _on_planned(self, wish: PlanWish) -> None:
        backups = self._services.backups
        self._do(
            "Planning backups",
            lambda _progress: backups.save_plan(
                wish.folder, every_hours=wish.every_hours, keep=wish.keep
            ),
            lambda plan: self._tell("ok", "Backups are planned",
                                    f"{often_in_words(plan.every_hours).capitalize()}, into"
                                    f" {shown(str(plan.folder))}."),
        )  # fmt: skip

    def _on_plan_dropped(self) -> None:
        self._do(
            "Forgetting the plan",
            lambda _progress: self._services.backups.drop_plan(),
            lambda _none: self._tell(
                "ok", "The plan is forgotten", "Backups that were made stay where they are."
            ),
        )

    # ---------------------------------------------------------------- outcomes

    def _on_sealed(self, changes: Changes) -> None:
        self.changed.emit(changes)
        self._tell("ok", "Runs were looked at and sealed",
                   f"{wording.count(len(changes.runs), 'run', 'runs')} changed.")  # fmt: skip

    def _on_verified(self, found: Verification) -> None:
        counted = ((found.runs, "run"), (found.blobs, "blob"), (found.events, "event"))
        named = ", ".join(wording.count(number, one) for number, one in counted)
        read = f"Read: {named}."
        if found.is_ok:
            self._tell("ok", "Everything holds", read)
            return
        told = "; ".join(f"{each.code} {each.path}" for each in found.findings[:MOST_TOLD])
        more = len(found.findings) - MOST_TOLD
        rest = f"; and {more:,} more, which strongroom verify lists" if more > 0 else ""
        count = wording.count(len(found.findings), "thing does not hold", "things do not hold")
        self._tell("bad", count, f"{told}{rest}. {read}")

    def _on_rebuilt(self, changes: Changes) -> None:
        self.changed.emit(changes)
        count = wording.count(len(changes.runs), "run", "runs")
        self._tell("ok", "The index was made again", f"{count} from their folders.")

    def _on_backed_up(self, made: BackupMade) -> None:
        amount = f"{made.info.file_count:,} files; {wording.size(made.new_bytes)} were new."
        if made.is_whole:
            self._tell("ok", f"Backed up into {made.folder}", amount)
        else:
            first = made.damaged[0]
            self._tell("bad", "The backup lacks what is damaged here",
                       f"{first.code} {first.path}. {amount}")  # fmt: skip

    def _on_checked(self, found: BackupCheck) -> None:
        read = f"{wording.count(found.backups, 'backup')}, {wording.size(found.size_bytes)}, read."
        if found.is_ok:
            self._tell("ok", "Every backup could be restored", read)
        else:
            first = found.findings[0]
            told = f"{first.code} {first.path}. {read} The next backup writes it again."
            self._tell("bad", "Not every backup could be restored", told)

    def _on_drilled(self, found: DrillOutcome) -> None:
        runs, events = wording.count(found.runs, "run"), wording.count(found.events, "event")
        read = f"Read in a restored copy: {runs} and {events}."
        if found.is_ok:
            self._tell(
                "ok", "The newest backup was restored and holds", f"{read} It is gone again."
            )
        else:
            first = found.findings[0].detail if found.findings else "its registry says otherwise"
            self._tell("bad", "The newest backup does not hold", f"{first}. {read}")

    def _on_restored(self, found: RestoredStore) -> None:
        self._tell("ok", "A copy was restored",
                   f"It lies in {found.folder}. Pull there before anything else; its old key signs"
                   " nothing.")  # fmt: skip

    def _tell(self, tone: str, title: str, sentence: str) -> None:
        self.outcome.show_outcome("bad" if tone == "bad" else "ok", title, sentence)
        self.outcome.show()

    # ---------------------------------------------------------------- jobs

    def _show_job(self) -> None:
        running = next((each for each in self._tasks.running() if each.key == ACT), None)
        self.stop.setVisible(running is not None)
        for each in (self.verify, self.rebuild):
            each.setEnabled(running is None)
        for line in self.rows:
            if line.button is not None:
                line.button.setEnabled(running is None)
        share = "" if running is None or running.share is None else f", {running.share:.0%}"
        self.set_reason("" if running is None else f"{running.name}{share}")

    def _on_stopped(self) -> None:
        self.outcome.show_outcome("mute", "It was stopped", "What was done before stays.")
        self.outcome.show()
        self.look()

    def _failed(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _leave_for(self, place: Place) -> None:
        self.accept()
        self.place_requested.emit(place)
