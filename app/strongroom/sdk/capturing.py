# SPDX-License-Identifier: Apache-2.0
"""What a run keeps by itself, and how each part is switched off.

* The loudest wins: the argument ``capture``, then ``STRONGROOM_CAPTURE``, then the settings
  (section ``logging``: variable, project, person, machine; a lock of the machine is louder still).
* Kept are the script, what is not committed, the packages: small texts below ``captured/``, written
  with one fsync when a new run begins. A resumed run or a second process adds none.
* What looks like a secret is left out and said (`sdk.masking`).
* Nothing here raises: what cannot be kept is counted as a loss of the run.
"""

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.setting_voices import SettingVoices
from strongroom.domain.captured import DIFFERENCE, FOLDER, PACKAGES
from strongroom.domain.errors import BadInput
from strongroom.domain.places import policy_file, project_file, settings_file
from strongroom.domain.setting import SETTINGS
from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.folder import RunPlace
from strongroom.sdk.gauges import Gauges
from strongroom.sdk.masking import masked_text
from strongroom.sdk.packages import requirements
from strongroom.sdk.source import code_folder, entry_point, host_name, user_name
from strongroom.sdk.system_metrics import SYSTEM_METRICS
from strongroom.sdk.work_tree import WorkTree

VARIABLE = "STRONGROOM_CAPTURE"
SECTION = "logging"
PARTS = ("code", "packages", "system", "network")
MAX_SCRIPT_BYTES = 1 << 20
MAX_NAMED = 40  # files named in the head of a difference; the others are counted
_SETTINGS = {
    "code": "logging.code",
    "packages": "logging.packages",
    "system": "logging.system_metrics",
    "network": "logging.network_metrics",
}
_INTERVAL = "logging.system_seconds"
_ON = {"1", "on", "yes", "true", "all"}
_OFF = {"0", "off", "no", "false", "none"}
Choice = bool | str | Iterable[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What one run keeps by itself; ``every_s`` is the time between two looks at the machine."""

    code: bool = True
    packages: bool = True
    system: bool = True
    network: bool = False
    every_s: float = 5.0


NOTHING = Capture(code=False, packages=False, system=False)
"""What a process keeps of a run that it joins."""


def choose(choice: Choice, environ: Mapping[str, str]) -> Capture:
    """Returns what is to be captured.

    Args:
        choice: True for all but the network, False for nothing, names of `PARTS`, or None for what
            the variable or the settings say.
        environ: The environment.

    Raises:
        BadInput: ``E-USAGE`` for a part there is not, said by the argument.
    """
    flags = _flags(choice if choice is not None else _spoken(environ.get(VARIABLE, "")))
    voices = SettingVoices.read(
        settings_file(environ),
        policy_file(environ),
        project=project_file(Path(os.curdir).absolute()),
        environ=environ,
    )
    states = {each.key: voices.state(each) for each in SETTINGS if each.section == SECTION}
    for part, key in _SETTINGS.items():
        if part not in flags or states[key].lock:
            flags[part] = bool(states[key].value)
    return Capture(every_s=float(states[_INTERVAL].value), **flags)


def begin(run: ActiveRun, place: RunPlace, capture: Capture, tree: WorkTree, *, root: Path) -> None:
    """Keeps what a new run keeps by itself, and begins to measure for one that is led from here.

    Args:
        run: The run that has just been opened.
        place: Its folder and facts.
        capture: What is asked for.
        tree: Answers for the repository.
        root: The store, whose disk is told of.
    """
    try:
        if run.leads and (capture.system or capture.network):
            gauges = Gauges(root, network=capture.network)
            started_us = int(place.facts["started"])
            SYSTEM_METRICS.watch(run, gauges.read, started_us=started_us, every_s=capture.every_s)
        if place.is_new and (capture.code or capture.packages):
            source = {key: str(value) for key, value in place.facts["source"].items()}
            files = files_of(capture, source, tree, code_folder(source.get("entry", "")))
            if files:
                run.keep_all(files, FOLDER)
        elif run.leads and not place.is_new:
            run.log_note(_resumed(place, tree))
    except Exception as error:  # noqa: BLE001 - training goes on whatever happened
        run.losses.note(error, "what is captured by itself")


def _resumed(place: RunPlace, tree: WorkTree) -> str:
    """Returns the note of a run that comes back to life, with what is not as it was."""
    entry = entry_point(os.environ, sys.argv)
    before, now = place.facts["source"], tree.facts(code_folder(entry))
    words = f"Resumed on {host_name() or 'another machine'} by {user_name() or 'somebody'}."
    known, commit = str(before.get("commit", "")), now.get("commit", "")
    if known and commit and known != commit:
        words += f" The code is at commit {commit[:12]}, it began at {known[:12]}."
    version = platform.python_version()
    if before.get("python") not in {None, version}:
        words += f" Python is {version}, it was {str(before['python'])[:20]}."
    return words


def files_of(
    capture: Capture, source: Mapping[str, str], tree: WorkTree, folder: Path
) -> dict[str, bytes]:
    """Returns what a new run keeps, by path inside `captured.FOLDER`.

    Args:
        capture: What is asked for.
        source: What `source.capture` said of this process.
        tree: Answers for the repository.
        folder: Where the code lies.
    """
    found: dict[str, bytes] = {}
    if capture.code:
        found |= _script(source)
        if difference := _difference(source, tree, folder):
            found[_inside(DIFFERENCE)] = difference
    if capture.packages and (text := requirements()):
        found[_inside(PACKAGES)] = text.encode("utf-8", "replace")
    return found


def _script(source: Mapping[str, str]) -> dict[str, bytes]:
    """Returns the script that was started, under its own name."""
    path = Path(source.get("entry", ""))
    if not path.is_file() or path.is_relative_to(sys.prefix):
        return {}  # nothing was started, or a tool that is installed
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SCRIPT_BYTES + 1)
    except OSError:
        return {}  # it was started and may not be read
    if len(data) > MAX_SCRIPT_BYTES or b"\0" in data[:8_192]:
        return {}  # a bundle or a binary starter says nothing a person can read
    name = path.name if path.suffix else f"{path.name}.py"
    if name in {_inside(DIFFERENCE), _inside(PACKAGES)}:
        return {}
    text, _ = masked_text(data.decode("utf-8", "replace"))
    return {name: text.encode("utf-8", "replace")}


def _difference(source: Mapping[str, str], tree: WorkTree, folder: Path) -> bytes:
    """Returns what is not committed, with a head that says what it holds and what it does not."""
    held = tree.uncommitted(folder, dict(source))
    if held is None:
        return b""
    text, masked = masked_text(held.difference.decode("utf-8", "replace"))
    lines = [f"# What was not committed when the run began, beyond {source.get('commit', '')}."]
    if held.untracked:
        lines.append(f"# Not known to git and not kept: {_listed(held.untracked)}")
    if held.left_out:
        lines.append(f"# Changed and left out because of the name: {_listed(held.left_out)}")
    if masked:
        lines.append(f"# Lines left out because they look like secrets: {masked}")
    if held.is_cut:
        lines.append("# Cut here: it was longer than is kept.")
    return ("\n".join(lines) + "\n" + text).encode("utf-8", "replace")


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(
        "".join(each for each in name if each.isprintable()) for name in names[:MAX_NAMED]
    )
    more = len(names) - MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _inside(path: str) -> str:
    return path.removeprefix(f"{FOLDER}/")


def _flags(said: Choice) -> dict[str, bool]:
    """Returns what was said of each part; nothing for None.

    Raises:
        BadInput: ``E-USAGE`` for a part there is not.
    """
    if said is None:
        return {}
    if isinstance(said, bool):
        return {part: said and part != "network" for part in PARTS}
    names = {said} if isinstance(said, str) else {str(name) for name in said}
    if unknown := sorted(names - set(PARTS)):
        raise BadInput(
            "E-USAGE",
            f"There is no {unknown[0][:60]!r} to capture",
            f"Choose from {', '.join(PARTS)}, or use True or False.",
        )
    return {part: part in names for part in PARTS}


def _spoken(text: str) -> Choice:
    """Returns what the variable says; a word it cannot mean is left out."""
    word = text.strip().lower()
    if word in _ON | _OFF:
        return word in _ON
    names = [each.strip() for each in word.split(",") if each.strip() in PARTS]
    return names or None
