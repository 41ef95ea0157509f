# SPDX-License-Identifier: Apache-2.0
"""Identities: who I am on this workstation, with which keys, under which protection."""

import socket
from dataclasses import replace
from pathlib import Path

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.trust.enrolment import MAX_NAME, write_request
from strongroom.trust.identity import SecretsHandler, create_identity
from strongroom.trust.keychain import KeychainState
from strongroom.trust.keyfile import Protection
from strongroom.trust.keys import KeyPair


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

    def save_request(self, path: Path, *, ask: SecretsHandler | None = None) -> None:
        """Writes the enrolment request to a new file.

        Raises:
            BadInput: ``E-NAME`` if the file exists.
        """
        raw = self.write_request(ask=ask)
        try:
            with path.open("xb") as file:
                file.write(raw)
        except FileExistsError as error:
            raise BadInput(
                "E-NAME", f"{path} exists already", "Name a file that does not exist."
            ) from error

    def unlock(self, *, ask: SecretsHandler | None = None) -> None:
        """Opens the keys for ten minutes.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
        """
        self._at.keys(ask=ask)

    def lock(self) -> None:
        """Forgets the opened keys."""
        if self._at.card() is not None:
            self._at.identity().lock()

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
        protection = self.protection_for(passphrase)
        self._at.identity().protect(
            protection, passphrase=passphrase, random_bytes=self._at.random_bytes
        )
        self._at.home.save_identity(replace(self._at.require_card(), protection=protection))
