# SPDX-License-Identifier: Apache-2.0
"""The brushes of a parallel plot, and the runs inside all of them.

Laws: a brush is told when it is let go, a moment after the last key for one that keys move; brushes
go with their axes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.desktop.charts import parallel_brush
from strongroom.desktop.charts.brush import Brush, brushed
from strongroom.desktop.charts.dimension import Dimension
from strongroom.desktop.charts.scale import Range

if TYPE_CHECKING:
    from strongroom.desktop.charts.region import Flags

TOLD_AFTER_MS = 300  # after the last key; a held arrow is one brush


class Brushing(QObject):
    """Keeps them.

    Signals:
        changed: Other runs are inside.
        told: The same, once the brush is let go (by key of the dimension, a `Brush`).
    """

    changed = Signal()
    told = Signal(object)

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self.inside: Flags | None = None
        self._dimensions: tuple[Dimension, ...] = ()
        self._brushes: dict[str, Brush] = {}
        self._teller = QTimer(self)
        self._teller.setSingleShot(True)
        self._teller.setInterval(TOLD_AFTER_MS)
        self._teller.timeout.connect(self.tell)

    def set_dimensions(self, dimensions: tuple[Dimension, ...]) -> None:
        """Takes other axes."""
        self._dimensions = dimensions
        keys = {each.key for each in dimensions}
        self.set_all({key: brush for key, brush in self._brushes.items() if key in keys})

    def all(self) -> dict[str, Brush]:
        """Returns the brush of each brushed axis."""
        return dict(self._brushes)

    def of(self, dimension: Dimension) -> Brush | None:
        """Returns the brush of an axis."""
        return self._brushes.get(dimension.key)

    def rows(self) -> tuple[int, ...]:
        """Returns the runs inside; none without brushes."""
        return () if self.inside is None else tuple(np.nonzero(self.inside)[0].tolist())

    def set_all(self, brushes: Mapping[str, Brush]) -> None:
        """Replaces all brushes, and tells nobody."""
        self._brushes = dict(brushes)
        self.inside = brushed(self._dimensions, self._brushes)
        self.changed.emit()

    def put(self, dimension: Dimension, brush: Brush | None) -> None:
        """Replaces or takes off the brush of an axis, while it is still held."""
        rest = {key: each for key, each in self._brushes.items() if key != dimension.key}
        is_empty = brush is None or (brush.span is None and not brush.codes)
        self.set_all(rest if brush is None or is_empty else {**rest, dimension.key: brush})

    def tell(self) -> None:
        """Says that the brush is let go."""
        self._teller.stop()
        self.told.emit(self.all())

    # ------------------------------------------------------------ by keys

    def toggle(self, dimension: Dimension, extent: Range) -> None:
        """Starts a brush on an axis, or takes it off."""
        is_new = self.of(dimension) is None
        self.put(dimension, parallel_brush.first(dimension, extent) if is_new else None)
        self._teller.start()

    def nudge(
        self, dimension: Dimension, extent: Range, sign: int, *, is_low: bool, is_both: bool
    ) -> None:
        """Moves an end of a brush, or both; starts one where there is none."""
        brush = self.of(dimension)
        if brush is None:
            self.toggle(dimension, extent)
            return
        moved = parallel_brush.nudged(
            dimension, brush, extent, sign, is_low=is_low, is_both=is_both
        )
        self.put(dimension, moved)
        self._teller.start()

    def drop(self, dimension: Dimension) -> None:
        """Takes the brush of an axis off."""
        if self.of(dimension) is not None:
            self.put(dimension, None)
            self.tell()
