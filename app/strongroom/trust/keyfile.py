# SPDX-License-Identifier: Apache-2.0
"""The key file of a writer: useless without the keychain, useless without the passphrase.

* KEK = HKDF-SHA256(keychain secret ‖ Argon2id(passphrase or "")); AES-256-GCM over the two
  secrets; associated data = writer id + purpose + protection (trust.md 4.3, formats.md 0.17).
* A stolen file, a stolen keychain or a stolen passphrase alone signs nothing.
* The file is written aside with mode 0600, fsynced and renamed: there is always one whole file.
* Costs of the derivation are read within bounds, so that a planted file cannot eat the machine.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom.disk.whole_file import PRIVATE, write_whole
from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted
from strongroom.domain.ids import RandomBytes, is_digest
from strongroom.trust.keys import KeyPair

Protection = Literal["keyring", "keyring+passphrase", "passphrase"]
PROTECTIONS: tuple[Protection, ...] = ("keyring", "keyring+passphrase", "passphrase")

VERSION = 1
PURPOSE = "strongroom/keyfile/v1"
MAX_KEYFILE_BYTES = 4096  # ours have some 450
MAX_PASSPHRASE_BYTES = 1024  # nobody types more; bounds a passphrase file
MIN_PASSPHRASE_CHARACTERS = 6  # six random letters cost Argon2id two years of one machine

_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEYS = frozenset({"v", "protection", "kdf", "aead", "nonce", "ct"})
_KDF_KEYS = frozenset({"name", "m", "t", "p", "salt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KdfCost:
    """What one guess at a passphrase costs: memory in KiB, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int


STRONG = KdfCost(memory_kib=65_536, passes=3, lanes=4)  # RFC 9106, second choice: 64 MiB, 0.3 s
_LOWEST = KdfCost(memory_kib=8, passes=1, lanes=1)
_HIGHEST = KdfCost(memory_kib=1_048_576, passes=16, lanes=16)  # 1 GiB: our strongest future choice


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """A key file, read and checked but still closed."""

    protection: Protection
    cost: KdfCost
    salt: bytes
    nonce: bytes
    sealed: bytes


def write_keyfile(
    path: Path,
    pair: KeyPair,
    *,
    protection: Protection,
    kek_secret: bytes = b"",
    passphrase: str = "",
    random_bytes: RandomBytes = os.urandom,
    cost: KdfCost = STRONG,
) -> None:
    """Writes a pair's secrets under its protection, in place of an earlier file.

    Args:
        path: ``keys/<writer>.json`` of the home; missing folders are made with mode 0700.
        pair: The secrets.
        protection: Which of the two factors open the file.
        kek_secret: The 32 bytes in the keychain; empty for ``passphrase``.
        passphrase: At least `MIN_PASSPHRASE_CHARACTERS`; empty for ``keyring``.
        random_bytes: Where salt and nonce come from.
        cost: Lowered by tests only.

    Raises:
        Refused: ``E-LOCKED`` if the passphrase is too short or too long.
        ValueError: If the factors do not fit the protection.
    """
    if "passphrase" in protection:
        _check_passphrase(passphrase)
    salt, nonce = random_bytes(_SALT_BYTES), random_bytes(_NONCE_BYTES)
    kek = _derive(pair.writer, protection, kek_secret, passphrase, salt, cost)
    ed25519, p256 = pair.secrets()
    plain = canonical.encode({"ed25519": _to_base64(ed25519), "p256": _to_base64(p256)})
    document = {
        "v": VERSION,
        "protection": protection,
        "kdf": {
            "name": "argon2id",
            "m": cost.memory_kib,
            "t": cost.passes,
            "p": cost.lanes,
            "salt": _to_base64(salt),
        },
        "aead": "AES-256-GCM",
        "nonce": _to_base64(nonce),
        "ct": _to_base64(AESGCM(kek).encrypt(nonce, plain, _bound_to(pair.writer, protection))),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, canonical.encode(document), mode=PRIVATE)


def open_keyfile(
    path: Path, *, writer: str, kek_secret: bytes = b"", passphrase: str = ""
) -> KeyPair:
    """Opens a key file and returns its pair.

    Args:
        path: The file.
        writer: Whose file it should be; another writer's file does not open.
        kek_secret: As in `write_keyfile`.
        passphrase: As in `write_keyfile`.

    Raises:
        EnvironmentFault: ``E-LOCKED`` if a factor is wrong or missing, or there is no file.
        Untrusted: ``E-FORMAT``, ``E-CANON`` or ``E-SIZE`` if the file is damaged.
    """
    found = _read(path)
    if "keyring" in found.protection and not kek_secret:
        raise _no_secret()
    if "passphrase" in found.protection and not passphrase:
        raise _no_passphrase()
    factors = (
        kek_secret if "keyring" in found.protection else b"",
        passphrase if "passphrase" in found.protection else "",
    )
    kek = _derive(writer, found.protection, *factors, found.salt, found.cost)
    try:
        plain = AESGCM(kek).decrypt(found.nonce, found.sealed, _bound_to(writer, found.protection))
    except InvalidTag as error:
        raise _wrong_factor(found.protection) from error
    secrets = canonical.decode(plain, max_bytes=MAX_KEYFILE_BYTES)
    pair = KeyPair.from_secrets(_from_base64(secrets["ed25519"]), _from_base64(secrets["p256"]))
    if pair.writer != writer:
        raise _damaged("it holds the keys of another writer")
    return pair


def read_protection(path: Path) -> Protection:
    """Returns which factors a key file needs, without opening it.

    Raises:
        EnvironmentFault: ``E-LOCKED`` if there is no file.
        Untrusted: ``E-FORMAT``, ``E-CANON`` or ``E-SIZE`` if it is damaged.
    """
    return _read(path).protection


def _derive(
    writer: str, protection: Protection, secret: bytes, passphrase: str, salt: bytes, cost: KdfCost
) -> bytes:
    """Returns the 32-byte key that encrypts the file."""
    if len(secret) != (32 if "keyring" in protection else 0):
        raise ValueError("the keychain secret does not fit the protection")
    if bool(passphrase) != ("passphrase" in protection):
        raise ValueError("the passphrase does not fit the protection")
    stretched = Argon2id(
        salt=salt,
        length=32,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(passphrase.encode("utf-8", "surrogatepass"))
    mixed = HKDF(
        algorithm=hashes.SHA256(), length=32, salt=None, info=_bound_to(writer, protection)
    )
    return mixed.derive(secret + stretched)


def _bound_to(writer: str, protection: Protection) -> bytes:
    if not is_digest(writer):
        raise ValueError("a writer id is a digest")
    return f"{writer} {PURPOSE} {protection}".encode("ascii")


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise Refused(
            "E-LOCKED",
            f"The passphrase has fewer than {MIN_PASSPHRASE_CHARACTERS} characters",
            "Take four or five words that do not belong together.",
        )
    if len(passphrase.encode("utf-8", "surrogatepass")) > MAX_PASSPHRASE_BYTES:
        raise Refused(
            "E-LOCKED",
            f"The passphrase has more than {MAX_PASSPHRASE_BYTES:,} bytes",
            "Take a shorter one; six words are plenty.",
        )


def _read(path: Path) -> _KeyFile:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEYFILE_BYTES + 1)
    except FileNotFoundError as error:
        raise EnvironmentFault(
            "E-LOCKED",
            "The key file of this identity is missing",
            f"Put {path.name} back from your backup, or make a new identity.",
        ) from error
    except OSError as error:
        raise EnvironmentFault(
            "E-LOCKED",
            f"The key file of this identity cannot be read ({error.strerror})",
            f"Check the owner and the mode of {path}; it should be yours with mode 0600.",
        ) from error
    document = canonical.decode(data, max_bytes=MAX_KEYFILE_BYTES)
    number = document.get("v") if isinstance(document, dict) else None
    if type(number) is int and number > VERSION:
        raise _newer(number)
    if not isinstance(document, dict) or document.keys() != _KEYS:
        raise _damaged("it has other fields than ours")
    if type(number) is not int or number != VERSION or document["aead"] != "AES-256-GCM":
        raise _damaged("its version is not known")
    if document["protection"] not in PROTECTIONS:
        raise _damaged("its protection is not known")
    kdf = document["kdf"]
    if not isinstance(kdf, dict) or kdf.keys() != _KDF_KEYS or kdf["name"] != "argon2id":
        raise _damaged("its key derivation is not known")
    found = _KeyFile(
        protection=document["protection"],
        cost=_read_cost(kdf),
        salt=_from_base64(kdf["salt"]),
        nonce=_from_base64(document["nonce"]),
        sealed=_from_base64(document["ct"]),
    )
    if len(found.salt) != _SALT_BYTES or len(found.nonce) != _NONCE_BYTES:
        raise _damaged("its salt or nonce has another length")
    return found


def _read_cost(kdf: dict[str, JsonValue]) -> KdfCost:
    for name, lowest, highest in (
        ("m", _LOWEST.memory_kib, _HIGHEST.memory_kib),
        ("t", _LOWEST.passes, _HIGHEST.passes),
        ("p", _LOWEST.lanes, _HIGHEST.lanes),
    ):
        if type(kdf[name]) is not int or not lowest <= kdf[name] <= highest:
            raise _damaged("the cost of its key derivation is out of bounds")
    if kdf["m"] < 8 * kdf["p"]:
        raise _damaged("the cost of its key derivation is out of bounds")
    return KdfCost(memory_kib=kdf["m"], passes=kdf["t"], lanes=kdf["p"])


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: JsonValue) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise _damaged("its base64 is broken") from error
    if _to_base64(data) != text:
        raise _damaged("its base64 has another spelling")
    return data


def _damaged(why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"A key file is damaged ({why})",
        "Put it back from your backup, or make a new identity and have it admitted.",
    )


def _newer(number: int) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"A newer Strongroom wrote the key file of this identity (version {number})",
        "Update Strongroom here. Keep the file: a new identity would have to be admitted again.",
    )


def _no_secret() -> EnvironmentFault:
    return EnvironmentFault(
        "E-LOCKED",
        "The keychain has no secret for this identity",
        "The key file came from another machine or the keychain was reset: make a new identity.",
    )


def _no_passphrase() -> EnvironmentFault:
    return EnvironmentFault(
        "E-LOCKED",
        "This identity needs its passphrase",
        "Type it when asked, or name a file that holds it in STRONGROOM_PASSPHRASE_FILE.",
    )


class WrongSecret(EnvironmentFault):
    """A passphrase or a keychain's secret was given, and it is not the one of the key file."""


def _wrong_factor(protection: Protection) -> WrongSecret:
    if protection == "keyring":
        return WrongSecret(
            "E-LOCKED",
            "The keychain's secret does not open this key file",
            "One of the two was restored or changed: put both back from the same day.",
        )
    return WrongSecret(
        "E-LOCKED",
        "The passphrase does not open this identity",
        "Check the keyboard layout and Caps Lock, and try again.",
    )
