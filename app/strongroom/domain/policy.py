# SPDX-License-Identifier: Apache-2.0
"""Policies: what a move to a stage needs, and which policy speaks for a model.

* A policy is bound by digest: a request names the SHA-256 of the canonical policy object.
* A stage without an entry is `OPEN`, spelled out, so that it has a digest too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue

_KEYS = {
    "need", "groups", "exclude", "veto", "require", "gates", "require_fresh_snapshot_days",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule:
    """A threshold on a metric: ``value`` is a decimal or ``incumbent+0.01``."""

    name: str
    metric: str
    op: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What it takes to move a version to one stage."""

    need: int = 0
    groups: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    veto: bool = False
    require: tuple[str, ...] = ()
    gates: tuple[GateRule, ...] = ()
    require_fresh_snapshot_days: int = 0

    def to_json(self) -> JsonValue:
        """Returns the object whose canonical bytes are signed and bound by digest."""
        return {
            "need": self.need,
            "groups": list(self.groups),
            "exclude": list(self.exclude),
            "veto": self.veto,
            "require": list(self.require),
            "gates": [
                {"name": gate.name, "metric": gate.metric, "op": gate.op, "value": gate.value}
                for gate in self.gates
            ],
            "require_fresh_snapshot_days": self.require_fresh_snapshot_days,
        }

    def in_words(self) -> str:
        """Returns what it needs, as one sentence without an end."""
        parts = [f"{self.need} approval{'' if self.need == 1 else 's'}" if self.need else "nothing"]
        if self.groups:
            parts.append("from " + ", ".join(self.groups))
        if "requester" in self.exclude:
            parts.append("not by the requester")
        if "run-author" in self.exclude:
            parts.append("not by the run's author")
        if self.veto:
            parts.append("one rejection stops it")
        parts += [f"evidence {kind}" for kind in self.require]
        parts += [f"{gate.metric} {gate.op} {gate.value}" for gate in self.gates]
        if self.require_fresh_snapshot_days:
            parts.append(f"a witness seen within {self.require_fresh_snapshot_days} days")
        return ", ".join(parts)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical policy object, the value that requests and approvals name."""
        return _digest(self)

    def has_quorum(self, persons: Mapping[str, Iterable[str]]) -> bool:
        """Whether these persons, each with the groups he belongs to, are enough.

        One person fills one group's slot only, so groups are filled by matching (GitLab #425759).
        """
        if len(persons) < self.need:
            return False
        seats: dict[str, str] = {}
        groups_of = {person: set(groups) for person, groups in persons.items()}

        def seat(group: str, tried: set[str]) -> bool:
            for person in sorted(groups_of):
                if group not in groups_of[person] or person in tried:
                    continue
                tried.add(person)
                if person not in seats or seat(seats[person], tried):
                    seats[person] = group
                    return True
            return False

        return all(seat(group, set()) for group in self.groups)


@lru_cache(maxsize=1024)
def _digest(policy: Policy) -> str:
    """Digests a policy once; every vote on every request is held against one of a few."""
    return canonical.digest(policy.to_json())


OPEN = Policy()
"""Nothing is needed; the policy of a stage that no policy mentions."""

DEFAULT_POLICIES: Mapping[str, Mapping[str, Policy]] = {
    "*": {
        "staging": Policy(need=1, exclude=("requester",), veto=True),
        "production": Policy(need=1, exclude=("requester",), veto=True),
    }
}
"""What a new team starts with: four eyes for Staging and Production."""


def parse_policy(value: JsonValue) -> Policy:
    """Reads a policy object with all keys present.

    Raises:
        ValueError: If the object has another shape.
    """
    if not isinstance(value, dict) or set(value) != _KEYS:
        raise ValueError("a policy needs exactly the keys " + ", ".join(sorted(_KEYS)))
    for key in ("need", "require_fresh_snapshot_days"):
        number = value[key]
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 1000:
            raise ValueError(f"{key} must be a whole number from 0 to 1000")
    if not isinstance(value["veto"], bool):
        raise ValueError("veto must be true or false")
    texts = {}
    for key in ("groups", "exclude", "require"):
        items = value[key]
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ValueError(f"{key} must be a list of texts")
        texts[key] = tuple(items)
    if not set(texts["exclude"]) <= {"requester", "run-author"}:
        raise ValueError("exclude knows requester and run-author")
    return Policy(
        need=value["need"],
        groups=texts["groups"],
        exclude=texts["exclude"],
        veto=value["veto"],
        require=texts["require"],
        gates=tuple(_parse_gate(gate) for gate in value["gates"]),
        require_fresh_snapshot_days=value["require_fresh_snapshot_days"],
    )


def find_policy(policies: Mapping[str, Mapping[str, Policy]], model: str, stage_key: str) -> Policy:
    """Returns the policy of a model for a stage: exact name, else the longest matching prefix."""
    entry = policies.get(model)
    if entry is None:
        prefixes = [
            pattern
            for pattern in policies
            if pattern.endswith("*") and model.startswith(pattern[:-1])
        ]
        entry = policies[max(prefixes, key=len)] if prefixes else {}
    return entry.get(stage_key, OPEN)


def _parse_gate(value: JsonValue) -> GateRule:
    if (
        not isinstance(value, dict)
        or set(value) != {"name", "metric", "op", "value"}
        or not all(isinstance(item, str) for item in value.values())
        or value["op"] not in {">=", "<="}
    ):
        raise ValueError("a gate needs name, metric, op (>= or <=) and value, all texts")
    return GateRule(
        name=value["name"], metric=value["metric"], op=value["op"], value=value["value"]
    )
