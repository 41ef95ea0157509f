# SPDX-License-Identifier: Apache-2.0
"""The conformance kit as tests see it: its cases, and run folders with a plain journal."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.domain.canonical import encode
from support.checkout import ROOT

KIT = ROOT / "resources" / "intake"
START_US = 1_795_420_800_000_000
RUN = "00112233445566778899aabbccddeeff"
FILE = "w-0a1b2c3d.jsonl"


@dataclass(frozen=True)
class Case:
    """One case of the kit: the run folder, and what a reader has to say of it."""

    name: str
    folder: Path
    expected: dict[str, Any]


def cases() -> list[Case]:
    """Returns every case of the kit."""
    found = []
    for place in sorted((KIT / "cases").iterdir()):
        (folder,) = (each for each in place.iterdir() if each.is_dir())
        found.append(Case(place.name, folder, json.loads((place / "expected.json").read_text())))
    return found


def line(**members: object) -> bytes:
    """Returns one line as a program would write it."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def first_line(run: str = RUN, created: int = START_US, **more: object) -> bytes:
    """Returns the first line of a plain journal."""
    return line(plain=1, run_id=run, created=created, **more)


def end_line(status: str = "FINISHED") -> bytes:
    """Returns the line that ends a run."""
    return line(end=status, time=START_US + 9_000_000)


def plain_run(store: Path, lines: Iterable[bytes], *, run: str = RUN, name: str = "first") -> Path:
    """Writes a run folder with one plain journal; returns the folder."""
    folder = store / "runs" / "2026-11" / run
    folder.mkdir(parents=True)
    facts = {
        "format": 1, "run_id": run, "experiment": "plain", "name": name, "parent": "",
        "started": START_US, "host": "bench", "user": "ada", "source": {},
    }  # fmt: skip
    (folder / "run.json").write_bytes(encode(facts))
    (folder / FILE).write_bytes(b"".join(lines))
    return folder
