# SPDX-License-Identifier: Apache-2.0
"""Events: signed facts in per-writer chains, and the shape of each kind's body (formats.md F4).

* The shape of the frame decides whether an event is admitted; the shape of the body only whether
  it has an effect, because a chain must go on past an event that means nothing.
* An unknown type is kept, chained and shown, and never evaluated: an older program stays able to
  verify a newer log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.domain.canonical import JsonValue
from strongroom.domain.ids import is_digest
from strongroom.domain.team import STATEMENT_TYPE, Head

PREDICATE_TYPE = "urn:strongroom:event:v1"
_STATEMENT = frozenset({"_type", "subject", "predicateType", "predicate"})
_SUBJECT, _DIGEST = frozenset({"name", "digest"}), frozenset({"sha256"})
_FRAME = frozenset(
    {"team", "writer", "seq", "prev", "trust", "seen", "time", "app", "type", "body"}
)
_CITED = frozenset({"version", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One signed fact; ``time`` is what its writer claims, nothing depends on it."""

    id: str
    team: str
    writer: str
    seq: int
    prev: str
    trust_version: int
    trust_id: str
    seen: Mapping[str, Head]
    time: str
    app: str
    type: str
    body: Mapping[str, JsonValue]
    subject_name: str
    subject_digest: str

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.subject_name, "digest": {"sha256": self.subject_digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "team": self.team,
                "writer": self.writer,
                "seq": self.seq,
                "prev": self.prev,
                "trust": {"version": self.trust_version, "id": self.trust_id},
                "seen": {writer: list(head) for writer, head in self.seen.items()},
                "time": self.time,
                "app": self.app,
                "type": self.type,
                "body": dict(self.body),
            },
        }


def parse_event(statement: JsonValue, payload_id: str) -> Event:
    """Reads the frame of an event from its parsed statement.

    Raises:
        ValueError: If the frame has another shape.
    """
    predicate, subject = _around(statement)
    trust, seen, seq = predicate["trust"], predicate["seen"], predicate["seq"]
    if not _has(trust, _CITED) or not isinstance(seen, dict):
        raise ValueError("trust and seen are objects")
    if not all(isinstance(predicate[key], str) for key in ("prev", "time", "app", "type")):
        raise ValueError("a text was expected")
    named = (predicate["team"], predicate["writer"], trust["id"], subject["digest"]["sha256"])
    if not all(map(_is_digest, named)) or not isinstance(subject["name"], str):
        raise ValueError("a digest was expected")
    if not (_is_whole(seq) and seq and _is_whole(trust["version"]) and trust["version"]):
        raise ValueError("seq and trust version count from 1")
    if not _is_heads(seen) or not isinstance(predicate["body"], dict):
        raise ValueError("seen holds heads, the body is an object")
    return Event(
        id=payload_id,
        team=predicate["team"],
        writer=predicate["writer"],
        seq=seq,
        prev=predicate["prev"],
        trust_version=trust["version"],
        trust_id=trust["id"],
        seen={writer: (head[0], head[1]) for writer, head in seen.items()},
        time=predicate["time"],
        app=predicate["app"],
        type=predicate["type"],
        body=predicate["body"],
        subject_name=subject["name"],
        subject_digest=subject["digest"]["sha256"],
    )


def _around(statement: JsonValue) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Returns predicate and subject of a statement that is an event's to the last key."""
    if not _has(statement, _STATEMENT):
        raise ValueError("not a statement")
    subject, predicate = statement["subject"], statement["predicate"]
    if (
        statement["_type"] != STATEMENT_TYPE
        or statement["predicateType"] != PREDICATE_TYPE
        or not isinstance(subject, list)
        or len(subject) != 1
        or not _has(subject[0], _SUBJECT)
        or not _has(subject[0]["digest"], _DIGEST)
    ):
        raise ValueError("the statement around the event differs")
    if not _has(predicate, _FRAME):
        raise ValueError("the keys of the event differ")
    return predicate, subject[0]


def _has(value: JsonValue, keys: frozenset[str]) -> bool:
    """Whether a value is an object with exactly these keys."""
    return isinstance(value, dict) and value.keys() == keys


Check = Callable[[JsonValue], bool]


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_whole(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_bool(value: JsonValue) -> bool:
    return isinstance(value, bool)


def _is_digest(value: JsonValue) -> bool:
    return isinstance(value, str) and is_digest(value)


def _is_digest_or_empty(value: JsonValue) -> bool:
    return value == "" or _is_digest(value)


def _is_texts(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_sorted_ids(value: JsonValue) -> bool:
    return isinstance(value, list) and all(map(_is_digest, value)) and sorted(set(value)) == value


def _is_text_map(value: JsonValue) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_heads(value: JsonValue) -> bool:
    return isinstance(value, dict) and all(
        isinstance(head, list) and len(head) == 2 and _is_whole(head[0]) and _is_digest(head[1])
        for head in value.values()
    )


def _list_of(**fields: Check) -> Check:
    def check(value: JsonValue) -> bool:
        return isinstance(value, list) and all(
            isinstance(item, dict)
            and set(item) == set(fields)
            and all(test(item[key]) for key, test in fields.items())
            for item in value
        )

    return check


_RETIRES = _list_of(version=_is_whole, tree=_is_digest, to=_is_text)
_EVIDENCE = _list_of(kind=_is_text, sha256=_is_digest)
_GATES = _list_of(
    name=_is_text, verdict=_is_text, measured=_is_text, needed=_is_text, reason=_is_text
)
_VERSION: dict[str, Check] = {"model": _is_text, "version": _is_whole, "tree": _is_digest}
_MOVE: dict[str, Check] = {**_VERSION, "from": _is_text, "to": _is_text}
_VOTE: dict[str, Check] = {
    **_MOVE,
    "request": _is_digest,
    "policy": _is_digest,
    "evidence_seen": _is_sorted_ids,
    "gates": _is_digest,
    "comment": _is_text,
}

BODIES: Mapping[str, Mapping[str, Check]] = {
    "writer.hello": {"host": _is_text, "app": _is_text},
    "writer.rotate": {
        "writer": _is_digest, "pub": _is_text, "p256": _is_text, "proof": _is_text,
        "reason": _is_text,
    },
    "run.finish": {
        "run": _is_text, "experiment": _is_text, "name": _is_text, "status": _is_text,
        "sealed": _is_digest, "manifest": _is_digest_or_empty, "tree": _is_digest_or_empty,
        "origin": _is_text,
    },
    "run.note": {"run": _is_text, "set": _is_text_map, "unset": _is_texts},
    "run.delete": {"run": _is_text, "restore": _is_bool, "reason": _is_text},
    "version.register": {
        **_VERSION, "manifest": _is_digest_or_empty, "run": _is_text, "artifact": _is_text,
        "format_risk": _is_text, "flavors": _is_texts, "replaces": _is_text,
    },
    "version.note": {**_VERSION, "field": _is_text, "text": _is_text},
    "alias.set": {
        "model": _is_text, "alias": _is_text, "version": _is_whole,
        "tree": _is_digest_or_empty, "parents": _is_sorted_ids,
    },
    "stage.request": {
        **_MOVE, "retires": _RETIRES, "policy": _is_digest, "parents": _is_sorted_ids,
        "evidence": _EVIDENCE, "gates": _GATES, "reason": _is_text, "expires": _is_text,
    },
    "stage.approve": {**_VOTE, "statement": _is_text},
    "stage.reject": dict(_VOTE),
    "stage.changes": dict(_VOTE),
    "stage.withdraw": {"request": _is_digest, "reason": _is_text},
    "stage.expire": {"request": _is_digest},
    "stage.comment": {"request": _is_digest, "text": _is_text},
    "stage.emergency": {
        **_MOVE, "retires": _RETIRES, "parents": _is_sorted_ids, "reason": _is_text,
    },
    "export.audit": {**_VERSION, "tagmanifest": _is_digest},
    "object.redact": {"sha256": _is_digest, "reason": _is_text},
    "event.adopt": {"writer": _is_digest, "seq": _is_whole, "id": _is_digest, "reason": _is_text},
    "witness.snapshot": {"heads": _is_heads},
    "secret.override": dict.fromkeys(
        ("object", "path", "place", "rule", "kind", "reason"), _is_text),
    "access.denied": dict.fromkeys(
        ("action", "object", "code", "count", "first", "last"), _is_text),
    "login.unlock": dict.fromkeys(("failed", "wrong", "first", "last"), _is_text),
    "verify.failure": dict.fromkeys(
        ("where", "object", "code", "count", "first", "last"), _is_text),
}  # fmt: skip
"""The exact body of each event type: every key present, no null, no float."""


def subject_of(type_: str, body: Mapping[str, JsonValue], team: str) -> tuple[str, str]:
    """Returns the name and digest an event is about: a version, a run, or the team."""
    if body.get("tree") and body.get("version") and "model" in body:
        return f"{body['model']}/{body['version']}", str(body["tree"])
    if type_ == "run.finish":
        return f"run/{body['run']}", str(body["tree"] or body["sealed"])
    return "team", team


def is_well_formed(event: Event) -> bool:
    """Whether the body of a known type has its exact shape and the subject names its object."""
    fields, body = BODIES.get(event.type), event.body
    if fields is None or body.keys() != fields.keys():
        return False
    for key, test in fields.items():  # a loop: this runs for every field of every event
        if not test(body[key]):
            return False
    subject = subject_of(event.type, body, event.team)
    return (event.subject_name, event.subject_digest) == subject
