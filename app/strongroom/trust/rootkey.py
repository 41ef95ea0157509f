# SPDX-License-Identifier: Apache-2.0
"""Root keys that live elsewhere: on a stick under a passphrase, or on paper (trust.md 4.1).

* On a stick a root key is two files: a public card, signed by the key itself, which the admins
  need, and a key file that opens with its passphrase alone. Neither knows a workstation.
* On paper it is five lines. Each has check digits, so that a slip is found on its line; whoever
  reads the paper holds the key.
* What was written is read back and opened before anybody relies on it.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import RandomBytes, in_groups, new_id
from strongroom.domain.team import STATEMENT_TYPE, RootKey
from strongroom.trust import envelope
from strongroom.trust.keyfile import STRONG, KdfCost, open_keyfile, write_keyfile
from strongroom.trust.keys import SECRET_BYTES, KeyPair, from_hex
from strongroom.trust.signer import Ed25519Signer

PREDICATE_TYPE = "urn:strongroom:root-key:v1"
MAX_CARD_BYTES = 16 * 1024  # a label and a public key
MAX_LABEL = 120  # characters; it says where the key lies
CARD_SUFFIX = ".root.json"
KEY_SUFFIX = ".key.json"
ADVICE = "Make the key again: strongroom root create DIR --label TEXT."

_LINE_BYTES = 8
_LINES = SECRET_BYTES // _LINE_BYTES
_FIELDS = {"label", "alg", "pub", "nonce"}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCard:
    """The public half of a root key: what the team is told of it."""

    key: RootKey
    path: Path
    fingerprint: str

    @property
    def keyid(self) -> str:
        """The id of the key."""
        return self.key.keyid

    @property
    def label(self) -> str:
        """What people call it, such as *safe 1*."""
        return self.key.label

    @property
    def has_secret(self) -> bool:
        """Whether the key file lies beside the card; a key on paper has none."""
        return _key_beside(self.path).is_file()

    def unlock(self, passphrase: str) -> KeyPair:
        """Opens the key file that lies beside the card.

        Raises:
            EnvironmentFault: ``E-LOCKED`` if there is none, or the passphrase is another.
        """
        return open_keyfile(_key_beside(self.path), writer=self.keyid, passphrase=passphrase)


def new_root_key(random_bytes: RandomBytes = os.urandom) -> KeyPair:
    """Makes a root key; its one seed is all that paper has to hold."""
    return KeyPair.from_seed(random_bytes(SECRET_BYTES))


def write_root_key(
    folder: Path,
    pair: KeyPair,
    label: str,
    *,
    passphrase: str,
    random_bytes: RandomBytes = os.urandom,
    cost: KdfCost = STRONG,
) -> RootCard:
    """Writes card and key file into a folder, and opens what was written.

    Raises:
        BadInput: ``E-NAME`` without a label, or if the files are there already.
        EnvironmentFault: ``E-LOCKED`` if what was written does not open again.
        Refused: ``E-LOCKED`` if the passphrase is too short.
        OSError: If the folder cannot be written; nothing is left there then.
    """
    card = write_root_card(folder, pair, label, random_bytes=random_bytes)
    key_path = _key_beside(card.path)
    try:
        write_keyfile(
            key_path, pair, protection="passphrase", passphrase=passphrase,
            random_bytes=random_bytes, cost=cost,
        )  # fmt: skip
        for path in (card.path, key_path):
            _make_durable(path)
        card.unlock(passphrase)
    except BaseException:
        for path in (card.path, key_path):
            with suppress(OSError):  # a stick that was taken out keeps what it has
                path.unlink(missing_ok=True)
        raise
    return card


def write_root_card(
    folder: Path, pair: KeyPair, label: str, *, random_bytes: RandomBytes = os.urandom
) -> RootCard:
    """Writes the public card alone, for a key that stands on paper.

    Raises:
        BadInput: ``E-NAME`` without a label, or if the file is there already.
        OSError: If the folder cannot be written.
    """
    clean = " ".join(label.split())
    if not 0 < len(clean) <= MAX_LABEL:
        raise BadInput("E-NAME", "A root key needs a label", "Say where it will lie: --label TEXT.")
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": clean, "digest": {"sha256": pair.writer}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "label": clean,
            "alg": "ed25519",
            "pub": pair.ed25519_pub.hex,
            "nonce": new_id(random_bytes),
        },
    }
    path = folder / f"strongroom-{pair.writer[:16]}{CARD_SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, envelope.seal(statement, [Ed25519Signer(pair)]), is_new=True)
    except FileExistsError as error:
        raise BadInput("E-NAME", f"{path} exists already", "Name another folder.") from error
    return read_root_key(path)


def read_root_key(path: Path) -> RootCard:
    """Reads a card and checks that its maker holds the key.

    Args:
        path: The card, or the folder it lies in alone.

    Raises:
        BadInput: ``E-NAME`` if there is none.
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT`` or ``E-SIG``.
    """
    found = _card_in(path) if path.is_dir() else path
    try:
        with found.open("rb") as file:
            raw = file.read(MAX_CARD_BYTES + 1)
    except OSError as error:
        raise BadInput(
            "E-NAME", f"{found} cannot be read: {error.strerror}", "Is the stick put in?"
        ) from error
    parsed = envelope.parse(raw, max_bytes=MAX_CARD_BYTES)
    predicate = _predicate(parsed.document)
    public = from_hex("ed25519", predicate["pub"])
    by_key = {signature.keyid: signature.sig for signature in parsed.signatures}
    if set(by_key) != {public.keyid} or not public.verify(
        by_key[public.keyid], parsed.signed_bytes
    ):
        raise Untrusted("E-SIG", "The card of a root key is not signed by that key", ADVICE)
    return RootCard(
        key=RootKey(keyid=public.keyid, alg="ed25519", pub=public.hex, label=predicate["label"]),
        path=found,
        fingerprint=in_groups(hashlib.sha256(raw).hexdigest()),
    )


def paper_lines(pair: KeyPair) -> tuple[str, ...]:
    """Returns what to write down: four lines of the seed, and one of the key's own id."""
    seed, _ = pair.secrets()
    parts = [seed[at : at + _LINE_BYTES] for at in range(0, SECRET_BYTES, _LINE_BYTES)]
    lines = [
        f"{number}  {in_groups(part.hex())}  {_check(number, part)}"
        for number, part in enumerate(parts, 1)
    ]
    head = bytes.fromhex(pair.writer)[:_LINE_BYTES]
    return (*lines, f"5  {in_groups(head.hex())}  {_check(_LINES + 1, head)}")


def read_paper(text: str) -> KeyPair:
    """Reads a root key that somebody typed from paper; spaces and capitals do not matter.

    Raises:
        BadInput: ``E-USAGE`` naming the line that holds a slip.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != _LINES + 1:
        raise _slip("a root key on paper has five lines")
    parts = [_read_line(number, line) for number, line in enumerate(lines, 1)]
    pair = KeyPair.from_seed(b"".join(parts[:_LINES]))
    if bytes.fromhex(pair.writer)[:_LINE_BYTES] != parts[_LINES]:
        raise _slip("the lines do not belong together")
    return pair


def _read_line(number: int, line: str) -> bytes:
    digits = "".join(line.lower().split())
    if len(digits) == 2 * _LINE_BYTES + 3 and digits[0] == str(number):
        digits = digits[1:]
    if len(digits) != 2 * _LINE_BYTES + 2 or not _HEX.fullmatch(digits):
        raise _slip(f"line {number} has another length, or a sign that is none of 0-9 and a-f")
    part = bytes.fromhex(digits[:-2])
    if _check(number, part) != digits[-2:]:
        raise _slip(f"a slip is in line {number}")
    return part


def _check(number: int, part: bytes) -> str:
    return hashlib.sha256(bytes([number]) + part).hexdigest()[:2]


def _slip(what: str) -> BadInput:
    return BadInput("E-USAGE", f"This is no root key: {what}", "Compare it with the paper.")


def _key_beside(card: Path) -> Path:
    return card.with_name(card.name.removesuffix(CARD_SUFFIX) + KEY_SUFFIX)


def _card_in(folder: Path) -> Path:
    found = sorted(folder.glob(f"strongroom-*{CARD_SUFFIX}"))
    if len(found) != 1:
        what = "no root key" if not found else "several root keys"
        raise BadInput("E-NAME", f"{folder} holds {what}", "Name the file that ends in .root.json.")
    return found[0]


def _predicate(document: JsonValue) -> dict[str, JsonValue]:
    predicate = document.get("predicate") if isinstance(document, dict) else None
    if (
        not isinstance(predicate, dict)
        or document.get("predicateType") != PREDICATE_TYPE
        or set(predicate) != _FIELDS
        or not all(isinstance(value, str) for value in predicate.values())
        or predicate["alg"] != "ed25519"
        or not 0 < len(predicate["label"].strip()) <= MAX_LABEL
    ):
        raise Untrusted("E-FORMAT", "This is not the card of a root key", ADVICE)
    return predicate


def _make_durable(path: Path) -> None:
    """Syncs the file under its final name: a FAT stick forgets a rename otherwise (shares.md)."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
