# SPDX-License-Identifier: Apache-2.0
"""This store as one side of an exchange, and bringing the catalog up to what arrived."""

from strongroom.domain.changes import Changes
from strongroom.exchange.local import LocalSide
from strongroom.services.workstation import Workstation
from strongroom.store.content import Content
from strongroom.store.liveness import observe
from strongroom.store.snapshot import no_team


def local_side(at: Workstation) -> LocalSide:
    """Returns our side of an exchange.

    Raises:
        Refused: ``E-TEAM`` if no team is pinned.
    """
    if not at.home.pinned_team():
        raise no_team()
    card = at.card()
    return LocalSide(
        ledger=at.ledger(),
        content=Content(at.folder, at.catalog, observe(at.clock.now_us())),
        folder=at.folder,
        quarantine=at.quarantine,
        clock=at.clock,
        random_bytes=at.random_bytes,
        writer=card.writer if card else "",
        scanner=at.scanner(),
    )


def settle(at: Workstation, changes: Changes) -> Changes:
    """Brings the catalog up to what arrived; returns all that changed."""
    if at.has_team():
        at.project()
    if changes.runs:
        return changes | at.runs.refresh()
    return changes
