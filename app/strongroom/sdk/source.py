# SPDX-License-Identifier: Apache-2.0
"""Captures where a run comes from: commit, entry point, arguments, host, user, Python.

* Captured by itself and never in the way: what cannot be found out in a second is left empty.
* Values are text. Environment variables are taken from a short list only, none of which is known
  to hold a secret.
"""

import getpass
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

MAX_VALUE_CHARACTERS = 4_096  # enough for a long command line; run.json stays small
MAX_PARENTS = 40  # how far up a repository is looked for
FRESH_S = 1.0  # how old an answer about the work tree may be; git itself takes part of that
GIT_TIMEOUT_S = 2.0  # a repository on a sleeping share must not hold training back
CAPTURED = {
    "trace": "TRACEPARENT",
    "slurm_job": "SLURM_JOB_ID",
    "lsf_job": "LSB_JOBID",
    "airflow_run": "AIRFLOW_CTX_DAG_RUN_ID",
    "argo_workflow": "ARGO_WORKFLOW_NAME",
    "rank": "RANK",
    "reason": "STRONGROOM_REASON",
}


class WorkTree:
    """Asks git whether a work tree is dirty, at most once a second: asking takes milliseconds.

    A sweep that starts a hundred runs a second asks once, not a hundred times. A new commit or a
    touched index is asked about at once.
    """

    def __init__(self) -> None:
        self._asked: tuple[Path, str, int] | None = None
        self._asked_at = 0.0
        self._answer: str | None = None

    def is_dirty(self, root: Path, commit: str) -> str | None:
        """Returns yes or no, or None if git does not say."""
        question = (root, commit, _changed_ns(root / ".git" / "index"))
        now = time.monotonic()
        if question != self._asked or now - self._asked_at > FRESH_S:
            status = _git(root, "status", "--porcelain", "--untracked-files=no", "-z")
            self._answer = None if status is None else "yes" if status else "no"
            self._asked, self._asked_at = question, now
        return self._answer


def capture(
    environ: Mapping[str, str], argv: list[str], tree: WorkTree | None = None
) -> dict[str, str]:
    """Returns the facts of this process that say how to repeat the run; no empty values."""
    entry = str(Path(argv[0]).absolute()) if argv and argv[0] not in {"", "-c", "-m"} else ""
    facts = {
        "entry": entry,
        "argv": " ".join(argv[1:]),
        "cwd": _or_empty(os.getcwd),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **git_facts(Path(entry).parent if entry else Path.cwd(), tree or WorkTree()),
    }
    facts |= {name: environ.get(variable, "") for name, variable in CAPTURED.items()}
    return {name: clean(text)[:MAX_VALUE_CHARACTERS] for name, text in facts.items() if text}


def user_name() -> str:
    """Returns who runs this process, or nothing if the system does not know."""
    try:
        return clean(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return ""


def host_name() -> str:
    """Returns the name of this machine."""
    return clean(_or_empty(socket.gethostname))


def git_facts(folder: Path, tree: WorkTree) -> dict[str, str]:
    """Returns commit, branch and dirty (yes, no) of the repository around a folder, if any."""
    root = _repository(folder)
    if root is None:
        return {}
    head = _or_empty(lambda: (root / ".git" / "HEAD").read_text(encoding="utf-8").strip())
    branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else ""
    commit = head if not head.startswith("ref: ") else _ref(root / ".git", head[5:])
    if not commit:
        commit = _git(root, "rev-parse", "HEAD") or ""
    dirty = tree.is_dirty(root, commit) or ""
    facts = {"commit": commit, "branch": branch, "dirty": dirty}
    return {name: text for name, text in facts.items() if text}


def clean(text: str) -> str:
    """Returns the text without halves of characters, which JSON in UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _repository(folder: Path) -> Path | None:
    for candidate in [folder, *folder.parents][:MAX_PARENTS]:
        if (candidate / ".git").exists():
            return candidate
    return None


def _ref(git: Path, name: str) -> str:
    loose = _or_empty(lambda: (git / name).read_text(encoding="ascii").strip())
    if loose:
        return loose
    packed = _or_empty(lambda: (git / "packed-refs").read_text(encoding="utf-8"))
    for line in packed.splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""


def _git(root: Path, *arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell, and git reads only
            [program, "-c", "core.fsmonitor=false", *arguments],
            cwd=root,
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _or_empty(read: Callable[[], str]) -> str:
    try:
        return read()
    except (OSError, ValueError):
        return ""
