# SPDX-License-Identifier: Apache-2.0
"""What keeping and taking out files costs (goal F), beside cp and sha256sum in the same run.

Small files go into a pack, a large one under its digest; each is read once, hashed on the way and
durable before the call returns. The least is what cp and sha256sum take for the same files, which
make nothing durable.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import pytest

import strongroom as sr
from strongroom.bootstrap import open_services
from support.figures import Figure, report

SMALL = 2_000  # bytes of a small file
ROUNDS = 3
WHY_LARGE = "Both write the file once; ours waits until the disk has it (fsync), cp does not."


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@pytest.mark.parametrize("count", [1_000, 10_000, 100_000])
def test_small_files(tmp_path: Path, count: int, is_big: bool, sized: Callable[[int], int]) -> None:
    if count > 10_000 and not is_big:
        pytest.skip("a hundred thousand files: --big")
    files = sized(count)
    source = tmp_path / "source"
    for number in range(files):
        path = source / f"{number // 500:03}" / f"{number:06}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(SMALL))
    kept, least, made = [], [], []
    for number in range(ROUNDS):
        with sr.start_run("files", store=tmp_path / "store") as run:
            kept.append(seconds(partial(sr.log_artifact, source, "data")))
            made.append(run.run_id)
        assert not run.losses.counts
        copy = tmp_path / f"copy-{number}"
        least.append(seconds(partial(_cp_and_sha256, source, copy)))
        shutil.rmtree(copy)
    services = open_services(tmp_path / "store", tmp_path / "home")
    sealing = seconds(services.runs.refresh)
    out = seconds(partial(services.artifacts.get, made[-1], "data", tmp_path / "out"))
    assert sum(1 for path in (tmp_path / "out").rglob("*.bin")) == files
    services.close()
    name = f"{files:,} small files"
    report(
        Figure(f"{name}: kept as artifacts", files / median(kept), "files/s",
               "≥ 15,000 files/s" if count == 10_000 else "",
               f"{files / median(least):,.0f} files/s, cp and sha256sum",
               "Every file is opened, read and hashed by itself before it goes into the pack."),
        Figure(f"{name}: taken out again, verified", files / out, "files/s", "",
               f"{files / median(least):,.0f} files/s, cp and sha256sum"),
        Figure(f"{name}: discovered and sealed, {ROUNDS} runs of them", sealing, "s", ""),
    )  # fmt: skip


@pytest.mark.parametrize("megabytes", [32, 256, 2_048])
def test_a_large_file(
    tmp_path: Path, megabytes: int, is_big: bool, sized: Callable[[int], int]
) -> None:
    if megabytes > 256 and not is_big:
        pytest.skip("2 GB three times over: --big")
    size = sized(megabytes << 20)
    source = tmp_path / "weights.bin"
    with source.open("wb") as stream:
        for start in range(0, size, 1 << 20):
            stream.write(os.urandom(min(1 << 20, size - start)))
    ours, least, synced = [], [], []
    for number in range(ROUNDS):
        copy = tmp_path / f"copy-{number}"
        least.append(seconds(partial(_cp_and_sha256, source, copy)))
        copy.unlink()
        synced.append(seconds(partial(_cp_and_sha256, source, copy, is_synced=True)))
        copy.unlink()
        store = tmp_path / f"store-{number}"
        with sr.start_run("large", store=store) as run:
            ours.append(seconds(partial(sr.log_artifact, source)))
        assert not run.losses.counts
        shutil.rmtree(store)
    name = f"one file of {size >> 20:,} MB"
    share = median([base / mine for base, mine in zip(least, ours, strict=True)])
    of_synced = median([base / mine for base, mine in zip(synced, ours, strict=True)])
    report(
        Figure(f"{name}: cp + sha256sum ÷ ours", share, "times", "≥ 0.8 times",
               f"{median(least):.2f} s, cp + sha256sum", WHY_LARGE),
        Figure(f"{name}: cp + sync + sha256sum ÷ ours", of_synced, "times", ""),
        Figure(f"{name}: kept as an artifact", median(ours), "s", ""),
    )  # fmt: skip


def _cp_and_sha256(source: Path, target: Path, *, is_synced: bool = False) -> None:
    subprocess.run(["cp", "-r", source, target], check=True)
    if is_synced:
        subprocess.run(["sync", target], check=True)
    files = [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]
    names = b"\0".join(os.fsencode(path) for path in files)
    subprocess.run(["xargs", "-0", "sha256sum"], input=names, check=True, stdout=subprocess.DEVNULL)
