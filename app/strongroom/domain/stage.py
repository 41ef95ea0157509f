# SPDX-License-Identifier: Apache-2.0
"""Stages: the names a version moves between, and how risky each is.

Events carry the exact name (``Production``); capabilities and policies the lower case.
"""

from dataclasses import dataclass

NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage: its name, its risk order, and whether only one version of a model may hold it."""

    name: str
    risk: int
    is_exclusive: bool

    @property
    def key(self) -> str:
        """The lower-case form used in capabilities and policies."""
        return self.name.lower()


DEFAULT_STAGES = (
    Stage(name=NONE, risk=0, is_exclusive=False),
    Stage(name="Archived", risk=0, is_exclusive=False),
    Stage(name="Staging", risk=1, is_exclusive=False),
    Stage(name="Production", risk=2, is_exclusive=True),
)
"""The four stages of MLflow; a trust document may name others (formats.md F5)."""
