# SPDX-License-Identifier: Apache-2.0
"""Two runs beside each other: texts, pictures and files, compared by mouse and key; and export."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

import strongroom as sr
from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.picture_layers import Layering, PictureLayers, pixel_difference
from strongroom.desktop.compare.text_view import TextDiffView
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.clock import SystemClock
from strongroom.domain.text_diff import Change, diff_texts
from support.accessibility import nameless
from support.compare_page import services_of
from support.settling import settle


def picture(colour: str, width: int = 40, height: int = 30) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    image.setPixelColor(3, 2, QColor("white"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def log_runs(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    for number, (colour, lr) in enumerate((("#204060", 0.1), ("#ff8040", 0.2))):
        with sr.start_run("digits", name=f"run {number}", store=folder / "store"):
            sr.log_params({"lr": lr, "seed": 7, "=cmd|'/c calc'!A1": "=1+1"})
            sr.log_metric("loss", 1.0 - number / 10)
            sr.log_note(f"Note {number} <b>bold</b>")
            (pictures / "map.png").write_bytes(picture(colour))
            sr.log_artifact(pictures / "map.png", "pictures")
            sr.log_text(f"alpha\nbeta {number}\ngamma\n", "notes.md")
            sr.log_text("same", "same.txt")
            if number:
                sr.log_text("only here", "extra.txt")


@pytest.fixture
def page(app: QApplication, qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> Iterator[ComparePage]:
    log_runs(tmp_path)
    services = services_of(tmp_path / "store", SystemClock())
    runs = services.runs
    runs.refresh()
    made = ComparePage(services, tasks, Session())
    qtbot.addWidget(made)
    made.resize(1300, 800)
    made.show()
    qtbot.waitExposed(made)
    ids = [run.run_id for run in runs.search(order_by="attributes.run_name ASC").runs]
    made.show_place(Place.of("compare", {"runs": ",".join(ids)}))
    settle(tasks)
    yield made
    made.hide()
    tasks.wait_idle(3_000)
    made.close()
    runs.catalog.close()


def test_enter_on_a_parameter_shows_both_texts_with_the_changed_word(
    page: ComparePage, qtbot: QtBot, tasks: Tasks
) -> None:
    page.table.select("params lr")
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    settle(tasks)
    assert page.beside.isVisible()
    assert page.beside.current() == "text params"
    rows = page.beside.text.view.rows()
    left, right = next(pair for pair in rows if pair[0].change is not Change.SAME)
    assert (left.text, right.text) == ("lr: 0.1", "lr: 0.2")
    assert [left.text[start:end] for start, end in left.spans] == ["1"]
    assert page.place().argument("view") == "beside"
    assert nameless(page) == []


def test_opening_a_place_tells_no_other_place(page: ComparePage, tasks: Tasks) -> None:
    told: list[Place] = []
    page.place_changed.connect(told.append)
    place = page.place()
    page.show_place(Place.of("compare", {**dict(place.arguments), "view": "beside"}))
    settle(tasks)
    assert page.beside.isVisible()
    assert told == []
    page.show_place(place)
    settle(tasks)
    assert page.table.isVisible()
    assert told == []
    page.show_view("beside")
    settle(tasks)
    assert [one.argument("view") for one in told] == ["beside"]


def test_files_say_whether_they_differ_and_equal_ones_come_with_the_toggle(
    page: ComparePage, qtbot: QtBot, tasks: Tasks
) -> None:
    page.show_view("beside")
    settle(tasks)
    words = {
        line.key: line.cells[1].words
        for line in page.beside.table.lines()
        if line.key.startswith("file ")
    }
    assert words["file notes.md"] == "Differs"
    assert words["file extra.txt"] == "Only right"
    assert "file same.txt" not in words
    qtbot.mouseClick(page.only_differences, Qt.MouseButton.LeftButton)
    assert "file same.txt" in [line.key for line in page.beside.table.lines()]
    settle(tasks)


def test_a_file_of_one_run_stands_beside_the_sentence_that_the_other_has_none(
    page: ComparePage, tasks: Tasks
) -> None:
    page.show_view("beside")
    page.beside.open_entry("file extra.txt")
    settle(tasks)
    assert page.beside.both.isVisible()
    assert page.beside.right_view.shows()[1] == "extra.txt"
    assert page.beside._left_none.text() == "run 0 has no extra.txt."


def test_notes_are_compared_as_plain_text(page: ComparePage, tasks: Tasks) -> None:
    page.show_view("beside")
    page.beside.open_entry("text notes")
    settle(tasks)
    texts = [half.text for row in page.beside.text.view.rows() for half in row if half]
    assert texts == ["Note 0 <b>bold</b>", "Note 1 <b>bold</b>"]


def test_pictures_are_told_apart_by_slider_keys_and_mouse(
    page: ComparePage, qtbot: QtBot, tasks: Tasks
) -> None:
    page.show_view("beside")
    page.beside.open_entry("file pictures/map.png")
    settle(tasks)
    shown = page.beside.pictures
    assert shown.isVisible()
    assert "99.9 % of the pixels differ" in shown.note.text()
    shown.left.setFocus()
    qtbot.keyClick(shown.left, Qt.Key.Key_Plus)
    assert shown.right.scale() == pytest.approx(shown.left.scale())
    shown.modes.set_current("slider")
    layers = shown.layers
    layers.setFocus()
    seen = layers.grab().toImage()
    middle = QPoint(layers.width() // 2, layers.height() // 2)
    ratio = seen.devicePixelRatio()

    def at(x: int) -> str:
        image = layers.grab().toImage()
        return image.pixelColor(
            round((middle.x() + x) * ratio), round((middle.y() - 12) * ratio)
        ).name()

    assert (at(-8), at(8)) == ("#204060", "#ff8040")
    for _ in range(10):
        qtbot.keyClick(layers, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert (at(-8), at(8)) == ("#ff8040", "#ff8040")
    x = round(layers._slider_x())
    qtbot.mousePress(layers, Qt.MouseButton.LeftButton, pos=QPoint(x, 10))
    qtbot.mouseMove(layers, QPoint(x + 3_000, 10))
    qtbot.mouseRelease(layers, Qt.MouseButton.LeftButton, pos=QPoint(x + 3_000, 10))
    assert layers.share() == 0.0
    assert (at(-8), at(8)) == ("#204060", "#204060")


def test_blending_blinks_with_space_and_the_difference_is_a_picture(
    page: ComparePage, qtbot: QtBot, tasks: Tasks
) -> None:
    page.show_view("beside")
    page.beside.open_entry("file pictures/map.png")
    settle(tasks)
    shown = page.beside.pictures
    shown.modes.set_current("blend")
    shown.layers.set_share(0.0)
    shown.layers.setFocus()
    qtbot.keyClick(shown.layers, Qt.Key.Key_Space)
    assert shown.layers.share() == 1.0
    qtbot.mouseClick(shown.blinking, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.layers.share() == 1.0, timeout=3_000)
    shown.modes.set_current("difference")
    assert not shown._pulse.isActive()
    assert nameless(shown) == []


def test_sizes_that_differ_are_said_and_the_common_part_is_compared(app: QApplication) -> None:
    one, other = QImage(10, 8, QImage.Format.Format_RGB32), QImage(7, 9, QImage.Format.Format_RGB32)
    one.fill(QColor(10, 20, 30))
    other.fill(QColor(10, 25, 30))
    found = pixel_difference(one, other)
    assert (found.image.width(), found.image.height()) == (7, 8)
    assert (found.share, found.most) == (1.0, 5)
    assert found.image.pixelColor(3, 3) == QColor(255, 255, 255)
    assert pixel_difference(one, one).most == 0
    layers = PictureLayers()
    layers.set_pair(one, other, (QSize(10, 8), QSize(7, 9)), "x")
    layers.set_layering(Layering.DIFFERENCE)
    layers.resize(200, 200)
    layers.set_view(2.0, QPointF(0.5, 0.5))
    assert not layers.grab().isNull()


def test_changes_are_walked_by_key_and_both_sides_scroll_as_one(
    app: QApplication, qtbot: QtBot
) -> None:
    left = [f"line {number}" for number in range(400)]
    right = list(left)
    right[5], right[300] = "other 5", "other\u202e 300"
    del right[350]
    view = TextDiffView()
    qtbot.addWidget(view)
    view.resize(700, 300)
    view.show_diff(diff_texts("\n".join(left), "\n".join(right)), "a", "b")
    view.show()
    assert view.current_change() == 0
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert view.current_change() == 1
    assert view.verticalScrollBar().value() > 0
    assert "Change 2 of 3" in view.accessibleDescription()
    qtbot.keyClick(view, Qt.Key.Key_P)
    qtbot.keyClick(view, Qt.Key.Key_P)
    assert view.current_change() == 2
    view.set_unified(is_unified=True)
    assert [row[0].change for row in view.rows()].count(Change.ADDED) == 2
    assert view.current_change() == 2
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("--- a\n+++ b\n")
    assert not view.grab().isNull()


def test_the_comparison_is_exported_without_formulas_and_copied_as_markdown(
    page: ComparePage, tmp_path: Path, tasks: Tasks
) -> None:
    page.only_differences.click()
    page.sharing.write(tmp_path / "out.csv")
    settle(tasks)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [head.partition(" (")[0] for head in rows[0]] == ["section", "field", "run 0", "run 1"]
    by_field = {row[1]: row for row in rows}
    assert by_field["loss"][2:] == ["1.0", "0.9"]
    assert by_field["'=cmd|'/c calc'!A1"][2:] == ["'=1+1", "'=1+1"]
    assert not [cell for row in rows for cell in row if cell[:1] in "=@+\t\r" and cell[:1]]
    page.sharing.copy_markdown()
    settle(tasks)
    text = QGuiApplication.clipboard().text()
    assert "| Field | **run 0** | run 1 |" in text
    assert "| loss ↓ |" in text
    assert "=cmd\\|'/c calc'!A1" in text


def test_what_cannot_be_written_is_said(page: ComparePage, tmp_path: Path, tasks: Tasks) -> None:
    page.sharing.write(tmp_path / "no" / "such" / "out.csv")
    said: list[object] = []
    tasks.failed.connect(lambda fault, *_: said.append(fault.title))
    settle(tasks)
    assert "was not written" in said[0]


def test_43_a_comparison_that_shows_a_password_is_not_saved(
    page: ComparePage, tmp_path: Path, tasks: Tasks
) -> None:
    runs = page._services.runs
    told = runs.tag([page.arrangement().run_ids[0]], "db_password", "tulip-in-march")
    page.refresh(told)
    settle(tasks)
    said: list[object] = []
    tasks.failed.connect(lambda fault, *_: said.append(fault.code))
    for name in ("out.csv", "out.md"):
        page.sharing.write(tmp_path / name)
        settle(tasks)
    assert said == ["E-SECRET", "E-SECRET"]
    assert list(tmp_path.glob("out.*")) == []
