# SPDX-License-Identifier: Apache-2.0
"""Which packages are installed, as pip would freeze them, in a millisecond or two.

* Names and versions are read off the names of the folders that installers leave behind
  (``numpy-2.1.0.dist-info``): no file is opened for the many, one for those put in by hand.
* What stands first on ``sys.path`` hides what comes after it, as it does for an import.
* The answer is kept until a folder changes.
"""

import json
import os
import re
import sys
from pathlib import Path

from strongroom.sdk.work_tree import without_credentials

MAX_PACKAGES = 5_000
MAX_METADATA_BYTES = 64 << 10
_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+?)(-py\d[\d.]*)?\.(dist|egg)-info$")
_LOOSE = re.compile(r"(?P<name>[A-Za-z0-9][\w.]*)\.egg-info$")

_Stamp = tuple[tuple[str, int], ...]
_known: tuple[_Stamp, dict[str, str]] | None = None


def installed() -> dict[str, str]:
    """Returns name and version of each installed package, sorted by name.

    Names are normalised (PEP 503). A package that was not put in from an index has where it came
    from behind its version, as a comment.
    """
    global _known  # noqa: PLW0603 - one process has one set of packages
    folders = [Path(entry) for entry in dict.fromkeys(sys.path) if entry]
    stamp = tuple((str(folder), changed) for folder in folders if (changed := _changed(folder)))
    if _known is None or _known[0] != stamp:
        found: dict[str, str] = {}
        for name, _ in stamp:
            _add_folder(Path(name), found)
        _known = stamp, dict(sorted(found.items()))
    return _known[1]


def requirements() -> str:
    """Returns the installed packages as the text of a ``requirements.txt``."""
    return "".join(f"{name}=={version}\n" for name, version in installed().items())


def normalised(name: str) -> str:
    """Returns the one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _add_folder(folder: Path, found: dict[str, str]) -> None:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith("-info"))
    except OSError:
        return
    for file in names:
        match = _INFO.match(file)
        loose = None if match else _LOOSE.match(file)
        name = normalised((match or loose or {"name": ""})["name"])
        if not name or name in found or len(found) >= MAX_PACKAGES:
            continue
        version = match["version"] if match else _version_inside(folder / file)
        if version:
            found[name] = version + _origin(folder / file)


def _version_inside(info: Path) -> str:
    for path in (info / "PKG-INFO", info):
        match = re.search(r"^Version: (\S{1,100})\s*$", _text(path), re.MULTILINE)
        if match:
            return match[1]
    return ""


def _origin(info: Path) -> str:
    """Returns the comment of a package that came from a folder or a repository (PEP 610)."""
    text = _text(info / "direct_url.json")
    try:
        told = json.loads(text) if text else {}
        url = without_credentials(str(told.get("url", "")))
        commit = str(told.get("vcs_info", {}).get("commit_id", ""))
        is_editable = told.get("dir_info", {}).get("editable") is True
    except (ValueError, AttributeError, RecursionError):
        return ""
    if not url:
        return ""
    words = f"{url}@{commit}" if commit else url
    shown = "".join(each for each in words if each.isprintable())[:300]
    return f"  # from {shown}{', editable' if is_editable else ''}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_METADATA_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
