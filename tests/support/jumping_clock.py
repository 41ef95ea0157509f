# SPDX-License-Identifier: Apache-2.0
"""A clock that jumps under a running process: libfaketime stands between it and the kernel.

The process itself sets it, by writing to the file that `SET` names; monotonic time goes on as it
is, as when somebody sets the clock of a real machine.
"""

from pathlib import Path

import pytest

LIBRARIES = tuple(
    f"/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1" for machine in ("x86_64", "aarch64")
)
SET = "JUMPING_CLOCK"
JUMP = f"""
import os, pathlib
def jump(to):
    pathlib.Path(os.environ["{SET}"]).write_text(to)
"""
"""What a script needs to set its clock: ``jump("@1970-01-01 00:01:00")``, ``jump("+0")``."""


def jumping_clock(folder: Path, start: str = "+0") -> dict[str, str]:
    """Returns the variables of a process whose clock can be set; skips where that cannot be."""
    library = next((path for path in LIBRARIES if Path(path).exists()), "")
    if not library:
        pytest.skip("no clock that jumps: libfaketime is not installed (apt install faketime)")
    setting = folder / "clock"
    setting.write_text(start)
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "TZ": "UTC",
        SET: str(setting),
    }
