# SPDX-License-Identifier: Apache-2.0
"""The own key, once its log shows that it signed elsewhere: it is replaced without being asked for.

* A copied or restored key signs nothing more here (`own_log`). Where the keyring alone protects
  it, the new key is made at once; where a passphrase does, its owner types it once:
  ``strongroom identity rotate``.
* The old key vouches for nothing any more. An admin lets the new one in; until then runs are
  tracked as ever and nothing is signed.
"""

from dataclasses import replace

from strongroom.domain.errors import StrongroomError
from strongroom.exchange.outcome import Outcome, Trouble
from strongroom.services.rotation import Rotation
from strongroom.services.workstation import Workstation
from strongroom.store.segments import log_folder
from strongroom.trust.keychain import KeychainState

REQUEST = "new-key.enrol.json"
REASON = "restored"


def replaced_if_copied(at: Workstation, rotation: Rotation | None, outcome: Outcome) -> Outcome:
    """Returns the outcome of a pull, with what was done if our key turned out to sign elsewhere.

    Args:
        at: This workstation.
        rotation: Makes the new key; None to leave the outcome as it is.
        outcome: What the pull brought.
    """
    card = at.card()
    if rotation is None or card is None:
        return outcome
    if not at.own_log.is_signed_elsewhere(at.snapshot_or_empty(), card.writer):
        return outcome
    told = _replace(at, rotation)
    waiting = Trouble(code="E-ROLLBACK", path=log_folder(card.writer), detail=told)
    return replace(
        outcome,
        waiting=(*outcome.waiting, waiting),
        changes=replace(outcome.changes, is_team=True),
    )


def _replace(at: Workstation, rotation: Rotation) -> str:
    """Makes the new key if nobody has to be asked; returns what was done, or is to be done."""
    request, card = at.home.folder / REQUEST, at.require_card()
    admit = f"strongroom people admit {request} --replaces {card.writer}"
    if rotation.pending() is not None:
        return f"The new key of this workstation waits for an admin: {admit}"
    if card.protection != "keyring" or at.keychain.state() is not KeychainState.UNLOCKED:
        return "This key signs nothing more here; make a new one: strongroom identity rotate FILE"
    try:
        request.unlink(missing_ok=True)  # of a rotation that was never finished
        made = rotation.rotate(request, passphrase="", reason=REASON, ask=lambda _question: "")
    except (StrongroomError, OSError) as error:
        why = error.title if isinstance(error, StrongroomError) else str(error.strerror)
        return f"This key signs nothing more here, and no new one could be made: {why}"
    if made.is_in_force:
        return "This key signs nothing more here; a new one has taken its place"
    return f"A new key was made for this workstation; an admin lets it in: {admit}"
