# SPDX-License-Identifier: Apache-2.0
"""Pictures and other files by step: one slider, by mouse and keyboard, without a blank between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QBuffer, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.artifacts_tab import ArtifactsTab
from strongroom.desktop.runs.page import RunsPage
from strongroom.services.step_files import step_files
from support.accessibility import nameless
from support.runs_on_disk import run_id, write_run
from support.runs_page import runs_page, settle

STEPS = (0, 100, 1000, 20)


def png(step: int) -> bytes:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor(step % 256, 40, 90))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Qt takes words
    return bytes(buffer.data().data())


def fill(store: Path) -> None:
    files = {f"samples/step_{step}.png": png(step) for step in STEPS}
    files |= {f"texts/epoch-{at:03}.txt": b"epoch %d\n" % at for at in (1, 2)}
    write_run(store, 1, artifacts={**files, "readme.txt": b"no steps"})


@pytest.fixture
def tab(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[ArtifactsTab]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as page:
        yield opened(page, tasks)


def opened(page: RunsPage, tasks: Tasks) -> ArtifactsTab:
    page.open_run(run_id(1))
    settle(tasks)
    page.detail.open_tab("artifacts")
    settle(tasks)
    return page.detail.artifacts


def seen(tab: ArtifactsTab) -> int:
    """Returns the step whose picture is on the screen, by its colour."""
    red = tab.view.parts.picture.canvas.image().pixelColor(3, 3).red()
    return next(step for step in STEPS if step % 256 == red)


def test_a_slider_goes_from_step_to_step_by_keyboard_mouse_and_buttons(
    tab: ArtifactsTab, tasks: Tasks
) -> None:
    tab.table.select("readme.txt")
    settle(tasks)
    assert tab.steps.isHidden()
    tab.table.select("samples/step_0.png")
    settle(tasks)
    assert nameless(tab) == []
    assert (tab.steps.says.text(), seen(tab)) == ("Step 0, 1 of 4", 0)
    assert not tab.steps.before.isEnabled()
    tab.steps.slider.setFocus()
    for step, words in ((20, "Step 20, 2 of 4"), (100, "Step 100, 3 of 4")):
        QTest.keyClick(tab.steps.slider, Qt.Key.Key_Right)
        assert seen(tab) == step  # at once: it was read ahead
        assert tab.steps.says.text() == words
        assert tab.table.selected() == (f"samples/step_{step}.png",)
        settle(tasks)
    QTest.keyClick(tab.steps.slider, Qt.Key.Key_End)
    settle(tasks)
    assert seen(tab) == 1000
    assert not tab.steps.after.isEnabled()
    QTest.mouseClick(tab.steps.before, Qt.MouseButton.LeftButton)
    settle(tasks)
    assert seen(tab) == 100
    QTest.mouseClick(tab.steps.slider, Qt.MouseButton.LeftButton, pos=QPoint(4, 8))
    settle(tasks)
    assert seen(tab) < 100
    assert tab.view.view is not None
    assert tab.view.view.facts.is_verified


def test_steps_are_reached_though_a_search_leaves_them_out_and_texts_have_them_too(
    tab: ArtifactsTab, tasks: Tasks
) -> None:
    tab.search.set_text("epoch-001")
    tab.table.select("texts/epoch-001.txt")
    settle(tasks)
    assert tab.steps.says.text() == "Step 1, 1 of 2"
    tab.steps.step(1)
    settle(tasks)
    assert tab.view.shows()[1] == "texts/epoch-002.txt"
    assert "epoch 2" in tab.view.parts.text.area.toPlainText()
    tab.search.set_text("")


def test_files_belong_together_by_all_but_their_last_number() -> None:
    found = step_files(
        ["a/s_1.png", "a/s_02.png", "a/s_10.png", "b/s_1.png", "x.png", "v2/one.txt", "v3/one.txt"]
    )
    assert found["a/s_10.png"].steps == (1, 2, 10)
    assert found["a/s_10.png"].name == "a/s_*.png"
    assert set(found) == {"a/s_1.png", "a/s_02.png", "a/s_10.png"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=30))
def test_no_names_break_it_and_each_file_stands_once(paths: list[str]) -> None:
    found = step_files(paths)
    assert set(found) <= set(paths)
    for path, files in found.items():
        assert files.paths[files.at(path)] == path
        assert list(files.steps) == sorted(set(files.steps))
        assert len(files.steps) == len(files.paths) >= 2
