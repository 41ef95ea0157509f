# SPDX-License-Identifier: Apache-2.0
"""A support bundle: one ZIP for whoever mends Strongroom, made and kept on this machine.

* What is inside can be read before it is saved; nothing is sent anywhere.
* Without a tick it holds no value, no name of a person, run, file or folder. A tick adds messages
  of errors and the layout. Secrets are cut out of every part, ticked or not.
"""

import json
import platform
import re
import traceback
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk.whole_file import PRIVATE, written_whole
from strongroom.domain.errors import EnvironmentFault, StrongroomError
from strongroom.services.diary import Diary, frames_of
from strongroom.services.settings import Settings

LONGEST_PART = 512 * 1024  # characters
_LIBRARIES = ("strongroom", "PySide6-Essentials", "pyqtgraph", "pyarrow", "numpy", "sqlalchemy",
              "cryptography", "keyring")  # fmt: skip
_SECRETS = (
    re.compile(r"-----BEGIN[^-]{0,60}-----.*?(-----END[^-]{0,60}-----|\Z)", re.DOTALL),
    re.compile(
        r"(?i)([\w.-]*(?:pass(?:word|phrase|wd)?|secret|token|api[_-]?key|credential|authorization)"
        r"[\w.-]*[\"']?\s*[:=]\s*[\"']?)(?:bearer\s+|basic\s+)?[^\s\"',;]+"
    ),
    re.compile(
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bhf_\w{20,}|\beyJ[\w-]{10,}\.[\w.-]+"
    ),
    re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
    re.compile(r"\b[0-9a-fA-F]{32,}\b"),
    re.compile(
        r"(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/-]{32,}={0,2}"
    ),
)  # fmt: skip
CUT = "[cut]"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePart:
    """One file of the bundle: its name, what it tells, its text."""

    name: str
    tells: str
    text: str


class SupportBundle:
    """Collects and saves.

    Args:
        diary: The log of the program.
        settings: What was chosen.
    """

    def __init__(self, diary: Diary, settings: Settings) -> None:
        self._diary, self._settings = diary, settings

    def parts(
        self,
        *,
        error: BaseException | None = None,
        hard_crash: str = "",
        versions: Mapping[str, str] | None = None,
        layout: Mapping[str, object] | None = None,
        with_names: bool = False,
    ) -> tuple[BundlePart, ...]:
        """Returns what the bundle would hold.

        Args:
            error: What it is about.
            hard_crash: What the interpreter wrote when it died last time.
            versions: Of what only the window knows.
            layout: What the window remembers; only its keys without a tick.
            with_names: Somebody ticked that names and messages may be inside.
        """
        found = [
            BundlePart(
                name="versions.json", tells="versions of the program, its libraries, the system",
                text=_json({**_versions(), **(versions or {})}),
            ),
            BundlePart(
                name="settings.json", tells="settings and who said them",
                text=_json(
                    {at.setting.key: [at.value, at.origin.value] for at in self._settings.states()}
                ),
            ),
            BundlePart(
                name="log.jsonl", tells="the last lines of the program's log",
                text=self._diary.tail(),
            ),
            BundlePart(
                name="layout.json", tells="what the window remembers" if with_names else
                "which layouts the window remembers, without what is in them",
                text=_json(dict(layout or {}) if with_names else _areas(layout or {})),
            ),
        ]  # fmt: skip
        if error is not None:
            tells = "the error with its message" if with_names else "where the error happened"
            text = _whole(error) if with_names else _bare(error)
            found.insert(0, BundlePart(name="error.txt", tells=tells, text=text))
        if hard_crash:
            tells = "where the program ended last time"
            text = hard_crash if with_names else _without_folders(hard_crash)
            found.insert(0, BundlePart(name="hard-crash.txt", tells=tells, text=text))
        return tuple(
            BundlePart(name=part.name, tells=part.tells, text=scrubbed(part.text[:LONGEST_PART]))
            for part in found
        )

    def save(self, path: Path, parts: Sequence[BundlePart]) -> Path:
        """Writes the bundle whole; returns the path.

        Raises:
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        try:
            with (
                written_whole(path, mode=PRIVATE) as aside,
                zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as bundle,
            ):
                for part in parts:
                    bundle.writestr(part.name, part.text)
        except OSError as error:
            raise EnvironmentFault(
                "E-FULL" if error.errno == 28 else "E-STORE",
                f"The bundle cannot be written: {error.strerror or error}",
                "Choose another folder, or free space.",
            ) from error
        return path


def scrubbed(text: str) -> str:
    """Returns a text without what looks like a secret: keys, tokens, passwords, long digests."""
    for pattern in _SECRETS:
        text = pattern.sub(_cut, text)
    return text


def _cut(found: re.Match[str]) -> str:
    kept = found.group(1) if found.re.groups and found.re is _SECRETS[1] else ""
    return f"{kept}{CUT}"


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{name: _version(name) for name in _LIBRARIES},
    }


def _version(name: str) -> str:
    from importlib import metadata  # brings the parser of mail with it

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _bare(error: BaseException) -> str:
    """Returns classes, codes and places of an error and its causes, without any message."""
    lines: list[str] = []
    now: BaseException | None = error
    while now is not None and len(lines) < 400:
        code = f" {now.code}" if isinstance(now, StrongroomError) else ""
        lines += [f"{type(now).__name__}{code}", *(f"  {frame}" for frame in frames_of(now))]
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "\n".join(lines) + "\n"


def _whole(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _without_folders(text: str) -> str:
    """Returns what the interpreter wrote with file names alone: folders name people."""
    return re.sub(r'"[^"\n]*[/\\]([^"/\\\n]+)"', r'"\1"', text)


def _areas(layout: Mapping[str, object]) -> list[str]:
    """Returns the first two parts of each key; what follows may be named by somebody."""
    return sorted({".".join(key.split(".")[:2]) for key in layout})


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True, default=str) + "\n"


Parts = Callable[[bool], tuple[BundlePart, ...]]
"""Collects the parts; the argument says whether names may be inside."""
