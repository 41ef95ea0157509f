# SPDX-License-Identifier: Apache-2.0
"""A workstation: one person, in one home, at one store. Services stand on it.

* Tracking needs neither team nor key (D6): ledger and identity are looked up when asked for.
* Every own event goes the one road: sign, admit, commit the file, fold, write the projection.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from strongroom.domain.attempt import WRONG
from strongroom.domain.canonical import JsonValue
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock
from strongroom.domain.errors import EnvironmentFault, Refused, StrongroomError
from strongroom.domain.event import Event
from strongroom.domain.ids import RandomBytes
from strongroom.domain.key_words import MAKE_ONE, NO_KEY
from strongroom.domain.parts import PART_BYTES
from strongroom.domain.secret import certain_hits
from strongroom.exchange.scanner import Scanner
from strongroom.services.attempts import Attempts
from strongroom.services.former_keys import FormerKeys
from strongroom.services.held_team import HeldTeam
from strongroom.services.own_log import OwnLog
from strongroom.services.runs import Runs
from strongroom.services.sealed_marks import SealedMarks
from strongroom.store.attempt_book import AttemptBook
from strongroom.store.home import Home, IdentityCard
from strongroom.store.home_formats import OF_KEYS
from strongroom.store.ledger import Ledger
from strongroom.store.projection import is_current, write_projection
from strongroom.store.quarantine import Quarantine
from strongroom.store.snapshot import Snapshot, no_team
from strongroom.store.store_folder import fault
from strongroom.trust.identity import Identity, SecretsHandler
from strongroom.trust.keychain import Keychain
from strongroom.trust.keyfile import WrongSecret
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer


class Workstation:
    """Who works where, with what is needed to sign and to remember.

    Args:
        runs: The runs of the store.
        home: The folder of identities and settings.
        keychain: Where halves of keys lie.
        ask: Asks a person for a passphrase.
        clock: What time it is.
        random_bytes: Where new keys and names come from.
        app: The name and version written into events.
        scanner: Returns what looks at content of others before it is used, if the site has one.
    """

    def __init__(
        self,
        runs: Runs,
        home: Path,
        *,
        keychain: Keychain,
        ask: SecretsHandler,
        clock: Clock,
        random_bytes: RandomBytes,
        app: str,
        scanner: Callable[[], Scanner | None] = lambda: None,
    ) -> None:
        self.scanner = scanner
        self.runs = runs
        self.folder = runs.folder
        self.catalog = runs.catalog
        self.home = Home(home, runs.folder.store_id)
        self.quarantine = Quarantine(runs.folder.quarantine)
        self.keychain = keychain
        self.ask = ask
        self.clock = clock
        self.random_bytes = random_bytes
        self.app = app
        self.former = FormerKeys(self.home, keychain)
        self.marks = SealedMarks(self.home, keychain, random_bytes, self.former.all)
        self.own_log = OwnLog(self.home, self.marks, self.folder.root)
        self.own_log.meet_restored()
        self.held_team = HeldTeam(self.home)
        self.attempts = Attempts(AttemptBook(self.home.folder), clock)
        self.part_bytes = PART_BYTES
        """Files above this are signed in parts, so that every medium can take them."""
        self._ledger: Ledger | None = None
        self._identity: Identity | None = None
        self._guard = threading.RLock()
        self._seen_heads: dict[str, int] = {}
        self._seen_trust = 0

    # ---------------------------------------------------------------- the team's state

    def has_team(self) -> bool:
        """Whether a team is pinned and its first trust document is here."""
        if not self.home.pinned_team():
            return False
        return self.snapshot_or_empty().trust.latest is not None

    def ledger(self) -> Ledger:
        """Returns the ledger under the pinned team.

        Raises:
            Refused: ``E-TEAM`` if no team is pinned.
        """
        with self._guard:
            team = self.home.pinned_team()
            if not team:
                raise no_team()
            if self._ledger is None or self._ledger.team != team:
                self._ledger = Ledger(self.folder, team)
            return self._ledger

    def snapshot(self) -> Snapshot:
        """Returns the ledger as its files are now.

        Raises:
            Refused: ``E-TEAM`` if there is no team.
        """
        snapshot = self.snapshot_or_empty()
        if snapshot.trust.latest is None:
            raise no_team()
        return snapshot

    def snapshot_or_empty(self) -> Snapshot:
        """Returns the ledger as its files are now, which may hold no trust document yet."""
        with self._guard:
            return self.ledger().refresh()

    def project(self) -> None:
        """Brings the catalog's rows up to the ledger's files, and notes the team's version."""
        snapshot = self.snapshot()
        self.held_team.note(snapshot.trust)
        if not is_current(self.catalog, snapshot):
            write_projection(self.catalog, snapshot)

    # ---------------------------------------------------------------- the person

    def card(self) -> IdentityCard | None:
        """Returns the identity of this home towards this store, or None.

        A rotated key is taken up here, as soon as the team has it. The old one goes first: whatever
        stops us, the next look goes on from there.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-STORE`` if the home cannot be written.
        """
        card = self.home.identity()
        following = self.home.next_identity()
        if card is None or following is None or not self._is_member(following.writer):
            return card
        if self.home.newer(*OF_KEYS):  # the newer Strongroom takes it up
            return card
        try:
            with self._guard:
                if following.writer != card.writer:  # else only the note has to go
                    self.former.end(card.writer)
                self.home.save_identity(following)
                self.marks.reseal()
                self.home.forget_next()
                self._identity = None
        except OSError as error:
            raise fault(error, self.home.folder) from error
        return following

    def _is_member(self, writer: str) -> bool:
        if not self.home.pinned_team():
            return False
        latest = self.snapshot_or_empty().trust.latest
        return latest is not None and writer in latest.members

    def require_card(self) -> IdentityCard:
        """Returns the identity.

        Raises:
            Refused: ``E-CAP`` if there is none.
        """
        card = self.card()
        if card is None:
            raise Refused(
                "E-CAP",
                NO_KEY,
                MAKE_ONE,
            )
        return card

    def identity(self) -> Identity:
        """Returns the identity whose keys can be unlocked.

        Raises:
            Refused: ``E-CAP`` if there is none.
        """
        with self._guard:
            card = self.require_card()
            if self._identity is None or self._identity.writer != card.writer:
                self._identity = Identity(
                    self.home.key_file(card.writer),
                    writer=card.writer,
                    keychain=self.keychain,
                    ask=self.ask,
                    clock=self.clock,
                )
            return self._identity

    def key_seconds_left(self) -> float:
        """Returns how long the keys stay open, 0 while they are locked; waits for nobody."""
        identity = self._identity
        return identity.seconds_left() if identity is not None else 0.0

    def lock_keys(self) -> None:
        """Forgets open keys at once; waits for nobody."""
        identity = self._identity
        if identity is not None:
            identity.lock()

    def keys(self, *, ask: SecretsHandler | None = None, is_fresh: bool = False) -> KeyPair:
        """Returns the unlocked keys, asking for what is missing; failures are noted for later.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
        """
        identity = self.identity()
        try:
            pair = identity.unlock(ask=ask, is_fresh=is_fresh)
        except EnvironmentFault as error:
            what = WRONG if isinstance(error, WrongSecret) else "locked"
            self.attempts.note("unlock", code=error.code, what=what)
            raise
        self.marks.reseal()
        self.former.sweep()
        self._tell_attempts(pair)
        return pair

    # ---------------------------------------------------------------- what was refused or failed

    @contextmanager
    def attempt(self, what: str, object_: str = "") -> Iterator[None]:
        """Notes a refusal or a failed check of the block; signed at once if a key is open.

        Args:
            what: The act or the place: ``stage.approve``, ``remote share``.
            object_: What it was about.
        """
        try:
            with self.attempts.watched(what, object_):
                yield
        except StrongroomError:
            self._tell_if_open()
            raise

    def note_found(self, where: str, found: Iterable[tuple[str, str]]) -> None:
        """Notes what a check found that does not hold; signed at once if a key is open.

        Args:
            where: What was checked: ``this store``, ``remote share``.
            found: Code and path of each finding.
        """
        if self.attempts.note_found(where, found):
            self._tell_if_open()

    def _tell_if_open(self) -> None:
        """Signs what was refused or failed if the keys are open; nobody is asked for them."""
        if self.card() is not None and self.identity().is_unlocked:
            self._tell_attempts(self.identity().unlock())

    def _tell_attempts(self, pair: KeyPair) -> None:
        """Signs what waits; what cannot be signed now waits on, and never stops anybody."""
        signer = Ed25519Signer(pair)

        def sign(type_: str, body: dict[str, str]) -> None:
            self.ledger().append(
                signer, type_, body, clock=self.clock, app=self.app, watch=self.own_log
            )

        with suppress(StrongroomError):
            can_tell = self.attempts.has_news() and self.has_team()
            if can_tell and self.attempts.tell(self.snapshot(), pair.writer, sign):
                self.project()

    def sign(
        self,
        type_: str,
        body: Mapping[str, object],
        *,
        ask: SecretsHandler | None = None,
    ) -> Event:
        """Makes one signed event of ours, and everything that follows from it.

        Raises:
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
            Refused: ``E-TEAM`` or ``E-CAP``; ``E-SECRET`` if a text of it holds a key or token.
            Untrusted: ``E-ROLLBACK``, ``E-EQUIV``, ``E-GAP`` if this key must not go on here.
        """
        _keep_secrets_out(body)
        signer = Ed25519Signer(self.keys(ask=ask))
        event = self.ledger().append(
            signer, type_, body, clock=self.clock, app=self.app, watch=self.own_log
        )
        self.project()
        return event

    def check_may_sign(self) -> None:
        """Refuses what `sign` would refuse whatever it was asked: before long work that ends so.

        Raises:
            Refused: ``E-TEAM`` or ``E-CAP``; ``E-FORMAT`` if a newer Strongroom wrote the home.
            Untrusted: ``E-TRUST-FORK``, ``E-ROLLBACK``, ``E-GAP``.
        """
        self.folder.require_writable()
        self.own_log.require_writable()
        writer = self.require_card().writer
        snapshot = self.ledger().check_writer(writer)
        if (trouble := self.own_log.trouble(snapshot, writer)) is not None:
            raise trouble

    def last_own_event(self) -> str:
        """Returns the id of the last event this workstation signed, "" if there is none."""
        card = self.card()
        chain = self.snapshot().chains.by_writer.get(card.writer, ()) if card else ()
        return chain[-1].id if chain else ""

    def news(self) -> Changes:
        """Returns what events touched that came since the last look, whoever wrote them."""
        if not self.home.pinned_team():
            return Changes()
        with self._guard:
            snapshot = self.ledger().refresh()
            changes = Changes(is_team=len(snapshot.trust.versions) != self._seen_trust)
            for writer, chain in snapshot.chains.by_writer.items():
                for event in chain[self._seen_heads.get(writer, 0) :]:
                    changes |= self.changes_of(event)
            self._seen_heads = {w: len(chain) for w, chain in snapshot.chains.by_writer.items()}
            self._seen_trust = len(snapshot.trust.versions)
            return changes

    def changes_of(self, event: Event) -> Changes:
        """Returns what one event touched."""
        body = event.body
        request = body.get("request") or (event.id if event.type.startswith("stage.") else "")
        return Changes(
            events=frozenset({event.id}),
            models=frozenset({str(body["model"])} if "model" in body else ()),
            requests=frozenset({str(request)} if request else ()),
            runs=frozenset({str(body["run"])} if body.get("run") else ()),
        )


def _keep_secrets_out(body: Mapping[str, JsonValue]) -> None:
    """Refuses to sign a key or token into a log that nobody can take it out of again."""
    for hit in certain_hits(dict(body)):
        raise Refused(
            "E-SECRET",
            f"This text seems to hold {hit.rule.title} ({hit.hint}), and the log keeps it for good",
            "Take it out and try again. Change the key where it is valid if others may know it.",
        )
