# SPDX-License-Identifier: Apache-2.0
"""Differences against the version that holds the stage, as lines of a table.

* The colour of a change comes from the threshold's direction; without one it stays grey.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Column, Group, Line, NumberCell, Row, TextCell
from strongroom.desktop.review import lines
from strongroom.services.comparing import FILES, METRICS, DiffRow
from strongroom.services.review_case import ReviewCase

if TYPE_CHECKING:
    from strongroom.desktop.kit.paint import Tone
    from strongroom.desktop.kit.tokens import Role

_TONE_ROLE: dict[str, "Role"] = {"ok": "ok_text", "bad": "bad_text", "mute": "text_secondary"}


def columns(case: ReviewCase) -> tuple[Column, ...]:
    """Returns the columns: the incumbent's and the proposed values side by side."""
    proposed = case.version.version
    before = "Nobody holds it"
    if case.incumbent is not None:
        incumbent = case.incumbent.version
        before = f"v{incumbent.version}, {incumbent.stage}"
    return (
        Column("what", "What", 168, stretch=True),
        Column("before", before, 116, "right"),
        Column("after", f"v{proposed.version}, proposed", 116, "right"),
        Column("change", "Change", 104, "right"),
        Column("threshold", "Threshold", 168, "right"),
    )


def difference_lines(case: ReviewCase) -> list[Line]:
    """Returns the lines of a case, a group for each section."""
    sections: dict[str, list[DiffRow]] = {}
    for diff in case.diff:
        sections.setdefault(diff.section, []).append(diff)
    shown: list[Line] = []
    for section, rows in sections.items():
        shown.append(Group(section, section, _note(section, rows)))
        shown += [_row(diff) for diff in rows]
    return shown


def _note(section: str, rows: Sequence[DiffRow]) -> str:
    changed = sum(not row.is_same for row in rows)
    if section == METRICS:
        return f"{changed} of {len(rows)} changed" if changed < len(rows) else "last values"
    return wording.count(len(rows), "difference")


def _row(diff: DiffRow) -> Row:
    if diff.section == METRICS:
        tone = tone_of(diff)
        return Row(
            f"{diff.section}/{diff.what}",
            (
                TextCell(diff.what),
                NumberCell(diff.before or wording.DASH, role="text_secondary"),
                NumberCell(diff.after or wording.DASH, strong=True),
                NumberCell(diff.change, role=_TONE_ROLE[tone]),
                TextCell(lines.operator(diff.threshold), "text_secondary"),
            ),
        )
    mono = diff.section == FILES
    return Row(
        f"{diff.section}/{diff.what}",
        (
            TextCell(diff.what),
            TextCell(_shown(diff.before, mono=mono), "text_secondary", mono=mono),
            TextCell(_shown(diff.after, mono=mono), strong=not mono, mono=mono),
            TextCell(diff.change, "text_secondary"),
            None,
        ),
    )


def _shown(text: str, *, mono: bool) -> str:
    if not text:
        return wording.DASH
    return wording.digest(text) if mono else text


def tone_of(diff: DiffRow) -> "Tone":
    """Returns whether a metric moved in the direction its threshold asks for."""
    if not diff.change or not diff.threshold or diff.is_same:
        return "mute"
    went_down = diff.change.startswith(wording.MINUS)
    wants_up = diff.threshold.startswith(">=")
    return "bad" if went_down == wants_up else "ok"
