# SPDX-License-Identifier: Apache-2.0
"""The colour of each compared run: the one it has on the Runs page, else the lowest free one."""

from collections.abc import Callable, Mapping, Sequence


def colours_of(
    run_ids: Sequence[str],
    charted: Callable[[str], int | None],
    before: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Returns a palette place for each run; a run keeps the one it had ``before`` if it can."""
    found: dict[str, int] = {}
    for run_id in run_ids:
        place = charted(run_id)
        if place is not None:
            found[run_id] = place
    taken = set(found.values())
    for run_id in run_ids:
        if run_id in found:
            continue
        kept = (before or {}).get(run_id)
        place = kept if kept is not None and kept not in taken else _lowest_free(taken)
        found[run_id] = place
        taken.add(place)
    return {run_id: found[run_id] for run_id in run_ids}


def _lowest_free(taken: set[int]) -> int:
    return next(place for place in range(len(taken) + 1) if place not in taken)
