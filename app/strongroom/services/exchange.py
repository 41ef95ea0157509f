# SPDX-License-Identifier: Apache-2.0
"""Exchange: remotes, push, pull, sync, checking them, quarantine, and taking runs in.

* A remote is a folder under a name; the same folder layout whether share, stick or disk.
* What was exchanged when is remembered per remote; what lies where is always looked up again.
* Nothing refused is lost: it lies in quarantine with its reason until somebody drops it.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.errors import BadInput, EnvironmentFault, StrongroomError
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.check import RemoteCheck, check_remote
from strongroom.exchange.local import LocalSide
from strongroom.exchange.outcome import Counts, Item, Kind, Outcome, Result, Trouble
from strongroom.exchange.pull import check_team, pull
from strongroom.exchange.push import plan_push, push
from strongroom.exchange.remote import DESCRIPTION, FolderRemote
from strongroom.exchange.retry import Retry, try_again
from strongroom.services.bundles import SUFFIX, Bundles
from strongroom.services.exchange_memory import ExchangeMemory, RemoteInfo
from strongroom.services.local_side import local_side, settle
from strongroom.services.run_intake import RunIntake
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.home import RemoteEntry
from strongroom.store.quarantine import QuarantinedItem
from strongroom.store.snapshot import no_team

MAX_NAME = 60
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MAX_SHOWN = 64 * 1024  # of a quarantined thing; enough to see what it is

__all__ = [
    "Counts",
    "Exchange",
    "Item",
    "Kind",
    "Outcome",
    "QuarantineDetail",
    "QuarantinedItem",
    "RemoteCheck",
    "RemoteInfo",
    "RemoteStatus",
    "Result",
    "Retried",
    "Trouble",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStatus:
    """How this store and a remote differ now, or why that cannot be said.

    ``damaged_there`` counts files of the remote that do not hold; they are in no other count.
    """

    info: RemoteInfo
    is_reachable: bool
    is_writable: bool = False
    code: str = ""
    title: str = ""
    advice: str = ""
    only_here: Counts = field(default_factory=Counts)
    only_there: Counts = field(default_factory=Counts)
    damaged_there: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineDetail:
    """A quarantined thing with the readable beginning of its bytes: plain text, never run."""

    item: QuarantinedItem
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """Whether a quarantined thing was taken in after all, or why still not."""

    id: str
    is_taken: bool
    code: str
    detail: str
    changes: Changes


class Exchange:
    """The verbs of ``strongroom remote``, ``quarantine`` and ``import runs``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._memory = ExchangeMemory(workstation.home, workstation.clock, workstation.marks)
        self._intake = RunIntake(workstation)
        self._bundles = Bundles(workstation)

    # ---------------------------------------------------------------- remotes

    def remotes(self) -> tuple[RemoteInfo, ...]:
        """Returns every remote in the order they were added; no share is touched."""
        return self._memory.remotes()

    def as_of(self) -> str:
        """Returns when something was last exchanged and where, as the status strip says it.

        ``As of 09:38, share``, ``As of Yesterday 17:05, share``, ``As of 21 Nov 17:20, share`` in
        local time; "" if never.
        """
        met = [
            (time_us, info.name)
            for info in self.remotes()
            for time_us in (info.pulled_at_us, info.pushed_at_us)
            if time_us is not None
        ]
        if not met:
            return ""
        time_us, name = max(met)
        return f"As of {_said(time_us, self._at.clock.now_us())}, {name}"

    def add(self, name: str, path: Path) -> RemoteInfo:
        """Gives a folder a name; an empty one becomes a remote of our team.

        A remote can be named before a team is pinned; nothing is exchanged with it until then.

        Raises:
            BadInput: ``E-REMOTE`` if the folder is something else or the name is taken.
            Refused: ``E-TEAM`` if the folder is empty and no team is pinned.
            Untrusted: ``E-TEAM`` if it belongs to another team.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        known = self._at.home.remotes()
        if not name.strip() or len(name) > MAX_NAME or "/" in name or "\\" in name:
            raise BadInput(
                "E-REMOTE",
                f"A remote's name has 1 to {MAX_NAME} characters and no slash",
                "Give a short name such as share or stick.",
            )
        absolute = path.expanduser().absolute()
        taken = next((entry for entry in known if entry.name == name), None)
        if taken is not None and taken.path != str(absolute):
            raise BadInput("E-REMOTE", f"{name} is {taken.path} already", "Give another name.")
        self._make(absolute)
        if taken is None:
            self._at.home.save_remotes([*known, RemoteEntry(name=name, path=str(absolute))])
        return self._info(name)

    def _make(self, path: Path) -> None:
        team = self._at.home.pinned_team()
        if team:
            remote = FolderRemote.open_or_create(path, team=team, now_us=self._at.clock.now_us())
            check_team(self._local(), remote)
            return
        with explained(path):
            is_empty = not any(path.iterdir()) if path.is_dir() else False
        if is_empty:
            raise no_team()
        FolderRemote.open_existing(path)

    def status(self, name: str, progress: Progress | None = None) -> RemoteStatus:
        """Returns how a remote and this store differ; a share that is gone is an answer too.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name.
            Cancelled: If somebody asked to stop.
        """
        info = self._info(name)
        try:
            here, remote = self._local(), self._open(info.path)
            check_team(here, remote)
            plan = plan_push(here, remote, damaged=frozenset(info.damaged), progress=progress)
            there = pull(
                here,
                remote,
                origin=name,
                marks=self._memory.marks(name),
                is_dry=True,
                suspects=info.damaged,
                progress=progress,
            )
        except StrongroomError as error:
            return RemoteStatus(
                info=info, is_reachable=False,
                code=error.code, title=error.title, advice=error.advice,
            )  # fmt: skip
        return RemoteStatus(
            info=info,
            is_reachable=True,
            is_writable=remote.is_writable,
            only_here=plan.counts,
            only_there=there.outcome.pulled,
            damaged_there=len(there.damaged),
        )

    # ---------------------------------------------------------------- push, pull, sync

    def push(
        self, name: str | None = None, *, is_dry: bool = False, progress: Progress | None = None
    ) -> tuple[Outcome, ...]:
        """Copies to a remote, or to each, what it lacks.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name, or if there is no remote.
            Refused, Untrusted: ``E-TEAM``.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; other remotes are still served.
            Cancelled: What was finished stays.
        """
        return self._each(name, lambda info: self._push(info, is_dry=is_dry, progress=progress))

    def pull(
        self, name: str | None = None, *, is_dry: bool = False, progress: Progress | None = None
    ) -> tuple[Outcome, ...]:
        """Takes in from a remote, or from each, what is new there; raises as `push`."""
        return self._each(name, lambda info: self._pull(info, is_dry=is_dry, progress=progress))

    def sync(
        self, name: str | None = None, *, is_dry: bool = False, progress: Progress | None = None
    ) -> tuple[Outcome, ...]:
        """Pulls, then pushes; a write-protected remote is only pulled from. Raises as `push`."""

        def both(info: RemoteInfo) -> Outcome:
            pulled = self._pull(info, is_dry=is_dry, progress=progress)
            if not self._open(info.path).is_writable:
                return pulled
            fresh = self._info(info.name) if info.name in self._names() else info
            return pulled | self._push(fresh, is_dry=is_dry, progress=progress)

        return self._each(name, both)

    def verify(
        self, name: str, *, is_reading_data: bool = False, progress: Progress | None = None
    ) -> RemoteCheck:
        """Checks all of a remote; what is damaged there, the next push writes again.

        Raises:
            BadInput: ``E-REMOTE``.
            Refused, Untrusted: ``E-TEAM``.
            EnvironmentFault: ``E-SHARE``.
            Cancelled: Nothing is remembered.
        """
        info, here = self._info(name), self._local()
        check = check_remote(
            here, self._open(info.path), name=name,
            is_reading_data=is_reading_data, progress=progress,
        )  # fmt: skip
        found_there = ((found.code, found.path) for found in check.findings)
        self._at.note_found(f"remote {name}", found_there)
        absent = {"E-GAP", "E-MISSING"}  # the next push sees by itself what is not there
        damaged = [found.path for found in check.findings if found.code not in absent]
        self._memory.remember(name, damaged=damaged)
        return check

    # ---------------------------------------------------------------- import

    def preview(self, source: str, progress: Progress | None = None) -> Outcome:
        """Says what taking a source in would do, item by item; nothing at all is written.

        Every file of new content is read through, so what is damaged is known before.

        Args:
            source: A remote's name, a remote's folder, a bundle, or a folder with run folders.
            progress: Hears how far it is.

        Raises:
            As `take`.
        """
        return self._take(source, is_dry=True, progress=progress)

    def take(self, source: str, progress: Progress | None = None) -> Outcome:
        """Takes in everything admissible of a source and says what became of each item.

        Events form chains: one cannot be left out without all that follow it in its log, and
        what it says would be withheld from everybody who reads this store. So there is nothing
        to choose among events; what an unwanted one does is undone by another event.

        Raises:
            BadInput: ``E-REMOTE`` if the folder is neither a remote nor holds runs.
            Refused, Untrusted: ``E-TEAM``.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
            Cancelled: What was finished stays.
        """
        return self._take(source, is_dry=False, progress=progress)

    def import_runs(
        self, path: Path, *, is_dry: bool = False, progress: Progress | None = None
    ) -> Outcome:
        """Copies the run folders at or below a folder into this store, verified.

        Raises:
            BadInput: ``E-REMOTE`` if there is no run folder.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
            Cancelled: Runs that were finished stay.
        """
        return self._intake.take(path, is_dry=is_dry, progress=progress or Silent())

    # ---------------------------------------------------------------- quarantine

    def quarantined(self) -> tuple[QuarantinedItem, ...]:
        """Returns what was refused, oldest first."""
        return self._at.quarantine.list()

    def show_quarantined(self, id_: str) -> QuarantineDetail:
        """Returns a refused thing with the beginning of its bytes, control characters spelled out.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-HASH`` if it was changed in quarantine.
        """
        item = self._quarantined(id_)
        data = self._at.quarantine.read(item.id)[:MAX_SHOWN]
        text = data.decode("utf-8", "backslashreplace")
        shown = "".join(
            c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
        )
        return QuarantineDetail(item=item, text=shown)

    def retry(self, id_: str) -> Retried:
        """Passes a refused thing through the gate again and lets it out if it is admitted.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-HASH`` if it was changed in quarantine.
            Refused: ``E-TEAM`` if there is no team.
        """
        item = self._quarantined(id_)
        found: Retry = try_again(self._local(), self._at.quarantine.read(item.id))
        if found.is_taken:
            self._at.quarantine.drop(item.id)
        if found.changes:
            self._settle(found.changes)
        return Retried(
            id=item.id,
            is_taken=found.is_taken,
            code="" if found.is_taken else found.code or item.code,
            detail=found.detail or item.reason,
            changes=found.changes | Changes(quarantined=frozenset({item.id})),
        )

    def drop(self, id_: str) -> Changes:
        """Removes a refused thing for good.

        Raises:
            BadInput: ``E-MISSING``.
        """
        item = self._quarantined(id_)
        self._at.quarantine.drop(item.id)
        return Changes(quarantined=frozenset({item.id}))

    # ---------------------------------------------------------------- inside

    def _each(self, name: str | None, act: Callable[[RemoteInfo], Outcome]) -> tuple[Outcome, ...]:
        """Acts on one remote or on all; the first fault is raised after all had their turn."""
        self._local()  # without a team there is nothing to exchange: say that first
        infos = self.remotes() if name is None else (self._info(name),)
        if not infos:
            raise BadInput(
                "E-REMOTE", "There is no remote yet", "Add one: strongroom remote add NAME PATH."
            )
        outcomes: list[Outcome] = []
        faults: list[StrongroomError] = []
        for info in infos:
            try:
                outcomes.append(act(info))
            except StrongroomError as error:
                faults.append(error)
        if faults:
            raise faults[0]
        return tuple(outcomes)

    def _push(self, info: RemoteInfo, *, is_dry: bool, progress: Progress | None) -> Outcome:
        here, remote = self._local(), self._open(info.path)
        self._at.runs.refresh()
        found = push(
            here, remote, origin=info.name, damaged=info.damaged, is_dry=is_dry, progress=progress
        )
        if not is_dry:
            self._memory.remember(info.name, pushed=found.outcome.pushed, damaged=found.damaged)
        return found.outcome

    def _pull(
        self,
        info: RemoteInfo,
        *,
        is_dry: bool,
        progress: Progress | None,
        is_reading: bool = False,
    ) -> Outcome:
        here, remote = self._local(), self._open(info.path)
        found = pull(
            here, remote, origin=info.name, marks=self._memory.marks(info.name),
            is_dry=is_dry, is_reading=is_reading, suspects=info.damaged, progress=progress,
        )  # fmt: skip
        if is_dry:
            return found.outcome
        refused = ((each.code, each.path) for each in found.outcome.rejected)
        self._at.note_found(f"remote {info.name}", refused)
        if info.name in self._names():
            self._memory.save_marks(info.name, found.marks)
            self._memory.remember(info.name, pulled=found.outcome.pulled, damaged=found.damaged)
        return replace(found.outcome, changes=self._settle(found.outcome.changes))

    def _take(self, source: str, *, is_dry: bool, progress: Progress | None) -> Outcome:
        if source in self._names():
            known = self._info(source)
            return self._pull(known, is_dry=is_dry, is_reading=is_dry, progress=progress)
        path = Path(source).expanduser().absolute()
        if path.suffix == SUFFIX:
            return self._bundles.take(path, is_dry=is_dry, progress=progress)
        if (path / DESCRIPTION).is_file():
            info = next((i for i in self.remotes() if i.path == str(path)), None)
            named = info or RemoteInfo(name=str(path), path=str(path))
            return self._pull(named, is_dry=is_dry, is_reading=is_dry, progress=progress)
        return self.import_runs(path, is_dry=is_dry, progress=progress)

    def _settle(self, changes: Changes) -> Changes:
        return settle(self._at, changes)

    def _local(self) -> LocalSide:
        return local_side(self._at)

    def _open(self, path: str) -> FolderRemote:
        """Opens a known remote; an empty mount point is a stick that is not in."""
        try:
            return FolderRemote.open_existing(Path(path))
        except BadInput as error:
            if os.path.lexists(Path(path) / DESCRIPTION):
                raise
            raise EnvironmentFault(
                "E-SHARE",
                f"{path} does not show the remote that was there",
                "Put the stick in or mount the share, then repeat.",
            ) from error

    def _names(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self._at.home.remotes())

    def _info(self, name: str) -> RemoteInfo:
        for info in self.remotes():
            if info.name == name:
                return info
        raise BadInput(
            "E-REMOTE", f"No remote is called {name}", "strongroom remote list shows them."
        )

    def _quarantined(self, id_: str) -> QuarantinedItem:
        """Returns the one item whose id begins so."""
        found = [item for item in self.quarantined() if len(id_) >= 8 and item.id.startswith(id_)]
        if len(found) == 1:
            return found[0]
        raise BadInput(
            "E-MISSING",
            f"{id_[:80]} names " + ("several items" if found else "nothing in quarantine"),
            "strongroom quarantine list shows what is there.",
        )


def _said(time_us: int, now_us: int) -> str:
    """Returns a local time as people say it: ``09:38``, ``Yesterday 17:05``, ``21 Nov 17:20``."""
    then, now = (time.localtime(us // MICROSECONDS) for us in (time_us, now_us))
    clock = time.strftime("%H:%M", then)
    days = date(*now[:3]).toordinal() - date(*then[:3]).toordinal()
    if days in {0, 1}:
        return f"Yesterday {clock}" if days else clock
    year = "" if then.tm_year == now.tm_year else f" {then.tm_year}"
    return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}{year} {clock}"
