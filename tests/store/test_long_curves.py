# SPDX-License-Identifier: Apache-2.0
"""Curves of very many points: their extremes at once, every point of a stretch when it is seen."""

import errno
from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.errors import Untrusted
from strongroom.journal.pyramid import Rows
from strongroom.services.curves import Axis, Curve, Curves
from strongroom.services.long_curves import LongCurves
from strongroom.services.runs import Runs
from strongroom.services.smoothing import OFF, Smoothing, SmoothingKind, smooth
from strongroom.store import pyramid_files
from support.long_metrics import BLOCK, make_small, noisy, sealed_run
from support.runs_on_disk import add_process, run_id

COUNT = 1_000
KINDS = [
    OFF,
    Smoothing(kind=SmoothingKind.EMA, amount=0.7),
    Smoothing(kind=SmoothingKind.EMA, amount=0.99),
    Smoothing(kind=SmoothingKind.TIME_EMA, amount=5.0),
    Smoothing(kind=SmoothingKind.MEAN, amount=12),
    Smoothing(kind=SmoothingKind.GAUSSIAN, amount=3.0),
]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def _only(runs: Runs, *, curves: Curves | None = None, **asked: object) -> Curve:
    (curve,) = (curves or Curves(runs)).curves([run_id(1)], ["loss"], **asked)  # type: ignore[arg-type]
    return curve


def _files(store: Path) -> list[Path]:
    return sorted((store / "cache" / "curves").glob("*.srpyr"))


@pytest.mark.parametrize("smoothing", KINDS, ids=lambda each: f"{each.kind.value}-{each.amount:g}")
def test_the_whole_shows_extremes_and_a_range_every_point_smoothed_as_if_all_were_drawn(
    tmp_path: Path, smoothing: Smoothing
) -> None:
    values = noisy(COUNT)
    runs, _ = sealed_run(tmp_path, values.tolist())
    every = smooth(np.arange(COUNT, dtype=float), values, smoothing)
    for _ in range(2):  # made, then from its file
        whole = _only(runs, smoothing=smoothing)
        assert whole.has_finer
        assert whole.between == COUNT - len(whole.x) > 0
        at = whole.x.astype(int)
        assert whole.raw.tobytes() == values[at].tobytes()
        np.testing.assert_allclose(whole.smooth, every[at], rtol=1e-11, equal_nan=True)
        assert np.nanmax(whole.raw) == 9.0
        assert np.nanmax(whole.smooth) == pytest.approx(np.nanmax(every), rel=1e-11)
        near = _only(runs, smoothing=smoothing, within=(480.5, 520.25))
        inside = (near.x >= 480.5) & (near.x <= 520.25)
        assert near.x[inside].tolist() == list(range(481, 521))
        assert near.raw[inside].tobytes() == values[481:521].tobytes()
        np.testing.assert_allclose(near.smooth[inside], every[481:521], rtol=1e-9, equal_nan=True)
        assert near.between == 0
        assert (np.diff(near.x) > 0).all()
        assert (near.x[0], near.x[-1]) == (whole.x[0], whole.x[-1])
    runs.catalog.close()


def test_a_range_of_more_points_than_are_read_shows_a_finer_level(tmp_path: Path) -> None:
    values = noisy(COUNT)
    runs, _ = sealed_run(tmp_path, values.tolist())
    whole, near = _only(runs), _only(runs, within=(100.0, 400.0))
    inside = (near.x >= 100) & (near.x <= 400)
    assert inside.sum() > ((whole.x >= 100) & (whole.x <= 400)).sum()
    assert near.between > 0
    assert near.raw.tobytes() == values[near.x.astype(int)].tobytes()
    runs.catalog.close()


@pytest.mark.parametrize("axis", [Axis.TIME, Axis.RELATIVE])
def test_a_range_of_time_is_found_too(tmp_path: Path, axis: Axis) -> None:
    values = noisy(COUNT)
    runs, _ = sealed_run(tmp_path, values.tolist())
    exact = Curves(runs).curves([run_id(1)], ["loss"], x=axis, has_all=True)[0]
    near = _only(runs, x=axis, within=(float(exact.x[300]), float(exact.x[330])))
    inside = (near.x >= exact.x[300]) & (near.x <= exact.x[330])
    assert near.x[inside].tolist() == exact.x[300:331].tolist()
    assert near.raw[inside].tobytes() == values[300:331].tobytes()
    runs.catalog.close()


def test_35_infinities_hide_nothing_and_what_is_no_number_stays_a_gap(tmp_path: Path) -> None:
    values = np.arange(COUNT, dtype=float)
    values[100:300:3] = np.inf
    values[101:300:3] = -np.inf
    values[400:500] = np.nan
    values[700] = -0.0
    runs, _ = sealed_run(tmp_path, values.tolist())
    drawn = _only(runs)
    among = drawn.raw[(drawn.x >= 100) & (drawn.x < 300)]
    assert np.isfinite(among).all()
    gap = drawn.raw[(drawn.x > 404) & (drawn.x < 496)]
    assert len(gap)
    assert np.isnan(gap).all()
    near = _only(runs, within=(690.0, 710.0))
    assert np.signbit(near.raw[near.x == 700]).all()
    runs.catalog.close()


def test_points_out_of_order_are_drawn_in_order_and_smoothed_whole(tmp_path: Path) -> None:
    values = noisy(COUNT)
    runs, folder = sealed_run(tmp_path, values.tolist())
    add_process(folder, metrics={"loss": [50.0, 60.0]}, now_us=1_700_000_000_000_009, claims=True)
    runs.refresh()
    drawn, near = _only(runs), _only(runs, within=(0.0, 3.0))
    assert (np.diff(drawn.x) >= 0).all()
    assert near.raw[near.x <= 1].tolist() == [values[0], 50.0, values[1], 60.0]
    smoothed = _only(runs, smoothing=Smoothing(kind=SmoothingKind.EMA, amount=0.7))
    assert len(smoothed.x) == COUNT + 2, "they have to be sorted first, so all are held"
    assert not smoothed.has_finer
    runs.catalog.close()


def test_the_pyramid_is_kept_and_the_run_is_not_read_whole_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, _ = sealed_run(tmp_path, noisy(COUNT).tolist())
    first = _only(runs)
    (path,) = _files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0

    def built(*_given: object) -> None:
        raise AssertionError("it was made again")

    monkeypatch.setattr(LongCurves, "_built", built)
    again = _only(runs)
    assert again.x.tobytes() == first.x.tobytes()
    assert again.raw.tobytes() == first.raw.tobytes()
    runs.catalog.close()


def test_a_pyramid_that_was_deleted_or_damaged_is_made_again(tmp_path: Path) -> None:
    runs, _ = sealed_run(tmp_path, noisy(COUNT).tolist())
    first = _only(runs)
    (path,) = _files(tmp_path)
    good = path.read_bytes()
    for bad in (b"", good[:50], good[:-8] + b"\x00" * 8):
        path.write_bytes(bad)
        assert _only(runs).raw.tobytes() == first.raw.tobytes()
        assert path.read_bytes() == good
    path.unlink()
    assert _only(runs).raw.tobytes() == first.raw.tobytes()
    assert path.read_bytes() == good
    runs.catalog.close()


@pytest.mark.parametrize("smoothing", [OFF, KINDS[1]], ids=["raw", "smoothed"])
def test_a_forged_pyramid_with_good_checksums_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smoothing: Smoothing
) -> None:
    runs, _ = sealed_run(tmp_path, noisy(COUNT).tolist())
    honest = _only(runs, smoothing=smoothing)
    files = pyramid_files.PyramidFiles(tmp_path / "cache")
    made = "" if not smoothing.is_on else "ema 0.7 points"
    name = (run_id(1), runs.place(run_id(1)).sealed_sha256, "loss", made)
    kept = files.read(*name)
    assert kept is not None
    level = kept.levels[0]
    better = [column.copy() for column in level.columns]
    better[-1][:] = 0.2
    forged = type(kept)(
        count=kept.count,
        is_ordered=kept.is_ordered,
        blocks=kept.blocks,
        levels=(
            Rows(steps=level.steps, times_us=level.times_us, columns=tuple(better)),
            *kept.levels[1:],
        ),
    )
    files.write(forged, *name)
    assert files.read(*name) is not None, "its checksums hold"
    assert _only(runs, smoothing=smoothing).raw.tobytes() == honest.raw.tobytes()
    again = files.read(*name)
    assert again is not None
    assert again.levels[0].columns[-1].tobytes() == level.columns[-1].tobytes()
    runs.catalog.close()


def test_a_run_whose_points_were_changed_is_not_drawn_from_its_pyramid(tmp_path: Path) -> None:
    runs, folder = sealed_run(tmp_path, noisy(COUNT).tolist())
    _only(runs)
    path = folder / "metrics.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Untrusted) as caught:
        _only(runs)
    assert caught.value.code == "E-HASH"
    runs.catalog.close()


def test_a_cache_that_takes_nothing_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, _ = sealed_run(tmp_path, noisy(COUNT).tolist())

    def full(*_given: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pyramid_files, "written_whole", full)
    assert np.nanmax(_only(runs).raw) == 9.0
    assert _files(tmp_path) == []
    runs.catalog.close()


def test_the_cache_stays_bounded_and_keeps_what_was_looked_at_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, _ = sealed_run(tmp_path, noisy(COUNT).tolist())
    _only(runs)
    (first,) = _files(tmp_path)
    monkeypatch.setattr(pyramid_files, "MOST_BYTES", first.stat().st_size * 5)
    for number in range(12):
        _only(runs, smoothing=Smoothing(kind=SmoothingKind.EMA, amount=0.1 + number / 100))
        _only(runs)
    files = _files(tmp_path)
    assert first in files
    assert sum(path.stat().st_size for path in files) <= first.stat().st_size * 5
    runs.catalog.close()


def test_a_short_metric_beside_a_long_one_is_given_whole(tmp_path: Path) -> None:
    runs, folder = sealed_run(tmp_path, noisy(COUNT).tolist())
    add_process(folder, metrics={"few": [1.0, 2.0]}, now_us=1_700_000_000_000_009, claims=True)
    runs.refresh()
    found = Curves(runs).curves([run_id(1)], ["few", "loss"], within=(0.0, float(BLOCK)))
    assert [(curve.key, curve.has_finer) for curve in found] == [("few", False), ("loss", True)]
    assert found[0].raw.tolist() == [1.0, 2.0]
    runs.catalog.close()
