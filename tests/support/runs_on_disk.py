# SPDX-License-Identifier: Apache-2.0
"""Writes real run folders the way a training process does, with times and ids held still."""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from strongroom.domain import canonical
from strongroom.domain.clock import FixedClock
from strongroom.journal.layout import PACK_MAGIC, Kind
from strongroom.journal.writer import JournalWriter

START_US = 1_700_000_000_000_000
MONTH = "2023-11"
_COUNTER = itertools.count(1)


def random_bytes(count: int) -> bytes:
    """Returns bytes that differ from call to call and are the same from test to test."""
    return hashlib.sha256(str(next(_COUNTER)).encode()).digest()[:count]


def run_id(number: int) -> str:
    """Returns a run id that shows its number."""
    return f"{number:08x}" + hashlib.md5(str(number).encode()).hexdigest()[:24]


def write_run(
    store: Path,
    number: int = 1,
    *,
    experiment: str = "iris",
    name: str = "",
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    artifacts: Mapping[str, bytes] | None = None,
    status: str = "FINISHED",
    started_us: int = START_US,
    now_us: int | None = None,
    draw: Callable[[int], bytes] = random_bytes,
) -> Path:
    """Writes one run; status '' leaves it without an end. Returns its folder.

    ``draw`` gives the writer its id: other tests before this one change it unless it is named.
    """
    folder = store / "runs" / MONTH / run_id(number)
    folder.mkdir(parents=True)
    header = {
        "format": 1,
        "run_id": run_id(number),
        "experiment": experiment,
        "name": name or f"run {number}",
        "parent": "",
        "started": started_us + number,
        "host": "bench",
        "user": "ada",
        "source": {"entry": "train.py"},
    }
    (folder / "run.json").write_bytes(canonical.encode(header))
    add_process(
        folder,
        params=params,
        tags=tags,
        metrics=metrics,
        artifacts=artifacts,
        status=status,
        now_us=now_us or started_us,
        draw=draw,
    )
    return folder


def add_process(
    folder: Path,
    *,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    artifacts: Mapping[str, bytes] | None = None,
    status: str = "FINISHED",
    now_us: int = START_US,
    first_step: int = 0,
    claims: bool = False,
    draw: Callable[[int], bytes] = random_bytes,
) -> JournalWriter:
    """Lets one more process log into a run and end with the status ('' = killed)."""
    clock = FixedClock(now_us)
    writer = JournalWriter(folder, folder.name, random_bytes=draw, clock=clock)
    if claims:
        writer.claim()
    records = [(Kind.PARAM, {"key": key, "value": value}) for key, value in (params or {}).items()]
    records += [(Kind.TAG, {"key": key, "value": value}) for key, value in (tags or {}).items()]
    if records:
        writer.records(records)
    for key, values in (metrics or {}).items():
        steps = range(first_step, first_step + len(values))
        writer.series(key, list(values), steps, (now_us + step for step in steps))
    if artifacts:
        _pack(folder, writer, artifacts)
    writer.close(status)
    return writer


def _pack(folder: Path, writer: JournalWriter, artifacts: Mapping[str, bytes]) -> None:
    parts, end = [PACK_MAGIC], len(PACK_MAGIC)
    records = []
    for path, data in artifacts.items():
        sha256 = hashlib.sha256(data).hexdigest()
        body = {"path": path, "size": len(data), "sha256": sha256, "at": f"pack:{end}"}
        records.append((Kind.ARTIFACT, body))
        parts.append(data)
        end += len(data)
    (folder / f"{writer.own_stem()}.pack").write_bytes(b"".join(parts))
    writer.records(records)
