# SPDX-License-Identifier: Apache-2.0
"""What became of an exchange with another store: counts, troubles, and a line per item.

* Three outcomes of arrival: new (or the same), waiting, rejected. Nothing is left out silently.
* The JSON is that of formats.md F11; a window shows the same values.
"""

from dataclasses import asdict, dataclass, field
from typing import Literal

from strongroom.domain.canonical import JsonValue
from strongroom.domain.changes import Changes
from strongroom.domain.errors import StrongroomError
from strongroom.domain.secret import SecretFinding

Kind = Literal["run", "version", "event", "trust", "object"]
Result = Literal["new", "same", "conflict", "rejected", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much was copied, or would be: documents, events, manifests, objects, bytes of all."""

    trust: int = 0
    events: int = 0
    manifests: int = 0
    objects: int = 0
    bytes: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            trust=self.trust + other.trust,
            events=self.events + other.events,
            manifests=self.manifests + other.manifests,
            objects=self.objects + other.objects,
            bytes=self.bytes + other.bytes,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to copy."""
        return self == Counts()

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the object of formats.md F11."""
        return dict(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that was not taken in, or an alarm: code, where, one sentence.

    ``item`` is the id in quarantine where bytes were kept, else ""; ``size_bytes`` is the size of
    what was not taken in, 0 where nothing was there or nobody knows.
    """

    code: str
    path: str
    detail: str
    item: str = ""
    size_bytes: int = 0

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the object of formats.md F11."""
        found: dict[str, JsonValue] = {"code": self.code, "path": self.path, "detail": self.detail}
        if self.item:
            found["item"] = self.item
        if self.size_bytes:
            found["bytes"] = self.size_bytes
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a person recognises, and what became of it or would."""

    kind: Kind
    key: str
    title: str
    result: Result
    size_bytes: int = 0
    signer: str = ""
    code: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the item as commands print it."""
        return dict(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an exchange did, or would do (``is_dry``).

    ``same`` counts what both sides had, in ``same_bytes`` bytes; ``left_out`` what a selection did
    not choose.
    """

    remote: str
    is_dry: bool = False
    pulled: Counts = Counts()
    pushed: Counts = Counts()
    same: int = 0
    same_bytes: int = 0
    left_out: Counts = Counts()
    waiting: tuple[Trouble, ...] = ()
    rejected: tuple[Trouble, ...] = ()
    conflicts: tuple[Trouble, ...] = ()
    items: tuple[Item, ...] = ()
    secrets: tuple[SecretFinding, ...] = ()
    """What seems to be a secret in what would leave; not let through, it stops a push."""
    changes: Changes = field(default_factory=Changes)

    @property
    def new(self) -> Counts:
        """What was copied in either direction."""
        return self.pulled + self.pushed

    @property
    def is_clean(self) -> bool:
        """Whether nothing was rejected and nothing is alarming."""
        return not self.rejected and all(found.allowed_by for found in self.secrets)

    @property
    def sizes(self) -> dict[str, int]:
        """How many bytes were new, the same, waiting, rejected, in conflict."""
        return {
            "new": self.new.bytes,
            "same": self.same_bytes,
            "waiting": sum(each.size_bytes for each in self.waiting),
            "rejected": sum(each.size_bytes for each in self.rejected),
            "conflicts": sum(each.size_bytes for each in self.conflicts),
        }

    def __or__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            remote=self.remote,
            is_dry=self.is_dry,
            pulled=self.pulled + other.pulled,
            pushed=self.pushed + other.pushed,
            same=self.same + other.same,
            same_bytes=self.same_bytes + other.same_bytes,
            left_out=self.left_out + other.left_out,
            waiting=_joined(self.waiting, other.waiting),
            rejected=_joined(self.rejected, other.rejected),
            conflicts=_joined(self.conflicts, other.conflicts),
            items=self.items + other.items,
            secrets=tuple(dict.fromkeys((*self.secrets, *other.secrets))),
            changes=self.changes | other.changes,
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the object of formats.md F11, with both directions apart beside it."""
        return {
            "remote": self.remote,
            "dry_run": self.is_dry,
            "new": self.new.to_json(),
            "pulled": self.pulled.to_json(),
            "pushed": self.pushed.to_json(),
            "same": self.same,
            "bytes": dict(self.sizes),
            "left_out": self.left_out.to_json(),
            "waiting": [trouble.to_json() for trouble in self.waiting],
            "rejected": [trouble.to_json() for trouble in self.rejected],
            "conflicts": [trouble.to_json() for trouble in self.conflicts],
            "secrets": [found.to_json() for found in self.secrets],
        }


def conflict_items(outcome: Outcome) -> tuple[Item, ...]:
    """Returns the conflicts that no item of an outcome shows: contradicting changes of a model."""
    shown = {item.detail for item in outcome.items if item.result == "conflict"}
    return tuple(
        Item(
            kind="event", key=f"conflict {each.path}", title=each.path.partition("/")[0],
            result="conflict", code=each.code, detail=each.detail,
        )
        for each in outcome.conflicts
        if each.detail not in shown
    )  # fmt: skip


def trouble(error: StrongroomError, path: str, *, item: str = "", size_bytes: int = 0) -> Trouble:
    """Returns an error as a trouble at a path."""
    return Trouble(code=error.code, path=path, detail=error.title, item=item, size_bytes=size_bytes)


def _joined(first: tuple[Trouble, ...], second: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    return tuple(dict.fromkeys((*first, *second)))
