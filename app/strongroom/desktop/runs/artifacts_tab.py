# SPDX-License-Identifier: Apache-2.0
"""The artifacts of one run: folders and files with sizes, a preview, Save as.

* Reading and saving verify every byte first; what does not hold is neither shown nor written.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import Column, Group, Line, NumberCell, Row, TextCell
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.preview import Preview, bytes_needed, look_inside, refusal
from strongroom.desktop.runs.saving import ask_where, file_name
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import EnvironmentFault
from strongroom.services.artifacts import Artifacts

MOST_LISTED = 2_000  # files in the list; a run may hold 100,000
_ICONS = {
    "png": "image", "jpg": "image", "jpeg": "image", "json": "file-json", "csv": "table-2",
    "parquet": "table-2", "py": "file-code", "yaml": "file-code", "txt": "file-text",
    "md": "file-text", "log": "file-text",
}  # fmt: skip


class ArtifactsTab(QWidget):
    """Files at the top, the chosen one below."""

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._run_id, self._path = "", ""
        self._files: dict[str, ArtifactFile] = {}
        self.table = Table(
            (Column("name", "File", 200, stretch=True), Column("size", "Size", 80, "right")),
            name="Artifacts",
            edge=0,
            plain=True,
        )
        self.table.selection_changed.connect(self._on_selection_changed)
        self._title = Elided("", text="dense", weight=500, elide="middle")
        self._save = Button("Save as…", "secondary", "download", small=True)
        self._save.clicked.connect(self._on_save_clicked)
        self._note = Label("", "text_tertiary", "dense", wrap=True)
        self._picture = _Picture()
        self.text = TextArea("Artifact text", grows=True, mono=True, read_only=True)
        self._stack = QStackedWidget()
        for page in (QWidget(), self._picture, self.text):
            self._stack.addWidget(page)
        self._below = column(
            row(self._title, self._save, margins=(0, 8, 0, 4)),
            self._note,
            4,
            (self._stack, 1),
            edges="t",
        )
        self._none = Label("This run logged no artifacts.", "text_secondary", "dense")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(self._none)
        down.addWidget(self.table, 1)
        down.addWidget(self._below, 1)
        self._below.hide()
        self.preview: Preview | None = None

    def forget(self) -> None:
        """Takes the files of another run away."""
        self._run_id, self._path = "", ""
        self._files = {}
        self.preview = None
        self._below.hide()
        self.table.set_lines([])

    def show_files(self, run_id: str, files: Sequence[ArtifactFile]) -> None:
        """Lists the files of a run."""
        self._run_id = run_id
        listed = {file.path: file for file in files[:MOST_LISTED]}
        self._none.setVisible(not listed)
        self.table.setVisible(bool(listed))
        if listed == self._files:
            return
        self._files = listed
        lines: list[Line] = []
        folder = ""
        ordered = sorted(
            listed.values(), key=lambda file: (file.path.rpartition("/")[0], file.path)
        )
        for file in ordered:
            inside, _, name = file.path.rpartition("/")
            if inside != folder:
                folder = inside
                count = sum(1 for path in listed if path.rpartition("/")[0] == inside)
                lines.append(Group(f"{inside}/", shown(inside), wording.count(count, "file")))
            icon = _ICONS.get(name.rpartition(".")[2].lower(), "file")
            size = NumberCell(wording.size(file.size_bytes), role="text_secondary")
            lines.append(Row(file.path, (TextCell(shown(name), icon=icon), size)))
        self.table.set_lines(lines)

    def open(self, path: str) -> None:
        """Shows what is inside a file, as far as that is safe."""
        file = self._files[path]
        self._path = path
        self._title.set_text(shown(path))
        self._below.show()
        needed = bytes_needed(path, file.size_bytes)
        if not needed:
            self._show(refusal(path, file.size_bytes))
            return
        artifacts, run_id = self._services.artifacts, self._run_id

        def take(preview: Preview) -> None:
            if (run_id, path) == (self._run_id, self._path):
                self._show(preview)

        self._tasks.ask(
            "runs.preview",
            "Reading an artifact",
            lambda _progress: look_inside(
                path, artifacts.read(run_id, path, max_bytes=needed), file.size_bytes
            ),
            take,
            owner=self,
            failed=self._on_failed,
        )

    def save(self, target: Path) -> None:
        """Writes the open file to ``target``; it is verified first."""
        artifacts, run_id, path = self._services.artifacts, self._run_id, self._path
        self._tasks.change(
            "runs.save",
            "Saving an artifact",
            lambda _progress: _save(artifacts, run_id, path, target),
            lambda _nothing: self._note.setText(f"Saved as {target}"),
            owner=self,
            failed=self._on_failed,
        )

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _show(self, preview: Preview) -> None:
        self.preview = preview
        self._note.setText(preview.note)
        self._note.setVisible(bool(preview.note))
        if preview.kind == "picture" and preview.picture is not None:
            self._picture.set_picture(preview.picture, shown(self._path))
            self._stack.setCurrentIndex(1)
        elif preview.kind == "text":
            self.text.set_text(preview.text)
            self._stack.setCurrentIndex(2)
        else:
            self._stack.setCurrentIndex(0)

    def _on_selection_changed(self, keys: tuple[str, ...]) -> None:
        if keys and keys[0] in self._files:
            self.open(keys[0])

    def _on_save_clicked(self) -> None:
        name = file_name(self._path.rpartition("/")[2])
        ask_where(self, "Save artifact", name, self.save)


class _Picture(QLabel):
    """A picture reduced to the room it has, never enlarged."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setMinimumSize(1, 1)

    def set_picture(self, image: QImage, name: str) -> None:
        """Shows a picture."""
        self._image = image
        self.setAccessibleName(f"Picture {name}")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Reduces the picture again."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._image.isNull():
            return
        ratio = self.devicePixelRatioF()
        room = self.size() * ratio
        image = self._image
        if image.width() > room.width() or image.height() > room.height():
            image = image.scaled(
                room,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)


def _save(artifacts: Artifacts, run_id: str, path: str, target: Path) -> None:
    """Takes a file out beside its target and moves it into place."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=".strongroom-", dir=target.parent))
    except OSError as fault:
        raise EnvironmentFault(
            "E-STORE", f"{target.parent} cannot be written", "Name another folder."
        ) from fault
    try:
        artifacts.get(run_id, path, aside / "out")
        (aside / "out" / path).replace(target)
    except OSError as fault:
        raise EnvironmentFault("E-STORE", f"{target} was not written", "Name another.") from fault
    finally:
        shutil.rmtree(aside, ignore_errors=True)
