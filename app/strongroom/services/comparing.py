# SPDX-License-Identifier: Apache-2.0
"""What changes against the version that holds the stage, row by row, for an approver's eyes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain.policy import GateRule
from strongroom.services.registry import VersionDetail

METRICS, PARAMETERS, SIGNATURE, FILES = "Metrics", "Parameters", "Signature", "Files"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One difference: before, after, change and threshold as text; ``number`` if it is a metric."""

    section: str
    what: str
    before: str
    after: str
    change: str
    threshold: str
    is_same: bool


def compare_versions(
    proposed: VersionDetail, incumbent: VersionDetail | None, gates: Sequence[GateRule]
) -> tuple[DiffRow, ...]:
    """Returns metrics first, then what differs in parameters, signature and files."""
    needed = {gate.metric: f"{gate.op} {gate.value}" for gate in gates}
    before = incumbent.metrics if incumbent else {}
    rows = [
        _metric(key, before.get(key), proposed.metrics.get(key), needed.get(key, ""))
        for key in sorted(proposed.metrics.keys() | before.keys())
    ]
    rows += _texts(PARAMETERS, incumbent.params if incumbent else {}, proposed.params)
    rows += _texts(SIGNATURE, _signature(incumbent), _signature(proposed))
    rows += _texts(FILES, _files(incumbent), _files(proposed))
    return tuple(rows)


def _metric(key: str, before: float | None, after: float | None, threshold: str) -> DiffRow:
    change = "" if before is None or after is None else f"{after - before:+.4g}"
    return DiffRow(
        section=METRICS,
        what=key,
        before=_number(before),
        after=_number(after),
        change=change.replace("-", "−"),
        threshold=threshold,
        is_same=before == after,
    )


def _texts(section: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[DiffRow]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, ""), after.get(key, "")
        if old == new:
            continue
        yield DiffRow(
            section=section,
            what=key,
            before=old,
            after=new,
            change=_change(old, new),
            threshold="",
            is_same=False,
        )


def _change(old: str, new: str) -> str:
    if not old or not new:
        return "new" if new else "gone"
    try:
        return f"{float(new) - float(old):+g}".replace("-", "−")
    except ValueError:
        return "changed"


def _signature(detail: VersionDetail | None) -> dict[str, str]:
    description = detail.inspection.description if detail and detail.inspection else None
    if description is None:
        return {}
    found = {f"input {field.name}": field.type for field in description.inputs}
    found.update({f"output {field.name}": field.type for field in description.outputs})
    return found


def _files(detail: VersionDetail | None) -> dict[str, str]:
    return {file.path: file.sha256[:8] for file in detail.files} if detail else {}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
