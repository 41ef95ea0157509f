# SPDX-License-Identifier: Apache-2.0
"""The remotes a person has named, and how each is opened.

* A remote is a folder under a name, or a ZIP of one; the same layout whether share, stick or disk.
* A place that shows nothing where a remote was is one that is not there now, never an empty one.
"""

import os
from pathlib import Path

from strongroom.domain.artifact import fold_path
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.exchange.local import LocalSide
from strongroom.exchange.pull import check_team
from strongroom.exchange.remote import DESCRIPTION, FolderRemote, Remote
from strongroom.exchange.zip_remote import ZipRemote
from strongroom.services.exchange_memory import ExchangeMemory, RemoteInfo
from strongroom.services.local_side import local_side
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.home import RemoteEntry
from strongroom.store.home_formats import REMOTES
from strongroom.store.snapshot import no_team

MAX_NAME = 60


class RemotePlaces:
    """Names, folders, and the two sides of an exchange."""

    def __init__(self, workstation: Workstation, memory: ExchangeMemory) -> None:
        self._at = workstation
        self._memory = memory

    def all(self) -> tuple[RemoteInfo, ...]:
        """Returns every remote in the order they were added; no share is touched."""
        return self._memory.remotes()

    def names(self) -> frozenset[str]:
        """Returns the names that are taken."""
        return frozenset(entry.name for entry in self._at.home.remotes())

    def info(self, name: str) -> RemoteInfo:
        """Returns what is remembered of a remote.

        Raises:
            BadInput: ``E-REMOTE`` for an unknown name.
        """
        for info in self.all():
            if info.name == name:
                return info
        raise BadInput(
            "E-REMOTE", f"No remote is called {name}", "strongroom remote list shows them."
        )

    def add(self, name: str, path: Path) -> RemoteInfo:
        """Gives a folder a name; see `Exchange.add`."""
        self._at.home.require_writable(REMOTES)
        known = self._at.home.remotes()
        if not name.strip() or len(name) > MAX_NAME or "/" in name or "\\" in name:
            raise BadInput(
                "E-REMOTE",
                f"A remote's name has 1 to {MAX_NAME} characters and no slash",
                "Give a short name such as share or stick.",
            )
        absolute = path.expanduser().absolute()
        taken = next((entry for entry in known if fold_path(entry.name) == fold_path(name)), None)
        if taken is not None and taken.path != str(absolute):
            raise BadInput(
                "E-REMOTE", f"{taken.name} is {taken.path} already", "Give another name."
            )
        self._make(absolute)
        if taken is None:
            self._at.home.save_remotes([*known, RemoteEntry(name=name, path=str(absolute))])
        return self.info(taken.name if taken else name)

    def _make(self, path: Path) -> None:
        with explained(path):
            is_file = path.is_file()
        team = self._at.home.pinned_team()
        if is_file:
            packed = ZipRemote.open_existing(path)
            if team:
                check_team(self.local(), packed)
            return
        if team:
            remote = FolderRemote.open_or_create(path, team=team, now_us=self._at.clock.now_us())
            check_team(self.local(), remote)
            return
        with explained(path):
            is_empty = not any(path.iterdir()) if path.is_dir() else False
        if is_empty:
            raise no_team()
        FolderRemote.open_existing(path)

    def open(self, path: str) -> Remote:
        """Opens a known remote; an empty mount point is a stick that is not in.

        Raises:
            BadInput: ``E-REMOTE`` if the folder or ZIP is something else.
            Untrusted: ``E-FORMAT``, ``E-SIZE``, ``E-PATH``, ``E-BOMB`` for a ZIP.
            EnvironmentFault: ``E-SHARE``.
        """
        with explained(Path(path)):
            is_file = Path(path).is_file()
        if is_file:
            return ZipRemote.open_existing(Path(path))
        try:
            return FolderRemote.open_existing(Path(path))
        except BadInput as error:
            if os.path.lexists(Path(path) / DESCRIPTION):
                raise
            raise EnvironmentFault(
                "E-SHARE",
                f"{path} does not show the remote that was there",
                "Put the stick in or mount the share, then repeat.",
            ) from error

    def local(self) -> LocalSide:
        """Returns this store as one side of an exchange.

        Raises:
            Refused: ``E-TEAM`` if no team is pinned.
        """
        return local_side(self._at)
