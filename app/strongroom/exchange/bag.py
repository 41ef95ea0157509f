# SPDX-License-Identifier: Apache-2.0
"""A BagIt 1.0 bag (RFC 8493): files, two manifests over them, in a folder or a ZIP.

* A bag appears whole or not at all: it is written aside, and renamed when it has been accepted.
* The same files make the same bytes: sorted names, no clock, ZIP entries stored with a fixed date.
* Manifest lines are those of ``sha256sum``: two spaces, one newline, sorted by path bytes.
"""

import errno
import hashlib
import io
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.artifact import ArtifactFile, check_paths
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress, Silent
from strongroom.store.faults import explained
from strongroom.store.materialise import materialise
from strongroom.store.plainfile import CHUNK_BYTES, wrong_hash
from strongroom.store.publish import Source, check_free_space

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
ZIP_SUFFIX = ".zip"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the first date a ZIP can hold
_ZIP_MODE = (stat.S_IFREG | 0o644) << 16
_UNIX = 3  # the system of a ZIP entry whose mode is read
_NO_LINKS = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BagFile:
    """One file of a bag: what it must be, and how its bytes are had."""

    file: ArtifactFile
    open: Callable[[], AbstractContextManager[Source]]


def from_bytes(path: str, data: bytes) -> BagFile:
    """Returns a small file that is at hand."""
    listed = ArtifactFile(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return BagFile(file=listed, open=lambda: io.BytesIO(data))


def with_manifests(payload: Iterable[BagFile], info: Mapping[str, str]) -> list[BagFile]:
    """Returns a bag: the payload under ``data/``, its manifest, and the tag files of BagIt.

    Args:
        payload: Files whose paths begin with ``data/``.
        info: The entries of ``bag-info.txt``; the size of the payload is added.

    Returns:
        All files by path; ``tagmanifest-sha256.txt`` is one of them.

    Raises:
        Untrusted: ``E-PATH`` if two paths cannot stand beside each other.
    """
    files = sorted(payload, key=lambda each: each.file.path.encode())
    check_paths(each.file.path for each in files)
    total = sum(each.file.size_bytes for each in files)
    entries = {**info, "Payload-Oxum": f"{total}.{len(files)}"}
    lines = [f"{name}: {' '.join(value.split())}\n" for name, value in sorted(entries.items())]
    tags = [
        from_bytes("bag-info.txt", "".join(lines).encode()),
        from_bytes("bagit.txt", BAGIT),
        from_bytes(MANIFEST, manifest_bytes(files)),
    ]
    return [*files, *tags, from_bytes(TAG_MANIFEST, manifest_bytes(tags))]


def manifest_bytes(files: Iterable[BagFile]) -> bytes:
    """Returns ``<sha256>  <path>`` lines, sorted by path bytes."""
    listed = sorted((each.file for each in files), key=lambda file: file.path.encode())
    return "".join(f"{file.sha256}  {file.path}\n" for file in listed).encode()


def read_whole(files: Sequence[BagFile], path: str) -> bytes:
    """Returns the bytes of one small file of a bag that is being made."""
    found = next(each for each in files if each.file.path == path)
    with found.open() as source:
        return source.read(found.file.size_bytes)


def check_target(target: Path, *, is_zip: bool) -> None:
    """Accepts a target that is absent, or for a folder empty, before any work is done.

    Raises:
        BadInput: ``E-PATH``.
        EnvironmentFault: ``E-SHARE``.
    """
    with explained(target):
        if not target.parent.is_dir():
            raise BadInput(
                "E-PATH", f"The folder {target.parent} does not exist", "Create it, then repeat."
            )
        if not os.path.lexists(target):
            return
        if is_zip or target.is_symlink() or not target.is_dir():
            raise BadInput("E-PATH", f"{target} is there already", "Name a place that is free.")
        if any(target.iterdir()):
            raise BadInput(
                "E-PATH", f"{target} is not empty", "Name an empty folder or one that is not there."
            )


@contextmanager
def written_aside(
    target: Path,
    files: Sequence[BagFile],
    *,
    top: str,
    is_zip: bool,
    progress: Progress | None = None,
    random_bytes: RandomBytes = os.urandom,
) -> Iterator[Path]:
    """Writes a bag beside its target, gives it to be looked at, and renames it afterwards.

    Whatever is raised while the caller looks leaves neither the bag nor a trace of it.

    Args:
        target: The folder or ZIP to make.
        files: All files of the bag.
        top: The name of the one folder inside a ZIP.
        is_zip: Make a ZIP with stored entries.
        progress: Hears bytes done of all bytes; may cancel.
        random_bytes: Names what is written aside.

    Raises:
        BadInput: ``E-PATH`` if the target is not free.
        Untrusted: ``E-HASH`` if a file is not what it must be, ``E-PATH``.
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    final = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow the links
    check_target(final, is_zip=is_zip)
    aside = final.with_name(f".{final.name[:100]}.{random_bytes(8).hex()}.aside")
    try:
        if is_zip:
            _write_zip(aside, files, top, progress or Silent())
        else:
            by_path = {each.file.path: each for each in files}
            materialise(
                aside,
                [each.file for each in files],
                lambda file: by_path[file.path].open(),
                progress=progress,
                random_bytes=random_bytes,
            )
        yield aside
        with explained(final):
            check_target(final, is_zip=is_zip)
            _give_name(aside, final, is_zip=is_zip)
    finally:
        remove(aside)


def remove(path: Path) -> None:
    """Removes a bag that was made a moment ago; errors are ignored."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _give_name(aside: Path, final: Path, *, is_zip: bool) -> None:
    if is_zip:
        try:
            os.link(aside, final)  # never over a file that appeared meanwhile
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            aside.rename(final)
    else:
        aside.rename(final)
    with suppress(OSError):
        descriptor = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_zip(aside: Path, files: Sequence[BagFile], top: str, progress: Progress) -> None:
    check_paths(f"{top}/{each.file.path}" for each in files)
    total = sum(each.file.size_bytes for each in files)
    ordered = sorted(files, key=lambda each: each.file.path.encode())
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_BINARY", 0)
    check_free_space(aside.parent, total)
    done = 0
    with explained(aside), os.fdopen(os.open(aside, flags, 0o644), "w+b") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for each in ordered:
                _write_entry(archive, f"{top}/{each.file.path}", each, progress, done, total)
                done += each.file.size_bytes
        stream.flush()
        os.fsync(stream.fileno())


def _write_entry(
    archive: zipfile.ZipFile, name: str, each: BagFile, progress: Progress, done: int, total: int
) -> None:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.create_system, entry.external_attr = _UNIX, _ZIP_MODE
    entry.file_size = each.file.size_bytes
    running, size = hashlib.sha256(), 0
    with each.open() as source, archive.open(entry, "w") as copy:
        while piece := source.read(CHUNK_BYTES):
            size += len(piece)
            if size > each.file.size_bytes:
                raise wrong_hash(each.file.path)
            running.update(piece)
            copy.write(piece)
            progress.step(done + size, total, each.file.path)
    if size != each.file.size_bytes or running.hexdigest() != each.file.sha256:
        raise wrong_hash(each.file.path)
