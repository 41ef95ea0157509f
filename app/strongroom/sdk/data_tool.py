# SPDX-License-Identifier: Apache-2.0
"""Which tool versions the data of a run, and whether its id is that of the bytes that were read.

* An id stands for exact bytes: where the tool's own hash can listen while the data is read, an id
  that these bytes do not have is marked ``+changed``.
* git is asked for names it knows, with hooks and monitors off; the other tools' notes are read.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from strongroom.disk.data_version import dvc_md5, lfs_pointer, version_of
from strongroom.sdk.work_tree import git_answer, repository

MAX_POINTER_BYTES = 1_024  # by the specification of git-LFS
CHANGED = "+changed"  # the data has been edited since the tool took it in


class DataTool:
    """What the tools around a file or folder say of it.

    Args:
        path: The data.
    """

    def __init__(self, path: Path) -> None:
        self._stated = version_of(path)
        self._root = None if path.is_dir() else repository(path.absolute().parent)
        self._blob = "" if self._stated or self._root is None else _tracked(self._root, path)
        self._md5_stated = dvc_md5(path) if self._stated.startswith("dvc:") else ""
        self._md5 = hashlib.md5(usedforsecurity=False)  # DVC's own name for content
        self._sha1 = hashlib.sha1(usedforsecurity=False)  # git's own name for content
        if self._blob:
            self._sha1.update(f"blob {path.stat().st_size}\0".encode())

    @property
    def listeners(self) -> Sequence[Any]:
        """The hashes that have to hear the data."""
        return [
            *([self._md5] if self._md5_stated else []),
            *([self._sha1] if self._blob else []),
        ]

    def version(self, sha256: str) -> str:
        """Returns ``tool:id`` once the data was read, "" if no tool versions it.

        Args:
            sha256: The digest of the data, "" if it was not read.
        """
        if self._md5_stated and sha256 and self._md5.hexdigest() != self._md5_stated:
            return self._stated + CHANGED
        if self._stated or not self._blob or self._root is None:
            return self._stated
        if not sha256:
            return f"git:{self._blob}"
        if self._sha1.hexdigest() == self._blob:
            return f"git:{self._blob}"
        pointer = _pointer(self._root, self._blob)
        if pointer:
            return f"git-lfs:sha256:{pointer}" + ("" if pointer == sha256 else CHANGED)
        return f"git:{self._blob}{CHANGED}"


def _pointer(root: Path, blob: str) -> str:
    """Returns the SHA-256 that a blob names if it is a pointer of git-LFS, else ""."""
    size = git_answer(root, "cat-file", "-s", blob) or b""
    if not size.strip().isdigit() or int(size) > MAX_POINTER_BYTES:
        return ""
    found = lfs_pointer(git_answer(root, "cat-file", "blob", blob) or b"")
    return found[0] if found else ""


def _tracked(root: Path, path: Path) -> str:
    """Returns the blob that git's index has for a file, "" if git does not track it."""
    told = git_answer(root, "ls-files", "--stage", "-z", "--", str(path.absolute())) or b""
    words = told.partition(b"\t")[0].decode("ascii", "replace").split()
    return words[1] if len(words) == 3 and words[2] == "0" and len(words[1]) == 40 else ""
