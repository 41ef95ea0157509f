# SPDX-License-Identifier: Apache-2.0
"""Exchange: remotes, push, pull, sync, checking them, quarantine, and taking runs in.

* A remote is a folder under a name; the same folder layout whether share, stick or disk.
* What was exchanged when is remembered per remote; what lies where is always looked up again.
* Nothing refused is lost: it lies in quarantine with its reason until somebody drops it.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, StrongroomError
from strongroom.domain.progress import Progress, Silent
from strongroom.exchange.check import RemoteCheck, check_remote
from strongroom.exchange.outcome import (
    Counts,
    Item,
    Kind,
    Outcome,
    Result,
    Trouble,
    conflict_items,
)
from strongroom.exchange.pull import pull
from strongroom.exchange.push import push
from strongroom.exchange.remote import DESCRIPTION
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.bundles import SUFFIX, Bundles
from strongroom.services.exchange_memory import ExchangeMemory, RemoteInfo
from strongroom.services.import_reports import ImportRecord, ImportReport
from strongroom.services.last_exchange import as_of
from strongroom.services.local_side import settle
from strongroom.services.own_key import replaced_if_copied
from strongroom.services.quarantine_desk import QuarantineDesk, QuarantineDetail, Retried
from strongroom.services.remote_places import RemotePlaces
from strongroom.services.remote_status import RemoteStatus, look
from strongroom.services.report_desk import ReportDesk
from strongroom.services.rotation import Rotation
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.run_intake import RunIntake
from strongroom.services.signed_report import CheckedReport
from strongroom.services.unsigned_runs import UnsignedRuns
from strongroom.services.vouching import held_against_checkpoints, vouch
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.home_formats import OF_EXCHANGE
from strongroom.store.quarantine import QuarantinedItem
from strongroom.trust.identity import SecretsHandler

__all__ = [
    "CheckedReport",
    "Counts",
    "Exchange",
    "ImportRecord",
    "ImportReport",
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
    "Selection",
    "Trouble",
    "conflict_items",
]


class Exchange:
    """The verbs of ``strongroom remote``, ``quarantine`` and ``import runs``.

    Args:
        workstation: This side.
        rotation: Replaces our own key if a pull shows that it signed elsewhere; None to tell only.
    """

    def __init__(self, workstation: Workstation, rotation: Rotation | None = None) -> None:
        self._at = workstation
        self._rotation = rotation
        self._memory = ExchangeMemory(workstation.home, workstation.clock, workstation.marks)
        self._places = RemotePlaces(workstation, self._memory)
        self.reports = ReportDesk(workstation)
        self._intake = RunIntake(workstation)
        self._bundles = Bundles(workstation, rotation)
        self._unsigned = UnsignedRuns(workstation, RunFinishing(workstation))
        self._desk = QuarantineDesk(workstation.quarantine, self._places.local, self._settle)

    # ---------------------------------------------------------------- remotes

    def remotes(self) -> tuple[RemoteInfo, ...]:
        """Returns every remote in the order they were added; no share is touched."""
        return self._places.all()

    def as_of(self) -> str:
        """Returns when something was last exchanged and where; "" if never."""
        return as_of(self.remotes(), self._at.clock.now_us())

    def add(self, name: str, path: Path) -> RemoteInfo:
        """Gives a folder a name; an empty one becomes a remote of our team.

        A remote can be named before a team is pinned; nothing is exchanged with it until then.

        Raises:
            BadInput: ``E-REMOTE`` if the folder is something else or the name is taken.
            Refused: ``E-TEAM`` if the folder is empty and no team is pinned.
            Untrusted: ``E-TEAM`` if it belongs to another team.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        return self._places.add(name, path)

    def status(self, name: str, progress: Progress | None = None) -> RemoteStatus:
        """Returns how a remote and this store differ; a share that is gone is an answer too.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name.
            Cancelled: If somebody asked to stop.
        """
        found = look(self._places, self._memory, name, progress)
        return replace(found, unsigned_here=self.unsigned())

    def pause(self, name: str, *, is_paused: bool = True) -> RemoteInfo:
        """Leaves a remote out when all are served, until it is resumed.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name.
        """
        self._places.info(name)
        self._memory.pause(name, is_paused=is_paused)
        return self._places.info(name)

    def unsigned(self) -> int:
        """Returns how many finished runs nobody has signed: a plain push leaves them here."""
        return self._unsigned.count()

    # ---------------------------------------------------------------- push, pull, sync

    def push(
        self,
        name: str | None = None,
        *,
        selection: Selection = EVERYTHING,
        is_dry: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Copies to a remote, or to each, what it lacks.

        Runs that the selection names and nobody has signed are signed first: what leaves here is
        vouched for. A dry run does not sign; it counts their files.

        Args:
            name: The remote; None for all.
            selection: Whose files are copied; events always are.
            is_dry: Only say what would be copied.
            progress: Hears bytes done of all; may cancel.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name, or if there is no remote; ``E-RUN`` or
                ``E-VERSION`` if something chosen is not here.
            Refused, Untrusted: ``E-TEAM``; ``E-CAP`` or ``E-RUN`` if a run cannot be signed.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``; other remotes are still served;
                ``E-LOCKED``.
            Cancelled: What was finished stays.
        """
        how = _How(selection=selection, is_dry=is_dry, progress=progress)
        self._prepare(how)
        return self._each(name, lambda info: self._push(info, how))

    def pull(
        self,
        name: str | None = None,
        *,
        selection: Selection = EVERYTHING,
        is_dry: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Takes in from a remote, or from each, what is new there; raises as `push`.

        Args:
            name: The remote; None for all.
            selection: Whose files are copied; what it names and has not arrived is waited for.
            is_dry: Only say what would be taken in.
            progress: Hears how far it is; may cancel.
        """
        how = _How(selection=selection, is_dry=is_dry, progress=progress)

        def act(info: RemoteInfo) -> Outcome:
            return self.reports.told("pull", info.name, lambda: self._pull(info, how))

        return self._each(name, act)

    def sync(
        self,
        name: str | None = None,
        *,
        selection: Selection = EVERYTHING,
        is_dry: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Pulls, then pushes; what cannot be written is only pulled from. Arguments as `push`.

        What is chosen may be here, or come with the pull: what is in neither refuses the push.
        """
        how = _How(selection=selection, is_dry=is_dry, progress=progress)

        def both(info: RemoteInfo) -> Outcome:
            pulled = self._pull(info, how)
            if not self._places.open(info.path).is_writable:
                return pulled
            # What a pull would bring is not here after a dry one: its outcome tells what is in
            # neither store.
            self._at.runs.refresh() if is_dry else self._prepare(how)
            fresh = self._places.info(info.name) if info.name in self._places.names() else info
            return pulled | self._push(fresh, how)

        def told(info: RemoteInfo) -> Outcome:
            return self.reports.told("sync", info.name, lambda: both(info))

        return self._each(name, told)

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
        self._at.home.require_writable(*OF_EXCHANGE)
        info, here = self._places.info(name), self._places.local()
        check = check_remote(
            here, self._places.open(info.path), name=name,
            is_reading_data=is_reading_data, progress=progress,
        )  # fmt: skip
        found_there = ((found.code, found.path) for found in check.findings)
        self._at.note_found(f"remote {name}", found_there)
        absent = {"E-GAP", "E-MISSING"}  # the next push sees by itself what is not there
        damaged = [found.path for found in check.findings if found.code not in absent]
        self._memory.remember(name, damaged=damaged)
        return check

    # ---------------------------------------------------------------- import

    def unlock(self, ask: SecretsHandler) -> None:
        """Opens the key for a while, as a sealed bundle needs it.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
        """
        self._at.keys(ask=ask)

    def write_receipt(self, bundle: Path, target: Path, *, ask: SecretsHandler) -> None:
        """Writes the receipt for a bundle that was taken in here; raises as `Bundles` does."""
        self._bundles.write_receipt(bundle, target, ask=ask)

    def preview(self, source: str, progress: Progress | None = None) -> Outcome:
        """Says what taking a source in would do, item by item; nothing at all is written.

        Every file of new content is read through, so what is damaged is known before.

        Args:
            source: A remote's name, a remote's folder or ZIP, a bundle, or a folder with run
                folders.
            progress: Hears how far it is.

        Raises:
            As `take`.
        """
        return self._take(source, _How(is_dry=True, is_reading=True, progress=progress))

    def take(
        self,
        source: str,
        progress: Progress | None = None,
        *,
        selection: Selection = EVERYTHING,
    ) -> Outcome:
        """Takes in everything admissible of a source and says what became of each item.

        Events form chains: one cannot be left out without all that follow it in its log, and
        what it says would be withheld from everybody who reads this store. So there is nothing
        to choose among events; what an unwanted one does is undone by another event. Whose files
        are copied can be chosen: what was left out can be pulled at any later time.

        Raises:
            BadInput: ``E-REMOTE`` if the folder is neither a remote nor holds runs.
            Refused, Untrusted: ``E-TEAM``.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
            Cancelled: What was finished stays.
        """
        how = _How(selection=selection, progress=progress)
        return self.reports.noted(source, lambda: self._take(source, how))

    def free_bytes(self) -> int | None:
        """Returns how many bytes fit on the disk of this store, None if nobody can tell."""
        try:
            return shutil.disk_usage(self._at.folder.root).free
        except OSError:
            return None

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
        return self._desk.list()

    def show_quarantined(self, id_: str) -> QuarantineDetail:
        """Returns a refused thing with the beginning of its bytes, control characters spelled out.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-HASH`` if it was changed in quarantine.
        """
        return self._desk.show(id_)

    def retry(self, id_: str) -> Retried:
        """Passes a refused thing through the gate again and lets it out if it is admitted.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-HASH`` if it was changed in quarantine.
            Refused: ``E-TEAM`` if there is no team.
        """
        self._at.folder.require_writable()
        return self._desk.retry(id_)

    def save_quarantined(self, id_: str, path: Path) -> int:
        """Writes the bytes that were refused to a file, as they came; returns how many.

        Raises:
            BadInput: ``E-MISSING``.
            Untrusted: ``E-HASH`` if they were changed in quarantine.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
        """
        return self._desk.save(id_, path)

    def drop(self, id_: str) -> Changes:
        """Removes a refused thing for good.

        Raises:
            BadInput: ``E-MISSING``.
        """
        self._at.folder.require_writable()
        return self._desk.drop(id_)

    # ---------------------------------------------------------------- inside

    def _each(self, name: str | None, act: Callable[[RemoteInfo], Outcome]) -> tuple[Outcome, ...]:
        """Acts on one remote or on all; the first fault is raised after all had their turn."""
        self._places.local()  # without a team there is nothing to exchange: say that first
        infos = self.remotes() if name is None else (self._places.info(name),)
        if not infos:
            raise BadInput(
                "E-REMOTE", "There is no remote yet", "Add one: strongroom remote add NAME PATH."
            )
        if name is None:
            infos = tuple(info for info in infos if not info.is_paused)
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

    def _prepare(self, how: "_How") -> None:
        """Refuses a selection of what is not here, and signs what was chosen and is not signed."""
        self._places.local()
        self._at.runs.refresh()
        self._unsigned.check(how.selection)
        if not how.is_dry:
            self._unsigned.sign(how.selection)

    def _push(self, info: RemoteInfo, how: "_How") -> Outcome:
        self._check_writable(how)
        here, remote = self._places.local(), self._places.open(info.path)
        self._at.runs.refresh()
        prospects = self._unsigned.prospects(how.selection) if how.is_dry else ()
        found = push(
            here, remote, origin=info.name, damaged=info.to_heal, selection=how.selection,
            prospects=prospects, is_dry=how.is_dry, progress=how.progress,
        )  # fmt: skip
        if not how.is_dry:
            self._memory.remember(info.name, pushed=found.outcome.pushed, damaged=found.damaged)
            vouch(self._at, remote)
        return found.outcome

    def _pull(self, info: RemoteInfo, how: "_How") -> Outcome:
        self._check_writable(how)
        here, remote = self._places.local(), self._places.open(info.path)
        found = pull(
            here, remote, origin=info.name, marks=self._memory.marks(info.name),
            is_dry=how.is_dry, is_reading=how.is_reading, suspects=info.damaged,
            selection=how.selection, progress=how.progress,
        )  # fmt: skip
        outcome = held_against_checkpoints(self._at, remote, found.outcome, is_dry=how.is_dry)
        if how.is_dry:
            return outcome
        refused = ((each.code, each.path) for each in outcome.rejected)
        self._at.note_found(f"remote {info.name}", refused)
        if info.name in self._places.names():
            self._memory.save_marks(info.name, found.marks)
            self._memory.remember(
                info.name, pulled=found.outcome.pulled, damaged=found.damaged,
                is_rolled_back=any(each.code == "E-ROLLBACK" for each in found.outcome.rejected),
            )  # fmt: skip
        outcome = replace(outcome, changes=self._settle(outcome.changes))
        return replaced_if_copied(self._at, self._rotation, outcome)

    def _take(self, source: str, how: "_How") -> Outcome:
        if source in self._places.names():
            return self._pull(self._places.info(source), how)
        path = Path(source).expanduser().absolute()
        if path.suffix == SUFFIX:
            return self._bundles.take(
                path, is_dry=how.is_dry, selection=how.selection, progress=how.progress
            )
        with explained(path):
            is_remote = path.is_file() or (path / DESCRIPTION).is_file()
        if is_remote:
            info = next((i for i in self.remotes() if i.path == str(path)), None)
            return self._pull(info or RemoteInfo(name=str(path), path=str(path)), how)
        return self._intake.take(
            path, is_dry=how.is_dry, progress=how.progress or Silent(), selection=how.selection
        )

    def _check_writable(self, how: "_How") -> None:
        """Refuses to exchange more than words with a store or home that is only read."""
        if not how.is_dry:
            self._at.folder.require_writable()
            self._at.home.require_writable(*OF_EXCHANGE)

    def _settle(self, changes: Changes) -> Changes:
        return settle(self._at, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """What was asked of an exchange."""

    selection: Selection = EVERYTHING
    is_dry: bool = False
    is_reading: bool = False
    progress: Progress | None = None
