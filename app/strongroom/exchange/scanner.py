# SPDX-License-Identifier: Apache-2.0
"""The site's scanner: a command that looks at files of others before they are used.

* The manners of such programs are kept: exit code 0 says nothing was found, 1 that something was,
  any other that it could not do its work. Only 0 lets anything pass.
* It is started without a shell, gets paths of this machine only, never a name from outside, and is
  stopped with all its children when somebody cancels or it takes too long.
* What it prints is text of strangers: bounded, on one line, shown and never believed.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.progress import Progress

MAX_SAID = 300  # characters of what it printed
CLEAN, FOUND = 0, 1
_TICK_S = 0.05
ADVICE = (
    "Nothing was taken in that was not scanned. Ask whoever looks after this machine; the command"
    " stands under [exchange] in its settings."
)
TELL = "It was not taken in. Ask whoever made it what it is, and tell your site's security."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """The command of a site, to which a path is added, and how long it may take in seconds."""

    command: tuple[str, ...]
    timeout_s: int = 600

    def bad_files(
        self, folder: Path, files: Sequence[Path], progress: Progress
    ) -> Mapping[Path, str]:
        """Returns the files in which something was found, with what the scanner said.

        Args:
            folder: What holds the files and nothing else, given whole first.
            files: The files, given one by one if something is found in the folder.
            progress: Hears that it lasts; may cancel.

        Raises:
            EnvironmentFault: ``E-SCAN`` if the scanner is not there, fails, or takes too long.
            Cancelled: The scanner was stopped.
        """
        if not files:
            return {}
        if self._run(folder, progress, "Scanning")[0] == CLEAN:
            return {}
        found: dict[Path, str] = {}
        for number, file in enumerate(files):
            code, said = self._run(file, progress, f"Scanning {number + 1} of {len(files)}")
            if code == FOUND:
                found[file] = said
        if not found:
            raise _failed("found something in all files together and in none by itself")
        return found

    def check(self, folder: Path, progress: Progress) -> None:
        """Accepts a folder in which nothing is found.

        Raises:
            Untrusted: ``E-SCAN`` with what the scanner said.
            EnvironmentFault: ``E-SCAN`` if the scanner could not do its work.
            Cancelled: The scanner was stopped.
        """
        code, said = self._run(folder, progress, "Scanning")
        if code == FOUND:
            raise Untrusted("E-SCAN", f"The scanner of this site found something: {said}", TELL)

    def _run(self, path: Path, progress: Progress, what: str) -> tuple[int, str]:
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(  # noqa: S603 - the site's own command, no shell
                    [*self.command, str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                name = self.command[0]
                raise _failed(f"could not be started: {name}: {error.strerror}") from error
            try:
                code = self._wait(process, progress, what)
            finally:
                _stop(process)
            output.seek(0)
            said = _one_line(output.read(64 * 1024))
        if code not in {CLEAN, FOUND}:
            raise _failed(f"ended with {code}" + (f": {said}" if said else ""))
        return code, said or "it says no more"

    def _wait(self, process: "subprocess.Popen[bytes]", progress: Progress, what: str) -> int:
        deadline = time.monotonic() + self.timeout_s
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=_TICK_S)
            progress.step(0, 0, what)
            if time.monotonic() > deadline:
                raise _failed(f"did not end within {self.timeout_s:,} seconds")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends the scanner and whatever it started; one that has ended is left alone."""
    if process.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _one_line(output: bytes) -> str:
    text = " ".join(output.decode("utf-8", "backslashreplace").split())
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown[:MAX_SAID]


def _failed(why: str) -> EnvironmentFault:
    return EnvironmentFault("E-SCAN", f"The scanner of this site {why}", ADVICE)
