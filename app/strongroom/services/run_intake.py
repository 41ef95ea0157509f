# SPDX-License-Identifier: Apache-2.0
"""Taking in run folders that somebody carried here: ``strongroom import runs PATH``.

* A training host has no key: what comes from it is unsigned, and says so. Who takes it in signs
  for its bytes from here on (``origin`` imported), if the right and the key are there.
* A run nobody could sign for is here all the same, marked, until somebody does.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused, Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.outcome import Counts, Item, Outcome, Result, Trouble, trouble
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.workstation import Workstation
from strongroom.store.copied_runs import FoundRun, copy_run, find_runs, is_here, read_found
from strongroom.store.liveness import observe

UNSIGNED = "Unsigned: nobody vouches for it yet"


class RunIntake:
    """Copies run folders of a plain folder; a broken one never stops the others."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._finishing = RunFinishing(workstation)
        self._experiments: dict[str, str] = {}

    def take(
        self,
        path: Path,
        *,
        is_dry: bool,
        progress: Progress,
        selection: Selection = EVERYTHING,
    ) -> Outcome:
        """Copies what is new, whole and chosen (by run id); see `Exchange.import_runs`.

        Raises:
            BadInput: ``E-REMOTE`` if there is no run folder.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
            Cancelled: Between two runs.
        """
        if not is_dry:
            self._at.folder.require_writable()
        folders: list[Path] = []
        for folder in find_runs(path):
            progress.step(len(folders), 0, "Looking for runs")
            folders.append(folder)
        if folders and not selection.is_all:
            folders = [each for each in folders if selection.wants_run(each.name, "", "")]
            if not folders:
                return Outcome(remote=str(path), is_dry=is_dry)
        if not folders:
            raise BadInput(
                "E-REMOTE",
                f"There is no run folder in {path}",
                "Name a store, its folder runs, or one run's folder; or a remote with"
                " strongroom remote add.",
            )
        items: list[Item] = []
        troubles: dict[str, list[Trouble]] = {"rejected": [], "conflict": [], "waiting": []}
        doing = "Checking" if is_dry else "Importing"
        for number, folder in enumerate(folders):
            progress.step(number, len(folders), f"{doing} run {folder.name[:8]}")
            items.append(self._one(folder, troubles, progress, is_dry=is_dry))
        progress.step(len(folders), len(folders), "Reading what came in")
        new = [item for item in items if item.result == "new"]
        changes = Changes()
        if not is_dry and new:
            changes = self._at.runs.refresh() | Changes(runs=frozenset(i.key for i in new))
        items, signing = self._sign(items, troubles["waiting"], progress, is_dry=is_dry)
        changes |= signing
        progress.step(len(folders), len(folders), "Taken in")
        return Outcome(
            remote=str(path),
            is_dry=is_dry,
            pulled=Counts(objects=len(new), bytes=sum(item.size_bytes for item in new)),
            same=sum(item.result == "same" for item in items),
            waiting=tuple(troubles["waiting"]),
            rejected=tuple(troubles["rejected"]),
            conflicts=tuple(troubles["conflict"]),
            items=tuple(items),
            changes=changes,
        )

    def _sign(
        self, items: list[Item], waiting: list[Trouble], progress: Progress, *, is_dry: bool
    ) -> tuple[list[Item], Changes]:
        """Signs for what came in, now or before, and is signed by nobody; returns items and events.

        A locked key or a missing right is no error: the runs are here, unsigned, and say so. A dry
        run tells who would sign.
        """
        signed = self._finishing.signed()
        missing = [i.key for i in items if i.result in {"new", "same"} and i.key not in signed]
        if is_dry:
            mine = {
                run for run in missing if self._finishing.may_sign(self._experiments.get(run, ""))
            }
            events = frozenset[str]()
        else:
            mine, events = self._sign_now(missing, waiting, progress)
        card = self._at.card()
        told = [
            replace(item, signer=card.name if card else "")
            if item.key in mine
            else replace(item, detail=UNSIGNED)
            if item.key in missing
            else item
            for item in items
        ]
        return told, Changes(events=events)

    def _sign_now(
        self, runs: Sequence[str], waiting: list[Trouble], progress: Progress
    ) -> tuple[set[str], frozenset[str]]:
        """Returns the runs that were signed, and by which events."""
        mine, events = set[str](), set[str]()
        for number, run in enumerate(runs):
            progress.step(number, len(runs), f"Signing run {run[:8]}")
            try:
                is_sealed = bool(self._at.runs.place(run).sealed_sha256)
                if is_sealed and self._finishing.take_over(run):
                    mine.add(run)
                    events.add(self._at.last_own_event())
            except (EnvironmentFault, Untrusted) as error:
                waiting.append(trouble(error, f"run/{run}"))
                if error.code == "E-LOCKED":
                    break  # asked once, not again for every run
        return mine, frozenset(events)

    def _one(
        self, folder: Path, troubles: dict[str, list[Trouble]], progress: Progress, *, is_dry: bool
    ) -> Item:
        found: FoundRun | None = None
        result: Result
        try:
            found = read_found(folder, observe(self._at.clock.now_us()))
            self._experiments[folder.name] = found.state.experiment
            if is_here(self._at.folder, found):
                return _item(folder, found, "same")
            if not is_dry:
                if (scanner := self._at.scanner()) is not None:
                    scanner.check(folder, progress)
                copy_run(self._at.folder, found, random_bytes=self._at.random_bytes)
        except Untrusted as error:
            result, problem = "rejected", trouble(error, str(folder))
        except Refused as error:
            result = "waiting" if error.code == "E-LIVE" else "conflict"
            problem = trouble(error, str(folder))
        else:
            return _item(folder, found, "new")
        troubles[result].append(problem)
        return _item(folder, found, result, problem)


def _item(
    folder: Path, found: FoundRun | None, result: Result, problem: Trouble | None = None
) -> Item:
    title = f"{found.state.experiment}: {found.state.name}" if found else folder.name
    return Item(
        kind="run",
        key=folder.name,
        title=title,
        result=result,
        size_bytes=found.size_bytes if found else 0,
        code=problem.code if problem else "",
        detail=problem.detail if problem else "",
    )
