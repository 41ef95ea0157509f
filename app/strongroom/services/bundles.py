# SPDX-License-Identifier: Apache-2.0
"""One-file bundles: runs, versions, what is new, or everything, carried one way as a signed file.

* Making one is a push whose remote is the file; taking one in is a pull from it (ADR 17). Both
  pass the gates everything else passes.
* What leaves is recorded by a signed event, and so is the receipt when it comes home.
* A bundle can be sealed for people: then their workstations open it, its maker's, and no others.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.errors import BadInput, Refused, StrongroomError, Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.far_side import FarSide, held_here
from strongroom.exchange.local import content_events, thing_name
from strongroom.exchange.marks import Marks
from strongroom.exchange.onefile_builder import Built, Facts, OneFileBuilder
from strongroom.exchange.onefile_index import MAX_TITLE, Held, check_maker
from strongroom.exchange.onefile_reader import SUFFIX, OneFile
from strongroom.exchange.outcome import Outcome, Trouble, trouble
from strongroom.exchange.pull import pull
from strongroom.exchange.push import push
from strongroom.exchange.receipt import Receipt, read_receipt, seal_receipt
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.bundle_facts import BundleFacts, facts_of
from strongroom.services.carriage import CarriageMemory, SentBundle, TakenBundle
from strongroom.services.local_side import local_side, settle
from strongroom.services.recipients import recipients_of
from strongroom.services.registry import find_version
from strongroom.services.run_finishing import RunFinishing
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.growing_file import GrowingFile
from strongroom.store.liveness import observe
from strongroom.store.plainfile import read_bounded
from strongroom.store.run_state import read_state
from strongroom.store.snapshot import no_team
from strongroom.trust import envelope
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import read_trust

EXPORT = "export.bundle"
_GAPS = frozenset({"E-TRUST-GAP", "E-GAP"})

__all__ = ["SUFFIX", "BundleFacts", "Bundles", "Confirmed", "Made", "SentBundle", "TakenBundle"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A receipt that came home: who took in what, and what was refused there."""

    id: str
    bundle: str
    title: str
    by: str
    at_us: int
    is_ours: bool
    new: int
    waiting: int
    rejected: tuple[tuple[str, str], ...]
    rejected_count: int


class Bundles:
    """The verbs of ``strongroom bundle``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._finishing = RunFinishing(workstation)
        self._memory = CarriageMemory(workstation.home, workstation.clock)

    # ---------------------------------------------------------------- making one

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
        """Writes a bundle: of runs and versions if any are named, else of everything.

        Args:
            path: The file, which does not exist yet; ``.strongbundle`` is added if it is missing.
            runs: Runs whose content travels.
            versions: ``NAME/VERSION`` whose content travels, with the run it came from.
            since: A receipt, or an earlier bundle: what its reader has does not travel again.
            to: People the bundle is sealed for; () leaves it open to whoever finds it.
            ask: Asks for a passphrase.
            progress: Hears bytes done of all; may cancel, which leaves nothing behind.

        Raises:
            BadInput: ``E-NAME``, ``E-RUN``, ``E-VERSION``, ``E-REMOTE``.
            Refused: ``E-TEAM``, ``E-CAP``; ``E-RUN`` while a run has not ended.
            Untrusted: ``E-MISSING``, ``E-HASH`` if something that should travel does not hold.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-SHARE``, ``E-STORE``.
            Cancelled: Nothing is left on the medium.
        """
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
                receipt, id_ = self._read_receipt(since)
                return receipt.held, id_
        with self._open(since, ask) as bundle:
            self._judged(bundle)
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

    # ---------------------------------------------------------------- reading one

    def look(self, path: Path, *, ask: SecretsHandler | None = None) -> BundleFacts:
        """Returns what a bundle says of itself; its content is not read.

        Raises:
            BadInput: ``E-REMOTE`` if it is no bundle.
            Refused: ``E-SEALED`` if it is sealed for others; ``E-TEAM`` without a team.
            Untrusted: ``E-TEAM``, ``E-SIG``, ``E-CUT``; ``E-CANON`` and others if it was changed.
            EnvironmentFault: ``E-SHARE``, ``E-LOCKED``.
        """
        with self._open(path, ask) as bundle:
            trust = self._judged(bundle)
            return facts_of(bundle, trust)

    def verify(
        self,
        path: Path,
        *,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> tuple[BundleFacts, tuple[Trouble, ...]]:
        """Reads all of a bundle; returns what it is and what does not hold. Raises as `look`."""
        with self._open(path, ask) as bundle:
            trust = self._judged(bundle)
            found = bundle.check_all(progress)
            return facts_of(bundle, trust), tuple(trouble(error, path.name) for error in found)

    def take(
        self,
        path: Path,
        *,
        is_dry: bool = False,
        selection: Selection = EVERYTHING,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Takes in everything admissible of a bundle, or says what would be; raises as `look`.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE`` as well.
            Cancelled: What was finished stays.
        """
        here = local_side(self._at)
        with self._open(path, ask) as bundle:
            self._judged(bundle)
            found = pull(
                here, bundle, origin=path.name, marks=Marks(), is_dry=is_dry, is_reading=is_dry,
                left_out=bundle.index.held.lacks, selection=selection, progress=progress,
            ).outcome  # fmt: skip
            if is_dry:
                return found
            self._memory.note_taken(bundle.id, bundle.index.title, bundle.index.writer, found)
        return replace(found, changes=settle(self._at, found.changes))

    def take_all(
        self,
        paths: Sequence[Path],
        *,
        is_dry: bool = False,
        ask: SecretsHandler | None = None,
        progress: Progress | None = None,
    ) -> tuple[Outcome, ...]:
        """Takes in several bundles in whatever order they build on each other.

        Args:
            paths: Bundles, and folders into which a one-way road drops them.
            is_dry: Only say what would be taken in, of each by itself.
            ask: Asks for a passphrase.
            progress: Hears how far it is; may cancel.

        Returns:
            What became of each that could be opened, in the order given.

        Raises:
            StrongroomError: The first refusal as `take` raises it, after all had their turn.
        """
        files = [file for path in paths for file in _bundles_at(path)]
        outcomes: dict[Path, Outcome] = {}
        faults: dict[Path, StrongroomError] = {}
        pending = files
        while pending:
            for file in pending:
                try:
                    outcomes[file] = self.take(file, is_dry=is_dry, ask=ask, progress=progress)
                    faults.pop(file, None)
                except StrongroomError as error:
                    faults[file] = error
            # What waits for another bundle is tried again while others still come in.
            waits = [f for f in pending if _waits(outcomes.get(f), faults.get(f))]
            pending = waits if not is_dry and len(waits) < len(pending) else []
        if faults:
            raise next(faults[file] for file in files if file in faults)
        return tuple(outcomes[file] for file in files)

    # ---------------------------------------------------------------- receipts

    def write_receipt(
        self, bundle: Path | str, target: Path, *, ask: SecretsHandler | None = None
    ) -> TakenBundle:
        """Writes the receipt for a bundle that was taken in here, to travel home.

        Args:
            bundle: The bundle's file, or its id.
            target: The receipt's file, which does not exist yet.
            ask: Asks for a passphrase.

        Raises:
            BadInput: ``E-NAME`` if the target exists; ``E-MISSING`` if it was not taken in here.
            Refused: ``E-TEAM``, ``E-CAP``, ``E-SEALED``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-SHARE``.
        """
        id_ = bundle if isinstance(bundle, str) else self.look(bundle, ask=ask).id
        taken = next((each for each in self._memory.taken() if each.id == id_), None)
        if taken is None:
            raise BadInput(
                "E-MISSING",
                "This bundle was not taken in on this workstation",
                "Take it in first: strongroom bundle take FILE.",
            )
        pair = self._at.keys(ask=ask)
        receipt = Receipt(
            team=self._at.snapshot().trust.team,
            writer=pair.writer,
            app=self._at.app,
            time=to_iso(taken.taken_at_us),
            bundle=taken.id,
            title=taken.title,
            new=taken.new,
            same=taken.same,
            waiting=taken.waiting,
            conflicts=taken.conflicts,
            rejected_count=taken.rejected_count,
            rejected=taken.rejected,
            held=held_here(local_side(self._at)),
        )
        file = GrowingFile(target.absolute(), random_bytes=self._at.random_bytes)
        try:
            file.write(seal_receipt(receipt, Ed25519Signer(pair)))
            file.publish()
        except BaseException:
            file.discard()
            raise
        return taken

    def confirm(self, path: Path, *, ask: SecretsHandler | None = None) -> Confirmed:
        """Takes note of a receipt that came home, and records it by a signed event.

        Raises:
            BadInput: ``E-NAME`` if the file cannot be read.
            Untrusted: ``E-SIG``, ``E-TEAM``, ``E-CANON``, ``E-FORMAT``, ``E-SIZE``.
            Refused: ``E-TEAM``, ``E-CAP``.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        receipt, id_ = self._read_receipt(path)
        name = self._at.snapshot().latest.name_of(receipt.writer)
        is_known = any(
            event.type == EXPORT and event.body.get("receipt") == id_
            for event in self._at.snapshot().chains.events()
        )
        if not is_known:
            body = {
                "bundle": receipt.bundle, "kind": "", "receipt": id_, "sha256": "",
                "title": receipt.title, "to": receipt.writer,
            }  # fmt: skip
            self._at.sign(EXPORT, body, ask=ask)
        return Confirmed(
            id=id_,
            bundle=receipt.bundle,
            title=receipt.title,
            by=name,
            at_us=from_iso(receipt.time),
            is_ours=self._memory.note_receipt(receipt, name),
            new=receipt.new,
            waiting=receipt.waiting,
            rejected=receipt.rejected,
            rejected_count=receipt.rejected_count,
        )

    def sent(self) -> tuple[SentBundle, ...]:
        """Returns the bundles made here, newest first, with their receipts."""
        return self._memory.sent()

    def taken(self) -> tuple[TakenBundle, ...]:
        """Returns the bundles taken in here, newest first."""
        return self._memory.taken()

    # ---------------------------------------------------------------- inside

    def _open(self, path: Path, ask: SecretsHandler | None) -> OneFile:
        if not self._at.home.pinned_team():
            raise no_team()
        return OneFile(path.expanduser().absolute(), lambda: self._at.keys(ask=ask))

    def _judged(self, bundle: OneFile) -> TrustChain:
        """Accepts who made a bundle; returns the chain with the documents it brings.

        Raises:
            Untrusted: As `check_maker`.
        """
        here = self._at.snapshot_or_empty().trust
        brought = []
        for file in bundle.trust_files():
            with suppress(Untrusted):  # the pull says which one and why
                brought.append(read_trust(bundle.read_trust(file)))
        team = self._at.home.pinned_team()
        chain = build_chain([*here.versions, *here.forked, *brought], team)
        check_maker(bundle.index, bundle.envelope, chain, team)
        return chain

    def _read_receipt(self, path: Path) -> tuple[Receipt, str]:
        with explained(path):
            try:
                raw = read_bounded(path, envelope.MAX_MANIFEST_BYTES)
            except FileNotFoundError as error:
                raise BadInput("E-NAME", f"There is no file {path}", "Check the name.") from error
        return read_receipt(raw, self._at.snapshot().trust)


def _bundles_at(path: Path) -> list[Path]:
    """Returns a bundle, or those of a folder by name.

    Raises:
        BadInput: ``E-REMOTE`` for a folder without any.
        EnvironmentFault: ``E-SHARE``.
    """
    with explained(path):
        if not path.is_dir():
            return [path]
        found = sorted(each for each in path.iterdir() if each.suffix == SUFFIX)
    if not found:
        title = f"There is no bundle in {path}"
        raise BadInput("E-REMOTE", title, "Name the folder into which bundles are dropped.")
    return found


def _waits(outcome: Outcome | None, fault: StrongroomError | None) -> bool:
    """Whether a bundle may say more once another one was taken in."""
    if fault is not None:
        return fault.code in _GAPS
    return outcome is not None and any(each.code in _GAPS for each in outcome.waiting)


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
