# SPDX-License-Identifier: Apache-2.0
"""The one way a file becomes visible in a ledger, a blob store, on a share or on a stick.

* A name shows its whole content or does not exist: write aside, fsync, link or rename, fsync the
  final file, fsync the folder. Without the second fsync a FAT32 stick forgets what it acknowledged.
* Repeating is free and heals: equal bytes under the name are left, a damaged file steps aside.
* An error that is reported is checked against the disk first: a share may say that a rename failed
  which has happened. No link counts, inode numbers or RENAME_NOREPLACE: shares lie about them.
* Nothing half written stays behind, and leftovers of a crash are removed by their own writer only.
"""

import errno
import hashlib
import io
import os
import platform
import re
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from strongroom.disk.hashing import Hashing
from strongroom.domain.errors import EnvironmentFault, Refused, Untrusted
from strongroom.domain.ids import RandomBytes
from strongroom.domain.progress import Progress, Silent
from strongroom.store.faults import explained
from strongroom.store.medium import begin_writing, forget_cached
from strongroom.store.plainfile import CHUNK_BYTES, has_content, wrong_hash

MAX_NAME = 100  # with the prefix of a share a path still fits the 260 characters of MAX_PATH
MAX_RELATIVE = 180
LEFTOVER_AGE_S = 7 * 24 * 3600  # no copy of a 1 GiB part takes a week
WRITE_BEHIND_BYTES = 32 << 20  # the disk writes while the next pieces are read and hashed
SPACE_MARGIN_PERCENT = 5  # folders and partly filled clusters
# A virus scanner or a reader lets go within about 2.5 s (zarr-python #4358: no failure left).
RETRY_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.75, 1.0)

# No dot at either end: hidden files are not ours, and FAT drops a dot at the end.
_NAME = re.compile(r"[0-9a-z-](?:[0-9a-z.-]*[0-9a-z-])?")
_TEMPORARY = re.compile(r"\.[0-9a-z.-]{1,16}\.[0-9]+\.([0-9a-f]{4})[0-9a-f]{4}\.tmp")
_SET_ASIDE = re.compile(r"\.[0-9a-z-][0-9a-z.-]*\.bad")
_BUSY = frozenset({errno.EACCES, errno.EBUSY})
_BUSY_WINDOWS = frozenset({5, 32, 33})
_NO_LINKS = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
    | {errno.EINVAL, errno.EIO, errno.EACCES}  # EIO: rclone mounts answer so to every link()
)
_NO_FSYNC = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EBADF}
)
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BINARY: int = getattr(os, "O_BINARY", 0)
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NOFOLLOW


class Source(Protocol):
    """Anything that hands out bytes front to back: a file, a `CheckedReader`, `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes, ``b""`` at the end."""
        ...


def publish(
    root: Path, relative: str, data: bytes, *, read_back: bool = False, write_once: bool = False
) -> bool:
    """Makes bytes visible under a name, durably; see `publish_file`."""
    sha256 = hashlib.sha256(data).hexdigest()
    return publish_file(
        root, relative, io.BytesIO(data), len(data), sha256,
        read_back=read_back, write_once=write_once,
    )  # fmt: skip


def publish_file(
    root: Path,
    relative: str,
    source: Source,
    size_bytes: int,
    sha256: str,
    *,
    read_back: bool = False,
    write_once: bool = False,
    progress: Progress | None = None,
    random_bytes: RandomBytes = os.urandom,
) -> bool:
    """Copies a source to a name and returns once it is durable: True if new, False if it was there.

    Args:
        root: An existing folder.
        relative: Path below it, ``/`` between names of ``[0-9a-z.-]``.
        source: Read once, front to back; not read if the same bytes are already there.
        size_bytes: Exact size of the source.
        sha256: Its digest; a source with other bytes is never published.
        read_back: Read the written bytes again from the medium: removable and network targets.
        write_once: Other bytes under the name stay and are an error. Otherwise they count as
            damaged, because names carry digests, and step aside as ``.<name>.bad``.
        progress: Hears bytes done of ``size_bytes``; may cancel, which leaves nothing behind.
        random_bytes: Names the temporary file.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``; the name is absent or whole.
        Untrusted: ``E-HASH`` if the source is not what was promised, ``E-PATH`` for a bad name or
            a link planted among the folders.
        Refused: ``E-CONFLICT`` if other bytes are there and ``write_once`` was asked for.
    """
    final = checked_path(root, relative)
    with explained(root):
        if has_content(final, size_bytes, sha256):
            settle(final, is_ours=False)
            return False
        make_folders(root, final.parent)
        temporary = _fresh_temporary(final, random_bytes)
        try:
            _write(temporary, source, size_bytes, sha256, progress or Silent())
            if read_back:
                _check_medium(root, temporary, size_bytes, sha256)
            is_new = place(temporary, final, size_bytes, sha256, write_once=write_once)
        finally:
            # Also after success: link() leaves the second name. A failure here is swept later.
            with suppress(OSError):
                temporary.unlink()
        settle(final, is_ours=True)
        return is_new


def check_written(temporary: Path, size_bytes: int, sha256: str) -> None:
    """Reads a file that was written and synced again from the medium.

    Raises:
        EnvironmentFault: ``E-SHARE``, also if it gives back other bytes.
    """
    with explained(temporary.parent):
        _check_medium(temporary.parent, temporary, size_bytes, sha256)


def publish_written(temporary: Path, final: Path, size_bytes: int, sha256: str) -> None:
    """Gives a file that was written and synced beside its place its name, durably.

    Args:
        temporary: The file; it is gone afterwards, also after an error.
        final: Where it shall be; other content there stays and is an error.
        size_bytes: Its size.
        sha256: Its digest.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
        Refused: ``E-CONFLICT`` if something else is there by now.
    """
    with explained(final.parent):
        try:
            place(temporary, final, size_bytes, sha256, write_once=True)
        finally:
            with suppress(OSError):
                temporary.unlink()
        settle(final, is_ours=True)


def open_beside(final: Path, random_bytes: RandomBytes = os.urandom) -> tuple[Path, int]:
    """Makes an unfinished file beside a place: its path, and a descriptor to write to.

    Raises:
        EnvironmentFault: ``E-FULL`` or ``E-SHARE``.
    """
    temporary = _fresh_temporary(final.with_name("bundle"), random_bytes)
    with explained(final.parent):
        return temporary, os.open(temporary, _NEW, 0o644)


def checked_path(root: Path, relative: str) -> Path:
    """Returns the path of a name below a root after refusing every name that is not ours.

    Raises:
        Untrusted: ``E-PATH``.
    """
    names = relative.split("/")
    if len(relative) > MAX_RELATIVE or not all(
        len(name) <= MAX_NAME and _NAME.fullmatch(name) for name in names
    ):
        shown = relative.encode("unicode_escape").decode()[:120]
        raise Untrusted("E-PATH", f"{shown} is not a name of a repository", "Nothing was done.")
    return root.joinpath(*names)


def check_free_space(root: Path, size_bytes: int) -> None:
    """Refuses a copy that cannot fit, before it begins.

    Raises:
        EnvironmentFault: ``E-FULL`` if ``size_bytes`` and 5 % are not free; ``E-SHARE``.
    """
    with explained(root):
        free = shutil.disk_usage(root).free
    needed = size_bytes + size_bytes * SPACE_MARGIN_PERCENT // 100
    if needed > free:
        raise EnvironmentFault(
            "E-FULL",
            f"{needed:,} bytes are needed in {root} and {free:,} are free",
            "Free some space or use a larger medium, then repeat. Nothing was copied.",
        )


def remove_leftovers(folder: Path, now_us: int) -> int:
    """Removes what this account on this machine left half written over 7 days ago; their number.

    Files of other writers are never touched, however old. Errors are ignored: it is housekeeping.
    """
    removed = 0
    oldest = now_us / 1_000_000 - LEFTOVER_AGE_S
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match is None or match[1] != _own_mark():
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_mtime < oldest:
                    Path(entry.path).unlink()
                    removed += 1
    return removed


def sync_folder(folder: Path) -> None:
    """Asks for durable names; shares and Windows refuse in many ways, all of them harmless."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_temporary(name: str) -> bool:
    """Whether a name is one of our unfinished files, whoever began it."""
    return _TEMPORARY.fullmatch(name) is not None


def is_set_aside(name: str) -> bool:
    """Whether a name is that of a damaged file that made room for the right one."""
    return _SET_ASIDE.fullmatch(name) is not None


def is_junk(name: str) -> bool:
    """Whether a name is one of ours that holds nothing anybody counts on: unfinished or damaged."""
    return is_temporary(name) or is_set_aside(name)


def _own_mark() -> str:
    """Four digits that tell our temporary files from those of other machines and accounts."""
    return hashlib.sha256(f"{platform.node()}\0{Path.home()}".encode()).hexdigest()[:4]


def _fresh_temporary(final: Path, random_bytes: RandomBytes) -> Path:
    mark = _own_mark() + random_bytes(2).hex()
    return final.with_name(f".{final.name[:16]}.{os.getpid()}.{mark}.tmp")


def make_folders(root: Path, folder: Path) -> None:
    """Creates the folders between root and folder; none of them may be a link.

    Raises:
        Untrusted: ``E-PATH``.
        OSError: If the disk fails.
    """
    missing: list[Path] = []
    for path in [*reversed(folder.relative_to(root).parents), folder.relative_to(root)][1:]:
        here = root / path
        try:
            mode = os.lstat(here).st_mode
        except FileNotFoundError:
            missing.append(here)
            continue
        if not stat.S_ISDIR(mode):
            raise Untrusted(
                "E-PATH",
                f"{path} in {root} is a link or a file where a folder belongs",
                "It was not followed. Remove it; nothing of Strongroom makes such entries.",
            )
    for here in missing:
        with suppress(FileExistsError):  # another process was faster
            here.mkdir()
        sync_folder(here.parent)


def _write(
    temporary: Path, source: Source, size_bytes: int, sha256: str, progress: Progress
) -> None:
    """Writes, checks and fsyncs the temporary file; it is closed before anything renames it."""
    descriptor = os.open(temporary, _NEW, 0o644)
    try:
        copy_source(descriptor, source, size_bytes, sha256, progress)
        sync_file(descriptor)
    except BaseException:
        with suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)  # a share may report a failed write only now: not suppressed


def copy_source(
    descriptor: int, source: Source, size_bytes: int, sha256: str, progress: Progress
) -> None:
    """Copies a source to where a descriptor stands; the first byte too many ends it.

    Raises:
        Untrusted: ``E-HASH`` if it is not what was promised.
        OSError: If the disk fails or is full; and whatever the source raises.
    """
    with Hashing(size_bytes) as hashing:
        done = 0
        while piece := source.read(CHUNK_BYTES):
            done += len(piece)
            if done > size_bytes:
                break
            hashing.update(piece)
            write_all(descriptor, piece)
            if done % WRITE_BEHIND_BYTES < len(piece):
                begin_writing(descriptor)
            progress.step(done, size_bytes)
        digest = hashing.hexdigest()
    if done != size_bytes or digest != sha256:
        raise wrong_hash(f"A source of {size_bytes:,} bytes")


def write_all(descriptor: int, piece: bytes) -> None:
    """Writes every byte of a piece, however few the system takes at a time.

    Raises:
        OSError: If the disk fails or is full.
    """
    view = memoryview(piece)
    while view:
        written = os.write(descriptor, view)
        if written <= 0:
            raise OSError(errno.EIO, "nothing was written")
        view = view[written:]


def _check_medium(root: Path, temporary: Path, size_bytes: int, sha256: str) -> None:
    """Reads what was written through a new handle, past the cache where the system lets us."""
    forget_cached(temporary)
    if not has_content(temporary, size_bytes, sha256):
        raise EnvironmentFault(
            "E-SHARE",
            f"{root} does not give back the bytes that were written",
            "The medium or its connection is failing: use another one. Nothing was published.",
        )


def place(temporary: Path, final: Path, size_bytes: int, sha256: str, *, write_once: bool) -> bool:
    """Gives the temporary file its name without overwriting other content; True if it was new.

    Raises:
        Refused: ``E-CONFLICT`` if other content is there that is written once.
        OSError: If it did not happen, whatever the disk reported first.
    """

    def is_there() -> bool:
        return has_content(final, size_bytes, sha256)

    for pause in (*RETRY_PAUSES_S, None):
        try:
            return _place_once(temporary, final, is_there, write_once=write_once)
        except OSError as error:
            # A retransmitted request reports failure after success: the disk decides.
            with suppress(OSError):
                if is_there():
                    return True
            if pause is None or not _is_busy(error):
                raise
            time.sleep(pause)
    raise AssertionError  # pragma: no cover - the last round returns or raises


def _place_once(
    temporary: Path, final: Path, is_there: Callable[[], bool], *, write_once: bool
) -> bool:
    if os.path.lexists(final):
        # Twice, through two handles: one stale answer must not push a good file aside.
        if is_there() or is_there():
            return False
        if write_once:
            raise Refused(
                "E-CONFLICT",
                f"{final.name} is already there with other content",
                "It is written once and never changed. Use another folder.",
            )
        set_aside(final)
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False  # another writer was faster; the caller's settling compares once more
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A reader that holds the name, or a link() that lied, is met by the caller's re-check.
        temporary.rename(final)
    return True


def set_aside(final: Path) -> None:
    """Gives a damaged file another name beside its place, so that a good one can take it.

    Raises:
        OSError: If the disk fails or does not let us.
    """
    aside = final.with_name(f".{final.name}.bad")
    if os.path.lexists(aside):
        aside = final.with_name(f".{final.name}.{time.time_ns():x}.bad")
    final.rename(aside)


def _is_busy(error: OSError) -> bool:
    return error.errno in _BUSY or getattr(error, "winerror", None) in _BUSY_WINDOWS


def settle(final: Path, *, is_ours: bool) -> None:
    """Makes name and content durable; both handles are needed, see the module's first law.

    A file that was there before may belong to somebody else or to a write-protected stick: then
    being unable to sync it is not our failure.
    """
    try:
        descriptor = os.open(final, os.O_RDWR | _BINARY | _NOFOLLOW)
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        if not is_ours:
            return
        descriptor = os.open(final, os.O_RDONLY | _BINARY | _NOFOLLOW)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(final.parent)


def sync_file(descriptor: int) -> None:
    """Makes what was written to a file durable, where its file system can.

    Raises:
        OSError: If the disk fails.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise
