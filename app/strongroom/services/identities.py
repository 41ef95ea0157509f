# SPDX-License-Identifier: Apache-2.0
"""Identities: who I am on this workstation, with which keys, under which protection."""

import socket
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.services.given_file import write_given
from strongroom.services.key_status import KeyStatus, key_status
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.store.home_formats import OF_KEYS
from strongroom.trust.enrolment import MAX_NAME, write_request
from strongroom.trust.fingerprint import fingerprint
from strongroom.trust.identity import SecretsHandler, create_identity, passphrase_from_file
from strongroom.trust.keychain import KeychainState
from strongroom.trust.keyfile import MIN_PASSPHRASE_CHARACTERS, Protection
from strongroom.trust.keys import KeyPair
from strongroom.trust.request_code import write_code

__all__ = ["MIN_PASSPHRASE_CHARACTERS", "Identities", "MyRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MyRequest:
    """An enrolment request: the bytes of the file, its code, and its fingerprint."""

    raw: bytes
    code: str
    words: tuple[str, ...]
    digits: str


class Identities:
    """The verbs of ``strongroom identity``."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def show(self) -> IdentityCard | None:
        """Returns the identity of this home towards this store, or None."""
        return self._at.card()

    def keychain_state(self) -> KeychainState:
        """Returns whether the keychain is unlocked, locked or absent."""
        return self._at.keychain.state()

    def create(self, name: str, *, passphrase: str, is_log_only: bool = False) -> IdentityCard:
        """Makes the key pair of this workstation and protects it.

        With a keychain the key file needs the keychain and, unless the passphrase is empty, the
        passphrase too. Without a keychain the passphrase alone protects it.

        Raises:
            BadInput: ``E-NAME`` for an empty name, or if there is an identity already.
            EnvironmentFault: ``E-LOCKED`` if there is neither keychain nor passphrase.
        """
        clean = " ".join(name.split())
        if not 0 < len(clean) <= MAX_NAME:
            raise BadInput("E-NAME", "A name is needed", "Give the name people know you by.")
        if self._at.card() is not None:
            raise BadInput(
                "E-NAME",
                "There is an identity here already",
                "Show it with: strongroom identity show. Another person needs another home.",
            )
        self._at.home.require_writable(*OF_KEYS)
        pair = KeyPair.generate(self._at.random_bytes)
        protection = self.protection_for(passphrase)
        create_identity(
            self._at.home.key_file(pair.writer),
            pair,
            protection=protection,
            keychain=self._at.keychain,
            passphrase=passphrase if "passphrase" in protection else "",
            random_bytes=self._at.random_bytes,
        )
        card = IdentityCard(
            writer=pair.writer,
            name=clean,
            host=socket.gethostname()[:MAX_NAME],
            pub=pair.ed25519_pub.hex,
            p256=pair.p256_spki,
            protection=protection,
            is_log_only=is_log_only,
        )
        self._at.home.save_identity(card)
        return card

    def protection_for(self, passphrase: str) -> Protection:
        """Returns the strongest protection this workstation offers.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if there is neither keychain nor passphrase.
        """
        if self._at.keychain.state() is not KeychainState.ABSENT:
            return "keyring+passphrase" if passphrase else "keyring"
        if passphrase:
            return "passphrase"
        raise EnvironmentFault(
            "E-LOCKED",
            "This machine has no keychain and no passphrase was given",
            "Set STRONGROOM_PASSPHRASE_FILE to a file that only you can read, and try again.",
        )

    def write_request(self, *, ask: SecretsHandler | None = None) -> bytes:
        """Returns an enrolment request for an admin.

        Raises:
            Refused: ``E-CAP`` if there is no identity.
            EnvironmentFault: ``E-LOCKED``.
        """
        card = self._at.require_card()
        return write_request(
            self._at.keys(ask=ask),
            name=card.name,
            host=card.host,
            app=self._at.app,
            is_log_only=card.is_log_only,
            random_bytes=self._at.random_bytes,
        )

    def request(self, *, ask: SecretsHandler | None = None) -> MyRequest:
        """Returns this workstation's enrolment request as file, code and words.

        Raises:
            Refused: ``E-CAP`` if there is no identity.
            EnvironmentFault: ``E-LOCKED``.
        """
        raw = self.write_request(ask=ask)
        told = fingerprint(raw)
        return MyRequest(raw=raw, code=write_code(raw), words=told.words, digits=told.digits)

    def save(self, request: MyRequest, path: Path) -> None:
        """Writes an enrolment request to a new file.

        Raises:
            BadInput: ``E-NAME`` if the file exists.
            EnvironmentFault: ``E-FULL`` or ``E-STORE`` if it cannot be written.
        """
        write_given(path, request.raw)

    def save_request(self, path: Path, *, ask: SecretsHandler | None = None) -> None:
        """Signs the enrolment request and writes it to a new file; see `save`."""
        self.save(self.request(ask=ask), path)

    def unlock(self, *, ask: SecretsHandler | None = None, is_fresh: bool = False) -> None:
        """Opens the keys for ten minutes; ``is_fresh`` asks even if they are open.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
        """
        self._at.keys(ask=ask, is_fresh=is_fresh)

    def lock(self) -> None:
        """Forgets the opened keys at once; waits for nobody."""
        self._at.lock_keys()

    def seconds_left(self) -> float:
        """Returns how long the keys stay open, 0 while they are locked; waits for nobody."""
        return self._at.key_seconds_left()

    def keep_open(self) -> float:
        """Keeps open keys open for an hour from now, this once; returns the seconds left.

        Raises:
            Refused: ``E-CAP`` if there is no identity.
        """
        return self._at.identity().keep_open()

    def key_status(self) -> KeyStatus:
        """Returns the key as people see it; see `services.key_status`."""
        return key_status(self._at)

    def unlock_keychain(self) -> bool:
        """Lets the session ask for the password of its keychain; whether it is open then.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if there is no keychain that can be trusted.
        """
        return self._at.keychain.unlock() is KeychainState.UNLOCKED

    def passphrase_in(self, path: Path) -> str:
        """Returns the first line of a passphrase file; it is used once and kept nowhere.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if it cannot be read.
        """
        return passphrase_from_file(path)("chosen in the window")

    def require_passphrase(self) -> None:
        """Accepts an identity whose approvals a second factor protects (formats.md 0.17).

        Raises:
            Refused: ``E-LOCKED`` if the keychain alone opens the key.
        """
        if self._at.identity().protection == "keyring":
            raise Refused(
                "E-LOCKED",
                "This key has no passphrase, and approving needs one",
                "Set one with: strongroom identity protect.",
            )

    def protect(self, passphrase: str) -> None:
        """Puts the keys under a passphrase as well.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
            Refused: ``E-LOCKED`` if the passphrase is too short.
        """
        self._at.home.require_writable(*OF_KEYS)
        protection = self.protection_for(passphrase)
        self._at.identity().protect(
            protection, passphrase=passphrase, random_bytes=self._at.random_bytes
        )
        self._at.home.save_identity(replace(self._at.require_card(), protection=protection))
