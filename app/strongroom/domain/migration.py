# SPDX-License-Identifier: Apache-2.0
"""What this version would change of a store that another one wrote, said before it is done."""

from dataclasses import dataclass
from enum import StrEnum


class MigrationAct(StrEnum):
    """What becomes of a part of a store."""

    STAYS = "stays"
    UPGRADED = "upgraded"
    REBUILT = "rebuilt"
    ONLY_READ = "only-read"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPart:
    """One part of a store: where it stands, where this version wants it, and how it gets there.

    Attributes:
        name: ``store``, ``runs``, ``log`` or ``catalog``.
        found: The number it has, 0 where it has none of its own or is not there.
        wanted: The number this version writes.
        act: What becomes of it.
        steps: What the way there does, a sentence each.
        size_bytes: What would be copied first; 0 where nothing is.
    """

    name: str
    found: int
    wanted: int
    act: MigrationAct
    steps: tuple[str, ...] = ()
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """All parts of a store, and the copy that would bring the part before back."""

    parts: tuple[MigrationPart, ...]
    copy: str = ""
    """The name of the copy that lies in the store from the last time, "" if there is none."""

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        return any(part.act in {MigrationAct.UPGRADED, MigrationAct.REBUILT} for part in self.parts)

    def part(self, name: str) -> MigrationPart:
        """Returns a part by its name."""
        return next(part for part in self.parts if part.name == name)
