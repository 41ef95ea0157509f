# SPDX-License-Identifier: Apache-2.0
"""The commands of the Compare page, each with the reason why it cannot run."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from strongroom.desktop.compare.arrangement import Arrangement
from strongroom.desktop.compare.aside import PARTS, Aside
from strongroom.desktop.compare.beside import BesidePane
from strongroom.desktop.compare.sharing import Sharing
from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.switches import Toggle

VIEW_MENU = "View/Comparison"
RUN_MENU = "Run/Comparison"

_CHART_ICONS = ("layout-grid", "chart-line", "scale", "git-fork")


class CompareHost(Protocol):
    """What the commands need of the page."""

    aside: Aside
    only_differences: Toggle
    beside: BesidePane
    sharing: Sharing

    def selection(self) -> tuple[str, ...]:
        """Returns the run the keyboard is at."""

    def arrangement(self) -> Arrangement:
        """Returns which runs stand where."""

    def choose_runs(self) -> object:
        """Opens the picker of runs."""

    def set_baseline(self, run_id: str) -> None:
        """Tells all deltas against another run."""

    def move_run(self, run_id: str, by: int) -> None:
        """Moves a run's column."""

    def remove_run(self, run_id: str) -> None:
        """Takes a run out."""

    def open_run(self, run_id: str) -> None:
        """Opens a run on the Runs page."""

    def show_view(self, view: str) -> None:
        """Shows the values, or two runs beside each other."""

    def current_row(self) -> str:
        """Returns the key of the row the keyboard is at."""

    def put_on_axis(self, role: str) -> None:
        """Puts the metric of the current row on an axis of the trade-off."""

    def turn_round(self) -> None:
        """Makes runs rows, or columns again."""

    def request_transition(self) -> None:
        """Asks for a move of the version the current run made."""

    def run_to_request(self) -> str:
        """Returns the run whose model is meant."""

    def why_no_request(self, run_id: str) -> str:
        """Returns why nothing can be asked for a run."""

    def check_data(self) -> None:
        """Reads the data of the compared runs and says whether it is still the same."""

    def show_data_changes(self) -> None:
        """Opens what changed in the data between the baseline and the current run."""

    def focus_search(self) -> None:
        """Gives the keyboard to the search over fields."""


def of(page: CompareHost) -> Sequence[Command]:
    """Returns the commands of a page."""
    return (
        Command(
            id="compare.add", title="Add runs to the comparison…",
            run=lambda: _drop(page.choose_runs()),
            menu=RUN_MENU, icon="plus", shortcut="Ctrl+Shift+A", enabled=_here,
        ),
        Command(
            id="compare.only_differing", title="Only what differs", menu=VIEW_MENU, icon="equal",
            run=page.only_differences.toggle, shortcut="Ctrl+D", enabled=_here,
        ),
        Command(
            id="compare.check_data", title="Is the data of the compared runs still the same?",
            run=page.check_data, menu=RUN_MENU, icon="database", enabled=_here,
        ),
        Command(
            id="compare.data_changes", title="What changed in the data…", menu=RUN_MENU,
            icon="git-compare-arrows", run=page.show_data_changes, enabled=_compared(page),
            detail="Columns of the baseline's data and of the current run's",
        ),
        Command(
            id="compare.search", title="Search fields of the comparison", run=page.focus_search,
            menu="Edit", icon="search", enabled=_here, detail="Ctrl+F",
        ),
        Command(
            id="compare.values", title="Compare values", menu=VIEW_MENU, icon="table-2",
            run=lambda: page.show_view("values"), enabled=_here,
        ),
        Command(
            id="compare.transpose", title="Turn the comparison round", menu=VIEW_MENU,
            icon="arrow-left-right", run=page.turn_round, shortcut="Ctrl+Shift+T",
            enabled=_here, detail="Runs as rows or as columns",
        ),
        Command(
            id="compare.beside", title="Compare texts and files side by side", menu=VIEW_MENU,
            icon="columns-3", run=lambda: page.show_view("beside"), shortcut="Ctrl+Shift+B",
            enabled=_here,
        ),
        Command(
            id="compare.next_change", title="Next change", menu=VIEW_MENU, icon="chevron-down",
            run=lambda: page.beside.step(1), shortcut="F8", enabled=_here,
        ),
        Command(
            id="compare.previous_change", title="Previous change", menu=VIEW_MENU,
            icon="chevron-up", run=lambda: page.beside.step(-1), shortcut="Shift+F8",
            enabled=_here,
        ),
        Command(
            id="compare.export_csv", title="Export comparison as CSV…", menu=RUN_MENU,
            icon="download", run=lambda: _drop(page.sharing.ask("csv")), enabled=_compared(page),
        ),
        Command(
            id="compare.export_markdown", title="Export comparison as Markdown…", menu=RUN_MENU,
            icon="download", run=lambda: _drop(page.sharing.ask("markdown")),
            enabled=_compared(page),
        ),
        Command(
            id="compare.copy_cells", title="Copy comparison for a spreadsheet", menu=RUN_MENU,
            icon="copy", run=page.sharing.copy_cells, enabled=_compared(page),
        ),
        Command(
            id="compare.copy_markdown", title="Copy comparison as Markdown", menu=RUN_MENU,
            icon="copy", run=page.sharing.copy_markdown, enabled=_compared(page),
        ),
        *_charts(page),
        *(command for command in of_run(page) if command is not None),
    )  # fmt: skip


def of_run(page: CompareHost) -> Sequence[Command | None]:
    """Returns what can be done with the run the keyboard is at; None is a separator."""
    return (
        Command(
            id="compare.baseline", title="Make this run the baseline", icon="flag", menu=RUN_MENU,
            run=lambda: _each(page, page.set_baseline), shortcut="Ctrl+B",
            enabled=_at_run,
        ),
        Command(
            id="compare.open", title="Open the compared run", icon="flask-conical", menu=RUN_MENU,
            run=lambda: _each(page, page.open_run), enabled=_at_run,
        ),
        Command(
            id="compare.request", title="Request transition of the run's model…", icon="stamp",
            menu="Model", run=page.request_transition, enabled=_can_request(page), changes=True,
        ),
        None,
        Command(
            id="compare.left", title="Move run to the left", icon="arrow-left", menu=RUN_MENU,
            run=lambda: _each(page, lambda run_id: page.move_run(run_id, -1)),
            shortcut="Ctrl+Shift+Left", enabled=_at_run,
        ),
        Command(
            id="compare.right", title="Move run to the right", icon="arrow-right", menu=RUN_MENU,
            run=lambda: _each(page, lambda run_id: page.move_run(run_id, 1)),
            shortcut="Ctrl+Shift+Right", enabled=_at_run,
        ),
        None,
        Command(
            id="compare.remove", title="Take run out of the comparison", icon="x", menu=RUN_MENU,
            run=lambda: _each(page, page.remove_run), detail="Delete", enabled=_at_run,
        ),
    )  # fmt: skip


def _charts(page: CompareHost) -> Sequence[Command]:
    """Returns what changes the charts beside the table."""
    shows = (
        Command(
            id=f"compare.charts_{part}", title=f"Beside the comparison: {words.lower()}",
            menu=VIEW_MENU, icon=icon, run=partial(page.aside.show_part, part), enabled=_here,
        )
        for (part, words), icon in zip(PARTS, _CHART_ICONS, strict=True)
    )  # fmt: skip
    axes = (
        Command(
            id=f"compare.trade_{role}", title=f"Put this metric on the trade-off's {words}",
            menu=RUN_MENU, icon="scale", run=partial(page.put_on_axis, role),
            enabled=_at_axis(page),
        )
        for role, words in (("y", "vertical axis"), ("x", "horizontal axis"))
    )  # fmt: skip
    return (*shows, *axes)


def state_of(run_id: str) -> WindowState:
    """Returns the state in which a run of the page is the current one."""
    return WindowState(page="compare", selection=(run_id,) if run_id else (), has_store=True)


def _here(state: WindowState) -> Reason | None:
    return None if state.page == "compare" else Reason("Open the Compare page first")


def _at_run(state: WindowState) -> Reason | None:
    why = _here(state)
    return why or (None if state.selection else Reason("Move to the column of a run first"))


def _at_axis(page: CompareHost) -> Callable[[WindowState], Reason | None]:
    def rule(state: WindowState) -> Reason | None:
        can_stand = page.aside.trade_off.can_stand(page.current_row())
        return _here(state) or (None if can_stand else Reason("Move to the row of a metric first"))

    return rule


def _compared(page: CompareHost) -> Callable[[WindowState], Reason | None]:
    def rule(state: WindowState) -> Reason | None:
        is_enough = len(page.arrangement().run_ids) > 1
        return _here(state) or (None if is_enough else Reason("Choose two runs or more first"))

    return rule


def _can_request(page: CompareHost) -> Callable[[WindowState], Reason | None]:
    def rule(state: WindowState) -> Reason | None:
        reason = page.why_no_request(page.run_to_request())
        return _compared(page)(state) or (Reason(reason) if reason else None)

    return rule


def _each(page: CompareHost, act: Callable[[str], None]) -> None:
    for run_id in page.selection():
        act(run_id)


def _drop(_dialog: object) -> None:
    """Lets go of a dialog that is open now and belongs to the page."""
