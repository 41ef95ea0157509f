# SPDX-License-Identifier: Apache-2.0
"""The identity of this workstation: asked for when needed, open for a short while, then shut.

* Keys are in memory for at most `OPEN_FOR_S` after an unlock, for `KEPT_FOR_S` if somebody said so
  once; `lock` forgets them at once.
* A clock set back shuts the identity: it can only shorten that time.
* An approval asks again (`is_fresh`), whatever is still open.
* A passphrase is never kept, only used.
* Looking how long the keys stay open, and locking them, wait for nobody: not even for a person who
  is just being asked.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS, Clock
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.ids import RandomBytes
from strongroom.domain.key_words import OWN_KEY_ASKED
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
KEPT_FOR_S = 3_600  # what a person may choose each time anew: a morning of registering

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


@dataclass(frozen=True, slots=True)
class _Opened:
    """Keys that are open, since when and until when."""

    pair: KeyPair = field(repr=False)
    since_us: int
    until_us: int


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
        self._opened: _Opened | None = None  # read and replaced in one step, without the guard
        self._guard = threading.RLock()

    @property
    def protection(self) -> Protection:
        """Returns which factors open the key file, as the file says."""
        return read_protection(self._path)

    @property
    def is_unlocked(self) -> bool:
        """Whether the keys are in memory and their time is not over."""
        return self.seconds_left() > 0

    def seconds_left(self) -> float:
        """Returns how long the keys stay open if nobody locks them, 0 if they are locked.

        Keys whose time is over, or from whose time the clock was set back, are forgotten.
        """
        opened, now_us = self._opened, self._clock.now_us()
        if opened is None:
            return 0.0
        if not opened.since_us <= now_us < opened.until_us:
            if self._opened is opened:
                self.lock()
            return 0.0
        return (opened.until_us - now_us) / MICROSECONDS

    def keep_open(self) -> float:
        """Keeps open keys open for `KEPT_FOR_S` from now and returns the seconds left.

        Locked keys stay locked: 0.
        """
        with self._guard:
            pair = self._open_pair()
            if pair is not None:
                self._opened = self._opened_for(pair, KEPT_FOR_S)
            return self.seconds_left()

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
                before = self._opened.until_us if self._opened and self.is_unlocked else 0
                self.lock()
                found = self._open(ask or self._ask)
                opened = self._opened_for(found, OPEN_FOR_S)
                # Asking again for an approval does not cut an hour short that somebody chose.
                self._opened = replace(opened, until_us=max(opened.until_us, before))
            return found

    def lock(self) -> None:
        """Forgets the keys at once."""
        self._opened = None

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
        opened = self._opened
        if opened is None or not self.is_unlocked:
            self.lock()
            return None
        return opened.pair

    def _opened_for(self, pair: KeyPair, seconds: int) -> "_Opened":
        now_us = self._clock.now_us()
        return _Opened(pair, now_us, now_us + seconds * MICROSECONDS)

    def _open(self, ask: SecretsHandler) -> KeyPair:
        protection = self.protection
        secret = b""
        if "keyring" in protection:
            secret = self._keychain.get(self.writer) or b""
        passphrase = ""
        if "passphrase" in protection and (secret or protection == "passphrase"):
            passphrase = ask(OWN_KEY_ASKED)
        return open_keyfile(
            self._path, writer=self.writer, kek_secret=secret, passphrase=passphrase
        )
