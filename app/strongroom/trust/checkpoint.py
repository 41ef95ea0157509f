# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: a writer's signed word on how long his log is and what it holds (C2SP).

* The origin names team and writer, so a checkpoint of another log or team proves nothing here.
* The root is that of RFC 6962 over the payloads of the events, in order. A checkpoint whose root
  another tree of that size contradicts is, with the events, a proof of equivocation.
* A witness adds a cosignature: at its own time, this was the longest consistent log it had seen.
* What is signed begins with ``strongroom/`` or ``cosignature/v1``; envelopes begin with
  ``DSSEv1``. No signature of the one kind is one of the other.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.trust.keys import PublicKey
from strongroom.trust.merkle import leaf_hash, root_of
from strongroom.trust.note import (
    COSIGNATURE,
    ED25519,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    key_id,
    parse_note,
)
from strongroom.trust.signer import Signer

_STAMP_BYTES = 8
_ADVICE = "It was not used. Its log is checked by its own signatures all the same."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How long the log of a writer is, and the root over the payloads of its events."""

    team: str
    writer: str
    size: int
    root: bytes

    @property
    def origin(self) -> str:
        """The name of the log: ``strongroom/<team>/<writer>``."""
        return log_name(self.team, self.writer)

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint with the note that carries it."""

    checkpoint: Checkpoint
    note: Note

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the writer of the log has signed it."""
        return self.note.is_signed_by(self.checkpoint.origin, key)

    def witnesses(self, keys: Mapping[str, PublicKey]) -> dict[str, int]:
        """Returns which of these writers have cosigned it, with the time they claim in seconds."""
        return {writer: stamp for writer, (stamp, _) in self.cosignatures(keys).items()}

    def sworn(
        self, key: PublicKey, witnesses: Mapping[str, PublicKey], *others: "SignedCheckpoint"
    ) -> "SignedCheckpoint":
        """Returns it with the words that hold, of itself and of others over the same checkpoint.

        The writer's own stands first, then the latest of each witness by his id: whoever joins
        the same words makes the same bytes. The latest 15 witnesses stay.

        Args:
            key: The key of the log's writer, who has signed this one.
            witnesses: The keys of those whose cosignatures count.
            others: More notes over this checkpoint.
        """
        origin = self.checkpoint.origin
        own = next(one for one in self.note.signatures if self.note.holds(one, origin, key))
        lines = tuple(one for each in (self, *others) for one in each.note.signatures)
        every = replace(self, note=replace(self.note, signatures=lines)).cosignatures(witnesses)
        latest = sorted(every, key=lambda writer: (-every[writer][0], writer))[: MAX_SIGNATURES - 1]
        cosigned = (every[writer][1] for writer in sorted(latest))
        return replace(self, note=replace(self.note, signatures=(own, *cosigned)))

    def cosignatures(self, keys: Mapping[str, PublicKey]) -> dict[str, tuple[int, NoteSignature]]:
        """Returns the latest cosignature of each writer that holds, with its time."""
        found: dict[str, tuple[int, NoteSignature]] = {}
        for one in self.note.signatures:
            team, _, writer = one.name.rpartition("/")
            key = keys.get(writer)
            if key is None or f"{team}/{writer}" != log_name(self.checkpoint.team, writer):
                continue
            stamp = int.from_bytes(one.sig[:_STAMP_BYTES])
            if (
                one.key_id == key_id(one.name, COSIGNATURE, key)
                and stamp >= found.get(writer, (0, one))[0]
                and key.verify(one.sig[_STAMP_BYTES:], _cosigned(self.checkpoint, stamp))
            ):
                found[writer] = stamp, one
        return found

    def cosigned(self, signer: Signer, key: PublicKey, time_s: int) -> "SignedCheckpoint":
        """Returns it with a witness's cosignature added; the signer's key is its public key."""
        name = log_name(self.checkpoint.team, signer.keyid)
        sig = time_s.to_bytes(_STAMP_BYTES) + signer.sign(_cosigned(self.checkpoint, time_s))
        more = NoteSignature(name=name, key_id=key_id(name, COSIGNATURE, key), sig=sig)
        others = tuple(o for o in self.note.signatures if (o.name, o.key_id) != (name, more.key_id))
        return replace(self, note=replace(self.note, signatures=(*others, more)))


def log_name(team: str, writer: str) -> str:
    """Returns the origin of a log, which is also the name its writer signs notes under."""
    return f"strongroom/{team}/{writer}"


def checkpoint_of(team: str, writer: str, payloads: Sequence[bytes]) -> Checkpoint:
    """Returns the checkpoint of a log whose events have these payloads, from the first on."""
    root = root_of([leaf_hash(payload) for payload in payloads])
    return Checkpoint(team=team, writer=writer, size=len(payloads), root=root)


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer, key: PublicKey) -> SignedCheckpoint:
    """Signs a checkpoint of one's own log; the signer's key is its public key."""
    sig = signer.sign(checkpoint.text.encode())
    name = checkpoint.origin
    signature = NoteSignature(name=name, key_id=key_id(name, ED25519, key), sig=sig)
    note = Note(text=checkpoint.text, signatures=(signature,))
    return SignedCheckpoint(checkpoint=checkpoint, note=note)


def read_checkpoint(raw: bytes) -> SignedCheckpoint:
    """Reads a checkpoint; whose signatures hold is another question.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON`` or ``E-FORMAT``.
    """
    note = parse_note(raw)
    lines = note.text.split("\n")
    origin, size, root = lines[:3] if len(lines) == 4 else ("", "", "")
    parts = origin.split("/")
    if len(parts) != 3 or parts[0] != "strongroom" or not all(map(is_digest, parts[1:])):
        raise _malformed()
    try:
        count, digest = int(size), base64.b64decode(root, validate=True)
    except ValueError as error:
        raise _malformed() from error
    found = Checkpoint(team=parts[1], writer=parts[2], size=count, root=digest)
    if len(digest) != 32 or found.text != note.text or count < 0:
        raise _malformed()
    return SignedCheckpoint(checkpoint=found, note=note)


def _cosigned(checkpoint: Checkpoint, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{checkpoint.text}".encode()


def _malformed() -> Untrusted:
    return Untrusted("E-FORMAT", "A note is no checkpoint of a log of ours", _ADVICE)
