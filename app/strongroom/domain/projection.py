# SPDX-License-Identifier: Apache-2.0
"""The fold: registry state as a pure function of the trust chain and a set of events.

* Admitting twice equals once; no order of arrival can be read off the result.
* Revocation recomputes: a move whose quorum no longer holds lapses, visibly (trust.md 3.5).
* This is the only place where stages come from. There is no second path.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from strongroom.domain.access import denial
from strongroom.domain.aliases import AliasName, AliasState, fold_aliases
from strongroom.domain.chains import Chains
from strongroom.domain.event import BODIES, Event, is_well_formed
from strongroom.domain.lanes import (
    Lane,
    LaneGraph,
    Move,
    Outcome,
    read_move,
    version_lane,
)
from strongroom.domain.late import LATE, is_late
from strongroom.domain.registry import (
    ModelVersion,
    RegisteredModel,
    RegistryState,
    RequestStatus,
    TransitionRequest,
    VersionKey,
)
from strongroom.domain.stage import NONE
from strongroom.domain.team import TrustDocument
from strongroom.domain.votes import ANSWERS, Court, Tally

_NEEDS: Mapping[str, Callable[[Mapping[str, object]], tuple[str, str, str]]] = {
    "run.finish": lambda body: ("log", "experiment", str(body["experiment"])),
    "run.note": lambda _: ("log", "", ""),
    "run.delete": lambda _: ("log", "", ""),
    "version.register": lambda body: ("register", "model", str(body["model"])),
    "version.note": lambda body: ("register", "model", str(body["model"])),
    "alias.set": lambda body: ("register", "model", str(body["model"])),
    "stage.request": lambda body: (
        f"request:{str(body['to']).lower()}", "model", str(body["model"])),
    "stage.emergency": lambda body: (
        f"approve:{str(body['to']).lower()}", "model", str(body["model"])),
    "export.audit": lambda body: ("export.audit", "model", str(body["model"])),
    "object.redact": lambda _: ("redact", "", ""),
    "event.adopt": lambda _: ("log", "", ""),
    "witness.snapshot": lambda _: ("witness", "", ""),
    "secret.override": lambda _: ("log", "", ""),
}  # fmt: skip
"""What each type needs, and the scope it is asked for (formats.md F4)."""

_CONFIRMED_ANEW = ("alias.set", "stage.emergency")
"""Governance that nobody answers: a late one has no effect and is done again."""


def fold(
    trust: Sequence[TrustDocument], chains: Chains, aside: Mapping[str, int] | None = None
) -> RegistryState:
    """Folds all events under a trust chain.

    Args:
        trust: The valid versions 1..N, in order, not empty.
        chains: The gap-free chains of all writers.
        aside: Trust documents put aside, and the number of the last version their side shared.
    """
    return _Fold(trust, chains, aside or {}).state()


def registration_key(event: Event) -> VersionKey:
    """Returns the version a ``version.register`` event makes."""
    body = event.body
    return str(body["model"]), int(body["version"]), str(body["tree"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A request with the outcome of its votes; ``tally`` is None for an emergency."""

    move: Move
    tally: Tally | None
    objection: str

    @property
    def is_passed(self) -> bool:
        return not self.objection and (self.tally is None or self.tally.is_passed)

    @property
    def counted(self) -> tuple[Event, ...]:
        return self.tally.counted if self.tally else ()


class _Fold:
    """One folding; it exists to name the intermediate results."""

    def __init__(
        self, trust: Sequence[TrustDocument], chains: Chains, aside: Mapping[str, int]
    ) -> None:
        self.trust = trust
        self.aside = aside
        self.latest = trust[-1]
        self.chains = chains
        self.refusals: dict[str, str] = {}
        self.valid = self._valid_events()
        self.court = Court(
            trust=trust, chains=chains, aside=aside, snapshots=self.valid["witness.snapshot"]
        )
        self.registered = self._registrations()
        self.graph = LaneGraph(
            {
                event.id: read_move(event)
                for event in (*self.valid["stage.request"], *self.valid["stage.emergency"])
            },
            {stage.name: stage for stage in self.latest.stages},
            self.registered.__contains__,
        )
        self.judged = self._judge()
        self.outcome = Outcome(self.graph, self._alive(), self._saw_pass)

    def state(self) -> RegistryState:
        """Returns the folded state."""
        aliases = self._aliases()
        by_model: dict[str, list[ModelVersion]] = {key[0]: [] for key in self.registered}
        for version in self._versions():
            by_model[version.model].append(version)
        return RegistryState(
            team=self.trust[0].id,
            trust_version=self.latest.version,
            trust_id=self.latest.id,
            models={
                name: self._model(name, versions, aliases)
                for name, versions in sorted(by_model.items())
            },
            requests={id_: self._request(judged) for id_, judged in self.judged.items()},
            lane_heads={lane: self.outcome.heads(lane) for lane in self._all_lanes()},
            alias_heads={alias: state.heads for alias, state in aliases.items()},
            refusals=dict(self.refusals),
        )

    def _model(
        self,
        name: str,
        versions: Sequence[ModelVersion],
        aliases: Mapping[AliasName, AliasState],
    ) -> RegisteredModel:
        mine = {alias: state for (model, alias), state in aliases.items() if model == name}
        alias_conflicts = [state.conflict for state in mine.values() if state.conflict]
        return RegisteredModel(
            name=name,
            versions=tuple(versions),
            aliases={alias: s.target for alias, s in mine.items() if s.target is not None},
            conflicts=tuple(sorted([*self.outcome.conflict_groups(name), *alias_conflicts])),
        )

    # ---------------------------------------------------------------- events

    def _valid_events(self) -> dict[str, list[Event]]:
        valid: dict[str, list[Event]] = {type_: [] for type_ in BODIES}
        for event in self.chains.events():
            if event.type not in BODIES:
                continue
            if not is_well_formed(event):
                self.refusals[event.id] = "E-FORMAT"
                continue
            need = _NEEDS.get(event.type)
            if need is not None:
                cap, kind, name = need(event.body)
                denied = self._denied(event, cap, kind, name)
                if not denied and event.type in _CONFIRMED_ANEW:
                    denied = self._late(event, cap, kind, name)
                if denied:
                    self.refusals[event.id] = denied
                    continue
            valid[event.type].append(event)
        return valid

    def _denied(self, event: Event, cap: str, kind: str, name: str) -> str:
        found = denial(
            self.latest, event.writer, event.seq, cap,
            kind=kind, name=name, id_at=self.chains.id_at,
        )  # fmt: skip
        return found.code if found else ""

    def _late(self, event: Event, cap: str, kind: str, name: str) -> str:
        found = is_late(
            self.trust, self.aside, event, cap, kind=kind, name=name, id_at=self.chains.id_at
        )
        return LATE if found else ""

    def _registrations(self) -> dict[VersionKey, Event]:
        found: dict[VersionKey, Event] = {}
        for event in sorted(self.valid["version.register"], key=lambda event: event.id):
            found.setdefault(registration_key(event), event)
        return found

    def _run_authors(self) -> dict[str, frozenset[str]]:
        """Returns, by run, the persons who finished it."""
        found: dict[str, set[str]] = {}
        for event in self.valid["run.finish"]:
            found.setdefault(str(event.body["run"]), set()).add(self.court.person(event.writer))
        found.pop("", None)
        return {run: frozenset(persons) for run, persons in found.items()}

    # ---------------------------------------------------------------- requests

    def _judge(self) -> dict[str, _Judged]:
        answers: dict[str, list[Event]] = {}
        for type_ in (*ANSWERS, "stage.withdraw", "stage.expire"):
            for event in self.valid[type_]:
                answers.setdefault(str(event.body["request"]), []).append(event)
        authors = self._run_authors()
        judged = {}
        for id_ in self.graph.oldest_first:
            move = self.graph.moves[id_]
            objection = self.graph.objection(id_)
            tally = None
            if not move.is_emergency:
                named = sorted(answers.get(id_, ()), key=lambda event: event.id)
                made = self.registered.get(move.key)
                ran = authors.get(str(made.body["run"]), frozenset()) if made else frozenset()
                tally = self.court.tally(move.event, named, ran)
                self.refusals.update({vote.event: vote.code for vote in tally.votes if vote.code})
            judged[id_] = _Judged(move=move, tally=tally, objection=objection)
        return judged

    def _alive(self) -> frozenset[str]:
        alive: set[str] = set()
        for id_ in self.graph.oldest_first:
            judged = self.judged[id_]
            if judged.is_passed and alive.issuperset(judged.move.parents):
                alive.add(id_)
        return frozenset(alive)

    def _saw_pass(self, id_: str, rival: str) -> bool:
        mine, theirs = self.judged[id_], self.judged[rival]

        def saw(viewer: Event) -> bool:
            if theirs.tally is None:
                return self.chains.has_seen(viewer, theirs.move.event)
            return self.court.has_seen_quorum(
                viewer, theirs.move.event, theirs.tally.policy, theirs.counted
            )

        if saw(mine.move.event):
            return True
        if mine.tally is None:
            return False
        unaware = [approval for approval in mine.counted if not saw(approval)]
        return not self.court.is_quorum(mine.tally.policy, unaware)

    def _status(self, judged: _Judged) -> RequestStatus:
        tally = judged.tally
        if judged.objection:
            return RequestStatus.INVALID
        if tally and tally.closed:
            return tally.closed
        if tally and (tally.is_request_late or tally.is_vote_late or not tally.is_policy_current):
            return RequestStatus.NEEDS_RECONFIRM
        if judged.is_passed:
            return self._status_of_passed(judged.move)
        if tally and tally.is_lapsed:
            return RequestStatus.LAPSED
        return RequestStatus.PENDING if self._is_current(judged.move) else RequestStatus.STALE

    def _status_of_passed(self, move: Move) -> RequestStatus:
        outcome = self.outcome
        if move.id in outcome.effective:
            lanes = self.graph.own_lanes(move.id)
            leads = any(move.id in outcome.heads(lane) for lane in lanes)
            return RequestStatus.EFFECTIVE if leads else RequestStatus.SUPERSEDED
        if move.id in outcome.resolved:
            return RequestStatus.SUPERSEDED
        if move.id in outcome.conflicting or any(
            self.graph.is_ancestor(other, move.id) for other in outcome.conflicting
        ):
            return RequestStatus.CONFLICT
        return RequestStatus.STALE

    def _is_current(self, move: Move) -> bool:
        heads = {h for lane in self.graph.lanes(move.id) for h in self.outcome.heads(lane)}
        return tuple(sorted(heads)) == move.parents

    def _request(self, judged: _Judged) -> TransitionRequest:
        move, tally = judged.move, judged.tally
        request = TransitionRequest(
            id=move.id,
            event=move.event,
            key=move.key,
            from_stage=move.from_stage,
            to_stage=move.to_stage,
            retires=move.retires,
            parents=move.parents,
            person=self.court.person(move.event.writer),
            status=self._status(judged),
            is_emergency=move.is_emergency,
            note=judged.objection or self._overtaken(tally),
        )
        return (
            replace(
                request,
                policy=tally.policy,
                votes=tally.votes,
                is_vote_late=tally.is_vote_late
                and tally.is_policy_current
                and not self._overtaken(tally),
                counted=frozenset(event.id for event in tally.counted),
            )
            if tally
            else request
        )

    def _overtaken(self, tally: Tally | None) -> str:
        """Returns why a request has to be made again rather than answered again, or ""."""
        if tally is None or not tally.is_policy_current:
            return ""
        if tally.is_request_late:
            return "the right to make it was given after the version of the team that it names"
        if tally.is_vote_late and self.court.is_quorum(tally.policy, tally.counted):
            return "somebody rejected it who did not know of a change of the team"
        return ""

    # ---------------------------------------------------------------- results

    def _versions(self) -> list[ModelVersion]:
        found = []
        for key, event in self.registered.items():
            by, stage = "", NONE
            for head in self.outcome.heads(version_lane(key)):
                if head in self.outcome.effective and key in self.graph.moves[head].moved:
                    by, stage = head, self.graph.moves[head].moved[key]
                else:
                    by, stage = self._before(head, key)
            found.append(
                ModelVersion(
                    key=key,
                    register=event.id,
                    registrar=event.writer,
                    registered=event.time,
                    run=str(event.body["run"]),
                    artifact=str(event.body["artifact"]),
                    manifest=str(event.body["manifest"]),
                    format_risk=str(event.body["format_risk"]),
                    flavors=tuple(event.body["flavors"]),
                    stage=stage,
                    by=by,
                )
            )
        return sorted(found, key=lambda version: (version.version, version.tree))

    def _before(self, id_: str, key: VersionKey) -> tuple[str, str]:
        """Returns the effective move that gave a version its stage before a conflict."""
        while parents := self.graph.parents_in(id_, version_lane(key)):
            id_ = parents[0]
            moved = self.graph.moves[id_].moved
            if id_ in self.outcome.effective and key in moved:
                return id_, moved[key]
        return "", NONE

    def _aliases(self) -> Mapping[AliasName, AliasState]:
        def points_somewhere(event: Event) -> bool:
            if event.body["version"] == 0:
                return str(event.body["tree"]) == ""
            return registration_key(event) in self.registered

        return fold_aliases(filter(points_somewhere, self.valid["alias.set"]), self.chains)

    def _all_lanes(self) -> Iterable[Lane]:
        return {lane for id_ in self.graph.moves for lane in self.graph.lanes(id_)}
