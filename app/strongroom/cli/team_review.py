# SPDX-License-Identifier: Apache-2.0
"""``strongroom team access`` and ``team lint``: who could do what, and what to tighten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, plain, say
from strongroom.cli.session import services
from strongroom.domain.ids import in_groups
from strongroom.services.access_report import claims_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom.domain.duties import DutyFinding
    from strongroom.services.access_review import AccessReview, InForce, ReviewedKey

DUTY = "W-DUTY"


@click.command()
@shared_options
def lint() -> int:
    """Say what a team of this size should tighten next."""
    found = services().access_reviews.findings()
    emit({"findings": _findings(found)}, finding_lines(found) or ["Nothing to tighten."])
    return 1 if found else 0


@click.command()
@click.option("--at", default="", metavar="DATE", help="On that day, for example 2026-11-20.")
@click.option("--version", type=click.IntRange(1), help="By that version of the team instead.")
@click.option(
    "--csv", "path", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a line for each right to a new file as well.",
)  # fmt: skip
@shared_options
def access(at: str, version: int | None, path: Path | None) -> None:
    """Say who could do what on a date, and what has changed since."""
    reviews = services().access_reviews
    found = reviews.review(at, version or 0)
    since = reviews.since(found)
    if path is not None:
        reviews.save_table(found, path)
        say(f"Wrote {path}.")
    document = {
        "at": found.at,
        "version": _in_force(found.version),
        "possible": [_in_force(each) for each in found.possible],
        "admin_threshold": found.admin_threshold,
        "root_threshold": found.root_threshold,
        "root_keys": list(found.root_labels),
        "keys": [_key(key) for key in found.keys],
        "findings": _findings(found.findings),
        "since": [{"subject": c.subject, "text": c.text, "weight": c.weight.value} for c in since],
    }
    lines = _lines(found)
    if since:
        lines += ["", "Since then:"]
        lines += [f"  {plain(change.subject)}: {plain(change.text)}" for change in since]
    emit(document, lines)


def finding_lines(found: Iterable[DutyFinding]) -> list[str]:
    """Returns what to tighten, two lines each."""
    lines = []
    for each in found:
        lines += [f"{DUTY}  {plain(each.subject)}: {plain(each.text)}", f"        {each.advice}"]
    return lines


def _lines(found: AccessReview) -> list[str]:
    lines = [f"Version {found.version.version} of the team{_when(found.version)}."]
    lines += [
        f"Version {each.version} may have been in force already{_when(each)}."
        for each in found.possible
    ]
    lines.append(
        f"{found.admin_threshold} admin and {found.root_threshold} root signatures change the"
        f" team; root keys: {', '.join(plain(label) for label in found.root_labels)}."
    )
    for key in found.keys:
        state = "" if key.is_active else ", revoked"
        admin = ", admin" if key.is_admin else ""
        signed = f", last signed {key.last_signed[:10]}" if key.last_signed else ", never signed"
        lines += [
            "",
            (
                f"{plain(key.name)} on {plain(key.host)}, {key.role}{admin}{state}{signed}"
                f"  {in_groups(key.writer, 2)}"
            ),
        ]
        for right in key.rights:
            ended = f"  (ended {right.ended})" if right.ended else ""
            lines.append(f"  {plain(right.text)}{ended}")
    return lines


def _when(each: InForce) -> str:
    claims = claims_words(each)
    return f" ({claims})" if claims else ""


def _in_force(each: InForce) -> dict[str, Any]:
    return {"version": each.version, "made_after": each.made_after, "used_by": each.used_by}


def _key(key: ReviewedKey) -> dict[str, Any]:
    return {
        "person": key.person,
        "name": key.name,
        "host": key.host,
        "writer": key.writer,
        "role": key.role,
        "admin": key.is_admin,
        "active": key.is_active,
        "rights": [{"text": right.text, "ended": right.ended} for right in key.rights],
        "last_signed": key.last_signed,
    }


def _findings(found: Iterable[DutyFinding]) -> list[dict[str, str]]:
    return [
        {
            "code": DUTY,
            "rule": each.rule,
            "subject": each.subject,
            "text": each.text,
            "advice": each.advice,
        }
        for each in found
    ]
