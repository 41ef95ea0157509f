# SPDX-License-Identifier: Apache-2.0
"""A version or a run on its way: its event, its manifest, and what became of its content."""

from dataclasses import dataclass, field

from strongroom.domain.bundle import Manifest
from strongroom.domain.event import Event
from strongroom.exchange.outcome import Result

_GRAVITY: tuple[Result, ...] = ("same", "new", "waiting", "conflict", "rejected")


@dataclass(slots=True, kw_only=True)
class Bundle:
    """An event with its manifest (None if it is not here) and what became of its content.

    ``is_offered`` tells that the remote shows the event, ``is_wanted`` that its content was
    chosen; ``lacks`` are the digests of the files that were not here before.
    """

    event: Event
    manifest: Manifest | None = None
    is_offered: bool = True
    is_wanted: bool = True
    lacks: set[str] = field(default_factory=set)
    result: Result = "same"
    code: str = ""
    detail: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether the remote holds something of it."""
        return self.is_offered or self.result != "same"

    @property
    def is_run(self) -> bool:
        """Whether it is a run; else it is a version."""
        return self.event.type == "run.finish"

    def mark(self, result: Result, code: str = "", detail: str = "") -> None:
        """Notes what became of it; the gravest stays."""
        if _GRAVITY.index(result) > _GRAVITY.index(self.result):
            self.result, self.code, self.detail = result, code, detail
