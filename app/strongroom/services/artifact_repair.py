# SPDX-License-Identifier: Apache-2.0
"""Artifacts whose bytes are gone or damaged: who still has them, and bringing them back.

* Looking reads the artifacts that are asked about and the names of every place that answers.
* What is brought back has the digest that was logged. What nobody has is named, and stays told.
* A run that is still being logged is left alone: its program holds the pack open.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.errors import BadInput, Refused, StrongroomError, Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.progress import Progress, Silent
from strongroom.services.artifact_sources import CopySource, CopySources, Kind, Wanted
from strongroom.services.backups import Backups
from strongroom.services.sticks import Sticks
from strongroom.services.workstation import Workstation
from strongroom.store.artifact_mending import (
    damage_of,
    is_packed,
    mend_pack,
    mend_whole,
    slice_of,
)
from strongroom.store.artifacts import below
from strongroom.store.content import Content
from strongroom.store.liveness import observe
from strongroom.store.run_state import RunState, read_state
from strongroom.store.store_folder import fault

OURS = frozenset({"E-FULL", "E-STORE"})  # our own disk: no other place would help


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOffer:
    """A place that seems to have a copy: what kind of place, and what people call it."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedArtifact:
    """An artifact that does not hold: code, sentence, and who seems to have a copy."""

    run_id: str
    run_name: str
    path: str
    size_bytes: int
    sha256: str
    code: str
    detail: str
    offers: tuple[CopyOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What was read, what does not hold, and which places did not answer."""

    checked: int
    damaged: tuple[DamagedArtifact, ...]
    silent: tuple[str, ...] = ()

    @property
    def can_repair(self) -> bool:
        """Whether there is something to bring back and somebody who seems to have it."""
        return any(each.offers for each in self.damaged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """An artifact that is whole again, and where its bytes came from."""

    artifact: DamagedArtifact
    source: CopyOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOutcome:
    """What was brought back, what is still damaged and why, who did not answer."""

    checked: int
    repaired: tuple[Repaired, ...]
    left: tuple[DamagedArtifact, ...]
    silent: tuple[str, ...] = ()


class ArtifactRepair:
    """The verbs of ``strongroom artifacts repair``.

    Args:
        workstation: The store, its remotes and its backups.
        sticks: What is plugged in.
    """

    def __init__(self, workstation: Workstation, sticks: Sticks) -> None:
        self._at, self._sticks = workstation, sticks

    def plan(
        self,
        reference: str,
        path: str = "",
        *,
        place: Path | None = None,
        progress: Progress | None = None,
    ) -> RepairPlan:
        """Reads artifacts and says which do not hold and who seems to have them.

        Args:
            reference: A run, or the digest of an artifact: then every run that has it.
            path: Only the artifact of this path, or those below it.
            place: Ask this remote, ZIP or folder of backups alone.
            progress: Hears bytes; may cancel.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``, ``E-REMOTE``.
            EnvironmentFault: ``E-SHARE`` if ``place`` is not there.
            Cancelled: Between two pieces.
        """
        search = self._search(reference, path, place, progress or Silent())
        return RepairPlan(
            checked=search.checked,
            damaged=tuple(search.told(each) for each in search.damaged),
            silent=tuple(search.silent),
        )

    def repair(
        self,
        reference: str,
        path: str = "",
        *,
        place: Path | None = None,
        progress: Progress | None = None,
    ) -> RepairOutcome:
        """Brings back what does not hold, from the first place whose bytes are right.

        Raises:
            As `plan`; and
            Refused: ``E-LIVE`` if a program is logging into the run.
            EnvironmentFault: ``E-FULL``, ``E-STORE``; what was brought back stays.
        """
        self._at.folder.require_writable()
        watched = progress or Silent()
        search = self._search(reference, path, place, watched)
        work = _Mending(search, self._at.folder.blobs, watched)
        try:
            work.run()
        except OSError as error:
            raise fault(error, self._at.folder.root) from error
        return RepairOutcome(
            checked=search.checked,
            repaired=tuple(work.repaired),
            left=tuple(work.left),
            silent=tuple(search.silent),
        )

    def _search(
        self, reference: str, path: str, place: Path | None, progress: Progress
    ) -> "_Search":
        content = Content(self._at.folder, self._at.catalog, observe(self._at.clock.now_us()))
        search = _Search(self._at, content)
        for run_id, prefix in self._meant(reference, path, content):
            search.look(run_id, prefix, progress)
        if search.damaged:
            sources = CopySources(self._at, self._sticks, content)
            if place is not None:
                search.sources = [sources.given(place)]
            else:
                plan = Backups(self._at).plan()
                search.sources, search.silent = sources.usual(plan.folder if plan else None)
        return search

    def _meant(self, reference: str, path: str, content: Content) -> Sequence[tuple[str, str]]:
        if not is_digest(reference):
            return [(self._at.runs.place(reference).run_id, path)]
        found = [(run_id, artifact.path) for run_id, _, artifact in content.copies(reference)]
        if not found:
            raise BadInput(
                "E-ARTIFACT", f"No run has an artifact {reference[:16]}…", "Name a run instead."
            )
        return found


class _Search:
    """Artifacts that do not hold, and the places that were asked."""

    def __init__(self, at: Workstation, content: Content) -> None:
        self._at, self._content = at, content
        self.checked = 0
        self.damaged: list[Wanted] = []
        self.sources: list[CopySource] = []
        self.silent: list[str] = []
        self.states: dict[str, RunState] = {}
        self._why: dict[tuple[str, str], Untrusted] = {}

    def look(self, run_id: str, prefix: str, progress: Progress) -> None:
        """Reads the artifacts of a run."""
        folder = self._at.runs.run_folder(run_id)
        state = read_state(folder, observe(self._at.clock.now_us()))
        self.states[run_id] = state
        chosen = below(state.artifacts, prefix)
        if prefix.strip("/") and not chosen:
            raise BadInput(
                "E-ARTIFACT",
                f"The run has no artifact {prefix}",
                "strongroom artifacts list shows them.",
            )
        relative = folder.relative_to(self._at.folder.root).as_posix()
        for artifact in chosen:
            self.checked += 1
            error = damage_of(folder, artifact, self._at.folder.blobs, progress)
            if error is not None:
                wanted = Wanted(run_id=run_id, folder=folder, relative=relative, artifact=artifact)
                self.damaged.append(wanted)
                self._why[run_id, artifact.path] = error

    def offers(self, wanted: Wanted) -> list[CopySource]:
        """Returns the places that seem to have a copy; one that fails meanwhile is named."""
        found = []
        for source in self.sources:
            try:
                if source.has(wanted):
                    found.append(source)
            except (StrongroomError, OSError) as error:
                self.note(source, error)
        return found

    def note(self, source: CopySource, error: Exception) -> None:
        """Remembers why a place did not help."""
        why = error.title if isinstance(error, StrongroomError) else str(error)
        line = f"{source.kind} {source.name}: {why}"
        if line not in self.silent:
            self.silent.append(line)

    def told(self, wanted: Wanted) -> DamagedArtifact:
        """Returns a damaged artifact with its offers."""
        artifact, error = wanted.artifact, self._why[wanted.run_id, wanted.artifact.path]
        return DamagedArtifact(
            run_id=wanted.run_id,
            run_name=self.states[wanted.run_id].name,
            path=artifact.path,
            size_bytes=artifact.size_bytes,
            sha256=artifact.sha256,
            code=error.code,
            detail=error.title,
            offers=tuple(CopyOffer(kind=s.kind, name=s.name) for s in self.offers(wanted)),
        )


class _Mending:
    """One bringing back."""

    def __init__(self, search: _Search, blobs: Path, progress: Progress) -> None:
        self._search, self._blobs, self._progress = search, blobs, progress
        self.repaired: list[Repaired] = []
        self.left: list[DamagedArtifact] = []

    def run(self) -> None:
        """Files of their own first, then packs, each written once."""
        for wanted in self._search.damaged:
            if self._search.states[wanted.run_id].is_live:
                raise Refused(
                    "E-LIVE",
                    f"A program is still logging into {self._search.states[wanted.run_id].name}",
                    "Repeat when the run has ended.",
                )
        packs: dict[tuple[Path, str], list[Wanted]] = defaultdict(list)
        for wanted in self._search.damaged:
            if is_packed(wanted.artifact):
                packs[wanted.folder, wanted.artifact.container].append(wanted)
            else:
                self._whole(wanted)
        for (folder, container), found in packs.items():
            self._pack(folder, container, found)

    def _whole(self, wanted: Wanted) -> None:
        for source in self._search.offers(wanted):
            try:
                with source.open(wanted) as stream:
                    mend_whole(wanted.folder, wanted.artifact, self._blobs, stream, self._progress)
            except StrongroomError as error:
                if error.code in OURS:
                    raise
                self._search.note(source, error)
                continue
            self._note(wanted, source)
            return
        self.left.append(self._search.told(wanted))

    def _pack(self, folder: Path, container: str, found: Sequence[Wanted]) -> None:
        right: dict[str, bytes] = {}
        came: list[tuple[Wanted, CopySource]] = []
        for number, wanted in enumerate(found):
            self._progress.step(number, len(found), f"Fetching {wanted.artifact.path}")
            for source in self._search.offers(wanted):
                try:
                    with source.open(wanted) as stream:
                        right[wanted.artifact.sha256] = slice_of(stream, wanted.artifact)
                except StrongroomError as error:
                    self._search.note(source, error)
                    continue
                came.append((wanted, source))
                break
            else:
                self.left.append(self._search.told(wanted))
        if right:
            state = self._search.states[found[0].run_id]
            inside = [each for each in state.artifacts if each.container == container]
            mend_pack(folder, container, inside, right, self._blobs)
        for wanted, source in came:
            self._note(wanted, source)

    def _note(self, wanted: Wanted, source: CopySource) -> None:
        """Reads what was written once more, and says that it holds or does not."""
        told = self._search.told(wanted)
        error = damage_of(wanted.folder, wanted.artifact, self._blobs, self._progress)
        if error is None:
            offer = CopyOffer(kind=source.kind, name=source.name)
            self.repaired.append(Repaired(artifact=told, source=offer))
        else:
            self.left.append(replace(told, code=error.code, detail=error.title))
