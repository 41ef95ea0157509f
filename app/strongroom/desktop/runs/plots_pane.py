# SPDX-License-Identifier: Apache-2.0
"""Plots over all runs of the current question, not only the ticked ones.

* Only the columns a plot needs are read, off the thread, when it is in sight.
* What is marked narrows the table and keeps the plot: while the table shows what was marked here,
  the plot still shows the question from before, the other runs faint.
* More runs than a plot holds are cut to the newest, and the head says so.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.charts.plot_numbers import PlotNumbers
from strongroom.desktop.charts.runs_plot import RunsPlot
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.saving import ask_where, file_name
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.surface import Surface, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wrapped import WrappedRow
from strongroom.desktop.runs import brush_filter
from strongroom.desktop.runs.bars_panel import BarsPanel
from strongroom.desktop.runs.box_panel import BoxPanel
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.importance_panel import ImportancePanel
from strongroom.desktop.runs.parallel_panel import ParallelPanel
from strongroom.desktop.runs.plot_fields import PLOTTED_ATTRIBUTES, in_order
from strongroom.desktop.runs.plot_panel import PlotPanel, shown_table
from strongroom.desktop.runs.scatter_panel import ScatterPanel
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.progress import Progress
from strongroom.domain.query import Field, FieldKind
from strongroom.services.run_values import Spread, ValueTable

T = TypeVar("T")
FORMATS = (("png", "PNG picture"), ("svg", "SVG drawing"), ("csv", "CSV of the runs shown"))
KINDS: tuple[type[PlotPanel], ...] = (
    ScatterPanel,
    ParallelPanel,
    BoxPanel,
    BarsPanel,
    ImportancePanel,
)


class PlotsPane(QWidget):
    """The plots and their choices.

    Args:
        services: Where values come from.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.
        session: Where choices are remembered.
        lead: Stands at the left of the head.

    Signals:
        filter_requested: The table should show what this filter holds for.
        run_chosen: A run was pointed at (run id).
        tick_requested: Runs are to be ticked (tuple of ids, on or off).
        view_requested: Another kind of plot should be opened (its key).
    """

    filter_requested = Signal(str)
    run_chosen = Signal(str)
    tick_requested = Signal(tuple, bool)
    view_requested = Signal(str)

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        charted: Charted,
        session: Session,
        lead: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks, self._charted = services, tasks, charted
        self._session = session
        self._base = Question()
        self._narrowed: str | None = None  # the filter asked for from here
        self._names_of: str | None = None  # the experiment the names were read for
        self._is_stale = self._is_first = True
        self.panels = {kind.key: kind(charted) for kind in KINDS}
        self._stack = QStackedWidget()
        self._note = Elided("", "text_tertiary", "dense", align="right")
        self._keep = Button("Tick", "secondary", small=True, name="Tick the marked runs")
        self._clear = Button("Clear", "ghost", small=True, name="Clear what is marked")
        self._more = MenuButton("", _more_choices(), icon_name="ellipsis", name="More")
        head = Surface(None, "t")
        across = WrappedRow(head, stands_left=True)
        across.setContentsMargins(16, 6, 16, 6)
        across.setSpacing(2)
        self._note.hide()
        controls = [each for panel in self.panels.values() for each in panel.controls()]
        tools = [*controls, self._note, self._keep, self._clear, self._more]
        for part in [lead, *tools] if lead else tools:
            across.addWidget(part)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        body = row((self._stack, 1), margins=(16, 4, 16, 12))
        down.addWidget(body, 1)
        for panel in self.panels.values():
            self._add(panel)
            if isinstance(panel, ImportancePanel):
                panel.pair_chosen.connect(self.show_pair)
        self._keep.clicked.connect(self.tick_marked)
        self._clear.clicked.connect(self.clear_marks)
        self._more.chosen.connect(self._on_more)
        self.open(next(iter(self.panels)))

    # ------------------------------------------------------------ what the page says

    def open(self, key: str) -> None:
        """Shows a kind of plot: ``scatter``, ``parallel``, ``box`` or ``bars``."""
        panel = self.panels[key]
        self._stack.setCurrentWidget(panel)
        for each in self.panels.values():
            for control in each.controls():
                control.setVisible(each is panel)
        self._is_stale = True
        self._tell_marks()
        self._ask_if_seen()

    def show_question(self, question: Question) -> None:
        """Plots the runs of a question, unless it is the one that was asked for from here."""
        same = (question.experiment, question.is_deleted) == (
            self._base.experiment,
            self._base.is_deleted,
        )
        if same and self._narrowed is not None and question.filter == self._narrowed:
            return
        if question.filter == self._base.filter and same and not self._is_first:
            self._forget_marks()
            return
        self._base, self._is_stale = question, True
        self._forget_marks()
        self._ask_if_seen()

    def set_schema(self, schema: MetricSchema) -> None:
        """Names axes, and knows what is best, by other rules."""
        for panel in self.panels.values():
            panel.set_schema(schema)

    def reload(self) -> None:
        """Reads the values again, after runs changed."""
        self._is_stale = True
        self._ask_if_seen()

    def show_pair(self, x: Field, y: Field) -> None:
        """Opens two fields as a scatter."""
        scatter = self.panels[ScatterPanel.key]
        if isinstance(scatter, ScatterPanel):
            scatter.set_pair(x, y)
            self.view_requested.emit(scatter.key)

    def tell_charted(self) -> None:
        """Shows which runs are ticked now."""
        if self.isVisible():
            self.current().redraw()

    # ------------------------------------------------------------ what a person does

    def current(self) -> PlotPanel:
        """Returns the plot that is open."""
        panel = self._stack.currentWidget()
        assert isinstance(panel, PlotPanel)  # noqa: S101 - nothing else is ever put in
        return panel

    def tick_marked(self) -> None:
        """Ticks the marked runs for the charts."""
        self.tick_requested.emit(self.current().marked_ids(), True)

    def clear_marks(self) -> None:
        """Takes back what is marked and gives the table its filter back."""
        self.current().clear_marks()
        self._on_marked("")

    def show_numbers(self) -> PlotNumbers:
        """Opens the numbers behind the plot as a table."""
        dialog = PlotNumbers(self.current().plot(), parent=self)
        dialog.open()
        return dialog

    def export(self, form: str) -> None:
        """Asks for a file and writes the plot as ``png``, ``svg`` or ``csv``."""
        plot = self.current().plot()
        name = file_name(plot.accessibleName(), f".{form}")
        title = f"Save plot as {dict(FORMATS)[form]}"
        ask_where(self, title, name, lambda path: self.write(plot, form, path))

    def write(self, plot: RunsPlot, form: str, path: Path) -> None:
        """Writes a plot as it is now into a file, in a task: the file may lie on a slow share."""
        exports = {"png": plot.export_png, "svg": plot.export_svg, "csv": plot.export_csv}
        save, outgoing = exports[form](), self._services.outgoing
        rows = tuple(plot.rows()) if form == "csv" else ()

        def work(_progress: Progress) -> None:
            outgoing.check_table(rows, str(path))
            try:
                save(path)
            except OSError as fault:
                reason = fault.strerror or str(fault)
                text = f"{path} was not written: {reason}"
                raise EnvironmentFault("E-STORE", text, "Name another.") from fault

        self._tasks.ask(
            f"plots.export.{path}", f"Saving {path.name}", work, lambda _done: None, owner=self
        )

    def build_menu(self) -> QMenu:
        """Returns what can be done with the plot; the caller shows it."""
        menu = self._more.build_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.triggered.connect(lambda action: self._on_more(str(action.data())))
        return menu

    # ------------------------------------------------------------ Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Reads values that nobody needed while it was out of sight."""
        super().showEvent(event)
        self._ask_if_seen()
        if not self._is_stale:
            self.current().redraw()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stops reading for nobody."""
        super().hideEvent(event)
        self._tasks.cancel("runs.plots")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what the button at the right offers."""
        self.build_menu().popup(event.globalPos())

    # ------------------------------------------------------------ inside

    def _add(self, panel: PlotPanel) -> None:
        self._stack.addWidget(panel)
        panel.restore(self._session.value(f"runs.plots.{panel.key}", {}))
        panel.wanted_changed.connect(self.reload)
        panel.run_chosen.connect(self.run_chosen)
        panel.run_ticked.connect(
            lambda run_id: self.tick_requested.emit((run_id,), run_id not in self._charted)
        )
        panel.marked.connect(self._on_marked)
        panel.refused.connect(self._on_refused)
        panel.choices_changed.connect(
            lambda: self._session.set_value(f"runs.plots.{panel.key}", panel.choices())
        )

    def _ask_if_seen(self) -> None:
        if not (self._is_stale and self.isVisible()):
            return
        self._is_stale = False
        if self._is_first or self._names_of != self._base.experiment:
            self._ask_names()
        else:
            self._ask_values()

    def _ask_names(self) -> None:
        """Reads which fields there are and how they differ, then the values."""
        base, services = self._base, self._services

        def work(_progress: Progress) -> tuple[tuple[Spread, ...], tuple[Field, ...]]:
            spread = services.run_values.spread(
                base.filter, experiment=base.experiment, is_deleted=base.is_deleted
            )
            columns = services.runs.columns(base.experiment)
            order = (FieldKind.METRIC, FieldKind.PARAM, FieldKind.TAG)
            plotted = [each.field for each in columns if each.field.kind in order]
            plotted.sort(key=lambda field: order.index(field.kind))
            return in_order(spread), (*plotted, *PLOTTED_ATTRIBUTES)

        def done(found: tuple[tuple[Spread, ...], tuple[Field, ...]]) -> None:
            spread, names = found
            self._names_of, self._is_first = base.experiment, False
            for panel in self.panels.values():
                panel.set_names(names)
                panel.start_with(spread)
            self._ask_values()

        self._ask(work, done)

    def _ask_values(self) -> None:
        panel, base, values = self.current(), self._base, self._services.run_values
        wanted, prepare = panel.wanted(), panel.preparation()

        def work(progress: Progress) -> tuple[ValueTable, object]:
            table = values.read(
                wanted,
                base.filter,
                experiment=base.experiment,
                is_deleted=base.is_deleted,
                progress=progress,
            )
            return shown_table(table), None if prepare is None else prepare(table, progress)

        def done(found: tuple[ValueTable, object]) -> None:
            table, prepared = found
            panel.show_table(table)
            panel.take_prepared(prepared)
            self._tell_note(table)
            self._tell_marks()

        self._ask(work, done)

    def _ask(self, work: Callable[[Progress], T], done: Callable[[T], None]) -> None:
        def failed(fault: BaseException) -> None:
            self._is_stale = True
            errors.show(fault, self, self.reload)

        self._tasks.ask("runs.plots", "Reading values", work, done, owner=self, failed=failed)

    def _on_marked(self, part: str) -> None:
        try:
            text = brush_filter.combined(self._base.filter, [part])
        except brush_filter.CannotSay as reason:
            self._on_refused(str(reason))
            return
        self._tell_marks()
        self._narrowed = text
        self.filter_requested.emit(text)

    def _on_refused(self, reason: str) -> None:
        self._tell_marks()
        self._note.set_text(reason, "warn_text")
        self._note.setVisible(bool(reason))

    def _forget_marks(self) -> None:
        self._narrowed = None
        for panel in self.panels.values():
            panel.clear_marks()
        self._tell_marks()

    def _tell_marks(self) -> None:
        count = self.current().marked_count()
        self._keep.set_words(f"Tick {count:,}" if count else "Tick")
        for button in (self._keep, self._clear):
            button.setVisible(count > 0)

    def _tell_note(self, table: ValueTable) -> None:
        words = ""
        if table.total > len(table.run_ids):
            words = f"The newest {len(table.run_ids):,} of {wording.count(table.total, 'run')}"
        self._note.set_text(words, "text_tertiary")
        self._note.setVisible(bool(words))

    def _on_more(self, choice: str) -> None:
        if choice == "reset":
            self.current().plot().reset_view()
        elif choice == "table":
            self.show_numbers()
        else:
            self.export(choice)


def _more_choices() -> tuple[tuple[str, str], ...]:
    saving = tuple((form, f"Save as {words}…") for form, words in FORMATS)
    return (("table", "Show the numbers…"), ("reset", "Show everything"), ("", ""), *saving)
