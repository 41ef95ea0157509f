# SPDX-License-Identifier: Apache-2.0
"""Bytes of a run folder flipped, inserted, dropped and cut at random: none reads back silently.

What comes back is what was written, or it is refused, or it is left out and said. A few hundred
changes of each file in every run of the tests, ten thousand with ``test --all``.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.errors import Untrusted
from strongroom.journal.compacted import read_metrics
from strongroom.journal.content import JournalContent, StoredArtifact
from strongroom.journal.reader import read_run
from strongroom.journal.series import Series
from strongroom.store.artifacts import verified_pieces
from strongroom.store.liveness import Observer, observe
from strongroom.store.run_state import RunState, read_state
from strongroom.store.sealing import seal
from support.runs_on_disk import START_US, add_process, write_run

LATER = START_US + 3_600_000_000
REFUSALS = {"E-HASH", "E-FORMAT", "E-CANON", "E-SIZE", "E-BOMB", "E-MISSING", "E-PATH"}
MANY = pytest.param(10_000, marks=pytest.mark.slow)

Change = Callable[[bytes, random.Random], bytes]


def flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def inserted(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.randbytes(chance.choice([1, 2, 7, 32, 64])) + data[place:]


def dropped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + data[place + chance.choice([1, 2, 7, 32, 64]) :]


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


CHANGES: list[Change] = [flipped, inserted, dropped, cut]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run whose first journal is scanned by numpy and whose second one is read by hand."""
    chance = random.Random(11)
    metrics = {f"m{number}": [chance.gauss(0, 1) for _ in range(90)] for number in range(4)}
    odd = [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324]
    made = write_run(
        tmp_path, 1, params={"lr": 0.5, "note": "a longer text of a param"},
        tags={"team": "red", "why": "retrain"}, metrics=metrics,
    )  # fmt: skip
    add_process(made, metrics={"odd": odd, "m1": [7.0, 7.0]}, now_us=START_US + 9)
    return made


@pytest.fixture
def now() -> Observer:
    return observe(LATER)


def points(metrics: dict[str, Series]) -> dict[str, list[bytes]]:
    """Returns each point of each metric as its 24 bytes."""
    found = {}
    for key, series in metrics.items():
        rows = np.stack([series.steps, series.times_us, series.values.view(np.int64)], axis=1)
        found[key] = [row.tobytes() for row in rows]
    return found


def is_part_of(some: list[bytes], all_points: list[bytes]) -> bool:
    """Whether some points are among all, in their order."""
    left = iter(all_points)
    return all(point in left for point in some)


def assert_nothing_invented(found: JournalContent, wanted: JournalContent) -> None:
    known = points(wanted.metrics)
    for key, rows in points(found.metrics).items():
        assert is_part_of(rows, known[key]), key
    for mine, theirs in ((found.params, wanted.params), (found.tags, wanted.tags)):
        assert mine.items() <= theirs.items()


def is_less(found: JournalContent, wanted: JournalContent) -> bool:
    counts = {key: len(series) for key, series in wanted.metrics.items()}
    mine = {key: len(series) for key, series in found.metrics.items()}
    return (mine, found.params, found.tags, found.status) != (
        counts, wanted.params, wanted.tags, wanted.status,
    )  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("count", [150, MANY])
def test_no_change_of_a_journal_reads_back_silently(
    folder: Path, change: Change, count: int
) -> None:
    wanted = read_run(folder)
    chance = random.Random(f"journal {change.__name__}")
    journals = {path: path.read_bytes() for path in folder.glob("*.srj")}
    told = 0
    for number in range(count):
        path = list(journals)[number % len(journals)]
        whole = journals[path]
        changed = change(whole, chance)
        path.write_bytes(changed)
        found = read_run(folder)
        assert_nothing_invented(found, wanted)
        codes = {each.code for each in found.findings}
        assert codes <= REFUSALS | {"W-TORN"}
        # Each record stands for itself: whole ones that are gone were, for all it says, not logged.
        lacks_whole_records = len(changed) < len(whole) and (len(whole) - len(changed)) % 32 == 0
        assert codes or lacks_whole_records or not is_less(found, wanted), changed
        told += bool(codes)
        path.write_bytes(whole)
    assert told > count // 2
    assert read_run(folder).findings == ()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("count", [150, MANY])
def test_no_change_of_a_parquet_reads_back_as_other_numbers(
    folder: Path, now: Observer, change: Change, count: int
) -> None:
    assert seal(folder, now)
    path = folder / "metrics.parquet"
    wanted, whole = points(read_metrics(path)), path.read_bytes()
    chance = random.Random(f"parquet {change.__name__}")
    refused = 0
    for _ in range(count):
        path.write_bytes(change(whole, chance))
        try:
            assert points(read_metrics(path)) == wanted
        except Untrusted as error:
            assert error.code in REFUSALS  # noqa: PT017
            refused += 1
    assert refused > count // 2


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["sealed.json", "run.json"])
@pytest.mark.parametrize("count", [150, MANY])
def test_no_change_of_a_document_reads_back_as_another_run(
    folder: Path, now: Observer, change: Change, name: str, count: int
) -> None:
    assert seal(folder, now)
    path = folder / name
    if name == "run.json":  # as the SDK writes it
        from strongroom.domain.canonical import decode
        from strongroom.domain.check_member import encode_checked

        path.write_bytes(encode_checked(decode(path.read_bytes(), max_bytes=1 << 20)))
    wanted, whole = comparable(read_state(folder, now)), path.read_bytes()
    chance = random.Random(f"{name} {change.__name__}")
    refused = 0
    for _ in range(count):
        changed = change(whole, chance)
        path.write_bytes(changed)
        try:
            found = comparable(read_state(folder, now))
        except Untrusted as error:
            assert error.code in REFUSALS  # noqa: PT017
            refused += 1
        else:  # a format number that became a newer one: all is as it was, and that is said
            is_newer = [code for code, *_ in found.findings] == ["E-FORMAT"]
            assert found == wanted or (is_newer and replace(found, findings=()) == wanted), changed
    assert refused > count * 0.9
    path.write_bytes(whole)
    assert comparable(read_state(folder, now)) == wanted


def comparable(state: RunState) -> RunState:
    """Returns everything a person sees of a run; NaN is made equal to itself."""
    metrics = {key: repr(summary) for key, summary in state.metrics.items()}
    return replace(state, metrics=metrics, sealed_sha256="")  # type: ignore[arg-type]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("container", ["w-0a0b0c0d.pack", "obj/"])
@pytest.mark.parametrize("count", [200, MANY])
def test_no_change_of_an_artifact_reads_back_as_its_bytes(
    tmp_path: Path, change: Change, container: str, count: int
) -> None:
    chance = random.Random(f"{container} {change.__name__}")
    data = chance.randbytes(700)
    digest = hashlib.sha256(data).hexdigest()
    if container.endswith("/"):
        container += digest
    before = b"SRPACK01" + bytes(8) if container.endswith(".pack") else b""
    path = tmp_path / container
    path.parent.mkdir(exist_ok=True)
    artifact = StoredArtifact(
        path="model.bin", size_bytes=len(data), sha256=digest, container=container,
        offset=len(before),
    )  # fmt: skip
    path.write_bytes(before + data)
    assert b"".join(verified_pieces(tmp_path, artifact)) == data
    refused = 0
    for _ in range(count):
        path.write_bytes(change(before + data, chance))
        try:
            assert b"".join(verified_pieces(tmp_path, artifact)) == data
        except Untrusted as error:
            assert error.code in REFUSALS  # noqa: PT017
            refused += 1
    assert refused > count // 2
