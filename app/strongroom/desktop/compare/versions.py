# SPDX-License-Identifier: Apache-2.0
"""Which model versions come from the compared runs, and what can be asked for them.

* Versions are read off the window's thread; a run without one, or a store without a team, is no
  fault.
* The newest version of a run is the one a request starts with; the dialog offers the others.
"""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.progress import Progress
from strongroom.domain.registry import ModelVersion, RegisteredModel

NO_STAGE = "None"


class Versions(QObject):
    """The versions of a store by the run they come from.

    Args:
        models: Reads the registered models.
        tasks: The jobs of the window.

    Signals:
        arrived: Other versions are known.
    """

    arrived = Signal()

    def __init__(
        self, models: Callable[[], Sequence[RegisteredModel]], tasks: Tasks, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._by_run: Mapping[str, tuple[ModelVersion, ...]] = {}
        self._was_read = False

    def read(self) -> None:
        """Reads what is registered."""
        models = self._models

        def work(_progress: Progress) -> dict[str, tuple[ModelVersion, ...]]:
            found: dict[str, list[ModelVersion]] = {}
            for model in models():
                for version in model.versions:
                    found.setdefault(version.run, []).append(version)
            return {
                run: tuple(sorted(versions, key=lambda each: (each.registered, each.key)))
                for run, versions in found.items()
            }

        self._tasks.ask("compare.versions", "Reading models", work, self._take, owner=self)

    def read_once(self) -> None:
        """Reads what is registered, unless it was read before."""
        if not self._was_read:
            self.read()

    def any_there(self) -> bool:
        """Returns whether anything is registered in this store."""
        return bool(self._by_run)

    def newest(self, run_id: str) -> ModelVersion | None:
        """Returns the version of a run that was registered last, None without any."""
        versions = self._by_run.get(run_id, ())
        return versions[-1] if versions else None

    def words(self, run_id: str) -> str:
        """Returns version and stage of a run in words, "" without any."""
        version, brief = self.newest(run_id), self.brief(run_id)
        return f"{shown(version.model)} {brief}" if version is not None else ""

    def brief(self, run_id: str) -> str:
        """Returns the same without the name of the model, for where room is short."""
        version = self.newest(run_id)
        if version is None:
            return ""
        stage = "" if version.stage == NO_STAGE else f" {shown(version.stage)}"
        return f"v{version.version}{stage}"

    def _take(self, found: Mapping[str, tuple[ModelVersion, ...]]) -> None:
        is_other = not self._was_read or found != self._by_run
        self._by_run, self._was_read = found, True
        if is_other:
            self.arrived.emit()


def request_place(version: ModelVersion) -> Place:
    """Returns where a move of a version is asked for."""
    wanted = f"{version.model}/{version.version}+{version.tree}"
    return Place.of("reviews", {"ask": wanted, "tab": "open"})
