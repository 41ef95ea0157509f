# SPDX-License-Identifier: Apache-2.0
"""Finds the models a run logged and asks which one to register.

* A model is a folder with a file ``MLmodel``; what it holds is judged by registering, not here.
* With one model nothing is asked; without any, the dialog says how to log one.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import CodeBlock
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.run import RunDetail

MODEL_FILE = "MLmodel"
HOW = 'sr.log_model(model, "model", input_example=X[:5])'


class RegisterChoice(QObject):
    """Asks for a model of a run.

    Signals:
        chosen: A model was chosen (run id, artifact path).
    """

    chosen = Signal(str, str)

    def __init__(self, services: RunsServices, tasks: Tasks, page: QWidget) -> None:
        super().__init__(page)
        self._services, self._tasks, self._page = services, tasks, page
        self.dialog: Dialog | None = None

    def begin(self, run_id: str) -> None:
        """Looks for the models of a run."""
        runs = self._services.runs
        self._tasks.ask(
            "runs.models",
            "Looking for models",
            lambda _progress: runs.show(run_id),
            self._show,
            owner=self,
        )

    def _show(self, detail: RunDetail) -> None:
        found = model_paths(detail.artifacts)
        run_id = detail.run.run_id
        if len(found) == 1:
            self.chosen.emit(run_id, found[0])
            return
        name = shown(detail.run.name)
        dialog = self._choose(run_id, name, found, detail) if found else self._nothing(name)
        self.dialog = dialog
        dialog.open()

    def _nothing(self, name: str) -> Dialog:
        dialog = Dialog(
            "Register a model",
            title=f"{name} logged no model",
            sentence="A model is a folder of artifacts with a file MLmodel. Log one inside the "
            "run, then register it.",
            width=560,
            cancel="Close",
            parent=self._page,
        )
        dialog.set_body(CodeBlock(HOW, "How to log a model"))
        return dialog

    def _choose(self, run_id: str, name: str, paths: Sequence[str], detail: RunDetail) -> Dialog:
        dialog = Dialog(
            "Register a model",
            title=f"Which model of {name}?",
            sentence="The run logged several. Each becomes a version of its own.",
            width=560,
            height=400,
            parent=self._page,
        )
        table = Table(
            (Column("path", "Artifact", 300, stretch=True), Column("size", "Size", 90, "right")),
            name="Models of the run",
            edge=20,
        )
        table.set_lines(
            [
                Row(
                    path or "/",
                    (
                        TextCell(shown(path) or "all artifacts", icon="package"),
                        NumberCell(wording.size(_size(detail.artifacts, path))),
                    ),
                )
                for path in paths
            ]
        )
        table.select(paths[0] or "/")
        dialog.set_body(column((table, 1)), margins=(0, 4, 0, 0))
        dialog.add_action("Continue", "primary", "package", closes=True)

        def choose() -> None:
            key = table.current_key()
            self.chosen.emit(run_id, "" if key == "/" else key)

        table.activated_row.connect(lambda _key: dialog.accept())
        dialog.accepted.connect(choose)
        return dialog


def model_paths(artifacts: Sequence[ArtifactFile]) -> tuple[str, ...]:
    """Returns the folders that hold a model; "" is the root of the artifacts."""
    found = []
    for file in artifacts:
        folder, _, name = file.path.rpartition("/")
        if name == MODEL_FILE:
            found.append(folder)
    return tuple(sorted(found))


def _size(artifacts: Sequence[ArtifactFile], folder: str) -> int:
    inside = f"{folder}/" if folder else ""
    return sum(file.size_bytes for file in artifacts if file.path.startswith(inside))
