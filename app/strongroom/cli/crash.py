# SPDX-License-Identifier: Apache-2.0
"""A bug of ours: kept in a file for whoever mends it, said in one line to whoever met it."""

import os
import time
import traceback
from pathlib import Path

from strongroom.domain.errors import StrongroomError
from strongroom.domain.places import default_home

CODE = "E-BUG"
FOLDER = "crashes"


def saved(error: Exception, home: Path | None = None) -> StrongroomError:
    """Returns what to tell, after writing the traceback into the home's ``crashes`` folder."""
    told = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
    return StrongroomError(
        CODE,
        f"Strongroom failed in a way nobody foresaw: {told}",
        f"{_kept(error, home or default_home())} What you logged is safe; to check it, run:"
        " strongroom doctor, strongroom verify.",
    )


def _kept(error: Exception, home: Path) -> str:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = home / FOLDER / f"{stamp}-{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return "STRONGROOM_DEBUG=1 shows the details."
    return f"The details are in {path}."
