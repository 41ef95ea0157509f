# SPDX-License-Identifier: Apache-2.0
"""What of two runs can be looked at side by side: texts about them, and their files.

* Each entry says whether both have it and whether it is the same; equal files are equal digests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from strongroom.desktop.compare.folders import File, Folder, tree_of
from strongroom.desktop.kit.cells import Group, Line, Row, TextCell
from strongroom.desktop.kit.shown import shown
from strongroom.domain.comparison import ComparedRow, ComparedRuns, Section, is_equal
from strongroom.services.run_texts import TextKind

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

State = Literal["same", "differs", "left", "right", "unread"]
TEXTS = (
    (TextKind.PARAMS, "Parameters", Section.PARAMS),
    (TextKind.TAGS, "Tags", Section.TAGS),
    (TextKind.NOTES, "Notes", None),
    (TextKind.SOURCE, "Source", Section.SOURCE),
    (TextKind.ENVIRONMENT, "Requirements", None),
    (TextKind.PATCH, "Difference to the commit", None),
)
_MARKS: dict[State, tuple[str, str]] = {
    "same": ("Same", "equal"),
    "differs": ("Differs", "pencil"),
    "left": ("Only left", "minus"),
    "right": ("Only right", "plus"),
    "unread": ("", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to look at: a text of a run (``kind``) or a file (``path``)."""

    key: str
    title: str
    state: State
    kind: TextKind | None = None
    path: str = ""


def entries_of(compared: ComparedRuns, left: int, right: int) -> tuple[Entry, ...]:
    """Returns the texts, then the files that at least one of two runs has."""
    found: list[Entry] = []
    by_section: dict[Section, list[ComparedRow]] = {}
    for row in compared.rows:
        by_section.setdefault(row.section, []).append(row)
    for kind, title, section in TEXTS:
        state: State = "unread"
        if section is not None:
            state = _state_of_all(by_section.get(section, ()), left, right)
        found.append(Entry(key=f"text {kind.value}", title=title, state=state, kind=kind))
    for row in by_section.get(Section.ARTIFACTS, ()):
        one, other = row.values[left], row.values[right]
        if one is None and other is None:
            continue
        state = "same" if is_equal(one, other) else "differs"
        if one is None or other is None:
            state = "right" if one is None else "left"
        title = shown(row.key)
        found.append(Entry(key=f"file {row.key}", title=title, state=state, path=row.key))
    return tuple(found)


def lines_of_list(entries: Iterable[Entry], *, only_differing: bool) -> tuple[Line, ...]:
    """Returns the lines of the list; equal files are left out if asked, texts never."""
    texts = [entry for entry in entries if entry.kind is not None]
    files = [entry for entry in entries if entry.kind is None]
    kept = [entry for entry in files if not (only_differing and entry.state == "same")]
    left_out = len(files) - len(kept)
    note = f"{len(kept)} of {len(files)}" if left_out else str(len(files))
    lines: list[Line] = [Group("texts", "Texts"), *(_line(entry) for entry in texts)]
    if files:
        lines.append(Group("files", "Artifacts", f"{note} shown" if left_out else note))
        lines += _tree(kept)
    return tuple(lines)


def _tree(files: Sequence[Entry]) -> Iterable[Line]:
    """Yields files under their folders, which say how many of them are not the same."""
    by_path = {entry.path: entry for entry in files}
    for line in tree_of(by_path):
        if isinstance(line, Folder):
            differing = sum(by_path[path].state != "same" for path in line.files)
            note = f"{differing} of {len(line.files)} differ" if differing else ""
            yield Group(f"folder {line.path}", f"{shown(line.title)}/", note, depth=line.depth)
        else:
            yield _line(by_path[line.path], line)


def _line(entry: Entry, file: File | None = None) -> Row:
    words, icon = _MARKS[entry.state]
    is_same = entry.state == "same"
    role: Role = "text_tertiary" if is_same else "text_secondary"
    mark = TextCell(words, role, icon=icon, icon_role="text_tertiary") if words else None
    name = TextCell(entry.title)
    if file is not None:
        whole = entry.title if file.depth else ""
        name = TextCell(shown(file.name), spoken=whole, depth=file.depth)
    return Row(entry.key, (name, mark), quiet=is_same)


def _state_of_all(rows: Sequence[ComparedRow], left: int, right: int) -> State:
    pairs = [(row.values[left], row.values[right]) for row in rows]
    is_same = all((one is None and other is None) or is_equal(one, other) for one, other in pairs)
    return "same" if is_same else "differs"
