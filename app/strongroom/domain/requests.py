# SPDX-License-Identifier: Apache-2.0
"""Bodies of requests and answers, as an honest client signs them.

* A request names what the state says now: the stage the version is in, the version it retires, and
  the heads of every lane it touches. Where a conflict is open it names all of its sides, which is
  how a conflict is resolved.
* What can never take effect is refused here, before anybody signs it. The fold does not rely on
  that: it judges whatever was signed.
"""

from collections.abc import Mapping, Sequence

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.lanes import Lane, version_lane
from strongroom.domain.policy import OPEN
from strongroom.domain.registry import (
    ModelVersion,
    RegistryState,
    RequestStatus,
    TransitionRequest,
    VersionKey,
)
from strongroom.domain.stage import Stage
from strongroom.domain.team import TrustDocument

RETIRED_STAGE = "Archived"
KINDS = {
    "stage.approve": "approve",
    "stage.reject": "reject",
    "stage.changes": "ask for changes to",
}
_BOUND = ("model", "version", "tree", "from", "to")
_PASSED = {RequestStatus.EFFECTIVE, RequestStatus.SUPERSEDED, RequestStatus.CONFLICT}


def request_body(
    state: RegistryState,
    document: TrustDocument,
    key: VersionKey,
    to_stage: str,
    *,
    reason: str,
    evidence: Sequence[Mapping[str, str]] = (),
    gates: Sequence[Mapping[str, str]] = (),
    expires: str = "",
) -> dict[str, JsonValue]:
    """Returns the body of a ``stage.request`` for a version as the state stands now.

    Args:
        state: The folded registry.
        document: The trust document in force.
        key: The version to move.
        to_stage: The stage's name, in any case.
        reason: Why, in the requester's words.
        evidence: Objects ``{"kind", "sha256"}``.
        gates: Objects ``{"name", "verdict", "measured", "needed", "reason"}``.
        expires: When the request may be declared expired, as a signed time; "" for never.

    Raises:
        BadInput: ``E-VERSION`` for an unknown version, ``E-STAGE`` for an unknown stage or the one
            the version is in.
        Refused: ``E-POLICY`` if evidence that the policy requires is missing.
    """
    body = _move(state, document, key, to_stage, reason=reason)
    policy = document.policy(key[0], to_stage)
    missing = sorted(set(policy.require) - {item["kind"] for item in evidence})
    if missing:
        raise Refused(
            "E-POLICY",
            f"The policy for {body['to']} requires evidence that is missing: {', '.join(missing)}",
            "Attach it to the request.",
        )
    return {
        **body,
        "policy": policy.digest,
        "evidence": [dict(item) for item in evidence],
        "gates": [dict(gate) for gate in gates],
        "expires": expires,
    }


def emergency_body(
    state: RegistryState, document: TrustDocument, key: VersionKey, to_stage: str, *, reason: str
) -> dict[str, JsonValue]:
    """Returns the body of a ``stage.emergency``: back to a stage that the version held before.

    Raises:
        BadInput: ``E-VERSION``, ``E-STAGE``, or ``E-REASON`` without a reason.
        Refused: ``E-STAGE`` if the version never held that stage.
    """
    if not reason.strip():
        raise BadInput("E-REASON", "An emergency needs a reason", "Say what happened.")
    body = _move(state, document, key, to_stage, reason=reason)
    taken = {RequestStatus.EFFECTIVE, RequestStatus.SUPERSEDED}
    if not any(
        request.key == key and request.to_stage == body["to"] and request.status in taken
        for request in state.requests.values()
    ):
        raise Refused(
            "E-STAGE",
            f"{key[0]}/{key[1]} never was in {body['to']}",
            "Only a version that held the stage before returns to it on one person's word."
            " Make an ordinary request.",
        )
    return body


def approval_body(
    request: TransitionRequest, *, comment: str, statement: str = "", kind: str = "stage.approve"
) -> dict[str, JsonValue]:
    """Returns the body of an answer to a request, bound to every field of it.

    Args:
        request: The request as folded.
        comment: What the answer says; only an approval may go without.
        statement: What an approver declares; ignored for other kinds.
        kind: One of `KINDS`.

    Raises:
        BadInput: ``E-REASON`` without a comment.
        Refused: ``E-CONFLICT`` for a stale or conflicting request, ``E-POLICY`` if the policy has
            changed since, ``E-LATE`` for a request that is closed or has passed.
    """
    if kind != "stage.approve" and not comment.strip():
        raise BadInput("E-REASON", "This answer needs a comment", "Say what should change.")
    _check_open(request, kind)
    asked = request.event.body
    body: dict[str, JsonValue] = {
        **{name: asked[name] for name in _BOUND},
        "request": request.id,
        "policy": asked.get("policy", OPEN.digest),
        "evidence_seen": sorted({item["sha256"] for item in asked.get("evidence", ())}),
        "gates": canonical.digest(asked.get("gates", [])),
        "comment": comment,
    }
    if kind == "stage.approve":
        body["statement"] = statement
    return body


def alias_body(
    state: RegistryState, model: str, alias: str, key: VersionKey | None
) -> dict[str, JsonValue]:
    """Returns the body of an ``alias.set``; a key of None removes the alias.

    Raises:
        BadInput: ``E-VERSION`` if the version is unknown or of another model.
    """
    if key is not None and (key[0] != model or state.version(key) is None):
        raise _unknown_version(key)
    return {
        "model": model,
        "alias": alias,
        "version": 0 if key is None else key[1],
        "tree": "" if key is None else key[2],
        "parents": sorted(state.alias_heads.get((model, alias), ())),
    }


def _move(
    state: RegistryState, document: TrustDocument, key: VersionKey, to_stage: str, *, reason: str
) -> dict[str, JsonValue]:
    version = state.version(key)
    if version is None:
        raise _unknown_version(key)
    target = _stage(document, to_stage)
    if version.stage == target.name:
        raise BadInput(
            "E-STAGE",
            f"{key[0]}/{key[1]} is in {target.name} already",
            "Nothing needs to be done.",
        )
    retired = _holder(state, key, target)
    lanes = [version_lane(key), *(version_lane(other.key) for other in retired)]
    for name in (version.stage, target.name):
        stage = document.stage(name)
        if stage is not None and stage.is_exclusive:
            lanes.append((key[0], f"s:{name}"))
    retired_to = _retired_stage(document, target) if retired else ""
    return {
        "model": key[0],
        "version": key[1],
        "tree": key[2],
        "from": version.stage,
        "to": target.name,
        "retires": [
            {"version": other.version, "tree": other.tree, "to": retired_to} for other in retired
        ],
        "parents": _parents(state, lanes),
        "reason": reason,
    }


def _parents(state: RegistryState, lanes: Sequence[Lane]) -> list[str]:
    """Returns the heads of the lanes; where a conflict is open, also of every lane it touches."""
    model = lanes[0][0]
    heads_of = {lane: heads for lane, heads in state.lane_heads.items() if lane[0] == model}
    entry = state.models.get(model)
    groups = entry.conflicts if entry else ()
    parents = {head for lane in lanes for head in heads_of.get(lane, ())}
    while True:
        sides = {id_ for group in groups for id_ in group if parents & set(group)}
        more = {h for heads in heads_of.values() if sides & set(heads) for h in heads} | sides
        if more <= parents:
            return sorted(parents)
        parents |= more


def _holder(state: RegistryState, key: VersionKey, target: Stage) -> list[ModelVersion]:
    """Returns the version that must leave an exclusive stage for another to enter it."""
    if not target.is_exclusive:
        return []
    return [
        version
        for version in state.models[key[0]].versions
        if version.stage == target.name and version.key != key
    ]


def _stage(document: TrustDocument, name: str) -> Stage:
    for stage in document.stages:
        if stage.key == name.strip().lower():
            return stage
    raise BadInput(
        "E-STAGE",
        f"There is no stage {name}",
        "Stages: " + ", ".join(stage.name for stage in document.stages) + ".",
    )


def _retired_stage(document: TrustDocument, target: Stage) -> str:
    below = [s for s in document.stages if not s.is_exclusive and s.risk < target.risk]
    if any(stage.name == RETIRED_STAGE for stage in below):
        return RETIRED_STAGE
    if not below:
        raise Refused(
            "E-STAGE",
            f"No stage lies below {target.name}, so its holder cannot leave it",
            "Move the holder away first.",
        )
    return min(below, key=lambda stage: (stage.risk, stage.name)).name


def _check_open(request: TransitionRequest, kind: str) -> None:
    status = request.status
    if status in {RequestStatus.PENDING, RequestStatus.LAPSED}:
        return
    if request.is_emergency and kind == "stage.approve" and status is not RequestStatus.INVALID:
        return
    verb = KINDS[kind]
    if status is RequestStatus.NEEDS_RECONFIRM and request.is_vote_late:
        return
    if status is RequestStatus.NEEDS_RECONFIRM and request.note:
        raise Refused(
            "E-LATE",
            f"Nobody can {verb} this request: {request.note}",
            "Make a new request; it will stand on the rights of now.",
        )
    if status is RequestStatus.NEEDS_RECONFIRM:
        raise Refused(
            "E-POLICY",
            f"Nobody can {verb} this request: the policy has changed since it was made",
            "Make a new request; it will name the policy in force.",
        )
    if status in {RequestStatus.STALE, RequestStatus.CONFLICT, RequestStatus.INVALID}:
        raise Refused(
            "E-CONFLICT",
            f"Nobody can {verb} this request: the model has moved since it was made",
            "Renew it: a new request starts from where the model stands now.",
        )
    raise Refused(
        "E-LATE",
        f"This request {'has passed' if status in _PASSED else 'is closed'} ({status.value})",
        "Make a new request; to undo a move, request the stage to go back to.",
    )


def _unknown_version(key: VersionKey) -> BadInput:
    return BadInput(
        "E-VERSION",
        f"There is no version {key[0]}/{key[1]} with this content",
        "List what is registered with: strongroom models list.",
    )
