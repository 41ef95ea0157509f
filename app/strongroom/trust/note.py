# SPDX-License-Identifier: Apache-2.0
"""Signed notes of C2SP: a text that people can read, with signatures below it.

* The text ends in a newline; an empty line parts it from the signatures; each line of those is
  ``— name base64(key id ‖ signature)``.
* A key id is only a hint for finding the key; what counts is the signature under a key that the
  reader has from elsewhere. Signatures of unknown keys are left alone.
* Read strictly: one spelling, bounded, no control characters.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.domain.errors import Untrusted
from strongroom.trust.keys import PublicKey

MAX_NOTE_BYTES = 16 * 1024  # a checkpoint has some 400; 16 signatures fit many times
MAX_SIGNATURES = 16
ED25519 = 0x01
"""The kind of an ordinary Ed25519 signature over the text."""
COSIGNATURE = 0x04
"""The kind of a witness's signature with a time (C2SP tlog-cosignature)."""
_ADVICE = "It was changed on the way or written by another program; it was not used."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One line below a note: who says it signed, the hint of the key, the signature's bytes."""

    name: str
    key_id: bytes
    sig: bytes

    def line(self) -> str:
        """Returns the line with its end."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.sig).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, with its last newline, and the signatures below it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Returns the note as a file holds it."""
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()

    def is_signed_by(self, name: str, key: PublicKey) -> bool:
        """Whether an Ed25519 key has signed the text under a name."""
        return any(self.holds(one, name, key) for one in self.signatures)

    def holds(self, one: NoteSignature, name: str, key: PublicKey) -> bool:
        """Whether a signature over the text is that of an Ed25519 key under a name."""
        is_meant = (one.name, one.key_id) == (name, key_id(name, ED25519, key))
        return is_meant and key.verify(one.sig, self.text.encode())


def key_id(name: str, kind: int, key: PublicKey) -> bytes:
    """Returns the four bytes that hint at a key."""
    told = name.encode() + b"\n" + bytes([kind]) + key.raw
    return hashlib.sha256(told).digest()[:4]


def read_vkey(text: str) -> tuple[str, PublicKey]:
    """Reads a verifier key ``name+hash+base64(kind ‖ key)`` of Ed25519.

    Raises:
        Untrusted: ``E-FORMAT``, or ``E-SIG`` for a key that is none.
    """
    name, _, rest = text.partition("+")
    hint, _, encoded = rest.partition("+")
    data = _from_base64(encoded)
    if not _is_name(name) or data[:1] != bytes([ED25519]):
        raise _malformed("its key is of another kind")
    key = PublicKey("ed25519", data[1:])
    if key_id(name, ED25519, key).hex() != hint:
        raise _malformed("its key does not fit its hint")
    return name, key


def parse_note(raw: bytes) -> Note:
    """Reads a note; whose signatures hold is another question.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-CANON``.
    """
    if len(raw) > MAX_NOTE_BYTES:
        raise Untrusted("E-SIZE", f"A note has {len(raw):,} bytes", _ADVICE)
    try:
        told = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    if any(ord(letter) < 0x20 and letter != "\n" for letter in told):
        raise _malformed("it holds control characters")
    text, parted, below = told.rpartition("\n\n")
    if not parted or not text or not below.endswith("\n"):
        raise _malformed("text and signatures are not parted by an empty line")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("it has too many signatures")
    note = Note(text=text + "\n", signatures=tuple(map(_read_line, lines)))
    if note.to_bytes() != raw:
        raise _malformed("it is spelled in another way")
    return note


def sealed_note(text: str, signatures: Sequence[NoteSignature]) -> bytes:
    """Returns the bytes of a note.

    Raises:
        ValueError: If the text has no end, or there are no signatures or too many.
    """
    if not text.endswith("\n") or not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise ValueError("a note is whole lines and 1 to 16 signatures")
    return Note(text=text, signatures=tuple(signatures)).to_bytes()


def _read_line(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _from_base64(encoded)
    if dash != "—" or not _is_name(name) or len(data) < 5:
        raise _malformed("a line of a signature has another form")
    return NoteSignature(name=name, key_id=data[:4], sig=data[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _malformed("its base64 is broken") from error
    if base64.b64encode(data).decode() != text:
        raise _malformed("its base64 has another spelling")
    return data


def _malformed(why: str) -> Untrusted:
    return Untrusted("E-CANON", f"A signed note cannot be read ({why})", _ADVICE)
