# SPDX-License-Identifier: Apache-2.0
"""Where things are when nobody says otherwise (formats.md F3), without third-party code.

A training script and the window meet in the same default store because both ask this module.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SETTINGS_FILE = "settings.toml"
POLICY_FILE = "policy.toml"
PROJECT_FILE = "strongroom.toml"


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


def settings_file(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the file of a person's settings: in the named home, else where the system has them.

    Settings belong to whoever sits here, not to the person of a store: without
    ``STRONGROOM_HOME`` the demo's people share one's own.
    """
    named = environ.get("STRONGROOM_HOME")
    if named:
        return Path(named) / SETTINGS_FILE
    if platform == "win32":
        roaming = environ.get("APPDATA")
        root = Path(roaming) if roaming else Path.home() / "AppData" / "Roaming"
        return root / "strongroom" / SETTINGS_FILE
    if platform == "darwin":
        return data_root(environ, platform) / SETTINGS_FILE
    xdg = environ.get("XDG_CONFIG_HOME")
    return (Path(xdg) if xdg else Path.home() / ".config") / "strongroom" / SETTINGS_FILE


def policy_file(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the file by which whoever runs this machine sets and locks settings.

    Fixed for each system: a variable that moved it would unlock what it locks. On Windows
    ``ProgramData`` is the system's own.
    """
    if platform == "win32":
        return Path(environ.get("PROGRAMDATA") or r"C:\ProgramData") / "strongroom" / POLICY_FILE
    if platform == "darwin":
        return Path("/Library/Application Support/strongroom") / POLICY_FILE
    return Path("/etc/strongroom") / POLICY_FILE


def project_file(folder: Path) -> Path | None:
    """Returns the ``strongroom.toml`` of the project a folder lies in, None outside of one."""
    for each in (folder, *folder.parents):
        if (each / PROJECT_FILE).is_file():
            return each / PROJECT_FILE
    return None


def state_root(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the per-user folder of logs and crash marks, which is safe to delete."""
    if platform in {"win32", "darwin"}:
        return data_root(environ, platform) / "state"
    xdg = environ.get("XDG_STATE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".local" / "state") / "strongroom"


def cache_root(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Returns the per-user folder of what is made again when it is gone."""
    if platform == "win32":
        return data_root(environ, platform) / "cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "strongroom"
    xdg = environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "strongroom"
