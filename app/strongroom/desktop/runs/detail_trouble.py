# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a run, said before anything else of it."""

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.runs.lost_dialogs import last_heard
from strongroom.desktop.runs.words import shown
from strongroom.domain.run import RunDetail, RunStatus

MOST_WARNINGS = 3


def troubles(detail: RunDetail, now_us: int) -> list[Banner]:
    """Returns a banner for each trouble of a run, none for a run in order.

    Only that of a run that lost contact has an action.
    """
    run = detail.run
    found: list[Banner] = []
    if run.is_deleted:
        found.append(Banner("mute", "Deleted", "Restore brings it back; its bytes are here."))
    if run.is_lost and run.status is RunStatus.RUNNING:
        heard = last_heard(detail, now_us)
        sentence = f"{heard} Its process may have been killed.".strip()
        found.append(Banner("warn", "Lost contact", sentence, "Resume…", "cloud-off"))
    if detail.lost:
        what = ", ".join(f"{count:,} {shown(kind)}" for kind, count in detail.lost.items())
        found.append(Banner("warn", "Some of it was not kept", f"Lost: {what}."))
    if detail.violations:
        told = "; ".join(shown(each) for each in detail.violations[:MOST_WARNINGS])
        more = len(detail.violations) - MOST_WARNINGS
        found.append(
            Banner(
                "warn", "Breaks its contract", f"{told}{f'; and {more} more' if more > 0 else ''}."
            )
        )
    found += [
        Banner("bad", "A file of this run is damaged", shown(warning))
        for warning in detail.warnings[:MOST_WARNINGS]
    ]
    return found
