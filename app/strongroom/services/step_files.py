# SPDX-License-Identifier: Apache-2.0
"""Files that were logged again and again: ``samples/step_000100.png`` and its neighbours by step.

* The step is the last number in a file's name; files belong together when all else is the same.
* Reads names only, never a file.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_STEP = 19  # digits of a step; longer numbers are hashes
_LAST_NUMBER = re.compile(r"^(.*?)(\d+)([^\d/]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFiles:
    """Files that differ in their step alone.

    Attributes:
        name: What they have in common, such as ``samples/step_*.png``.
        steps: The steps, rising.
        paths: The file of each step.
    """

    name: str
    steps: tuple[int, ...]
    paths: tuple[str, ...]

    def at(self, path: str) -> int:
        """Returns the place of a file, -1 for one of another name."""
        return self.paths.index(path) if path in self.paths else -1


def step_files(paths: Iterable[str]) -> dict[str, StepFiles]:
    """Returns for each path that has neighbours by step all of them together."""
    found: dict[str, dict[int, str]] = {}
    for path in sorted(paths):
        parts = _LAST_NUMBER.match(path)
        if parts is not None and len(parts[2]) <= LONGEST_STEP:
            family = found.setdefault(f"{parts[1]}*{parts[3]}", {})
            family.setdefault(int(parts[2]), path)
    together: dict[str, StepFiles] = {}
    for name, members in found.items():
        if len(members) < 2:
            continue
        steps = tuple(sorted(members))
        made = StepFiles(name=name, steps=steps, paths=tuple(members[step] for step in steps))
        together.update(dict.fromkeys(made.paths, made))
    return together
