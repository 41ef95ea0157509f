# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what each writer says, in three signed lines, his own log is, and who has seen it.

* ``cp/<writer>/<size>.<digest>.note``; write-once, nobody needs them, whoever has one can prove.
  Remotes hold them, and the ledger here holds those that were met: what a place has shown once it
  cannot take back.
* A checkpoint over more than is shown tells of a withheld tail though no other peer has seen it
  (E-WITHHELD). One over other events than those here is, with them, a proof of two histories in
  its writer's own hand (E-SPLIT).
* A witness cosigns what he holds himself (C2SP tlog-cosignature). His word travels with the note
  from place to place, to whoever has seen neither him nor his log.
* A note that its writer has not signed proves nothing and is passed over: anybody can write to a
  share.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
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
    read_checkpoint,
    sign_checkpoint,
)
from strongroom.trust.envelope import payload_of
from strongroom.trust.keys import PublicKey, from_hex
from strongroom.trust.merkle import leaf_hash, root_of
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

    def names(self, writer: str) -> list[str]:
        """Returns the names of a few checkpoints of a writer's log, the longest first.

        Raises:
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(self._root):
            try:
                with os.scandir(self._root / "cp" / writer) as entries:
                    listed = [entry.name for entry in islice(entries, MAX_NAMES)]
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(filter(_NAME.fullmatch, listed), reverse=True)[:LOOKED_AT]

    def read(self, writer: str, name: str) -> SignedCheckpoint | None:
        """Returns a checkpoint of a writer's log, None if it cannot be read as one.

        Raises:
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(self._root), suppress(Untrusted, FileNotFoundError):
            found = read_checkpoint(read_bounded(self._root / "cp" / writer / name, MAX_NOTE_BYTES))
            if name == _name(found) and found.checkpoint.writer == writer:
                return found
        return None

    def put(self, signed: SignedCheckpoint) -> bool:
        """Publishes a checkpoint; True if it was new.

        Raises:
            EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        """
        path = f"cp/{signed.checkpoint.writer}/{_name(signed)}"
        return publish(self._root, path, signed.note.to_bytes(), read_back=True)


def lodge(
    shelf: CheckpointShelf, met: "Met", snapshot: Snapshot, signer: Signer, key: PublicKey
) -> bool:
    """Signs and keeps a checkpoint of one's own log if it has grown; whether it has.

    Args:
        shelf: Where it is kept.
        met: What has been met of others and of oneself.
        snapshot: The logs.
        signer: The writer.
        key: The writer's public key.

    Raises:
        EnvironmentFault: ``E-FULL``, ``E-SHARE`` or ``E-STORE``.
    """
    log = _Log(snapshot, signer.keyid)
    known = (found.checkpoint.size for found in met.get(signer.keyid, ()))
    if log.count <= max(known, default=0):
        return False
    return shelf.put(sign_checkpoint(log.checkpoint(log.count), signer, key))


Met = Mapping[str, Sequence[SignedCheckpoint]]
"""By writer: checkpoints that he has signed, the longest first."""


def gather(
    snapshot: Snapshot, here: CheckpointShelf, far: CheckpointShelf | None, *, is_kept: bool
) -> Met:
    """Returns the newest checkpoints of all members that their writers signed.

    Args:
        snapshot: The team, and the logs.
        here: What was met before.
        far: The shelf of a remote; what is here by the same name is not read again.
        is_kept: Keep here what is new there.

    Raises:
        EnvironmentFault: ``E-SHARE``, or ``E-FULL`` and ``E-STORE`` if it cannot be kept.
    """
    latest, found = snapshot.trust.latest, {}
    for writer, member in sorted(latest.members.items()) if latest else ():
        key = from_hex(member.alg, member.pub)
        known = here.names(writer)
        there = [name for name in far.names(writer) if name not in known] if far else []
        mine = [one for name in known if (one := here.read(writer, name))]
        fresh = [one for name in there if far and (one := far.read(writer, name))]
        team = snapshot.trust.team
        fresh = [o for o in fresh if o.checkpoint.team == team and o.is_signed_by(key)]
        if is_kept:
            for one in fresh:
                here.put(one)
        mine = [o for o in mine if o.checkpoint.team == team and o.is_signed_by(key)]
        found[writer] = sorted((*mine, *fresh), key=lambda one: -one.checkpoint.size)
    return found


def hand_on(snapshot: Snapshot, met: Met, *shelves: CheckpointShelf) -> None:
    """Puts the longest checkpoint of each log that agrees with ours, with every word for it.

    Raises:
        EnvironmentFault: ``E-FULL``, ``E-SHARE`` or ``E-STORE``.
    """
    for one in agreed(snapshot, met).values():
        for shelf in shelves:
            if _name(one) not in shelf.names(one.checkpoint.writer):
                shelf.put(one)


def agreed(snapshot: Snapshot, met: Met) -> dict[str, SignedCheckpoint]:
    """Returns, by writer, the longest checkpoint over events that are here, with all cosigners."""
    found = {}
    for writer, each in met.items():
        log = _Log(snapshot, writer)
        good = next((o for o in _joined(snapshot, each) if log.begins_as(o.checkpoint)), None)
        if good is not None:
            found[writer] = good
    return found


def _joined(snapshot: Snapshot, notes: Sequence[SignedCheckpoint]) -> list[SignedCheckpoint]:
    """Returns one note for each checkpoint, with every word for it that holds."""
    found: dict[Checkpoint, list[SignedCheckpoint]] = {}
    for one in notes:
        found.setdefault(one.checkpoint, []).append(one)
    witnesses, members = witness_keys(snapshot), snapshot.latest.members
    return [
        first.sworn(from_hex(members[told.writer].alg, members[told.writer].pub), witnesses, *more)
        for told, (first, *more) in found.items()
    ]


def witness_keys(snapshot: Snapshot) -> dict[str, PublicKey]:
    """Returns the keys of those who may, or once might, witness; compromised ones are left out."""
    latest = snapshot.trust.latest
    members = latest.members.items() if latest else ()
    return _keys(snapshot, [
        writer
        for writer, member in members
        if member.reason != "compromised" and any(g.cap == "witness" for g in member.grants)
    ])  # fmt: skip


def contradictions(
    snapshot: Snapshot, met: Met, *, is_witnessed: bool = False
) -> Iterator[Trouble]:
    """Yields an alarm for each log whose own writer vouches for more, or for another one.

    Args:
        snapshot: The logs as they are here.
        met: What was vouched for.
        is_witnessed: Only what a witness has cosigned. A writer can claim what he likes of his own
            log; a witness holds what he signs.
    """
    keys = witness_keys(snapshot)
    for writer, each in met.items():
        log, notes = _Log(snapshot, writer), _joined(snapshot, each)
        if is_witnessed:
            notes = [one for one in notes if one.witnesses(keys)]
        beyond = [("E-WITHHELD", one) for one in notes if one.checkpoint.size > log.count]
        rest = [("E-SPLIT", one) for one in notes[len(beyond) :]]
        wrong = [(code, one) for code, one in rest if not log.begins_as(one.checkpoint)]
        for code, one in (*beyond[:1], *wrong):
            file = next(note for note in each if note.checkpoint == one.checkpoint)
            path = f"cp/{writer}/{_name(file)}"
            yield Trouble(code=code, path=path, detail=_told(snapshot, one, log.count, code))


def _told(snapshot: Snapshot, one: SignedCheckpoint, count: int, code: str) -> str:
    seen = [snapshot.latest.name_of(writer) for writer in one.witnesses(witness_keys(snapshot))]
    by = f", which {' and '.join(sorted(seen))} cosigned" if seen else ""
    size = one.checkpoint.size
    if code == "E-WITHHELD":
        return f"The writer of this log says it has {size} events{by}; {count} are shown"
    return f"The writer of this log has signed {size} other events{by} than those here"


class _Log:
    """A log as it is here, with the roots over its beginnings; each event is hashed once."""

    def __init__(self, snapshot: Snapshot, writer: str) -> None:
        self._snapshot, self._writer = snapshot, writer
        self._chain = snapshot.chains.by_writer.get(writer, ())
        self.count = len(self._chain)

    @cached_property
    def _leaves(self) -> list[bytes]:
        raw = self._snapshot.raw
        return [leaf_hash(payload_of(raw[event.id])) for event in self._chain]

    def checkpoint(self, size: int) -> Checkpoint:
        """Returns the checkpoint over its first events."""
        root, team = root_of(self._leaves[:size]), self._snapshot.trust.team
        return Checkpoint(team=team, writer=self._writer, size=size, root=root)

    def begins_as(self, told: Checkpoint) -> bool:
        """Whether a checkpoint is one over its first events; an empty one always is."""
        return told.size <= self.count and told == self.checkpoint(told.size)


def _keys(snapshot: Snapshot, writers: Sequence[str]) -> dict[str, PublicKey]:
    members = snapshot.latest.members if writers else {}  # a newcomer has no team to ask yet
    return {w: from_hex(members[w].alg, members[w].pub) for w in writers}


def _name(signed: SignedCheckpoint) -> str:
    raw = signed.note.to_bytes()
    return f"{signed.checkpoint.size:010d}.{short_digest(raw)}.note"
