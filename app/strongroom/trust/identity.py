# SPDX-License-Identifier: Apache-2.0
"""The identity of this workstation: asked for when needed, open for a short while, then shut.

* Keys are in memory for at most `OPEN_FOR_S` after an unlock; `lock` forgets them at once.
* A clock set back shuts the identity: it can only shorten that time.
* An approval asks again (`is_fresh`), whatever is still open.
* A passphrase is never kept, only used.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS, Clock
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.ids import RandomBytes
from strongroom.trust.keychain import SECRET_BYTES, Keychain
from strongroom.trust.keyfile import (
    MAX_PASSPHRASE_BYTES,
    STRONG,
    KdfCost,
    Protection,
    open_keyfile,
    read_protection,
    write_keyfile,
)
from strongroom.trust.keys import KeyPair

OPEN_FOR_S = 600  # long enough for a review, short enough for a coffee (trust.md 4.3)

SecretsHandler = Callable[[str], str]
"""Asks a person for a secret: takes the question, returns the answer ("" if there is none)."""


def passphrase_from_file(path: Path) -> SecretsHandler:
    """Returns a handler that answers every question with the first line of a file.

    Args:
        path: What ``STRONGROOM_PASSPHRASE_FILE`` names; it may be a pipe or ``/dev/fd/3``.
    """

    def answer(question: str) -> str:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_PASSPHRASE_BYTES + 2)
            return data.decode().split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault(
                "E-LOCKED",
                f"The passphrase file could not be read ({question})",
                f"Check that {path} exists, is yours and holds one line of UTF-8 text.",
            ) from error

    return answer


def create_identity(
    path: Path,
    pair: KeyPair,
    *,
    protection: Protection,
    keychain: Keychain,
    passphrase: str = "",
    random_bytes: RandomBytes = os.urandom,
    cost: KdfCost = STRONG,
) -> None:
    """Puts a new pair under its protection: the secret into the keychain, then the key file.

    Raises:
        EnvironmentFault: ``E-LOCKED`` if the keychain is locked or absent; nothing is written.
        Refused: ``E-LOCKED`` if the passphrase is too short.
        ValueError: If the passphrase does not fit the protection.
    """
    secret = b""
    if "keyring" in protection:
        secret = random_bytes(SECRET_BYTES)
        keychain.set(pair.writer, secret)
    try:
        write_keyfile(
            path,
            pair,
            protection=protection,
            kek_secret=secret,
            passphrase=passphrase,
            random_bytes=random_bytes,
            cost=cost,
        )
    except BaseException:
        if secret:
            keychain.delete(pair.writer)
        raise


class Identity:
    """One writer on this workstation, locked until its keys are needed.

    Args:
        path: The key file.
        writer: The writer id.
        keychain: Where the other half of the key lies.
        ask: Asks for the passphrase; called only if the key file needs one.
        clock: Measures how long the keys have been open.
    """

    def __init__(
        self, path: Path, *, writer: str, keychain: Keychain, ask: SecretsHandler, clock: Clock
    ) -> None:
        self.writer = writer
        self._path = path
        self._keychain = keychain
        self._ask = ask
        self._clock = clock
        self._pair: KeyPair | None = None
        self._opened_us = 0
        self._guard = threading.RLock()

    @property
    def protection(self) -> Protection:
        """Returns which factors open the key file, as the file says."""
        return read_protection(self._path)

    @property
    def is_unlocked(self) -> bool:
        """Whether the keys are in memory and their time is not over."""
        return self._open_pair() is not None

    def unlock(self, *, ask: SecretsHandler | None = None, is_fresh: bool = False) -> KeyPair:
        """Returns the keys, asking for what is missing.

        Args:
            ask: Asks in place of the usual handler, for a window that shows its own dialog.
            is_fresh: Ask again even if the keys are still open: once for each batch of approvals.

        Raises:
            EnvironmentFault: ``E-LOCKED`` with advice: keychain locked or absent, wrong passphrase.
            Untrusted: ``E-FORMAT`` if the key file is damaged.
        """
        with self._guard:
            found = None if is_fresh else self._open_pair()
            if found is None:
                self.lock()
                found = self._open(ask or self._ask)
                self._pair, self._opened_us = found, self._clock.now_us()
            return found

    def lock(self) -> None:
        """Forgets the keys."""
        with self._guard:
            self._pair = None

    def protect(
        self,
        protection: Protection,
        *,
        passphrase: str = "",
        random_bytes: RandomBytes = os.urandom,
        cost: KdfCost = STRONG,
    ) -> None:
        """Puts the keys under another protection or passphrase, in one step.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if the identity cannot be unlocked.
            Refused: ``E-LOCKED`` if the new passphrase is too short.
        """
        with self._guard:
            pair = self.unlock()
            secret = b""
            if "keyring" in protection:
                secret = self._keychain.get(self.writer) or random_bytes(SECRET_BYTES)
                self._keychain.set(self.writer, secret)
            write_keyfile(
                self._path,
                pair,
                protection=protection,
                kek_secret=secret,
                passphrase=passphrase,
                random_bytes=random_bytes,
                cost=cost,
            )

    def _open_pair(self) -> KeyPair | None:
        """Returns the keys if their time is not over, and forgets them if it is."""
        with self._guard:
            age_us = self._clock.now_us() - self._opened_us
            if not 0 <= age_us <= OPEN_FOR_S * MICROSECONDS:
                self._pair = None
            return self._pair

    def _open(self, ask: SecretsHandler) -> KeyPair:
        protection = self.protection
        secret = b""
        if "keyring" in protection:
            secret = self._keychain.get(self.writer) or b""
        passphrase = ""
        if "passphrase" in protection and (secret or protection == "passphrase"):
            passphrase = ask("Passphrase of this identity")
        return open_keyfile(
            self._path, writer=self.writer, kek_secret=secret, passphrase=passphrase
        )
