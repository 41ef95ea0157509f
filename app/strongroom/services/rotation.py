# SPDX-License-Identifier: Apache-2.0
"""A new key for this workstation: rotated by choice, or because the old one must sign no more.

* The old key vouches for the new one if it still can; then the admins need not be told more than
  the request. If it cannot (its log ran apart, it froze, its owner says that it is lost), they are
  told so.
* Every key that has to sign is opened, and the request lies where it was wanted, before the old key
  names its heir: what is refused or fails until then has changed nothing.
* Until the team has the new key, the old one signs nothing more: what it signed past the cut would
  count for nothing. Tracking goes on.
* The new key waits in the home and is taken up as soon as the trust document holds it; the secrets
  of the old one are deleted then. Whatever interrupts it, doing it again goes on from there.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused, StrongroomError, Untrusted
from strongroom.domain.team import Member
from strongroom.domain.team_edits import succeed
from strongroom.services.given_file import write_given
from strongroom.services.identities import Identities
from strongroom.services.key_ring import asked_once_each
from strongroom.services.trust_changes import TrustChanges
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.store.home_formats import OF_KEYS, OF_SIGNING
from strongroom.store.own_event import forked
from strongroom.store.snapshot import Snapshot
from strongroom.store.store_folder import fault
from strongroom.trust.enrolment import write_request
from strongroom.trust.identity import Identity, SecretsHandler, create_identity
from strongroom.trust.keyfile import STRONG, KdfCost, WrongSecret
from strongroom.trust.keys import KeyPair
from strongroom.trust.rotation import ROTATE, heir_of, rotation_body
from strongroom.trust.trustdoc import Demand, demands

LOST = "lost"
"""The reason of somebody who cannot open the old key any more: it is not asked for its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What became of a rotation.

    Attributes:
        card: The new identity.
        old: The key it takes the place of.
        is_in_force: Whether the team has it; else an admin admits the request.
        is_vouched: Whether the old key signed for it.
        request: The file for an admin, None if the team has the key already.
    """

    card: IdentityCard
    old: str
    is_in_force: bool
    is_vouched: bool
    request: Path | None = None

    @property
    def changes(self) -> Changes:
        """What is different now."""
        return Changes(is_team=self.is_in_force)


class Rotation:
    """The verb ``strongroom identity rotate``."""

    def __init__(
        self, workstation: Workstation, changes: TrustChanges, *, cost: KdfCost = STRONG
    ) -> None:
        self._at, self._changes, self._cost = workstation, changes, cost

    def pending(self) -> IdentityCard | None:
        """Returns the key that waits for the team, None if there is none."""
        self._at.card()  # takes it up if the team has it
        return self._at.home.next_identity()

    def rotate(
        self,
        request: Path | None,
        *,
        passphrase: str,
        reason: str = "rotated",
        ask: SecretsHandler | None = None,
    ) -> NewKey:
        """Gives this workstation a new key.

        Args:
            request: A new file for an admin; may be None where the keys here suffice.
            passphrase: Of the new key, as in `Identities.create`.
            reason: Why, in a word for the record; `LOST` lets the old key alone.
            ask: Asks for the passphrase of the old key, and of root keys.

        Raises:
            Refused: ``E-CAP`` without an identity, ``E-TEAM`` without a team; ``E-QUORUM`` if an
                admin has to admit the key and no file was named; ``E-LOCKED`` if a new key waits
                under another passphrase. Nothing was changed then.
            BadInput: ``E-NAME`` if the file is there already.
            EnvironmentFault: ``E-LOCKED`` if a key that has to sign does not open, ``E-FULL`` or
                ``E-STORE`` if the request or the home cannot be written; nothing was signed then.
            Untrusted: ``E-TRUST-FORK`` while two trust documents contend.
        """
        card = self._card()
        asked = self._asked(card)
        is_alone = not any(demand.missing(self._here(asked, card, reason)) for demand in asked)
        if not is_alone and request is None:
            raise Refused(
                "E-QUORUM",
                "An admin of the team has to let the new key in",
                "Name a file for the request: strongroom identity rotate FILE.",
            )
        if request is not None and request.exists():
            raise BadInput("E-NAME", f"{request} exists already", "Name another file.")
        once = asked_once_each(ask or self._at.ask)
        vouches = self._vouches(card, reason)
        if vouches:
            self._at.keys(ask=once)
        if is_alone:
            self._changes.ring.signers(asked, frozenset(), once)
        is_new = self._at.home.next_identity() is None
        pair, following = self._following(card, passphrase)
        if is_alone:
            is_vouched = self._vouch(card, pair, reason, once, vouches=vouches)
            self._take_over(card, following, is_vouched=is_vouched, ask=once)
            self._at.card()
            return NewKey(card=following, old=card.writer, is_in_force=True, is_vouched=is_vouched)
        assert request is not None  # noqa: S101 - refused above
        try:
            self._write_request(request, pair, following)
        except StrongroomError:
            if is_new:
                self._discard(following)
            raise
        try:
            is_vouched = self._vouch(card, pair, reason, once, vouches=vouches)
        except StrongroomError:
            request.unlink(missing_ok=True)
            raise
        return NewKey(
            card=following, old=card.writer, is_in_force=False, is_vouched=is_vouched,
            request=request,
        )  # fmt: skip

    # ---------------------------------------------------------------- inside

    def _card(self) -> IdentityCard:
        """Returns the identity that is to be rotated."""
        self._at.home.require_writable(*OF_KEYS, *OF_SIGNING)
        card = self._at.require_card()
        if self._at.snapshot().trust.forked:
            raise forked(self._at.snapshot().trust)
        if card.writer not in self._at.snapshot().latest.members:
            raise Refused(
                "E-CAP",
                "This key is in no team yet, so nothing has to be rotated",
                "Make the request again: strongroom identity request FILE.",
            )
        return card

    def _asked(self, card: IdentityCard) -> Sequence[Demand]:
        """Returns whose signatures it takes to put a new key in place of the old one."""
        before = self._at.snapshot().latest
        stand_in = _member(replace(card, writer="0" * 64))
        return demands(before, succeed(self._changes.opened(before), card.writer, stand_in, LOST))

    def _here(self, asked: Sequence[Demand], card: IdentityCard, reason: str) -> frozenset[str]:
        """Returns which of them can sign from here; a lost key cannot."""
        here = self._changes.ring.here(asked, frozenset())
        return here - {card.writer} if reason == LOST else here

    def _vouches(self, card: IdentityCard, reason: str) -> bool:
        """Whether the old key has yet to sign for the new one, and its log lets it."""
        snapshot = self._at.snapshot()
        chain = snapshot.chains.by_writer.get(card.writer, ())
        has_heir = bool(chain) and chain[-1].type == ROTATE
        is_sound = self._at.own_log.trouble(snapshot, card.writer) is None
        return is_sound and not has_heir and reason != LOST

    def _following(self, card: IdentityCard, passphrase: str) -> tuple[KeyPair, IdentityCard]:
        """Returns the new key, made now or by a rotation that was interrupted."""
        at = self._at
        waiting = at.home.next_identity()
        if waiting is not None:
            return self._waiting(waiting, passphrase), waiting
        protection = Identities(at).protection_for(passphrase)
        pair = KeyPair.generate(at.random_bytes)
        following = replace(
            card, writer=pair.writer, pub=pair.ed25519_pub.hex, p256=pair.p256_spki,
            protection=protection,
        )  # fmt: skip
        try:
            create_identity(
                at.home.key_file(pair.writer), pair, protection=protection, keychain=at.keychain,
                passphrase=passphrase if "passphrase" in protection else "",
                random_bytes=at.random_bytes, cost=self._cost,
            )  # fmt: skip
            at.home.save_next_identity(following)
        except OSError as error:
            raise fault(error, at.home.folder) from error
        return pair, following

    def _discard(self, card: IdentityCard) -> None:
        """Forgets a key that was made just now and that nobody has heard of."""
        with suppress(OSError):  # then it waits, and the next rotation goes on with it
            self._at.home.forget_next()
            self._at.former.end(card.writer)

    def _waiting(self, card: IdentityCard, passphrase: str) -> KeyPair:
        """Opens the key that an interrupted rotation has made.

        Raises:
            Refused: ``E-LOCKED`` if it was made with another passphrase.
            EnvironmentFault: ``E-LOCKED`` if it does not open for another reason.
        """
        at = self._at
        kept = Identity(
            at.home.key_file(card.writer), writer=card.writer, keychain=at.keychain,
            ask=lambda _question: passphrase, clock=at.clock,
        )  # fmt: skip
        try:
            return kept.unlock()
        except WrongSecret as error:
            raise Refused(
                "E-LOCKED",
                "A new key waits here already, and this is not its passphrase",
                "Type the passphrase it was made with.",
            ) from error

    def _vouch(
        self, card: IdentityCard, pair: KeyPair, reason: str, ask: SecretsHandler, *, vouches: bool
    ) -> bool:
        """Lets the old key sign for the new one; whether it could."""
        chain = self._at.snapshot().chains.by_writer.get(card.writer, ())
        if chain and chain[-1].type == ROTATE:
            return heir_of(chain[-1]) == pair.writer
        if not vouches:
            return False
        team = self._at.snapshot().trust.team
        try:
            self._at.sign(ROTATE, rotation_body(team, card.writer, pair, reason), ask=ask)
        except Untrusted:
            return False  # its log is forked, incomplete or put back: that is why it is rotated
        return True

    def _take_over(
        self,
        card: IdentityCard,
        following: IdentityCard,
        *,
        is_vouched: bool,
        ask: SecretsHandler,
    ) -> None:
        heir, reason = _member(following), "rotated" if is_vouched else LOST
        self._changes.change(lambda before: succeed(before, card.writer, heir, reason), ask)

    def _write_request(self, path: Path, pair: KeyPair, following: IdentityCard) -> None:
        raw = write_request(
            pair, name=following.name, host=following.host, app=self._at.app,
            is_log_only=following.is_log_only, random_bytes=self._at.random_bytes,
        )  # fmt: skip
        write_given(path, raw)


def predecessor(snapshot: Snapshot, heir: str) -> str:
    """Returns the key that vouched for another as the last act of its log, "" if none did."""
    if snapshot.trust.latest is None:
        return ""
    for writer, chain in snapshot.chains.by_writer.items():
        if chain and heir_of(chain[-1]) == heir:
            member = snapshot.latest.members.get(writer)
            return writer if member is not None and member.is_active else ""
    return ""


def _member(card: IdentityCard) -> Member:
    """Returns the entry of a key before it has rights and a person."""
    return Member(
        writer=card.writer,
        person="",
        host=card.host,
        alg="ed25519",
        pub=card.pub,
        p256=card.p256,
        grants=(),
        is_active=True,
        reason="",
    )
