# SPDX-License-Identifier: Apache-2.0
"""Workstations of one team on one disk: real keys, real stores, real runs, one folder between.

Keys are derived cheaply; everything else is the product's own way. A team is founded once for each
set of names and copied from then on, as backups would be restored.
"""

import atexit
import copy
import functools
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from strongroom.domain.clock import FixedClock
from strongroom.domain.event import Event
from strongroom.sdk.fluent import log_artifact, log_metric, log_param, start_run
from strongroom.services.exchange import Exchange, Outcome
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registering import Registered, Registering
from strongroom.services.registry import Registry
from strongroom.services.runs import open_runs
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.trust.identity import create_identity
from strongroom.trust.keychain import MemoryKeychain
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from support.cheap_keys import CHEAP

MODEL = "churn"


class Peer:
    """One person at one workstation.

    Args:
        folder: Where home and store lie.
        name: What the person is called.
        twin: Who this is a restored backup of; its folder was copied already.
    """

    def __init__(self, folder: Path, name: str, *, twin: "Peer | None" = None) -> None:
        self.folder, self.name = folder, name
        self.store, self.home = folder / "store", folder / "home"
        self.clock = FixedClock(1_795_420_000_000_000)
        self.keychain: MemoryKeychain = copy.deepcopy(twin.keychain) if twin else MemoryKeychain()
        runs = open_runs(self.store, self.clock, os.urandom)
        self.at = Workstation(
            runs, self.home, keychain=self.keychain, ask=lambda _: "", clock=self.clock,
            random_bytes=os.urandom, app="strongroom/test",
        )  # fmt: skip
        self.pair: KeyPair = twin.pair if twin else KeyPair.generate()
        if twin is None:
            self._make_identity()
        self.identities = Identities(self.at)
        self.people = People(self.at)
        self.registry = Registry(self.at)
        self.exchange = Exchange(self.at)

    def _make_identity(self) -> None:
        create_identity(
            self.at.home.key_file(self.pair.writer), self.pair, protection="keyring",
            keychain=self.keychain, cost=CHEAP,
        )  # fmt: skip
        self.at.home.save_identity(
            IdentityCard(
                writer=self.pair.writer, name=self.name, host=f"ws-{self.name.lower()}",
                pub=self.pair.ed25519_pub.hex, p256=self.pair.p256_spki, protection="keyring",
            )
        )  # fmt: skip

    def restored_copy(self, folder: Path) -> "Peer":
        """Returns this workstation as a backup of now would restore it elsewhere."""
        shutil.copytree(self.folder, folder)
        return Peer(folder, self.name, twin=self)

    def restarted(self) -> "Peer":
        """Returns this workstation after its program ended and was started again."""
        self.close()
        return Peer(self.folder, self.name, twin=self)

    @property
    def writer(self) -> str:
        return self.pair.writer

    @property
    def signer(self) -> Ed25519Signer:
        return Ed25519Signer(self.pair)

    @property
    def digest(self) -> str:
        """The registry state as this workstation has it on its disk."""
        return self.at.snapshot().state.digest

    def train(self, name: str = "first", *, data: Mapping[str, bytes] | None = None) -> str:
        """Logs a finished run with a small model the way a script does; returns its id."""
        source = self.folder / "scratch" / name
        for path, content in (data or model_files(name)).items():
            target = source / "model" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        with start_run(MODEL, name=name, store=self.store) as run:
            log_param("depth", 6)
            for step in range(20):
                log_metric("auc", 0.9 + step / 1000, step)
            log_artifact(source / "model", "model")
        self.at.runs.refresh()
        return run.run_id

    def register(
        self, name: str = "first", *, data: Mapping[str, bytes] | None = None
    ) -> Registered:
        """Trains and registers."""
        run = self.train(name, data=data)
        return Registering(self.at, self.registry).register(run, "model", MODEL)

    def say(self, number: int) -> Event:
        """Signs one small event."""
        body = {"failed": str(number), "wrong": str(number), "first": "", "last": ""}
        return self.at.sign("login.unlock", body)

    def add_remote(self, path: Path, name: str = "share") -> None:
        path.mkdir(exist_ok=True)
        self.exchange.add(name, path)

    def push(self, name: str = "share") -> Outcome:
        (outcome,) = self.exchange.push(name)
        return outcome

    def pull(self, name: str = "share") -> Outcome:
        (outcome,) = self.exchange.pull(name)
        return outcome

    def has_content(self, version: str = f"{MODEL}/1") -> bool:
        return self.registry.show(version).is_content_here

    def problems(self) -> list[str]:
        """What `strongroom verify` finds in the run folders."""
        return [f"{found.code} {found.path}" for found in self.at.runs.verify()]

    def close(self) -> None:
        self.at.catalog.close()


def model_files(name: str) -> dict[str, bytes]:
    """Returns a small model: a tiny file for the pack, and one of over a MiB for an object."""
    seed = hashlib.sha256(name.encode()).digest()
    return {
        "weights.bin": seed * ((1 << 15) + 100),
        "notes/card.md": b"# " + name.encode(),
        "empty.txt": b"",
    }


class Team:
    """Peers that share one folder.

    Args:
        root: Where everything lies.
        names: Who they are; the first is the founder.
        has_model: The founder has registered a model, and pushed nothing yet.
        role: What the others may do.
    """

    def __init__(
        self,
        root: Path,
        names: tuple[str, ...] = ("Ada", "Ben"),
        *,
        has_model: bool = False,
        role: str = "analyst",
    ) -> None:
        self.root = root
        self.share = root / "share"
        founded = _with_model(names, role) if has_model else _founded(names, role)
        self.peers = [peer.restored_copy(root / peer.folder.name) for peer in founded]
        for peer in self.peers:
            peer.add_remote(self.share)

    @property
    def run(self) -> str:
        """The run of the founder's model."""
        return self.peers[0].registry.show(f"{MODEL}/1").version.run

    def close(self) -> None:
        for peer in self.peers:
            peer.close()


@functools.cache
def _founded(names: tuple[str, ...], role: str) -> tuple[Peer, ...]:
    """Returns peers of one team that have met nobody yet, closed, to be copied."""
    root = _folder_of_this_process()
    peers = tuple(Peer(root / name.lower(), name) for name in names)
    peers[0].people.create_team("Churn ML")
    for peer in peers[1:]:
        join(peers[0], peer, role)
    for peer in peers:
        peer.close()
    return peers


@functools.cache
def _with_model(names: tuple[str, ...], role: str) -> tuple[Peer, ...]:
    """Returns the same after the founder has registered a model."""
    founder, *others = _founded(names, role)
    stocked = founder.restored_copy(_folder_of_this_process() / founder.folder.name)
    stocked.register()
    stocked.close()
    return (stocked, *others)


def _folder_of_this_process() -> Path:
    root = Path(tempfile.mkdtemp(prefix="strongroom-team-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def join(founder: Peer, peer: Peer, role: str = "analyst") -> None:
    """Enrols a peer, who pins the team but has not pulled anything yet."""
    request = peer.folder / "request.json"
    peer.identities.save_request(request)
    founder.people.admit(request, role)
    peer.people.trust(founder.people.team_id())


def files_of(folder: Path) -> dict[str, bytes]:
    """Returns every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def flip(path: Path) -> None:
    """Changes one bit in the middle of a file."""
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def codes(outcome: Outcome) -> list[str]:
    """Returns the codes of what was refused."""
    return [trouble.code for trouble in outcome.rejected]
