# SPDX-License-Identifier: Apache-2.0
"""The store that the approved pictures show: a dozen runs, a team of four, a share and a bad stick.

Keys, clock, process numbers and randomness are held still, so digests and times are the same in
every picture of every run of the tests; everything else is told by the product's own services.
"""

import json
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from strongroom.bootstrap import Services, open_services
from strongroom.services.policies import policy_text
from strongroom.store.home import IdentityCard
from strongroom.trust.identity import create_identity
from strongroom.trust.keychain import PassphraseKeychain
from support.cheap_keys import CHEAP
from support.format_story import bytes_of, key_of
from support.runs_on_disk import START_US, run_id, write_run

POINTS = 60
MODEL = "digits-classifier"
PASSPHRASE = "four quiet words together"
HOUR_US = 3_600_000_000
NOW_US = START_US + 30 * HOUR_US
GATES = [
    {"name": "Area under the curve", "metric": "val/auc", "op": ">=", "value": "0.9"},
    {"name": "Validation loss", "metric": "val/loss", "op": "<=", "value": "0.2"},
]
MLMODEL = {
    "artifact_path": "model",
    "flavors": {"files": {"data": "weights.txt"}},
    "signature": {
        "inputs": json.dumps(
            [
                {"name": "amount", "type": "double"},
                {"name": "merchant", "type": "string", "required": False},
            ]
        ),
        "outputs": json.dumps([{"name": "score", "type": "double"}]),
    },
}


class StoryClock:
    """A clock that stands until the story moves it."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """Returns the time of the story."""
        return self._now_us

    def advance(self, minutes: int) -> None:
        """Moves on."""
        self._now_us += minutes * 60_000_000


def tell(store: Path, home: Path) -> None:
    """Writes store, homes, share and stick side by side; the home is Mara's, who may approve.

    Args:
        store: A folder that does not exist yet; share and stick become its neighbours.
        home: Where Mara's keys go; the others' homes become its neighbours.
    """
    clock = StoryClock(START_US + 13 * HOUR_US)
    with _still_processes():
        fill(store)
        _model_run(store, 21, "pale-otter-21", 0.3)
        _model_run(store, 22, "warm-siskin-22", 0.1)
        priya, jonas, mara = (
            _sign_in(store, home.with_name(name), name, clock)
            for name in ("Priya Raman", "Jonas Feld", "Mara Lindqvist")
        )
        mara.close()
        home.with_name("Mara Lindqvist").rename(home)
        mara = _open(store, home, "Mara Lindqvist", clock)
        priya.people.create_team("Harbour ML")
        _enrol(priya, jonas, "analyst")
        _enrol(priya, mara, "release-approver")
        _set_policy(priya)
        _promote(jonas, mara, clock)
        _exchange(store, (priya, jonas, mara), clock)
        newcomer = _sign_in(store, home.with_name("newcomer"), "Ada Brandt", clock)
        newcomer.identities.save_request(home / "request.json")
        for services in (priya, jonas, mara, newcomer):
            services.close()


def fill(store: Path) -> None:
    """Writes a dozen finished runs with curves, params, tags and files; always the same."""
    for number in range(12):
        rate = (0.3, 0.1, 0.03)[number % 3]
        falls = [
            math.exp(-step * rate / 3) + 0.02 * math.sin(step * 1.7 + number)
            for step in range(POINTS)
        ]
        write_run(
            store,
            number + 1,
            experiment=("digits", "fraud")[number % 2],
            name=f"calm-heron-{number + 1:02}",
            params={"lr": rate, "depth": 3 + number % 4, "booster": ("gbdt", "dart")[number % 2]},
            tags={"team": "harbour"},
            metrics={
                "train/loss": falls,
                "val/loss": [each * 1.1 + 0.05 for each in falls],
                "val/auc": [0.96 - each * 0.4 + number / 1000 for each in falls],
                "system/cpu_percent": [55 + 30 * math.sin(step / 5 + number) for step in range(9)],
            },
            artifacts={
                "report.md": b"# Report\n\nEverything is **calm**.\n",
                "data/rows.csv": b"name,score\nheron,0.91\nowl,0.88\n",
                "pictures/map.png": _checked_png(number),
                "code/train.py": b"import strongroom as sr\n\nsr.log_param('depth', 3)\n",
                "logs/train.log": b"epoch 1 loss 0.9\nepoch 2 loss 0.4\n",
                "requirements.txt": b"numpy==2.4.6\nscikit-learn==1.9.1\n",
            },
            status="FAILED" if number == 4 else "FINISHED",
            started_us=START_US + number * HOUR_US,
            draw=bytes_of(f"run {number}"),
        )


# -------------------------------------------------------------------------- inside


def _model_run(store: Path, number: int, name: str, rate: float) -> None:
    falls = [math.exp(-step * rate / 3) for step in range(POINTS)]
    write_run(
        store,
        number,
        experiment="digits",
        name=name,
        params={"lr": rate, "depth": 4, "booster": "gbdt"},
        metrics={"val/loss": falls, "val/auc": [0.97 - each * 0.4 for each in falls]},
        artifacts={
            "model/weights.txt": f"depth 4, {name}\n".encode() * 40,
            "model/MLmodel": json.dumps(MLMODEL, indent=2).encode(),
            "data/rows.csv": f"name,score\n{name},0.9\n".encode(),
            "pictures/map.png": _checked_png(number),
        },
        started_us=START_US + number * HOUR_US // 2,
        draw=bytes_of(name),
    )


def _promote(jonas: Services, mara: Services, clock: StoryClock) -> None:
    """Version 1 goes to Production; version 2 is asked for and waits."""
    jonas.runs.refresh()
    jonas.registering.register(run_id(21), "model", MODEL)
    clock.advance(20)
    wish = jonas.reviews.request(f"{MODEL}/1", "Production", reason="The first one that is usable.")
    clock.advance(45)
    mara.reviews.approve(wish.id, comment="Looked at every gate.")
    clock.advance(120)
    jonas.registering.register(run_id(22), "model", MODEL)
    clock.advance(10)
    jonas.reviews.request(f"{MODEL}/2", "Production", reason="Loses a third less on the same data.")


def _exchange(store: Path, team: tuple[Services, ...], clock: StoryClock) -> None:
    """Everybody knows the share; a stick brings one version whose file was changed on the way.

    In the end Mara knows both by names beside the store: pictures must not show where tests run.
    """
    share, stick = store.with_name("share"), store.with_name("stick")
    for path in (share, stick):
        path.mkdir()
    priya, _jonas, mara = team
    elsewhere = store.with_name("elsewhere")
    for services in team:
        services.exchange.add("share", share)
    clock.advance(15)
    priya.exchange.push("share")
    noor = _sign_in(elsewhere, elsewhere.with_name("noor"), "Noor Haddad", clock)
    _enrol(priya, noor, "analyst")
    priya.exchange.push("share")
    noor.exchange.add("share", share)
    noor.exchange.pull("share")
    _model_run(elsewhere, 31, "plain-tern-31", 0.2)
    noor.runs.refresh()
    noor.registering.register(run_id(31), "model", "wine-origin")
    noor.exchange.add("stick", stick)
    noor.exchange.push("stick")
    files = {file.path: file.sha256 for file in noor.registry.show("wine-origin/1").files}
    noor.close()
    damaged = next(stick.rglob(files["weights.txt"]))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes().replace(b"depth 4", b"depth 9", 1))
    clock.advance(5)
    mara.exchange.pull("share")
    mara.exchange.add("stick", stick)
    mara.exchange.take("stick")
    known = mara.workstation.home
    known.save_remotes(replace(entry, path=Path(entry.path).name) for entry in known.remotes())


def _set_policy(founder: Services) -> None:
    policies = founder.people.policy()
    policies["*"]["production"]["gates"] = GATES
    path = founder.home / "policies.json"
    path.write_text(policy_text(policies))
    founder.people.set_policy(path)


def _enrol(founder: Services, newcomer: Services, role: str) -> None:
    path = newcomer.home / "enrol.json"
    newcomer.identities.save_request(path)
    founder.people.admit(path, role)
    newcomer.people.trust(founder.people.team_id())
    path.unlink()


def _open(store: Path, home: Path, name: str, clock: StoryClock) -> Services:
    return open_services(
        store, home, ask=lambda _question: PASSPHRASE, environ={}, clock=clock,
        keychain=PassphraseKeychain(), random_bytes=bytes_of(f"{name}'s home"),
    )  # fmt: skip


def _sign_in(store: Path, home: Path, name: str, clock: StoryClock) -> Services:
    """Opens a store as somebody whose keys follow from the name, on a workstation with a name."""
    services = _open(store, home, name, clock)
    pair, at = key_of(name), services.workstation
    create_identity(
        at.home.key_file(pair.writer), pair, protection="passphrase", keychain=at.keychain,
        passphrase=PASSPHRASE, random_bytes=at.random_bytes, cost=CHEAP,
    )  # fmt: skip
    at.home.save_identity(
        IdentityCard(
            writer=pair.writer, name=name, host=f"ws-{name.partition(' ')[0].lower()}",
            pub=pair.ed25519_pub.hex, p256=pair.p256_spki, protection="passphrase",
        )
    )  # fmt: skip
    return services


@contextmanager
def _still_processes() -> Iterator[None]:
    """Lets journals name a process and a start of the machine that are always the same."""
    with (
        mock.patch("strongroom.journal.writer.os.getpid", return_value=4242),
        mock.patch("strongroom.journal.writer.boot_id", return_value="5e1f3a2b-c4d"),
    ):
        yield


def _checked_png(number: int) -> bytes:
    """Returns a small grey picture with squares, another one for each number."""
    side = 32
    rows = b"".join(
        b"\0" + bytes(((x // 4 + y // 4 + number) % 3) * 100 for x in range(side))
        for y in range(side)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
