# SPDX-License-Identifier: Apache-2.0
"""Requests as lines of a table and as sentences; decides nothing, knows no widget.

* Every word that comes from a request is data and is only ever shown.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import (
    BadgeCell,
    Cell,
    Column,
    Group,
    Line,
    MoveCell,
    PersonCell,
    Row,
    TextCell,
    TimeCell,
    TwoLineCell,
    VerdictCell,
)
from strongroom.desktop.kit.paint import Tone
from strongroom.domain.clock import MICROSECONDS, from_iso
from strongroom.domain.registry import RequestStatus, TransitionRequest
from strongroom.services.review_case import ReviewItem

if TYPE_CHECKING:
    from strongroom.desktop.kit.marks import Verdict
    from strongroom.desktop.kit.tokens import Role

Tab = Literal["mine", "requested", "open", "closed"]
TABS: tuple[tuple[Tab, str], ...] = (
    ("mine", "Waiting for me"),
    ("requested", "Requested by me"),
    ("open", "All open"),
    ("closed", "Closed"),
)
EMPTY: dict[Tab, tuple[str, str]] = {
    "mine": (
        "Nothing waits for you",
        "When somebody asks for a move that you may approve, it appears here.",
    ),
    "requested": (
        "You have no open request",
        (
            "Request a transition to move a version to another stage. What the policy demands is "
            "shown before you sign."
        ),
    ),
    "open": (
        "No request is open",
        "A version moves to Staging or Production when a request for it is approved.",
    ),
    "closed": (
        "Nothing has been decided yet",
        "Requests that took effect, were rejected, withdrawn or have expired stay here.",
    ),
}
SOON_US = 12 * 3600 * MICROSECONDS  # a request that expires within a working day is marked

_STATUS: dict[RequestStatus, tuple[str, Tone]] = {
    RequestStatus.PENDING: ("Open", "info"),
    RequestStatus.EFFECTIVE: ("Applied", "ok"),
    RequestStatus.SUPERSEDED: ("Applied, then superseded", "mute"),
    RequestStatus.REJECTED: ("Rejected", "bad"),
    RequestStatus.WITHDRAWN: ("Withdrawn", "mute"),
    RequestStatus.CHANGES_ASKED: ("Changes asked", "warn"),
    RequestStatus.EXPIRED: ("Expired", "mute"),
    RequestStatus.STALE: ("Overtaken", "mute"),
    RequestStatus.CONFLICT: ("Conflict", "bad"),
    RequestStatus.LAPSED: ("Approval lapsed", "warn"),
    RequestStatus.NEEDS_RECONFIRM: ("Policy changed", "warn"),
    RequestStatus.INVALID: ("Invalid", "bad"),
}

_FRONT = (
    Column("request", "Request", 180, stretch=True),
    Column("move", "Move", 200),
    Column("by", "Requested by", 144),
    Column("gates", "Gates", 94),
    Column("approvals", "Approvals", 84),
)


def columns(tab: Tab, *, has_expiry: bool, room: int = 10_000) -> tuple[Column, ...]:
    """Returns the columns of a tab that fit into ``room`` px at 100 %.

    What is closed has an outcome instead of gates. Where there is little room, who asked goes
    first, then gates and approvals: the pane beside the list shows them.
    """
    if tab == "closed":
        found = [*_FRONT[:3], Column("outcome", "Outcome", 178)]
        found.append(Column("when", "Asked", 104, "right", sortable=True))
    else:
        title = "Expires" if has_expiry else "Asked"
        found = [*_FRONT, Column("when", title, 92, "right", sortable=True)]
    for key in ("by", "gates", "approvals"):
        if sum(column.width for column in found) <= room:
            break
        found = [column for column in found if column.key != key]
    return tuple(found)


def status_words(status: RequestStatus) -> tuple[str, Tone]:
    """Returns the word and the tone of what became of a request."""
    return _STATUS[status]


def belongs(item: ReviewItem, tab: Tab) -> bool:
    """Returns whether a request stands in a tab."""
    is_open = item.request.status.is_open
    return {
        "mine": item.waits_for_me,
        "requested": item.is_mine and is_open,
        "open": is_open,
        "closed": not is_open,
    }[tab]


def counts(items: Sequence[ReviewItem]) -> dict[str, int]:
    """Returns how many requests the open tabs have; Closed has no count, it only grows."""
    return {tab: sum(belongs(item, tab) for item in items) for tab, _ in TABS if tab != "closed"}


def matches(item: ReviewItem, words: str) -> bool:
    """Returns whether every word stands somewhere in model, person, stages, reason or status."""
    request = item.request
    text = " ".join(
        (
            f"{request.key[0]} v{request.key[1]}",
            item.requester,
            request.from_stage,
            request.to_stage,
            item.reason,
            status_words(request.status)[0],
            request.id,
        )
    ).casefold()
    return all(word in text for word in words.casefold().split())


def lines(
    items: Sequence[ReviewItem], tab: Tab, words: str, shown: Sequence[Column], now_us: int
) -> list[Line]:
    """Returns the lines of a tab that match a filter, in groups where they wait for somebody."""
    found = [item for item in items if belongs(item, tab) and matches(item, words)]
    if tab == "closed":
        return [_row(item, shown, now_us) for item in found]
    made: list[Line] = []
    parts = (
        ("you", "Waiting for you", [item for item in found if item.waits_for_me]),
        ("others", "Waiting for others", [item for item in found if not item.waits_for_me]),
    )
    for key, title, part in parts:
        if part:
            made.append(Group(key, title, str(len(part))))
            made += [_row(item, shown, now_us) for item in part]
    return made


def _row(item: ReviewItem, shown: Sequence[Column], now_us: int) -> Row:
    request = item.request
    asked = asked_us(request)
    until = expires_us(request) if request.status.is_open else None
    word, tone = status_words(request.status)
    cells: dict[str, Cell] = {
        "request": TwoLineCell(name_of(request), one_line(item.reason)),
        "move": MoveCell(request.from_stage, request.to_stage),
        "by": PersonCell(item.requester),
        "gates": gates_cell(request),
        "approvals": TextCell(f"{item.have} of {item.need}"),
        "outcome": BadgeCell(word, tone),
        "when": TimeCell.at(asked, now_us) if until is None else _expiry(until, now_us),
    }
    return Row(
        request.id,
        tuple(cells[column.key] for column in shown),
        order={"when": until or asked or 0},
    )


def _expiry(until_us: int, now_us: int) -> TimeCell:
    role: Role = "bad_text" if until_us - now_us < SOON_US else "text_secondary"
    return TimeCell(wording.remaining(until_us, now_us), wording.exact(until_us), role)


def gates_of(request: TransitionRequest) -> list[dict[str, str]]:
    """Returns the gates a request carries; entries of another shape are left out."""
    found = request.event.body.get("gates")
    if not isinstance(found, list):
        return []
    return [
        {str(key): str(value) for key, value in gate.items()}
        for gate in found
        if isinstance(gate, dict)
    ]


def gates_cell(request: TransitionRequest) -> VerdictCell:
    """Returns how many of the gates let the request through."""
    gates = gates_of(request)
    if not gates:
        return VerdictCell("pending", "None")
    verdicts = [gate.get("verdict", "") for gate in gates]
    good = sum(verdict in {"pass", "waived"} for verdict in verdicts)
    verdict: Verdict = "fail" if good < len(gates) else "waived" if "waived" in verdicts else "pass"
    return VerdictCell(verdict, f"{good} of {len(gates)}")


def gates_note(verdicts: Sequence[str]) -> str:
    """Returns ``6 pass, 1 waived, 1 fails``."""
    parts = []
    for verdict, one, many in (
        ("pass", "passes", "pass"),
        ("waived", "waived", "waived"),
        ("fail", "fails", "fail"),
    ):
        number = list(verdicts).count(verdict)
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    return ", ".join(parts) or "none demanded"


def name_of(request: TransitionRequest) -> str:
    """Returns ``fraud-detector v7``."""
    return f"{request.key[0]} v{request.key[1]}"


def one_line(words: str) -> str:
    """Returns text on one line, for cells."""
    return " ".join(words.split())


def asked_us(request: TransitionRequest) -> int | None:
    """Returns the claimed time of a request, None if it is none."""
    return claimed_us(request.event.time)


def expires_us(request: TransitionRequest) -> int | None:
    """Returns when a request may be declared expired, None for never."""
    return claimed_us(str(request.event.body.get("expires", "")))


def claimed_us(text: str) -> int | None:
    """Returns a signed time in microseconds, None if it is not a time."""
    try:
        return from_iso(text)
    except ValueError:
        return None


def operator(words: str) -> str:
    """Returns a threshold with the signs people write: ≥ and ≤."""
    return words.replace(">=", "≥").replace("<=", "≤")


def gate_remark(measured: str, needed: str) -> str:
    """Returns ``0.9487, needs ≥ 0.9452``; words that are no threshold follow a comma alone."""
    shown = _short(measured, needed) or "not measured"
    if not needed:
        return shown
    is_threshold = needed.startswith((">=", "<="))
    if not is_threshold:
        return f"{shown}, {needed}"
    sign, _, threshold = needed.partition(" ")
    return f"{shown}, needs {operator(f'{sign} {_short(threshold, needed)}')}"


def _short(text: str, needed: str) -> str:
    """Returns a decimal with four places, or all of them where rounding would tell another tale."""
    try:
        value, threshold = Decimal(text), Decimal(needed.partition(" ")[2] or text)
    except InvalidOperation:
        return text
    rounded = value.quantize(Decimal("0.0001")).normalize()
    limit = threshold.quantize(Decimal("0.0001")).normalize()
    tells_the_same = (value >= threshold, value <= threshold) == (
        rounded >= limit,
        rounded <= limit,
    )
    return f"{rounded:f}" if tells_the_same else text
