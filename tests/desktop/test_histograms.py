# SPDX-License-Identifier: Apache-2.0
"""Histograms from a training script to the screen: exact by step, and how they move over steps."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.artifacts_tab import ArtifactsTab
from strongroom.desktop.viewers.histogram_viewer import HistogramViewer
from strongroom.sdk.histograms import histogram_of
from strongroom.sdk.losses import Lost
from strongroom.services.histogram_steps import MOST_STEPS, over_steps, thinned
from strongroom.services.views.histograms import histogram
from strongroom.services.views.shapes import HistogramView, NoView
from support.accessibility import nameless
from support.runs_on_disk import run_id, write_run
from support.runs_page import runs_page, settle

STEPS = 12
FOLDER = "histograms/w &amp; b"


def logged(step: int) -> bytes:
    values = np.random.default_rng(step).normal(step / 4, 1.0, 500)
    return json.dumps(histogram_of(values, 20)).encode()


def fill(store: Path) -> None:
    files = {f"{FOLDER}/step_{step * 10:010d}.json": logged(step) for step in range(STEPS)}
    write_run(store, 1, artifacts={**files, "hist.json": b"[[1, 2], [0, 1, 3]]", "x.txt": b"x"})


@pytest.fixture
def tab(tmp_path: Path, qtbot: QtBot, tasks: Tasks) -> Iterator[ArtifactsTab]:
    with runs_page(tmp_path / "store", qtbot, tasks, fill) as page:
        page.open_run(run_id(1))
        page.detail.set_wide(wide=True)
        settle(tasks)
        page.detail.open_tab("artifacts")
        settle(tasks)
        yield page.detail.artifacts


def shown(tab: ArtifactsTab, tasks: Tasks, path: str) -> HistogramViewer:
    tab.table.select(path)
    settle(tasks)
    assert tab.view.parts.currentWidget() is tab.view.parts.histogram
    return tab.view.parts.histogram


def test_one_step_says_exact_counts_under_mouse_and_keyboard(
    tab: ArtifactsTab, tasks: Tasks
) -> None:
    viewer = shown(tab, tasks, "hist.json")
    assert viewer.says.text() == "3 values in 2 bins, 0 to 3"
    assert nameless(tab) == []
    plain = viewer.picture.grab().toImage()
    viewer.picture.setFocus()
    QTest.keyClick(viewer.picture, Qt.Key.Key_Right)
    assert viewer.says.text() == "0 to 1: 1"
    QTest.keyClick(viewer.picture, Qt.Key.Key_Right)
    QTest.keyClick(viewer.picture, Qt.Key.Key_Right)
    assert viewer.says.text() == "1 to 3: 2"
    assert viewer.picture.grab().toImage() != plain
    area = viewer.picture._area()
    QTest.mouseMove(viewer.picture, QPoint(int(area.left()) + 6, int(area.center().y())))
    assert viewer.says.text() == "0 to 1: 1"
    viewer.form.set_current("steps")
    assert viewer.says.text() == "It was logged once: there are no other steps"
    viewer.form.set_current("table")
    assert viewer.table.model().rowCount() == 2


def test_over_steps_a_column_a_step_opens_its_step(tab: ArtifactsTab, tasks: Tasks) -> None:
    viewer = shown(tab, tasks, f"{FOLDER}/step_0000000000.json")
    assert tab.steps.says.text() == f"Step 0, 1 of {STEPS}"
    bars = viewer.picture.grab().toImage()
    viewer.form.setFocus()
    QTest.keyClick(viewer.form, Qt.Key.Key_Right)
    settle(tasks)
    assert viewer.says.text().startswith(f"{STEPS} steps in common bins")
    assert viewer.picture.grab().toImage() != bars
    area = viewer.picture._area()
    spot = QPoint(int(area.left() + 7.5 * area.width() / STEPS), int(area.center().y()))
    QTest.mouseMove(viewer.picture, spot)
    assert viewer.says.text().startswith("Step 70: about ")
    QTest.mouseClick(viewer.picture, Qt.MouseButton.LeftButton, pos=spot)
    settle(tasks)
    assert tab.view.shows()[1] == f"{FOLDER}/step_0000000070.json"
    assert tab.steps.says.text() == f"Step 70, 8 of {STEPS}"
    assert viewer.form.current() == "steps"
    assert viewer.picture._marked == 7
    viewer.picture.setFocus()
    QTest.keyClick(viewer.picture, Qt.Key.Key_Left)
    assert viewer.says.text().startswith("Step 60: about ")
    QTest.keyClick(viewer.picture, Qt.Key.Key_Return)
    settle(tasks)
    assert tab.steps.says.text() == f"Step 60, 7 of {STEPS}"
    shown(tab, tasks, "hist.json")  # another file by itself
    assert viewer.form.current() == "one"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b'{"counts": [1], "edges": [0]}', b"[[1], [1, 1]]",
        b"[[-1], [0, 1]]", b"[[NaN], [0, 1]]", b'[["1"], [0, 1]]', b"[[true], [0, 1]]",
        b"[" * 100_000, b"[[1], [0, 1e999]]", b"\xff\xfe", b" " * ((1 << 20) + 1),
        json.dumps([[1] * 5000, list(range(5001))]).encode(),
    ],
)  # fmt: skip
def test_what_is_no_histogram_is_told_in_a_sentence(data: bytes) -> None:
    found = histogram(data)
    assert isinstance(found, NoView)
    assert found.why.endswith(".")


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=200) | st.recursive(
    st.floats() | st.integers() | st.text(max_size=3) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["counts", "edges", "bins", "left_out"]), inner, max_size=3),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_bytes_break_it(data: bytes) -> None:
    assert isinstance(histogram(data), HistogramView | NoView)


@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), min_size=1, max_size=60),
    bins=st.integers(1, 40),
)
def test_what_a_script_logs_is_read_back_whole(values: list[float], bins: int) -> None:
    try:
        document = histogram_of(values, bins)
        same = histogram_of(np.array(values), bins)
    except Lost:
        return
    found = histogram(json.dumps(document).encode())
    assert isinstance(found, HistogramView)
    finite = [value for value in values if math.isfinite(value)]
    assert sum(found.counts) == len(finite) == sum(same["counts"])
    assert found.left_out == len(values) - len(finite)
    assert found.edges[0] <= min(finite) <= max(finite) <= found.edges[-1]


@settings(max_examples=80, deadline=None)
@given(st.lists(
    st.tuples(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.floats(-50, 50),
              st.floats(0.1, 20)), min_size=1, max_size=6,
))  # fmt: skip
def test_common_bins_lose_and_make_no_count(logged: list[tuple[list[int], float, float]]) -> None:
    views = []
    for step, (counts, low, wide) in enumerate(logged):
        edges = tuple(low + wide * at for at in range(len(counts) + 1))
        views.append((step, HistogramView(edges=edges, counts=tuple(map(float, counts)))))
    found = over_steps(views)
    for (_, view), row, quantiles in zip(views, found.counts, found.quantiles, strict=True):
        assert row.sum() == pytest.approx(sum(view.counts))
        assert row.min() >= -1e-9
        if sum(view.counts):
            assert (np.diff(quantiles) >= -1e-9).all()
            assert view.edges[0] - 1e-9 <= quantiles[0] <= quantiles[-1] <= view.edges[-1] + 1e-9


def test_very_many_steps_are_thinned_and_keep_their_ends() -> None:
    assert thinned(5) == (0, 1, 2, 3, 4)
    chosen = thinned(10_000)
    assert (len(chosen), chosen[0], chosen[-1]) == (MOST_STEPS, 0, 9_999)
