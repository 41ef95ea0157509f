# SPDX-License-Identifier: Apache-2.0
"""Root keys: making them for sticks and paper, naming them to the team, taking them off a home.

* A founder's home holds the first root key. What a founder's laptop holds, its thief holds: the
  keys belong on sticks and paper in several places, and more than one of them has to sign.
* A key of this home is forgotten only if it is a root key no more, or is at hand elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.team import RootKey, TrustDocument
from strongroom.domain.team_edits import set_root
from strongroom.services.given_file import written_there
from strongroom.services.trust_changes import TrustChanges, TrustStep
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.keyfile import STRONG, KdfCost
from strongroom.trust.keys import KeyPair
from strongroom.trust.rootkey import (
    RootCard,
    new_root_key,
    paper_lines,
    read_root_key,
    write_root_card,
    write_root_key,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKeyPlace:
    """A root key of the team, and whether it can sign from here.

    Attributes:
        keyid: Its id.
        label: Where people say it lies.
        is_in_home: Whether this home holds it, where a thief of the machine would look.
        is_lent: Whether it is at hand from a stick or paper.
    """

    keyid: str
    label: str
    is_in_home: bool
    is_lent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRootKey:
    """A root key that was made or copied: what the team has to be told of it.

    Attributes:
        keyid: Its id.
        label: Where it will lie.
        card: The public card, which the admins need.
        fingerprint: Of the card, to be compared by voice.
        lines: What has to be written down if it is on paper alone; shown once, kept nowhere.
    """

    keyid: str
    label: str
    card: Path
    fingerprint: str
    lines: tuple[str, ...] = ()


class RootKeys:
    """The verbs of ``strongroom root``."""

    def __init__(
        self, workstation: Workstation, changes: TrustChanges, *, cost: KdfCost = STRONG
    ) -> None:
        self._at, self._changes, self._cost = workstation, changes, cost

    def places(self) -> tuple[RootKeyPlace, ...]:
        """Returns the root keys of the team by label, with where they are at hand.

        Raises:
            Refused: ``E-TEAM`` if there is no team.
        """
        document = self._at.snapshot().latest
        lent = {key.keyid for key in self._changes.ring.lent}
        found = [
            RootKeyPlace(
                keyid=key.keyid,
                label=key.label,
                is_in_home=self._at.home.key_file(key.keyid).exists(),
                is_lent=key.keyid in lent,
            )
            for key in document.root_keys.values()
        ]
        return tuple(sorted(found, key=lambda place: (place.label, place.keyid)))

    def create(self, folder: Path, label: str, *, passphrase: str) -> NewRootKey:
        """Makes a root key in a folder, such as that of a stick; it can sign from here at once.

        Raises:
            BadInput: ``E-NAME``.
            Refused: ``E-LOCKED`` if the passphrase is too short.
            EnvironmentFault: ``E-FULL`` or ``E-STORE`` if the folder cannot be written.
        """
        card = self._written(folder, new_root_key(self._at.random_bytes), label, passphrase)
        self._changes.ring.lend(card.path)
        return _told(card)

    def create_on_paper(self, folder: Path, label: str) -> NewRootKey:
        """Makes a root key that is written down: the lines are shown once and kept nowhere.

        Args:
            folder: Where the public card goes, which the admins need.
            label: Where the paper will lie.

        Raises:
            BadInput: ``E-NAME``.
            EnvironmentFault: ``E-FULL`` or ``E-STORE`` if the folder cannot be written.
        """
        pair = new_root_key(self._at.random_bytes)
        with written_there(folder):
            card = write_root_card(folder, pair, label, random_bytes=self._at.random_bytes)
        lines = paper_lines(pair)
        self._changes.ring.lend_paper("\n".join(lines))
        return _told(card, lines)

    def copy(
        self, key: str, folder: Path, *, passphrase: str, ask: SecretsHandler | None = None
    ) -> NewRootKey:
        """Writes a root key of this home into a folder, under a passphrase of its own.

        Raises:
            BadInput: ``E-NAME`` if no such key is at hand, or the files are there.
            EnvironmentFault: ``E-LOCKED``; ``E-FULL`` or ``E-STORE`` if the folder cannot be
                written.
        """
        found = self._find(key)
        pair = self._changes.ring.open_root(found.keyid, ask or self._at.ask)
        card = self._written(folder, pair, found.label, passphrase)
        self._changes.ring.lend(card.path)
        return _told(card)

    def replace(
        self,
        cards: Sequence[Path],
        threshold: int | None,
        *,
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Names the root keys of the team: these and no others.

        Args:
            cards: The cards of the new keys, or the folders they lie in; a key that stays is named
                by its card as well.
            threshold: How many of them have to sign.
            ask: Asks for the passphrase of a key.
            draft: A new file for the draft, if the keys here do not suffice.

        Raises:
            BadInput: ``E-NAME``, ``E-ROLE``.
            Untrusted: If a card does not hold.
            Refused: ``E-CAP``, ``E-QUORUM``.
        """
        keys = [self._lent(path) for path in cards]
        return self._changes.change(lambda before: set_root(before, keys, threshold), ask, draft)

    def add(
        self,
        card: Path,
        threshold: int | None = None,
        *,
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Names one more root key; see `replace`."""
        key = self._lent(card)

        def more(before: TrustDocument) -> TrustDocument:
            number = threshold or before.root_threshold
            return set_root(before, [*before.root_keys.values(), key], number)

        return self._changes.change(more, ask, draft)

    def remove(
        self,
        key: str,
        threshold: int | None = None,
        *,
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Takes a root key away, one that is lost for instance; see `replace`.

        Args:
            key: The beginning of its id, or its label.
            threshold: How many of the others have to sign.
            ask: Asks for the passphrase of a key.
            draft: A new file for the draft.
        """
        gone = self._find(key)

        def fewer(before: TrustDocument) -> TrustDocument:
            left = [each for each in before.root_keys.values() if each.keyid != gone.keyid]
            return set_root(before, left, threshold)

        return self._changes.change(fewer, ask, draft)

    def forget(self, key: str, *, ask: SecretsHandler | None = None) -> str:
        """Deletes a root key from this home, and returns its id.

        A copy of a key that the team needs is opened first: one that does not open is none.

        Args:
            key: The beginning of its id, or its label.
            ask: Asks for the passphrase of the copy.

        Raises:
            BadInput: ``E-NAME`` if this home holds no such key.
            Refused: ``E-CAP`` if the team still needs it and no copy of it is at hand.
            EnvironmentFault: ``E-LOCKED`` if the copy does not open; nothing is deleted.
        """
        document = self._at.snapshot().latest
        keyid = self._kept(key, document)
        is_elsewhere = keyid in {each.keyid for each in self._changes.ring.lent}
        if keyid in document.root_keys and not is_elsewhere:
            raise Refused(
                "E-CAP",
                "The team needs this root key, and no copy of it is at hand",
                "Copy it first: strongroom root copy KEY DIR. Then name the copy with --key.",
            )
        if keyid in document.root_keys:
            self._changes.ring.open_lent(keyid, ask or self._at.ask)
        with written_there(self._at.home.folder):
            self._at.former.end(keyid)
        return keyid

    # ---------------------------------------------------------------- inside

    def _written(self, folder: Path, pair: KeyPair, label: str, passphrase: str) -> RootCard:
        with written_there(folder):
            return write_root_key(
                folder, pair, label, passphrase=passphrase,
                random_bytes=self._at.random_bytes, cost=self._cost,
            )  # fmt: skip

    def _lent(self, card: Path) -> RootKey:
        """Returns the key of a card, and takes it into use if its secret lies beside it."""
        found = read_root_key(card)
        if found.has_secret:
            self._changes.ring.lend(found.path)
        return found.key

    def _find(self, key: str) -> RootKey:
        keys = self._at.snapshot().latest.root_keys.values()
        found = [each for each in keys if each.label == key or each.keyid.startswith(key.lower())]
        if not key or len(found) != 1:
            raise BadInput(
                "E-NAME",
                f"{key} names " + ("several root keys" if found else "no root key"),
                "They stand in: strongroom root list.",
            )
        return found[0]

    def _kept(self, key: str, document: TrustDocument) -> str:
        """Returns the id of a key file of this home that belongs to no person of the team."""
        card = self._at.card()
        following = self._at.home.next_identity()
        people = {*document.members, *(each.writer for each in (card, following) if each)}
        folder = self._at.home.key_file("x").parent
        kept = [path.stem for path in sorted(folder.glob("*.json")) if path.stem not in people]
        versions = self._at.snapshot().trust.documents
        labels = {each.keyid: each.label for v in versions for each in v.root_keys.values()}
        found = [k for k in kept if key and (k.startswith(key.lower()) or labels.get(k) == key)]
        if len(found) != 1:
            raise BadInput(
                "E-NAME",
                f"This home holds {'several such' if found else 'no such'} root key: {key}",
                "Those it holds: " + (", ".join(each[:8] for each in kept) or "none") + ".",
            )
        return found[0]


def _told(card: RootCard, lines: tuple[str, ...] = ()) -> NewRootKey:
    return NewRootKey(
        keyid=card.keyid,
        label=card.label,
        card=card.path,
        fingerprint=card.fingerprint,
        lines=lines,
    )
