# SPDX-License-Identifier: Apache-2.0
"""Each flow of an analyst by menu, keys, palette and right button; its end is on disk or screen.

One window serves them all; between two tests it is brought back to how it opened.
"""

import csv
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest
import shiboken6

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from strongroom.bootstrap import open_services
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.theme import Theme, theme
from strongroom.desktop.runs.columns_dialog import ColumnsDialog
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.scatter_panel import ScatterPanel
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.help_dialog import HelpDialog
from strongroom.domain.run import Run
from support.doors import Door, Under, enter
from support.left_open import Resources, Shown
from support.opened_window import opened
from support.pixels import dark, near, room_of
from support.real_window import RealWindow
from support.runs_on_disk import START_US, run_id, write_run
from support.xdo import Hands

pytestmark = pytest.mark.e2e

OPTIMIZERS = ("adam", "sgd", "lion")
RUNS = 9
TICKED = range(RUNS - 4, RUNS)
VIEW = "Small rates"
FILTER = "params.lr <= 0.05"
FILTERED = 5


class Analyst:
    """Somebody at the Runs page of a store of nine runs with curves."""

    def __init__(self, real: RealWindow, store: Path) -> None:
        self.real, self.hands, self.store = real, real.hands, store

    @property
    def page(self) -> RunsPage:
        """The Runs page."""
        page = self.real.window.pages()[0]
        assert isinstance(page, RunsPage)
        return page

    def begin(self) -> None:
        """Brings the window back to how it opened."""
        for dialog in self.real.open_dialogs():
            dialog.reject()
        theme().switch("light", 1.0)
        window = self.real.window
        self._make_usual()
        window.open_place(Place("runs"))
        page = self.page
        page.view_actions.remove(VIEW)
        page.set_fields(None)
        page.below.open("curves")
        page.tick(page.charted(), on=False)
        page.tick([run_id(number) for number in TICKED], on=True)
        page.loader.ask(Question())
        page.query.show_text("")
        page.group_by(None)
        page.table.clearSelection()
        window.undo.clear()
        QApplication.clipboard().clear()
        self.hands.bring_to_front(window)
        self.real.wait_idle()
        self.hands.until(lambda: page.model.rowCount() == RUNS, "every run is in the table")
        page.table.setFocus()

    def _make_usual(self) -> None:
        """Undoes on the disk what the test before did to its run."""
        services = self.real.desk.services
        assert services is not None
        run = services.runs.show(run_id(3)).run
        if run.is_archived or run.is_deleted or run.experiment != "digits" or run.tags:
            shutil.rmtree(next(self.store.glob(f"runs/*/{run.run_id}")))
            write_one(self.store, 3)
            services.runs.refresh()

    def run(self, number: int) -> Run:
        """Returns a run as somebody else's services read it from the disk."""
        services = open_services(self.store, self.store.parent / "other", environ={})
        try:
            services.runs.refresh()
            return services.runs.show(run_id(number)).run
        finally:
            services.close()

    def select(self, number: int = 3) -> None:
        """Selects a run by a click on its name."""
        at = self.row(number).at
        assert at is not None
        viewport = self.page.table.pinned.viewport()
        self.hands.click(
            viewport, at, then=lambda: self.page.selection() == (run_id(number),)
        )  # fmt: skip

    def row(self, number: int = 3) -> Under:
        """Where a run stands in the table."""
        page = self.page
        row = page.model.sheet.rows.row_of(page.model.windows.id_of(run_id(number)))
        rect = page.table.pinned.visualRect(page.model.index(row, 1))
        return Under(widget=page.table.pinned.viewport(), at=rect.center())

    def bar(self) -> Under:
        """The bar of the page, where nothing stands on it."""
        bar = self.page.bar
        assert bar is not None
        return Under(widget=bar, at=QPoint(4, 3))

    def chart(self) -> LineChart:
        """The first chart that is to be seen, with its lines."""

        def look() -> LineChart | None:
            found = self.page.charts.board.chart("loss")
            return found if found is not None and found.isVisible() and found.series() else None

        found = self.hands.until(look, "the chart of the loss has lines")
        assert found is not None
        return found

    def rows(self) -> int:
        """Counts the rows somebody sees: those whose place on the screen holds writing."""
        picture, page = self.hands.see(), self.page
        viewport = page.table.pinned.viewport()
        high = page.table.verticalHeader().defaultSectionSize()
        left = viewport.mapToGlobal(QPoint(40, 0))
        room = QRect(left.x(), left.y(), viewport.width() - 48, viewport.height())
        return sum(
            dark(picture, QRect(room.x(), room.y() + at * high + 4, room.width(), high - 8)) > 12
            for at in range(room.height() // high)
        )

    def sees_rows(self, count: int) -> None:
        """Waits until so many rows are on the screen."""
        self.hands.until(lambda: self.rows() == count, f"{count} rows are to be seen")

    def colour(self, number: int) -> QColor:
        """The colour of a charted run."""
        place = self.page._charted.place(run_id(number))
        assert place is not None
        return QColor(theme().series_colour(place))

    def answer(self, words: str, *more: str) -> None:
        """Types into the dialog that is open, its first field first, and presses Enter."""
        dialog = self.real.dialog(Dialog)
        edits = [each for each in dialog.findChildren(QLineEdit) if each.isVisible()]
        self.hands.until(edits[0].hasFocus, "the first field has the keyboard at once")
        for at, text in enumerate((words, *more)):
            edit = edits[at]
            if at:
                self.hands.press("Tab", then=edit.hasFocus)
            self.hands.press("ctrl+a")
            self.hands.write(text)
            self.hands.until(partial(_reads, edit, text), f"{text} is typed")
        self.hands.press("Return", then=lambda: not self.real.open_dialogs())

    def save_as(self, path: Path) -> Path:
        """Types the path into the dialog that asks for one, and waits for the file."""

        def look() -> QFileDialog | None:
            shown = (each for each in QApplication.topLevelWidgets() if each.isVisible())
            return next((each for each in shown if isinstance(each, QFileDialog)), None)

        dialog = self.hands.until(look, "a path is asked for")
        assert dialog is not None
        self.hands.bring_to_front(dialog)
        edit = dialog.findChild(QLineEdit)
        assert edit is not None
        self.hands.until(edit.hasFocus, "the name has the keyboard at once")
        self.hands.press("ctrl+a")
        self.hands.write(str(path))
        self.hands.until(lambda: edit.text() == str(path), "the path is typed")
        self.hands.press("Return")
        if _is_up(dialog):  # Qt offers names below the field; the first Enter was theirs
            self.hands.press("Return", then=lambda: not _is_up(dialog))
        self.hands.until(lambda: path.is_file() and path.stat().st_size, f"{path.name} is written")
        self.real.wait_idle()
        return path


def _reads(edit: QLineEdit, words: str) -> bool:
    return edit.text() == words


def _is_up(widget: QWidget) -> bool:
    return shiboken6.isValid(widget) and widget.isVisible()


@pytest.fixture(scope="module")
def open_desk(running: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    if getattr(Theme, "_current", None) is None:
        Theme.install(running, "light")
    root = tmp_path_factory.mktemp("four-doors")
    shown, before = Shown.now(), Resources.now()
    for number in range(RUNS):
        write_one(root / "store", number)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA_HOME", "CONFIG_HOME", "STATE_HOME"):
            patch.setenv(f"XDG_{name}", str(root / name.lower()))
        desk = Desk(running, root / "store", root / "home")
        real = RealWindow(Hands(running), desk)
        opened(desk)
    real.hands.bring_to_front(real.window)
    real.wait_idle()
    yield Analyst(real, root / "store")
    desk.close()
    desk.deleteLater()
    real.hands.rest()
    shown.fail_if_more()
    before.fail_if_more(root)


@pytest.fixture
def analyst(open_desk: Analyst) -> Analyst:
    open_desk.begin()
    return open_desk


def write_one(store: Path, number: int) -> None:
    write_run(
        store,
        number,
        experiment="digits",
        name=f"heron-{number:02}",
        params={"lr": round(0.01 * (number + 1), 3), "optimizer": OPTIMIZERS[number % 3]},
        metrics={"loss": [1 / (step + 1 + number / 4) for step in range(40)]},
        started_us=START_US + number * 1_000_000,
    )


# -------------------------------------------------------------------- the flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Something an analyst does: how it starts, where the right button is, how it ends."""

    command: str
    end: Callable[[Analyst, Path], None]
    under: Callable[[Analyst], Under] = Analyst.bar
    begin: Callable[[Analyst], object] = lambda _analyst: None


def _filtered(analyst: Analyst, _folder: Path) -> None:
    analyst.hands.until(analyst.page.query.editor.hasFocus, "the filter has the keyboard")
    analyst.hands.write(FILTER)
    analyst.sees_rows(FILTERED)


def _grouped(analyst: Analyst, _folder: Path) -> None:
    analyst.hands.write("optimizer")
    analyst.hands.press("Return")
    analyst.hands.until(analyst.page.results.is_grouped, "the runs are in groups")
    analyst.sees_rows(RUNS + len(OPTIMIZERS))


def _compared(analyst: Analyst, _folder: Path) -> None:
    real, page = analyst.real, analyst.page
    colours = [analyst.colour(number) for number in TICKED]
    assert page.charted()
    real.hands.until(lambda: real.page().title == "Compare", "the runs are compared")
    real.wait_idle()

    def all_seen() -> bool:
        picture = real.hands.see()
        return all(near(picture, room_of(real.page()), each) > 20 for each in colours)

    real.hands.until(all_seen, "every run is there in its colour")


def _exported(form: str, read: Callable[[Path], None]) -> Callable[[Analyst, Path], None]:
    return lambda analyst, folder: read(analyst.save_as(folder / f"loss.{form}"))


def _is_picture(path: Path) -> None:
    picture = QImage(str(path))
    assert picture.width() > 200
    assert len({picture.pixel(x, picture.height() // 2) for x in range(picture.width())}) > 3


def _is_drawing(path: Path) -> None:
    assert ET.fromstring(path.read_text("utf-8")).tag.endswith("svg")


def _is_csv(path: Path) -> None:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {f"heron-{number:02}" for number in TICKED}
    assert len(rows) == 4 * 40


def _is_parquet(path: Path) -> None:
    assert pq.read_table(path).num_rows == 4 * 40


def _saved(analyst: Analyst, _folder: Path) -> None:
    analyst.answer(VIEW)
    session = analyst.store.parent / "home" / "session"

    def is_kept() -> bool:
        return any(VIEW in each.read_text("utf-8") for each in session.glob("store-*.json"))

    analyst.hands.until(is_kept, "the view is on the disk")


def _save_view(analyst: Analyst) -> None:
    analyst.page.loader.ask(Question(filter=FILTER))
    analyst.real.wait_idle()
    analyst.page.view_actions.save(VIEW)
    analyst.page.loader.ask(Question())
    analyst.real.wait_idle()
    analyst.sees_rows(RUNS)


def _view_on_rail(analyst: Analyst) -> Under:
    entries = analyst.real.window.rail.findChildren(QWidget, f"rail.view.{VIEW}")
    return Under(widget=entries[0], words="Open")


def _returned(analyst: Analyst, _folder: Path) -> None:
    is_there = analyst.page.model.rowCount
    analyst.hands.until(
        lambda: QApplication.activePopupWidget() is not None or is_there() == FILTERED,
        "the list of views opens, or the view itself",
    )
    if QApplication.activePopupWidget() is not None:
        analyst.hands.press("Return")
    analyst.sees_rows(FILTERED)


def _ticked(analyst: Analyst, _folder: Path) -> None:
    analyst.hands.until(lambda: run_id(3) in analyst.page.charted(), "the run is ticked")
    chart, colour = analyst.chart(), analyst.colour(3)
    look = analyst.hands.see
    analyst.hands.until(
        lambda: near(look(), room_of(chart), colour) > 20, "its curve has its colour"
    )


def _tagged(analyst: Analyst, _folder: Path) -> None:
    analyst.answer("owner", "mara")
    analyst.real.wait_idle()
    assert analyst.run(3).tags["owner"] == "mara"


def _archived(analyst: Analyst, _folder: Path) -> None:
    analyst.sees_rows(RUNS - 1)
    assert analyst.run(3).is_archived


def _archive(analyst: Analyst) -> None:
    analyst.page.run_actions.archive((run_id(3),))
    analyst.real.wait_idle()
    analyst.sees_rows(RUNS - 1)


def _delete(analyst: Analyst) -> None:
    analyst.page.run_actions.delete((run_id(3),))
    analyst.real.wait_idle()
    analyst.page.loader.ask(Question(is_deleted=True))
    analyst.real.wait_idle()
    analyst.select()


def _see_archive(analyst: Analyst) -> None:
    _archive(analyst)
    analyst.page.loader.ask(Question(is_archived=True))
    analyst.real.wait_idle()
    analyst.select()


def _is_back(analyst: Analyst, _folder: Path) -> None:
    analyst.real.wait_idle()
    analyst.hands.until(
        lambda: not (analyst.run(3).is_archived or analyst.run(3).is_deleted), "the run is back"
    )


def _deleted(analyst: Analyst, _folder: Path) -> None:
    dialog = analyst.real.dialog(Dialog)
    analyst.real.press("Delete", within=dialog, then=lambda: not analyst.real.open_dialogs())
    analyst.sees_rows(RUNS - 1)
    assert analyst.run(3).is_deleted


def _moved(analyst: Analyst, _folder: Path) -> None:
    analyst.answer("harbour")
    analyst.real.wait_idle()
    assert analyst.run(3).experiment == "harbour"


def _opened(analyst: Analyst, _folder: Path) -> None:
    detail = analyst.page.detail
    analyst.hands.until(lambda: detail.isVisible() and detail.run_id() == run_id(3), "it is open")
    analyst.real.wait_for("heron-03", within=detail)
    picture = analyst.hands.see()
    assert dark(picture, room_of(detail)) > 400
    analyst.hands.press("Escape", then=lambda: not detail.isVisible())


def _copied_python(analyst: Analyst, _folder: Path) -> None:
    words = analyst.hands.until(QApplication.clipboard().text, "something was copied")
    compile(words, "pasted", "exec")
    assert str(analyst.store) in words


def _copied_line(analyst: Analyst, _folder: Path) -> None:
    words = analyst.hands.until(QApplication.clipboard().text, "something was copied")
    assert shlex.split(words)[:5] == ["strongroom", "runs", "search", "--store", str(analyst.store)]


def _title(analyst: Analyst) -> Under:
    head = analyst.page.table.pinned.head
    at = QPoint(head.sectionViewportPosition(1) + 30, head.height() - 10)
    return Under(widget=head.viewport(), at=at, words="Choose columns…")


def _columns_chosen(analyst: Analyst, _folder: Path) -> None:
    dialog = analyst.real.dialog(ColumnsDialog)
    before = analyst.real.words(analyst.page.table)
    assert "lion" in before
    table = dialog._table
    key = next(key for key, each in dialog._names.items() if each.field.key == "optimizer")
    analyst.hands.until(lambda: not table.row_rect(key).isEmpty(), "the column is in the list")
    rect = table.row_rect(key)
    at = QPoint(rect.x() + 28, rect.center().y())
    analyst.hands.click(table.viewport(), at, then=lambda: key not in dialog._on())
    analyst.real.press(
        "Show columns", within=dialog, then=lambda: not analyst.real.open_dialogs()
    )  # fmt: skip
    analyst.real.wait_idle()
    assert "lion" not in analyst.real.words(analyst.page.table)


def _plot_brushed(analyst: Analyst, _folder: Path) -> None:
    page = analyst.page
    analyst.hands.until(lambda: page.below.view() == "scatter", "the plot is open")
    analyst.real.wait_idle()
    panel = page.below.plots.current()
    assert isinstance(panel, ScatterPanel)
    analyst.hands.until(panel.chart.points, "the plot has points")
    area = panel.chart.view().area.toRect()
    middle = QPoint(area.center().x(), area.top() + 2)
    analyst.hands.drag(panel.chart, middle, area.bottomRight() - QPoint(2, 2), held="shift")
    analyst.hands.until(page.query.text, "what was marked is the filter")
    analyst.hands.until(lambda: 0 < analyst.rows() < RUNS, "the table shows what was marked")
    assert analyst.rows() == panel.marked_count()


def _rail(analyst: Analyst) -> Under:
    rail = analyst.real.window.rail
    return Under(widget=rail, at=QPoint(rail.width() // 2, rail.height() - 90))


def _is_dark(analyst: Analyst, _folder: Path) -> None:
    room = room_of(analyst.page)
    at = room.bottomRight() - QPoint(4, 4)
    analyst.hands.until(
        lambda: analyst.hands.see().pixelColor(at).lightness() < 80, "the page is dark"
    )


def _helped(analyst: Analyst, _folder: Path) -> None:
    dialog = analyst.real.dialog(HelpDialog)
    analyst.real.wait_idle()
    analyst.hands.until(
        lambda: dark(analyst.hands.see(), room_of(dialog)) > 1_000, "there is much to read"
    )
    analyst.hands.press("Escape", then=lambda: not analyst.real.open_dialogs())


def _chart(words: str) -> Callable[[Analyst], Under]:
    def under(analyst: Analyst) -> Under:
        chart = analyst.chart()
        return Under(widget=chart, at=chart.rect().center(), words=words)

    return under


FLOWS = {
    "filter": Flow(command="runs.filter", end=_filtered),
    "group": Flow(command="runs.group", end=_grouped),
    "compare": Flow(command="runs.compare", end=_compared, under=Analyst.row),
    "export PNG": Flow(
        command="charts.export_png", end=_exported("png", _is_picture),
        under=_chart("Save as PNG picture…"), begin=Analyst.chart,
    ),
    "export SVG": Flow(
        command="charts.export_svg", end=_exported("svg", _is_drawing),
        under=_chart("Save as SVG drawing…"), begin=Analyst.chart,
    ),
    "export CSV": Flow(
        command="charts.export_csv", end=_exported("csv", _is_csv),
        under=_chart("Save as CSV of the visible range…"), begin=Analyst.chart,
    ),
    "export Parquet": Flow(
        command="charts.export_parquet", end=_exported("parquet", _is_parquet),
        under=_chart("Save as Parquet of the visible range…"), begin=Analyst.chart,
    ),
    "save view": Flow(command="runs.save_view", end=_saved),
    "return to view": Flow(
        command="runs.open_view", end=_returned, under=_view_on_rail, begin=_save_view
    ),
    "tick": Flow(command="runs.chart", end=_ticked, under=Analyst.row, begin=Analyst.select),
    "tag": Flow(command="runs.tag", end=_tagged, under=Analyst.row, begin=Analyst.select),
    "archive": Flow(
        command="runs.archive", end=_archived, under=Analyst.row, begin=Analyst.select
    ),
    "take back": Flow(
        command="runs.unarchive", end=_is_back, under=Analyst.row, begin=_see_archive
    ),
    "delete": Flow(command="runs.delete", end=_deleted, under=Analyst.row, begin=Analyst.select),
    "restore": Flow(command="runs.restore", end=_is_back, under=Analyst.row, begin=_delete),
    "undo": Flow(command="edit.undo", end=_is_back, begin=_archive),
    "move": Flow(command="runs.move", end=_moved, under=Analyst.row, begin=Analyst.select),
    "open": Flow(command="runs.open", end=_opened, under=Analyst.row, begin=Analyst.select),
    "copy as Python": Flow(command="runs.copy_python", end=_copied_python),
    "copy as command line": Flow(command="runs.copy_cli", end=_copied_line),
    "columns": Flow(command="runs.columns", end=_columns_chosen, under=_title),
    "plot and brush": Flow(command="runs.show_scatter", end=_plot_brushed),
    "theme": Flow(command="view.theme_dark", end=_is_dark, under=_rail),
    "help": Flow(command="help.page", end=_helped),
}  # fmt: skip


@pytest.mark.parametrize("door", Door, ids=lambda door: door.value)
@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_it_is_done_by_this_door(
    flow: Flow, door: Door, analyst: Analyst, tmp_path: Path, shoot: Callable[[str], None]
) -> None:
    flow.begin(analyst)
    enter(analyst.real, door, flow.command, lambda: flow.under(analyst))
    flow.end(analyst, tmp_path)
    shoot("end")
