# SPDX-License-Identifier: Apache-2.0
"""The keychain of the operating system: one short secret for each identity on this workstation.

* Only backends known to encrypt are used (`TRUSTED_BACKENDS`); plain-text and null backends are
  refused by name, before a line of theirs is imported.
* Three states are told apart, each with its own advice: unlocked, locked, absent.
* Reading and writing never ask anybody anything; `unlock` is the one call that may open a prompt.
* An item is 44 ASCII characters under a service name of its own: Windows allows 1,279 characters
  and mixes up two users of one service (trust.md 0.1 l).
"""

import base64
import configparser
import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import keyring.errors
from keyring.backend import KeyringBackend
from keyring.util import platform_

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.key_words import KEYCHAIN_LOCKED

if TYPE_CHECKING:
    from strongroom.trust.secret_service import SecretService

SECRET_BYTES = 32
KEYCHAIN_USER = "kek"
PROMPT_TIMEOUT_S = 120  # somebody reads a prompt and types; longer, and nobody is there

_SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105 - the name of a class
_WINDOWS = "keyring.backends.Windows.WinVaultKeyring"

TRUSTED_BACKENDS = (
    _SECRET_SERVICE,
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.macOS.Keyring",
    _WINDOWS,
)
"""Backends that encrypt at rest, in the order of preference."""

_CHAIN = "keyring.backends.chainer.ChainerBackend"  # keyring's word for "the best there is"


class Passwords(Protocol):
    """What is asked of a backend; those of `keyring` answer it, and the Secret Service's own."""

    def get_password(self, service: str, user: str, /) -> str | None:
        """Returns what is kept under a service and a user, or None."""
        ...

    def set_password(self, service: str, user: str, text: str, /) -> None:
        """Keeps a text in place of an earlier one."""
        ...

    def delete_password(self, service: str, user: str, /) -> None:
        """Forgets what is kept."""
        ...


class KeychainState(Enum):
    """What the keychain can do right now."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    ABSENT = "absent"


class Keychain(Protocol):
    """Keeps one secret of 32 bytes for each owner: a writer id, or ``marks:<store id>``.

    Every method raises `EnvironmentFault` ``E-LOCKED`` while the keychain is locked or absent.
    """

    def state(self) -> KeychainState:
        """Returns the state without asking anybody and without raising."""
        ...

    def unlock(self) -> KeychainState:
        """Lets the keychain ask its owner for the password and returns the state after that."""
        ...

    def get(self, owner: str) -> bytes | None:
        """Returns the owner's secret, or None if there is none."""
        ...

    def set(self, owner: str, secret: bytes) -> None:
        """Keeps the secret for the owner in place of an earlier one."""
        ...

    def delete(self, owner: str) -> None:
        """Forgets the owner's secret; forgetting what is not there is fine."""
        ...


def service_name(owner: str) -> str:
    """Returns the name of an owner's item: ``strongroom:`` and the first 16 digits of the id."""
    kind, colon, identifier = owner.rpartition(":")
    return f"strongroom:{kind}{colon}{identifier[:16]}"


class SystemKeychain:
    """The keychain of this desktop: Secret Service, KWallet, macOS Keychain or Windows Vault."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._service: SecretService | None = None

    def state(self) -> KeychainState:
        """Returns whether the keychain can be read now, looking at it afresh."""
        try:
            return self._state_of(self._backend())
        except EnvironmentFault:
            return KeychainState.ABSENT

    def unlock(self) -> KeychainState:
        """Shows the desktop's own prompt if the keychain is locked; not for the window's thread.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if there is no keychain that can be trusted.
        """
        backend = self._backend()
        with _told():
            if backend is self._service and self._state_of(backend) is KeychainState.LOCKED:
                self._service.prompt(PROMPT_TIMEOUT_S)
        return self._state_of(backend)

    def get(self, owner: str) -> bytes | None:
        """Returns the owner's secret, or None.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if it is locked, absent, or holds something else there.
        """
        backend = self._backend()
        with _told():
            text = backend.get_password(service_name(owner), KEYCHAIN_USER)
        return None if text is None else _decode(text)

    def set(self, owner: str, secret: bytes) -> None:
        """Keeps the secret.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if it is locked or absent.
            ValueError: If the secret has not 32 bytes.
        """
        text = _encode(secret)
        backend = self._backend()
        with _told():
            backend.set_password(service_name(owner), KEYCHAIN_USER, text)

    def delete(self, owner: str) -> None:
        """Forgets the secret.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if it is locked or absent.
        """
        backend = self._backend()
        with _told():
            if backend.get_password(service_name(owner), KEYCHAIN_USER) is not None:
                backend.delete_password(service_name(owner), KEYCHAIN_USER)

    def _backend(self) -> Passwords:
        """Finds the backend each time: a daemon may have come or gone since the last call."""
        chosen = _configured(self._environ)
        if chosen and chosen not in TRUSTED_BACKENDS:
            raise _refused(chosen)
        for name in (chosen,) if chosen else TRUSTED_BACKENDS:
            backend = self._secret_service() if name == _SECRET_SERVICE else _load(name)
            if backend is not None:
                return backend
        raise _absent()

    def _state_of(self, backend: Passwords) -> KeychainState:
        if backend is not self._service:
            return KeychainState.UNLOCKED  # the others unlock with the session
        try:
            is_open = self._service.is_open()
        except keyring.errors.InitError:
            return KeychainState.ABSENT
        return KeychainState.UNLOCKED if is_open else KeychainState.LOCKED

    def _secret_service(self) -> "SecretService | None":
        """Returns the one connection to the Secret Service, where there is such a service."""
        if self._service is not None and self._service.is_connected:
            return self._service
        if _load(_SECRET_SERVICE) is None:
            return None
        if self._service is None:
            from strongroom.trust.secret_service import SecretService

            self._service = SecretService()
        return self._service


class PassphraseKeychain:
    """No keychain at all: headless hosts, where a passphrase alone opens the key file."""

    def state(self) -> KeychainState:
        """Returns ABSENT."""
        return KeychainState.ABSENT

    def unlock(self) -> KeychainState:
        """Returns ABSENT: there is nothing to unlock."""
        return KeychainState.ABSENT

    def get(self, owner: str) -> bytes | None:
        """Raises `EnvironmentFault` ``E-LOCKED``: there is nowhere to look."""
        raise _absent(owner)

    def set(self, owner: str, secret: bytes) -> None:
        """Raises `EnvironmentFault` ``E-LOCKED``: there is nowhere to keep it."""
        raise _absent(owner) if secret else _absent()

    def delete(self, owner: str) -> None:
        """Raises `EnvironmentFault` ``E-LOCKED``: there is nothing to forget."""
        raise _absent(owner)


class MemoryKeychain:
    """A keychain for tests that can be locked at will; nothing survives the process."""

    def __init__(self) -> None:
        self._items: dict[str, str] = {}
        self._is_locked = False
        self.may_unlock = True

    def lock(self) -> None:
        """Locks it, as closing the lid of a laptop does."""
        self._is_locked = True

    def state(self) -> KeychainState:
        """Returns LOCKED after `lock`, else UNLOCKED."""
        return KeychainState.LOCKED if self._is_locked else KeychainState.UNLOCKED

    def unlock(self) -> KeychainState:
        """Unlocks it, unless `may_unlock` says that the prompt is dismissed."""
        self._is_locked = self._is_locked and not self.may_unlock
        return self.state()

    def get(self, owner: str) -> bytes | None:
        """Returns the owner's secret, or None; raises ``E-LOCKED`` while locked."""
        self._check()
        text = self._items.get(service_name(owner))
        return None if text is None else _decode(text)

    def set(self, owner: str, secret: bytes) -> None:
        """Keeps the secret; raises ``E-LOCKED`` while locked."""
        self._check()
        self._items[service_name(owner)] = _encode(secret)

    def delete(self, owner: str) -> None:
        """Forgets the secret; raises ``E-LOCKED`` while locked."""
        self._check()
        self._items.pop(service_name(owner), None)

    def _check(self) -> None:
        if self._is_locked:
            raise _locked()


def _absent(owner: str = "") -> EnvironmentFault:
    return EnvironmentFault(
        "E-LOCKED",
        "This machine has no keychain service" + (f" for {service_name(owner)}" if owner else ""),
        "Start gnome-keyring or KWallet in your session, or use an identity that a passphrase "
        "alone protects: strongroom identity create --protection passphrase.",
    )


def _locked() -> EnvironmentFault:
    return EnvironmentFault(
        "E-LOCKED",
        KEYCHAIN_LOCKED,
        "Unlock it with your login password (Unlock… in the window), then try again.",
    )


def _refused(name: str) -> EnvironmentFault:
    return EnvironmentFault(
        "E-LOCKED",
        f"The configured keychain {name[:80]!r} does not protect secrets",
        "Remove PYTHON_KEYRING_BACKEND or the default-keyring line of keyringrc.cfg, so that the "
        "desktop's own keychain is used.",
    )


def _encode(secret: bytes) -> str:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a keychain secret has {SECRET_BYTES} bytes")
    return base64.b64encode(secret).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise EnvironmentFault(
            "E-LOCKED",
            "The keychain holds something else under the name of this identity",
            "Another program wrote it. Restore the keychain, or make a new identity.",
        )
    return secret


def _configured(environ: Mapping[str, str]) -> str:
    """Returns the backend that the user's configuration of `keyring` names, without loading it."""
    named = environ.get("PYTHON_KEYRING_BACKEND", "")
    if not named:
        config = configparser.RawConfigParser()
        try:
            config.read(platform_.config_root() / "keyringrc.cfg", encoding="utf-8")
            named = config.get("backend", "default-keyring", fallback="")
        except (configparser.Error, ValueError):
            named = ""
    return "" if named.strip() == _CHAIN else named.strip()


def _load(name: str) -> KeyringBackend | None:
    """Loads a trusted backend if it works on this machine now."""
    module, _, kind = name.rpartition(".")
    try:
        backend_class: type[KeyringBackend] = getattr(importlib.import_module(module), kind)
        if not backend_class.viable:
            return None
        backend = backend_class()
    except (ImportError, AttributeError, RuntimeError, OSError, keyring.errors.KeyringError):
        return None
    if name == _WINDOWS:
        backend.set_properties_from_env()
        setattr(backend, "persist", "local machine")  # noqa: B010 - only Windows declares it; the default roams
    return backend


@contextmanager
def _told() -> Iterator[None]:
    """Says what a backend's exception means to a person."""
    try:
        yield
    except keyring.errors.KeyringLocked as error:
        raise _locked() from error
    except keyring.errors.InitError as error:
        raise _absent() from error
    except (keyring.errors.KeyringError, OSError) as error:
        raise EnvironmentFault(
            "E-LOCKED",
            f"The keychain did not answer ({type(error).__name__})",
            "Check that the keychain service of your session runs, then try again.",
        ) from error
