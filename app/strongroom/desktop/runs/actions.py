# SPDX-License-Identifier: Apache-2.0
"""What can be done to runs from the table: tag, move, archive, delete, export, resume, close.

* Acts are for all selected runs, in sight or not; each is undone as one step.
* Deleting hides a run and says so; nothing is removed from the disk.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.bulk import Bulk
from strongroom.desktop.runs.lost_dialogs import CloseDialog, ResumeDialog
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.run import RunDetail, RunStatus
from strongroom.services.run_resuming import ResumeWords, resume_words


class RunActions:
    """Changes runs and tells the page.

    Args:
        services: What changes them.
        tasks: The jobs of the window.
        page: The parent of dialogs; hears of faults.
        bulk: Does and undoes changes.
    """

    def __init__(self, services: RunsServices, tasks: Tasks, page: QWidget, bulk: Bulk) -> None:
        self._services, self._tasks, self._page, self._bulk = services, tasks, page, bulk

    def copy_ids(self, run_ids: Sequence[str]) -> None:
        """Puts run ids on the clipboard, one a line."""
        QGuiApplication.clipboard().setText("\n".join(run_ids))

    def ask_tag(self, run_ids: Sequence[str]) -> Dialog:
        """Asks for a tag's name and value."""
        chosen = tuple(run_ids)
        what = wording.count(len(chosen), "run")
        dialog = Dialog(f"Tag {what}", title=f"Tag {what}", parent=self._page)
        key = Field("Name", "owner", size="large")
        value = Field("Value", "mara", size="large")
        dialog.set_body(
            column(Label("Name", "text_secondary", "dense"), 4, key, 12,
                   Label("Value", "text_secondary", "dense"), 4, value)
        )  # fmt: skip
        save = dialog.add_action("Set tag", "primary", "tag", closes=True)
        save.setEnabled(False)
        key.changed.connect(lambda words: save.setEnabled(bool(words.strip())))
        dialog.accepted.connect(lambda: self.tag(chosen, key.text().strip(), value.text()))
        return self._opened(dialog)

    def ask_move(self, run_ids: Sequence[str]) -> Dialog:
        """Asks which experiment runs are to belong to."""
        chosen = tuple(run_ids)
        what = wording.count(len(chosen), "run")
        dialog = Dialog(
            f"Move {what}",
            title=f"Move {what}",
            sentence="An experiment that does not exist yet is made by this.",
            parent=self._page,
        )
        name = Field("Experiment", "fraud-detector", size="large")
        dialog.set_body(column(Label("Experiment", "text_secondary", "dense"), 4, name))
        move = dialog.add_action("Move", "primary", "folder", closes=True)
        move.setEnabled(False)
        name.changed.connect(lambda words: move.setEnabled(bool(words.strip())))
        dialog.accepted.connect(lambda: self.move(chosen, name.text().strip()))
        return self._opened(dialog)

    def ask_delete(self, run_ids: Sequence[str]) -> Dialog:
        """Asks whether runs are to be hidden."""
        chosen = tuple(run_ids)
        what = wording.count(len(chosen), "run")
        dialog = Dialog(
            f"Delete {what}",
            title=f"Delete {what}",
            sentence="The bytes stay on the disk. Choose Deleted runs in the experiment menu to "
            "see them again and to restore them.",
            parent=self._page,
        )
        dialog.add_action("Delete", "danger", "trash-2", closes=True)
        dialog.accepted.connect(lambda: self.delete(chosen))
        return self._opened(dialog)

    def ask_close(self, run_ids: Sequence[str]) -> CloseDialog:
        """Asks how runs that lost contact ended, and why."""
        chosen = tuple(run_ids)
        dialog = CloseDialog(len(chosen), self._page)
        dialog.accepted.connect(lambda: self.close(chosen, dialog.end(), dialog.reason.text()))
        dialog.open()
        return dialog

    def ask_resume(self, run_id: str) -> None:
        """Reads a run and shows the words that go on with it."""
        runs = self._services.runs

        def read() -> tuple[RunDetail, ResumeWords]:
            detail = runs.show(run_id)
            return detail, resume_words(detail, runs.folder.root)

        self._tasks.ask(
            "runs.resume",
            "Reading the run",
            lambda _progress: read(),
            self._show_resume,
            owner=self._page,
            failed=self._bulk.show_fault,
        )

    def ask_export(self, run_ids: Sequence[str]) -> None:
        """Asks for a folder and copies runs into it."""
        words = f"Export {wording.count(len(run_ids), 'run')} into a folder"
        folder = QFileDialog.getExistingDirectory(self._page, words)
        if folder:
            self.export(run_ids, Path(folder))

    def export(self, run_ids: Sequence[str], folder: Path) -> None:
        """Copies run folders into a folder, each verified first."""
        export, chosen = self._services.run_export.export, tuple(run_ids)
        self._tasks.ask(
            "runs.export",
            f"Exporting {wording.count(len(chosen), 'run')}",
            lambda progress: export(chosen, folder, progress),
            lambda _done: None,
            owner=self._page,
            failed=self._bulk.show_fault,
        )

    def tag(self, run_ids: Sequence[str], key: str, value: str) -> None:
        """Sets a tag on runs."""
        edits = self._services.runs.edits
        self._bulk.change("Tagging runs", "Tagged", lambda p: edits.tag(run_ids, key, value, p))

    def move(self, run_ids: Sequence[str], experiment: str) -> None:
        """Puts runs into another experiment."""
        edits = self._services.runs.edits
        self._bulk.change("Moving runs", "Moved", lambda p: edits.move(run_ids, experiment, p))

    def archive(self, run_ids: Sequence[str]) -> None:
        """Puts runs aside."""
        edits = self._services.runs.edits
        self._bulk.change("Archiving runs", "Archived", lambda p: edits.archive(run_ids, p))

    def unarchive(self, run_ids: Sequence[str]) -> None:
        """Takes archived runs back."""
        edits = self._services.runs.edits
        verb = "Took out of the archive"
        self._bulk.change("Taking runs back", verb, lambda p: edits.unarchive(run_ids, p))

    def close(self, run_ids: Sequence[str], status: RunStatus, reason: str) -> None:
        """Ends runs whose process is gone."""
        closing = self._services.runs.closing
        self._bulk.finish(
            "Closing runs", "Closed", lambda p: closing.close(run_ids, status, reason, p)
        )

    def delete(self, run_ids: Sequence[str]) -> None:
        """Hides runs."""
        edits = self._services.runs.edits
        self._bulk.change("Deleting runs", "Deleted", lambda p: edits.delete(run_ids, p))

    def restore(self, run_ids: Sequence[str]) -> None:
        """Shows deleted runs again."""
        edits = self._services.runs.edits
        self._bulk.change("Restoring runs", "Restored", lambda p: edits.restore(run_ids, p))

    def _show_resume(self, found: tuple[RunDetail, ResumeWords]) -> None:
        detail, words = found
        dialog = ResumeDialog(detail, words, self._services.clock.now_us(), self._page)
        dialog.close_requested.connect(lambda: self.ask_close((detail.run.run_id,)))
        dialog.open()

    def _opened(self, dialog: Dialog) -> Dialog:
        dialog.open()
        return dialog
