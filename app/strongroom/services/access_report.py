# SPDX-License-Identifier: Apache-2.0
"""An access review as a page that people print, file and sign by hand.

* One file, nothing loaded, no script; names come from strangers and are text (`exchange.markup`).
* It tells claims as claims: a version of the team bears no date.
"""

from collections.abc import Sequence
from pathlib import Path

from strongroom.domain.clock import to_iso
from strongroom.domain.ids import in_groups
from strongroom.domain.resources import resource
from strongroom.domain.team_changes import TeamChange
from strongroom.exchange.markup import Html, join, page, tag
from strongroom.services.access_grid import AccessGrid, Reach, grid_of
from strongroom.services.access_review import AccessReview, InForce
from strongroom.services.given_file import write_given

_SIGNS = {Reach.ALL: "yes", Reach.SOME: "in part", Reach.ENDED: "ended", Reach.NONE: ""}
_KINDS = {Reach.ALL: "pass", Reach.SOME: "waived", Reach.ENDED: "quiet", Reach.NONE: ""}


def save_report(
    review: AccessReview, since: Sequence[TeamChange], path: Path, *, team: str, now_us: int
) -> None:
    """Writes a review as a page to a new file.

    Raises:
        BadInput: ``E-NAME`` if the file is there already.
        EnvironmentFault: ``E-FULL``, ``E-STORE``.
    """
    write_given(path, report_page(review, since, team=team, now_us=now_us).encode())


def report_page(
    review: AccessReview, since: Sequence[TeamChange], *, team: str, now_us: int
) -> str:
    """Returns the page: the grid, each key with its rights in words, what to tighten, what changed.

    Args:
        review: Who could do what.
        since: What has changed in the team since, in words.
        team: What the team is called.
        now_us: When the page was made.
    """
    when = review.at or "now"
    body = join(
        [
            tag("p", f"Access review, made {to_iso(now_us)[:19]} UTC", css="eyebrow"),
            tag("h1", f"Who could do what in {team}, {when}"),
            tag("p", in_force_words(review.version), css="lead"),
            *(tag("p", f"In doubt: {in_force_words(each)}") for each in review.possible),
            tag("p", signatures_words(review)),
            tag("h2", "At a glance"),
            _grid(grid_of(review)),
            tag("h2", "Each key"),
            *_keys(review),
            tag("h2", "What to tighten"),
            *_findings(review),
            *_since(since),
            tag(
                "footer", "Read from signed trust documents. Times are claims of those who signed."
            ),
        ]
    )
    style = resource("audit", "report.css").read_text("utf-8")
    return page(f"Access review of {team}", style, body)


def in_force_words(version: InForce) -> str:
    """Returns a version and when it was in force, by claims."""
    claims = claims_words(version)
    return f"Version {version.version} of the team{f': {claims}' if claims else ''}."


def claims_words(version: InForce) -> str:
    """Returns when a version was made and first used, by the claims of those who signed."""
    parts = [f"made after {minute_words(version.made_after)}"] if version.made_after else []
    parts += [f"first used {minute_words(version.used_by)}"] if version.used_by else []
    return f"{', '.join(parts)}, by claims" if parts else ""


def minute_words(claimed: str) -> str:
    """Returns a claimed time, ``2026-11-23T23:34:13.000000Z``, to the minute and with its zone."""
    return f"{claimed[:10]} {claimed[11:16]} UTC"


def signatures_words(review: AccessReview) -> str:
    """Returns how many have to sign a change, and what the root keys are called."""
    labels = ", ".join(review.root_labels)
    return (
        f"A change of the team needs {review.admin_threshold} admin"
        f" signature{'' if review.admin_threshold == 1 else 's'}; one of the admins or the root"
        f" keys needs {review.root_threshold} of the root keys {labels}."
    )


def _grid(grid: AccessGrid) -> Html:
    titles = [f"{c.group}: {c.title}" if c.group else c.title for c in grid.columns]
    head = tag("tr", tag("th", "Person"), *(tag("th", title) for title in titles))
    rows = [
        tag(
            "tr",
            tag(
                "td", f"{row.key.name}, {row.key.host}" + ("" if row.key.is_active else ", revoked")
            ),
            *(tag("td", tag("span", _SIGNS[c.reach], css=_KINDS[c.reach])) for c in row.cells),
        )
        for row in grid.rows
    ]
    return tag("table", tag("thead", head), tag("tbody", *rows))


def _keys(review: AccessReview) -> list[Html]:
    found = []
    for key in review.keys:
        state = "" if key.is_active else ", revoked"
        signed = (
            f"last signed {minute_words(key.last_signed)}" if key.last_signed else "never signed"
        )
        rights = [
            f"{right.text} (ended {right.ended})" if right.ended else right.text
            for right in key.rights
        ] or ["Read only"]
        found.append(tag("h3", f"{key.name} on {key.host}, {key.role}{state}"))
        found.append(tag("p", f"{in_groups(key.writer, 4)}; {signed}.", css="quiet"))
        found.append(tag("ul", *(tag("li", right) for right in rights)))
    return found


def _findings(review: AccessReview) -> list[Html]:
    if not review.findings:
        return [tag("p", "Nothing, by the rules this program knows.")]
    return [
        tag("div", tag("p", f"{each.subject} {each.text}."), tag("p", each.advice), css="note warn")
        for each in review.findings
    ]


def _since(since: Sequence[TeamChange]) -> list[Html]:
    if not since:
        return []
    lines = (tag("li", f"{each.subject} {each.text}") for each in since)
    return [tag("h2", "Changed since then"), tag("ul", *lines)]
