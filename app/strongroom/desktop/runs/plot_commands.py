# SPDX-License-Identifier: Apache-2.0
"""The commands of what stands below the table: which view, and what a plot can be saved as."""

from collections.abc import Callable, Sequence
from functools import partial

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.runs.lower_pane import CURVES, VIEWS, LowerPane
from strongroom.desktop.runs.plots_pane import FORMATS

BELOW = "View/Below the table"
PLOT = "Run/Plot"


def of(below: LowerPane) -> Sequence[Command]:
    """Returns the commands of the views and plots."""

    def here(state: WindowState) -> Reason | None:
        return None if state.page == "runs" else Reason("Open the Runs page first")

    def plotted(state: WindowState) -> Reason | None:
        is_open = below.view() != CURVES
        return here(state) or (None if is_open else Reason("Open a plot below the table first"))

    def of_plot(name: str, title: str, run: Callable[[], object], icon: str) -> Command:
        return Command(
            id=f"plots.{name}", title=title, run=lambda: _drop(run()), menu=PLOT, icon=icon,
            enabled=plotted,
        )  # fmt: skip

    return (
        *(
            Command(
                id=f"runs.show_{key}", title=f"{words} below the table",
                run=partial(below.open, key), menu=BELOW, icon="chart-line", enabled=here,
                shortcut=f"Alt+{number}",
            )
            for number, (key, words) in enumerate(VIEWS, 1)
        ),
        of_plot("numbers", "Show plot as table…", below.plots.show_numbers, "table-2"),
        *(
            of_plot(
                f"export_{form}", f"Export plot as {words}…",
                partial(below.plots.export, form), "download",
            )
            for form, words in FORMATS
        ),
    )  # fmt: skip


def _drop(_result: object) -> None:
    """Lets a command return nothing."""
