# SPDX-License-Identifier: Apache-2.0
"""Registering a run's model: its files and tree digest are shown before anything is signed.

* What is signed is what is shown: the files are listed again right before, and must be the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.cells import Column, DigestCell, NumberCell, Row, TextCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.sign_box import SignBox
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.registry.services import ModelServices
from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.bundle import by_path
from strongroom.domain.changes import Changes
from strongroom.domain.errors import Refused
from strongroom.domain.ids import in_groups
from strongroom.services.registering import MODEL_NAME, Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A logged model before it is registered, and the models there are."""

    files: tuple[ArtifactFile, ...]
    tree: str
    next_numbers: dict[str, int]


class RegisterDialog(Dialog):
    """Registers one logged model of a finished run.

    Args:
        services: What the models page has.
        tasks: The jobs of the window.
        run_id: The run that logged it.
        artifact_path: Where in the run it lies, such as ``model``.

    Signals:
        registered: The version was signed (a `ModelVersion`).
        changed: What that touched (a `Changes`).
    """

    registered = Signal(object)
    changed = Signal(object)

    def __init__(
        self,
        services: ModelServices,
        tasks: Tasks,
        run_id: str,
        artifact_path: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Register a model",
            title="Register a model",
            sentence=f"All files of “{artifact_path or run_id[:8]}” become an immutable, "
            "numbered version.",
            width=680,
            height=560,
            cancel_is_default=True,
            parent=parent,
        )
        self._services, self._tasks = services, tasks
        self._secrets = Secrets(tasks, services.identities, self)
        self._run, self._artifact = run_id, artifact_path
        self._candidate: Candidate | None = None
        self._is_signing = False
        self.name = Field("Model name", "fraud-detector", size="large")
        self.name.setObjectName("models.register.name")
        self.name.changed.connect(lambda _words: self._look_again())
        self.known = MenuButton("Existing models", kind="secondary", name="Existing models")
        self.known.chosen.connect(self.name.set_text)
        self.known.setEnabled(False)
        self._files_title = SectionTitle("Files")
        self.files = Table(
            (
                Column("file", "File", 240, stretch=True),
                Column("size", "Size", 96, "right"),
                Column("sha256", "sha256", 196),
            ),
            name="Files",
            row_height=26,
            edge=20,
        )
        self.sign_box = SignBox()
        self.set_body(
            column(
                column(
                    Label("Model name", "text_secondary", "dense", weight=500),
                    4,
                    row((self.name, 1), self.known),
                    8,
                    self._files_title,
                    margins=(20, 4, 20, 4),
                ),
                (self.files, 1),
                row(self.sign_box, margins=(20, 12, 20, 12), edges="t"),
            ),
            margins=(0, 0, 0, 0),
        )
        self.register_button = self.add_action("Register", "primary", "pen-line")
        self.register_button.setObjectName("models.register.register")
        self.register_button.clicked.connect(self.register)
        self._look_again()
        tasks.ask(
            "models.candidate", "Reading the model's files",
            lambda _progress: read_candidate(services, run_id, artifact_path),
            self._on_candidate, owner=self, failed=self._on_failed,
        )  # fmt: skip

    def register(self) -> None:
        """Signs the version that is shown."""
        candidate, name = self._candidate, self.name.text().strip()
        if candidate is None or self._missing():
            return
        services, run, artifact = self._services, self._run, self._artifact
        self._is_signing = True
        self._look_again()

        def work(ask: Ask, _progress: object) -> Registered:
            again = model_files(services.artifacts.list(run, artifact), artifact)
            if tree_digest(again) != candidate.tree:
                raise Refused(
                    "E-BIND", "The files are others than were shown", "Close this and look again."
                )
            services.identities.unlock(ask=ask)
            return services.registering.register(run, artifact, name)

        self._secrets.sign(
            "models.register", f"Registering {name}",
            "Registering needs the passphrase of your key.", work, self._on_done,
            owner=self, failed=self._on_failed, ended=self._on_ended,
            parent=self,
        )  # fmt: skip

    def _missing(self) -> str:
        name = self.name.text().strip()
        if self._candidate is None:
            return "Reading the files."
        if not name:
            return "Give the model a name."
        if not MODEL_NAME.fullmatch(name):
            return "Letters, digits, dot, dash and underscore only, at most 100."
        return ""

    def _look_again(self) -> None:
        missing, candidate = self._missing(), self._candidate
        self.register_button.setEnabled(not missing and not self._is_signing)
        if missing:
            self.set_reason(missing)
        else:
            self.set_reason("Signed with your key.", "mute", "key-round")
        self.sign_box.setVisible(candidate is not None)
        if candidate is None:
            return
        name = self.name.text().strip() or "…"
        number = candidate.next_numbers.get(name, 1)
        files = wording.count(len(candidate.files), "file")
        self.sign_box.set_content(
            f"these {files} are {name} v{number}.",
            (("Tree digest", in_groups(candidate.tree, 8)),),
        )

    def _on_candidate(self, candidate: Candidate) -> None:
        self._candidate = candidate
        total = sum(file.size_bytes for file in candidate.files)
        self._files_title.set_note(
            f"{wording.count(len(candidate.files), 'file')}, {wording.size(total)}"
        )
        self.files.set_lines(
            [
                Row(
                    file.path,
                    (
                        TextCell(file.path),
                        NumberCell(wording.size(file.size_bytes), role="text_secondary"),
                        DigestCell(file.sha256, 4),
                    ),
                )
                for file in candidate.files
            ]
        )
        names = sorted(candidate.next_numbers)
        self.known.setEnabled(bool(names))
        self.known.set_choices([(name, name) for name in names])
        self._look_again()

    def _on_done(self, found: Registered) -> None:
        version = found.version
        self.registered.emit(version)
        self.changed.emit(
            Changes(
                models=frozenset({version.model}),
                events=frozenset({found.event}),
                runs=frozenset({version.run}),
            )
        )
        self.accept()

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self)

    def _on_ended(self) -> None:
        self._is_signing = False
        self._look_again()


def read_candidate(services: ModelServices, run: str, artifact: str) -> Candidate:
    """Returns the files of a logged model as the service will register them.

    Raises:
        BadInput: ``E-RUN``, ``E-ARTIFACT``.
    """
    files = model_files(services.artifacts.list(run, artifact), artifact)
    numbers = {
        model.name: 1 + max((version.version for version in model.versions), default=0)
        for model in services.registry.models()
    }
    return Candidate(files=files, tree=tree_digest(files), next_numbers=numbers)


def model_files(files: Sequence[ArtifactFile], artifact: str) -> tuple[ArtifactFile, ...]:
    """Returns the files of a run's artifact by their paths inside the model."""
    root = artifact.strip("/")
    prefix = f"{root}/" if root else ""
    return by_path(
        [
            ArtifactFile(
                path=file.path.removeprefix(prefix)
                if file.path != root
                else file.path.rpartition("/")[2],
                size_bytes=file.size_bytes,
                sha256=file.sha256,
            )
            for file in files
        ]
    )
