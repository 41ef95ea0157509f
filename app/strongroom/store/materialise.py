# SPDX-License-Identifier: Apache-2.0
"""Writes a tree of files into a folder where others may be waiting with links.

* The tree appears at once and whole, under its name, or not at all.
* Every folder is reached through a handle of its parent and no link is ever followed, so that a
  folder exchanged for a link half way changes nothing.
* A file gets exactly the bytes its list promises: the first byte too many ends it.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from strongroom.domain.artifact import MAX_FILES, ArtifactFile, check_paths
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress, Silent
from strongroom.store.faults import explained
from strongroom.store.plainfile import CHUNK_BYTES, wrong_hash
from strongroom.store.publish import Source, check_free_space

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# O_PATH: a folder on the way may be passable without being readable, as /home often is.
_WAY = _FOLDER | getattr(os, "O_PATH", 0)
_NEW_FILE = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip

Opener = Callable[[ArtifactFile], AbstractContextManager[Source]]
"""Opens one file of the list for one pass."""


def materialise(
    target: Path,
    files: Sequence[ArtifactFile],
    open_file: Opener,
    *,
    max_files: int = MAX_FILES,
    progress: Progress | None = None,
    random_bytes: RandomBytes = os.urandom,
) -> None:
    """Writes the files of a list below a folder that is absent or empty.

    Args:
        target: Where the tree shall be; its parent exists and no part of its path is a link.
        files: Path, size in bytes and digest of each file.
        open_file: Gives the content; it is not believed.
        max_files: How many files the list may have.
        progress: Hears bytes done of all bytes; may cancel, which leaves nothing behind.
        random_bytes: Names the temporary folder.

    Raises:
        Untrusted: ``E-PATH`` for a path of the list or a link in the way; ``E-HASH`` if a content
            is not what the list says; ``E-SIZE`` for too many files.
        BadInput: ``E-PATH`` if the target's parent is missing or the target is not empty.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    check_paths((file.path for file in files), max_files=max_files)
    target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow the links
    with ExitStack() as stack, explained(target):
        parent = stack.enter_context(_real_folder(target.parent))
        _check_free(parent, target)
        total = sum(file.size_bytes for file in files)
        check_free_space(target.parent, total)
        temporary = f".{target.name[:100]}.{random_bytes(8).hex()}.tmp"
        os.mkdir(temporary, 0o700, dir_fd=parent)
        try:
            with _folder(temporary, parent) as root:
                _fill(root, files, open_file, total, progress or Silent())
                os.fchmod(root, 0o755)
                with suppress(OSError):
                    os.fsync(root)
            os.rename(temporary, target.name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with suppress(OSError):
                _remove(temporary, parent)
            raise
        with suppress(OSError), _folder(".", parent) as readable:
            os.fsync(readable)


def _fill(
    root: int, files: Sequence[ArtifactFile], open_file: Opener, total: int, progress: Progress
) -> None:
    done = 0
    for file in files:
        *folders, name = file.path.split("/")
        with ExitStack() as stack:
            here = root
            for folder in folders:
                with suppress(FileExistsError):
                    os.mkdir(folder, 0o755, dir_fd=here)
                here = stack.enter_context(_folder(folder, here))
            source = stack.enter_context(open_file(file))
            descriptor = os.open(name, _NEW_FILE, 0o644, dir_fd=here)
            with os.fdopen(descriptor, "wb", buffering=0) as copy:
                running = hashlib.sha256()
                size = 0
                while piece := source.read(CHUNK_BYTES):
                    size += len(piece)
                    if size > file.size_bytes:
                        raise wrong_hash(file.path)
                    running.update(piece)
                    view = memoryview(piece)
                    while view:
                        view = view[copy.write(view) or 0 :]
                    progress.step(done + size, total, file.path)
                if size != file.size_bytes or running.hexdigest() != file.sha256:
                    raise wrong_hash(file.path)
                os.fsync(descriptor)
        done += file.size_bytes


@contextmanager
def _real_folder(path: Path) -> Iterator[int]:
    """Opens a folder by walking from the root without following a link."""
    current = os.open(path.anchor, _WAY)
    try:
        for part in path.parts[1:]:
            try:
                following = _open_folder(part, current, _WAY)
            except FileNotFoundError as error:
                raise BadInput(
                    "E-PATH", f"The folder {path} does not exist", "Create it first, then repeat."
                ) from error
            except Untrusted as error:
                raise Untrusted(
                    "E-PATH",
                    f"{part} in {path} is a link or no folder, and is not followed",
                    f"Give the real path: {os.path.realpath(path)}",
                ) from error
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


@contextmanager
def _folder(name: str, parent: int) -> Iterator[int]:
    descriptor = _open_folder(name, parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_folder(name: str, parent: int, flags: int = _FOLDER) -> int:
    try:
        return os.open(name, flags, dir_fd=parent)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise Untrusted(
                "E-PATH", f"{name} is a link or no folder", "It was not followed; remove it."
            ) from error
        raise


def _check_free(parent: int, target: Path) -> None:
    """Accepts a target that is absent or an empty folder; a link counts as something there."""
    try:
        mode = os.stat(target.name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise Untrusted(
            "E-PATH", f"{target} is a link, and is not followed", "Name a folder that is not there."
        )
    if not stat.S_ISDIR(mode):
        raise BadInput("E-PATH", f"{target} is a file", "Name a folder that is not there.")
    with _folder(target.name, parent) as folder:
        with os.scandir(folder) as entries:
            is_empty = next(entries, None) is None
        if not is_empty:
            raise BadInput(
                "E-PATH", f"{target} is not empty", "Name an empty folder or one that is not there."
            )


def _remove(name: str, parent: int) -> None:
    """Removes a tree of ours through handles; a link in it is removed, not followed."""
    with _folder(name, parent) as folder:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for entry_name, is_folder in found:
            if is_folder:
                _remove(entry_name, folder)
            else:
                os.unlink(entry_name, dir_fd=folder)
    os.rmdir(name, dir_fd=parent)
