# SPDX-License-Identifier: Apache-2.0
"""A double click on a one-file bundle opens the import wizard, for the person who asked for it.

* Only files of this person are written, in the folders the desktop reads; no right is needed.
* Asked again it changes nothing; undone it leaves nothing behind.
* What these files say comes from the product alone; a path that would mean something else to a
  desktop is quoted as its specification says.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.errors import BadInput
from strongroom.domain.resources import resource
from strongroom.store.faults import explained

MIME_TYPE = "application/vnd.strongroom.bundle"
_ENTRY, _KIND = "strongroom.desktop", "strongroom-bundle.xml"
_DEFAULTS = "[Default Applications]"
_TOOL_SECONDS = 30  # a desktop with thousands of programs reads them in two
_KEY = r"Software\Classes"
_PROGRAM_ID = "Strongroom.Bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Whether bundles open here by a double click, and which files say so."""

    is_on: bool
    files: tuple[str, ...]


def associate(
    *,
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    command: Sequence[str] = (),
) -> Association:
    """Makes a double click on a bundle open it in this installation.

    Args:
        environ: Where the person's folders are.
        platform: Whose manners are followed.
        command: How this program is started, unless as it is running.

    Raises:
        BadInput: ``E-USAGE`` on a system whose desktop takes this from an installer only.
        EnvironmentFault: ``E-SHARE``, ``E-FULL``.
    """
    words = tuple(command) or (sys.executable, "-m", "strongroom")
    if platform == "win32":
        return _in_registry(words)
    _check_free_desktop(platform)
    entry, kind = _places(environ)
    text = resource("association", _ENTRY).read_text("utf-8")
    icon = str(resource("icons", "vault.svg"))
    filled = text.replace("@COMMAND@", " ".join(map(_quoted, words))).replace("@ICON@", icon)
    with explained(entry.parent):
        for path, data in (
            (entry, filled.encode()),
            (kind, resource("association", _KIND).read_bytes()),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        _choose(_choices(environ), is_on=True)
    _tell_desktop(entry, kind)
    return Association(is_on=True, files=(str(entry), str(kind)))


def dissociate(
    *, environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Association:
    """Undoes `associate`; raises as it does."""
    if platform == "win32":
        return _out_of_registry()
    _check_free_desktop(platform)
    entry, kind = _places(environ)
    with explained(entry.parent):
        removed = [path for path in (entry, kind) if path.exists()]
        for path in removed:
            path.unlink()
        _choose(_choices(environ), is_on=False)
    _tell_desktop(entry, kind)
    return Association(is_on=False, files=tuple(map(str, removed)))


def _places(environ: Mapping[str, str]) -> tuple[Path, Path]:
    named = environ.get("XDG_DATA_HOME")
    data = Path(named) if named else Path.home() / ".local" / "share"
    return data / "applications" / _ENTRY, data / "mime" / "packages" / _KIND


def _choices(environ: Mapping[str, str]) -> Path:
    """Returns the file in which a person's desktop notes what opens with what."""
    named = environ.get("XDG_CONFIG_HOME")
    return (Path(named) if named else Path.home() / ".config") / "mimeapps.list"


def _choose(path: Path, *, is_on: bool) -> None:
    """Adds our one line to that file, or takes it out; every other line stays as it is."""
    ours = f"{MIME_TYPE}={_ENTRY};"
    try:
        before = path.read_text("utf-8", "surrogateescape").split("\n")
    except FileNotFoundError:
        before = []
    lines = [line for line in before if line.strip() != ours]
    if is_on:
        if _DEFAULTS not in lines:
            lines = [*lines, _DEFAULTS] if any(lines) else [_DEFAULTS, ""]
        lines.insert(lines.index(_DEFAULTS) + 1, ours)
    elif [line for line in lines if line] == [_DEFAULTS]:
        lines = []
    if lines != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, "\n".join(lines).encode("utf-8", "surrogateescape"))


def _quoted(word: str) -> str:
    """Returns a word of ``Exec`` as the Desktop Entry Specification wants it."""
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in word).replace("%", "%%")
    # The value is a string of the file as well, in which a backslash is doubled once more.
    return f'"{escaped}"'.replace("\\", "\\\\")


def _tell_desktop(entry: Path, kind: Path) -> None:
    """Lets the desktop read the folders again; where a tool is missing it does so by itself."""
    for tool, folder in (
        ("update-mime-database", kind.parent.parent),
        ("update-desktop-database", entry.parent),
    ):
        program = shutil.which(tool)
        if program is None or not folder.is_dir():
            continue
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - a tool of the desktop on the person's own folder
                [program, str(folder)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_TOOL_SECONDS,
            )


def _check_free_desktop(platform: str) -> None:
    if platform == "darwin":
        raise BadInput(
            "E-USAGE",
            "On macOS only an installed application can be asked for a kind of file",
            "Open bundles with: strongroom FILE.strongbundle.",
        )


def _in_registry(words: Sequence[str]) -> Association:
    import winreg  # type: ignore[import-not-found,unused-ignore]

    line = f'{subprocess.list2cmdline(words)} "%1"'
    values = {
        rf"{_KEY}\.strongbundle": _PROGRAM_ID,
        rf"{_KEY}\{_PROGRAM_ID}": "Strongroom bundle",
        rf"{_KEY}\{_PROGRAM_ID}\shell\open\command": line,
    }
    for key, value in values.items():
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:  # type: ignore[attr-defined,unused-ignore]
            winreg.SetValueEx(opened, "", 0, winreg.REG_SZ, value)  # type: ignore[attr-defined,unused-ignore]
    return Association(is_on=True, files=tuple(values))


def _out_of_registry() -> Association:
    import winreg  # type: ignore[import-not-found,unused-ignore]

    removed = []
    for part in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
        with suppress(OSError):
            key = rf"{_KEY}\{_PROGRAM_ID}{part}"
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)  # type: ignore[attr-defined,unused-ignore]
            removed.append(key)
    with suppress(OSError):
        key = rf"{_KEY}\.strongbundle"
        winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)  # type: ignore[attr-defined,unused-ignore]
        removed.append(key)
    return Association(is_on=False, files=tuple(removed))
