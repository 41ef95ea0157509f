# SPDX-License-Identifier: Apache-2.0
"""From runs and cards to lines ready to draw: everything that takes time, in one call for a worker.

* Cards over the same axis and smoothing are read together, each curve once.
* Grouped, a card shows one line with a band for each group; the runs stand behind it if asked for.
* Nothing here knows a widget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.desktop.charts.layout import MOST_KEYS, Card
from strongroom.desktop.charts.options import METRIC, ChartOptions
from strongroom.desktop.charts.prepared import Prepared, prepare
from strongroom.desktop.charts.remarks import between_words
from strongroom.desktop.charts.series import ChartSeries
from strongroom.services.curve_bands import Spread, bands
from strongroom.services.curves import Axis, Curve, Curves, MetricAxis
from strongroom.services.smoothing import OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A card that wants its lines; ``options`` are complete.

    ``within`` is a range of x that is to be seen closely; ``has_all`` wants every point of long
    curves, for a file.
    """

    card: Card
    options: ChartOptions
    within: tuple[float, float] | None = None
    has_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLook:
    """How a run is called and coloured on charts."""

    label: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Runs as groups by a param: the group of each run id, None for those without the param."""

    param: str
    group_of: Mapping[str, str | None]
    spread: Spread
    has_traces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What the lines of a run or a card do not show.

    ``left_out`` counts points that have no place along x, ``between`` those not drawn because they
    lie between extremes that are; ``has_finer`` says that a range can be seen more closely.
    """

    left_out: int = 0
    between: int = 0
    has_finer: bool = False

    def words(self) -> str:
        """Returns what is said of points between extremes, "" if there are none."""
        return between_words(self.between, has_finer=self.has_finer)

    def and_also(self, other: "Unseen") -> "Unseen":
        """Returns what both do not show."""
        return Unseen(
            left_out=self.left_out + other.left_out,
            between=self.between + other.between,
            has_finer=self.has_finer or other.has_finer,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLines:
    """The lines of a card by (run or group, metric), and the logarithms they are for (x, y).

    ``unseen`` says by run what they do not show.
    """

    prepared: dict[tuple[str, str], Prepared]
    logs: tuple[bool, bool]
    unseen: dict[str, Unseen]


def axis_of(options: ChartOptions) -> Axis | MetricAxis:
    """Returns what the service calls the horizontal axis."""
    if options.x.startswith(METRIC):
        return MetricAxis(options.x.removeprefix(METRIC))
    return Axis(options.x)


def read_lines(
    curves: Curves,
    looks: Mapping[str, RunLook],
    run_ids: Sequence[str],
    wishes: Sequence[Wish],
    grouping: Grouping | None = None,
) -> dict[str, CardLines]:
    """Returns the lines of each card.

    Args:
        curves: Where points come from.
        looks: Every charted run, in order.
        run_ids: The runs to read; all of ``looks`` when grouped.
        wishes: The cards.
        grouping: None draws every run.
    """
    found: dict[str, CardLines] = {}
    together: dict[tuple[object, ...], list[Wish]] = {}
    for wish in wishes:
        key = wish.options.x, wish.options.smoothing, wish.within, wish.has_all
        together.setdefault(key, []).append(wish)
    for some in together.values():
        keys = list(dict.fromkeys(key for wish in some for key in wish.card.metrics()))
        answer = curves.curves(
            run_ids,
            keys,
            x=axis_of(some[0].options),
            smoothing=some[0].options.smoothing or OFF,
            within=some[0].within,
            has_all=some[0].has_all or grouping is not None,  # a mean is of every point
        )
        by_key: dict[str, list[Curve]] = {}
        for curve in answer:
            by_key.setdefault(curve.key, []).append(curve)
        for wish in some:
            found[wish.card.id] = _lines(wish, by_key, looks, grouping)
    return found


def _lines(
    wish: Wish,
    by_key: Mapping[str, Sequence[Curve]],
    looks: Mapping[str, RunLook],
    grouping: Grouping | None,
) -> CardLines:
    series: dict[tuple[str, str], ChartSeries] = {}
    keys = wish.card.metrics()[:MOST_KEYS]
    has_shadow = (wish.options.smoothing or OFF).is_on
    unseen: dict[str, Unseen] = {}
    for place, key in enumerate(keys):
        there = [curve for curve in by_key.get(key, ()) if curve.run_id in looks]
        for curve in there:
            one = Unseen(left_out=curve.left_out, between=curve.between, has_finer=curve.has_finer)
            unseen[curve.run_id] = unseen.get(curve.run_id, Unseen()).and_also(one)
        more = f" · {key}" if len(keys) > 1 else ""
        dash = place if len(keys) > 1 else None
        if grouping is None:
            for curve in there:
                look = looks[curve.run_id]
                series[curve.run_id, key] = ChartSeries(
                    run_id=curve.run_id,
                    label=f"{look.label}{more}",
                    colour_index=look.place,
                    x=curve.x,
                    y=curve.smooth,
                    raw_y=curve.raw if has_shadow else None,
                    dash=dash,
                )
        else:
            series.update(_grouped(there, key, more, dash, looks, grouping))
    logs = bool(wish.options.log_x), bool(wish.options.log_y)
    prepared = prepare(list(series.values()), log_x=logs[0], log_y=logs[1])
    return CardLines(
        prepared=dict(zip(series, prepared, strict=True)),
        logs=logs,
        unseen=unseen,
    )


def _grouped(
    curves: Sequence[Curve],
    key: str,
    more: str,
    dash: int | None,
    looks: Mapping[str, RunLook],
    grouping: Grouping,
) -> dict[tuple[str, str], ChartSeries]:
    found: dict[tuple[str, str], ChartSeries] = {}
    order = list(dict.fromkeys(grouping.group_of.get(run_id) for run_id in looks))
    order.sort(key=lambda group: group is None)
    places = {group: place for place, group in enumerate(order)}
    for band in bands(curves, grouping.group_of, grouping.spread):
        group = grouping.group_of.get(band.run_ids[0])
        count = len(band.run_ids)
        found[f"group {band.name}", key] = ChartSeries(
            run_id=f"group {band.name}",
            label=f"{band.name} ({count}){more}",
            colour_index=places[group],
            x=band.x,
            y=band.middle,
            low=band.low,
            high=band.high,
            dash=dash,
        )
    for curve in curves if grouping.has_traces else ():
        found[curve.run_id, key] = ChartSeries(
            run_id=curve.run_id,
            label=f"{looks[curve.run_id].label}{more}",
            colour_index=places[grouping.group_of.get(curve.run_id)],
            x=curve.x,
            y=curve.smooth,
            is_faint=True,
        )
    return found
