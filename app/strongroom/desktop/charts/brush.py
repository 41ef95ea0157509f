# SPDX-License-Identifier: Apache-2.0
"""What is brushed on an upright axis: a range of places, or some categories.

Law: a run is brushed if every brushed axis holds its place; a run without a place is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.region import Flags
from strongroom.desktop.charts.scale import Range
from strongroom.desktop.charts.series import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """Is the brush of one axis: ``span`` of places, or ``codes`` of categories."""

    span: Range | None = None
    codes: frozenset[int] = frozenset()

    def holds(self, places: FloatArray) -> Flags:
        """Returns which places are brushed."""
        if self.span is not None:
            with np.errstate(invalid="ignore"):
                inside: Flags = (places >= self.span[0]) & (places <= self.span[1])
            return inside
        chosen: Flags = np.isin(places, np.array(sorted(self.codes), np.float64))
        return chosen

    def words(self, dimension: Dimension) -> str:
        """Returns what is brushed, as people say it."""
        if self.span is None:
            names = [dimension.number_text(float(code)) for code in sorted(self.codes)]
            return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        low, high = (dimension.number_text(dimension.number_at(place)) for place in self.span)
        return f"{low} to {high}"


def brushed(dimensions: Sequence[Dimension], brushes: Mapping[str, Brush]) -> Flags | None:
    """Returns which runs every brush holds for, None without brushes."""
    inside: Flags | None = None
    for dimension in dimensions:
        brush = brushes.get(dimension.key)
        if brush is not None:
            held = brush.holds(dimension.places)
            inside = held if inside is None else inside & held
    return inside
