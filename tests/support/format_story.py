# SPDX-License-Identifier: Apache-2.0
"""A small story with fixed keys, clock and randomness, told by the product's own code.

Whoever tells it again gets the same bytes, so that the format page can print them.

* No time passes but what the story says; random bytes depend on how many are asked for, not on
  how often, so that a change of order inside a service leaves the bytes alone.
* The run has no metrics: a Parquet file names the Arrow that wrote it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import MICROSECONDS
from strongroom.domain.event import Event
from strongroom.domain.run import RunStatus
from strongroom.journal.layout import (
    PACK_MAGIC,
    Header,
    Kind,
    pack_header,
    pack_other,
)
from strongroom.sdk.folder import open_run
from strongroom.services.exchange import Exchange
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registering import Registering
from strongroom.services.registry import Registry
from strongroom.services.review import Reviews
from strongroom.services.runs import open_runs
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.trust.identity import create_identity
from strongroom.trust.keychain import PassphraseKeychain
from strongroom.trust.keys import KeyPair

START_US = 1_795_420_800 * MICROSECONDS  # 2026-11-23T08:00:00Z
RUN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
WRITER8 = "a1b2c3d4e5f60718"
PASSPHRASE = "four quiet words together"
APP = "strongroom/0.1.0"
MODEL_FILE = b"depth 8\n"


class StillClock:
    """A clock that moves only when the story says so."""

    def __init__(self) -> None:
        self._now_us = START_US

    def now_us(self) -> int:
        """Returns the story's time."""
        return self._now_us

    def advance(self, seconds: int) -> None:
        """Moves the story on."""
        self._now_us += seconds * MICROSECONDS


def bytes_of(name: str) -> Callable[[int], bytes]:
    """Returns a source of "random" bytes that depend on a name and on how many are asked for."""

    def draw(size: int) -> bytes:
        return hashlib.shake_256(f"{name} {size}".encode()).digest(size)

    return draw


def key_of(name: str) -> KeyPair:
    """Returns the key pair that belongs to a name."""
    return KeyPair.generate(bytes_of(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person at the story's workstation."""

    at: Workstation
    identities: Identities
    people: People
    registry: Registry
    registering: Registering
    reviews: Reviews
    exchange: Exchange


def take_seat(folder: Path, name: str, clock: StillClock) -> Seat:
    """Opens the store for one person and makes the identity there if it is the first time."""
    runs = open_runs(folder / "store", clock, bytes_of("store"))
    at = Workstation(
        runs, folder / f"home-{name.lower()}", keychain=PassphraseKeychain(),
        ask=lambda _question: PASSPHRASE, clock=clock, random_bytes=bytes_of(f"{name}'s home"),
        app=APP,
    )  # fmt: skip
    pair = key_of(name)
    create_identity(
        at.home.key_file(pair.writer), pair, protection="passphrase", keychain=at.keychain,
        passphrase=PASSPHRASE, random_bytes=at.random_bytes,
    )  # fmt: skip
    at.home.save_identity(
        IdentityCard(
            writer=pair.writer, name=name, host=f"ws-{name.lower()}", pub=pair.ed25519_pub.hex,
            p256=pair.p256_spki, protection="passphrase",
        )
    )  # fmt: skip
    identities, registry = Identities(at), Registry(at)
    return Seat(
        at=at,
        identities=identities,
        people=People(at),
        registry=registry,
        registering=Registering(at, registry),
        reviews=Reviews(at, registry, identities),
        exchange=Exchange(at),
    )


def log_a_run(store: Path, records: list[bytes], *, run_id: str = RUN) -> Path:
    """Writes a finished run as a process with a known number would have written it."""
    facts = {
        "experiment": "churn", "name": "first", "parent": "", "started": START_US,
        "host": "ws-ann", "user": "ann", "source": {"argv": ["train.py"]},
    }  # fmt: skip
    folder = open_run(store, run_id, facts).folder
    head = pack_header(
        Header(run_id=run_id, writer=WRITER8, pid=4242, created_us=START_US, boot_id="5e1f3a2b-c4d")
    )
    end = {"status": RunStatus.FINISHED.value, "time": START_US + 2 * MICROSECONDS, "lost": {}}
    journal = b"".join([head, *records, pack_other(Kind.END, end)])
    (folder / f"w-{WRITER8[:8]}.srj").write_bytes(journal)
    return folder


def model_records() -> tuple[list[bytes], bytes]:
    """Returns the records of a run with one small file, and the pack that holds it."""
    artifact = {
        "path": "model/weights.txt", "size": len(MODEL_FILE),
        "sha256": hashlib.sha256(MODEL_FILE).hexdigest(), "at": f"pack:{len(PACK_MAGIC)}",
    }  # fmt: skip
    records = [
        pack_other(Kind.PARAM, {"key": "depth", "value": 8}),
        pack_other(Kind.ARTIFACT, artifact),
    ]
    return records, PACK_MAGIC + MODEL_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was written, and where."""

    folder: Path
    ann: Seat
    ben: Seat
    enrolment: bytes
    request: Event
    approval: Event

    @property
    def store(self) -> Path:
        """The store of both."""
        return self.folder / "store"

    @property
    def share(self) -> Path:
        """The remote they pushed to."""
        return self.folder / "share"


def tell(folder: Path) -> Story:
    """Ann founds, registers and requests; Ben approves; Ann pushes."""
    clock = StillClock()
    records, pack = model_records()
    run = log_a_run(folder / "store", records)
    (run / f"w-{WRITER8[:8]}.pack").write_bytes(pack)
    clock.advance(60)
    ann, ben = take_seat(folder, "Ann", clock), take_seat(folder, "Ben", clock)
    ann.at.runs.refresh()
    team = ann.people.create_team("Fraud ML").id
    enrolment = ben.identities.write_request()
    (folder / "ben.enrol.json").write_bytes(enrolment)
    clock.advance(60)
    ann.people.admit(folder / "ben.enrol.json", "release-approver")
    ben.people.trust(team)
    clock.advance(60)
    ann.registering.register(RUN, "model", "churn")
    clock.advance(60)
    wish = ann.reviews.request("churn/1", "Production", reason="Better on March.")
    clock.advance(60)
    ben.reviews.approve(wish.id, comment="Looked at it.")
    (folder / "share").mkdir()
    ann.exchange.add("share", folder / "share")
    clock.advance(60)
    ann.exchange.push("share")
    ann.exchange.pull("share")  # marks rise to what the remote showed
    chains = ann.at.snapshot().chains
    (approval,) = [event for event in chains.events() if event.type == "stage.approve"]
    return Story(
        folder=folder, ann=ann, ben=ben, enrolment=enrolment, request=wish.event, approval=approval
    )
