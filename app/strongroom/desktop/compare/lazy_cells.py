# SPDX-License-Identifier: Apache-2.0
"""The cells of one row, each made when it is first asked for."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from strongroom.desktop.kit.cells import Cell


class LazyCells(Sequence[Cell | None]):
    """As many cells as there are columns; subclasses say in `make` what each one is."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._made: dict[int, Cell | None] = {}

    @abstractmethod
    def make(self, at: int) -> Cell | None:
        """Returns the cell of a column, None for an empty one."""

    def __len__(self) -> int:
        """Returns the number of columns."""
        return self._columns

    @overload
    def __getitem__(self, at: int) -> Cell | None: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Cell | None]: ...

    def __getitem__(self, at: int | slice) -> Cell | Sequence[Cell | None] | None:
        """Returns one cell, or some."""
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        if at not in self._made:
            self._made[at] = self.make(at)
        return self._made[at]
