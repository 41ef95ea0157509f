# SPDX-License-Identifier: Apache-2.0
"""One run, beside the table: overview, params, metrics, artifacts.

* What is shown is read from the run's folder, not from the table.
* A run that lost contact, lost points or has damaged files says so first.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button, Tabs
from strongroom.desktop.kit.cells import (
    Cell,
    Column,
    NumberCell,
    Row,
    SparkCell,
    TextCell,
    TwoLineCell,
)
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import DigestLabel, Elided, Label
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Scroll, Surface, clear, column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.artifacts_tab import ArtifactsTab
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import status_words
from strongroom.desktop.runs.words import shown
from strongroom.domain.run import MetricSummary, RunDetail, RunStatus
from strongroom.services.curves import Curve

WIDTH = 408
MOST_WIDE = 480  # px, at any text scale; the table beside it has to stay a table
SPARKS = 40  # metrics with a line in the list; the charts show all
SPARK_POINTS = 120
MOST_LISTED = 1_000  # params or metrics in the list; the table's columns reach the others
TABS = (
    ("overview", "Overview"),
    ("params", "Params"),
    ("metrics", "Metrics"),
    ("artifacts", "Artifacts"),
)
_TONES: dict[RunStatus, Tone] = {
    RunStatus.FAILED: "bad",
    RunStatus.KILLED: "warn",
    RunStatus.RUNNING: "info",
}
_ICONS = {
    RunStatus.RUNNING: "loader",
    RunStatus.SCHEDULED: "clock",
    RunStatus.FINISHED: "circle-check",
    RunStatus.FAILED: "circle-x",
    RunStatus.KILLED: "circle-stop",
}


class DetailPane(Surface):
    """One run in detail.

    Signals:
        closed: The cross was pressed.
    """

    closed = Signal()

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__("bg_surface", "l", parent=parent)
        self._services, self._tasks = services, tasks
        self._run_id = ""
        self.setObjectName("runs.detail")
        self._name = Elided("", text="title")
        self._digest: DigestLabel | None = None
        self._under = QVBoxLayout()
        close = Button("", "ghost", "x", name="Close run", small=True)
        close.clicked.connect(self.closed)
        self.tabs = Tabs(TABS, name="Run")
        self._banners = QVBoxLayout()
        self._banners.setSpacing(8)
        self.facts = KeyValues(key_width=96)
        self._notes = QVBoxLayout()
        self.params = Table(
            (
                Column("name", "Name", 150, sortable=True),
                Column("value", "Value", 150, stretch=True),
            ),
            name="Params",
            edge=0,
            plain=True,
        )
        self.metrics = Table(_METRIC_COLUMNS, name="Metrics", edge=0, plain=True, row_height=48)
        self.artifacts = ArtifactsTab(services, tasks)
        self._stack = QStackedWidget()
        overview = column(self.facts, 12, self._notes, None, margins=(0, 12, 0, 12))
        for page in (Scroll(overview), self.params, self.metrics, self.artifacts):
            self._stack.addWidget(page)
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(close)
        down = QVBoxLayout(self)
        down.setContentsMargins(20, 12, 20, 8)
        down.setSpacing(6)
        down.addLayout(head)
        down.addLayout(self._under)
        down.addLayout(self._banners)
        down.addWidget(self.tabs)
        down.addWidget(self._stack, 1)
        self.tabs.changed.connect(self._on_tab_changed)
        self.apply_theme()

    def run_id(self) -> str:
        """Returns the run that is shown."""
        return self._run_id

    def show_run(self, run_id: str) -> None:
        """Shows another run and keeps the open tab."""
        if run_id != self._run_id:
            self._run_id = run_id
            self.artifacts.forget()
        self.reload()

    def reload(self) -> None:
        """Reads the run again."""
        runs, run_id = self._services.runs, self._run_id
        if not run_id:
            return
        self._tasks.ask(
            "runs.detail",
            "Reading the run",
            lambda _progress: runs.show(run_id),
            self._show,
            owner=self,
            failed=self._on_failed,
        )

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        self.setFixedWidth(min(theme().scaled(WIDTH), MOST_WIDE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Closes with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    # ------------------------------------------------------------ inside

    def _on_failed(self, fault: BaseException) -> None:
        errors.show(fault, self, self.reload)

    def _show(self, detail: RunDetail) -> None:
        run = detail.run
        if run.run_id != self._run_id:
            return
        self._name.set_text(shown(run.name) or run.run_id[:8])
        self._name.setToolTip("")
        clear(self._under)
        self._under.addWidget(DigestLabel(run.run_id, 0, "run id"))
        self._tell_trouble(detail)
        self.facts.set_facts(_facts(detail, self._services.clock.now_us()))
        clear(self._notes)
        if detail.notes:
            self._notes.addWidget(Label("Notes", text="strong"))
            for note in detail.notes:
                self._notes.addSpacing(6)
                self._notes.addWidget(Label(note, "text_secondary", wrap=True, selectable=True))
        self.params.set_lines(
            [
                Row(key, (TextCell(shown(key), strong=True), TextCell(shown(value), mono=True)))
                for key, value in sorted(run.params.items())[:MOST_LISTED]
            ]
        )
        self._show_metrics(run.metrics, {})
        self._ask_sparks(run.metrics)
        self.artifacts.show_files(run.run_id, detail.artifacts)
        self.tabs.set_counts(
            {
                "params": len(run.params),
                "metrics": len(run.metrics),
                "artifacts": len(detail.artifacts),
            }
        )

    def _tell_trouble(self, detail: RunDetail) -> None:
        clear(self._banners)
        run = detail.run
        if run.is_deleted:
            self._banners.addWidget(
                Banner("mute", "Deleted", "Restore brings it back; its bytes are here.")
            )
        if run.is_lost and run.status is RunStatus.RUNNING:
            self._banners.addWidget(
                Banner(
                    "warn",
                    "Lost contact",
                    "No process has logged into this run for a while. It may have been killed.",
                )
            )
        if detail.lost:
            what = ", ".join(f"{count:,} {shown(kind)}" for kind, count in detail.lost.items())
            self._banners.addWidget(Banner("warn", "Some of it was not kept", f"Lost: {what}."))
        for warning in detail.warnings[:3]:
            self._banners.addWidget(Banner("bad", "A file of this run is damaged", shown(warning)))

    def _show_metrics(
        self, metrics: dict[str, MetricSummary], sparks: dict[str, tuple[float, ...]]
    ) -> None:
        lines = []
        for key, summary in sorted(metrics.items())[:MOST_LISTED]:
            line: Cell = SparkCell(sparks.get(key, ()), f"{summary.count:,} points")
            lines.append(
                Row(
                    key,
                    (
                        TwoLineCell(shown(key), wording.count(summary.count, "point")),
                        line,
                        NumberCell(wording.number(summary.last), strong=True),
                        NumberCell(wording.number(summary.minimum), role="text_secondary"),
                        NumberCell(wording.number(summary.maximum), role="text_secondary"),
                    ),
                )
            )
        self.metrics.set_lines(lines)

    def _ask_sparks(self, metrics: dict[str, MetricSummary]) -> None:
        curves, run_id = self._services.curves, self._run_id
        keys = sorted(metrics)[:SPARKS]
        if not keys or self.tabs.current() != "metrics":
            return

        def take(found: tuple[Curve, ...]) -> None:
            if run_id == self._run_id:
                self._show_metrics(metrics, {curve.key: _thinned(curve) for curve in found})

        self._tasks.ask(
            "runs.sparks",
            "Reading curves",
            lambda _progress: curves.curves((run_id,), keys),
            take,
            owner=self,
        )

    def _on_tab_changed(self, key: str) -> None:
        self._stack.setCurrentIndex([tab for tab, _ in TABS].index(key))
        if key == "metrics":
            self.reload()


_SOURCES = {
    "entry": "Entry point",
    "argv": "Arguments",
    "cwd": "Folder",
    "commit": "Git commit",
    "branch": "Git branch",
    "dirty": "Uncommitted",
    "repo": "Repository",
    "python": "Python",
    "platform": "Platform",
}
_METRIC_COLUMNS = (
    Column("name", "Metric", 110, stretch=True),
    Column("spark", "", 70),
    Column("last", "Last", 70, "right"),
    Column("min", "Min", 66, "right"),
    Column("max", "Max", 66, "right"),
)


def _facts(detail: RunDetail, now_us: int) -> Sequence[Fact]:
    run, source = detail.run, detail.source
    words = status_words(run)
    is_lost = words == "Lost contact"
    tone: Tone = "warn" if is_lost else _TONES.get(run.status, "mute")
    icon = "cloud-off" if is_lost else _ICONS[run.status]
    ended = wording.day_and_time(run.ended_us, now_us) if run.ended_us is not None else wording.DASH
    length = run.duration_us if run.duration_us is not None else now_us - run.started_us
    facts = [
        Fact(key="Status", value=words, kind="icon", icon=icon, tone=tone),
        Fact(key="Experiment", value=shown(run.experiment)),
        Fact(key="Started", value=wording.day_and_time(run.started_us, now_us)),
        Fact(key="Ended", value=ended),
        Fact(key="Duration", value=wording.duration(length)),
        Fact(key="User", value=shown(run.user) or wording.DASH),
        Fact(key="Host", value=shown(run.host) or wording.DASH),
    ]
    facts += [
        Fact(key=_SOURCES.get(key, shown(key)), value=shown(value), kind="mono")
        for key, value in sorted(source.items(), key=lambda item: _source_rank(item[0]))
        if value
    ]
    if detail.parent:
        facts.append(Fact(key="Parent", value=detail.parent[:8], kind="mono"))
    facts += [
        Fact(key="Input", value=shown(each.get("name", wording.DASH))) for each in detail.inputs
    ]
    facts += [Fact(key=shown(key), value=shown(value)) for key, value in sorted(run.tags.items())]
    return facts


def _source_rank(key: str) -> tuple[int, str]:
    known = list(_SOURCES)
    return (known.index(key) if key in known else len(known), key)


def _thinned(curve: Curve) -> tuple[float, ...]:
    """Returns at most `SPARK_POINTS` values, the last one included."""
    step = max(1, len(curve.raw) // SPARK_POINTS)
    values = curve.raw[::-1][::step][::-1]
    return tuple(float(value) for value in values)
