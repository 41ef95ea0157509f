# SPDX-License-Identifier: Apache-2.0
"""Two runs beside each other: their texts and files, as differences where they can be compared.

* Reading, decoding and comparing happen in a task; an answer for another choice is dropped.
* A file only one run has is shown beside the sentence that the other has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.compare.beside_list import Entry, entries_of, lines_of_list
from strongroom.desktop.compare.picture_diff import PictureDiff, PicturePair
from strongroom.desktop.compare.text_pane import TextPane
from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import errors, paint
from strongroom.desktop.kit.cells import Column
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import Split, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.artifact_view import ArtifactView
from strongroom.desktop.viewers.decoding import decode
from strongroom.domain.comparison import ComparedRuns
from strongroom.domain.progress import Progress
from strongroom.domain.text_diff import TextDiff, diff_texts
from strongroom.services.run_texts import RunTexts, TextKind
from strongroom.services.viewing import Viewing
from strongroom.services.views.shapes import PictureView

if TYPE_CHECKING:
    from strongroom.domain.run import Run

WAYS = (("differences", "Differences"), ("both", "Both"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was read of an entry: a difference, two pictures, or neither (look at both)."""

    diff: TextDiff | None = None
    pictures: PicturePair | None = None


class _Dot(QWidget):
    """The colour of a run beside its name."""

    def __init__(self) -> None:
        super().__init__()
        self._series = 0
        self.setFixedSize(10, 20)

    def set_series(self, series: int) -> None:
        """Takes another run's colour."""
        self._series = series
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the dot."""
        paint.dot(QPainter(self), QPointF(5, self.height() / 2), 4, self._series)


class BesidePane(QWidget):
    """The pane.

    Args:
        viewing: Reads files.
        texts: Reads texts of runs.
        tasks: The jobs of the window.

    Signals:
        other_chosen: Another run is to stand at the right (run id).
    """

    other_chosen = Signal(str)

    def __init__(
        self, viewing: Viewing, texts: RunTexts, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewing, self._texts, self._tasks = viewing, texts, tasks
        self._compared = ComparedRuns(runs=(), rows=())
        self._pair: tuple[Run, Run] | None = None
        self._entries: dict[str, Entry] = {}
        self._only_differing = True
        self._wanted = ""
        self.table = Table(
            (Column("what", "Text or file", 200, stretch=True), Column("state", "", 112)),
            name="Texts and files of both runs",
        )
        self.left_name = Elided("", "text_primary", "body", weight=600)
        self.right_name = Choice([], "", name="Run at the right", nothing="No other run")
        self.ways = Segmented(WAYS, "differences", name="Show")
        self.text = TextPane()
        self.pictures = PictureDiff()
        self.left_view, self.right_view = ArtifactView(viewing, tasks), ArtifactView(viewing, tasks)
        self._build()
        self.table.selection_changed.connect(lambda _keys: self._open())
        self.right_name.chosen.connect(self.other_chosen)
        self.ways.changed.connect(lambda _way: self._open())

    def show_pair(
        self,
        compared: ComparedRuns,
        left: str,
        right: str,
        colours: Mapping[str, int],
        *,
        only_differing: bool,
    ) -> None:
        """Shows two runs by id; what is open stays open where both still have it.

        ``colours`` are the palette places of all compared runs, from left to right.
        """
        runs = {run.run_id: run for run in compared.runs}
        if left not in runs or right not in runs:
            return
        self._compared, self._only_differing = compared, only_differing
        self._pair = (runs[left], runs[right])
        self._left_dot.set_series(colours[left])
        self._right_dot.set_series(colours[right])
        self.left_name.set_text(f"{name_of(runs[left])}, baseline")
        choices = [(one, name_of(runs[one])) for one in colours if one in runs and one != left]
        self.right_name.set_choices(choices, right)
        places = {run.run_id: at for at, run in enumerate(compared.runs)}
        found = entries_of(compared, places[left], places[right])
        self._entries = {entry.key: entry for entry in found}
        self.table.set_lines(lines_of_list(found, only_differing=only_differing))
        if self._wanted and self.open_entry(self._wanted):
            self._wanted = ""
        elif not self.table.selected():
            first = next((entry.key for entry in found if entry.state == "differs"), "text params")
            self.table.select(first)
        else:
            self._open()

    def open_entry(self, key: str) -> bool:
        """Opens a text (``text params``) or a file (``file <path>``); returns whether it can."""
        if key in self._entries and not self.table.select(key):
            self._only_differing = False
            lines = lines_of_list(self._entries.values(), only_differing=False)
            self.table.set_lines(lines)
            return self.table.select(key)
        return key in self._entries

    def want(self, key: str) -> None:
        """Opens a text or a file as soon as both runs are there; "" leaves what is open."""
        self._wanted = key
        if key and self.open_entry(key):
            self._wanted = ""

    def current(self) -> str:
        """Returns the key of what is open or will be."""
        chosen = self.table.selected()
        return self._wanted or (chosen[0] if chosen else "")

    def step(self, by: int) -> None:
        """Goes to the next or previous change of the open text."""
        if self.stack.currentWidget() is self.text:
            self.text.view.step(by)

    # ------------------------------------------------------------ inside

    def _build(self) -> None:
        self._left_dot, self._right_dot = _Dot(), _Dot()
        self._left_none = Label("", "text_secondary", wrap=True)
        self._right_none = Label("", "text_secondary", wrap=True)
        both = row(
            (_side(self.left_view, self._left_none), 1),
            (_side(self.right_view, self._right_none), 1),
            margins=(16, 8, 16, 12),
            spacing=16,
        )
        self._none = Label("", "text_secondary", wrap=True)
        self._none.setContentsMargins(16, 16, 16, 16)
        self.stack = QStackedWidget()
        self.both = both
        for widget in (self.text, self.pictures, both, self._none):
            self.stack.addWidget(widget)
        head = row(
            self._left_dot, (self.left_name, 1), self.ways, None, self._right_dot, self.right_name,
            margins=(16, 6, 16, 7), edges="b",
        )  # fmt: skip
        right = QWidget()
        down = QVBoxLayout(right)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(self.stack, 1)
        self.split = Split("horizontal", self.table, right, sizes=(340, 900))
        self.split.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.split)

    def _open(self) -> None:
        entry = self._entries.get(self.current())
        if entry is None or self._pair is None:
            return
        left, right = self._pair
        is_file = entry.kind is None
        self.ways.setVisible(is_file and entry.state in {"same", "differs"})
        if is_file and (entry.state in {"left", "right"} or self.ways.current() == "both"):
            self._tasks.cancel("compare.entry")
            self._show_both(entry)
            return
        key, viewing, texts = entry.key, self._viewing, self._texts

        def work(progress: Progress) -> _Found:
            if entry.kind is not None:
                return _diff_of(texts, entry.kind, left.run_id, right.run_id, progress)
            return _read(viewing, texts, entry.path, (left.run_id, right.run_id), progress)

        def done(found: _Found) -> None:
            if self.current() == key and self._pair == (left, right):
                self._show_found(entry, found)

        self._tasks.ask(
            "compare.entry", f"Comparing {entry.title}", work, done, owner=self,
            failed=self._failed,
        )  # fmt: skip

    def _failed(self, fault: BaseException) -> None:
        self._none.setText("")
        self.stack.setCurrentWidget(self._none)
        errors.show(fault, self)

    def _show_found(self, entry: Entry, found: _Found) -> None:
        if self._pair is None:
            return
        names = (name_of(self._pair[0]), name_of(self._pair[1]))
        if found.diff is not None:
            if not any(pair.left or pair.right for pair in found.diff.pairs):
                self._none.setText(f"Neither run has this: {entry.title}.")
                self.stack.setCurrentWidget(self._none)
                return
            self.text.show_diff(found.diff, *names)
            self.stack.setCurrentWidget(self.text)
        elif found.pictures is not None:
            self.pictures.show_pair(found.pictures, names)
            self.stack.setCurrentWidget(self.pictures)
        else:
            self._show_both(entry)

    def _show_both(self, entry: Entry) -> None:
        if self._pair is None:
            return
        sides = (
            (self.left_view, self._left_none, self._pair[0], entry.state != "right"),
            (self.right_view, self._right_none, self._pair[1], entry.state != "left"),
        )
        for view, none, run, is_there in sides:
            none.setText("" if is_there else f"{name_of(run)} has no {entry.title}.")
            none.setVisible(not is_there)
            view.setVisible(is_there)
            if is_there:
                view.show_artifact(run.run_id, entry.path)
            else:
                view.clear()
        self.stack.setCurrentWidget(self.both)


def _side(view: QWidget, none: QWidget) -> QWidget:
    widget = QWidget()
    down = QVBoxLayout(widget)
    down.setContentsMargins(0, 0, 0, 0)
    down.addWidget(none)
    down.addWidget(view, 1)
    return widget


def _diff_of(texts: RunTexts, kind: TextKind, left: str, right: str, progress: Progress) -> _Found:
    return _Found(diff=diff_texts(texts.text(left, kind), texts.text(right, kind), progress))


def _read(
    viewing: Viewing, texts: RunTexts, path: str, runs: tuple[str, str], progress: Progress
) -> _Found:
    """Reads a file of both runs in the way both can be compared."""
    views = [viewing.look(run_id, path, progress=progress) for run_id in runs]
    bodies = [view.body for view in views]
    if isinstance(bodies[0], PictureView) and isinstance(bodies[1], PictureView):
        return _Found(pictures=PicturePair.of(decode(bodies[0]), decode(bodies[1])))
    if all("text" in (view.kind, *view.others) for view in views):
        left, right = (texts.file(run_id, path) for run_id in runs)
        return _Found(diff=diff_texts(left, right, progress))
    return _Found()
