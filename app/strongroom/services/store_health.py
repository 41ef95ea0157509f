# SPDX-License-Identifier: Apache-2.0
"""How a store is: what is not yet sealed, signed, pushed, backed up; what is damaged; its space.

* Each line says what is, what to do, and the one act that does it; window and terminal say the
  same words.
* Asking touches no share: of other places what is remembered here is told.
* A line is bad only where something was lost or cannot be read; what merely waits is a remark.
"""

import shutil
from dataclasses import dataclass

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.progress import Progress, Silent
from strongroom.services.backups import HOUR_US, Backups
from strongroom.services.exchange import Exchange
from strongroom.services.workstation import Workstation
from strongroom.store.run_counts import RunCounts, ended_since, run_counts
from strongroom.store.space_used import SpaceUse, space_used

OK, WAITS, BAD = "ok", "warn", "bad"
SEAL, VERIFY, REBUILD, BACK_UP, EXCHANGE, CLOSE = (
    "seal", "verify", "rebuild", "back-up", "exchange", "close-runs",
)  # fmt: skip
LOW_BYTES = 5 << 30  # below it a long training run may fill the disk overnight
LOW_SHARE = 0.05  # and below this part of it
DAY_US = 86_400 * MICROSECONDS
TITLES = {
    "artifacts": "Artifacts of runs",
    "metrics": "Metrics, compacted",
    "journals": "Journals, not compacted yet",
    "facts": "Facts of runs and seals",
    "pulled": "Content that was pulled",
    "ledger": "Signed events",
    "quarantine": "Quarantine",
    "index": "Index, can be rebuilt",
    "cache": "Cache, can be deleted",
    "other": "Other files",
}
"""What people call the kinds of `space_used`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One thing about the store: how it stands, in a sentence, and the act that helps, "" if none.

    ``tone`` is ``ok``, ``warn`` or ``bad``; ``command`` is the act on the command line.
    """

    key: str
    tone: str
    title: str
    detail: str
    act: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """How a store is: its lines, what each kind of thing takes, and what is free on its disk."""

    lines: tuple[HealthLine, ...]
    space: tuple[SpaceUse, ...]
    free_bytes: int
    disk_bytes: int

    @property
    def is_ok(self) -> bool:
        """Whether nothing was lost and nothing is unreadable."""
        return not any(line.tone == BAD for line in self.lines)

    @property
    def size_bytes(self) -> int:
        """What the store takes in all."""
        return sum(use.size_bytes for use in self.space)


class Health:
    """Looks at one store."""

    def __init__(self, workstation: Workstation, backups: Backups, exchange: Exchange) -> None:
        self._at = workstation
        self._backups = backups
        self._exchange = exchange

    def look(self, progress: Progress | None = None) -> StoreHealth:
        """Returns how the store is.

        Raises:
            EnvironmentFault: ``E-STORE`` if the store cannot be read.
            Cancelled: If somebody asked to stop.
        """
        watched = progress or Silent()
        root = self._at.folder.root
        disk = shutil.disk_usage(root)
        return StoreHealth(
            lines=(*self.lines(), _room(disk.free, disk.total)),
            space=space_used(root, watched),
            free_bytes=disk.free,
            disk_bytes=disk.total,
        )

    def lines(self) -> tuple[HealthLine, ...]:
        """Returns what index and memory tell; nothing is walked through."""
        with self._at.catalog.read() as connection:
            counts = run_counts(connection)
        return (
            *self._damage(),
            _sealing(counts),
            _contact(counts),
            *self._leaving(counts),
            self._backup(counts),
        )

    # ---------------------------------------------------------------- inside

    def _damage(self) -> tuple[HealthLine, ...]:
        found = self._at.runs.findings()
        if not found:
            return ()
        first = found[0]
        more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
        return (
            HealthLine(
                key="damage", tone=BAD,
                title=_count(len(found), "file of a run cannot be taken in",
                             "files of runs cannot be taken in"),
                detail=f"{first.code} {first.path}: {first.detail}{more}. Verify reads everything"
                " again and names each of them.",
                act=VERIFY, command="strongroom verify",
            ),
        )  # fmt: skip

    def _leaving(self, counts: RunCounts) -> tuple[HealthLine, ...]:
        if not self._at.has_team():
            return ()
        remotes, unsigned = self._exchange.remotes(), self._exchange.unsigned()
        if not remotes:
            return (
                HealthLine(
                    key="exchange", tone=WAITS if counts.sealed else OK,
                    title="The team sees nothing of this store",
                    detail="No place to exchange with is known here.",
                    act=EXCHANGE, command="strongroom remote add NAME PATH",
                ),
            )  # fmt: skip
        pushed_us = max((each.pushed_at_us or 0 for each in remotes), default=0)
        with self._at.catalog.read() as connection:
            waiting = ended_since(connection, pushed_us)
        if not waiting and not unsigned:
            return (
                HealthLine(key="exchange", tone=OK, title="Everything that ended was pushed",
                           detail=f"Last push: {self._ago(pushed_us)}."),
            )  # fmt: skip
        when = (
            f"since the last push, {self._ago(pushed_us)}" if pushed_us else "and none was pushed"
        )
        return (
            HealthLine(
                key="exchange", tone=WAITS,
                title=_count(waiting or unsigned, "run is only on this computer",
                             "runs are only on this computer"),
                detail=f"{_count(waiting, 'run', 'runs')} ended {when};"
                f" {_count(unsigned, 'is', 'are')} not signed.",
                act=EXCHANGE, command="strongroom remote push",
            ),
        )  # fmt: skip

    def _backup(self, counts: RunCounts) -> HealthLine:
        plan = self._backups.plan()
        if plan is None:
            return HealthLine(
                key="backup", tone=WAITS if counts.total else OK,
                title="There is no backup of this store",
                detail="Nobody has planned one. A folder on another disk, a share or a stick will"
                " do; what lies there already is not copied again.",
                act=BACK_UP, command="strongroom backup create --to DIR",
            )  # fmt: skip
        every = _count(plan.every_hours, "hour", "hours")
        if plan.last_us is None:
            title, detail = "A backup is planned and none was made", f"Into {plan.folder}."
        else:
            with self._at.catalog.read() as connection:
                newer = ended_since(connection, plan.last_us)
            title = f"Backed up {self._ago(plan.last_us)}"
            detail = (
                f"Into {plan.folder}, every {every};"
                f" {_count(newer, 'run', 'runs')} ended since then."
            )
        is_due = plan.is_due(self._at.clock.now_us())
        return HealthLine(
            key="backup", tone=WAITS if is_due else OK, title=title,
            detail=f"{detail} The next one is due." if is_due else detail,
            act=BACK_UP, command="strongroom backup create",
        )  # fmt: skip

    def _ago(self, time_us: int) -> str:
        passed = self._at.clock.now_us() - time_us
        if passed < 0:
            return "at a time that lies ahead"
        if passed < HOUR_US:
            return "within the last hour"
        if passed < 2 * DAY_US:
            return f"{_count(passed // HOUR_US, 'hour', 'hours')} ago"
        return f"{_count(passed // DAY_US, 'day', 'days')} ago"


def _sealing(counts: RunCounts) -> HealthLine:
    if not counts.unsealed:
        running = f" {_count(counts.running, 'is', 'are')} being logged." if counts.running else ""
        return HealthLine(
            key="sealing", tone=OK, title="Every run that ended is compacted and sealed",
            detail=f"{_count(counts.sealed, 'run', 'runs')} by digest.{running}",
        )  # fmt: skip
    return HealthLine(
        key="sealing", tone=WAITS,
        title=_count(counts.unsealed, "run that ended is not sealed yet",
                     "runs that ended are not sealed yet"),
        detail="Their points still lie in journals: safe, and larger than need be. A run with a"
        " damaged journal is not sealed.",
        act=SEAL, command="strongroom runs search",
    )  # fmt: skip


def _contact(counts: RunCounts) -> HealthLine:
    if not counts.lost:
        return HealthLine(
            key="contact", tone=OK, title="No run has lost contact",
            detail=f"{_count(counts.running, 'run is', 'runs are')} being logged."
            if counts.running
            else "Nothing is being logged.",
        )  # fmt: skip
    return HealthLine(
        key="contact", tone=WAITS,
        title=_count(counts.lost, "run has lost contact", "runs have lost contact"),
        detail="Its process is gone without a word. Close it, or resume it by its id."
        if counts.lost == 1
        else "Their processes are gone without a word. Close them, or resume them by their id.",
        act=CLOSE, command="strongroom runs close RUN",
    )  # fmt: skip


def _room(free: int, total: int) -> HealthLine:
    is_low = free < LOW_BYTES or free < total * LOW_SHARE
    return HealthLine(
        key="room", tone=BAD if free < LOW_BYTES // 10 else WAITS if is_low else OK,
        title="The disk is nearly full" if is_low else "There is room on the disk",
        detail=f"{free / 1e9:,.1f} GB of {total / 1e9:,.0f} GB are free."
        + (" Training goes on when it is full, but nothing more is logged." if is_low else ""),
    )  # fmt: skip


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
