# SPDX-License-Identifier: Apache-2.0
"""Which artifacts are code, which are logs; a tab that shows only those.

* Differences are coloured and marked by their signs. A log opens at its end and follows a run
  that is still alive.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.artifacts_tab import ArtifactsTab
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.artifact import ArtifactFile

_CODE = ("py", "ipynb", "r", "sh", "diff", "patch", "sql", "jl", "scala")
_LOGS = ("log", "out", "err")
_LOG_NAMES = ("stdout", "stderr", "output", "console")


def is_code(path: str) -> bool:
    """Whether a file is code or a difference to a commit."""
    return path.rpartition(".")[2].lower() in _CODE


def is_log(path: str) -> bool:
    """Whether a file is what a program printed."""
    name = path.rpartition("/")[2].lower()
    return name.rpartition(".")[2] in _LOGS or name.startswith(_LOG_NAMES)


class FilesTab(QWidget):
    """The files of a run of one sort, and the viewer; ``facts`` stand above.

    Args:
        services: The page's services.
        tasks: The window's jobs.
        matches: Which files belong here.
        none: The sentence for a run without any.
        opens_at: ``end`` shows the end of a text first.
    """

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        *,
        matches: Callable[[str], bool],
        none: str,
        opens_at: Literal["start", "end"] = "start",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._matches, self._at_end = matches, opens_at == "end"
        self._opened = ""
        self.facts = KeyValues(key_width=96)
        self.files = ArtifactsTab(services, tasks, none=none)
        if self._at_end:
            self.files.view.shown.connect(self._on_shown)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 12, 0, 0)
        down.setSpacing(6)
        down.addWidget(self.facts)
        down.addWidget(self.files, 1)
        self.facts.hide()

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Shows facts above the files."""
        self.facts.set_facts(facts)
        self.facts.setVisible(bool(facts))

    def show_files(self, run_id: str, files: Sequence[ArtifactFile]) -> None:
        """Lists the files of a run that belong here and opens the first."""
        found = [file for file in files if self._matches(file.path)]
        self.files.show_files(run_id, found)

    def open_first(self) -> None:
        """Opens the first file, if none is open."""
        if not self.files.view.shows()[1]:
            self.files.open_first()

    def forget(self) -> None:
        """Takes the files of another run away."""
        self.files.forget()
        self.facts.hide()

    def _on_shown(self, kind: str) -> None:
        if kind == "text":
            text = self.files.view.parts.text
            text.go("last")
