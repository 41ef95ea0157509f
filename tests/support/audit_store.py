# SPDX-License-Identifier: Apache-2.0
"""One real store with a team, made once a session and copied for each test that exports from it."""

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom.services.evidence import Evidence
from support.review_store import (
    MODEL,
    PASSPHRASE,
    Desk,
    ReviewStore,
    TickingClock,
    build,
    open_desk,
)

__all__ = ["MODEL", "PASSPHRASE", "AuditStore", "copy_of", "read_tree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStore:
    """A copy of the store: the founder may export, the analyst and the approver may not."""

    folder: Path
    clock: TickingClock
    founder: Desk
    analyst: Desk
    approver: Desk
    request: str
    """The request that waits: version 2 for Production."""
    run: str

    @property
    def evidence(self) -> Evidence:
        """What the founder exports with."""
        return evidence_of(self.founder)

    @property
    def team(self) -> str:
        """The team id."""
        return self.founder.people.team_id()

    @property
    def store(self) -> Path:
        """The store's folder."""
        return self.folder / "store"

    def close(self) -> None:
        """Closes everybody's catalog."""
        for desk in (self.founder, self.analyst, self.approver):
            desk.close()

    def fresh(self, desk: Desk) -> Desk:
        """Returns services opened anew on the same disk for the same person."""
        return open_desk(desk.store, desk.home, desk.name, clock=self.clock, keychain=desk.keychain)


def evidence_of(desk: Desk) -> Evidence:
    """Returns the evidence service of a person."""
    return Evidence(desk.workstation, desk.registry)


@functools.cache
def _original(base: Path) -> ReviewStore:
    folder = base / "audit original"
    folder.mkdir()
    review = build(folder)
    review.close()
    return review


def copy_of(factory: pytest.TempPathFactory, folder: Path) -> AuditStore:
    """Copies the store and opens it for everybody, at the time the original was left."""
    original = _original(factory.getbasetemp())
    shutil.copytree(original.folder, folder)
    clock = TickingClock(original.clock.time_us)
    desks = [
        open_desk(
            folder / "store", folder / desk.home.name, desk.name,
            clock=clock, keychain=desk.keychain,
        )
        for desk in original.desks
    ]  # fmt: skip
    founder, analyst, approver = desks
    return AuditStore(
        folder=folder,
        clock=clock,
        founder=founder,
        analyst=analyst,
        approver=approver,
        request=original.request.id,
        run=original.runs[1],
    )


def read_tree(folder: Path) -> dict[str, bytes]:
    """Returns every file below a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
