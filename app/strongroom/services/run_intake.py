# SPDX-License-Identifier: Apache-2.0
"""Taking in run folders that somebody carried here: ``strongroom import runs PATH``."""

from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused, Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.outcome import Counts, Item, Outcome, Result, Trouble, trouble
from strongroom.services.workstation import Workstation
from strongroom.store.copied_runs import FoundRun, copy_run, find_runs, is_here, read_found
from strongroom.store.liveness import observe


class RunIntake:
    """Copies run folders of a plain folder; a broken one never stops the others."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def take(self, path: Path, *, is_dry: bool, progress: Progress) -> Outcome:
        """Copies what is new and whole; see `Exchange.import_runs`.

        Raises:
            BadInput: ``E-REMOTE`` if there is no run folder.
            EnvironmentFault: ``E-SHARE``, ``E-FULL``.
            Cancelled: Between two runs.
        """
        folders: list[Path] = []
        for folder in find_runs(path):
            progress.step(len(folders), 0, "Looking for runs")
            folders.append(folder)
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
        if new and not is_dry:
            changes = self._at.runs.refresh() | Changes(runs=frozenset(i.key for i in new))
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

    def _one(
        self, folder: Path, troubles: dict[str, list[Trouble]], progress: Progress, *, is_dry: bool
    ) -> Item:
        found: FoundRun | None = None
        result: Result
        try:
            found = read_found(folder, observe(self._at.clock.now_us()))
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
