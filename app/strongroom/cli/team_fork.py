# SPDX-License-Identifier: Apache-2.0
"""``strongroom team fork`` and ``team settle``: two versions with one number, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, say
from strongroom.cli.session import has_terminal, services
from strongroom.cli.trust_step import draft_option, key_option, lend, step_document, step_lines
from strongroom.domain.team_changes import team_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from strongroom.domain.team_changes import TeamChange
    from strongroom.services.held_team import TurnedTeam
    from strongroom.services.trust_forks import ForkSide, ForkView, SettlementPlan


@click.command()
@click.option(
    "--accept", is_flag=True,
    help="Say that you know why a version that was in force here is put aside.",
)  # fmt: skip
@shared_options
def fork(accept: bool) -> int:
    """Show the sides of a fork: what each changes, who signed it, who worked under it."""
    forks = services().trust_forks
    if accept:
        forks.accept()
    found, turned = forks.view(), forks.turned()
    if found is not None:
        emit(_fork_document(found), _fork_lines(found))
    elif turned is not None:
        changes = team_changes(turned.was, turned.now)
        emit(_turned_document(turned, changes), _turned_lines(turned, changes))
    else:
        emit({"forked": False}, ["The team has not forked."])
    return 0 if found is None and turned is None else 1


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
        need = f"{side.threshold} of: {_named(side.wanted)}"
        told = f"To confirm it: {need}. At hand: {_named(side.here) or 'none'}."
        lines.append(f"  {side.obstacle or told}")
    lines += ["", "strongroom team settle SIDE --carry-over, or --drop-other"]
    return lines


def _turned_document(turned: TurnedTeam, changes: Sequence[TeamChange]) -> dict[str, Any]:
    return {
        "forked": False,
        "put_aside": {"version": turned.was.version, "id": turned.was.id},
        "shared": turned.shared,
        "trust": {"version": turned.now.version, "id": turned.now.id},
        "changes": _changes(changes),
    }


def _turned_lines(turned: TurnedTeam, changes: Sequence[TeamChange]) -> list[str]:
    return [
        f"Version {turned.was.version} ({turned.was.id[:8]}) was in force here and is put aside.",
        f"The team goes on from version {turned.shared} on another line; against what held here:",
        *(f"  {plain(change.subject)}: {plain(change.text)}" for change in changes),
        "Call those who hold the root keys. If it is as they say: strongroom team fork --accept",
    ]


def _fork_document(found: ForkView) -> dict[str, Any]:
    return {
        "forked": True,
        "version": found.version,
        "sides": [_side_document(side) for side in found.sides],
    }


def _side_document(side: ForkSide) -> dict[str, Any]:
    return {
        "id": side.id,
        "first": side.first,
        "last": side.last,
        "signed": list(side.signed),
        "changes": _changes(side.changes),
        "workers": list(side.workers),
        "wanted": list(side.wanted),
        "threshold": side.threshold,
        "here": list(side.here),
        "obstacle": side.obstacle,
    }


def _changes(changes: Iterable[TeamChange]) -> list[dict[str, str]]:
    return [
        {"subject": change.subject, "text": change.text, "weight": change.weight.value}
        for change in changes
    ]


def _named(names: Iterable[str]) -> str:
    return ", ".join(plain(name) for name in names)
