# SPDX-License-Identifier: Apache-2.0
"""Asks git, reading only: no hook, monitor or lock of a repository is touched by a question.

What cannot be answered in two seconds is left unanswered.
"""

import os
import shutil
import subprocess
from pathlib import Path

MAX_PARENTS = 40  # how far up a repository is looked for
GIT_TIMEOUT_S = 2.0  # a repository on a sleeping share must not hold training back


def repository_of(folder: Path) -> Path | None:
    """Returns the root of the work tree around a folder, None if there is none near."""
    for candidate in [folder, *folder.parents][:MAX_PARENTS]:
        if (candidate / ".git").exists():
            return candidate
    return None


def git_answer(root: Path, *arguments: str) -> str | None:
    """Returns what git answers, without white space at its ends; None if it does not."""
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
