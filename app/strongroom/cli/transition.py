# SPDX-License-Identifier: Apache-2.0
"""``strongroom transition …`` and ``rollback``: asking for a move to a stage, and answering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.session import services
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import in_groups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom.bootstrap import Services
    from strongroom.domain.registry import TransitionRequest
    from strongroom.services.review_case import ReviewCase, ReviewItem


def add_commands(root: click.Group) -> None:
    """Joins ``transition`` and ``rollback`` into the tree of commands."""
    root.add_command(transition)
    root.add_command(rollback)


@click.group()
@shared_options
def transition() -> None:
    """Ask for a move to a stage, and answer."""


@transition.command()
@click.argument("version", metavar="NAME/VERSION")
@click.argument("stage", metavar="STAGE")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a sentence.")
@click.option("--expires", default="", metavar="TIME", help="When it may be declared expired.")
@click.option(
    "--waive",
    multiple=True,
    metavar="GATE=REASON",
    help="Waive a failed gate in writing; may be repeated.",
)
@shared_options
def request(version: str, stage: str, reason: str, expires: str, waive: tuple[str, ...]) -> None:
    """Ask for a version to be moved to STAGE."""
    at = services()
    made = at.reviews.request(
        version, stage, reason=reason, expires=expires, waived=dict(_waived(waive))
    )
    _tell(at, made, f"Requested: {_move(made)}.")


@transition.command(name="list")
@click.option("--mine", is_flag=True, help="Only what I asked for or what waits for my answer.")
@shared_options
def list_requests(mine: bool) -> None:
    """List requests, the newest first."""
    found = [
        item for item in services().reviews.items() if not mine or item.is_mine or item.waits_for_me
    ]
    rows = [
        (
            item.request.id[:12],
            _move(item.request),
            item.request.status.value,
            f"{item.have} of {item.need}",
            item.requester + (" (you)" if item.is_mine else ""),
            "you" if item.waits_for_me else "",
        )
        for item in found
    ]
    header = ("ID", "MOVE", "STATUS", "APPROVALS", "REQUESTED BY", "WAITS FOR")
    emit({"requests": [_item_document(item) for item in found]}, table(header, rows))


@transition.command()
@click.argument("id_", metavar="ID")
@shared_options
def show(id_: str) -> None:
    """Show a request: what changes, the gates, the answers, what is missing."""
    case = services().reviews.case(id_)
    emit(_case_document(case), _case_lines(case))


@transition.command()
@click.argument("id_", metavar="ID")
@click.option("--comment", default="", help="Becomes part of the record.")
@shared_options
def approve(id_: str, comment: str) -> None:
    """Sign that a request may take effect."""
    at = services()
    done = at.reviews.approve(id_, comment=comment)
    _tell(at, done, f"Approved: {_move(done)}.")


@transition.command()
@click.argument("id_", metavar="ID")
@click.option("--comment", required=True, help="Why not.")
@shared_options
def reject(id_: str, comment: str) -> None:
    """Sign that a request may not take effect."""
    at = services()
    done = at.reviews.reject(id_, comment=comment)
    _tell(at, done, f"Rejected: {_move(done)}.")


@transition.command()
@click.argument("id_", metavar="ID")
@click.option("--comment", required=True, help="What should change before a new request.")
@shared_options
def changes(id_: str, comment: str) -> None:
    """Close a request and say what should change before a new one."""
    at = services()
    done = at.reviews.ask_for_changes(id_, comment=comment)
    _tell(at, done, f"Asked for changes: {_move(done)}.")


@transition.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why, in a sentence.")
@shared_options
def withdraw(id_: str, reason: str) -> None:
    """Take an own request back."""
    at = services()
    done = at.reviews.withdraw(id_, reason=reason)
    _tell(at, done, f"Withdrawn: {_move(done)}.")


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--to", default="", metavar="VERSION", help="Default: the one before.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a sentence.")
@shared_options
def rollback(name: str, to: str, reason: str) -> None:
    """Ask for an earlier version to be put back into Production."""
    at = services()
    made = at.reviews.rollback(name, to=to, reason=reason)
    _tell(at, made, f"Requested: {_move(made)}.")


def _tell(at: Services, request: TransitionRequest, sentence: str) -> None:
    status = request.status.value
    emit(
        {"id": at.workstation.last_own_event(), "request": request.id, "status": status},
        [sentence, f"Request {request.id}, now {status}."],
    )


def _waived(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        gate, equals, reason = text.partition("=")
        if not (gate.strip() and equals and reason.strip()):
            raise BadInput("E-REASON", f"{text} waives nothing", "Write: --waive GATE=REASON.")
        yield gate.strip(), reason.strip()


def _move(request: TransitionRequest) -> str:
    model, version, _ = request.key
    retired = "".join(f", v{key[1]} → {to}" for key, to in request.retires)
    return f"{model} v{version} {request.from_stage} → {request.to_stage}{retired}"


def _item_document(item: ReviewItem) -> dict[str, Any]:
    request = item.request
    model, version, tree = request.key
    return {
        "id": request.id,
        "model": model,
        "version": version,
        "tree": tree,
        "from": request.from_stage,
        "to": request.to_stage,
        "status": request.status.value,
        "time": request.event.time,
        "requester": item.requester,
        "reason": item.reason,
        "need": item.need,
        "have": item.have,
        "mine": item.is_mine,
        "waits_for_me": item.waits_for_me,
        "objection": item.objection,
        "note": request.note,
        "emergency": request.is_emergency,
        "retires": [{"version": key[1], "tree": key[2], "to": to} for key, to in request.retires],
    }


def _case_document(case: ReviewCase) -> dict[str, Any]:
    incumbent = case.incumbent.version if case.incumbent else None
    return {
        **_item_document(case.item),
        "statement": case.statement,
        "policy": case.policy_digest,
        "incumbent": {"version": incumbent.version, "tree": incumbent.tree} if incumbent else None,
        "diff": [
            {
                "section": row.section,
                "what": row.what,
                "before": row.before,
                "after": row.after,
                "change": row.change,
                "threshold": row.threshold,
            }
            for row in case.diff
        ],
        "gates": [gate.to_json() for gate in case.gates],
        "measured_here": [gate.to_json() for gate in case.measured_here],
        "answers": [
            {
                "name": each.name,
                "kind": each.kind,
                "time": each.time,
                "comment": each.comment,
                "code": each.code,
            }
            for each in case.answers
        ],
        "may_approve": case.may_approve,
        "blockers": list(case.blockers),
    }


def _case_lines(case: ReviewCase) -> list[str]:
    item = case.item
    lines = [
        f"request    {item.request.id}",
        f"status     {item.request.status.value}, {item.have} of {item.need} approvals",
        f"asked by   {item.requester}, {item.request.event.time}",
        f"reason     {item.reason}",
        f"policy     {in_groups(case.policy_digest)}",
        "",
        case.statement,
    ]
    changed = [row for row in case.diff if not row.is_same]
    if changed:
        rows = [
            (row.section, row.what, row.before, row.after, row.change, row.threshold)
            for row in changed
        ]
        header = ("WHAT CHANGES", "", "BEFORE", "AFTER", "CHANGE", "NEEDS")
        lines += ["", *table(header, rows)]
    lines += [
        f"gate {gate.name}: {gate.verdict}, measured {gate.measured}, needs {gate.needed}"
        for gate in case.gates
    ]
    lines += [
        f"{each.name}: {each.kind} at {each.time}. {each.comment}"
        + (f" It does not count ({each.code})." if each.code else "")
        for each in case.answers
    ]
    lines.append("")
    lines += [f"You cannot approve this: {blocker}" for blocker in case.blockers]
    return lines if case.blockers else [*lines, "You may approve this."]
