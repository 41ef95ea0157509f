# SPDX-License-Identifier: Apache-2.0
"""Asks git where the code of a run stands: commit, branch, remote, and what is not committed.

* git only reads: no lock, no hook, no external diff, no text conversion, no prompt.
* Every question has a time limit. A repository on a sleeping share must not hold training back.
* A work tree is asked whether it is dirty at most once a second: a sweep that starts a hundred
  runs a second asks once, not a hundred times. A new commit is asked about at once.
"""

import io
import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from strongroom.sdk.masking import is_private_name

MAX_PARENTS = 40  # how far up a repository is looked for
FRESH_S = 1.0  # how old an answer about the work tree may be; git itself takes part of that
GIT_TIMEOUT_S = 2.0
MAX_DIFF_BYTES = 1 << 20  # of changes that are kept; more is cut at a line and said
MAX_UNTRACKED = 200  # names of files that git does not know
_CREDENTIALS = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*$")
MAX_ANSWER_BYTES = 4 << 20  # of a list of names
_GIT_FILE = 4_096  # bytes of a ``.git`` file or a ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncommitted:
    """What a work tree holds beyond its commit.

    Attributes:
        difference: A unified diff in bytes, as git prints it.
        untracked: Paths git does not know, at most `MAX_UNTRACKED`.
        left_out: Changed files whose names say that they hold secrets.
        is_cut: Whether the difference was longer than is kept.
    """

    difference: bytes
    untracked: tuple[str, ...]
    left_out: tuple[str, ...]
    is_cut: bool


class WorkTree:
    """The work trees that the runs of one process start from."""

    def __init__(self) -> None:
        self._asked: tuple[Path, str, int] | None = None
        self._asked_at = 0.0
        self._answer: str | None = None
        self._held: tuple[Path, str, float, Uncommitted | None] | None = None

    def facts(self, folder: Path) -> dict[str, str]:
        """Returns commit, branch, dirty (yes, no) and remote of the repository around a folder."""
        root = repository(folder)
        if root is None:
            return {}
        own = _git_folder(root)
        head = _text(own / "HEAD")
        branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else ""
        commit = head if not head.startswith("ref: ") else _ref(own, head[5:])
        if not commit:
            commit = (
                (git_answer(root, "rev-parse", "--verify", "-q", "HEAD") or b"").decode().strip()
            )
        facts = {
            "commit": commit,
            "branch": branch,
            "dirty": self.is_dirty(root, commit) or "",
            "remote": _remote(_common(own)),
        }
        return {name: text for name, text in facts.items() if text}

    def is_dirty(self, root: Path, commit: str) -> str | None:
        """Returns yes or no, or None if git does not say."""
        question = (root, commit, _changed_ns(_git_folder(root) / "index"))
        now = time.monotonic()
        if question != self._asked or now - self._asked_at > FRESH_S:
            status = git_answer(root, "status", "--porcelain", "--untracked-files=no", "-z")
            self._answer = None if status is None else "yes" if status else "no"
            self._asked, self._asked_at = question, now
        return self._answer

    def uncommitted(self, folder: Path, facts: dict[str, str]) -> Uncommitted | None:
        """Returns what is not committed around a folder, None if git does not say or all is.

        Args:
            folder: Where the code lies.
            facts: What `facts` said of it.
        """
        root = repository(folder)
        if root is None or facts.get("dirty") != "yes" or not facts.get("commit"):
            return None
        now, commit = time.monotonic(), facts["commit"]
        if self._held is not None:
            known_root, known_commit, at, found = self._held
            if (known_root, known_commit) == (root, commit) and now - at <= FRESH_S:
                return found
        found = _uncommitted(root)
        self._held = (root, commit, now, found)
        return found


def repository(folder: Path) -> Path | None:
    """Returns the root of the work tree around a folder, None outside of one."""
    for candidate in [folder, *folder.parents][:MAX_PARENTS]:
        if (candidate / ".git").exists():
            return candidate
    return None


def without_credentials(url: str) -> str:
    """Returns a remote's address without user, password and tokens; a host's user name goes too.

    ``git@host:team/repo`` is no credential: everybody is called git there.
    """
    return _QUERY.sub("", _CREDENTIALS.sub(r"\1", url.strip()))


def _uncommitted(root: Path) -> Uncommitted | None:
    names = git_answer(root, "diff", "HEAD", "--name-only", "-z", "--no-ext-diff", "--no-textconv")
    if names is None:
        return None
    changed = [name for name in names.decode("utf-8", "replace").split("\0") if name]
    left_out = tuple(name for name in changed if is_private_name(name))
    excluded = [f":(top,exclude,literal){name}" for name in left_out[:MAX_UNTRACKED]]
    if len(left_out) > MAX_UNTRACKED:
        return None
    difference = git_answer(
        root, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv",
        "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--", ":/", *excluded,
        most=MAX_DIFF_BYTES,
    )  # fmt: skip
    if difference is None:
        return None
    is_cut = len(difference) > MAX_DIFF_BYTES
    if is_cut:
        difference = difference[: difference.rfind(b"\n", 0, MAX_DIFF_BYTES) + 1]
    others = (
        git_answer(root, "ls-files", "--others", "--exclude-standard", "--directory", "-z") or b""
    )
    untracked = [name for name in others.decode("utf-8", "replace").split("\0") if name]
    return Uncommitted(
        difference=difference,
        untracked=tuple(untracked[:MAX_UNTRACKED]),
        left_out=left_out,
        is_cut=is_cut,
    )


def _git_folder(root: Path) -> Path:
    """Returns the folder git keeps this work tree's state in; a linked one has a file instead."""
    own = root / ".git"
    if own.is_dir():
        return own
    named = _text(own).removeprefix("gitdir:").strip()
    return (root / named) if named else own


def _common(own: Path) -> Path:
    """Returns the folder that linked work trees share."""
    named = _text(own / "commondir")
    return (own / named) if named else own


def _ref(own: Path, name: str) -> str:
    for folder in dict.fromkeys((own, _common(own))):
        loose = _text(folder / name)
        if loose:
            return loose
        for line in _text(folder / "packed-refs", most=16 << 20).splitlines():
            commit, _, ref = line.partition(" ")
            if ref == name:
                return commit
    return ""


def _remote(common: Path) -> str:
    """Returns the address of ``origin``, else of the first remote, without credentials."""
    found: dict[str, str] = {}
    section = ""
    for line in _text(common / "config", most=1 << 20).splitlines():
        words = line.strip()
        if words.startswith("["):
            head = re.fullmatch(r'\[remote "([^"]{1,200})"\]', words)
            section = head[1] if head else ""
        elif section and (match := re.match(r"url\s*=\s*(.+)", words)):
            found.setdefault(section, match[1].strip().strip('"'))
    url = found.get("origin") or next(iter(found.values()), "")
    return without_credentials(url)


def git_answer(root: Path, *arguments: str, most: int = MAX_ANSWER_BYTES) -> bytes | None:
    """Returns what git printed, at most one byte more than asked; None if it failed or hung."""
    program = shutil.which("git")
    if program is None:
        return None
    try:
        process = subprocess.Popen(  # noqa: S603 - fixed arguments, no shell, and git reads only
            [program, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        )
    except OSError:
        return None
    limit = threading.Timer(GIT_TIMEOUT_S, process.kill)
    limit.start()
    try:
        with process.stdout or io.BytesIO() as stream:
            answer = stream.read(most + 1)
        if len(answer) > most:
            process.kill()
        is_whole = process.wait() == 0
    finally:
        limit.cancel()
    return answer if is_whole or len(answer) > most else None


def _text(path: Path, most: int = _GIT_FILE) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(most).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
