# SPDX-License-Identifier: Apache-2.0
"""Runs at random over the keys and texts of `support.filters`, the same for the same seed."""

import math
import random

from strongroom.domain.run import MetricSummary, RunStatus
from strongroom.journal.content import StoredArtifact
from strongroom.store.run_state import RunState
from support.filters import KEYS, NUMBERS, STATUSES, TEXTS, TIMES

PATHS = ["model/MLmodel", "a.txt", "adam", "plot.png", "1"]


def some_runs(count: int, seed: int) -> list[RunState]:
    chance = random.Random(seed)
    return [_some_run(chance, number) for number in range(count)]


def _some_run(chance: random.Random, number: int) -> RunState:
    def texts() -> dict[str, str]:
        return {key: chance.choice(TEXTS) for key in KEYS if chance.random() < 0.6}

    started = int(chance.choice(TIMES))
    facts = ("name", "digest", "context")
    return RunState(
        run_id=f"{number:032x}",
        experiment=chance.choice(["é", "it's", "plain"]),
        name=chance.choice(TEXTS),
        parent="",
        status=RunStatus(chance.choice(STATUSES)),
        started_us=started,
        ended_us=chance.choice([None, started + 2_000_000, started - 5]),
        host=chance.choice(TEXTS),
        user="ada",
        source={},
        is_deleted=chance.random() < 0.1,
        is_archived=chance.random() < 0.1,
        is_lost=False,
        is_sealed=True,
        is_live=False,
        sealed_sha256="",
        params=texts(),
        tags=texts(),
        metrics={key: _some_summary(chance) for key in KEYS if chance.random() < 0.6},
        artifacts=_some_artifacts(chance),
        inputs=tuple(
            {fact: chance.choice(TEXTS) for fact in facts} for _ in range(chance.randrange(3))
        ),
        notes=(),
        lost={},
        findings=(),
        month="2026-11",
    )


def _some_summary(chance: random.Random) -> MetricSummary:
    points = [chance.choice([*NUMBERS, math.nan]) for _ in range(chance.randrange(1, 4))]
    numbers = [point for point in points if not math.isnan(point)] or [math.nan]
    return MetricSummary(
        count=len(points),
        last=points[-1],
        last_step=len(points),
        minimum=min(numbers),
        maximum=max(numbers),
    )


def _some_artifacts(chance: random.Random) -> tuple[StoredArtifact, ...]:
    return tuple(
        StoredArtifact(path=path, size_bytes=1, sha256=chance.choice(TEXTS), container="", offset=0)
        for path in PATHS
        if chance.random() < 0.4
    )
