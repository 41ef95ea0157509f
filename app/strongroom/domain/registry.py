# SPDX-License-Identifier: Apache-2.0
"""The registry as folded from events: models, versions, requests, and its one digest.

* Nothing here comes from a clock, from arrival, from quarantine or from this workstation, so two
  peers that hold the same events have the same bytes (formats.md F10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.event import Event
from strongroom.domain.policy import OPEN, Policy


class RequestStatus(StrEnum):
    """What became of a transition request."""

    PENDING = "pending"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CHANGES_ASKED = "changes-asked"
    EXPIRED = "expired"
    STALE = "stale"
    CONFLICT = "conflict"
    LAPSED = "lapsed"
    NEEDS_RECONFIRM = "needs-reconfirm"
    INVALID = "invalid"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about the request."""
        return self in {
            RequestStatus.PENDING,
            RequestStatus.CONFLICT,
            RequestStatus.LAPSED,
            RequestStatus.NEEDS_RECONFIRM,
        }


VersionKey = tuple[str, int, str]
"""The identity of a version: model, number, tree digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One answer to a request; ``code`` says why it does not count, "" if it does."""

    event: str
    kind: str
    person: str
    writer: str
    comment: str
    time: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """A wish to move a version to a stage, with every answer to it."""

    id: str
    event: Event
    key: VersionKey
    from_stage: str
    to_stage: str
    retires: tuple[tuple[VersionKey, str], ...]
    parents: tuple[str, ...]
    person: str
    status: RequestStatus
    is_emergency: bool = False
    policy: Policy = OPEN
    votes: tuple[Vote, ...] = ()
    counted: frozenset[str] = frozenset()
    note: str = ""
    is_vote_late: bool = False
    """Whether late approvals alone keep it open: they can be given again, or others approve."""

    @property
    def approvals(self) -> tuple[Vote, ...]:
        """The approvals that count: valid, and nobody's who also rejected in time."""
        return tuple(vote for vote in self.votes if vote.event in self.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A numbered, immutable entry of a registered model, and where it stands."""

    key: VersionKey
    register: str
    registrar: str
    registered: str
    run: str
    artifact: str
    manifest: str
    format_risk: str
    flavors: tuple[str, ...]
    stage: str
    by: str

    @property
    def model(self) -> str:
        """The name of the registered model."""
        return self.key[0]

    @property
    def version(self) -> int:
        """The number people use."""
        return self.key[1]

    @property
    def tree(self) -> str:
        """The digest of the files, which everything else is bound to."""
        return self.key[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A name with its versions, aliases and unresolved conflicts."""

    name: str
    versions: tuple[ModelVersion, ...]
    aliases: Mapping[str, VersionKey]
    conflicts: tuple[tuple[str, ...], ...]

    def holder(self, stage: str) -> ModelVersion | None:
        """Returns a version in that stage, the highest number first."""
        held = [version for version in self.versions if version.stage == stage]
        return max(held, key=lambda version: version.version, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryState:
    """Everything that follows from the trust chain and the events."""

    team: str
    trust_version: int
    trust_id: str
    models: Mapping[str, RegisteredModel]
    requests: Mapping[str, TransitionRequest]
    lane_heads: Mapping[tuple[str, str], tuple[str, ...]]
    alias_heads: Mapping[tuple[str, str], tuple[str, ...]]
    refusals: Mapping[str, str]
    """Events without effect: id to code."""

    def version(self, key: VersionKey) -> ModelVersion | None:
        """Returns the version of that identity, or None."""
        model = self.models.get(key[0])
        return next((v for v in model.versions if v.key == key), None) if model else None

    def to_json(self) -> JsonValue:
        """Returns the object of formats.md F10."""
        return {
            "format": 1,
            "team": self.team,
            "trust": {"version": self.trust_version, "id": self.trust_id},
            "models": [
                _model_json(self.models[name])
                for name in sorted(self.models, key=lambda name: name.encode())
            ],
            "requests": [
                {"id": id_, "status": self.requests[id_].status.value}
                for id_ in sorted(self.requests)
            ],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical registry state: equal on every peer with the same events."""
        return canonical.digest(self.to_json())


def _model_json(model: RegisteredModel) -> JsonValue:
    return {
        "name": model.name,
        "aliases": {
            alias: f"{version}+{tree[:8]}" for alias, (_, version, tree) in model.aliases.items()
        },
        "conflicts": [list(group) for group in model.conflicts],
        "versions": [
            {
                "version": version.version,
                "tree": version.tree,
                "register": version.register,
                "run": version.run,
                "stage": version.stage,
                "by": version.by,
            }
            for version in model.versions
        ],
    }
