# SPDX-License-Identifier: Apache-2.0
"""The sentences of the Compare page."""

from collections.abc import Sequence

from strongroom.desktop.compare.sheet import TITLES, Sheet, Viewpoint
from strongroom.desktop.kit import wording
from strongroom.desktop.kit.shown import shown
from strongroom.domain.comparison import ComparedRuns
from strongroom.domain.run import Run, RunStatus

_STATUS = {
    RunStatus.RUNNING: "Running",
    RunStatus.SCHEDULED: "Scheduled",
    RunStatus.FAILED: "Failed",
    RunStatus.KILLED: "Killed",
}
_MOST_NAMED = 3
BESIDE = {
    "params": "text params",
    "tags": "text tags",
    "source": "text source",
    "environment": "text environment",
    "artifacts": "file",
}  # what opening a row of a section shows side by side


def name_of(run: Run) -> str:
    """Returns the name of a run, or the start of its id if it has none."""
    return shown(run.name) or run.run_id[:8]


def below(run: Run, *, is_base: bool, tells_experiment: bool, version: str = "") -> str:
    """Returns the grey line below a run's name: what is special about it, "" if nothing is."""
    parts = []
    if is_base:
        parts.append("Baseline")
    if run.is_deleted:
        parts.append("Deleted")
    elif run.is_lost and run.status is RunStatus.RUNNING:
        parts.append("Lost contact")
    elif run.status in _STATUS:
        parts.append(_STATUS[run.status])
    if version:
        parts.append(version)
    if tells_experiment:
        parts.append(shown(run.experiment))
    return ", ".join(parts)


def is_live(run: Run) -> bool:
    """Returns whether a run may still be logging."""
    return run.status is RunStatus.RUNNING and not run.is_lost and not run.is_deleted


def hint_of(run: Run, version: str = "") -> str:
    """Returns the tooltip of a run's header; ``version`` is the model version it made, in words."""
    started = wording.exact(run.started_us)
    head = f"{name_of(run)} ({run.run_id}), {shown(run.experiment)}, started {started}"
    made = f". Made {version}" if version else ""
    return f"{head}{made}. Click to make it the baseline, drag to move it."


def why_no_request(name: str) -> str:
    """Returns why nothing can be asked for a run."""
    return f"No model version comes from {name}: register its model on the Runs page first"


def corner(sheet: Sheet) -> str:
    """Returns what stands above the names of fields."""
    return f"{wording.count(sheet.differing)} of {wording.count(sheet.total, 'row')} differ"


def title_note(runs: Sequence[Run]) -> str:
    """Returns what stands behind the title of the page."""
    if len(runs) < 2:
        return ""
    experiments = {run.experiment for run in runs}
    where = (
        shown(next(iter(experiments)))
        if len(experiments) == 1
        else wording.count(len(experiments), "experiment")
    )
    return f"{wording.count(len(runs), 'run')} of {where}"


def notice(compared: ComparedRuns) -> tuple[str, str]:
    """Returns title and sentence of what is missing from a comparison, "" if nothing is."""
    parts, names = [], {run.run_id: name_of(run) for run in compared.runs}
    title = ""
    if compared.unknown:
        count = wording.count(len(compared.unknown), "run")
        verb = "is" if len(compared.unknown) == 1 else "are"
        title = f"{count} {verb} not in this store"
        listed = ", ".join(shown(one)[:40] for one in compared.unknown[:_MOST_NAMED])
        more = len(compared.unknown) - _MOST_NAMED
        parts.append(f"{listed}{f' and {more} more' if more > 0 else ''}: the others stay.")
    deleted = [run for run in compared.runs if run.is_deleted]
    if deleted:
        listed = _listed([name_of(run) for run in deleted])
        title = title or f"{wording.count(len(deleted), 'run')} deleted meanwhile"
        parts.append(f"{listed}: deleted, still shown until taken out here.")
    for run_id, fault in compared.faults[:_MOST_NAMED]:
        title = title or "Not all of a run can be read"
        parts.append(f"{names.get(run_id, run_id[:8])}: {shown(fault)}.")
    for section, left_out in compared.unlisted:
        title = title or "More rows than are listed"
        parts.append(f"{TITLES[section]}: {wording.count(left_out)} more fields are not listed.")
    return title, " ".join(parts)


def why_no_rows(sheet: Sheet, view: Viewpoint) -> tuple[str, str]:
    """Returns what to say instead of rows."""
    if view.words:
        kind = "differing field" if view.only_differing else "field"
        return f"No {kind} matches", f"No name holds “{shown(view.words)}”."
    if not sheet.total:
        return "Nothing was logged", "These runs have no metrics, parameters, tags or files."
    count = wording.count(sheet.total, "row")
    return "Nothing differs", f"All {count} are the same in all these runs."


def why_empty(runs: Sequence[Run]) -> tuple[str, str]:
    """Returns title and sentence of a page with fewer than two runs."""
    if len(runs) == 1:
        why = "Choose at least one more to see what differs between them."
        return f"One run is here: {name_of(runs[0])}", why
    return "Nothing to compare yet", (
        "Two runs or more stand side by side here: what differs in their metrics, parameters,"
        " data, code, environment and files."
    )


def _listed(names: Sequence[str]) -> str:
    head = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{head} and {more} more" if more > 0 else head
