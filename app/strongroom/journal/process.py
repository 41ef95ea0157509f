# SPDX-License-Identifier: Apache-2.0
"""What the processes of a run say of themselves: host, and which of several ranks they are.

* A run of one process says nothing of it: ``run.json`` has the host.
* What a file says is taken as far as it can be true; the rest of it is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from strongroom.domain.canonical import MAX_INTEGER, JsonValue
from strongroom.domain.run import RunProcess, RunStatus

MAX_WORD = 256  # characters of a host's or launcher's name that are kept


def process_of(body: Mapping[str, Any], pid: int) -> RunProcess:
    """Returns the process that a journal's record tells of."""
    return RunProcess(
        host=_word(body.get("host")),
        pid=pid,
        rank=_count(body.get("rank")),
        world=_count(body.get("world")),
        local_rank=_count(body.get("local_rank")),
        launcher=_word(body.get("launcher")),
        is_child=body.get("is_child") is True,
        status=_status(body.get("status")),
    )


def as_document(process: RunProcess) -> dict[str, JsonValue]:
    """Returns a process as ``sealed.json`` keeps it; what is not known is left out."""
    found: dict[str, JsonValue] = {
        "host": process.host,
        "rank": process.rank,
        "world": process.world,
        "local_rank": process.local_rank,
        "launcher": process.launcher,
        "status": process.status.value if process.status is not None else None,
    }
    return {"pid": process.pid} | {
        key: each for key, each in found.items() if each not in {None, ""}
    }


def in_order(processes: Iterable[RunProcess]) -> tuple[RunProcess, ...]:
    """Returns processes by rank, those of one rank as they began; forked children are left out."""
    own = [each for each in processes if not each.is_child]
    return tuple(sorted(own, key=lambda each: -1 if each.rank is None else each.rank))


def _word(value: object) -> str:
    return value[:MAX_WORD] if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_INTEGER else None


def _status(value: object) -> RunStatus | None:
    return next((status for status in RunStatus if status == value), None)
