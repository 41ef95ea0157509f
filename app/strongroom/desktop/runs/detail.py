# SPDX-License-Identifier: Apache-2.0
"""One run: beside the table in a pane, or over the whole page with all its tabs.

* What is shown is read from the run's folder, not from the table.
* A run that lost contact, lost points or has damaged files says so first.
* A live run is read again in place: tab, search, open file and scrolling stay.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.labels import DigestLabel, Elided
from strongroom.desktop.kit.surface import Surface, clear, row
from strongroom.desktop.kit.tabs import Tabs
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.detail_tabs import EVERY_TAB, FIRST_TABS, MORE_TABS, DetailTabs
from strongroom.desktop.runs.detail_trouble import troubles
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.changes import Changes
from strongroom.domain.run import RunDetail
from strongroom.services.run_story import RunStory, RunVerified

WIDTH = 432
MOST_WIDE = 480  # px, at any text scale; the table beside it has to stay a table


class DetailPane(Surface):
    """One run in detail.

    Signals:
        closed: The cross was pressed.
        enlarged: It takes the whole page now, or gives it back (bool).
        changed: A note was written (`Changes`).
        place_requested: A version made from the run was followed (a `Place`).
        run_requested: A related run was followed (its id).
        lost_requested: The run lost contact and somebody wants to do something about it (its id).
    """

    closed = Signal()
    enlarged = Signal(bool)
    changed = Signal(object)
    place_requested = Signal(object)
    run_requested = Signal(str)
    lost_requested = Signal(str)

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("bg_surface", "l", parent=parent)
        self._services, self._tasks = services, tasks
        self._run_id = ""
        self._is_wide = False
        self.setObjectName("runs.detail")
        self._name = Elided("", text="title")
        self._under = QVBoxLayout()
        self._banners = QVBoxLayout()
        self._banners.setSpacing(8)
        self._has_story = False
        self.trust = Banner.for_trust("cannot", "", "Verify")
        self.trust.hide()
        self.trust.acted.connect(self.verify)
        self.tabs = Tabs(FIRST_TABS, name="Run")
        self.more = MenuButton("More", MORE_TABS, small=True, name="More tabs of the run")
        self.every = Tabs(EVERY_TAB, name="Run, all tabs")
        self.every.hide()
        self.body = DetailTabs(services, tasks)
        self.params, self.metrics = self.body.params.table, self.body.metrics.table
        self.artifacts = self.body.artifacts
        self.facts = self.body.overview.facts
        self._larger = _size_button("maximize-2", "Show the run on the whole page")
        self._smaller = _size_button("minimize-2", "Show the run beside the table")
        self._smaller.hide()
        down = QVBoxLayout(self)
        down.setContentsMargins(20, 12, 20, 8)
        down.setSpacing(6)
        down.addLayout(self._head())
        down.addLayout(self._under)
        down.addLayout(self._banners)
        down.addWidget(self.trust)
        down.addWidget(row((self.tabs, 1), self.more, spacing=4))
        down.addWidget(self.every)
        down.addWidget(self.body, 1)
        self._wire()
        self.apply_theme()
        theme().follow(self)

    def run_id(self) -> str:
        """Returns the run that is shown."""
        return self._run_id

    def show_run(self, run_id: str) -> None:
        """Shows another run and keeps the open tab."""
        if run_id != self._run_id:
            self._run_id = run_id
            self.body.forget()
            self._has_story = False
            self.trust.hide()
        self.reload()

    def reload(self) -> None:
        """Reads the run again."""
        runs, run_id, stories = self._services.runs, self._run_id, self._services.stories
        if not run_id:
            return
        self._tasks.ask(
            "runs.detail",
            "Reading the run",
            lambda _progress: runs.show(run_id),
            self._show,
            owner=self,
            failed=self._on_failed,
        )
        self._tasks.ask(
            "runs.story",
            "Reading what the run is part of",
            lambda _progress: stories.tell(run_id),
            self._show_story,
            owner=self,
            failed=lambda _fault: None,  # the question beside it tells what is wrong
        )

    def open_tab(self, key: str) -> None:
        """Opens a tab, in the pane or on the whole page."""
        self.body.open_tab(key)
        is_first = key in dict(FIRST_TABS)
        self.tabs.set_current(key if is_first else "")
        self.more.set_tone(None if is_first else "accent_text")
        self.every.set_current(key)
        self.more.set_words(dict(MORE_TABS).get(key, "More"))
        self.trust.setVisible(key == "overview" and self._has_story)

    def set_wide(self, *, wide: bool) -> None:
        """Takes the whole page, or goes back into the pane."""
        if wide == self._is_wide:
            return
        self._is_wide = wide
        for part in (self.tabs, self.more):
            part.setVisible(not wide)
        self.every.setVisible(wide)
        self.body.set_wide(wide=wide)
        self._larger.setVisible(not wide)
        self._smaller.setVisible(wide)
        self.apply_theme()
        self.enlarged.emit(wide)

    def is_wide(self) -> bool:
        """Returns whether it takes the whole page."""
        return self._is_wide

    def verify(self) -> None:
        """Reads every byte of the run and says whether it holds."""
        stories, run_id = self._services.stories, self._run_id
        self.open_tab("overview")  # where the answer stands
        self._tasks.ask(
            "runs.verify",
            "Verifying the run",
            lambda progress: stories.verify(run_id, progress),
            self._show_verified,
            owner=self,
            failed=self._on_failed,
        )

    def check_data(self) -> None:
        """Reads the data the run used and says whether it is still the same."""
        self.open_tab("overview")
        self.body.overview.datasets.check()

    def repair(self) -> None:
        """Looks for files of the run that do not hold, and for whoever still has them."""
        self.open_tab("artifacts")
        self.artifacts.repair.ask(self._run_id)

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        if self._is_wide:
            self.setMinimumWidth(0)
            self.setMaximumWidth(16_777_215)
        else:
            self.setFixedWidth(min(theme().scaled(WIDTH), MOST_WIDE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back into the pane, then closes."""
        if event.key() == Qt.Key.Key_Escape:
            if self._is_wide:
                self.set_wide(wide=False)
            else:
                self.closed.emit()
            return
        super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Gives the page back when the run is closed, in whichever way that happens."""
        super().hideEvent(event)
        if self.isHidden():  # itself, not the page around it
            self.set_wide(wide=False)

    # ------------------------------------------------------------ inside

    def _head(self) -> QHBoxLayout:
        close = Button("", "ghost", "x", name="Close run", small=True)
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self._name, 1)
        head.addWidget(self._larger)
        head.addWidget(self._smaller)
        head.addWidget(close)
        return head

    def _wire(self) -> None:
        self._larger.clicked.connect(lambda: self.set_wide(wide=True))
        self._smaller.clicked.connect(lambda: self.set_wide(wide=False))
        self.tabs.changed.connect(self.open_tab)
        self.every.changed.connect(self.open_tab)
        self.more.chosen.connect(self.open_tab)
        self.body.note_added.connect(self._on_note_added)
        self.body.place_requested.connect(self.place_requested)
        self.body.run_requested.connect(self.run_requested)

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self, self.reload)

    def _show(self, detail: RunDetail) -> None:
        run = detail.run
        if run.run_id != self._run_id:
            return
        self._name.set_text(shown(run.name) or run.run_id[:8])
        self._name.setToolTip("")
        clear(self._under)
        self._under.addWidget(DigestLabel(run.run_id, 0, "run id"))
        clear(self._banners)
        for banner in troubles(detail, self._services.clock.now_us()):
            banner.acted.connect(lambda: self.lost_requested.emit(run.run_id))
            self._banners.addWidget(banner)
        self.body.show_run(detail)
        counts = {
            "params": len(run.params),
            "metrics": len(run.metrics),
            "artifacts": len(detail.artifacts),
        }
        self.tabs.set_counts(counts)
        self.every.set_counts({**counts, "notes": len(detail.notes)})

    def _show_story(self, story: RunStory) -> None:
        if story.run_id == self._run_id:
            self._has_story = True
            self.trust.show_trust(story.outcome, story.sentence, "Verify")
            self.trust.setVisible(self.body.current() == "overview")
            self.body.overview.show_story(story)

    def _show_verified(self, found: RunVerified) -> None:
        if found.run_id != self._run_id:
            return
        if found.damage:
            more = f" and {len(found.damage) - 1:,} more" if len(found.damage) > 1 else ""
            self.trust.show_trust("mismatch", f"{shown(found.damage[0])}{more}.", "Verify")
            return
        files = f"{found.files:,} artifact{'' if found.files == 1 else 's'}"
        seal = "The seal and" if found.is_sealed else "It is not sealed;"
        words = f"{seal} all bytes of {files} were read just now and hold."
        self.trust.show_outcome("ok", "Verified", words, "Verify")

    def _on_note_added(self, text: str) -> None:
        runs, run_id = self._services.runs, self._run_id
        self._tasks.change(
            "runs.note",
            "Adding a note",
            lambda _progress: runs.note(run_id, text),
            self._on_noted,
            owner=self,
            failed=self._on_failed,
        )

    def _on_noted(self, changes: Changes) -> None:
        self.body.notes.clear_field()
        self.changed.emit(changes)
        self.reload()


def _size_button(icon: str, name: str) -> Button:
    return Button("", "ghost", icon_name=icon, name=name, small=True)
