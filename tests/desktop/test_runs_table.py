# SPDX-License-Identifier: Apache-2.0
"""The runs table by mouse and keyboard: boxes, selection, sorting, speech, names that lie."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs import row_windows
from strongroom.desktop.runs.charted import MOST_CHARTED, Charted
from strongroom.desktop.runs.columns import NameCount, default_fields, order_text
from strongroom.desktop.runs.flat_rows import FlatRows
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.query_text import complete_clauses, offers, pieces
from strongroom.desktop.runs.row_windows import RowWindows
from strongroom.desktop.runs.sheet import Sheet, trust_words
from strongroom.desktop.runs.table import RunsTable
from strongroom.desktop.runs.view import RunsView
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric_schema import MetricRule, MetricSchema
from strongroom.domain.query import Field, FieldKind
from strongroom.domain.query_parser import parse_filter, parse_order
from strongroom.domain.run import MetricSummary, Run, RunStatus
from strongroom.services.run_table import RowOrder, TableRow
from support.table_rows import MadeRows, sheet_of

AUC = Field(kind=FieldKind.METRIC, key="val/auc")
LR = Field(kind=FieldKind.PARAM, key="lr")
BOOSTER = Field(kind=FieldKind.PARAM, key="booster")
FIELDS = (AUC, LR, BOOSTER)
HOUR = 3_600_000_000
VALUE = 6  # the first column after the pinned and the fixed ones


def run(number: int, name: str = "", **changes: object) -> Run:
    fields: dict[str, object] = {
        "run_id": f"{number:032x}",
        "experiment": "iris",
        "name": name or f"run {number}",
        "status": RunStatus.FINISHED,
        "started_us": 1_700_000_000_000_000 + number * HOUR,
        "ended_us": 1_700_000_000_000_000 + number * HOUR + 65_000_000,
        "host": "bench",
        "user": "ada",
        "params": {"lr": "0.05" if number % 2 else "0.1", "booster": "gbdt"},
        "metrics": {"val/auc": summary(0.9 + number / 1000)},
    }
    return Run(**(fields | changes))  # type: ignore[arg-type]  # fields are those of Run


def summary(last: float) -> MetricSummary:
    return MetricSummary(count=3, last=last, last_step=2, minimum=0.1, maximum=last)


def sheet_with(runs: list[Run], *fields: Field) -> Sheet:
    """Returns a sheet of runs that were all read."""
    windows = RowWindows(MadeRows(lambda id_: runs[id_]))
    windows.put([TableRow(id=at, run=each) for at, each in enumerate(runs)], fields)
    return sheet_of(windows, range(len(runs)), fields, runs)


SAMPLE = [run(number) for number in range(40)]


@pytest.fixture
def charted() -> Charted:
    return Charted()


@pytest.fixture
def source() -> MadeRows:
    return MadeRows(run)


@pytest.fixture
def table(app: QApplication, qtbot: QtBot, charted: Charted, source: MadeRows) -> RunsTable:
    made = RunsTable(RunsModel(charted, source))
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.set_sheet(sheet_of(made.runs.windows, range(40), FIELDS, SAMPLE))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.setFocus()
    made.grab()
    qtbot.waitUntil(lambda: made.runs.sheet.run(5) is not None)
    return made


def spot(table: RunsView, row: int, column: int) -> QPoint:
    return table.visualRect(table.runs.index(row, column)).center()


def test_the_model_keeps_the_rules_of_item_models(
    table: RunsTable, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(table.runs)


def test_a_click_on_the_box_ticks_and_leaves_the_selection_alone(
    table: RunsTable, qtbot: QtBot
) -> None:
    ticked: list[str] = []
    table.ticked.connect(ticked.append)
    table.select(run(3).run_id)
    place = spot(table.pinned, 5, 0)
    qtbot.mouseClick(table.pinned.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert ticked == [run(5).run_id]
    assert table.selected() == (run(3).run_id,)


def test_space_ticks_and_enter_opens_the_current_run(table: RunsTable, qtbot: QtBot) -> None:
    ticked: list[str] = []
    opened: list[str] = []
    table.ticked.connect(ticked.append)
    table.opened.connect(opened.append)
    table.select(run(0).run_id)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert (ticked, opened) == ([run(1).run_id], [run(1).run_id])


def test_the_same_decimals_stand_down_a_column_and_missing_is_a_dash(app: QApplication) -> None:
    runs = [run(1), run(2, metrics={}), run(3, metrics={"val/auc": summary(0.5)})]
    sheet = sheet_with(runs, AUC, LR)
    assert [sheet.text(row, VALUE) for row in range(3)] == ["0.9010", "—", "0.5000"]
    assert [sheet.text(row, VALUE + 1) for row in range(3)] == ["0.05", "0.10", "0.05"]


def test_a_param_is_never_rounded(app: QApplication) -> None:
    runs = [run(1, params={"lr": "1e-05"}), run(2, params={"lr": "0.00000123456"})]
    sheet = sheet_with(runs, LR)
    assert [sheet.text(row, VALUE) for row in range(2)] == ["1e-05", "0.00000123456"]


def test_nan_and_infinity_are_written_as_such(app: QApplication) -> None:
    values = (float("nan"), float("-inf"), 0.25)
    runs = [run(at, metrics={"val/auc": summary(value)}) for at, value in enumerate(values)]
    sheet = sheet_with(runs, AUC)
    assert [sheet.text(row, VALUE) for row in range(3)] == ["NaN", "−∞", "0.2500"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("<img src=x>", "<img src=x>"),
        ("two\nlines", "two\\nlines"),
        ("a\u202efdp.exe", "a\\u202efdp.exe"),
        ("x" * 1000, "x" * 300 + "…"),
    ],
)
def test_hostile_names_are_shown_as_one_plain_line(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_cells_and_header_speak(table: RunsTable) -> None:
    speak = Qt.ItemDataRole.AccessibleTextRole
    assert table.runs.index(2, 1).data(speak) == "Run: run 2"
    assert table.runs.index(2, VALUE).data(speak) == "val/auc: 0.9020"
    assert table.runs.index(2, 0).data(speak) == "Not charted"
    across = Qt.Orientation.Horizontal
    assert table.runs.headerData(VALUE, across, speak) == "Metrics, val/auc"


def test_a_title_asks_for_the_other_direction_the_second_time(
    table: RunsTable, qtbot: QtBot
) -> None:
    asked: list[tuple[str, bool]] = []
    table.sort_requested.connect(lambda key, down: asked.append((key, down)))
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(VALUE) + 20, header.height() - 10)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    table.runs.set_sorting(asked[0])
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [("metrics.val/auc", True), ("metrics.val/auc", False)]


def test_columns_scroll_under_the_pinned_ones_and_both_views_stay_level(
    table: RunsTable, qtbot: QtBot
) -> None:
    table.resize(500, 300)
    left = spot(table.pinned, 0, 1)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert table.horizontalScrollBar().value() > 0
    assert spot(table.pinned, 0, 1) == left
    table.verticalScrollBar().setValue(200)
    assert table.pinned.verticalScrollBar().value() == 200
    table.grab()


def test_an_update_keeps_selection_current_row_and_scroll(table: RunsTable, qtbot: QtBot) -> None:
    table.select_row(30)
    qtbot.waitUntil(lambda: table.selected() == (run(30).run_id,))
    at = table.verticalScrollBar().value()
    again = sheet_of(table.runs.windows, range(40), (AUC,), SAMPLE)
    table.set_sheet(again, keeps_place=True)
    assert table.selected() == (run(30).run_id,)
    assert table.current_id() == run(30).run_id
    assert table.verticalScrollBar().value() == at


def test_a_run_keeps_its_colour_while_others_come_and_go(charted: Charted) -> None:
    charted.add(["a", "b", "c"])
    charted.remove(["b"])
    charted.add(["d"])
    assert [charted.place(each) for each in "acd"] == [0, 2, 1]


def test_no_more_runs_are_charted_than_anybody_could_tell_apart(charted: Charted) -> None:
    assert not charted.add(str(number) for number in range(MOST_CHARTED + 1))
    assert len(charted) == MOST_CHARTED


def test_usual_columns_are_what_most_runs_have_and_what_varies() -> None:
    names = [NameCount(AUC, 3), NameCount(LR, 3), NameCount(BOOSTER, 3)]
    fields = default_fields(names, [run(1), run(2)])
    assert fields == (AUC, LR)


@pytest.mark.parametrize("key", ["val/auc", 'a "quoted" key', "with `ticks`", "blank key"])
def test_an_order_names_any_key_the_parser_can_read(key: str) -> None:
    (order,) = parse_order(order_text(Field(kind=FieldKind.METRIC, key=key)) + " DESC")
    assert order.field.key == key


def test_complete_clauses_are_found_and_half_ones_are_not() -> None:
    text = "metrics.a > 1 AND params.b = 'x' and tags."
    found = [text[start:end] for start, end in complete_clauses(text)]
    assert found == ["metrics.a > 1", "params.b = 'x'"]


def test_words_of_a_filter_have_their_colours() -> None:
    text = "metrics.\"val/auc\" >= 0.93 AND tags.o = 'x'"
    assert [piece.colour for piece in pieces(text)] == [
        "key", "operator", "number", "word", "key", "operator", "text",
    ]  # fmt: skip


def test_names_are_offered_where_a_field_may_stand_and_nowhere_else() -> None:
    names = [NameCount(AUC, 7), NameCount(LR, 9)]
    text = "metrics.v"
    (offer,) = offers(text, len(text), names)
    assert (offer.insert, offer.run_count) == ("metrics.val/auc", 7)
    assert offers("metrics.a > ", 12, names) == ()
    assert offers("tags.a = 'va", 12, names) == ()


@pytest.mark.parametrize(
    ("typed", "inserted"),
    [
        ("contract.", ["contract.breaks", "contract.name", "contract.waives"]),
        ("contracts.br", ["contract.breaks"]),
        ("status = 'FINISHED' AND dataset.d", ["dataset.digest"]),
        ("artifact.p", ["artifact.path"]),
        ("contr", ["contract.breaks", "contract.name", "contract.waives"]),
        ("NOT (digest", ["artifact.digest", "dataset.digest"]),
        ("contract.breaks = '", []),
    ],
)
def test_what_is_known_of_contracts_data_and_files_is_offered_too(
    typed: str, inserted: list[str]
) -> None:
    found = offers(typed, len(typed), [NameCount(AUC, 7)])
    assert sorted(each.insert for each in found) == inserted
    for each in found:
        assert each.label == each.insert
        assert each.run_count is None
        parse_filter(f"{each.insert} = 'x'")


MILLION = 1_000_000


@pytest.fixture
def wide(app: QApplication, qtbot: QtBot, charted: Charted, source: MadeRows) -> RunsTable:
    """A table of a million rows whose reader holds every window back."""
    made = RunsTable(RunsModel(charted, source))
    qtbot.addWidget(made)
    made.resize(900, 400)
    source.is_held = True
    made.set_sheet(sheet_of(made.runs.windows, range(MILLION), FIELDS, SAMPLE))
    made.show()
    qtbot.waitExposed(made)
    return made


def test_a_million_rows_are_there_at_once_and_only_those_in_sight_are_read(
    wide: RunsTable, source: MadeRows, qtbot: QtBot
) -> None:
    assert wide.runs.rowCount() == MILLION
    bar = wide.verticalScrollBar()
    bar.setValue(bar.maximum())
    wide.grab()
    assert wide.runs.sheet.text(MILLION - 1, 1) == ""
    source.release()
    qtbot.waitUntil(lambda: wide.runs.sheet.text(MILLION - 1, 1) == f"run {MILLION - 1}")
    asked = {id_ for window in source.asked for id_ in window}
    assert len(asked) < 300
    assert bar.value() == bar.maximum()


def test_what_is_not_read_yet_is_a_quiet_bar_and_no_word(
    wide: RunsTable, source: MadeRows, qtbot: QtBot
) -> None:
    cell = wide.pinned.visualRect(wide.runs.index(0, 1))
    empty = wide.pinned.viewport().grab(cell).toImage()
    colours = {empty.pixelColor(x, cell.height() // 2).name() for x in range(cell.width())}
    assert theme().colour("muted_bg").name() in colours
    source.release()
    qtbot.waitUntil(lambda: wide.runs.sheet.run(0) is not None)
    full = wide.pinned.viewport().grab(cell).toImage()
    colours = {full.pixelColor(x, cell.height() // 2).name() for x in range(cell.width())}
    assert theme().colour("muted_bg").name() not in colours


def test_rows_scrolled_past_while_a_window_is_read_are_never_asked_for(
    wide: RunsTable, source: MadeRows, qtbot: QtBot
) -> None:
    bar = wide.verticalScrollBar()
    for share in range(1, 20):
        bar.setValue(bar.maximum() * share // 20)
        wide.grab()
        QApplication.processEvents()
    before = len(source.asked)
    source.release()
    qtbot.waitUntil(lambda: wide.runs.sheet.run(wide.rowAt(5)) is not None)
    assert before == 1
    assert len(source.asked) == 2


def test_all_of_a_million_are_selected_and_stay_so_in_another_order(
    wide: RunsTable, source: MadeRows, qtbot: QtBot
) -> None:
    source.release()
    wide.activateWindow()
    wide.setFocus()
    qtbot.keyClick(wide, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(wide.selected_ids()) == MILLION
    backwards = range(MILLION - 1, -1, -1)
    wide.set_sheet(sheet_of(wide.runs.windows, backwards, FIELDS, SAMPLE))
    assert len(wide.selected_ids()) == MILLION
    assert wide.selected_ids()[0] == MILLION - 1
    qtbot.waitUntil(lambda: len(wide.selected()) == 500)


def test_home_and_end_are_the_first_and_the_last_row_and_shift_selects_between(
    table: RunsTable, qtbot: QtBot
) -> None:
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert table.currentIndex().row() == 39
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_Home, Qt.KeyboardModifier.ShiftModifier)
    assert len(table.selected_ids()) == 39
    qtbot.waitUntil(lambda: len(table.selected()) == 39)


def test_typing_asks_for_the_next_name_that_begins_so(table: RunsTable, qtbot: QtBot) -> None:
    asked: list[tuple[str, int]] = []
    table.name_sought.connect(lambda start, current: asked.append((start, current)))
    table.select(run(3).run_id)
    qtbot.keyClicks(table, "run 7")
    assert asked == [("r", 3), ("ru", 3), ("run", 3), ("run ", 3), ("run 7", 3)]


def test_the_row_at_the_upper_edge_stays_when_rows_come_above_it(
    table: RunsTable, qtbot: QtBot
) -> None:
    table.verticalScrollBar().setValue(300)
    place = table.visualRect(table.runs.index(12, 0)).top()
    more = sheet_of(table.runs.windows, [50, 51, 52, *range(40)], FIELDS, SAMPLE)
    table.set_sheet(more, keeps_place=True)
    assert table.visualRect(table.runs.index(15, 0)).top() == place
    table.verticalScrollBar().setValue(0)
    table.set_sheet(sheet_of(table.runs.windows, [60, *range(40)], FIELDS), keeps_place=True)
    assert table.verticalScrollBar().value() == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.sets(st.integers(0, 7)),
    st.randoms(use_true_random=False),
)
def test_flat_rows_and_groups_are_one_thing_seen_from_two_sides(
    sizes: list[int], closed: set[int], chance: Random
) -> None:
    ids = list(range(sum(sizes)))
    chance.shuffle(ids)
    starts = np.cumsum([0, *sizes[:-1]])
    values = tuple(str(at) for at in range(len(sizes)))
    order = RowOrder(ids=np.array(ids), starts=starts, values=values)
    folded = {at for at in closed if at < len(sizes)}
    rows = FlatRows(order, folded)
    expected: list[int] = []
    for at, size in enumerate(sizes):
        expected.append(-1 - at)
        if at not in folded:
            expected += ids[starts[at] : starts[at] + size]
    assert rows.at(0, len(rows)).tolist() == expected
    assert len(rows) == len(expected)
    for row, id_ in enumerate(expected):
        assert rows.one(row) == id_
        assert id_ < 0 or rows.row_of(id_) == row
    hidden = [id_ for at in folded for id_ in ids[starts[at] : starts[at] + sizes[at]]]
    assert all(rows.row_of(id_) == -1 for id_ in (*hidden, 999))
    assert rows.holds(np.array([*ids, 999])).tolist() == [True] * len(ids) + [False]


def test_a_metric_outside_its_bounds_is_flagged_and_says_why(
    table: RunsTable, qtbot: QtBot
) -> None:
    schema = MetricSchema(rules=(MetricRule(key="val/auc", high=0.92),))
    table.set_sheet(sheet_of(table.runs.windows, range(40), FIELDS, SAMPLE, schema=schema))
    cell = table.runs.index(30, VALUE)
    table.scrollTo(cell)
    spoken = str(cell.data(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken == "val/auc: 0.9300. val/auc reached 0.93, above its bound of 0.92"
    assert "above its bound" in table.runs.sheet.exact(30, VALUE)
    picture = table.viewport().grab(table.visualRect(cell)).toImage()
    colours = {
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
    }
    assert theme().colour("warn_icon").name() in colours


def test_the_shield_says_what_is_known_and_no_more(app: QApplication) -> None:
    runs = [run(0, is_sealed=True), run(1), run(2, status=RunStatus.RUNNING, ended_us=None)]
    said = [trust_words(TableRow(id=at, run=each)) for at, each in enumerate(runs)]
    damaged = trust_words(TableRow(id=9, run=runs[0], damage="E-HASH: metrics.parquet"))
    assert [words.split(":")[0] for words in said] == [
        "Sealed", "Ended and not sealed yet", "Not sealed",
    ]  # fmt: skip
    assert damaged == "Does not match. E-HASH: metrics.parquet"
    assert not any("valid" in words.lower() or "trusted" in words.lower() for words in said)


def test_a_window_that_was_cancelled_does_not_end_reading(
    wide: RunsTable, source: MadeRows, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide.grab()
    qtbot.waitUntil(lambda: len(source.asked) == 1)
    source.is_held = False  # the window held back never comes
    monkeypatch.setattr(row_windows, "PATIENCE_MS", 0)
    wide.verticalScrollBar().setValue(28_000)
    wide.grab()
    qtbot.waitUntil(lambda: wide.runs.sheet.text(1_005, 1) == "run 1005")
