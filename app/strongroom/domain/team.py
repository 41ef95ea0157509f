# SPDX-License-Identifier: Apache-2.0
"""The trust document as a value: who is in the team, with which keys, rights and policies.

* Reading checks shape only; signatures and the step from one version to the next are `trust`'s.
* Old grants stay in the document as closed intervals, so any event can be judged from the latest
  version alone (trust.md 4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.policy import Policy, find_policy, parse_policy
from strongroom.domain.stage import DEFAULT_STAGES, Stage

PREDICATE_TYPE = "urn:strongroom:trust:v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

Head = tuple[int, str]
"""The sequence number and id of a writer's event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One capability on a scope for an interval of a writer's log; ``cut`` None = still open."""

    cap: str
    scope: str
    after_seq: int
    cut: Head | None

    def to_json(self) -> JsonValue:
        """Returns the object of the trust document."""
        cut = None if self.cut is None else {"seq": self.cut[0], "id": self.cut[1]}
        return {"cap": self.cap, "scope": self.scope, "from": self.after_seq, "to": cut}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One enrolled key pair: a person on one workstation, or a log-only training host."""

    writer: str
    person: str
    host: str
    alg: str
    pub: str
    p256: str
    grants: tuple[Grant, ...]
    is_active: bool
    reason: str

    def to_json(self) -> JsonValue:
        """Returns the object of the trust document."""
        return {
            "person": self.person,
            "host": self.host,
            "alg": self.alg,
            "pub": self.pub,
            "p256": self.p256,
            "caps": [grant.to_json() for grant in self.grants],
            "state": "active" if self.is_active else "revoked",
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human in the team."""

    person: str
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """An offline key above everybody: it alone may change root and admin."""

    keyid: str
    alg: str
    pub: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What ends a fork: the last undisputed version, and the documents that are put aside."""

    base: str
    aside: tuple[str, ...]

    def to_json(self) -> JsonValue:
        """Returns the object of the trust document."""
        return {"base": self.base, "aside": list(self.aside)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustDocument:
    """One numbered version of who may do what; ``id`` is the SHA-256 of its payload bytes."""

    id: str
    team_name: str
    version: int
    prev: str
    nonce: str
    root_threshold: int
    root_keys: Mapping[str, RootKey]
    admin_threshold: int
    admin_writers: tuple[str, ...]
    people: Mapping[str, Person]
    members: Mapping[str, Member]
    policies: Mapping[str, Mapping[str, Policy]]
    heads: Mapping[str, Head]
    limits: Mapping[str, str | int]
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    has_own_stages: bool = False
    settles: Settlement | None = None
    """Present only in a version that ends a fork (ADR 19)."""

    def policy(self, model: str, stage: str) -> Policy:
        """Returns the policy of a model for a stage, named exactly or in lower case."""
        return find_policy(self.policies, model, stage.lower())

    def stage(self, name: str) -> Stage | None:
        """Returns the stage of that exact name, or None."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def name_of(self, writer: str) -> str:
        """Returns the name of a writer's person, or the head of the key id for a stranger."""
        member = self.members.get(writer)
        if member is None:
            return f"unknown key {writer[:4]} {writer[4:8]}"
        person = self.people.get(member.person)
        return person.name if person else member.person

    @property
    def fixed_heads(self) -> dict[str, Head]:
        """How far this version fixes each log: what its admins had seen, and where rights end."""
        found = dict(self.heads)
        for writer, member in self.members.items():
            cuts = [grant.cut for grant in member.grants if grant.cut is not None]
            found[writer] = max([*cuts, found.get(writer, (0, ""))], key=lambda head: head[0])
        return found

    @property
    def last_words(self) -> dict[str, int]:
        """The number of the last event of each revoked writer that had any right."""
        return {
            writer: max((grant.cut[0] for grant in member.grants if grant.cut), default=0)
            for writer, member in self.members.items()
            if not member.is_active
        }

    def root_json(self) -> JsonValue:
        """Returns the root section; its digest is the subject of version 1."""
        return {
            "threshold": self.root_threshold,
            "keys": {
                keyid: {"alg": key.alg, "pub": key.pub, "label": key.label}
                for keyid, key in self.root_keys.items()
            },
        }

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        subject = self.prev or canonical.digest(self.root_json())
        predicate = {
            "team_name": self.team_name,
            "version": self.version,
            "prev": self.prev,
            "nonce": self.nonce,
            "root": self.root_json(),
            "admin": {"threshold": self.admin_threshold, "writers": list(self.admin_writers)},
            "people": {
                person.person: {"name": person.name, "groups": list(person.groups)}
                for person in self.people.values()
            },
            "writers": {member.writer: member.to_json() for member in self.members.values()},
            "policies": {
                pattern: {key: policy.to_json() for key, policy in stages.items()}
                for pattern, stages in self.policies.items()
            },
            "heads": {writer: list(head) for writer, head in self.heads.items()},
            "limits": dict(self.limits),
        }
        if self.has_own_stages:
            predicate["stages"] = [
                {"name": stage.name, "risk": stage.risk, "exclusive": stage.is_exclusive}
                for stage in self.stages
            ]
        if self.settles is not None:
            predicate["settles"] = self.settles.to_json()
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": f"trust/{self.version}", "digest": {"sha256": subject}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }


def parse_trust(statement: JsonValue, payload_id: str) -> TrustDocument:
    """Reads a trust document from its parsed statement.

    Raises:
        ValueError: If the statement has another shape; the message says where.
    """
    predicate = _statement_predicate(statement, PREDICATE_TYPE)
    keys = {
        "team_name", "version", "prev", "nonce", "root", "admin", "people", "writers",
        "policies", "heads", "limits",
    }  # fmt: skip
    _exact(predicate, keys, optional={"stages", "settles"})
    root = _exact(predicate["root"], {"threshold", "keys"})
    admin = _exact(predicate["admin"], {"threshold", "writers"})
    document = TrustDocument(
        id=payload_id,
        team_name=_text(predicate["team_name"]),
        version=_whole(predicate["version"]),
        prev=_text(predicate["prev"]),
        nonce=_text(predicate["nonce"]),
        root_threshold=_whole(root["threshold"]),
        root_keys={keyid: _root_key(keyid, key) for keyid, key in _object(root["keys"]).items()},
        admin_threshold=_whole(admin["threshold"]),
        admin_writers=_texts(admin["writers"]),
        people={key: _person(key, item) for key, item in _object(predicate["people"]).items()},
        members={key: _member(key, item) for key, item in _object(predicate["writers"]).items()},
        policies={
            pattern: {key: parse_policy(item) for key, item in _object(stages).items()}
            for pattern, stages in _object(predicate["policies"]).items()
        },
        heads={key: parse_head(item) for key, item in _object(predicate["heads"]).items()},
        limits=_limits(predicate["limits"]),
        stages=_stages(predicate["stages"]) if "stages" in predicate else DEFAULT_STAGES,
        has_own_stages="stages" in predicate,
        settles=_settlement(predicate["settles"]) if "settles" in predicate else None,
    )
    if document.to_statement() != statement:
        raise ValueError("the subject does not name this version and its predecessor")
    if "*" not in document.policies:
        raise ValueError("the policy for * is missing")
    return document


def parse_head(value: JsonValue) -> Head:
    """Reads ``[seq, id]``.

    Raises:
        ValueError: If the value has another shape.
    """
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a head is a pair of number and id")
    return _whole(value[0]), _text(value[1])


def _statement_predicate(statement: JsonValue, predicate_type: str) -> dict[str, JsonValue]:
    _exact(statement, {"_type", "subject", "predicateType", "predicate"})
    if statement["_type"] != STATEMENT_TYPE or statement["predicateType"] != predicate_type:
        raise ValueError(f"not a {predicate_type}")
    return _object(statement["predicate"])


def _root_key(keyid: str, value: JsonValue) -> RootKey:
    _exact(value, {"alg", "pub", "label"})
    return RootKey(
        keyid=keyid,
        alg=_text(value["alg"]),
        pub=_text(value["pub"]),
        label=_text(value["label"]),
    )


def _person(person: str, value: JsonValue) -> Person:
    _exact(value, {"name", "groups"})
    return Person(person=person, name=_text(value["name"]), groups=_texts(value["groups"]))


def _member(writer: str, value: JsonValue) -> Member:
    _exact(value, {"person", "host", "alg", "pub", "p256", "caps", "state", "reason"})
    if value["state"] not in {"active", "revoked"} or not isinstance(value["caps"], list):
        raise ValueError("a writer is active or revoked and lists its caps")
    return Member(
        writer=writer,
        person=_text(value["person"]),
        host=_text(value["host"]),
        alg=_text(value["alg"]),
        pub=_text(value["pub"]),
        p256=_text(value["p256"]),
        grants=tuple(_grant(item) for item in value["caps"]),
        is_active=value["state"] == "active",
        reason=_text(value["reason"]),
    )


def _grant(value: JsonValue) -> Grant:
    _exact(value, {"cap", "scope", "from", "to"})
    cut = None
    if value["to"] is not None:
        _exact(value["to"], {"seq", "id"})
        cut = (_whole(value["to"]["seq"]), _text(value["to"]["id"]))
    return Grant(
        cap=_text(value["cap"]),
        scope=_text(value["scope"]),
        after_seq=_whole(value["from"]),
        cut=cut,
    )


def _settlement(value: JsonValue) -> Settlement:
    _exact(value, {"base", "aside"})
    aside = _texts(value["aside"])
    if not aside or sorted(set(aside)) != list(aside):
        raise ValueError("what is put aside is a sorted list")
    return Settlement(base=_text(value["base"]), aside=aside)


def _stages(value: JsonValue) -> tuple[Stage, ...]:
    if not isinstance(value, list):
        raise ValueError("stages is a list")
    stages = []
    for item in value:
        _exact(item, {"name", "risk", "exclusive"})
        stages.append(
            Stage(
                name=_text(item["name"]),
                risk=_whole(item["risk"]),
                is_exclusive=item["exclusive"] is True,
            )
        )
    if len({stage.key for stage in stages}) != len(stages):
        raise ValueError("two stages share a name")
    return tuple(stages)


def _limits(value: JsonValue) -> dict[str, str | int]:
    return {key: item for key, item in _object(value).items() if isinstance(item, str | int)}


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise ValueError("an object was expected")
    return value


def _exact(
    value: JsonValue, keys: set[str], *, optional: frozenset[str] | set[str] = frozenset()
) -> dict[str, JsonValue]:
    found = set(_object(value))
    if not keys <= found <= keys | optional:
        raise ValueError("the keys differ at " + ", ".join(sorted(found ^ keys)))
    return _object(value)


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValueError("a text was expected")
    return value


def _texts(value: JsonValue) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list was expected")
    return tuple(_text(item) for item in value)


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a whole number was expected")
    return value
