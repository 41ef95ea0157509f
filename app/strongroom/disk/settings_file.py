# SPDX-License-Identifier: Apache-2.0
"""One TOML file of settings: read strictly, changed line by line, so that comments stay.

* Keys nobody knows stay as they are; a newer version may have written them.
* A file that cannot be read is never written over. A change is checked by reading the new text
  back: it has to say what was wanted and nothing else differently.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.domain.setting import SETTINGS, Setting, SettingValue, setting

LARGEST = 256 * 1024  # bytes; a person wrote it
_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(#.*)?")
_ANY_TABLE = re.compile(r"\s*\[")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfSettings:
    """What a file says.

    Attributes:
        values: The values that hold, by key.
        problems: One sentence for each entry that does not, and for a file that cannot be read.
        locked: Keys that nobody else may set; only read from a policy.
        reason: Why, as the policy says it.
        is_readable: False if the file is there and cannot be understood.
    """

    values: Mapping[str, SettingValue] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    locked: frozenset[str] = frozenset()
    reason: str = ""
    is_readable: bool = True


def read_settings(path: Path, *, is_policy: bool = False) -> FileOfSettings:
    """Reads a file; one that is not there says nothing.

    Args:
        path: The file.
        is_policy: It may lock: ``locked = ["appearance.theme"]`` and ``reason = "…"``.
    """
    try:
        text = _text(path)
    except OSError as error:
        told = f"{path} cannot be read: {error.strerror or error}"
        return FileOfSettings(problems=(told,), is_readable=False)
    except (ValueError, RecursionError) as error:
        return FileOfSettings(problems=(f"{path}: {error}",), is_readable=False)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        told = f"{path} is not TOML and is ignored: {error}"
        return FileOfSettings(problems=(told,), is_readable=False)
    values, problems = _values(document, path)
    if not is_policy:
        return FileOfSettings(values=values, problems=tuple(problems))
    names = document.get("locked", [])
    named = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    problems += [f"{path}: there is no {name} to lock" for name in named if setting(name) is None]
    reason = document.get("reason", "")
    return FileOfSettings(
        values=values,
        problems=tuple(problems),
        locked=frozenset(name for name in named if setting(name) is not None),
        reason=reason[:300] if isinstance(reason, str) else "",
    )


def write_setting(path: Path, chosen: Setting, value: SettingValue | None) -> None:
    """Writes one value into a file, or takes it out; the rest of the text stays.

    Raises:
        BadInput: ``E-SETTING`` if the file cannot be read, or is written in a way that one line
            cannot change.
        EnvironmentFault: ``E-FULL``, ``E-STORE`` if it cannot be written.
    """
    try:
        before = _text(path)
        old = tomllib.loads(before)
    except (OSError, ValueError, RecursionError) as error:
        raise _by_hand(path, chosen.key) from error
    text = _changed(before, chosen, value)
    try:
        new = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _by_hand(path, chosen.key) from error
    if not _says_what_was_wanted(old, new, chosen, value):
        raise _by_hand(path, chosen.key)
    if text != before:
        _write(path, text)


def _text(path: Path) -> str:
    """Returns the text of a file, "" if there is none.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is too long or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if len(data) > LARGEST:
        raise ValueError("it is too long for a file of settings")
    return data.decode("utf-8-sig")


def _values(
    document: Mapping[str, object], path: Path
) -> tuple[dict[str, SettingValue], list[str]]:
    values: dict[str, SettingValue] = {}
    problems = []
    for each in SETTINGS:
        table = document.get(each.section)
        if not isinstance(table, dict) or each.name not in table:
            continue
        found = table[each.name]
        if each.accepts(found):
            values[each.key] = found
        else:
            problems.append(f"{path}: {each.key} has to be {each.expected()}; it is ignored")
    return values, problems


def _changed(text: str, chosen: Setting, value: SettingValue | None) -> str:
    """Returns the text with one line changed, added or taken out."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = re.split(r"\r?\n", text)
    if lines[-1] == "":
        lines.pop()
    start, end = _table_span(lines, chosen.section)
    at = _line_of(lines, start, end, chosen.name)
    if value is None:
        if at is not None:
            del lines[at]
    elif at is not None:
        lines[at] = _with_value(lines[at], _spelled(value))
    elif start is not None:
        while end > start and not lines[end - 1].strip():
            end -= 1
        lines.insert(end, f"{chosen.name} = {_spelled(value)}")
    else:
        if lines and lines[-1].strip():
            lines.append("")
        lines += [f"[{chosen.section}]", f"{chosen.name} = {_spelled(value)}"]
    return newline.join(lines) + newline if lines else ""


def _table_span(lines: list[str], section: str) -> tuple[int | None, int]:
    """Returns the first line after a table's head and the line of the next head."""
    start = None
    for number, line in enumerate(lines):
        head = _TABLE.fullmatch(line)
        if start is None and head and head[1] == section:
            start = number + 1
        elif start is not None and _ANY_TABLE.match(line):
            return start, number
    return start, len(lines)


def _line_of(lines: list[str], start: int | None, end: int, name: str) -> int | None:
    if start is None:
        return None
    wanted = re.compile(rf"\s*{re.escape(name)}\s*=")
    return next((at for at in range(start, end) if wanted.match(lines[at])), None)


def _with_value(line: str, spelled: str) -> str:
    """Returns the line with another value; a comment behind it stays."""
    head, _, rest = line.partition("=")
    quoted = re.match(r"\s*(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^#]*?)(\s*#.*)?$", rest)
    comment = quoted[2] if quoted and quoted[2] else ""
    return f"{head.rstrip()} = {spelled}{comment}"


def _spelled(value: SettingValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return f'"{value}"'  # a word of a closed list: nothing to escape


def _says_what_was_wanted(
    old: dict[str, object], new: dict[str, object], chosen: Setting, value: SettingValue | None
) -> bool:
    """Returns whether only the one value differs."""
    return _without(old, chosen) == _without(new, chosen) and _value_of(new, chosen) == value


def _value_of(document: Mapping[str, object], chosen: Setting) -> object:
    table = document.get(chosen.section)
    return table.get(chosen.name) if isinstance(table, dict) else None


def _without(document: dict[str, object], chosen: Setting) -> dict[str, object]:
    table = document.get(chosen.section)
    rest = {key: entry for key, entry in document.items() if key != chosen.section}
    if not isinstance(table, dict):
        return document
    kept = {key: entry for key, entry in table.items() if key != chosen.name}
    return {**rest, chosen.section: kept} if kept else rest


def _by_hand(path: Path, key: str) -> BadInput:
    return BadInput(
        "E-SETTING",
        f"{path} is written in a way that {key} cannot be changed in",
        "Open the file in an editor, change it there, and look with: strongroom settings list.",
    )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise EnvironmentFault(
            "E-FULL" if error.errno == 28 else "E-STORE",
            f"{path} cannot be written: {error.strerror or error}",
            "Free space, or look at the rights of the folder.",
        ) from error
