# SPDX-License-Identifier: Apache-2.0
"""``strongroom team fork`` and ``team settle``: two versions with one number, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, say
from strongroom.cli.session import has_terminal, services
from strongroom.cli.trust_step import draft_option, key_option, lend, step_document, step_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from strongroom.domain.team_changes import TeamChange
    from strongroom.services.trust_forks import ForkSide, ForkView, SettlementPlan


@click.command()
@shared_options
def fork() -> int:
    """Show the sides of a fork: what each changes, who signed it, who worked under it."""
    found = services().trust_forks.view()
    if found is None:
        emit({"forked": False}, ["The team has not forked."])
        return 0
    emit(_fork_document(found), _fork_lines(found))
    return 1


@click.command()
@click.argument("side", metavar="SIDE")
@click.option(
    "--carry-over/--drop-other",
    "is_carrying",
    default=None,
    help="Take the other side's changes along where they do not contradict, or none of them.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it comes to.")
@draft_option
@key_option
@shared_options
def settle(
    side: str,
    is_carrying: bool | None,
    dry_run: bool,
    draft: Path | None,
    keys: tuple[str, ...],
) -> None:
    """Confirm one side of a fork with the root keys; the others are put aside."""
    if is_carrying is None:
        raise click.UsageError("Say what becomes of the other side: --carry-over or --drop-other.")
    at = services()
    lend(at, keys)
    plan = at.trust_forks.plan(side, is_carrying=is_carrying)
    document = {"keeps": plan.kept.id, "changes": _changes(plan.changes),
                "left_out": list(plan.left_out)}  # fmt: skip
    told = _plan_lines(plan)
    if dry_run:
        emit(document | {"trust": {"version": plan.after.version}, "draft": "", "missing": 0}, told)
        return
    if has_terminal():
        for line in told:
            say(line)
        click.confirm("Confirm this line for the whole team?", abort=True, err=True)
    step = at.trust_forks.settle(plan, draft=draft)
    emit(document | step_document(step), [*told, *step_lines(step, "The fork is settled;")])


def _plan_lines(plan: SettlementPlan) -> list[str]:
    lines = [f"Version {plan.after.version} confirms the line of {plan.kept.id[:8]} and changes:"]
    lines += [f"  {plain(change.subject)}: {plain(change.text)}" for change in plan.changes]
    lines += [f"  Left out: {plain(each)}" for each in plan.left_out]
    return lines


def _fork_lines(found: ForkView) -> list[str]:
    lines = [
        f"After version {found.version} the team has {len(found.sides)} sides, each valid.",
        "Nothing is signed until the root keys confirm one.",
    ]
    for side in found.sides:
        numbers = f"{side.first} to {side.last}" if side.last > side.first else str(side.first)
        lines += ["", f"{side.id[:8]}  version {numbers}, signed by {_named(side.signed)}"]
        lines += [f"  {plain(change.subject)}: {plain(change.text)}" for change in side.changes]
        if side.workers:
            lines.append(f"  Signed events under it: {_named(side.workers)}.")
    need = f"{found.threshold} of: {_named(found.wanted)}"
    lines += ["", f"To settle it, {need}. At hand: {_named(found.here) or 'none'}."]
    lines.append("strongroom team settle SIDE --carry-over, or --drop-other")
    return lines


def _fork_document(found: ForkView) -> dict[str, Any]:
    return {
        "forked": True,
        "version": found.version,
        "sides": [_side_document(side) for side in found.sides],
        "wanted": list(found.wanted),
        "threshold": found.threshold,
        "here": list(found.here),
    }


def _side_document(side: ForkSide) -> dict[str, Any]:
    return {
        "id": side.id,
        "first": side.first,
        "last": side.last,
        "signed": list(side.signed),
        "changes": _changes(side.changes),
        "workers": list(side.workers),
    }


def _changes(changes: Iterable[TeamChange]) -> list[dict[str, str]]:
    return [
        {"subject": change.subject, "text": change.text, "weight": change.weight.value}
        for change in changes
    ]


def _named(names: Iterable[str]) -> str:
    return ", ".join(plain(name) for name in names)
