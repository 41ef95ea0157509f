# SPDX-License-Identifier: Apache-2.0
"""The id under which another tool versions data: found by reading the files that tool leaves.

* DVC leaves ``NAME.dvc`` beside the data, git-LFS a pointer in place of it, Delta a log of numbered
  versions, Iceberg a hint, lakeFS a note about the commit a folder was taken from.
* Nothing is executed and no network is asked. A file that is no such thing says nothing.
* An id reads ``tool:id``: ``dvc:md5:…``, ``git-lfs:sha256:…``, ``delta:12``, ``lakefs:repo@…``.
"""

import os
import re
from pathlib import Path

from strongroom.disk.data_digest import open_plain_data

MAX_NOTE_BYTES = 64 << 10  # a tool's own small file; a pointer has 130 bytes, a .dvc file 200
MAX_PARENTS = 16  # how far up a tracked folder is looked for
MAX_LOG_NAMES = 1_000_000  # entries of a Delta log that are looked at
_DVC_HASH = re.compile(r"\s*(?:-\s+)?(md5|etag|checksum):\s*['\"]?([0-9A-Za-z._-]{8,128})['\"]?\s*")
_DVC_PATH = re.compile(r"\s*(?:-\s+)?path:\s*['\"]?(.{1,1024}?)['\"]?\s*")
_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,19})\n?"
)
_DELTA = re.compile(r"([0-9]{20})(?:\.json|\.checkpoint(?:\.[0-9.]+)?\.parquet)")
_LAKEFS = re.compile(r"(src|at_head):\s*['\"]?([^\s'\"]{1,1024})['\"]?\s*")
_LAKEFS_URI = re.compile(r"lakefs://([^/\s]{1,200})/([^/\s]{1,200})(?:/.*)?")


def version_of(path: Path) -> str:
    """Returns the id of data by the tool that versions it, "" if no tool left a sign.

    Args:
        path: The data: a file, a folder, or where they would be.
    """
    at = path.absolute()  # no link is followed: a tool tracks the name
    return _lfs(at) or _dvc(at) or _delta(at) or _iceberg(at) or _lakefs_folder(at)


def version_of_uri(source: str) -> str:
    """Returns the id that a source itself names: ``lakefs://repository/ref/path``, else ""."""
    match = _LAKEFS_URI.fullmatch(source)
    return f"lakefs:{match[1]}@{match[2]}" if match else ""


def lfs_pointer(data: bytes) -> tuple[str, int] | None:
    """Returns SHA-256 and size that a git-LFS pointer names, None for other bytes."""
    match = _LFS.fullmatch(data)
    return (match[1].decode(), int(match[2])) if match else None


def dvc_md5(path: Path) -> str:
    """Returns the MD5 of a single file's bytes that the ``.dvc`` file beside it states, else "".

    Before DVC 3 it was the MD5 of a text with other ends of lines: that one is not returned.
    """
    at = path.absolute()
    note = at.parent / f"{at.name}.dvc"
    found = _dvc_entry(note, at.name)
    is_of_bytes = re.search(rb"\n\s*hash:\s*md5\s*\n", _read(note) + b"\n") is not None
    return found if is_of_bytes and re.fullmatch(r"[0-9a-f]{32}", found) else ""


def _lfs(path: Path) -> str:
    found = lfs_pointer(_read(path))
    return f"git-lfs:sha256:{found[0]}" if found else ""


def _dvc(path: Path) -> str:
    """Returns what the ``.dvc`` file beside the data, or beside a folder around it, states."""
    for at, tracked in enumerate([path, *path.parents][:MAX_PARENTS]):
        found = _dvc_entry(tracked.parent / f"{tracked.name}.dvc", tracked.name)
        if found and (at == 0 or found.endswith(".dir")):
            return f"dvc:md5:{found}"
    return ""


def _dvc_entry(note: Path, name: str) -> str:
    """Returns the hash of the output of this name in a ``.dvc`` file."""
    text = _read(note).decode("utf-8", "replace")
    _, _, outputs = f"\n{text}".partition("\nouts:")
    for block in re.split(r"\n\s*-\s", outputs):
        lines = block.splitlines()
        paths = [match[1] for line in lines if (match := _DVC_PATH.fullmatch(line))]
        hashes = [match[2] for line in lines if (match := _DVC_HASH.fullmatch(line))]
        if hashes and paths == [name]:
            return hashes[0]
    return ""


def _delta(path: Path) -> str:
    latest = -1
    try:
        with os.scandir(path / "_delta_log") as entries:
            for count, entry in enumerate(entries):
                if count > MAX_LOG_NAMES:
                    return ""
                if match := _DELTA.fullmatch(entry.name):
                    latest = max(latest, int(match[1]))
    except OSError:
        return ""
    return f"delta:{latest}" if latest >= 0 else ""


def _iceberg(path: Path) -> str:
    hint = _read(path / "metadata" / "version-hint.text").decode("utf-8", "replace").strip()
    return f"iceberg:{hint}" if re.fullmatch(r"[0-9]{1,19}", hint) else ""


def _lakefs_folder(path: Path) -> str:
    """Returns repository and commit that ``lakectl local`` notes at the root of a folder."""
    for folder in [path, *path.parents][:MAX_PARENTS]:
        text = _read(folder / ".lakefs_ref.yaml").decode("utf-8", "replace")
        matches = (match for match in map(_LAKEFS.fullmatch, text.splitlines()) if match)
        found = {match[1]: match[2] for match in matches}
        source = _LAKEFS_URI.fullmatch(found.get("src", ""))
        if source and found.get("at_head"):
            return f"lakefs:{source[1]}@{found['at_head']}"
    return ""


def _read(path: Path) -> bytes:
    """Returns the bytes of a small plain file, nothing for any other."""
    try:
        descriptor = open_plain_data(path)
    except (OSError, ValueError):
        return b""
    try:
        if os.fstat(descriptor).st_size > MAX_NOTE_BYTES:
            return b""
        return os.read(descriptor, MAX_NOTE_BYTES)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
