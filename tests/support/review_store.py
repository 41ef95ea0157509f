# SPDX-License-Identifier: Apache-2.0
"""A real store with a team of three, two versions of a model, and one request that waits.

Everything is done by the services on a disk: keys, signatures, runs, gates. Three homes share one
store, as three people share one workstation; each has a keychain and a passphrase of its own.
"""

import atexit
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS, Clock
from strongroom.domain.registry import TransitionRequest
from strongroom.sdk.fluent import log_metrics, log_model, log_params, start_run
from strongroom.services.artifacts import Artifacts
from strongroom.services.handover import Handover
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registering import Registering
from strongroom.services.registry import Registry
from strongroom.services.review import Reviews
from strongroom.services.runs import open_runs
from strongroom.services.workstation import Workstation
from strongroom.trust.keychain import Keychain, MemoryKeychain
from support.cheap_keys import cheap_keys

PASSPHRASE = "four quiet words together"
MODEL = "fraud-detector"
START_US = 1_795_420_000 * MICROSECONDS


class TickingClock:
    """A clock that moves by a minute with each event of the story and is set by tests."""

    def __init__(self, start_us: int = START_US) -> None:
        self.time_us = start_us

    def now_us(self) -> int:
        """Returns the time, a microsecond later at each look."""
        self.time_us += 1
        return self.time_us

    def advance(self, seconds: float) -> None:
        """Moves the clock."""
        self.time_us += round(seconds * MICROSECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services of one person at the store."""

    name: str
    store: Path
    home: Path
    clock: Clock
    workstation: Workstation
    identities: Identities
    people: People
    registry: Registry
    registering: Registering
    handover: Handover
    reviews: Reviews
    artifacts: Artifacts
    keychain: Keychain

    def event_count(self) -> int:
        """Returns how many events the ledger holds on the disk now."""
        return sum(1 for _ in self.workstation.snapshot().chains.events())

    def close(self) -> None:
        """Closes the catalog."""
        self.workstation.catalog.close()


def open_desk(
    store: Path,
    home: Path,
    name: str,
    *,
    clock: Clock,
    keychain: Keychain,
    ask: Callable[[str], str] = lambda _question: PASSPHRASE,
) -> Desk:
    """Opens a store for one person the way the composition root does."""
    runs = open_runs(store, clock, os.urandom)
    at = Workstation(
        runs, home, keychain=keychain, ask=ask, clock=clock, random_bytes=os.urandom, app="test/1"
    )
    identities, registry = Identities(at), Registry(at)
    return Desk(
        name=name,
        store=store,
        home=home,
        clock=clock,
        workstation=at,
        identities=identities,
        people=People(at),
        registry=registry,
        registering=Registering(at, registry),
        handover=Handover(at, registry),
        reviews=Reviews(at, registry, identities),
        artifacts=Artifacts(runs),
        keychain=keychain,
    )


@dataclass(slots=True)
class ReviewStore:
    """The store, its people, and the request that waits."""

    folder: Path
    clock: TickingClock
    founder: Desk
    analyst: Desk
    approver: Desk
    request: TransitionRequest
    runs: tuple[str, ...]

    @property
    def desks(self) -> tuple[Desk, ...]:
        """Everybody."""
        return (self.founder, self.analyst, self.approver)

    def fresh(self, desk: Desk) -> Desk:
        """Returns services opened anew on the same disk for the same person."""
        return open_desk(desk.store, desk.home, desk.name, clock=self.clock, keychain=desk.keychain)

    def flip_a_byte(self, run: str) -> Path:
        """Changes one bit of the largest file of a run, as a bad disk does."""
        folder = next(path for path in (self.folder / "store" / "runs").rglob(run) if path.is_dir())
        files = [path for path in folder.rglob("*") if path.is_file()]
        largest = max(files, key=lambda path: path.stat().st_size)
        raw = bytearray(largest.read_bytes())
        raw[len(raw) // 2] ^= 1
        largest.chmod(0o600)
        largest.write_bytes(bytes(raw))
        return largest

    def close(self) -> None:
        """Closes everything."""
        for desk in self.desks:
            desk.close()


def train(
    store: Path, name: str, metrics: Mapping[str, float], params: Mapping[str, object]
) -> str:
    """Trains nothing and logs everything: a finished run with a small model."""
    weights = hashlib.sha256(name.encode()).digest() * 64
    with start_run("fraud-detector", name=name, store=store) as run:
        log_params(params)
        log_metrics(metrics)
        source = store.parent / "scratch" / name
        source.mkdir(parents=True, exist_ok=True)
        (source / "weights.bin").write_bytes(weights)
        (source / "model_card.md").write_text(f"# {name}\n")
        log_model(
            source,
            "model",
            flavor="files",
            signature={
                "inputs": [
                    {"name": "amount", "type": "double"},
                    {"name": "merchant_category", "type": "string"},
                    {"name": "device_age_days", "type": "long", "required": False},
                ],
                "outputs": [{"name": "score", "type": "double"}],
            },
        )
        return run.run_id


def build(folder: Path, *, reason: str = "Raises recall at the same alert volume.") -> ReviewStore:
    """Builds the store: v1 in Production, v2 in Staging with a request for Production open."""
    store, clock = folder / "store", TickingClock()
    people = ("Aiko Tanabe", "Jonas Feld", "Mara Lindqvist")
    desks = [
        open_desk(store, folder / f"home-{at}", name, clock=clock, keychain=MemoryKeychain())
        for at, name in enumerate(people)
    ]
    founder, analyst, approver = desks
    for desk in desks:
        with cheap_keys():
            desk.identities.create(desk.name, passphrase=PASSPHRASE)
    founder.people.create_team("Fraud ML")
    _set_policy(folder, founder)
    _enrol(folder, founder, analyst, "analyst")
    _enrol(folder, founder, approver, "release-approver")
    first = train(store, "brave-otter-12", {"val/auc": 0.9402, "latency/p95": 16.8},
                  {"max_depth": 8, "num_leaves": 127, "seed": 7})  # fmt: skip
    second = train(store, "calm-heron-41", {"val/auc": 0.9487, "latency/p95": 17.9},
                   {"max_depth": 6, "num_leaves": 63, "seed": 7})  # fmt: skip
    analyst.registering.register(first, "model", MODEL)
    clock.advance(3600)
    _move(analyst, approver, clock, f"{MODEL}/1", "Staging", "First candidate.")
    _move(analyst, approver, clock, f"{MODEL}/1", "Production", "Ready for the first release.")
    founder.registry.set_alias(MODEL, "champion", "1")
    clock.advance(86_400)
    analyst.registering.register(second, "model", MODEL)
    _move(analyst, approver, clock, f"{MODEL}/2", "Staging", "Quarterly retrain.")
    clock.advance(3600)
    request = analyst.reviews.request(f"{MODEL}/2", "Production", reason=reason)
    clock.advance(900)
    return ReviewStore(folder, clock, founder, analyst, approver, request, (first, second))


@functools.cache
def _built_once() -> ReviewStore:
    """Builds the usual store once for all tests: opening keys takes most of the time."""
    folder = Path(tempfile.mkdtemp(prefix="review-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = build(folder)
    built.close()
    return built


def copied(folder: Path) -> ReviewStore:
    """Returns a copy of the usual store below a new folder, with services of its own."""
    first = _built_once()
    shutil.copytree(first.folder, folder, dirs_exist_ok=True)
    clock = TickingClock(first.clock.time_us)
    founder, analyst, approver = (
        open_desk(
            folder / "store", folder / desk.home.name, desk.name, clock=clock,
            keychain=desk.keychain,
        )
        for desk in first.desks
    )  # fmt: skip
    return ReviewStore(folder, clock, founder, analyst, approver, first.request, first.runs)


def _set_policy(folder: Path, founder: Desk) -> None:
    """Gives Production two gates beside the four eyes."""
    policies = founder.people.policy()
    policies["*"]["production"]["gates"] = [
        {"name": "Better than incumbent", "metric": "val/auc", "op": ">=",
         "value": "incumbent+0.005"},
        {"name": "Latency", "metric": "latency/p95", "op": "<=", "value": "20.0"},
    ]  # fmt: skip
    path = folder / "policy.json"
    path.write_text(json.dumps(policies))
    founder.people.set_policy(path)


def _enrol(folder: Path, founder: Desk, desk: Desk, role: str) -> None:
    path = folder / f"{role}.request"
    desk.identities.save_request(path)
    founder.people.admit(path, role)
    desk.people.trust(founder.people.team_id())


def _move(
    analyst: Desk, approver: Desk, clock: TickingClock, version: str, stage: str, reason: str
) -> None:
    request = analyst.reviews.request(version, stage, reason=reason)
    clock.advance(1800)
    approver.reviews.approve(request.id, comment="Looked at every metric.")
    clock.advance(1800)
