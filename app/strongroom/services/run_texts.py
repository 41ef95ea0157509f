# SPDX-License-Identifier: Apache-2.0
"""What a run says, as text to read beside another run's: params, tags, notes, environment, files.

* Fields stand one a line and sorted, so that lines of two runs meet.
* Reading is bounded; what is longer is cut where the comparison of texts cuts too.
"""

from enum import StrEnum

from strongroom.domain.captured import package_list
from strongroom.domain.errors import BadInput
from strongroom.domain.run import RunDetail
from strongroom.domain.text_diff import MOST_CHARACTERS
from strongroom.services.artifacts import Artifacts
from strongroom.services.runs import Runs

_PATCHES = (".diff", ".patch")


class TextKind(StrEnum):
    """Which text of a run."""

    PARAMS = "params"
    TAGS = "tags"
    NOTES = "notes"
    SOURCE = "source"
    ENVIRONMENT = "environment"
    PATCH = "patch"


class RunTexts:
    """Reads texts of runs; safe to ask from worker threads."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._artifacts = Artifacts(runs)

    def text(self, run_id: str, kind: TextKind) -> str:
        """Returns a text of a run, "" if it has none of that kind.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: If the run or the file cannot be trusted.
        """
        detail = self._runs.show(run_id)
        if kind is TextKind.PARAMS:
            return _fields(detail.run.params)
        if kind is TextKind.TAGS:
            return _fields(detail.run.tags)
        if kind is TextKind.NOTES:
            return "\n\n".join(detail.notes)
        if kind is TextKind.SOURCE:
            return _fields(detail.source)
        paths = [file.path for file in detail.artifacts]
        wanted = package_list(paths) if kind is TextKind.ENVIRONMENT else _patch(detail)
        return self.file(run_id, wanted) if wanted else ""

    def file(self, run_id: str, path: str) -> str:
        """Returns an artifact as text.

        Raises:
            BadInput: ``E-RUN``, ``E-ARTIFACT``; ``E-USAGE`` if it is not text.
            Untrusted: ``E-HASH`` or ``E-MISSING``.
        """
        data = self._artifacts.read(run_id, path, max_bytes=4 * MOST_CHARACTERS)
        if b"\x00" in data[:8_192]:
            raise BadInput(
                "E-USAGE", f"{path} is not text", "Look at both files beside each other."
            )
        return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _fields(table: dict[str, str]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in sorted(table.items()))


def _patch(detail: RunDetail) -> str:
    """Returns the path of a difference to the commit that a run logged, "" without one."""
    found = [file.path for file in detail.artifacts if file.path.lower().endswith(_PATCHES)]
    return min(found, key=lambda path: (path.count("/"), path), default="")
