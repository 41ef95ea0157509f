# SPDX-License-Identifier: Apache-2.0
"""A training process that was stopped for hours is not dead: what it logs afterwards is kept."""

import os
import signal
from pathlib import Path
from zlib import crc32

import pytest

from strongroom.bootstrap import open_services
from strongroom.domain.clock import FixedClock, SystemClock
from strongroom.domain.errors import Refused
from strongroom.domain.run import RunStatus
from support.forked_work import point
from support.journals import training

HOURS_US = 5 * 3600 * 1_000_000
SCRIPT = """
import strongroom as sr
with sr.start_run("nap") as run:
    for step in range(50):
        sr.log_metric("loss", step * 0.5 - 7, step)
    print(run.run_id, flush=True)
    input()
    for step in range(50, 100):
        sr.log_metric("loss", step * 0.5 - 7, step)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_run_whose_process_sleeps_is_neither_lost_nor_closed_and_goes_on(tmp_path: Path) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    process = training(SCRIPT, store)
    assert process.stdout is not None
    assert process.stdin is not None
    run = process.stdout.readline().strip()
    process.send_signal(signal.SIGSTOP)
    try:
        later = FixedClock(SystemClock().now_us() + HOURS_US)
        services = open_services(store, home, clock=later)
        services.runs.refresh()
        assert not services.runs.show(run).run.is_lost
        with pytest.raises(Refused, match="E-LIVE"):
            services.runs.close(run)
        services.close()
    finally:
        process.send_signal(signal.SIGCONT)
    _, said = process.communicate("\n", timeout=60)
    assert process.returncode == 0, said
    services = open_services(store, home)
    services.runs.refresh()
    assert services.runs.show(run).run.status is RunStatus.FINISHED
    series = services.runs.history(run, "loss")
    assert series.values.tolist() == [point(step) for step in range(100)]
    services.close()


def test_a_process_that_died_is_gone_though_another_one_has_its_number(tmp_path: Path) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    process = training(SCRIPT.replace("input()", "import os; os.kill(os.getpid(), 9)"), store)
    out, _ = process.communicate(timeout=60)
    run = out.strip()
    journal = next((store / "runs").rglob("*.srj"))
    header = bytearray(journal.read_bytes())
    # As if this process had got the number of the dead one.
    header[12:16] = os.getpid().to_bytes(4, "little")
    header[60:64] = crc32(header[:60]).to_bytes(4, "little")
    journal.write_bytes(header)
    later = FixedClock(SystemClock().now_us() + HOURS_US)
    services = open_services(store, home, clock=later)
    services.runs.refresh()
    assert services.runs.show(run).run.is_lost
    services.runs.close(run)
    assert len(services.runs.history(run, "loss")) == 50
    services.close()
