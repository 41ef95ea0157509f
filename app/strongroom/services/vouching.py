# SPDX-License-Identifier: Apache-2.0
"""Vouching for one's own log on a remote, and holding others to what they vouched for.

* A checkpoint is signed by a push if the key is open anyway: nobody is asked for a passphrase.
* Only folders hold checkpoints; a bundle or an archive carries the logs and nothing beside them.
"""

from dataclasses import replace

from strongroom.exchange.checkpoints import CheckpointShelf, contradictions, lodge
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.remote import FolderRemote, Remote
from strongroom.services.workstation import Workstation
from strongroom.trust.signer import Ed25519Signer


def vouch(at: Workstation, remote: Remote) -> None:
    """Publishes a checkpoint of the log of this workstation, if its key is open and it has grown.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    if not isinstance(remote, FolderRemote) or at.card() is None or not at.identity().is_unlocked:
        return
    pair = at.identity().unlock()
    lodge(CheckpointShelf(remote.root), at.snapshot(), Ed25519Signer(pair), pair.ed25519_pub)


def held_against_checkpoints(at: Workstation, remote: Remote, outcome: Outcome) -> Outcome:
    """Returns the outcome of a pull with an alarm for each log that its own writer contradicts.

    Raises:
        EnvironmentFault: ``E-SHARE``.
    """
    if not isinstance(remote, FolderRemote):
        return outcome
    snapshot = at.ledger().snapshot
    found = []
    for trouble in contradictions(CheckpointShelf(remote.root), snapshot):
        writer = trouble.path.split("/")[1]
        count = len(snapshot.chains.by_writer.get(writer, ()))
        # What is listed is on its way, or damaged and told as that.
        is_listed = any(file.last > count for file in remote.segments(writer))
        if trouble.code == "E-SPLIT" or not is_listed:
            found.append(trouble)
    told = {each.path.split("/")[2] for each in outcome.rejected if each.code == "E-WITHHELD"}
    fresh = (e for e in found if e.code != "E-WITHHELD" or e.path.split("/")[1] not in told)
    return replace(outcome, rejected=tuple(dict.fromkeys((*outcome.rejected, *fresh))))
