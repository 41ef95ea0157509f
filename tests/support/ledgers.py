# SPDX-License-Identifier: Apache-2.0
"""Real ledgers on the disk for the team of `team_builder`."""

import hashlib
from pathlib import Path

from strongroom.domain.clock import FixedClock
from strongroom.domain.event import Event
from strongroom.store.ledger import Ledger
from strongroom.store.store_folder import open_store_folder
from strongroom.trust.signer import Ed25519Signer
from support.team_builder import APP, Team, Writer


def a_ledger(folder: Path, team: Team) -> Ledger:
    """Returns a ledger in a new store under this team, with its trust documents."""
    ledger = opened(folder, team)
    for raw in team.documents:
        ledger.add_trust(raw)
    return ledger


def opened(folder: Path, team: Team) -> Ledger:
    """Opens the ledger of a store as a program that just started does."""
    name = hashlib.sha256(str(folder).encode()).digest()
    store = open_store_folder(folder, clock=FixedClock(), random_bytes=lambda count: name[:count])
    return Ledger(store, team.id)


def appended(ledger: Ledger, writer: Writer, type_: str = "", **body: object) -> Event:
    """Appends an event of a writer; a greeting unless another type is named."""
    type_ = type_ or "writer.hello"
    body = body or {"host": "ws", "app": APP}
    return ledger.append(Ed25519Signer(writer.key), type_, body, clock=FixedClock(), app=APP)


def files_of(ledger: Ledger, writer: Writer) -> list[Path]:
    """Returns the segment files of a writer."""
    return [ledger.files.root / file.path for file in ledger.files.segments(writer.id)]
