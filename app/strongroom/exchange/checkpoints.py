# SPDX-License-Identifier: Apache-2.0
"""Checkpoints on a remote: what each writer says, in three signed lines, his own log is.

* ``cp/<writer>/<size>.<digest>.note``; write-once, nobody needs them, whoever has one can prove.
* A checkpoint over more than is shown tells of a withheld tail though no other peer has seen it
  (E-WITHHELD). One over other events than those here is, with them, a proof of two histories in
  its writer's own hand (E-SPLIT).
* A note that nobody signed proves nothing and is passed over: anybody can write to a share.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.exchange.outcome import Trouble
from strongroom.store.faults import explained
from strongroom.store.plainfile import read_bounded
from strongroom.store.publish import publish
from strongroom.store.segments import short_digest
from strongroom.store.snapshot import Snapshot
from strongroom.trust.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    checkpoint_of,
    read_checkpoint,
    sign_checkpoint,
)
from strongroom.trust.envelope import payload_of
from strongroom.trust.keys import PublicKey, from_hex
from strongroom.trust.note import MAX_NOTE_BYTES
from strongroom.trust.signer import Signer

LOOKED_AT = 3  # the newest of a writer: junk beside a good one hides nothing by its name alone
MAX_NAMES = 10_000  # of one writer's folder that are listed; a push adds one
_NAME = re.compile(r"([0-9]{10})\.([0-9a-f]{16})\.note")


class CheckpointShelf:
    """The folder ``cp`` of a remote.

    Args:
        root: The remote's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def newest(self, writer: str) -> Iterator[SignedCheckpoint]:
        """Yields the readable checkpoints of a writer's log, the longest first, a few of them.

        Raises:
            EnvironmentFault: ``E-SHARE``.
        """
        folder = self._root / "cp" / writer
        with explained(self._root):
            try:
                with os.scandir(folder) as entries:
                    listed = [entry.name for entry in islice(entries, MAX_NAMES)]
            except (FileNotFoundError, NotADirectoryError):
                return
            for name in sorted(filter(_NAME.fullmatch, listed), reverse=True)[:LOOKED_AT]:
                with suppress(Untrusted, FileNotFoundError):
                    raw = read_bounded(folder / name, MAX_NOTE_BYTES)
                    found = read_checkpoint(raw)
                    if name == _name(found) and found.checkpoint.writer == writer:
                        yield found

    def put(self, signed: SignedCheckpoint) -> bool:
        """Publishes a checkpoint; True if it was new.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        path = f"cp/{signed.checkpoint.writer}/{_name(signed)}"
        return publish(self._root, path, signed.note.to_bytes(), read_back=True)


def lodge(shelf: CheckpointShelf, snapshot: Snapshot, signer: Signer, key: PublicKey) -> bool:
    """Signs and publishes a checkpoint of one's own log if it has grown; whether it has.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    size = len(snapshot.chains.by_writer.get(signer.keyid, ()))
    known = (found.checkpoint.size for found in shelf.newest(signer.keyid))
    if not size or size <= max(known, default=0):
        return False
    return shelf.put(sign_checkpoint(_ours(snapshot, signer.keyid, size), signer, key))


def contradictions(shelf: CheckpointShelf, snapshot: Snapshot) -> Iterator[Trouble]:
    """Yields an alarm for each log whose own writer vouches for more, or for another one.

    Raises:
        EnvironmentFault: ``E-SHARE``.
    """
    latest = snapshot.trust.latest
    for writer, member in sorted(latest.members.items()) if latest else ():
        key = from_hex(member.alg, member.pub)
        for found in shelf.newest(writer):
            told = found.checkpoint
            if told.team != snapshot.trust.team or not found.is_signed_by(key):
                continue
            yield from _contradiction(snapshot, told, f"cp/{writer}/{_name(found)}")
            break


def _contradiction(snapshot: Snapshot, told: Checkpoint, path: str) -> Iterator[Trouble]:
    count = len(snapshot.chains.by_writer.get(told.writer, ()))
    if told.size > count:
        detail = f"The writer of this log says it has {told.size} events; {count} are shown"
        yield Trouble(code="E-WITHHELD", path=path, detail=detail)
    elif told.size and told != _ours(snapshot, told.writer, told.size):
        detail = f"The writer of this log has signed {told.size} other events than those here"
        yield Trouble(code="E-SPLIT", path=path, detail=detail)


def _ours(snapshot: Snapshot, writer: str, size: int) -> Checkpoint:
    chain = snapshot.chains.by_writer[writer][:size]
    payloads = [payload_of(snapshot.raw[event.id]) for event in chain]
    return checkpoint_of(snapshot.trust.team, writer, payloads)


def _name(signed: SignedCheckpoint) -> str:
    raw = signed.note.to_bytes()
    return f"{signed.checkpoint.size:010d}.{short_digest(raw)}.note"
