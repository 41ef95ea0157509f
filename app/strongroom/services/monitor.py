# SPDX-License-Identifier: Apache-2.0
"""Monitoring from data that already exists: ten measures, each with formula, window and target.

* Too few samples are "not enough", never green; a measure without data says what would fill it.
* Figures are computed from run folders, the ledger and the files; nothing is sampled in secret.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS, from_iso
from strongroom.domain.registry import RequestStatus
from strongroom.domain.run import Run, RunStatus
from strongroom.services.attempts import AttemptRow, rows
from strongroom.services.registry import Registry
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot

WINDOW_US = 28 * 86_400 * MICROSECONDS
MAX_RUNS = 20_000  # read for one look; older ones lie outside the window of any healthy store
MIN_SAMPLES = 5  # fewer runs say nothing about a rate
PROBE_CALLS = 2_000  # enough for a p95, over in some 20 ms

ON_TARGET, MISSED, NOT_ENOUGH, NO_DATA = "on-target", "missed", "not-enough", "no-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One tile: id M1 to M10, what it is, its figure, and how it stands against its target."""

    id: str
    title: str
    formula: str
    figure: str
    unit: str
    verdict: str
    target: str
    series: tuple[float, ...] = ()
    hint: str = ""


class Monitor:
    """The Monitor page's questions."""

    def __init__(self, workstation: Workstation, registry: Registry) -> None:
        self._at = workstation
        self._registry = registry

    def measures(self) -> tuple[Measure, ...]:
        """Returns the ten measures over the last 28 days."""
        runs = self._recent_runs()
        snapshot = self._at.snapshot() if self._at.has_team() else None
        return (
            _run_success(runs),
            _empty("M2", "Model load p95", "time to first prediction", "≤ 1 s",
                   "Timed loads of models fill this."),
            self._artifact_writes(),
            _register_to_visible(snapshot),
            _promotion_failures(snapshot),
            _empty("M6", "Accuracy drift", "against reference, 28 days", "≥ −5 %",
                   "Scored batches with labels fill this."),
            self._log_latency(),
            self._storage(),
            self._unauthorised(snapshot),
            _rollback_time(snapshot),
        )  # fmt: skip

    # ---------------------------------------------------------------- inside

    def _recent_runs(self) -> tuple[Run, ...]:
        since_us = self._at.clock.now_us() - WINDOW_US
        page = self._at.runs.search(order_by="start_time DESC", limit=MAX_RUNS)
        return tuple(run for run in page.runs if run.started_us >= since_us)

    def _artifact_writes(self) -> Measure:
        with self._at.catalog.read() as connection:
            written = int(connection.exec_driver_sql("SELECT count(*) FROM artifact").scalar_one())
            broken = int(
                connection.exec_driver_sql(
                    "SELECT count(*) FROM finding WHERE code IN ('E-HASH', 'E-MISSING')"
                ).scalar_one()
            )
        formula = f"written and whole, {written:,} files"
        if not written:
            return _empty("M3", "Artifact writes", formula, "≥ 99.9 %",
                          "Runs with artifacts fill this.")  # fmt: skip
        share = 100 * written / (written + broken)
        return Measure(
            id="M3",
            title="Artifact writes",
            formula=formula,
            figure=f"{share:.2f}".rstrip("0").rstrip("."),
            unit="%",
            verdict=ON_TARGET if share >= 99.9 else MISSED,
            target="≥ 99.9 %",
        )

    def _log_latency(self) -> Measure:
        """Times the one write a metric point costs, in this store's own cache folder."""
        folder = self._at.folder.cache
        folder.mkdir(parents=True, exist_ok=True)
        micros = _probe(folder / f".probe-{os.getpid()}", time.perf_counter_ns)
        p95 = micros[int(len(micros) * 0.95)]
        step = max(1, len(micros) // 40)
        return Measure(
            id="M7",
            title="Tracking p95",
            formula=f"one 32-byte record, {len(micros):,} writes now",
            figure=f"{p95 / 1000:.3f}",
            unit="ms",
            verdict=ON_TARGET if p95 <= 5_000 else MISSED,
            target="≤ 5 ms",
            series=tuple(micros[i] for i in range(0, len(micros), step)),
        )

    def _unauthorised(self, snapshot: Snapshot | None) -> Measure:
        """Counts what peers refuse of others' events, and what was refused or failed here."""
        if snapshot is None:
            return _empty("M9", "Unauthorised attempts", "refused and failed acts", "0",
                          "A team and its ledger fill this.")  # fmt: skip
        codes = {"E-CAP", "E-CUT", "E-SELF", "E-BIND", "E-POLICY"}
        refused = [id_ for id_, code in snapshot.state.refusals.items() if code in codes]
        since_us = self._at.clock.now_us() - WINDOW_US
        told = rows(snapshot, self._at.attempts.pending(), since_us=since_us)
        # A check that failed may be a worn stick: it is told here and is nobody's attempt.
        tried = [row for row in told if row.attempt.kind != "verify"]
        count = len(refused) + sum(row.attempt.count for row in tried)
        parts = [f"{len(refused):,} events without a right"] if refused else []
        return Measure(
            id="M9",
            title="Unauthorised attempts",
            formula=", ".join([*parts, _counted(told)]).strip(", ") or "refused and failed acts",
            figure=str(count),
            unit="",
            verdict=MISSED if count else ON_TARGET,
            target="0",
        )

    def _storage(self) -> Measure:
        sizes = {name: _size(self._at.folder.root / name) for name in ("runs", "blobs", "ledger")}
        total = sum(sizes.values())
        figure, unit = _scaled(total)
        return Measure(
            id="M8",
            title="Storage",
            formula=", ".join(f"{name} {' '.join(_scaled(size))}" for name, size in sizes.items()),
            figure=figure,
            unit=unit,
            verdict=ON_TARGET,
            target="no cap",
        )


def _counted(rows: Sequence[AttemptRow]) -> str:
    """Returns ``3 denied, 2 failed unlocks, 1 failed check``, only what there is."""
    words = {"denied": ("denied", "denied"), "unlock": ("failed unlock", "failed unlocks"),
             "verify": ("failed check", "failed checks")}  # fmt: skip
    counts = {kind: sum(r.attempt.count for r in rows if r.attempt.kind == kind) for kind in words}
    return ", ".join(f"{n:,} {words[kind][n != 1]}" for kind, n in counts.items() if n)


def _run_success(runs: Sequence[Run]) -> Measure:
    ended = [run for run in runs if run.status.is_terminal or run.is_lost]
    good = [run for run in ended if run.status is RunStatus.FINISHED]
    formula = f"finished of ended, {len(ended):,} runs"
    if len(ended) < MIN_SAMPLES:
        return Measure(
            id="M1",
            title="Run success",
            formula=formula,
            figure="",
            unit="",
            verdict=NOT_ENOUGH,
            target="≥ 98 %",
            hint=f"{MIN_SAMPLES} ended runs fill this.",
        )
    share = 100 * len(good) / len(ended)
    ordered = sorted(ended, key=lambda run: run.ended_us or run.started_us)
    running, series = 0, []
    for count, run in enumerate(ordered, start=1):
        running += run.status is RunStatus.FINISHED
        series.append(100 * running / count)
    return Measure(
        id="M1",
        title="Run success",
        formula=formula,
        figure=f"{share:.1f}",
        unit="%",
        verdict=ON_TARGET if share >= 98 else MISSED,
        target="≥ 98 %",
        series=tuple(series[-40:]),
    )


def _register_to_visible(snapshot: Snapshot | None) -> Measure:
    """Claimed time from a registration to the first event of somebody else that had seen it."""
    formula = "registered to seen by a peer"
    waits: list[float] = []
    if snapshot is not None:
        chains = snapshot.chains
        for event in chains.events():
            if event.type != "version.register":
                continue
            seen = [
                _seconds(other.time) - _seconds(event.time)
                for other in chains.events()
                if other.writer != event.writer and chains.has_seen(other, event)
            ]
            if seen:
                waits.append(max(0.0, min(seen)))
    if not waits:
        return _empty("M4", "Register to visible", formula, "≤ 60 s",
                      "A peer's event after a registration fills this.")  # fmt: skip
    median = sorted(waits)[len(waits) // 2]
    figure, unit = _duration(median)
    return Measure(
        id="M4",
        title="Register to visible",
        formula=f"{formula}, {len(waits)} versions",
        figure=figure,
        unit=unit,
        verdict=ON_TARGET if median <= 60 else MISSED,
        target="≤ 60 s",
        series=tuple(waits[-40:]),
    )


def _promotion_failures(snapshot: Snapshot | None) -> Measure:
    requests = list(snapshot.state.requests.values()) if snapshot else []
    passed = [
        r for r in requests
        if r.status in {RequestStatus.EFFECTIVE, RequestStatus.SUPERSEDED, RequestStatus.CONFLICT,
                        RequestStatus.LAPSED, RequestStatus.STALE}
    ]  # fmt: skip
    failed = [r for r in passed if r.status in {RequestStatus.CONFLICT, RequestStatus.LAPSED}]
    if not passed:
        return _empty("M5", "Promotion failures", "passed but not applied", "0",
                      "An approved request fills this.")  # fmt: skip
    return Measure(
        id="M5",
        title="Promotion failures",
        formula=f"passed but not applied, of {len(passed)}",
        figure=str(len(failed)),
        unit="",
        verdict=MISSED if failed else ON_TARGET,
        target="0",
    )


def _rollback_time(snapshot: Snapshot | None) -> Measure:
    """Claimed time from a request to its last approval, for moves back to an earlier version."""
    formula = "request to applied, back to an earlier version"
    waits = []
    for request in snapshot.state.requests.values() if snapshot else ():
        is_back = any(retired[1] > request.key[1] for retired, _ in request.retires)
        if is_back and request.approvals and request.to_stage == "Production":
            last = max(vote.time for vote in request.approvals)
            waits.append(max(0.0, _seconds(last) - _seconds(request.event.time)))
    if not waits:
        return _empty("M10", "Rollback time", formula, "≤ 15 min", "A rollback fills this.")
    figure, unit = _duration(waits[-1])
    return Measure(
        id="M10",
        title="Rollback time",
        formula=f"{formula}, last of {len(waits)}",
        figure=figure,
        unit=unit,
        verdict=ON_TARGET if waits[-1] <= 900 else MISSED,
        target="≤ 15 min",
        series=tuple(waits[-40:]),
    )


def _empty(id_: str, title: str, formula: str, target: str, hint: str) -> Measure:
    return Measure(
        id=id_,
        title=title,
        formula=formula,
        figure="",
        unit="",
        verdict=NO_DATA,
        target=target,
        hint=hint,
    )


def _probe(path: Path, now_ns: Callable[[], int]) -> list[float]:
    record, found = bytes(32), []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(PROBE_CALLS):
            start = now_ns()
            os.write(descriptor, record)
            found.append((now_ns() - start) / 1000)
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)
    return sorted(found)


def _size(folder: Path) -> int:
    total, pending = 0, [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
    return total


def _scaled(size: float) -> tuple[str, str]:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return (f"{size:.0f}" if unit == "B" else f"{size:.1f}"), unit
        size /= 1000
    return f"{size:.2f}", "TB"


def _duration(seconds: float) -> tuple[str, str]:
    return (f"{seconds:.1f}", "s") if seconds < 120 else (f"{seconds / 60:.0f}", "min")


def _seconds(text: str) -> float:
    try:
        return from_iso(text) / MICROSECONDS
    except ValueError:
        return 0.0
