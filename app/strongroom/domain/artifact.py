# SPDX-License-Identifier: Apache-2.0
"""Artifacts: what a file may be called, and the one digest of a tree of files.

* A path is legal everywhere or nowhere: the rules are those of the strictest file system we meet.
* `tree_digest` is the only implementation of TREE (trust.md 2.3); approvals bind it. A shell gets
  the same value from ``sha256sum``, ``stat`` and ``sort``.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from strongroom.domain.errors import Untrusted

MAX_FILES = 100_000  # what one version may hold; bounds memory while a manifest is read
MAX_PATH_CHARACTERS = 1_024  # fits every file system once a drive or share prefix is added
MAX_SEGMENT_BYTES = 200  # leaves room for temporary suffixes below the usual limit of 255
FORBIDDEN_CHARACTERS = frozenset('<>:"|?*\\')
_SUPERSCRIPTS = "¹²³"
_ORDINARY = re.compile(  # what nearly all paths are, told without looking at each character
    r"(?:(?!(?i:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(?:[./]|\Z))"
    r"[0-9A-Za-z_-](?:[0-9A-Za-z_.+=@-]{0,98}[0-9A-Za-z_+=@-])?(?:/(?=.)|\Z))+"
)
_DOS_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789" + _SUPERSCRIPTS]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """One file of a tree: path with forward slashes, size in bytes, SHA-256 in hexadecimal.

    ``parts`` are the digests of its parts where it is too large for one object; see `parts`.
    """

    path: str
    size_bytes: int
    sha256: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedFile:
    """A large file whose keeping was interrupted: bytes that are there of all it has."""

    path: str
    done_bytes: int
    size_bytes: int


def check_path(path: str) -> None:
    """Accepts a relative path that is safe on every file system (trust.md 2.3).

    Raises:
        Untrusted: ``E-PATH`` with the rule that was broken.
    """
    if len(path) <= MAX_PATH_CHARACTERS and _ORDINARY.fullmatch(path):
        return
    if not path or len(path) > MAX_PATH_CHARACTERS:
        raise _forbidden(path, "it is empty or too long")
    if unicodedata.normalize("NFC", path) != path:
        raise _forbidden(path, "it is not in Unicode normal form C")
    for segment in path.split("/"):
        _check_segment(path, segment)


def check_paths(paths: Iterable[str], *, max_files: int = MAX_FILES) -> None:
    """Accepts a set of paths that can live beside each other on every file system.

    Args:
        paths: The paths of one tree.
        max_files: How many there may be.

    Raises:
        Untrusted: ``E-PATH`` for a bad path, two paths that differ only by case or composition,
            or a file that is also a folder; ``E-SIZE`` for too many files.
    """
    for _, refusal in misfits(paths, max_files=max_files):
        raise refusal


def misfits(paths: Iterable[str], *, max_files: int = MAX_FILES) -> Iterator[tuple[str, Untrusted]]:
    """Yields the paths that cannot live beside those before them, each with its refusal.

    Args:
        paths: The paths of one tree.
        max_files: How many there may be.

    Raises:
        Untrusted: ``E-SIZE`` for too many files.
    """
    files: dict[str, str] = {}
    folders: set[str] = set()
    for count, path in enumerate(paths, start=1):
        if count > max_files:
            raise Untrusted(
                "E-SIZE", f"A tree has more than {max_files:,} files", "Pack small files first."
            )
        try:
            check_path(path)
            folded = fold_path(path)
            _check_beside(path, folded, files, folders)
        except Untrusted as refusal:
            yield path, refusal
            continue
        files[folded] = path
        folders.update(_parents(folded))


def _check_beside(path: str, folded: str, files: Mapping[str, str], folders: set[str]) -> None:
    if folded in files:
        raise _forbidden(path, f"it cannot stand beside {files[folded]}")
    if folded in folders:
        raise _forbidden(path, "it is a file and a folder")
    for parent in _parents(folded):
        if parent in files:
            raise _forbidden(path, f"{files[parent]} is a file and a folder")


def _parents(folded: str) -> Iterator[str]:
    parent = folded.rpartition("/")[0]
    while parent:
        yield parent
        parent = parent.rpartition("/")[0]


def fold_path(path: str) -> str:
    """Returns the form under which two paths are one file on a careless file system."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", path.casefold())


def shown_path(path: str) -> str:
    """Returns a path from outside as it may be printed: bounded, in one line, plain characters."""
    return path.encode("unicode_escape").decode()[:120]


def tree_digest(files: Iterable[ArtifactFile]) -> str:
    """Returns TREE: SHA-256 over ``<sha256>  <size>  <path>`` lines sorted by UTF-8 path.

    Raises:
        Untrusted: ``E-PATH`` or ``E-SIZE`` if the paths cannot form a tree.
    """
    listed = sorted(files, key=lambda file: file.path.encode("utf-8", "surrogatepass"))
    check_paths(file.path for file in listed)
    running = hashlib.sha256()
    for file in listed:
        running.update(f"{file.sha256}  {file.size_bytes}  {file.path}\n".encode())
    return running.hexdigest()


def _check_segment(path: str, segment: str) -> None:
    if segment in {"", ".", ".."}:
        raise _forbidden(path, "it has an empty, . or .. part")
    if len(segment.encode("utf-8", "surrogatepass")) > MAX_SEGMENT_BYTES:
        raise _forbidden(path, "a part of it is too long")
    for character in segment:
        if character in FORBIDDEN_CHARACTERS or unicodedata.category(character) in {"Cc", "Cs"}:
            raise _forbidden(path, f"it holds the character {character!r}")
    if segment[-1] in ". ":
        raise _forbidden(path, "a part of it ends in a dot or a space")
    if segment.casefold().startswith(".git"):
        raise _forbidden(path, "other verifiers ignore names that begin with .git")
    if segment.split(".", 1)[0].rstrip(" ").casefold() in _DOS_NAMES:
        raise _forbidden(path, "Windows reserves this name")


def _forbidden(path: str, why: str) -> Untrusted:
    return Untrusted(
        "E-PATH",
        f"The path {shown_path(path)} is not allowed: {why}",
        "Rename the file and log it again.",
    )
