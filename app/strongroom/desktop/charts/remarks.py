# SPDX-License-Identifier: Apache-2.0
"""What is said beside a chart's title, so that nothing is left out in silence.

Law: points a logarithm cannot show, values cut off and ends set by hand are said in the header
(short) and to a screen reader (in a sentence).
"""

from dataclasses import dataclass

from strongroom.desktop.charts.ticks import value_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said around a chart: beside its title, along its axes, and in a legend of its own."""

    note: str = ""
    x: str = ""
    y: str = ""
    has_legend: bool = False


def between_words(between: int, *, has_finer: bool) -> str:
    """Returns what is said of points that lie between the extremes drawn, "" if there are none."""
    if not between:
        return ""
    closer = ", zoom in to see them" if has_finer else ""
    return f"extremes drawn, {between:,} points between them{closer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """Is what the owner of the chart says (``note``) and what the chart itself has to admit.

    ``hidden`` counts points at or below 0 on a logarithmic axis, ``clip`` is in percent, ``low``
    and ``high`` are the ends of y a person has set.
    """

    note: str = ""
    log_x: bool = False
    log_y: bool = False
    hidden: int = 0
    low: float | None = None
    high: float | None = None
    clip: float = 0.0

    def short(self) -> str:
        """Returns the words of the header line."""
        return ", ".join(
            part for part in (self._hidden("≤ 0 hidden"), self.note, *self._own()) if part
        )

    def long(self) -> str:
        """Returns the words for a screen reader."""
        hidden = self._hidden("points at or below 0 cannot be shown on a logarithmic axis")
        return ", ".join(part for part in (self.note, hidden, *self._own()) if part)

    def _hidden(self, words: str) -> str:
        return f"{self.hidden:,} {words}" if self.hidden else ""

    def _own(self) -> tuple[str, ...]:
        axes = " and ".join(name for name, on in (("x", self.log_x), ("y", self.log_y)) if on)
        ends = [
            f"{word} {value_text(end)}"
            for word, end in (("from", self.low), ("to", self.high))
            if end is not None
        ]
        return (
            f"log {axes}" if axes else "",
            f"y {' '.join(ends)}" if ends else "",
            f"outer {self.clip:g} % of y cut" if self.clip else "",
        )
