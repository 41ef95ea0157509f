# SPDX-License-Identifier: Apache-2.0
"""The ledger: trust documents and signed events as files, and the state folded from them.

* The fsynced event file is the commit (formats.md F7); everything in memory or in the catalog
  follows from the files and can be thrown away.
* Own events and arrivals pass the same `admit`. State never depends on the order of arrival.
* Two events under one number are both kept: together they are the proof, and the writer is frozen.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from filelock import FileLock, Timeout

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted
from strongroom.domain.event import Event
from strongroom.domain.newer_format import NewerFormat
from strongroom.domain.team import TrustDocument
from strongroom.store.gate import Passage, pass_all
from strongroom.store.own_event import forked, incomplete, next_event
from strongroom.store.repository import Repository
from strongroom.store.segments import short_digest
from strongroom.store.snapshot import LedgerProblem, Snapshot
from strongroom.store.store_folder import StoreFolder
from strongroom.trust import envelope
from strongroom.trust.signer import Signer
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import SignedTrust, is_of_the_team, read_trust
from strongroom.trust.verifier import Admitted, Waiting, admit

LOCK_SECONDS = 20  # signing and one fsync take milliseconds; longer means a program hangs


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What became of arrived trust documents and envelopes."""

    trust: tuple[int, ...]
    events: tuple[Event, ...]
    same: int
    waiting: tuple[Waiting, ...]
    rejected: tuple[tuple[bytes, Untrusted], ...]


class SigningWatch(Protocol):
    """Hears of each number before and after it is used, while nobody else can sign here."""

    def about_to_sign(self, snapshot: Snapshot, writer: str, seq: int) -> None:
        """Raises `Untrusted` to refuse the number."""
        ...

    def has_signed(self, writer: str, seq: int) -> None:
        """Hears that the event is committed."""
        ...


class Ledger:
    """The ledger of one store under one pinned team.

    Args:
        folder: The store.
        team: The pinned team id.
    """

    def __init__(self, folder: StoreFolder, team: str) -> None:
        self.team = team
        self.files = Repository(folder.ledger)
        self._folder = folder
        if not folder.only_read:
            folder.ledger.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(str(folder.lock), timeout=LOCK_SECONDS, thread_local=False)
        self._verified: set[bytes] = set()
        self._guard = threading.RLock()
        self._read: set[str] = set()
        self._trust_read: dict[bytes, SignedTrust] = {}
        self._left: tuple[bytes, ...] = ()
        self._snapshot = Snapshot(trust=TrustChain(), events={})
        self._problems: dict[str, LedgerProblem] = {}

    @property
    def snapshot(self) -> Snapshot:
        """What was read last; `refresh` looks again."""
        return self._snapshot

    def refresh(self) -> Snapshot:
        """Reads files that appeared since the last look and returns the new snapshot."""
        with self._guard:
            noted = dict(self._problems)
            fresh_trust = self._read_trust_files()
            lines = self._read_segments()
            if not fresh_trust and not lines and noted == self._problems:
                return self._snapshot
            trust = self._snapshot.trust
            if fresh_trust:
                trust = build_chain(self._trust_read.values(), self.team)
            passage = self._pass(trust, lines)
            for raw, error in passage.rejected:
                self._note(error, f"log/{short_digest(raw)}")
            self._left = passage.left
            self._snapshot = replace(passage.snapshot, problems=tuple(self._problems.values()))
            return self._snapshot

    def check_writer(self, writer: str) -> Snapshot:
        """Refuses a writer whose next event would not be taken here, whatever it said.

        Raises:
            Refused: ``E-TEAM`` if there is no team, ``E-CAP`` if the writer is not enrolled in it.
            Untrusted: ``E-TRUST-FORK`` while two trust documents contend; ``E-GAP`` if a file of
                the writer's own log does not read.
        """
        snapshot = self.refresh()
        latest = snapshot.latest
        if snapshot.trust.forked:
            raise forked(snapshot.trust)
        if writer not in latest.members:
            raise Refused(
                "E-CAP",
                "This workstation is not enrolled in the team",
                "Give an admin your enrolment request: strongroom identity request FILE.",
            )
        self._check_own_log(snapshot, writer)
        return snapshot

    def append(
        self,
        signer: Signer,
        type_: str,
        body: Mapping[str, JsonValue],
        *,
        clock: Clock,
        app: str,
        watch: SigningWatch | None = None,
    ) -> Event:
        """Signs an own event, passes it through the gate, and commits it as a file.

        Args:
            signer: Whose event it is.
            type_: Its type.
            body: Its body.
            clock: What time it claims.
            app: Which program made it.
            watch: Hears of the number before and after it is used, and may refuse it.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE`` or a program that holds the lock.
            Refused: ``E-TEAM`` if there is no team or the signer is not enrolled in it.
            Untrusted: ``E-TRUST-FORK`` while two trust documents contend, or if the event would
                not pass the gate; nothing is written.
        """
        self._folder.require_writable()
        with self._locked():
            snapshot = self.check_writer(signer.keyid)
            event = next_event(snapshot, signer.keyid, type_, body, clock=clock, app=app)
            if watch is not None:
                watch.about_to_sign(snapshot, signer.keyid, event.seq)
            raw = envelope.seal(event.to_statement(), [signer])
            outcome = admit(raw, snapshot.trust, snapshot)
            if isinstance(outcome, Waiting):
                raise Untrusted(outcome.code, f"Cannot sign now: {outcome.reason}", "Pull first.")
            self.files.put_segment(signer.keyid, event.seq, [raw])
            if watch is not None:
                watch.has_signed(signer.keyid, event.seq)
            self.refresh()
            return outcome.event

    def add_trust(self, raw: bytes) -> TrustDocument:
        """Takes in a signed trust document that continues the chain, and commits it as a file.

        Raises:
            Untrusted: If it does not read, is not signed enough, or does not continue the chain.
        """
        self._folder.require_writable()
        signed = read_trust(raw)
        with self._locked():
            self.refresh()
            chain = build_chain([*self._trust_read.values(), signed], self.team)
            if not any(version.document.id == signed.document.id for version in chain.versions):
                raise self._refusal(signed, chain)
            self.files.put_trust(signed.document.version, raw)
            self.refresh()
        return signed.document

    def take(
        self,
        trust: Sequence[bytes],
        envelopes: Iterable[bytes],
        *,
        is_dry: bool = False,
    ) -> Intake:
        """Passes arrivals through the gate and commits what is admitted.

        Args:
            trust: Trust documents as found.
            envelopes: Event envelopes as found, in any order.
            is_dry: Only say what would happen; nothing is written.

        Raises:
            Refused: ``E-FORMAT`` if the store is only read.
        """
        if not is_dry:
            self._folder.require_writable()
        with self._locked():
            snapshot = self.refresh()
            rejected: list[tuple[bytes, Untrusted]] = []
            candidates: list[SignedTrust] = []
            for raw in set(trust) - self._trust_read.keys():
                try:
                    candidates.append(read_trust(raw))
                except NewerFormat as error:
                    if not self._is_of_the_team(raw):
                        rejected.append((raw, error))
                    # else it waits for an update of this Strongroom
                except Untrusted as error:
                    rejected.append((raw, error))
            chain = build_chain([*self._trust_read.values(), *candidates], self.team)
            new_trust, refused_trust = self._sort_trust(candidates, chain)
            known = {*snapshot.raw.values(), *self._left}
            offered = list(dict.fromkeys(envelopes))
            # In the order given: a chain that comes in its own order passes in one round.
            fresh = [raw for raw in offered if raw not in known]
            passage = self._pass(chain, fresh)
            after = passage.snapshot
            arrived = [
                admitted
                for place, here in sorted(after.events.items())
                for admitted in here
                # What waited in files of ours and passes now has not arrived.
                if admitted.event.id not in {e.id for e in snapshot.at(*place)}
                and admitted.raw not in known
            ]
            if not is_dry:
                for signed in new_trust:
                    self.files.put_trust(signed.document.version, signed.envelope.raw)
                self._write(arrived)
                self.refresh()
            return Intake(
                trust=tuple(signed.document.version for signed in new_trust),
                events=tuple(admitted.event for admitted in arrived),
                same=len(offered) - len(fresh),
                waiting=after.waiting,
                rejected=(*rejected, *refused_trust, *passage.rejected),
            )

    # ---------------------------------------------------------------- inside

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # The file lock is one per process; threads of this process queue at the guard.
        with self._guard:
            try:
                self._lock.acquire()
            except Timeout as error:
                raise EnvironmentFault(
                    "E-STORE",
                    "Another program holds the ledger of this store",
                    "Close the other Strongroom, or wait until it has finished.",
                ) from error
            try:
                yield
            finally:
                self._lock.release()

    def _read_trust_files(self) -> bool:
        found = False
        for file in self.files.trust_files():
            if file.path in self._read:
                continue
            try:
                signed = read_trust(self.files.read_trust(file))
            except Untrusted as error:
                self._note(error, file.path)
            else:
                self._done_with(file.path)
                self._trust_read[signed.envelope.raw] = signed
                found = True
        return found

    def _read_segments(self) -> list[bytes]:
        lines: list[bytes] = []
        for writer in self.files.writers():
            for file in self.files.segments(writer):
                if file.path in self._read:
                    continue
                try:
                    lines += self.files.read_segment(file)
                except Untrusted as error:
                    self._note(error, file.path)
                else:
                    self._done_with(file.path)
        return lines

    def _done_with(self, path: str) -> None:
        """Never reads a sound file again; one that was damaged is looked at each time."""
        self._read.add(path)
        self._problems.pop(path, None)

    def _pass(self, trust: TrustChain, lines: Iterable[bytes]) -> Passage:
        """Passes new envelopes and those that waited; all of them if the trust chain turned."""
        held = self._snapshot
        lines = [*self._left, *lines]
        events = held.events
        if trust.versions[: len(held.trust.versions)] != held.trust.versions:
            lines = [*held.raw.values(), *lines]
            events = {}
        passage = pass_all(trust, events, lines, self._verified.__contains__)
        # A writer's key never changes, so bytes that were verified once stay verified.
        self._verified.update(passage.snapshot.raw.values())
        return passage

    def _check_own_log(self, snapshot: Snapshot, writer: str) -> None:
        """Refuses to sign a number that a file of ours, readable or not, already carries."""
        later = [w for w in snapshot.waiting if (w.writer, w.code) == (writer, "E-FORMAT")]
        if later:
            raise Refused(
                "E-FORMAT",
                f"A newer Strongroom has signed event {later[0].seq} of this key",
                "Update Strongroom here to sign something; nothing was written.",
            )
        count = len(snapshot.chains.by_writer.get(writer, ()))
        named = max((file.last for file in self.files.segments(writer)), default=0)
        if named > count and not any(a.code == "E-EQUIV" for a in snapshot.chains.alarms):
            raise incomplete(count)

    def _is_of_the_team(self, raw: bytes) -> bool:
        latest = self._snapshot.trust.latest
        return latest is not None and is_of_the_team(raw, latest)

    def _sort_trust(
        self, candidates: Sequence[SignedTrust], chain: TrustChain
    ) -> tuple[list[SignedTrust], list[tuple[bytes, Untrusted]]]:
        """Returns which arrived documents are kept, and which are refused with a reason.

        All sides of a fork are kept, so that every workstation stops at the same version, and goes
        on from the same when it is settled; a document whose predecessor may still arrive is
        neither kept nor refused.
        """
        arrived = {signed.envelope.raw for signed in candidates}
        kept = [s for s in (*chain.versions, *chain.others) if s.envelope.raw in arrived]
        good = {*chain.aside, *(signed.document.id for signed in chain.versions)}
        reached = len(chain.versions)
        refused = []
        for signed in candidates:
            is_early = signed.document.version > reached + 1
            if signed.document.id not in good and not is_early:
                refused.append((signed.envelope.raw, self._refusal(signed, chain)))
        return kept, refused

    def _refusal(self, signed: SignedTrust, chain: TrustChain) -> Untrusted:
        version = signed.document.version
        alarm = next((a for a in chain.alarms if a.object == f"trust/{version}"), None)
        if version == 1 and signed.document.id != self.team:
            code, why = "E-TEAM", "It founds another team."
        elif alarm is not None:
            code, why = alarm.code, alarm.detail
        else:
            code, why = "E-TRUST-GAP", "It does not follow the documents that are here."
        return Untrusted(
            code,
            f"Trust version {version} cannot be taken in: {why.rstrip('.')}",
            "Ask an admin for the documents in between, or for a corrected one.",
        )

    def _write(self, arrived: Sequence[Admitted]) -> None:
        """Commits admitted events as segments of consecutive numbers."""
        batch: list[Admitted] = []
        for admitted in arrived:
            event = admitted.event
            follows = batch and (batch[-1].event.writer, batch[-1].event.seq + 1) == (
                event.writer,
                event.seq,
            )
            if batch and not follows:
                self._write_batch(batch)
                batch = []
            batch.append(admitted)
        if batch:
            self._write_batch(batch)

    def _write_batch(self, batch: Sequence[Admitted]) -> None:
        first = batch[0].event
        self.files.put_segment(first.writer, first.seq, [admitted.raw for admitted in batch])

    def _note(self, error: Untrusted, path: str) -> None:
        self._problems[path] = LedgerProblem(code=error.code, path=path, detail=error.title)
