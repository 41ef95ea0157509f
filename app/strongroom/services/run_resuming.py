# SPDX-License-Identifier: Apache-2.0
"""How a run is gone on with: the command that started it, and the line of Python that resumes it.

* Nothing is executed. What a run says of itself may be hostile: every word is quoted again, and a
  command with characters that a terminal would act on is not offered.
* What the run itself left out (a secret on the command line) is said, not guessed.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.run import RunDetail

LEFT_OUT = "[left out"
MOST_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeWords:
    """What resumes a run.

    Attributes:
        command: A line for a POSIX shell, "" if the run does not say how it was started.
        python: A line for a script or a notebook.
        remark: One sentence about what to look at first.
    """

    command: str
    python: str
    remark: str


def resume_words(detail: RunDetail, store: Path) -> ResumeWords:
    """Returns the words that resume a run of a store."""
    source, run_id = detail.source, detail.run.run_id
    python = f'run = strongroom.start_run(run_id="{run_id}", store={str(store)!r})'
    entry, cwd = source.get("entry", ""), source.get("cwd", "")
    if not entry:
        return ResumeWords(
            command="", python=python, remark="The run does not say which script it was."
        )
    try:
        arguments = shlex.split(source.get("argv", ""))
    except ValueError:  # older runs kept the words joined by blanks
        arguments = source.get("argv", "").split()
    words = [
        f"STRONGROOM_STORE={shlex.quote(str(store))}",
        f"STRONGROOM_RUN_ID={run_id}",
        shlex.join(["python", entry, *arguments]),
    ]
    command = " ".join(words)
    if cwd:
        command = f"cd {shlex.quote(cwd)} && {command}"
    if not command.isprintable() or len(command) > MOST_CHARACTERS:
        return ResumeWords(
            command="",
            python=python,
            remark="Its command line holds characters that a terminal would act on.",
        )
    return ResumeWords(command=command, python=python, remark=_remark(detail))


def _remark(detail: RunDetail) -> str:
    if LEFT_OUT in detail.source.get("argv", ""):
        return "A value that looks like a secret was not kept: put it in again."
    host = detail.run.host
    where = f"It ran on {host}. " if host else ""
    return f"{where}The script has to load its own training checkpoint."
