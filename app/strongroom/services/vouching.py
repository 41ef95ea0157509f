# SPDX-License-Identifier: Apache-2.0
"""Vouching for one's own log, handing on what others vouch for, and holding them to it.

* A checkpoint is signed by a push if the key is open anyway: nobody is asked for a passphrase.
* What writers and witnesses have said of a log is kept here and handed on by each push, so that it
  reaches those who never meet the witness.
* Only folders hold checkpoints; a bundle or an archive carries the logs and nothing beside them.
"""

from dataclasses import replace

from strongroom.exchange.checkpoints import (
    CheckpointShelf,
    Met,
    contradictions,
    gather,
    hand_on,
    lodge,
)
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.remote import FolderRemote, Remote
from strongroom.services.workstation import Workstation
from strongroom.trust.signer import Ed25519Signer


def shelf_of(at: Workstation) -> CheckpointShelf:
    """Returns the checkpoints that this store has met."""
    return CheckpointShelf(at.folder.ledger)


def met_here(at: Workstation) -> Met:
    """Returns the checkpoints that this store has met and their writers have signed."""
    return gather(at.snapshot(), shelf_of(at), None, is_kept=False)


def vouch(at: Workstation, remote: Remote) -> None:
    """Publishes what is known of all logs, and of the own one if its key is open and it has grown.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    snapshot = at.snapshot_or_empty()
    if not isinstance(remote, FolderRemote) or snapshot.trust.latest is None:
        return  # without a team, which a newcomer has yet to meet, there is nobody to vouch for
    here, far = shelf_of(at), CheckpointShelf(remote.root)
    met = gather(snapshot, here, far, is_kept=True)
    if at.card() is not None and at.identity().is_unlocked:
        pair = at.identity().unlock()
        if lodge(here, met, snapshot, Ed25519Signer(pair), pair.ed25519_pub):
            met = gather(snapshot, here, None, is_kept=False)
    hand_on(snapshot, met, here, far)


def held_against_checkpoints(
    at: Workstation, remote: Remote, outcome: Outcome, *, is_dry: bool
) -> Outcome:
    """Returns the outcome of a pull with an alarm for each log that its own writer contradicts.

    Raises:
        EnvironmentFault: ``E-SHARE``.
    """
    if not isinstance(remote, FolderRemote):
        return outcome
    snapshot = at.ledger().snapshot
    met = gather(snapshot, shelf_of(at), CheckpointShelf(remote.root), is_kept=not is_dry)
    found = []
    for trouble in contradictions(snapshot, met):
        writer = trouble.path.split("/")[1]
        count = len(snapshot.chains.by_writer.get(writer, ()))
        # What is listed is on its way, or damaged and told as that.
        is_listed = any(file.last > count for file in remote.segments(writer))
        if trouble.code == "E-SPLIT" or not is_listed:
            found.append(trouble)
    told = {each.path.split("/")[2] for each in outcome.rejected if each.code == "E-WITHHELD"}
    fresh = (e for e in found if e.code != "E-WITHHELD" or e.path.split("/")[1] not in told)
    return replace(outcome, rejected=tuple(dict.fromkeys((*outcome.rejected, *fresh))))
