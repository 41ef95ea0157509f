# SPDX-License-Identifier: Apache-2.0
"""The tabs of a run: which there are, what each is filled with, and when it is read.

* A tab is made when it is first opened; curves and packages are read when their tab is open.
"""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs import detail_environment as environment
from strongroom.desktop.runs.artifacts_tab import ArtifactsTab
from strongroom.desktop.runs.detail_environment import EnvironmentTab
from strongroom.desktop.runs.detail_files import FilesTab, is_code, is_log
from strongroom.desktop.runs.detail_metrics import MetricsTab
from strongroom.desktop.runs.detail_notes import NotesTab
from strongroom.desktop.runs.detail_overview import OverviewTab
from strongroom.desktop.runs.detail_params import PairsTab
from strongroom.desktop.runs.detail_system import SystemTab, system_keys
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.captured import is_system_metric, package_list
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import RunDetail
from strongroom.domain.run_cost import run_cost
from strongroom.services.curves import Curve

SPARK_POINTS = 120
FIRST_TABS = (
    ("overview", "Overview"),
    ("params", "Params"),
    ("metrics", "Metrics"),
    ("artifacts", "Artifacts"),
)
MORE_TABS = (
    ("system", "System"),
    ("code", "Code"),
    ("environment", "Environment"),
    ("logs", "Logs"),
    ("notes", "Notes"),
)
EVERY_TAB = FIRST_TABS + MORE_TABS


class DetailTabs(QStackedWidget):
    """What stands below the tabs of a run.

    Signals:
        note_added: A note was written (its text).
        place_requested: A version made from the run was followed (a `Place`).
        run_requested: A related run was followed (its id).
        rule_requested: The rule of a metric is to be opened (the metric's key).
    """

    note_added = Signal(str)
    place_requested = Signal(object)
    run_requested = Signal(str)
    rule_requested = Signal(str)

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._detail: RunDetail | None = None
        self._current = "overview"
        self._is_wide = False
        self._schema = MetricSchema()
        self._packages_of = ""
        self.overview = OverviewTab(services, tasks)
        self.overview.place_requested.connect(self.place_requested)
        self.overview.run_requested.connect(self.run_requested)
        self.params = PairsTab("params", ("Name", "Value"), "This run logged no params.")
        self.metrics = MetricsTab()
        self.metrics.rule_requested.connect(self.rule_requested)
        self.artifacts = ArtifactsTab(services, tasks)
        self.system = SystemTab()
        self.environment = EnvironmentTab()
        self.notes = NotesTab()
        self.notes.added.connect(self.note_added)
        self._files: dict[str, FilesTab] = {}
        self._tabs: dict[str, QWidget] = {
            "overview": self.overview,
            "params": self.params,
            "metrics": self.metrics,
            "artifacts": self.artifacts,
            "system": self.system,
            "environment": self.environment,
            "notes": self.notes,
        }
        for tab in self._tabs.values():
            self.addWidget(tab)

    def current(self) -> str:
        """Returns the key of the open tab."""
        return self._current

    def files_tab(self, key: str) -> FilesTab:
        """Returns the tab of code or logs, made on the first call."""
        tab = self._files.get(key)
        if tab is None:
            tab = self._files[key] = self._made(key)
            self._tabs[key] = tab
            self.addWidget(tab)
            tab.files.set_wide(wide=self._is_wide)
            self._fill_files(key)
        return tab

    def open_tab(self, key: str) -> None:
        """Opens a tab and reads what it needs."""
        if key in {"code", "logs"}:
            self.files_tab(key).open_first()
        self._current = key
        self.setCurrentWidget(self._tabs[key])
        self._read_for(key)

    def set_wide(self, *, wide: bool) -> None:
        """Uses the room of the whole page, or of the pane."""
        self._is_wide = wide
        self.metrics.set_wide(wide=wide)
        self.system.set_wide(wide=wide)
        self.artifacts.set_wide(wide=wide)
        for tab in self._files.values():
            tab.files.set_wide(wide=wide)

    def forget(self) -> None:
        """Takes the files, curves and story of another run away."""
        self._detail = None
        self._packages_of = ""
        self.artifacts.forget()
        self.metrics.show_sparks({})
        self.overview.show_story(None)
        self.overview.datasets.forget()
        for tab in self._files.values():
            tab.forget()

    def show_run(self, detail: RunDetail) -> None:
        """Fills the tabs with a run."""
        self._detail = detail
        run = detail.run
        self.overview.show_run(detail, self._services.clock.now_us())
        self.params.show_pairs(run.params)
        plain = {key: each for key, each in run.metrics.items() if not is_system_metric(key)}
        self.metrics.show_metrics(plain, self._schema)
        self.system.show_metrics(run.metrics, self._schema)
        services = self._services
        self.system.show_cost(
            run_cost(
                detail, now_us=services.clock.now_us(), cents_an_hour=services.gpu_hour_cents()
            )
        )
        self.artifacts.show_files(run.run_id, detail.artifacts)
        self.environment.show_run(detail)
        self.notes.show_notes(detail.notes)
        for key in self._files:
            self._fill_files(key)
        self._read_for(self._current)

    # ------------------------------------------------------------ inside

    def _made(self, key: str) -> FilesTab:
        if key == "code":
            none = (
                "No code was logged. Log the script or a diff as an artifact, such as "
                "code/train.py or code/changes.diff."
            )
            return FilesTab(self._services, self._tasks, matches=is_code, none=none)
        none = "No output was logged. Log it as an artifact, such as logs/train.log or stdout.txt."
        return FilesTab(self._services, self._tasks, matches=is_log, none=none, opens_at="end")

    def _fill_files(self, key: str) -> None:
        detail = self._detail
        if detail is not None:
            tab = self._files[key]
            tab.show_files(detail.run.run_id, detail.artifacts)
            tab.show_facts(environment.source_facts(detail) if key == "code" else ())
            if self._current == key:
                tab.open_first()

    def _read_for(self, key: str) -> None:
        if self._detail is None:
            return
        if key in {"metrics", "system"}:
            self._ask_schema()
            self._ask_sparks(self._detail, key)
        elif key == "environment":
            self._ask_packages(self._detail)

    def _ask_schema(self) -> None:
        schemas = self._services.metric_schemas

        def take(schema: MetricSchema) -> None:
            if schema != self._schema:
                self._schema = schema
                if self._detail is not None:
                    self.show_run(self._detail)

        self._tasks.ask(
            "runs.rules", "Reading metric rules", lambda _progress: schemas.read(), take, owner=self
        )

    def _ask_sparks(self, detail: RunDetail, key: str) -> None:
        curves, run_id = self._services.curves, detail.run.run_id
        is_system = key == "system"
        keys = system_keys(list(detail.run.metrics)) if is_system else self.metrics.wanted()
        if not keys:
            return

        def take(sparks: Mapping[str, tuple[float, ...]]) -> None:
            if self._detail is not None and self._detail.run.run_id == run_id:
                (self.system if is_system else self.metrics).show_sparks(sparks)

        self._tasks.ask(
            f"runs.sparks.{key}",
            "Reading curves",
            lambda _progress: {
                curve.key: _thinned(curve) for curve in curves.curves((run_id,), keys)
            },
            take,
            owner=self,
        )

    def _ask_packages(self, detail: RunDetail) -> None:
        path = package_list(file.path for file in detail.artifacts)
        run_id = detail.run.run_id
        found = next((file.sha256 for file in detail.artifacts if file.path == path), "")
        if self._packages_of == f"{run_id} {found}":
            return
        self._packages_of = f"{run_id} {found}"
        if not path:
            self.environment.show_packages("", {})
            return
        artifacts = self._services.artifacts

        def read() -> dict[str, str]:
            data = artifacts.read(run_id, path, max_bytes=environment.MOST_READ)
            return environment.packages_of(data.decode("utf-8", "replace"))

        def take(packages: dict[str, str]) -> None:
            if self._detail is not None and self._detail.run.run_id == run_id:
                self.environment.show_packages(path, packages)

        self._tasks.ask(
            "runs.packages", "Reading packages", lambda _progress: read(), take, owner=self
        )


def _thinned(curve: Curve) -> tuple[float, ...]:
    """Returns at most `SPARK_POINTS` values, the last one included."""
    step = max(1, len(curve.raw) // SPARK_POINTS)
    values = curve.raw[::-1][::step][::-1]
    return tuple(float(value) for value in values)
