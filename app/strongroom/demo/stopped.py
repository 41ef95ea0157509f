# SPDX-License-Identifier: Apache-2.0
"""A training in a process of its own that is stopped from outside, as a scheduler would do it.

* `run_until_stopped` starts this module as a program, waits for real epochs, and sends SIGTERM.
* Where there is no SIGTERM the process just ends; whoever fills the store closes the run.
"""

import subprocess
import sys
from pathlib import Path

from strongroom.domain.errors import EnvironmentFault

EPOCHS_HEARD = 25


def run_until_stopped(*, name: str, store: Path, owner: str) -> None:
    """Trains in another process and stops it after some epochs.

    Raises:
        EnvironmentFault: ``E-STORE`` if the process ended by itself.
    """
    module = "strongroom.demo.stopped"
    command = [
        sys.executable,
        "-P",
        "-m",
        module,
        name,
        str(store),
        owner,
    ]  # -P: never from the cwd
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        heard = 0
        for _line in process.stdout or ():
            heard += 1
            if heard == EPOCHS_HEARD:
                process.terminate()
                break
        said = (process.communicate()[1] or "").strip()
    if heard < EPOCHS_HEARD:
        last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
        raise EnvironmentFault(
            "E-STORE",
            f"A training of the demo ended by itself: {last[:200]}",
            "Check that the store's disk has room, then run: strongroom demo.",
        )


def main(arguments: list[str]) -> None:
    """Trains until somebody stops it, with a line on standard output for each epoch."""
    from strongroom.demo.plans import ENDLESS
    from strongroom.demo.training import train

    name, store, owner = arguments
    train(
        ENDLESS,
        name=name,
        store=Path(store),
        owner=owner,
        on_epoch=lambda epoch: print(epoch, flush=True),  # noqa: T201 - heard by the parent
    )


if __name__ == "__main__":
    main(sys.argv[1:])
