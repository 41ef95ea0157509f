# SPDX-License-Identifier: Apache-2.0
"""An access review as a grid: a row a key, a column for each thing somebody can be allowed to do.

* A picture of the review, nothing more: what holds is told by the rights it is made from.
* A right that fits no column is shown under ``Other``; none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.access import covers
from strongroom.services.access_review import AccessReview, ReviewedKey, ReviewedRight

TEAM = "team"
OTHER = "other"


class Reach(StrEnum):
    """How far a right of one kind goes: everywhere, in some places, ended since, or nowhere."""

    ALL = "all"
    SOME = "some"
    ENDED = "ended"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridColumn:
    """One thing to be allowed: its capability, its title, and the heading it stands under."""

    cap: str
    title: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """How far a key reaches in a column, and its rights there in words."""

    reach: Reach
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A key and its cells, in the order of the columns."""

    key: ReviewedKey
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGrid:
    """Columns, and a row for each key; those that were revoked by then come last."""

    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]


def grid_of(review: AccessReview) -> AccessGrid:
    """Returns a review as a grid."""
    columns = _columns(review.stages)
    caps = [column.cap for column in columns]
    is_other = any(_is_other(right, caps) for key in review.keys for right in key.rights)
    if is_other:
        columns = (*columns, GridColumn(cap=OTHER, title="Other"))
    rows = [
        GridRow(key=key, cells=tuple(_cell(key, column.cap, caps) for column in columns))
        for key in sorted(review.keys, key=lambda key: not key.is_active)
    ]
    return AccessGrid(columns=columns, rows=tuple(rows))


def _columns(stages: Sequence[str]) -> tuple[GridColumn, ...]:
    return (
        GridColumn(cap="log", title="Log", group="Work"),
        GridColumn(cap="register", title="Register", group="Work"),
        *(
            GridColumn(cap=f"request:{stage.lower()}", title=stage, group="Ask for a move to")
            for stage in stages
        ),
        *(
            GridColumn(cap=f"approve:{stage.lower()}", title=stage, group="Approve a move to")
            for stage in stages
        ),
        GridColumn(cap="export.audit", title="Export", group="Audit"),
        GridColumn(cap="witness", title="Witness", group="Audit"),
        GridColumn(cap="redact", title="Redact", group="Rule"),
        GridColumn(cap=TEAM, title="Team", group="Rule"),
    )


def _cell(key: ReviewedKey, cap: str, caps: Sequence[str]) -> GridCell:
    if cap == TEAM:
        return GridCell(
            reach=Reach.ALL if key.is_admin else Reach.NONE,
            words="Change the team, with as many admins as it asks for" if key.is_admin else "",
        )
    found = [
        right
        for right in key.rights
        if (_is_other(right, caps) if cap == OTHER else covers(right.cap, cap))
    ]
    if not found:
        return GridCell(reach=Reach.NONE)
    words = "; ".join(f"{r.text} (ended {r.ended})" if r.ended else r.text for r in found)
    return GridCell(reach=_reach(found), words=words)


def _reach(rights: Sequence[ReviewedRight]) -> Reach:
    if any(not right.ended and right.scope == "*" for right in rights):
        return Reach.ALL
    return Reach.SOME if any(not right.ended for right in rights) else Reach.ENDED


def _is_other(right: ReviewedRight, caps: Sequence[str]) -> bool:
    return not any(covers(right.cap, cap) for cap in caps)
