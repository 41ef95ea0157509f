# SPDX-License-Identifier: Apache-2.0
"""Capabilities in the words of the people who have them."""

from strongroom.domain.team import Grant

_VERBS = {
    "log": "Log runs",
    "register": "Register versions and set aliases",
    "request": "Request a move to",
    "approve": "Approve a move to",
    "export.audit": "Export audit packages",
    "witness": "Sign snapshots of every log",
    "redact": "Redact content",
}


def right_in_words(grant: Grant) -> str:
    """Returns a grant as a sentence: what, where, and whether it has ended."""
    verb, _, stage = grant.cap.partition(":")
    what = _VERBS.get(verb, grant.cap)
    if stage:
        what += " any stage" if stage == "*" else f" {stage.capitalize()}"
    kind, _, name = grant.scope.partition(":")
    where = "everywhere" if grant.scope == "*" else f"on {kind} {name}"
    ended = "" if grant.cut is None else f", until event {grant.cut[0]}"
    return f"{what}, {where}{ended}"
