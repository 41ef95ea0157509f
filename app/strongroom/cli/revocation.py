# SPDX-License-Identifier: Apache-2.0
"""How the preview of a revocation is told: what ends, what loses its effect, what gets stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom.cli.output import plain

if TYPE_CHECKING:
    from strongroom.services.revocations import RevocationPreview

MAX_LINES = 20  # of lost events on a terminal; --json has them all


def preview_document(seen: RevocationPreview) -> dict[str, Any]:
    """Returns the preview for ``--json``."""
    return {
        "keys": [
            {"writer": k.writer, "name": k.name, "host": k.host, "cut": k.cut, "seen": k.seen}
            for k in seen.keys
        ],
        "changes": [
            {"subject": change.subject, "text": change.text, "weight": change.weight.value}
            for change in seen.team
        ],
        "lost": [
            {"id": e.id, "writer": e.writer, "seq": e.seq, "time": e.time, "type": e.type,
             "object": e.object}
            for e in seen.lost
        ],
        "requests": [
            {"id": r.id, "model": r.model, "version": r.version, "to": r.to_stage,
             "before": r.before, "after": r.after}
            for r in seen.requests
        ],
        "stages": [
            {"model": s.model, "version": s.version, "before": s.before, "after": s.after}
            for s in seen.stages
        ],
        "stuck": [{"models": models, "stage": stage} for models, stage in seen.stuck],
        "missing": seen.missing,
        "wanted": list(seen.wanted),
    }  # fmt: skip


def preview_lines(seen: RevocationPreview) -> list[str]:
    """Returns the preview for people."""
    lines = []
    for key in seen.keys:
        where = f"event {key.cut} of {key.seen}" if key.seen else "the beginning"
        lines.append(f"{plain(key.name)} on {plain(key.host)} ends at {where}.")
    lines += [
        f"  {lost.time[:19]}  {lost.type} {plain(lost.object)} loses its effect"
        for lost in seen.lost[:MAX_LINES]
    ]
    if len(seen.lost) > MAX_LINES:
        lines.append(f"  and {len(seen.lost) - MAX_LINES:,} more events")
    lines += [
        f"  {plain(r.model)} v{r.version} to {plain(r.to_stage)}: {r.before} becomes {r.after}"
        for r in seen.requests
    ]
    for stage in seen.stages:
        after = f"goes back to {stage.after}" if stage.after else "is registered no more"
        lines.append(f"  {plain(stage.model)} v{stage.version} leaves {stage.before}: {after}")
    lines += [f"  Nobody could approve {m} to {s} any more" for m, s in seen.stuck]
    if seen.is_quiet:
        lines.append("Nothing that was decided changes.")
    if seen.missing:
        names = ", ".join(plain(name) for name in seen.wanted)
        lines.append(f"It needs {seen.missing} more signatures, of: {names}.")
    return lines
