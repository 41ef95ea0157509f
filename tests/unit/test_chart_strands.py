# SPDX-License-Identifier: Apache-2.0
"""Lines and points made in numpy lie where plain arithmetic puts them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PySide6.QtGui import QColor

from strongroom.desktop.charts import strands
from strongroom.desktop.charts.dots import paint_dots, stamp_of
from strongroom.desktop.charts.shades import Shape, oklab_lightness, scale_colours
from strongroom.desktop.charts.strands import coverage, lay, opacity_of
from strongroom.desktop.kit.tokens import ThemeName, load_tokens
from support.chart_look import plain_look

COLUMNS = np.array([3, 20, 29], np.int64)
HEIGHT = 24


def spelled_out(y: np.ndarray, thickness: int, *, is_fine: bool) -> np.ndarray:
    """Fills every span of every line one by one."""
    ink = np.zeros((HEIGHT, int(COLUMNS[-1] - COLUMNS[0]) + 1))
    for line in y:
        for axis in range(2):
            if np.isnan(line[axis : axis + 2]).any():
                continue
            wide = int(COLUMNS[axis + 1] - COLUMNS[axis])
            for column in range(wide):
                ends = [
                    line[axis] + (line[axis + 1] - line[axis]) * at / wide
                    for at in (column, column + 1)
                ]
                top, bottom = min(ends) - thickness / 2, max(ends) + thickness / 2
                if not is_fine:
                    top, bottom = np.floor(top + 0.5), np.floor(bottom + 0.5)
                rows = np.arange(HEIGHT)
                share = np.clip(bottom - rows, 0, 1) - np.clip(top - rows, 0, 1)
                ink[:, int(COLUMNS[axis] - COLUMNS[0]) + column] += share
    return ink


@given(
    lines=st.lists(
        st.tuples(*[st.one_of(st.floats(0, HEIGHT), st.just(float("nan")))] * 3),
        min_size=1,
        max_size=8,
    ),
    thickness=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_ink_is_what_filling_every_span_by_itself_gives(
    lines: list[tuple[float, ...]], thickness: int
) -> None:
    y = np.array(lines, np.float64)
    fine = coverage(HEIGHT, COLUMNS, y, thickness, is_fine=True)
    assert fine == pytest.approx(spelled_out(y, thickness, is_fine=True), abs=1e-3)
    for one in (fine, coverage(HEIGHT, COLUMNS, y, thickness, is_fine=False)):
        assert (one >= 0).all()
        assert one.sum() > 0 or np.isnan(y).any()


def test_equal_lines_are_counted_instead_of_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(5)
    y = np.asarray(chance.integers(0, 6, (3_000, 3)) * 4, np.float64)
    counted = coverage(HEIGHT, COLUMNS, y, 1, is_fine=False)
    monkeypatch.setattr(strands, "MERGED_FROM", 1 << 30)
    assert counted == pytest.approx(coverage(HEIGHT, COLUMNS, y, 1, is_fine=False))


def test_more_lines_on_a_pixel_are_more_ink_and_never_more_than_the_colour() -> None:
    pixels = np.full((1, 3), 0xFFFFFFFF, np.uint32)
    lay(pixels, np.array([[0, 1, 50]], np.float32), 0xFF0000FF, 0.3)
    red = (pixels[0] >> 16) & 255
    assert red[0] == 255 > red[1] > red[2]
    assert (pixels[0] & 255 >= 254).all()
    assert opacity_of(10) > opacity_of(1_000) > opacity_of(100_000) > 0


def painted(x: list[float], y: list[float], colours: list[int], shapes: list[int]) -> np.ndarray:
    pixels = np.full((40, 40), 0xFFFFFFFF, np.uint32)
    stamps = [stamp_of(Shape.CIRCLE, 4.0, 1.0), stamp_of(Shape.SQUARE, 4.0, 1.0)]
    paint_dots(
        pixels,
        np.array(x),
        np.array(y),
        np.array(colours, np.uint32),
        np.array(shapes, np.intp),
        stamps,
        0xFFFFFFFF,
    )
    return pixels


def test_a_later_point_lies_on_top_whatever_its_shape() -> None:
    red, blue = 0xFFFF0000, 0xFF0000FF
    for shapes in ([0, 1], [1, 0], [0, 0]):
        pixels = painted([18.5, 24.5], [20.5, 20.5], [red, blue], shapes)
        assert pixels[20, 24] == blue
        assert pixels[20, 16] == red
        assert (pixels[20] == 0xFFFFFFFF).sum() > 20
    assert (painted([20.5] * 2, [20.5] * 2, [red, blue], [0, 0]) == red).sum() == 0


def test_points_beyond_the_picture_or_without_a_place_do_no_harm() -> None:
    pixels = painted([-1.0, 41.0, float("nan"), 1e9], [20.0, 20.0, 20.0, 20.0], [1] * 4, [0] * 4)
    assert (pixels[:, 6:34] == 0xFFFFFFFF).all()
    assert painted([], [], [], []).min() == 0xFFFFFFFF


@pytest.mark.parametrize("shape", list(Shape))
def test_shapes_have_about_the_same_area(shape: Shape) -> None:
    area = stamp_of(shape, 8.0, 1.0).share.sum() / 256
    assert area == pytest.approx(np.pi * 64, rel=0.25)


@pytest.mark.parametrize("name", ["light", "dark", "high-contrast"])
def test_the_scale_of_colours_is_read_without_hues(name: ThemeName) -> None:
    tokens = load_tokens(name)
    look = replace(
        plain_look(),
        surface=QColor(tokens.colours["bg_surface"]),
        text=QColor(tokens.colours["text_primary"]),
        series=tuple(QColor(each) for each in tokens.series),
    )
    lightness = oklab_lightness(scale_colours(look))
    steps = np.diff(lightness) * (1 if tokens.is_dark else -1)
    assert (steps > -0.004).all()  # eight bits a channel round it a little
    assert abs(lightness[0] - lightness[-1]) > 0.2
