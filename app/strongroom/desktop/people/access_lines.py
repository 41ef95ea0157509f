# SPDX-License-Identifier: Apache-2.0
"""An access review as lines of a table: who, and a sign for each right.

* A sign is an icon of its own shape, never a colour alone; its words stand in the tooltip.
"""

from collections import Counter

from strongroom.desktop.kit.cells import (
    MISSING,
    Cell,
    Column,
    Group,
    Line,
    PersonCell,
    Row,
    TextCell,
    TimeCell,
)
from strongroom.desktop.kit.tokens import Role
from strongroom.domain.clock import from_iso
from strongroom.services.access_grid import AccessGrid, GridCell, GridRow, Reach

SIGNS: dict[Reach, tuple[str, Role, str]] = {
    Reach.ALL: ("circle-check", "ok_icon", "everywhere"),
    Reach.SOME: ("contrast", "accent_text", "for some models or experiments"),
    Reach.ENDED: ("circle-minus", "warn_icon", "then, and not any more"),
}
"""How far a right goes: icon, its role, and the words of the legend."""
NARROW, WIDE = 76, 88  # px of a column that holds a sign below a word such as Log, or Production
SHORT = 8  # characters of a word that fits into the narrow one


def columns_of(grid: AccessGrid) -> tuple[Column, ...]:
    """Returns the columns of a grid."""
    signs = tuple(
        Column(
            column.cap,
            column.title,
            NARROW if len(column.title) <= SHORT else WIDE,
            group=column.group,
        )
        for column in grid.columns
    )
    return (
        Column("who", "Person", 168),
        *signs,
        Column("last", "Last signed", 96, "right", stretch=True),
    )


def lines_of(grid: AccessGrid, now_us: int) -> list[Line]:
    """Returns the rows of a grid, revoked keys under a heading of their own."""
    names = Counter(row.key.name for row in grid.rows)
    lines: list[Line] = []
    for row in grid.rows:
        if not row.key.is_active and not any(isinstance(line, Group) for line in lines):
            number = sum(not each.key.is_active for each in grid.rows)
            lines.append(Group("revoked", "Revoked by then", f"{number:,}"))
        lines.append(_line(row, now_us, is_named=names[row.key.name] > 1))
    return lines


def _line(row: GridRow, now_us: int, *, is_named: bool) -> Row:
    key = row.key
    last: Cell = TextCell("never", "text_tertiary")
    if key.last_signed:
        last = TimeCell.at(from_iso(key.last_signed), now_us)
    who = f"{key.name}, {key.host}" if is_named else key.name
    cells = (PersonCell(who), *map(_sign, row.cells), last)
    return Row(key.writer, cells, quiet=not key.is_active)


def _sign(cell: GridCell) -> Cell:
    if cell.reach is Reach.NONE:
        return MISSING
    icon, role, _ = SIGNS[cell.reach]
    return TextCell("", icon=icon, icon_role=role, spoken=cell.words)
