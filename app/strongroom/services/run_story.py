# SPDX-License-Identifier: Apache-2.0
"""What a run is part of: its parent, its children, the model versions made from it, its trust.

* Trust is one of five outcomes. The host that logs a run signs nothing; a person signs it later:
  a version made from it, or that it was pushed or taken in. A sealed run without either is
  "cannot check", however whole its bytes are.
* Reading a story reads no bytes of artifacts. `verify` reads all of them.
"""

from dataclasses import dataclass
from typing import Literal

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.progress import Progress, Silent
from strongroom.domain.run import RunStatus
from strongroom.journal.reader import read_header
from strongroom.services.run_finishing import IMPORTED, RunFinishing
from strongroom.services.runs import Runs
from strongroom.services.workstation import Workstation

Outcome = Literal["valid", "unknown", "revoked", "mismatch", "cannot"]
MOST_SEARCHED = 500  # runs of the experiment whose header is read to find children
MOST_CHILDREN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedRun:
    """Another run by id and name."""

    run_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedVersion:
    """A model version made from a run: where it stands, and who signed it."""

    model: str
    version: int
    stage: str
    signer: str
    registered: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSignature:
    """Who signed a run itself; ``is_imported`` when it was carried here in a run folder."""

    signer: str
    is_imported: bool
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStory:
    """What a run is part of; ``is_all`` False if there were more runs than were searched."""

    run_id: str
    parent: RelatedRun | None
    children: tuple[RelatedRun, ...]
    is_all: bool
    versions: tuple[RelatedVersion, ...]
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerified:
    """The result of reading every byte of a run: how many artifacts, and what does not hold."""

    run_id: str
    files: int
    is_sealed: bool
    damage: tuple[str, ...]


class RunStories:
    """Tells what runs are part of.

    Args:
        runs: The runs of the store.
        workstation: Where people and the registry are known; None where nobody works.
    """

    def __init__(self, runs: Runs, workstation: Workstation | None = None) -> None:
        self._runs = runs
        self._at = workstation

    def tell(self, reference: str) -> RunStory:
        """Returns parent, children, versions and trust of a run.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: If the run's folder cannot be trusted.
        """
        detail = self._runs.show(reference)
        run = detail.run
        children, is_all = self._children(run.run_id, run.experiment)
        versions = self._versions(run.run_id)
        outcome, sentence = _trust(
            versions,
            self._signature(run.run_id),
            is_lost=run.is_lost,
            is_running=run.status in {RunStatus.RUNNING, RunStatus.SCHEDULED},
            is_sealed=run.is_sealed,
            is_damaged=bool(detail.warnings),
        )
        return RunStory(
            run_id=run.run_id,
            parent=self._related(detail.parent) if detail.parent else None,
            children=children,
            is_all=is_all,
            versions=versions,
            outcome=outcome,
            sentence=sentence,
        )

    def verify(self, reference: str, progress: Progress | None = None) -> RunVerified:
        """Reads every byte of a run and returns what does not hold.

        Raises:
            BadInput: ``E-RUN``.
            Cancelled: Between two files.
        """
        watched = progress or Silent()
        detail = self._runs.show(reference)
        damage = []
        for number, found in enumerate(self._runs.verify_run(detail.run.run_id), start=1):
            watched.step(number, 0, "Verifying the run")
            damage.append(f"{found.code}: {found.path}: {found.detail}")
        return RunVerified(
            run_id=detail.run.run_id,
            files=len(detail.artifacts),
            is_sealed=detail.run.is_sealed,
            damage=tuple(damage),
        )

    # ------------------------------------------------------------------ inside

    def _children(self, run_id: str, experiment: str) -> tuple[tuple[RelatedRun, ...], bool]:
        page = self._runs.search(experiment=experiment, limit=MOST_SEARCHED)
        found = []
        for run in page.runs:
            try:
                header = read_header(self._runs.run_folder(run.run_id))
            except (Untrusted, OSError):
                continue
            if header.parent == run_id:
                found.append(RelatedRun(run_id=run.run_id, name=run.name))
        return tuple(found[:MOST_CHILDREN]), page.total <= MOST_SEARCHED

    def _related(self, run_id: str) -> RelatedRun:
        try:
            return RelatedRun(run_id=run_id, name=self._runs.place(run_id).name)
        except BadInput:  # it stayed on another workstation
            return RelatedRun(run_id=run_id, name="")

    def _signature(self, run_id: str) -> RunSignature | None:
        if self._at is None:
            return None
        event = RunFinishing(self._at).signed().get(run_id)
        if event is None:
            return None
        latest = self._at.snapshot().latest
        member = latest.members.get(event.writer)
        outcome: Outcome = "unknown"
        if member is not None:
            outcome = "valid" if member.is_active else "revoked"
        return RunSignature(
            signer=latest.name_of(event.writer),
            is_imported=event.body["origin"] == IMPORTED,
            outcome=outcome,
        )

    def _versions(self, run_id: str) -> tuple[RelatedVersion, ...]:
        if self._at is None or not self._at.has_team():
            return ()
        snapshot = self._at.snapshot()
        found = []
        for model in snapshot.state.models.values():
            for version in model.versions:
                if version.run != run_id:
                    continue
                member = snapshot.latest.members.get(version.registrar)
                outcome: Outcome = "unknown"
                if member is not None:
                    outcome = "valid" if member.is_active else "revoked"
                found.append(
                    RelatedVersion(
                        model=version.model,
                        version=version.version,
                        stage=version.stage,
                        signer=snapshot.latest.name_of(version.registrar),
                        registered=version.registered,
                        outcome=outcome,
                    )
                )
        return tuple(sorted(found, key=lambda each: (each.model, each.version)))


def _trust(
    versions: tuple[RelatedVersion, ...],
    signature: RunSignature | None,
    *,
    is_lost: bool,
    is_running: bool,
    is_sealed: bool,
    is_damaged: bool,
) -> tuple[Outcome, str]:
    """Returns the outcome and its one sentence."""
    if is_damaged:
        return "mismatch", "A file of this run is not what was logged or sealed."
    if is_running and is_lost:
        return "cannot", "Nobody hears of it any more. It is sealed when somebody closes it."
    if is_running:
        return "cannot", "It is still being logged. It is sealed when it ends."
    if not is_sealed:
        return "cannot", "It has ended but is not sealed yet, so nothing holds its bytes together."
    if not versions:
        return _unregistered(signature)
    rank: dict[Outcome, int] = {"valid": 0, "revoked": 1, "unknown": 2}
    best = min(versions, key=lambda each: rank.get(each.outcome, 3))
    name = f"{best.model} {best.version}"
    sentences: dict[Outcome, str] = {
        "valid": f"It is sealed, and {best.signer} signed {name}, which was made from it.",
        "revoked": f"{best.signer} signed {name} from it; that key was revoked later.",
        "unknown": f"{name} was made from it, signed by a key nobody in the team vouches for.",
    }
    return best.outcome, sentences[best.outcome]


def _unregistered(signature: RunSignature | None) -> tuple[Outcome, str]:
    if signature is None:
        return "cannot", "It is sealed. Nobody has signed anything made from it."
    who = signature.signer
    told = f"It is sealed, and {who} signed it."
    if signature.is_imported:
        told = f"It is sealed. {who} signed for it when it was taken in; its host signs nothing."
    if signature.outcome == "revoked":
        return "revoked", f"{told} That key was revoked later."
    return signature.outcome, told
