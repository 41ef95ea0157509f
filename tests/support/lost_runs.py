# SPDX-License-Identifier: Apache-2.0
"""Runs that lost contact, made as they come about: a real process, killed."""

import os
import signal
from pathlib import Path

from support.journals import training

SCRIPT = """
import time
import strongroom as sr
run = sr.start_run("churn", name="{name}")
for step in range(20):
    sr.log_metric("loss", 1 / (step + 1), step)
print("ready", flush=True)
time.sleep(60)
"""


def killed(store: Path, *names: str) -> None:
    """Trains in real processes at once and kills each while it has the run open."""
    processes = [training(SCRIPT.format(name=name), store) for name in names]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
