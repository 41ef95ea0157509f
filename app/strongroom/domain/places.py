# SPDX-License-Identifier: Apache-2.0
"""Where things are when nobody says otherwise (formats.md F3), without third-party code.

A training script and the window meet in the same default store because both ask this module.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def data_root(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the per-user folder that holds the default home and the default store."""
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "strongroom"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "strongroom"
    xdg = environ.get("XDG_DATA_HOME")
    return (Path(xdg) if xdg else Path.home() / ".local" / "share") / "strongroom"


def default_store(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the store that is used without ``--store``: ``STRONGROOM_STORE`` or the default."""
    named = environ.get("STRONGROOM_STORE")
    return Path(named) if named else data_root(environ) / "store"


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the folder of identities and settings: ``STRONGROOM_HOME`` or the default."""
    named = environ.get("STRONGROOM_HOME")
    return Path(named) if named else data_root(environ) / "home"
