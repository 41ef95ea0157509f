# SPDX-License-Identifier: Apache-2.0
"""Carries work between workstations: a share everybody uses, and a stick from a second machine.

* Share and stick are filled from a store and a home of their own, with somebody else's keys.
* One byte of one file on the stick is changed afterwards, as a bad stick or a bad person would:
  of its two bundles one is good, and the other must be refused.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.bootstrap import Services
from strongroom.demo.people import ANALYST, DEMO_PASSPHRASE, FOLDER, FOUNDER
from strongroom.demo.plans import retrains
from strongroom.demo.team import CANCER, WINE, enrol, sign_in
from strongroom.demo.training import MODEL_PATH, Trained, train
from strongroom.domain.clock import Clock
from strongroom.domain.errors import EnvironmentFault

SHARE, STICK = "share", "stick"
"""The names of the remotes in every home of the demo."""

NEWCOMER = "Noor Haddad"
_TAMPERED_FILE = "model.skops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What the second workstation made: its runs, the one it shared, and the changed file."""

    runs: tuple[str, ...]
    shared: Trained
    tampered: str


def remote_path(store: Path, name: str) -> Path:
    """Returns the folder of a remote inside a demo store."""
    return store / FOLDER / name


def share_team(store: Path, team: Mapping[str, Services]) -> None:
    """Adds the share to every home and puts the team on it."""
    for name in (SHARE, STICK):
        remote_path(store, name).mkdir(parents=True, exist_ok=True)
    for services in team.values():
        services.exchange.add(SHARE, remote_path(store, SHARE))
    team[FOUNDER].exchange.push(SHARE)


def work_elsewhere(
    store: Path, team: Mapping[str, Services], names: Sequence[str], clock: Clock
) -> Elsewhere:
    """Lets a newcomer train and register elsewhere: one version comes by share, two by stick.

    Raises:
        EnvironmentFault: ``E-STORE`` if her models could not be kept.
    """
    founder = team[FOUNDER]
    with tempfile.TemporaryDirectory(prefix="strongroom-demo-") as elsewhere:
        machine = Path(elsewhere) / "store"
        noor = sign_in(machine, Path(elsewhere) / "home", clock)
        try:
            noor.identities.create(NEWCOMER, passphrase=DEMO_PASSPHRASE)
            enrol(founder, noor, "analyst")
            founder.exchange.push(SHARE)
            noor.exchange.add(SHARE, remote_path(store, SHARE))
            noor.exchange.pull(SHARE)
            found = [
                train(plan, name=name, store=machine, owner=NEWCOMER)
                for plan, name in zip(retrains(), names, strict=True)
            ]
            shared, *carried = found
            noor.registering.register(shared.run_id, MODEL_PATH, CANCER)
            noor.exchange.push(SHARE)
            for run in carried:
                noor.registering.register(run.run_id, MODEL_PATH, WINE)
            noor.exchange.add(STICK, remote_path(store, STICK))
            noor.exchange.push(STICK)
            files = {file.path: file.sha256 for file in noor.registry.show(f"{WINE}/2").files}
        finally:
            noor.close()
    for services in team.values():
        services.exchange.add(STICK, remote_path(store, STICK))
    _tamper(remote_path(store, STICK), files[_TAMPERED_FILE])
    team[ANALYST].exchange.pull(SHARE)
    return Elsewhere(
        runs=tuple(run.run_id for run in found), shared=shared, tampered=files[_TAMPERED_FILE]
    )


def share_everything(team: Mapping[str, Services]) -> None:
    """Puts on the share what was done since, and lets everybody look there once."""
    team[ANALYST].exchange.push(SHARE)
    for services in team.values():
        services.exchange.pull(SHARE)


def _tamper(stick: Path, sha256: str) -> None:
    """Changes one byte in the middle of an object."""
    path = next(stick.rglob(sha256), None)
    if path is None:
        raise EnvironmentFault(
            "E-STORE",
            f"The stick of the demo lacks the object {sha256[:16]}",
            "Check that the disk has room, then run: strongroom demo.",
        )
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x01]))
