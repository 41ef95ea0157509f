# SPDX-License-Identifier: Apache-2.0
"""Brings the lines of the charted runs to the board: asks, follows, drops what came too late.

* Lines are read, smoothed, grouped and made ready to draw by a worker when their chart comes into
  sight; an answer for other runs or other settings is dropped.
* While a run is live only its own curves are asked for again, and only for charts near sight; once
  more when it has ended, for what it logged after the last look.
* What is zoomed into a long curve is read again, closely (`charts.closer`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.charts.board import ChartBoard, Laid
from strongroom.desktop.charts.closer import Closer
from strongroom.desktop.charts.layout import Card
from strongroom.desktop.charts.look import ChartLook
from strongroom.desktop.charts.prepared import Prepared
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.chart_export import AllCharts
from strongroom.desktop.runs.charted import Charted
from strongroom.desktop.runs.curve_lines import (
    CardLines,
    Grouping,
    RunLook,
    Unseen,
    Wish,
    read_lines,
)
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.domain.metric import metric_rank
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.run import Run, RunStatus
from strongroom.services.curve_bands import Spread

MANY_NAMES = 20_000  # metric names of all runs; counting more takes longer than a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBy:
    """By which param runs are grouped ("" by none), what is drawn, and whether the runs are too."""

    param: str = ""
    spread: Spread = Spread.STD
    has_traces: bool = True


class CurveReader(QObject):
    """Reads for one board.

    Args:
        services: Where curves come from.
        tasks: The jobs of the window.
        charted: Which runs are ticked, and their colours.
        board: What is filled.
        parent: Where faults are shown.

    Signals:
        answered: Lines have come.
    """

    answered = Signal()

    def __init__(
        self,
        services: RunsServices,
        tasks: Tasks,
        charted: Charted,
        board: ChartBoard,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks, self._charted = services, tasks, charted
        self._board, self._widget = board, parent
        self._runs: dict[str, Run] = {}
        self._lines: dict[str, dict[tuple[str, str], Prepared]] = {}
        self._unseen: dict[str, dict[str, Unseen]] = {}  # by card and run
        self._closer = Closer(board)
        self._names: tuple[tuple[tuple[str, int], ...], tuple[str, ...]] = ((), ())
        self._question = 0
        self._ended: set[str] = set()  # ran at the last look, and have not been read to their end
        self._is_following = self._is_arranging = False
        self.schema = MetricSchema()
        self.grouping = GroupBy()
        board.wanted.connect(self._on_wanted)
        self._closer.wanted.connect(self._on_closer)

    def run_ids(self) -> tuple[str, ...]:
        """Returns the charted runs."""
        return tuple(self._runs)

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Charts these runs, in this order; with the same runs it only takes over their state."""
        before, was_live = tuple(self._runs), set(self.live_ids())
        self._runs = {run.run_id: run for run in runs}
        if before != tuple(self._runs):
            self.ask_all_again()
        else:
            self._name_metrics()
            self._ended |= was_live - set(self.live_ids())
            if self._ended:
                self.follow(())

    def set_grouping(self, grouping: GroupBy) -> None:
        """Groups the runs otherwise."""
        if grouping != self.grouping:
            self.grouping = grouping
            self.ask_all_again()

    def unseen(self, card_id: str) -> Unseen:
        """Returns what the lines of a card do not show."""
        found = Unseen()
        for one in self._unseen.get(card_id, {}).values():
            found = found.and_also(one)
        return found

    def every_point(self, card_id: str) -> Callable[[], Sequence[Prepared]] | None:
        """Returns what reads a card's lines with every point, None if it shows them all."""
        if not self.unseen(card_id).has_finer:
            return None
        curves, looks, runs = self._services.curves, self._looks(), tuple(self._runs)
        wish, grouping = replace(self._wish(card_id), within=None, has_all=True), self._grouping()

        def read() -> Sequence[Prepared]:
            lines = read_lines(curves, looks, runs, (wish,), grouping)[wish.card.id]
            return tuple(lines.prepared.values())

        return read

    def forget_stale(self) -> None:
        """Forgets lines the board does not want any more."""
        for card_id in [each for each in self._lines if not self._board.has_lines(each)]:
            self._lines.pop(card_id)

    def follow(self, run_ids: Sequence[str], then: Callable[[], None] | None = None) -> None:
        """Asks again for the curves of live runs; one question at a time."""
        places = self._board.places()
        near = [card_id for card_id in self._lines if card_id in places]
        wanted = self._ended.union(run_ids)
        asked = tuple(run_id for run_id in self._runs if run_id in wanted)
        if self._is_following or not near or not asked:
            return
        self._is_following = True
        self._ended = set()
        far = [card_id for card_id in self._lines if card_id not in places]
        for card_id in far:
            self._lines.pop(card_id)
        self._board.forget_series(far)  # read anew when they come into sight
        question = self._question

        def take(found: dict[str, CardLines]) -> None:
            self._is_following = False
            if question == self._question:
                self._take(found)
            if then is not None:
                then()
            if self._ended:
                self.follow(())

        def failed(fault: BaseException) -> None:
            self._is_following = False
            errors.show(fault, self._widget)

        which = tuple(self._runs) if self.grouping.param else asked
        self._ask("runs.follow", "Following live runs", which, near, take, failed)

    def live_ids(self) -> tuple[str, ...]:
        """Returns the charted runs that may still be logging."""
        return tuple(
            run.run_id
            for run in self._runs.values()
            if run.status is RunStatus.RUNNING and not run.is_lost
        )

    def param_names(self) -> tuple[str, ...]:
        """Returns the params by which the charted runs can be grouped, those that differ first."""
        values: dict[str, set[str]] = {}
        for run in self._runs.values():
            for name, value in run.params.items():
                values.setdefault(name, set()).add(value)
        return tuple(sorted(values, key=lambda name: (len(values[name]) < 2, name)))

    def metric_names(self) -> tuple[str, ...]:
        """Returns the metrics of the charted runs, in the order of the board."""
        return self._names[1]

    def all_charts(self) -> AllCharts:
        """Returns what saving all charts needs; reads nothing yet."""
        curves, looks, runs = self._services.curves, self._looks(), tuple(self._runs)
        grouping = self._grouping()
        ids = self._board.shown_keys()
        there = [self._board.chart(card_id) for card_id in ids]
        leader = next((c for c in there if c is not None and c.is_zoomed), None)
        return AllCharts(
            wishes=tuple(self._wish(card_id) for card_id in ids),
            read=lambda wish: read_lines(curves, looks, runs, (wish,), grouping)[wish.card.id],
            look=ChartLook.from_theme(theme()),
            x_range=None if leader is None else leader.x_range(),
        )

    # ------------------------------------------------------------ inside

    def _name_metrics(self) -> None:
        """Tells the board which metrics there are; a store with very many is counted aside."""
        stamp = tuple((run_id, len(run.metrics)) for run_id, run in self._runs.items())
        if stamp == self._names[0]:
            return
        runs = tuple(self._runs.values())

        def take(found: tuple[tuple[str, ...], Laid | None]) -> None:
            if stamp == tuple((run_id, len(run.metrics)) for run_id, run in self._runs.items()):
                self._names = stamp, found[0]
                self._board.set_keys(*found)

        if sum(count for _, count in stamp) <= MANY_NAMES:
            take((_metric_names(runs), None))
            return
        lay = self._board.laying_out()

        def work(_progress: object) -> tuple[tuple[str, ...], Laid]:
            names = _metric_names(runs)
            return names, lay(names)

        self._tasks.ask("runs.metric_names", "Reading names", work, take, owner=self)

    def ask_all_again(self) -> None:
        """Reads everything in sight anew."""
        self._question += 1
        self._ended = set()  # all is read anew
        self._lines.clear()
        self._unseen.clear()
        self._closer.forget()
        self._is_arranging = True
        self._board.forget_series()
        self._name_metrics()
        self._is_arranging = False
        self._board.forget_series()

    def _on_wanted(self, card_ids: tuple[str, ...]) -> None:
        if self._is_arranging or not card_ids or not self._runs:
            return
        question = self._question

        def take(found: dict[str, CardLines]) -> None:
            if question == self._question:
                self._take(found)
                self.answered.emit()

        job = f"runs.curves.{question}.{card_ids[0]}"
        self._ask(job, "Reading curves", tuple(self._runs), card_ids, take, None)

    def _on_closer(self, card_ids: tuple[str, ...]) -> None:
        question = self._question

        def take(found: dict[str, CardLines]) -> None:
            if question == self._question:
                self._take(found)

        runs = tuple(self._runs)
        for card_id in card_ids:  # each by itself: a newer question of one lets the others be
            job = f"runs.closer.{card_id}"
            self._ask(job, "Reading points", runs, (card_id,), take, None)

    def _ask(
        self,
        job: str,
        name: str,
        run_ids: tuple[str, ...],
        card_ids: Sequence[str],
        done: Callable[[dict[str, CardLines]], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        curves, schemas = self._services.curves, self._services.metric_schemas
        wishes = tuple(self._wish(card_id) for card_id in card_ids)
        looks, grouping = self._looks(), self._grouping()

        def work(_progress: object) -> tuple[dict[str, CardLines], MetricSchema]:
            return read_lines(curves, looks, run_ids, wishes, grouping), schemas.read()

        def take(answer: tuple[dict[str, CardLines], MetricSchema]) -> None:
            found, self.schema = answer
            asked = {wish.card.id: wish for wish in wishes}
            done({each: had for each, had in found.items() if self._wish(each) == asked[each]})

        self._tasks.ask(job, name, work, take, owner=self, failed=failed)

    def _wish(self, card_id: str) -> Wish:
        card = self._board.layout_value().card(card_id)
        drawn = replace(self._board.options(card_id), title="", low=None, high=None, clip=None)
        return Wish(
            card=Card(id=card.id, keys=card.keys),
            options=replace(drawn, title=card.options.title),
            within=self._closer.span(card_id),
        )

    def _take(self, found: dict[str, CardLines]) -> None:
        for card_id, lines in found.items():
            known = self._lines.setdefault(card_id, {})
            known.update(lines.prepared)
            order = {run_id: place for place, run_id in enumerate(self._runs)}
            ids = sorted(known, key=lambda pair: order.get(pair[0], -1))
            self._unseen.setdefault(card_id, {}).update(lines.unseen)
            unseen = self.unseen(card_id)
            self._closer.tell(card_id, has_finer=unseen.has_finer, between=unseen.between)
            chart = self._board.chart(card_id)
            if chart is not None:
                self._board.dress(card_id, chart)
            self._board.set_prepared(card_id, [known[pair] for pair in ids], lines.logs)

    def _looks(self) -> dict[str, RunLook]:
        return {
            run.run_id: RunLook(label=shown(run.name) or run.run_id[:8], place=place)
            for run in self._runs.values()
            if (place := self._charted.place(run.run_id)) is not None
        }

    def _grouping(self) -> Grouping | None:
        if not self.grouping.param:
            return None
        groups = {run_id: run.params.get(self.grouping.param) for run_id, run in self._runs.items()}
        return Grouping(
            param=self.grouping.param,
            group_of={
                run_id: None if value is None else shown(value) for run_id, value in groups.items()
            },
            spread=self.grouping.spread,
            has_traces=self.grouping.has_traces,
        )


def _metric_names(runs: Sequence[Run]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for run in runs:
        for key in run.metrics:
            counts[key] = counts.get(key, 0) + 1
    return tuple(sorted(counts, key=lambda key: (metric_rank(key), -counts[key], key)))
