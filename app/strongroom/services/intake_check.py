# SPDX-License-Identifier: Apache-2.0
"""Checks what a program in another language wrote, and shows how it is read here.

* Reads run folders as discovery does and changes nothing in them.
* Each line that is not as the format says is named with its file and number; so is a file whose
  name nobody would read.
* What a run says can be held against what it ought to say: the kit's stories come with that.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.resources import resources_root
from strongroom.journal.content import JournalContent
from strongroom.journal.files import is_journal
from strongroom.journal.plain_lines import PLAIN_SUFFIX
from strongroom.journal.reader import file_names, read_run
from strongroom.journal.series import summarize
from strongroom.store.artifacts import verify_artifacts
from strongroom.store.copied_runs import find_runs
from strongroom.store.faults import explained
from strongroom.store.liveness import observe
from strongroom.store.run_state import from_content

MAX_EXPECTED_BYTES = 16 << 20  # a story with a million points
MOST_DIFFERENCES = 50
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFinding:
    """Something that is not as the format says; ``line`` counts from 1, 0 if it is the file."""

    code: str
    path: str
    line: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRun:
    """One run folder: what it says, as a document, and what is wrong with it."""

    run_id: str
    folder: Path
    said: Mapping[str, JsonValue]
    findings: tuple[IntakeFinding, ...]

    @property
    def is_ok(self) -> bool:
        """Whether all of it is taken; an unfinished end is no fault of whoever was killed."""
        return not any(found.code.startswith("E-") for found in self.findings)


def check_intake(root: Path, clock: Clock) -> tuple[CheckedRun, ...]:
    """Checks the run folders at or below a folder.

    Raises:
        BadInput: ``E-RUN`` if there is none.
        EnvironmentFault: ``E-SHARE`` if the folder cannot be read.
    """
    found = tuple(_checked(folder, clock) for folder in find_runs(root))
    if not found:
        raise BadInput(
            "E-RUN",
            f"There is no run folder in {root}",
            "A run folder is called after its run id and holds a run.json.",
        )
    return found


def differences(run: CheckedRun, expected: Mapping[str, JsonValue]) -> tuple[IntakeFinding, ...]:
    """Returns what a run says otherwise than expected; what is not expected is not asked for.

    Points are compared as step and value bit for bit, times not.
    """
    found = list(_differ("", expected, run.said))
    return tuple(
        IntakeFinding(code="E-EXPECT", path=path, line=0, detail=detail)
        for path, detail in found[:MOST_DIFFERENCES]
    )


def read_expected(path: Path) -> Mapping[str, JsonValue]:
    """Reads what a run ought to say.

    Raises:
        BadInput: ``E-FORMAT`` if it is no JSON object, ``E-SIZE`` if it is too large.
        EnvironmentFault: ``E-SHARE`` if it cannot be read.
    """
    with explained(path):
        data = path.read_bytes()[: MAX_EXPECTED_BYTES + 1]
    if len(data) > MAX_EXPECTED_BYTES:
        raise BadInput("E-SIZE", f"{path.name} is too large", "Expect fewer points.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput("E-FORMAT", f"{path.name} is no JSON ({error})", _KIT) from error
    if not isinstance(found, dict):
        raise BadInput("E-FORMAT", f"{path.name} is no JSON object", _KIT)
    return found


def kit_folder() -> Path:
    """Returns the folder of the conformance kit as it was shipped."""
    return resources_root() / "intake"


_KIT = "strongroom intake kit -o DIR writes files of the right form."


def _checked(folder: Path, clock: Clock) -> CheckedRun:
    findings: list[IntakeFinding] = []
    said: dict[str, JsonValue] = {}
    try:
        with explained(folder):
            names = file_names(folder)
            findings += _misnamed(names)
            content = read_run(folder, names)
            findings += [_finding(each.code, each.path, each.detail) for each in content.findings]
            if content.header.run_id != folder.name:
                detail = f"it says {content.header.run_id}"
                findings.append(_finding("E-FORMAT", "run.json", detail))
            if not content.writers:
                detail = "no journal of a process is there: the run says nothing"
                findings.append(_finding("E-MISSING", "", detail))
            broken = verify_artifacts(folder, content.artifacts)
            findings += [_finding(code, path, detail) for code, path, detail in broken]
            said = _said(content, clock)
    except Untrusted as error:
        findings.append(_finding(error.code, "run.json", error.title))
    return CheckedRun(run_id=folder.name, folder=folder, said=said, findings=tuple(findings))


def _misnamed(names: list[str]) -> Iterator[IntakeFinding]:
    for name in names:
        if name.lower().endswith(PLAIN_SUFFIX) and not is_journal(name):
            detail = "nobody reads a journal of this name; call it w-<8 hexadecimal digits>.jsonl"
            yield _finding("E-PATH", name, detail)


def _finding(code: str, path: str, detail: str) -> IntakeFinding:
    at = _LINE.fullmatch(detail)
    if at is None:
        return IntakeFinding(code=code, path=path, line=0, detail=detail)
    return IntakeFinding(code=code, path=path, line=int(at[1]), detail=at[2])


def _said(content: JournalContent, clock: Clock) -> dict[str, JsonValue]:
    metrics = {key: summarize(series) for key, series in content.metrics.items()}
    state = from_content(content, metrics, observe(clock.now_us()))
    return {
        "experiment": state.experiment,
        "name": state.name,
        "parent": state.parent,
        "status": state.status.value,
        "params": state.params,
        "tags": state.tags,
        "notes": list(state.notes),
        "inputs": list(state.inputs),
        "artifacts": {
            each.path: {"size": each.size_bytes, "sha256": each.sha256} for each in state.artifacts
        },
        "metrics": {
            key: [
                [step, number(value)]
                for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True)
            ]
            for key, series in content.metrics.items()
        },
        "lost": state.lost,
    }


def number(value: float) -> JsonValue:
    """Returns a value as a document holds it: a number, or the text of one that is not finite."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _differ(path: str, expected: JsonValue, said: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(expected, dict) and isinstance(said, dict):
        for key, value in expected.items():
            where = f"{path}/{key}" if path else key
            if key in said:
                yield from _differ(where, value, said[key])
            else:
                yield where, "it is expected and not there"
        if path:
            for key in said.keys() - expected.keys():
                yield f"{path}/{key}", "it is there and not expected"
    elif isinstance(expected, list) and isinstance(said, list):
        if len(expected) != len(said):
            yield path, f"there are {len(said):,} where {len(expected):,} are expected"
        for at, (first, second) in enumerate(zip(expected, said, strict=False)):
            yield from _differ(f"{path}/{at}", first, second)
    elif not _is_same(expected, said):
        yield path, f"it is {_shown(said)} where {_shown(expected)} is expected"


def _is_same(first: JsonValue, second: JsonValue) -> bool:
    if isinstance(first, int | float) and isinstance(second, float):
        return float(first) == second and math.copysign(1, float(first)) == math.copysign(1, second)
    return bool(first == second)


def _shown(value: JsonValue) -> str:
    return json.dumps(value)[:60]
