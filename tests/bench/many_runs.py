"""Writes many finished runs fast: the bytes the library writes, without waiting for the disk."""

import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

from strongroom.domain.canonical import encode
from strongroom.journal.layout import Header, Kind, pack_header, pack_metric, pack_other
from strongroom.journal.writer import boot_id


def write_runs(store: Path, count: int, *, params: int = 20, metrics: int = 10) -> None:
    """Writes runs as `start_run` does, one journal each, in ten experiments."""
    chance = random.Random(7)
    today = datetime.fromtimestamp(time.time(), tz=UTC)
    month = store / "runs" / today.strftime("%Y-%m")
    month.mkdir(parents=True)
    boot = boot_id()
    for number in range(count):
        run_id, writer = chance.randbytes(16).hex(), chance.randbytes(8).hex()
        now_us = time.time_ns() // 1000
        folder = month / run_id
        folder.mkdir()
        facts = {"host": "bench", "user": "bench", "parent": "", "source": {"cwd": str(store)}}
        names = {"experiment": f"experiment-{number % 10}", "name": f"run-{number}"}
        (folder / "run.json").write_bytes(
            encode({"format": 1, "run_id": run_id, "started": now_us, **names, **facts})
        )
        header = Header(
            run_id=run_id, writer=writer, pid=os.getpid(), created_us=now_us, boot_id=boot
        )
        records = [pack_header(header), pack_other(Kind.STATUS, {"status": "RUNNING"})]
        for index in range(params):
            body = {"key": f"p{index}", "value": f"v{chance.randrange(8)}"}
            records.append(pack_other(Kind.PARAM, body))
        for index in range(1, metrics + 1):
            records.append(pack_other(Kind.KEY, {"id": index, "name": f"m{index - 1}"}))
            records.append(pack_metric(index, 1, now_us, chance.random()))
        end = {"status": "FINISHED", "time": now_us, "lost": {}}
        records.append(pack_other(Kind.END, end))
        (folder / f"w-{writer[:8]}.srj").write_bytes(b"".join(records))
