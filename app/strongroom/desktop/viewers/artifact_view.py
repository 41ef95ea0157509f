# SPDX-License-Identifier: Apache-2.0
"""One artifact in the best way there is: its facts above, what it holds below.

* Reading, decoding and verifying happen in tasks; an answer for another file is dropped.
* What does not match its digest is not shown, or taken away again, and that is said first.
* Nothing here opens a path or a link, and nothing of a file is executed.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.saving import ask_where, file_name
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.facts_line import FactsLine
from strongroom.desktop.viewers.showing import Prepared, Showing, prepare
from strongroom.domain.errors import StrongroomError, Untrusted
from strongroom.domain.progress import Progress
from strongroom.services.histogram_steps import HistogramSteps, over_steps, thinned
from strongroom.services.step_files import StepFiles
from strongroom.services.viewing import FileVerified, Viewing
from strongroom.services.views.shapes import HistogramView, Kind, TableView, TextView, View

T = TypeVar("T")
FILES_AHEAD = 6  # kept decoded around the step that is shown
MOST_AHEAD = 4 << 20  # bytes of one file; larger ones are read when they are asked for


class ArtifactView(QWidget):
    """Shows one artifact of a run.

    Args:
        viewing: Reads files.
        tasks: The window's jobs.

    Signals:
        shown: Something is on the screen now, or the reason why not (the way it is shown).
        step_chosen: The file of another step should be shown (its path).
        copies_asked: It does not hold, and whoever has a copy is looked for (its path).
    """

    shown = Signal(str)
    step_chosen = Signal(str)
    copies_asked = Signal(str)

    def __init__(self, viewing: Viewing, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing, self._tasks = viewing, tasks
        self._run_id, self._path = "", ""
        self._kind: Kind | None = None
        self._ahead: dict[tuple[str, str], Prepared] = {}
        self.view: View | None = None
        self.line = FactsLine()
        self.line.kind_chosen.connect(self._on_kind_chosen)
        self.line.verify_asked.connect(self.verify)
        self.line.save_asked.connect(self._on_save_asked)
        self.line.copy_asked.connect(self._on_copy_asked)
        self.banner = Banner("bad", "", "")
        self.banner.acted.connect(lambda: self.copies_asked.emit(self._path))
        self.banner.hide()
        self.can_be_repaired = False
        self.note = Label("", "text_tertiary", "dense", wrap=True)
        self.parts = Showing(viewing, tasks)
        self.parts.failed.connect(self._on_failed)
        self.parts.refused.connect(self._say)
        self.parts.steps_asked.connect(self._on_steps_asked)
        self.parts.path_chosen.connect(self.step_chosen)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(6)
        down.addWidget(self.line)
        down.addWidget(self.banner)
        down.addWidget(self.note)
        down.addWidget(self.parts, 1)
        self.setAccessibleName("Artifact")
        self.clear()

    def shows(self) -> tuple[str, str]:
        """Returns run and path of what is shown or being read; ("", "") for nothing."""
        return self._run_id, self._path

    def show_artifact(self, run_id: str, path: str, kind: Kind | None = None) -> None:
        """Shows a file of a run, in the best way or the wanted one."""
        is_other = (run_id, path) != (self._run_id, self._path)
        ready = self._ahead.get((run_id, path)) if kind is None and is_other else None
        self._run_id, self._path, self._kind = run_id, path, kind
        if is_other:
            self._tasks.cancel(self._key("verify"))
            self.line.show_path(path)
        self.line.show()
        if ready is not None:  # from step to step without a blank between
            self._tasks.cancel(self._key("look"))
            self._take(ready)
            return
        if is_other:
            self._withdraw()
        viewing = self._viewing

        def take(found: Prepared) -> None:
            if (run_id, path) == (self._run_id, self._path):
                self._take(found)

        self._ask("look", "Reading an artifact", lambda progress: prepare(
            viewing.look(run_id, path, kind=kind, progress=progress)
        ), take)  # fmt: skip

    def set_step_files(self, files: StepFiles | None) -> None:
        """Says of which files by step the next one is, None for a file of its own."""
        self.parts.step_files = files

    def read_ahead(self, paths: Sequence[str]) -> None:
        """Reads files of the same run that are likely looked at next, one after the other."""
        viewing, run_id = self._viewing, self._run_id
        wanted = [path for path in paths if (run_id, path) not in self._ahead]

        def work(progress: Progress) -> dict[tuple[str, str], Prepared]:
            found = {}
            for path in wanted:
                prepared = prepare(viewing.look(run_id, path, progress=progress))
                if prepared.view.facts.size_bytes <= MOST_AHEAD:
                    found[run_id, path] = prepared
            return found

        def take(found: dict[tuple[str, str], Prepared]) -> None:
            kept = list((self._ahead | found).items())[-FILES_AHEAD:]
            self._ahead = dict(kept)

        if wanted:
            key = self._key("ahead")
            self._tasks.ask(
                key, "Reading the next step", work, take, owner=self, failed=lambda _fault: None
            )

    def forget_ahead(self) -> None:
        """Drops what was read ahead, after files were logged anew."""
        self._tasks.cancel(self._key("ahead"))
        self._ahead = {}

    def reload(self) -> None:
        """Reads the same file again, as after somebody logged it anew."""
        if self._path:
            self.show_artifact(self._run_id, self._path, self._kind)

    def clear(self) -> None:
        """Shows nothing."""
        self._run_id, self._path, self._kind = "", "", None
        self.forget_ahead()
        for what in ("look", "verify", "steps"):
            self._tasks.cancel(self._key(what))
        self._withdraw()
        self.line.hide()

    def verify(self) -> None:
        """Reads the file through and says whether it is what was logged."""
        if self.view is not None:
            self.line.show_checking()
            self._read_through(self.view)

    def _read_through(self, view: View) -> None:
        """Verifies and counts in one sweep."""
        facts, viewing = view.facts, self._viewing

        def take(found: FileVerified) -> None:
            if self.view is not None and self.view.facts.sha256 == found.facts.sha256:
                self._on_verified(found)

        self._ask(
            "verify",
            f"Verifying {wording.size(facts.size_bytes)}",
            lambda progress: viewing.verify(facts, progress),
            take,
        )

    def save(self, target: Path) -> None:
        """Writes the file to ``target``; it is verified first."""
        viewing, run_id, path = self._viewing, self._run_id, self._path
        self._tasks.change(
            self._key("save"),
            "Saving an artifact",
            lambda progress: viewing.save(run_id, path, target, progress),
            lambda _nothing: self._say(f"Saved as {target}"),
            owner=self,
            failed=self._on_save_failed,
        )

    # ------------------------------------------------------------ inside

    def _key(self, what: str) -> str:
        return f"viewers.{what}.{id(self)}"

    def _ask(
        self, what: str, name: str, work: Callable[[Progress], T], done: Callable[[T], None]
    ) -> None:
        run_id, path = self._run_id, self._path

        def failed(fault: BaseException) -> None:
            if (run_id, path) == (self._run_id, self._path):
                self._on_failed(fault)

        self._tasks.ask(self._key(what), name, work, done, owner=self, failed=failed)

    def _withdraw(self) -> None:
        self.view = None
        self.banner.hide()
        self._say("")
        self.parts.empty()

    def _say(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _take(self, found: Prepared) -> None:
        view = found.view
        self.view = view
        self.banner.hide()
        self.line.show_view(view)
        self._say(self.parts.fill(found))
        self.shown.emit(view.kind)
        if not view.facts.is_verified:
            self.verify()
        elif not _is_counted(view):
            self._read_through(view)

    def _on_verified(self, found: FileVerified) -> None:
        self.line.show_verified()
        self.parts.tell_counts(found.lines, found.rows)

    def _on_save_failed(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _on_failed(self, fault: BaseException) -> None:
        if isinstance(fault, Untrusted):
            self._withdraw()
            action = "Who has a copy?" if self.can_be_repaired else ""
            self.banner.show_trust("mismatch", f"{fault.title}. {fault.advice}", action)
            self.banner.show()
            self.line.show_mismatch()
            self.shown.emit("none")
        elif isinstance(fault, StrongroomError):
            self._withdraw()
            self._say(f"{fault.title}. {fault.advice}")
            self.shown.emit("none")
        else:
            errors.show(fault, self)

    def _on_kind_chosen(self, kind: str) -> None:
        found: tuple[Kind, ...] = self.view.others if self.view is not None else ()
        for each in found:
            if each == kind:
                self.show_artifact(self._run_id, self._path, each)

    def _on_steps_asked(self) -> None:
        files, viewing, run_id = self.parts.step_files, self._viewing, self._run_id
        if files is None:
            return
        chosen = thinned(len(files.paths))

        def work(progress: Progress) -> HistogramSteps | None:
            found: list[tuple[int, HistogramView]] = []
            for done, at in enumerate(chosen):
                progress.step(done, len(chosen), "Reading histograms")
                body = viewing.look(run_id, files.paths[at]).body
                if isinstance(body, HistogramView):
                    found.append((files.steps[at], body))
            return over_steps(found, len(files.paths)) if found else None

        def take(steps: HistogramSteps | None) -> None:
            if steps is not None and run_id == self._run_id:
                self.parts.histogram.show_steps(files, steps)

        self._ask("steps", "Reading the histograms of all steps", work, take)

    def _on_save_asked(self) -> None:
        ask_where(self, "Save artifact", file_name(self._path.rpartition("/")[2]), self.save)

    def _on_copy_asked(self) -> None:
        QGuiApplication.clipboard().setText(self._path)
        self._say(f"Copied the path {self.line.path()}")


def _is_counted(view: View) -> bool:
    """Whether it is known how many lines or rows there are."""
    body = view.body
    if isinstance(body, TextView):
        return body.stop - body.start >= body.size_bytes
    return not isinstance(body, TableView) or body.rows_total is not None
