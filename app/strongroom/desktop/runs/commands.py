# SPDX-License-Identifier: Apache-2.0
"""The commands of the Runs page, each with the reason why it cannot run."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.runs import chart_commands, plot_commands
from strongroom.desktop.runs.actions import RunActions
from strongroom.desktop.runs.body import RunsBody
from strongroom.desktop.runs.charts_pane import ChartsPane
from strongroom.desktop.runs.column_actions import ColumnActions
from strongroom.desktop.runs.contract_actions import ContractActions
from strongroom.desktop.runs.lower_pane import VIEWS, LowerPane
from strongroom.desktop.runs.results import Results
from strongroom.desktop.runs.rule_actions import RuleActions
from strongroom.desktop.runs.saved_views import SavedViews
from strongroom.domain.query import FieldKind
from strongroom.domain.run import Run, RunStatus

if TYPE_CHECKING:
    from strongroom.desktop.runs.detail import DetailPane

COLUMN_VERBS = (
    ("ascending", "Sort by column, ascending", "arrow-up"),
    ("descending", "Sort by column, descending", "arrow-down"),
    ("pin", "Pin column, or let it scroll", "pin"),
    ("left", "Move column left", "arrow-left"),
    ("right", "Move column right", "arrow-right"),
    ("hide", "Hide column", "eye-off"),
    ("format", "Format column…", "sliders-horizontal"),
    ("draw", "Draw column by step", "chart-line"),
    ("rule", "Rule of column's metric…", "scale"),
)
OPEN_MENU = "Run/Open run"
RUN_MENU = (  # under the right button on rows
    ("runs.open", "runs.chart", "runs.compare"),
    (
        "runs.copy_id",
        "runs.tag",
        "runs.contract_repair",
        "runs.move",
        "runs.export",
        "runs.register",
    ),
    ("runs.resume", "runs.close"),
    ("runs.archive", "runs.unarchive", "runs.delete", "runs.restore"),
    ("runs.expand", "runs.collapse"),
)
PAGE_MENU = (  # under the right button beside everything else
    ("runs.refresh", "runs.filter", "runs.copy_python", "runs.copy_cli"),
    ("runs.columns", "runs.usual_columns", "runs.group", "runs.expand", "runs.collapse"),
    ("runs.save_view", "runs.open_view"),
    tuple(f"runs.show_{key}" for key, _words in VIEWS),
)
Rule = Callable[[WindowState], Reason | None]


class RunsHost(Protocol):
    """What the commands need of the page."""

    run_actions: RunActions
    column_actions: ColumnActions
    results: Results
    views: SavedViews
    charts: ChartsPane
    body: RunsBody
    below: LowerPane
    rules: RuleActions
    contracts: ContractActions

    @property
    def detail(self) -> "DetailPane":
        """One run in detail."""

    def selection(self) -> tuple[str, ...]:
        """Returns the selected runs."""

    def look(self) -> None:
        """Takes in what programs logged since the last look."""

    def focus_filter(self) -> None:
        """Gives the keyboard to the filter."""

    def choose_columns(self) -> object:
        """Opens the choice of columns."""

    def open_run(self, run_id: str) -> None:
        """Shows one run in detail."""

    def run_named(self, run_id: str) -> Run | None:
        """Returns a run the page knows."""

    def register_model(self) -> None:
        """Asks which model of the selected run to register."""

    def tick(self, run_ids: Sequence[str], *, on: bool) -> None:
        """Ticks or unticks runs."""

    def charted(self) -> tuple[str, ...]:
        """Returns the ticked runs."""

    def compare(self) -> None:
        """Opens the ticked runs side by side."""

    def hidden(self) -> str:
        """Returns ``deleted`` or ``archived`` if those runs are shown, else ""."""

    def with_selected(self, act: Callable[[tuple[str, ...]], object]) -> None:
        """Does something to all selected runs, however many."""

    def set_fields(self, fields: None) -> None:
        """Shows the usual columns."""

    def choose_group(self) -> None:
        """Opens the list of what runs can be grouped by."""

    def save_view(self) -> object:
        """Asks under which name to save what is shown."""

    def choose_view(self) -> object:
        """Opens the list of saved views."""

    def copy_filter(self, form: str) -> None:
        """Copies the question as ``python`` or ``cli``."""

    def see_all(self) -> None:
        """Takes the marks of new runs away."""

    def sort_by(self, key: str, *, descending: bool) -> None:
        """Orders the rows by a column."""


def of(page: RunsHost) -> Sequence[Command]:
    """Returns the commands of a page."""
    return (
        Command(
            id="runs.refresh", title="Look for new runs", run=page.look, menu="View",
            icon="refresh-cw", shortcut="F5", enabled=_here,
        ),
        Command(
            id="runs.filter", title="Filter runs", run=page.focus_filter, menu="Edit",
            icon="list-filter", shortcut="Ctrl+F", enabled=_here,
        ),
        Command(
            id="runs.columns", title="Choose columns…", run=lambda: _drop(page.choose_columns()),
            menu="View", icon="columns-3", shortcut="Ctrl+L", enabled=_here,
        ),
        Command(
            id="runs.copy_python", title="Copy filter as Python",
            run=lambda: page.copy_filter("python"), menu="Edit", icon="copy",
            shortcut="Ctrl+Shift+Y", enabled=_here,
        ),
        Command(
            id="runs.copy_cli", title="Copy filter as command line",
            run=lambda: page.copy_filter("cli"), menu="Edit", icon="copy",
            shortcut="Ctrl+Shift+L", enabled=_here,
        ),
        Command(
            id="runs.open", title="Open run", run=lambda: page.open_run(page.selection()[0]),
            menu="Run", icon="flask-conical", enabled=_one, detail="Enter",
        ),
        Command(
            id="runs.enlarge", title="Show the open run on the whole page, or in the pane",
            run=lambda: page.detail.set_wide(wide=not page.detail.is_wide()), menu=OPEN_MENU,
            icon="maximize-2", shortcut="Ctrl+Shift+D", enabled=_opened(page),
        ),
        Command(
            id="runs.verify", title="Verify every byte of the open run", menu=OPEN_MENU,
            run=lambda: page.detail.verify(),  # noqa: PLW0108 - the pane comes with the first run
            icon="shield-check", enabled=_opened(page),
        ),
        Command(
            id="runs.check_data", title="Is the data of the open run still the same?",
            menu=OPEN_MENU, run=lambda: page.detail.check_data(),  # noqa: PLW0108 - as above
            icon="database", enabled=_opened(page),
        ),
        Command(
            id="runs.repair", title="Bring back damaged files of the open run…", menu=OPEN_MENU,
            run=lambda: page.detail.repair(),  # noqa: PLW0108 - as above
            icon="wrench", enabled=_opened(page), changes=True,
        ),
        Command(
            id="runs.chart", title="Show on the charts, or take off", run=lambda: _toggle(page),
            menu="Run", icon="chart-line", enabled=_some, detail="Space",
        ),
        Command(
            id="runs.compare", title="Compare the charted runs", run=page.compare, menu="Run",
            icon="git-compare-arrows", shortcut="Ctrl+Shift+M", enabled=_here,
        ),
        Command(
            id="runs.copy_id", title="Copy run id",
            run=lambda: page.with_selected(page.run_actions.copy_ids),
            menu="Run", icon="copy", shortcut="Ctrl+Shift+C", enabled=_some,
        ),
        Command(
            id="runs.tag", title="Tag runs…",
            run=lambda: page.with_selected(page.run_actions.ask_tag),
            menu="Run", icon="tag", shortcut="Ctrl+T", enabled=_some, changes=True,
        ),
        Command(
            id="runs.register", title="Register model…", run=page.register_model,
            menu="Model", icon="package", enabled=_one, changes=True,
        ),
        Command(
            id="runs.resume", title="Resume run…",
            run=lambda: page.run_actions.ask_resume(page.selection()[0]),
            menu="Run", icon="play", enabled=_resumable(page),
        ),
        Command(
            id="runs.close", title="Close runs that lost contact…",
            run=lambda: page.with_selected(page.run_actions.ask_close),
            menu="Run", icon="cloud-off", enabled=_closable(page), changes=True,
        ),
        Command(
            id="runs.delete", title="Delete runs…",
            run=lambda: page.with_selected(page.run_actions.ask_delete),
            menu="Run", icon="trash-2", shortcut="Ctrl+Delete", enabled=_deletable(page),
            changes=True,
        ),
        Command(
            id="runs.restore", title="Restore runs",
            run=lambda: page.with_selected(page.run_actions.restore),
            menu="Run", icon="undo-2", shortcut="Ctrl+Shift+Delete",
            enabled=_hidden_as(page, "deleted"), changes=True,
        ),
        Command(
            id="runs.move", title="Move runs to experiment…",
            run=lambda: page.with_selected(page.run_actions.ask_move),
            menu="Run", icon="folder", shortcut="Ctrl+M", enabled=_some, changes=True,
        ),
        Command(
            id="runs.archive", title="Archive runs",
            run=lambda: page.with_selected(page.run_actions.archive),
            menu="Run", icon="archive", shortcut="Ctrl+Backspace", enabled=_archivable(page),
            changes=True,
        ),
        Command(
            id="runs.unarchive", title="Take runs out of the archive",
            run=lambda: page.with_selected(page.run_actions.unarchive),
            menu="Run", icon="undo-2", shortcut="Ctrl+Shift+Backspace",
            enabled=_hidden_as(page, "archived"), changes=True,
        ),
        Command(
            id="runs.export", title="Export runs…",
            run=lambda: page.with_selected(page.run_actions.ask_export),
            menu="Run", icon="download", enabled=_some,
        ),
        *_table_commands(page),
        *chart_commands.of(page.charts),
        *plot_commands.of(page.below),
    )  # fmt: skip


def _table_commands(page: RunsHost) -> Sequence[Command]:
    return (
        Command(
            id="runs.usual_columns", title="Usual columns", run=lambda: page.set_fields(None),
            menu="View", icon="columns-3", enabled=_here,
        ),
        Command(
            id="runs.group", title="Group runs by…", run=page.choose_group, menu="View",
            icon="layers", shortcut="Ctrl+G", enabled=_here,
        ),
        Command(
            id="runs.collapse", title="Collapse all groups",
            run=lambda: page.results.fold_all(closed=True),
            menu="View", icon="chevron-right", enabled=_grouped(page),
        ),
        Command(
            id="runs.expand", title="Expand all groups",
            run=lambda: page.results.fold_all(closed=False),
            menu="View", icon="chevron-down", enabled=_grouped(page),
        ),
        Command(
            id="runs.save_view", title="Save view…", run=lambda: _drop(page.save_view()),
            menu="View", icon="bookmark", shortcut="Ctrl+S", enabled=_here,
        ),
        Command(
            id="runs.open_view", title="Open saved view…", run=lambda: _drop(page.choose_view()),
            menu="View", icon="bookmark", shortcut="Ctrl+Shift+O", enabled=_with_views(page),
        ),
        Command(
            id="runs.rules", title="Metric rules…", run=page.rules.show_all, menu="View",
            icon="scale", enabled=_here, detail="Unit, direction and bounds of metrics",
        ),
        Command(
            id="runs.contracts", title="Contracts…", run=page.contracts.show_all, menu="View",
            icon="clipboard", shortcut="Ctrl+Alt+K", enabled=_here,
            detail="What runs have to have, and which break it",
        ),
        Command(
            id="runs.broken", title="Show runs that break a contract", menu="View",
            run=page.contracts.show_broken, icon="flag", enabled=_here,
        ),
        Command(
            id="runs.contract_repair", title="Repair what contracts ask…",
            run=lambda: page.with_selected(page.contracts.ask_repair),
            menu="Run", icon="wrench", enabled=_some,
            detail="Tags, lacking params, waivers: what a contract asks", changes=True,
        ),
        Command(
            id="runs.seen", title="Mark new runs as seen", run=page.see_all, menu="View",
            icon="eye", enabled=_here,
        ),
        *(
            Command(
                id=f"runs.column_{verb}", title=title, run=partial(_on_column, page, verb),
                icon=icon, enabled=_with_column(page, metric=verb in {"draw", "rule"}),
                changes=verb == "rule",
            )
            for verb, title, icon in COLUMN_VERBS
        ),
    )  # fmt: skip


def _on_column(page: RunsHost, verb: str) -> None:
    column, actions = page.column_actions.current(), page.column_actions
    if column is None:
        return
    acts: dict[str, Callable[[], object]] = {
        "ascending": lambda: page.sort_by(column.key, descending=False),
        "descending": lambda: page.sort_by(column.key, descending=True),
        "pin": lambda: actions.pin(column),
        "left": lambda: actions.step(column, -1),
        "right": lambda: actions.step(column, 1),
        "hide": lambda: actions.hide(column),
        "format": lambda: actions.ask_format(column),
        "draw": lambda: actions.add_spark(column),
        "rule": lambda: actions.ask_rule(column),
    }
    acts[verb]()


def _with_column(page: RunsHost, *, metric: bool) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        column = page.column_actions.current()
        if _here(state) or column is None:
            return _here(state) or Reason("Choose the title of a column first")
        is_metric = column.field is not None and column.field.kind is FieldKind.METRIC
        return Reason("Choose the title of a metric first") if metric and not is_metric else None

    return rule


def _with_views(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        return _here(state) or (None if page.views.views() else Reason("Save a view first"))

    return rule


def _grouped(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        why = _here(state)
        return why or (None if page.results.is_grouped() else Reason("Group the runs first"))

    return rule


def _here(state: WindowState) -> Reason | None:
    return None if state.page == "runs" else Reason("Open the Runs page first")


def _some(state: WindowState) -> Reason | None:
    if state.page != "runs":
        return _here(state)
    return None if state.selection else Reason("Select a run first")


def _one(state: WindowState) -> Reason | None:
    if state.page != "runs":
        return _here(state)
    return None if len(state.selection) == 1 else Reason("Select one run first")


def _opened(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        if not page.body.open_run_id():
            return _here(state) or Reason("Open a run first")
        return _here(state)

    return rule


def _deletable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        is_deleted = page.hidden() == "deleted"
        return _some(state) or (Reason("These runs are deleted") if is_deleted else None)

    return rule


def _resumable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        run = page.run_named(state.selection[0]) if state.selection else None
        is_alive = run is not None and run.status is RunStatus.RUNNING and not run.is_lost
        return _one(state) or (Reason("A process still logs into this run") if is_alive else None)

    return rule


def _closable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        known = [page.run_named(run_id) for run_id in state.selection]
        is_any = any(run is None or run.is_lost for run in known)
        reason = Reason("Only runs that lost contact can be closed")
        return _some(state) or (None if is_any else reason)

    return rule


def _archivable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        why = {"deleted": "Restore these runs first", "archived": "These runs are archived"}
        reason = why.get(page.hidden(), "")
        return _some(state) or (Reason(reason) if reason else None)

    return rule


def _hidden_as(page: RunsHost, hidden: str) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        if page.hidden() != hidden:
            words = f"Choose {hidden.capitalize()} runs in the experiment menu first"
            return _here(state) or Reason(words)
        return _some(state)

    return rule


def _toggle(page: RunsHost) -> None:
    chosen = page.selection()
    page.tick(chosen, on=not set(chosen) <= set(page.charted()))


def _drop(_dialog: object) -> None:
    """Lets go of a dialog that is open now and belongs to the page."""
