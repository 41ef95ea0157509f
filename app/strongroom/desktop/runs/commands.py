# SPDX-License-Identifier: Apache-2.0
"""The commands of the Runs page, each with the reason why it cannot run."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.runs.actions import RunActions
from strongroom.desktop.runs.charts_pane import FORMATS, ChartsPane

Rule = Callable[[WindowState], Reason | None]


class RunsHost(Protocol):
    """What the commands need of the page."""

    run_actions: RunActions
    charts: ChartsPane

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

    def register_model(self) -> None:
        """Asks which model of the selected run to register."""

    def tick(self, run_ids: Sequence[str], *, on: bool) -> None:
        """Ticks or unticks runs."""

    def charted(self) -> tuple[str, ...]:
        """Returns the ticked runs."""

    def compare(self) -> None:
        """Opens the ticked runs side by side."""

    def showing_deleted(self) -> bool:
        """Returns whether deleted runs are shown."""


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
            menu="View", icon="columns-3", enabled=_here,
        ),
        Command(
            id="runs.open", title="Open run", run=lambda: page.open_run(page.selection()[0]),
            menu="Run", icon="flask-conical", enabled=_one, detail="Enter",
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
            run=lambda: page.run_actions.copy_ids(page.selection()),
            menu="Run", icon="copy", shortcut="Ctrl+Shift+C", enabled=_some,
        ),
        Command(
            id="runs.tag", title="Tag runs…",
            run=lambda: _drop(page.run_actions.ask_tag(page.selection())),
            menu="Run", icon="tag", enabled=_some,
        ),
        Command(
            id="runs.register", title="Register model…", run=page.register_model,
            menu="Model", icon="package", enabled=_one,
        ),
        Command(
            id="runs.delete", title="Delete runs…",
            run=lambda: _drop(page.run_actions.ask_delete(page.selection())),
            menu="Run", icon="trash-2", enabled=_deletable(page),
        ),
        Command(
            id="runs.restore", title="Restore runs",
            run=lambda: page.run_actions.restore(page.selection()),
            menu="Run", icon="undo-2", enabled=_restorable(page),
        ),
        *(
            Command(
                id=f"charts.export_{form}", title=f"Export chart as {words}…",
                run=partial(_export, page, form),
                menu="Run", icon="download", enabled=_charted(page),
            )
            for form, words in FORMATS
        ),
    )  # fmt: skip


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


def _deletable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        why = _some(state)
        return why or (Reason("These runs are deleted") if page.showing_deleted() else None)

    return rule


def _restorable(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        if not page.showing_deleted():
            return _here(state) or Reason("Choose Deleted runs in the experiment menu first")
        return _some(state)

    return rule


def _charted(page: RunsHost) -> Rule:
    def rule(state: WindowState) -> Reason | None:
        why = _here(state)
        return why or (
            None if page.charts.exportable() else Reason("Tick a run with metrics first")
        )

    return rule


def _toggle(page: RunsHost) -> None:
    chosen = page.selection()
    page.tick(chosen, on=not set(chosen) <= set(page.charted()))


def _export(page: RunsHost, form: str) -> None:
    chart = page.charts.exportable()
    if chart is not None:
        page.charts.export(chart, form)


def _drop(_dialog: object) -> None:
    """Lets go of a dialog that is open now and belongs to the page."""
