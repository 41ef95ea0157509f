# SPDX-License-Identifier: Apache-2.0
"""Paths of files as the lines of a tree: the files of a folder, then the folders inside it.

* A folder that holds nothing but one folder shares its line: ``a/b/c``.
* However deep a path goes, a tree has at most `DEEPEST` levels; what lies below shares a line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

DEEPEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder: all of its path, what its line says, its level, and the paths of files below."""

    path: str
    title: str
    depth: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file: all of its path, its own name, and the level of its folder."""

    path: str
    name: str
    depth: int


@dataclass(slots=True)
class _Node:
    files: list[tuple[str, str]] = field(default_factory=list)
    folders: "dict[str, _Node]" = field(default_factory=dict)

    def all_files(self) -> Iterator[str]:
        for path, _ in self.files:
            yield path
        for node in self.folders.values():
            yield from node.all_files()


def tree_of(paths: Iterable[str]) -> Iterator[Folder | File]:
    """Yields the lines of a tree; files keep their order inside a folder, folders are by name."""
    root = _Node()
    for path in paths:
        parts = path.split("/")
        if len(parts) > DEEPEST:
            parts = [*parts[: DEEPEST - 1], "/".join(parts[DEEPEST - 1 : -1]), parts[-1]]
        node = root
        for part in parts[:-1]:
            node = node.folders.setdefault(part, _Node())
        node.files.append((path, parts[-1]))
    yield from _lines(root, "", 0)


def _lines(node: _Node, path: str, depth: int) -> Iterator[Folder | File]:
    for whole, name in node.files:
        yield File(path=whole, name=name, depth=depth)
    for name in sorted(node.folders):
        inner, title = node.folders[name], name
        while not inner.files and len(inner.folders) == 1:
            step = next(iter(inner.folders))
            inner, title = inner.folders[step], f"{title}/{step}"
        below = f"{path}{title}/"
        yield Folder(path=below, title=title, depth=depth + 1, files=tuple(inner.all_files()))
        yield from _lines(inner, below, depth + 1)
