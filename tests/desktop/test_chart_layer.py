"""Moving a picture gives the picture a fresh redraw gives."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from strongroom.desktop.charts.image import pixels_of
from strongroom.desktop.charts.layer import Layer, Quality, Stroke, View
from strongroom.desktop.charts.pyramid import Pyramid
from strongroom.desktop.charts.spans import Curve
from strongroom.desktop.charts.ticks import number_ticks

WHITE, GREY = 0xFFFFFFFF, 0xFFECEEF2


def strokes(count, samples, *, width=1.4, dash=(), uneven=False):
    rng = np.random.default_rng(5)
    x = np.arange(samples, dtype=float)
    if uneven:
        x = np.cumsum(rng.exponential(1, samples))
    made = []
    for line in range(count):
        y = np.cumsum(rng.normal(size=samples))
        y[rng.random(samples) < 0.001] = np.nan
        curve = Curve(x=x, pyramid=Pyramid.build(y))
        colour = 0xFF000000 | int(rng.integers(1 << 24))
        made.append(Stroke(curve=curve, colour=colour, width=width, dash=dash if line % 2 else ()))
    return made


def channels(picture):
    pixels = pixels_of(picture.image)[:, : picture.view.width]
    return np.stack([(pixels >> shift & 255).astype(int) for shift in (0, 8, 16)])


@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize(
    ("count", "samples", "uneven", "dash"),
    [(4, 300, False, ()), (3, 60_000, False, ()), (3, 20_000, True, (8.0, 4.0))],
)
def test_sixty_pans_give_the_picture_of_a_fresh_redraw(quality, count, samples, uneven, dash):
    layer = Layer(WHITE, GREY, number_ticks)
    layer.set_strokes(strokes(count, samples, uneven=uneven, dash=dash))
    reach = float(np.sqrt(samples))
    view = View.of(600, 300, (samples * 0.2, samples * 0.5), (-reach, reach))
    layer.adopt(layer.render(view, quality))
    rng = np.random.default_rng(1)
    for _ in range(60):
        layer.shift(int(rng.integers(-40, 60)), int(rng.integers(-20, 20)))
    moved = layer.picture
    fresh = layer.render(moved.view, moved.quality)
    assert fresh.quality is moved.quality
    difference = np.abs(channels(moved) - channels(fresh)).max(axis=0)
    assert (difference > 8).mean() < 2e-4


def test_one_sample_among_many_is_seen_at_its_full_height():
    y = np.zeros(200_000)
    y[123_456] = 1.0
    curve = Curve(x=np.arange(200_000.0), pyramid=Pyramid.build(y))
    layer = Layer(WHITE, WHITE, number_ticks)
    layer.set_strokes([Stroke(curve=curve, colour=0xFF000000, width=1.0)])
    picture = layer.render(View.of(400, 100, (0, 2e5), (-0.1, 1.1)), Quality.FAST)
    dark = pixels_of(picture.image)[:, :400] == 0xFF000000
    column = int(123_456 / 500)
    assert dark[8, column - 1 : column + 2].any()
    assert dark.any(axis=0).all()


def test_a_flat_line_is_as_thick_as_its_pen_and_no_thicker():
    curve = Curve(x=np.arange(10.0), pyramid=Pyramid.build(np.full(10, 0.5)))
    layer = Layer(WHITE, WHITE, lambda low, high: number_ticks(0, 0))
    for width in (1.0, 1.4, 3.0):
        layer.set_strokes([Stroke(curve=curve, colour=0xFF000000, width=width)])
        picture = layer.render(View.of(90, 41, (0, 9), (0, 1)), Quality.FINE)
        ink = 255 - channels(picture)[0][:, 45]
        assert ink.sum() / 255 == pytest.approx(width, abs=0.06)


def test_a_zoom_cannot_be_served_by_moving():
    layer = Layer(WHITE, GREY, number_ticks)
    layer.set_strokes(strokes(1, 300))
    layer.adopt(layer.render(View.of(300, 200, (0, 300), (-9, 9)), Quality.FAST))
    assert layer.offset_to(View.of(300, 200, (10, 310), (-9, 9))) == (10, 0)
    assert layer.offset_to(View.of(300, 200, (0, 200), (-9, 9))) is None
    assert layer.offset_to(View.of(310, 200, (0, 300), (-9, 9))) is None


def test_nothing_to_draw_is_a_clean_ground():
    layer = Layer(WHITE, WHITE, number_ticks)
    picture = layer.render(View.of(20, 20, (0, 1), (0, 1)), Quality.FINE)
    assert (pixels_of(picture.image)[:, :20] == WHITE).all()
