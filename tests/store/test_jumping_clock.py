# SPDX-License-Identifier: Apache-2.0
"""A clock that jumps to 1970, to 2099 and back, under training and under the store.

Real processes; the clock is set while they run. Points stay whole and in their order, whoever ended
a run last ended it, and the store holds whatever its own clock says.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.bootstrap import open_services
from strongroom.domain.clock import FixedClock, SystemClock
from strongroom.domain.run import RunStatus
from support.catalog_dump import dump
from support.catalog_rows import differences
from support.forked_work import point
from support.journals import trained, training
from support.jumping_clock import JUMP, jumping_clock
from support.no_internet import GUARDED

SECOND = 1_000_000
CLOCKS = (86_400 * SECOND, 4_102_444_798 * SECOND)  # of the store: 1970 and 2099
STARTS = [
    "@2099-12-31 23:59:58",
    pytest.param("@1970-01-02 00:00:00", marks=pytest.mark.slow),
    pytest.param("+0", marks=pytest.mark.slow),
]
COMMAND = [sys.executable, "-m", "strongroom"]
TRAINING = (
    JUMP
    + """
import strongroom as sr
moments = ("@1970-01-02 00:00:00", "@2099-12-31 23:59:58", "+0", "@1999-12-31 23:59:59")
with sr.start_run("clock", name="jumped") as run:
    for step in range(400):
        if step % 50 == 0:
            jump(moments[step // 50 % 4])
        sr.log_metric("loss", step * 0.5 - 7, step)
        if step % 100 == 0:
            sr.log_text(str(step), f"texts/{step}.txt")
            sr.log_note(f"step {step}")
print(run.run_id)
"""
)


@pytest.mark.parametrize("start", STARTS)
def test_a_run_over_which_the_clock_jumps_is_whole_and_ended(tmp_path: Path, start: str) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    run = trained(TRAINING, store, **jumping_clock(tmp_path, start)).strip()
    for now_us in (*CLOCKS, SystemClock().now_us()):
        services = open_services(store, home, clock=FixedClock(now_us))
        try:
            assert services.integrity.verify().findings == ()
            (found,) = services.runs.search().runs
            assert (found.run_id, found.status) == (run, RunStatus.FINISHED)
            series = services.runs.history(run, "loss")
            assert series.steps.tolist() == list(range(400))
            assert series.values.tolist() == [point(step) for step in range(400)]
            detail = services.runs.show(run)
            assert detail.run.is_sealed
            assert detail.notes == tuple(f"step {step}" for step in range(0, 400, 100))
            before = dump(services.runs.catalog)
            services.integrity.rebuild()
            assert differences(before, dump(services.runs.catalog)) == []
        finally:
            services.close()
    environ = {**os.environ, "PYTHONPATH": GUARDED, **jumping_clock(tmp_path, start)}
    given = {"STRONGROOM_STORE": str(store), "STRONGROOM_HOME": str(home)}
    said = subprocess.run(
        [*COMMAND, "verify"], check=False, env=environ | given, capture_output=True, text=True
    )
    assert said.returncode == 0, said


KILLED = (
    JUMP
    + """
import os, signal
import strongroom as sr
sr.start_run("clock", name="resumed", run_id="ab" * 16)
for step in range(10):
    sr.log_metric("loss", step * 0.5 - 7, step)
os.kill(os.getpid(), signal.SIGTERM)
"""
)
RESUMED = """
import strongroom as sr
with sr.start_run("clock", run_id="ab" * 16):
    sr.set_tag("who", "the second")
    for step in range(10, 20):
        sr.log_metric("loss", step * 0.5 - 7, step)
"""


def test_a_run_resumed_after_the_clock_was_set_back_ends_as_its_last_process_did(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    first = training(KILLED, store, **jumping_clock(tmp_path, "@2099-06-01 12:00:00"))
    first.communicate(timeout=60)
    trained(RESUMED, store, **jumping_clock(tmp_path, "@2026-06-01 12:00:00"))
    services = open_services(store, tmp_path / "home")
    try:
        services.runs.refresh()
        detail = services.runs.show("ab" * 16)
        assert detail.run.status is RunStatus.FINISHED
        assert not detail.run.is_lost
        assert detail.run.tags == {"who": "the second"}
        series = services.runs.history("ab" * 16, "loss")
        assert series.values.tolist() == [point(step) for step in range(20)]
    finally:
        services.close()
