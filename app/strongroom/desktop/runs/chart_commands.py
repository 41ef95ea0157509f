# SPDX-License-Identifier: Apache-2.0
"""The commands of the charts, for menus, shortcuts and palette; each with why it cannot run."""

from collections.abc import Callable, Sequence
from functools import partial

from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.runs.charts_pane import FORMATS, ChartsPane

KEYS = {
    "export_png": "Ctrl+E",
    "export_svg": "Ctrl+Shift+G",
    "export_csv": "Ctrl+Shift+E",
    "export_parquet": "Ctrl+Shift+P",
}


def of(charts: ChartsPane) -> Sequence[Command]:
    """Returns the commands of the charts of the ticked runs.

    What is about one chart is about the one that has the keyboard, else about the first.
    """

    def with_chart(act: Callable[[LineChart], object]) -> None:
        chart = charts.exportable()
        if chart is not None:
            act(chart)

    def enabled(state: WindowState) -> Reason | None:
        if state.page != "runs":
            return Reason("Open the Runs page first")
        return None if charts.exportable() else Reason("Tick a run with metrics first")

    def command(name: str, title: str, run: Callable[[], object], icon: str) -> Command:
        return Command(
            id=f"charts.{name}", title=title, run=lambda: _drop(run()), menu="Run/Chart", icon=icon,
            shortcut=KEYS.get(name, ""), enabled=enabled,
        )  # fmt: skip

    def one(name: str, title: str, act: Callable[[LineChart], object], icon: str) -> Command:
        return command(name, title, partial(with_chart, act), icon)

    def x_of(chart: LineChart) -> str:
        return charts.board.options(charts.card_of(chart)).x

    windows, exports = charts.windows, charts.exports
    return (
        one("enlarge", "Enlarge chart", lambda c: windows.enlarge(charts.card_of(c)), "maximize-2"),
        one("table", "Show chart as table…", lambda c: windows.show_numbers(c, x_of(c)), "table-2"),
        one(
            "settings", "Chart settings…",
            lambda c: charts.open_settings(charts.card_of(c)), "sliders-horizontal",
        ),
        one("rule", "Rule of chart's metric…", charts.ask_rule, "scale"),
        one("copy_picture", "Copy chart as picture", exports.copy_picture, "copy"),
        one("copy_data", "Copy data of chart", charts.copy_points, "copy"),
        *(
            one(
                f"export_{form}", f"Export chart as {words}…",
                partial(charts.export, form=form), "download",
            )
            for form, words in FORMATS
        ),
        command(
            "save_all", "Save all charts as pictures…", partial(charts.save_all, "png"), "save"
        ),
        command("custom", "New chart of several metrics…", charts.ask_custom, "plus"),
        command("smoothing", "Smoothing of all charts…", charts.open_smoothing, "spline"),
        command("log_x", "Logarithmic x on all charts", charts.toggle_log_x, "chart-line"),
        command("log_y", "Logarithmic y on all charts", charts.toggle_log_y, "chart-line"),
        command(
            "show_everything", "Show everything on the charts", charts.show_everything, "zoom-out"
        ),
    )  # fmt: skip


def _drop(_opened: object) -> None:
    """Lets go of what is open now and belongs to the page."""
