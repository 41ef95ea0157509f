# SPDX-License-Identifier: Apache-2.0
"""A run with the files a test gives it, and the viewer that looks into them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.artifact_view import ArtifactView
from strongroom.domain.clock import FixedClock
from strongroom.services.artifacts import Artifacts
from strongroom.services.runs import Runs, open_runs
from strongroom.services.viewing import Viewing
from strongroom.services.views.shapes import View
from support.runs_on_disk import START_US, random_bytes, run_id, write_run
from support.settling import settle

RUN = run_id(1)


@dataclass(frozen=True)
class Room:
    """A store with one run, its services, and a viewer of its files."""

    store: Path
    runs: Runs
    viewing: Viewing

    def look(self, path: str, **how) -> View:
        """Returns what the service says of a file."""
        return self.viewing.look(RUN, path, **how)

    def packs(self) -> list[Path]:
        """Returns the files that hold the artifacts' bytes."""
        return sorted((self.store / "runs").rglob("*.pack")) + sorted(
            (self.store / "runs").rglob("obj/*")
        )

    def close(self) -> None:
        """Closes the catalog."""
        self.runs.catalog.close()


def room_of(store: Path, files: Mapping[str, bytes]) -> Room:
    """Writes one finished run with these artifacts and opens its store."""
    write_run(store, 1, artifacts=files)
    runs = open_runs(store, FixedClock(START_US + 60_000_000), random_bytes)
    runs.refresh()
    return Room(store, runs, Viewing(Artifacts(runs)))


def show(view: ArtifactView, tasks: Tasks, path: str, kind=None) -> ArtifactView:
    """Shows a file and waits until it is on the screen and verified."""
    view.show_artifact(RUN, path, kind)
    settle(tasks)
    return view


def damage(room: Room, needle: bytes) -> None:
    """Changes one byte of what was logged."""
    for path in room.packs():
        data = path.read_bytes()
        at = data.find(needle)
        if at >= 0:
            path.chmod(0o644)
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            return
    raise AssertionError("no file holds these bytes")


def sha256(data: bytes) -> str:
    """Returns a digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
