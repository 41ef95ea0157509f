# SPDX-License-Identifier: Apache-2.0
"""Artifacts on the screen: pictures, tables, text and bytes, verified, bounded, by keyboard."""

import csv
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.artifact_view import ArtifactView
from strongroom.domain.progress import Silent
from strongroom.models.bounded import BoundedStream
from strongroom.services.views.delimited import RecordIndex, records, sweep
from support.accessibility import nameless
from support.artifact_room import RUN, damage, show
from support.settling import settle

Open = Callable[[dict[str, bytes]], ArtifactView]


def png(width: int = 40, height: int = 30, colour: str = "#c35719") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def huge_png() -> bytes:
    """A PNG of 60,000 × 60,000 pixels that says so in 60 bytes."""
    head = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    chunks = b""
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        chunks += len(data).to_bytes(4, "big") + kind + data
        chunks += zlib.crc32(kind + data).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunks


def parquet(rows: int = 1_200, group: int = 500) -> bytes:
    table = pa.table({"step": list(range(rows)), "loss": [1 / (at + 1) for at in range(rows)]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=group)
    return sink.getvalue()


def test_a_picture_is_seen_and_its_size_said(open_room, tasks: Tasks) -> None:
    _, view = open_room({"plots/roc.png": png()})
    show(view, tasks, "plots/roc.png")
    assert view.parts.picture.isVisible()
    assert view.parts.picture.says.text() == "40 × 30 pixels, 100%"
    middle = view.parts.picture.canvas.grab().toImage()
    seen = middle.pixelColor(middle.width() // 2, middle.height() // 2)
    assert seen.name() == "#c35719"
    assert view.line.verdict == "Verified"


def test_the_wheel_and_the_keyboard_zoom_and_zero_fits_again(
    open_room, tasks: Tasks, qtbot
) -> None:
    _, view = open_room({"a.png": png(800, 600)})
    show(view, tasks, "a.png")
    canvas = view.parts.picture.canvas
    fitted = canvas.scale()
    at = QPointF(canvas.width() / 2, canvas.height() / 2)
    wheel = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, wheel)
    assert canvas.scale() > fitted
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    assert canvas.scale() == 1.0
    before = canvas.centre()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.centre().x() > before.x()
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.is_fitted()
    assert canvas.scale() == fitted


def test_a_picture_of_three_billion_pixels_is_not_decoded(open_room, tasks: Tasks) -> None:
    _, view = open_room({"bomb.png": huge_png()})
    show(view, tasks, "bomb.png")
    assert "60,000 × 60,000" in view.note.text()
    assert not view.parts.picture.isVisible()


def test_a_parquet_file_is_paged_by_row_group(open_room, tasks: Tasks) -> None:
    _, view = open_room({"t.parquet": parquet()})
    show(view, tasks, "t.parquet")
    assert view.parts.table.says.text() == "Rows 1 to 500 of 1,200"
    assert view.parts.table.model.headerData(0, Qt.Orientation.Horizontal) == "step, int64"
    view.parts.table.go(1_199)
    settle(tasks)
    assert view.parts.table.says.text() == "Rows 1,001 to 1,200 of 1,200"
    current = view.parts.table.grid.currentIndex()
    assert current.data() == "1199"
    assert view.parts.table.model.headerData(current.row(), Qt.Orientation.Vertical) == "1,200"


def test_an_arrow_file_is_paged_by_batch(open_room, tasks: Tasks) -> None:
    sink = io.BytesIO()
    table = pa.table({"name": [f"row {at}" for at in range(900)]})
    pyarrow.feather.write_feather(table, sink, chunksize=200, compression="zstd")
    _, view = open_room({"t.feather": sink.getvalue()})
    show(view, tasks, "t.feather")
    assert view.parts.table.model.index(499, 0).data() == "row 499"
    view.parts.table.go(650)
    settle(tasks)
    assert view.parts.table.grid.currentIndex().data() == "row 650"
    assert view.parts.table.says.text() == "Rows 501 to 900 of 900"


def test_a_csv_with_breaks_between_quotes_counts_its_records(open_room, tasks: Tasks) -> None:
    body = "name,score\n" + "".join(f'"line one\nline {at}",{at}\n' for at in range(2_345))
    _, view = open_room({"t.csv": body.encode()})
    show(view, tasks, "t.csv")
    assert view.parts.table.says.text() == "Rows 1 to 500 of 2,345"
    assert view.parts.table.model.headerData(1, Qt.Orientation.Horizontal) == "score, integer"
    view.parts.table.go(2_344)
    settle(tasks)
    assert view.parts.table.model.index(344, 1).data() == "2344"
    assert "line 2344" in view.parts.table.model.index(344, 0).data()


def test_filter_and_order_stay_within_the_page_and_say_so(open_room, tasks: Tasks, qtbot) -> None:
    body = "name,score\n" + "".join(f"run {at},{at * 7 % 10}\n" for at in range(1_000))
    _, view = open_room({"t.csv": body.encode()})
    show(view, tasks, "t.csv")
    qtbot.keyClicks(view.parts.table.filter.edit, "run 49")
    assert view.parts.table.model.rowCount() == 11
    assert view.parts.table.says.text() == "11 match on this page. Rows 1 to 500 of 1,000"
    view.parts.table.filter.set_text("")
    header = view.parts.table.grid.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(1) + 12, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert view.parts.table.model.index(0, 1).data() == "9"
    assert view.parts.table.says.text().endswith("this page sorted")


def test_text_has_numbers_and_finds_words(open_room, tasks: Tasks, qtbot) -> None:
    lines = [f"epoch {at} loss {1 / (at + 1):.4f}" for at in range(300)]
    _, view = open_room({"train.log": "\n".join(lines).encode()})
    show(view, tasks, "train.log")
    assert view.parts.text.says.text() == "300 lines"
    qtbot.keyClick(view.parts.text.area, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(view.parts.text.finder.field.edit, "EPOCH 2")
    assert view.parts.text.finder.says.text() == "1 of 111"
    qtbot.keyClick(view.parts.text.finder.field.edit, Qt.Key.Key_Return)
    assert view.parts.text.finder.says.text() == "2 of 111"
    assert view.parts.text.area.textCursor().selectedText() == "epoch 2"
    assert view.parts.text.area.textCursor().blockNumber() == 20
    qtbot.keyClick(view.parts.text.finder.field.edit, Qt.Key.Key_Escape)
    assert not view.parts.text.finder.isVisible()


def test_a_large_log_is_read_in_parts_with_true_numbers(open_room, tasks: Tasks) -> None:
    body = "".join(f"{at} {'x' * 90}\n" for at in range(1, 30_001)).encode()
    _, view = open_room({"big.log": body})
    show(view, tasks, "big.log")
    shown = view.parts.text.area
    assert shown.toPlainText().startswith("1 x")
    for part in ("last", "before", "after"):
        view.parts.text.go(part)
        settle(tasks)
        first = shown.document().firstBlock().text().split()[0]
        assert shown.first_number() == int(first)
    assert shown.document().lastBlock().text().startswith("30000 ")


def test_bytes_of_anything_are_seen_in_hexadecimal(open_room, tasks: Tasks) -> None:
    _, view = open_room({"weights.xyz": bytes(range(256)) * 300})
    show(view, tasks, "weights.xyz")
    assert view.parts.bytes.isVisible()
    line = view.parts.bytes.area.document().findBlockByNumber(4).text()
    assert line.startswith("0000000040  40 41 42")
    assert line.endswith("@ABCDEFGHIJKLMNO")
    view.parts.bytes.go(0x10000)
    settle(tasks)
    assert view.parts.bytes.area.document().firstBlock().text().startswith("0000010000")


def test_a_changed_file_is_taken_off_the_screen(open_room, tasks: Tasks) -> None:
    room, view = open_room({"notes.txt": b"accuracy was measured on the held-out set\n"})
    show(view, tasks, "notes.txt")
    assert view.parts.text.isVisible()
    damage(room, b"held-out")
    view.verify()
    settle(tasks)
    assert view.banner.isVisible()
    assert view.banner.title() == "Does not match"
    assert not view.parts.text.isVisible()


def test_an_answer_for_another_file_is_dropped(open_room, tasks: Tasks) -> None:
    _, view = open_room({"a.txt": b"first\n", "b.txt": b"second\n"})
    view.show_artifact(RUN, "a.txt")
    view.show_artifact(RUN, "b.txt")
    settle(tasks)
    assert view.parts.text.area.toPlainText() == "second"
    view.clear()
    settle(tasks)
    assert not view.parts.text.isVisible()
    assert view.shows() == ("", "")


def test_save_writes_the_verified_bytes(open_room, tasks: Tasks, tmp_path: Path) -> None:
    _, view = open_room({"deep/a.txt": b"kept\n"})
    show(view, tasks, "deep/a.txt")
    view.save(tmp_path / "out.txt")
    settle(tasks)
    assert (tmp_path / "out.txt").read_bytes() == b"kept\n"


def test_everything_in_the_viewer_has_a_name(open_room, tasks: Tasks) -> None:
    _, view = open_room({"a.txt": b"first\n"})
    show(view, tasks, "a.txt")
    assert nameless(view) == []


def test_a_large_file_is_shown_before_it_is_verified_and_says_so(
    open_room, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.services.viewing.CHECKED_FIRST", 1_000)
    body = "".join(f"row {at}\n" for at in range(4_000)).encode()
    room, view = open_room({"big.txt": body})
    said: list[str] = []
    view.shown.connect(lambda _kind: said.append(view.line.verdict))
    view.show_artifact(RUN, "big.txt")
    settle(tasks)
    assert said == ["Not verified yet"]
    assert view.line.verdict == "Verified"
    assert room.look("big.txt").facts.is_verified


def test_a_large_file_that_does_not_match_is_taken_away_again(
    open_room, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.services.viewing.CHECKED_FIRST", 1_000)
    body = "name,score\n" + "".join(f"run {at},{at}\n" for at in range(4_000))
    room, view = open_room({"big.csv": body.encode()})
    damage(room, b"run 3999")
    said: list[str] = []
    view.shown.connect(said.append)
    view.show_artifact(RUN, "big.csv")
    settle(tasks)
    assert said == ["table", "none"]
    assert view.banner.isVisible()
    assert view.line.verdict == "Does not match"
    assert not view.parts.table.isVisible()


def test_rows_far_down_are_read_from_the_index_and_not_from_the_start(
    open_room, tasks: Tasks
) -> None:
    room, view = open_room({"t.csv": b"a,b\n" + b"".join(b"%d,x\n" % at for at in range(200_000))})
    show(view, tasks, "t.csv")
    assert view.parts.table.says.text() == "Rows 1 to 500 of 200,000"
    facts = room.look("t.csv").facts
    page = room.viewing.rows(facts, 199_500)
    assert [row[0] for row in (page.rows[0], page.rows[-1])] == ["199500", "199999"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab,"\n\r x='), max_size=6), min_size=2, max_size=2),
        min_size=1,
        max_size=40,
    )
)
def test_any_csv_has_the_records_its_writer_wrote(rows: list[list[str]]) -> None:
    held = io.StringIO()
    csv.writer(held, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = held.getvalue().encode()
    stream, index = BoundedStream(io.BytesIO(data)), RecordIndex()
    sweep(stream, len(data), index, None, Silent())
    assert index.total == len(rows)
    found = records(stream, index, 0, 1_000, ",")
    assert found == rows


def test_the_find_key_inside_a_viewer_is_not_the_pages(open_room, tasks: Tasks, qtbot) -> None:
    _, view = open_room({"a.txt": b"one\ntwo\n"})
    heard: list[bool] = []
    shortcut = QShortcut(QKeySequence("Ctrl+F"), view)
    shortcut.activated.connect(lambda: heard.append(True))
    show(view, tasks, "a.txt")
    view.activateWindow()
    view.parts.text.area.setFocus()
    qtbot.keyClick(view.parts.text.area, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.parts.text.finder.isVisible()
    assert heard == []
