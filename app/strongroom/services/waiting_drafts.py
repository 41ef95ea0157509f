# SPDX-License-Identifier: Apache-2.0
"""Drafts of the team that were made or read here: what each waits for, or why it waits no more.

* Each is read from its file whenever somebody looks: another admin may have signed it meanwhile.
* A draft that is in force, was overtaken or is gone says so until somebody forgets it.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from strongroom.domain.errors import StrongroomError
from strongroom.services.draft_memory import DraftMemory
from strongroom.services.given_file import read_given
from strongroom.services.trust_changes import DraftView, TrustChanges
from strongroom.services.workstation import Workstation
from strongroom.trust import envelope
from strongroom.trust.trustdoc import read_trust


class DraftState(StrEnum):
    """What became of a draft: who has to sign next, or why nobody has to."""

    MINE = "mine"
    OTHERS = "others"
    IN_FORCE = "in-force"
    STALE = "stale"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDraft:
    """A draft as a list shows it.

    Attributes:
        path: Its file.
        met_us: When it was made or first read here.
        state: Who has to sign next, or why nobody has to.
        view: What it changes and who has signed; None if it waits no more.
        version: The version it would be, or is; 0 if it cannot be read.
        told: Why it waits no more, and what to do; "" while it waits.
    """

    path: Path
    met_us: int
    state: DraftState
    view: DraftView | None = None
    version: int = 0
    told: str = ""


class WaitingDrafts:
    """The drafts of a workstation."""

    def __init__(self, workstation: Workstation, changes: TrustChanges) -> None:
        self._at, self._changes = workstation, changes
        self._memory = DraftMemory(workstation.home, workstation.clock)

    def listed(self) -> tuple[WaitingDraft, ...]:
        """Returns all that are known: those that wait for this home first, then the newest."""
        if not self._at.has_team():
            return ()
        found = [self._read(path, met_us) for path, met_us in self._memory.known().items()]
        order = list(DraftState)
        return tuple(sorted(found, key=lambda draft: (order.index(draft.state), -draft.met_us)))

    def forget(self, path: Path) -> None:
        """Takes a draft off the list; its file stays where it is."""
        self._memory.forget(path)

    def _read(self, path: Path, met_us: int) -> WaitingDraft:
        try:
            view = self._changes.view(path)
        except StrongroomError as error:
            return self._ended(path, met_us, error)
        state = DraftState.MINE if view.is_mine and view.missing else DraftState.OTHERS
        return WaitingDraft(path=path, met_us=met_us, state=state, view=view, version=view.version)

    def _ended(self, path: Path, met_us: int, error: StrongroomError) -> WaitingDraft:
        """Returns a draft that cannot be signed, with why: most often because it is in force."""
        state, version = DraftState.GONE, 0
        told = f"{error.title}. {error.advice}"
        with suppress(StrongroomError):
            document = read_trust(read_given(path, envelope.MAX_TRUST_BYTES)).document
            version = document.version
            if self._at.snapshot().trust.find(document.id) is not None:
                state, told = DraftState.IN_FORCE, "It is in force. Its file can go."
            else:
                state = DraftState.STALE
        return WaitingDraft(path=path, met_us=met_us, state=state, version=version, told=told)
