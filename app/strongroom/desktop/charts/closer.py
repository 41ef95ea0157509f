# SPDX-License-Identifier: Apache-2.0
"""Which charts of a board are to be seen more closely than their lines allow.

Laws: a question comes when a person has stopped zooming, never while they drag; it asks for a range
wider than what is seen, so that a little panning shows what is there already; a range that shows
every point is not asked again until somebody leaves it.
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.charts.board import ChartBoard

REST_MS = 160  # after the last move: a wheel turns a notch every 50 to 100 ms
BESIDE = 0.5  # of what is seen, asked for at each side
FAR = 4.0  # times what is seen: a range that was asked for a wider view shows too little

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a card's lines are like: whether there is more to see, and what lies between."""

    has_finer: bool
    between: int


class Closer(QObject):
    """Watches the ranges of a board's charts.

    Signals:
        wanted: Cards that are to be read again (their ids).
    """

    wanted = Signal(tuple)

    def __init__(self, board: ChartBoard) -> None:
        super().__init__(board)
        self._board = board
        self._told: dict[str, _Told] = {}
        self._spans: dict[str, tuple[str, Span]] = {}  # with the axis they are ranges of
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)
        board.ranged.connect(self._on_ranged)

    def span(self, card_id: str) -> Span | None:
        """Returns the range of x in which a card is to be seen closely, None if nowhere."""
        axis, span = self._spans.get(card_id, ("", None))
        return span if axis == self._board.options(card_id).x else None

    def tell(self, card_id: str, *, has_finer: bool, between: int) -> None:
        """Says what the lines of a card are like that have come."""
        self._told[card_id] = _Told(has_finer=has_finer, between=between)
        if has_finer:
            self._rest.start()  # the view may have moved while they were read

    def forget(self) -> None:
        """Forgets every card: they are read anew."""
        self._told.clear()
        self._spans.clear()

    # ------------------------------------------------------------ inside

    def _wanted(self) -> dict[str, Span | None]:
        """Returns for each card that shows too little the range that is to be read.

        None is for one that somebody has zoomed out again: its extremes are enough.
        """
        found: dict[str, Span | None] = {}
        for card_id, told in self._told.items():
            chart = self._board.chart(card_id)
            if not told.has_finer or chart is None or not chart.isVisible():
                continue
            had = self.span(card_id)
            if not chart.is_zoomed:
                if had is not None:
                    found[card_id] = None
                continue
            seen = chart.x_range()
            if not _shows_enough(seen, had, told.between):
                wide = (seen[1] - seen[0]) * BESIDE
                found[card_id] = seen[0] - wide, seen[1] + wide
        return found

    def _on_ranged(self) -> None:
        if any(told.has_finer for told in self._told.values()):
            self._rest.start()

    def _look(self) -> None:
        wanted = self._wanted()
        for card_id, span in wanted.items():
            if span is None:
                self._spans.pop(card_id, None)
            else:
                self._spans[card_id] = self._board.options(card_id).x, span
        if wanted:
            self.wanted.emit(tuple(wanted))


def _shows_enough(seen: Span, had: Span | None, between: int) -> bool:
    if had is None or not (had[0] <= seen[0] and seen[1] <= had[1]):
        return False
    return not between or had[1] - had[0] <= FAR * (seen[1] - seen[0])
