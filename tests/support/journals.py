# SPDX-License-Identifier: Apache-2.0
"""Run folders for tests, written by the real writer, and training scripts in real processes."""

import os
import subprocess
import sys
from pathlib import Path

from strongroom.domain.canonical import encode
from strongroom.journal.gathering import Gathered
from strongroom.journal.pulse import Pulse
from strongroom.journal.reader import JournalTail
from strongroom.journal.series import Series
from strongroom.journal.writer import JournalWriter
from support.no_internet import GUARDED

RUN_ID = "0123456789abcdef" * 2
QUIET = Pulse(interval_s=60.0)
"""One thread for all journals of the tests; it stays out of the way."""


def run_folder(root: Path, run_id: str = RUN_ID) -> Path:
    """Makes a run folder with its run.json and returns it."""
    folder = root / "runs" / "2026-11" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "format": 1,
        "run_id": run_id,
        "experiment": "churn",
        "name": "first",
        "parent": "",
        "started": 1_700_000_000_000_000,
        "host": "bench-3",
        "user": "ada",
        "source": {},
    }
    (folder / "run.json").write_bytes(encode(facts))
    return folder


def journal_writer(folder: Path, run_id: str = RUN_ID) -> JournalWriter:
    """Opens a journal nobody syncs or beats for."""
    return JournalWriter(folder, run_id, random_bytes=os.urandom, pulse=QUIET)


def training(script: str, store: Path, **environ: str) -> "subprocess.Popen[str]":
    """Starts a script in its own interpreter with a store of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": GUARDED,
            "STRONGROOM_STORE": str(store),
            "HOME": str(store),
            "STRONGROOM_CAPTURE": "none",  # what the script logs, and nothing beside it
            **environ,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def trained(script: str, store: Path, **environ: str) -> str:
    """Runs a script to its end; returns what it printed and fails if it failed."""
    process = training(script, store, **environ)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def only_run(store: Path) -> Path:
    """Returns the folder of the one run in a store."""
    (folder,) = (store / "runs").glob("*/*")
    return folder


def polled(tail: JournalTail) -> dict[str, Series]:
    """Returns the points a tail has to give, by metric."""
    found = Gathered()
    tail.poll(found)
    return found.series()
