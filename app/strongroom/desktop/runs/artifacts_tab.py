# SPDX-License-Identifier: Apache-2.0
"""The artifacts of one run: folders and files with sizes, a search, and the viewer of one file."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Column, Group, Line, NumberCell, Row, TextCell
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Split, column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.repair_strip import RepairStrip
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.desktop.viewers.artifact_view import ArtifactView
from strongroom.desktop.viewers.step_bar import StepBar
from strongroom.domain.artifact import ArtifactFile
from strongroom.services.step_files import StepFiles, step_files

MOST_LISTED = 2_000  # files in the list; a run may hold 100,000, and the search reaches them all
SEARCH_FROM = 8  # files from which a search is worth its room
_ICONS = {
    "png": "image", "jpg": "image", "jpeg": "image", "svg": "image", "gif": "image",
    "json": "file-json", "ipynb": "file-json", "csv": "table-2", "tsv": "table-2",
    "parquet": "table-2", "arrow": "table-2", "feather": "table-2", "py": "file-code",
    "yaml": "file-code", "yml": "file-code", "diff": "file-code", "txt": "file-text",
    "md": "file-text", "log": "file-text", "pdf": "file-text", "pkl": "shield-alert",
    "joblib": "shield-alert", "pt": "shield-alert",
}  # fmt: skip


class ArtifactsTab(QWidget):
    """Files at one side, the chosen one at the other; ``view`` shows it."""

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        *,
        none: str = "This run logged no artifacts.",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._run_id = ""
        self._files: dict[str, ArtifactFile] = {}
        self.search = SearchField("Search the artifacts of this run", "Search files")
        self.search.changed.connect(lambda _words: self._list())
        self.table = Table(
            (Column("name", "File", 200, stretch=True), Column("size", "Size", 80, "right")),
            name="Artifacts",
            edge=0,
            plain=True,
        )
        self.table.selection_changed.connect(self._on_selection_changed)
        self.view = ArtifactView(services.viewing, tasks)
        self.repair = RepairStrip(services.repair, tasks)
        self.repair.repaired.connect(self.view.reload)
        self.view.can_be_repaired = self.repair.is_able()
        self.view.copies_asked.connect(lambda path: self.repair.ask(self._run_id, path))
        self._together: dict[str, StepFiles] = {}
        self.steps = StepBar()
        self.steps.path_chosen.connect(self._on_step_chosen)
        self.view.step_chosen.connect(self._on_step_chosen)
        self.view.shown.connect(lambda _kind: self.view.read_ahead(self.steps.neighbours()))
        self._left_out = Label("", "text_tertiary", "caption", wrap=True)
        self._none = Label(none, "text_secondary", "dense", wrap=True)
        files = column(self.search, 4, (self.table, 1), self._left_out)
        self._below = column(self.steps, (self.view, 1), margins=(0, 8, 0, 0), spacing=4)
        self._beside = files
        self.split = Split("vertical", files, self._below, sizes=(2, 3))
        self.split.setStretchFactor(0, 2)
        self.split.setStretchFactor(1, 3)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self._none)
        down.addWidget(self.repair)
        down.addWidget(self.split, 1)
        down.addStretch(0)

    def set_wide(self, *, wide: bool) -> None:
        """Puts the viewer beside the files, or below them."""
        across = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self.split.orientation() != across:
            self.split.setOrientation(across)
            self.split.setSizes([300, 700] if wide else [2, 3])
            right, left = (12, 16) if wide else (0, 0)
            self._beside.setContentsMargins(0, 8 if wide else 0, right, 0)
            self._below.setContentsMargins(left, 0, 0, 0)

    def forget(self) -> None:
        """Takes the files of another run away."""
        self._run_id = ""
        self._files = {}
        self.steps.show_files(None, "")
        self.view.clear()
        self.repair.forget()
        self.search.set_text("")
        self.table.set_lines([])
        self._none.hide()
        self.split.hide()

    def show_files(self, run_id: str, files: Sequence[ArtifactFile]) -> None:
        """Lists the files of a run."""
        self._run_id = run_id
        listed = {file.path: file for file in files}
        self._none.setVisible(not listed)
        self.split.setVisible(bool(listed))
        self.search.setVisible(len(listed) >= SEARCH_FROM)
        if listed == self._files:
            return
        before, self._files = self._files, listed
        self._together = step_files(listed)
        self.view.forget_ahead()
        self._list()
        _, path = self.view.shows()
        self.steps.show_files(self._together.get(path), path)
        self.view.set_step_files(self._together.get(path))
        self._below.setVisible(bool(path))  # until then the list has all the room
        self._share_room()
        if path and before.get(path) != listed.get(path):
            self.view.reload()

    def open(self, path: str) -> None:
        """Shows what is inside a file, as far as that is safe."""
        self.steps.show_files(self._together.get(path), path)
        self.view.set_step_files(self._together.get(path))
        self._below.show()
        self._share_room()
        self.view.show_artifact(self._run_id, path)

    def open_first(self) -> None:
        """Opens the first file of the list, if there is one."""
        first = next((line.key for line in self.table.lines() if isinstance(line, Row)), "")
        if first:
            self.table.select(first)

    def _share_room(self) -> None:
        """Gives a short list no more than it needs, so that the viewer has the rest."""
        whole = self.split.height()
        if self.split.orientation() == Qt.Orientation.Vertical and whole > 0:
            lines = (len(self.table.lines()) + 2) * self.table.rowHeight(0)
            wanted = min(whole * 2 // 5, lines + (40 if self.search.isVisible() else 0))
            self.split.setSizes([wanted, whole - wanted])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the room anew."""
        super().resizeEvent(event)
        self._share_room()

    def _list(self) -> None:
        words = self.search.text().casefold()
        found = [file for file in self._files.values() if words in file.path.casefold()]
        found.sort(key=lambda file: (file.path.rpartition("/")[0], file.path))
        shown_files = found[:MOST_LISTED]
        counts: dict[str, int] = {}
        for file in shown_files:
            inside = file.path.rpartition("/")[0]
            counts[inside] = counts.get(inside, 0) + 1
        lines: list[Line] = []
        folder = ""
        for file in shown_files:
            inside, _, name = file.path.rpartition("/")
            if inside != folder:
                folder = inside
                count = wording.count(counts[inside], "file")
                lines.append(Group(f"{inside}/", shown(inside), count))
            icon = _ICONS.get(name.rpartition(".")[2].lower(), "file")
            size = NumberCell(wording.size(file.size_bytes), role="text_secondary")
            lines.append(Row(file.path, (TextCell(shown(name), icon=icon), size)))
        self.table.set_lines(lines)
        more = len(found) - len(shown_files)
        self._left_out.setText(f"{more:,} more files. Search for them by name." if more else "")
        self._left_out.setVisible(bool(more))

    def _on_step_chosen(self, path: str) -> None:
        if not self.table.select(path):  # the search leaves it out, the steps do not
            self.open(path)

    def _on_selection_changed(self, keys: tuple[str, ...]) -> None:
        if keys and keys[0] in self._files and self.view.shows() != (self._run_id, keys[0]):
            self.open(keys[0])
