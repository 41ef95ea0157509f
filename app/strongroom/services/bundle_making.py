# SPDX-License-Identifier: Apache-2.0
"""Making a one-file bundle: a push whose remote is the file (ADR 17).

* What leaves is recorded by a signed event.
* A bundle of chosen things is whole, or there is none.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.far_side import FarSide
from strongroom.exchange.local import content_events, thing_name
from strongroom.exchange.onefile_builder import Built, Facts, OneFileBuilder
from strongroom.exchange.onefile_index import MAX_TITLE, Held
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.push import push
from strongroom.services.bundle_opening import BundleOpening
from strongroom.services.carriage import CarriageMemory
from strongroom.services.local_side import local_side
from strongroom.services.recipients import recipients_of
from strongroom.services.registry import find_version
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.growing_file import GrowingFile
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer

EXPORT = "export.bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bundle that was written: its id, file, and what it holds."""

    id: str
    path: str
    title: str
    kind: str
    sha256: str
    size_bytes: int
    outcome: Outcome
    to: tuple[str, ...] = ()
    """The people it is sealed for, () if it is open to whoever finds it."""


class BundleMaking:
    """Makes the bundles of a workstation."""

    def __init__(
        self, workstation: Workstation, memory: CarriageMemory, opening: BundleOpening
    ) -> None:
        self._at, self._memory, self._opening = workstation, memory, opening
        self._finishing = RunFinishing(workstation)

    def create(
        self,
        path: Path,
        *,
        runs: Sequence[str] = (),
        versions: Sequence[str] = (),
        since: Path | None = None,
        to: Sequence[str] = (),
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Made:
        """Writes a bundle; arguments and refusals are those of `Bundles.create`."""
        final = path.absolute()
        if final.suffix != SUFFIX:
            final = final.with_name(final.name + SUFFIX)
        snapshot = self._at.snapshot()
        names, writers, keys = recipients_of(snapshot.latest, to, self._at.require_card().writer)
        self._at.runs.refresh()
        pair = self._at.keys(ask=ask)
        held, base = self._base(since, ask) if since else (Held(), "")
        wanted, title, kind = self._wanted(runs, versions)
        if wanted is None:
            kind = "delta" if since else "everything"
            title = f"{'What is new in' if since else 'All of'} {snapshot.latest.team_name}"
        facts = Facts(
            team=snapshot.trust.team,
            writer=pair.writer,
            app=self._at.app,
            created_us=self._at.clock.now_us(),
            kind=kind,
            title=title[:MAX_TITLE],
            to=writers,
            keys=keys,
            base=base,
        )
        here = local_side(self._at)
        file = GrowingFile(final, random_bytes=self._at.random_bytes)
        try:
            builder = OneFileBuilder(file, FarSide(here, held, wanted), facts)
            pushed = push(here, builder, origin=final.name, progress=progress).outcome
            _check_whole(pushed, is_chosen=wanted is not None)
            built = builder.finish(Ed25519Signer(pair))
        except BaseException:
            file.discard()
            raise
        self._record(built, final, ask)
        return Made(
            id=built.id,
            path=str(final),
            title=built.index.title,
            kind=kind,
            sha256=built.sha256,
            size_bytes=built.size_bytes,
            outcome=pushed,
            to=names,
        )

    def _wanted(
        self, runs: Sequence[str], versions: Sequence[str]
    ) -> tuple[frozenset[str] | None, str, str]:
        """Returns the manifests that travel, a title and a kind; None for all there is."""
        if not runs and not versions:
            return None, "", ""
        wanted: set[str] = set()
        told: list[str] = []
        for reference in runs:
            folder = self._at.runs.run_folder(reference)
            state = read_state(folder, observe(self._at.clock.now_us()))
            if not state.is_sealed:
                raise Refused(
                    "E-RUN",
                    f"The run {state.name} has not ended",
                    "Wait for it, or end it with: strongroom runs close RUN.",
                )
            self._finishing.finish(state.run_id)
            event = self._finishing.signed()[state.run_id]
            wanted.add(str(event.body["manifest"]))
            told.append(thing_name(event))
        snapshot = self._at.snapshot()
        for reference in versions:
            version = find_version(snapshot.state, reference)
            wanted.add(version.manifest)
            told.append(f"{version.model} v{version.version}")
            wanted.update(
                str(event.body["manifest"])
                for event in content_events(snapshot)
                if event.type == "run.finish" and event.body["run"] == version.run
            )
        kind = "mixed" if runs and versions else "runs" if runs else "versions"
        more = f" and {len(told) - 3} more" if len(told) > 3 else ""
        return frozenset(wanted), ", ".join(told[:3]) + more, kind

    def _base(self, since: Path, ask: SecretsHandler | None) -> tuple[Held, str]:
        """Returns what the reader has by a receipt or an earlier bundle, and that one's id."""
        with explained(since), suppress(FileNotFoundError), since.open("rb") as file:
            if file.read(1) == b"{":
                receipt, id_ = self._opening.receipt(since)
                return receipt.held, id_
        with self._opening.bundle(since, ask) as bundle:
            self._opening.judged(bundle)
            return bundle.index.held, bundle.id

    def _record(self, built: Built, path: Path, ask: SecretsHandler | None) -> None:
        body = {
            "bundle": built.id,
            "kind": built.index.kind,
            "receipt": "",
            "sha256": built.sha256,
            "title": built.index.title,
            "to": " ".join(built.index.to),
        }
        self._at.sign(EXPORT, body, ask=ask)
        self._memory.note_sent(built, str(path))


def _check_whole(pushed: Outcome, *, is_chosen: bool) -> None:
    """Refuses a bundle of chosen things that lacks a part of them.

    Of everything, what is not here is no reason to hold back the rest.

    Raises:
        Untrusted: ``E-MISSING`` and others.
    """
    if is_chosen and pushed.waiting:
        found = pushed.waiting[0]
        raise Untrusted(
            found.code,
            f"Something that should travel is not here: {found.detail}",
            "Pull it from a remote that has it, then make the bundle again. None was written.",
        )
