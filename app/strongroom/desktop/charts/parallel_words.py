# SPDX-License-Identifier: Apache-2.0
"""What a parallel plot says of itself, in its header and to those who do not see it."""

from dataclasses import dataclass

from strongroom.desktop.charts.brush import Brush
from strongroom.desktop.charts.parallel_scene import MOST_LINES, Strands
from strongroom.desktop.charts.region import Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Is title, note and value of the header, and the spoken sentence."""

    title: str
    note: str
    value: str
    spoken: str


def said(
    strands: Strands, axis: int, brush: Brush | None, inside: Flags | None, current: int
) -> Said:
    """Returns the words about the lines, the axis that has the keyboard, and the current run."""
    total = len(strands.names)
    count = f"{total:,} runs"
    if total > MOST_LINES and inside is None:
        count += f", every {_ordinal(-(-total // MOST_LINES))} drawn"
    value = "" if inside is None else f"{int(inside.sum()):,} brushed"
    here = strands.dimensions[axis]
    spoken = [
        f"Axis {here.heading}, {axis + 1} of {len(strands.dimensions)}",
        f"brushed {brush.words(here)}" if brush else "not brushed",
        value,
        count,
    ]
    if current >= 0:
        values = (f"{each.title} {each.text(current)}" for each in strands.dimensions)
        spoken.insert(0, f"{strands.names[current]}: {', '.join(values)}")
    title = f"{len(strands.dimensions)} fields"
    return Said(title=title, note=count, value=value, spoken=", ".join(filter(None, spoken)))


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
