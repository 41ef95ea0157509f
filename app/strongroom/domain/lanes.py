# SPDX-License-Identifier: Apache-2.0
"""Lanes: which passed requests take effect when several move the same thing (formats.md F6).

* A request touches a lane for each version it moves and for each exclusive stage it enters or
  leaves; its parents are the heads of those lanes when it was made.
* Everything here is static: it follows from the parent pointers alone, so it cannot depend on the
  order of arrival. Parents are hashes of earlier events, hence the graph has no cycle.
* Two passed requests with a common lane and parent: the one made in knowledge of the other is
  stale; a move to lower risk beats one to higher; otherwise both conflict and the lane stays where
  it was until a passed request names all of them as parents.
* A move that is out, or stands on one that is, stands in nobody's way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from strongroom.domain.event import Event
from strongroom.domain.registry import VersionKey
from strongroom.domain.stage import NONE, Stage

Lane = tuple[str, str]
"""A model and a lane within it: ``v:<version>+<tree>`` or ``s:<stage>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a request wants to move, whether or not it may."""

    event: Event
    key: VersionKey
    from_stage: str
    to_stage: str
    retires: tuple[tuple[VersionKey, str], ...]
    parents: tuple[str, ...]
    is_emergency: bool

    @property
    def id(self) -> str:
        """The id of the request event."""
        return self.event.id

    @property
    def moved(self) -> Mapping[VersionKey, str]:
        """Each moved version and the stage it goes to."""
        return {**dict(self.retires), self.key: self.to_stage}


def read_move(event: Event) -> Move:
    """Reads the move of a well-formed ``stage.request`` or ``stage.emergency``."""
    body = event.body
    model = str(body["model"])
    return Move(
        event=event,
        key=(model, int(body["version"]), str(body["tree"])),
        from_stage=str(body["from"]),
        to_stage=str(body["to"]),
        retires=tuple(
            ((model, int(item["version"]), str(item["tree"])), str(item["to"]))
            for item in body["retires"]
        ),
        parents=tuple(body["parents"]),
        is_emergency=event.type == "stage.emergency",
    )


def version_lane(key: VersionKey) -> Lane:
    """Returns the lane of a version."""
    return key[0], f"v:{key[1]}+{key[2]}"


@dataclass(frozen=True)
class LaneGraph:
    """All well-formed moves by id, with the static questions that can be asked of them."""

    moves: Mapping[str, Move]
    stages: Mapping[str, Stage]
    is_registered: Callable[[VersionKey], bool]
    _parents: dict[tuple[str, Lane], tuple[str, ...]] = field(default_factory=dict)
    _lanes: dict[str, frozenset[Lane]] = field(default_factory=dict)
    _resolved: dict[str, frozenset[str]] = field(default_factory=dict)
    _before: dict[tuple[str, VersionKey], str] = field(default_factory=dict)

    @cached_property
    def oldest_first(self) -> tuple[str, ...]:
        """All moves, each after its parents: answers are filled in this order, never deeply."""
        depth: dict[str, int] = {}
        pending = sorted(self.moves)
        while pending:
            id_ = pending[-1]
            parents = self._known_parents(id_)
            unknown = [p for p in parents if p not in depth]
            if unknown:
                pending.extend(unknown)
                continue
            depth[id_] = 1 + max((depth[p] for p in parents), default=0)
            pending.pop()
        return tuple(sorted(depth, key=lambda id_: (depth[id_], id_)))

    @cached_property
    def _reach(self) -> dict[str, int]:
        """For each move its ancestors, as bits by place in `oldest_first`."""
        reach: dict[str, int] = {}
        for id_ in self.oldest_first:
            reach[id_] = 0
            for parent in self._known_parents(id_):
                reach[id_] |= reach[parent] | 1 << self._place[parent]
        return reach

    @cached_property
    def _place(self) -> dict[str, int]:
        return {id_: place for place, id_ in enumerate(self.oldest_first)}

    # ---------------------------------------------------------------- lanes and parents

    def lanes(self, id_: str) -> frozenset[Lane]:
        """Returns the lanes a move touches, those of the conflict it resolves included."""
        if id_ not in self._lanes:
            lanes = self.own_lanes(id_)
            for parent in self.resolved(id_):
                lanes |= self.lanes(parent)
            self._lanes[id_] = lanes
        return self._lanes[id_]

    def resolved(self, id_: str) -> frozenset[str]:
        """Returns the parents of a move that exclude each other: the conflict it resolves."""
        if id_ not in self._resolved:
            parents = self._known_parents(id_)
            self._resolved[id_] = frozenset(
                p for p in parents for q in parents if p != q and self._are_rivals(p, q)
            )
        return self._resolved[id_]

    def own_lanes(self, id_: str) -> frozenset[Lane]:
        """Returns the lanes in which a move changes something itself."""
        move = self.moves[id_]
        found = set()
        for key, to_stage in move.moved.items():
            found.add(version_lane(key))
            before = move.from_stage if key == move.key else self.stage_before(id_, key)
            for name in (before, to_stage):
                stage = self.stages.get(name)
                if stage is not None and stage.is_exclusive:
                    found.add((move.key[0], f"s:{name}"))
        return frozenset(found)

    def parents_in(self, id_: str, lane: Lane) -> tuple[str, ...]:
        """Returns the parents of a move that are the heads it knew in a lane."""
        if (id_, lane) not in self._parents:
            touching = [p for p in self._known_parents(id_) if lane in self.lanes(p)]
            if len(touching) > 1:
                overtaken = {p for p in touching for q in touching if self.is_ancestor(p, q)}
                touching = [p for p in touching if p not in overtaken]
            self._parents[id_, lane] = tuple(touching)
        return self._parents[id_, lane]

    def stage_before(self, id_: str, key: VersionKey) -> str:
        """Returns the stage a version had, by the parents of a move, before that move."""
        passed, current = [], id_
        while (current, key) not in self._before:
            touching = self.parents_in(current, version_lane(key))
            first = min(touching, default="")
            is_settled = first != "" and first not in self.resolved(current)
            gave = self.moves[first].moved.get(key, "") if is_settled else ""
            if gave or not first:
                self._before[current, key] = gave or NONE
            else:
                passed.append(current)
                current = first
        for later in passed:
            self._before[later, key] = self._before[current, key]
        return self._before[id_, key]

    def holder_before(self, id_: str, stage: str) -> VersionKey | None:
        """Returns which version held an exclusive stage before a move, by its parents."""
        lane = (self.moves[id_].key[0], f"s:{stage}")
        while touching := self.parents_in(id_, lane):
            first = min(touching)
            if first not in self.resolved(id_) and lane in self.own_lanes(first):
                moved = self.moves[first].moved
                return next((key for key, to in moved.items() if to == stage), None)
            id_ = first
        return None

    def is_ancestor(self, id_: str, later: str) -> bool:
        """Whether a move is reachable from another through parents."""
        return bool(self._reach[later] >> self._place[id_] & 1)

    def has_held(self, id_: str, key: VersionKey, stage: str) -> bool:
        """Whether some ancestor of a move gave a version that stage."""
        return any(
            move.moved.get(key) == stage and self.is_ancestor(other, id_)
            for other, move in self.moves.items()
        )

    # ---------------------------------------------------------------- validity

    def objection(self, id_: str) -> str:
        """Returns why a move can never take effect, or "" if it could."""
        move = self.moves[id_]
        checks = (
            (all(p in self.moves and self.moves[p].key[0] == move.key[0] for p in move.parents),
             "a parent is not a request of this model"),
            (all(map(self.is_registered, move.moved)), "it moves a version nobody registered"),
            (move.from_stage in self.stages and move.to_stage in self.stages
             and move.from_stage != move.to_stage, "its stages do not exist or are the same"),
            (len(move.moved) == len(move.retires) + 1, "it names a version twice"),
        )  # fmt: skip
        for holds, why in checks:
            if not holds:
                return why
        target = self.stages[move.to_stage]
        if any(
            to not in self.stages
            or self.stages[to].is_exclusive
            or self.stages[to].risk >= target.risk
            for _, to in move.retires
        ):
            return "it retires a version to a stage that is not below"
        if self.stage_before(id_, move.key) != move.from_stage:
            return "the version was in another stage by its parents"
        holder = None
        if target.is_exclusive:
            holder = self.holder_before(id_, move.to_stage)
        # Exactly the holder, or a Staging quorum could take another version out of Production.
        if [key for key, _ in move.retires] != ([] if holder is None else [holder]):
            return "it does not retire exactly the version that holds the stage"
        if move.is_emergency and not self.has_held(id_, move.key, move.to_stage):
            return "the version never held this stage before"
        return ""

    def _are_rivals(self, one: str, other: str) -> bool:
        """Whether two moves start from the same parents in a common lane."""
        return any(
            self.parents_in(one, lane) == self.parents_in(other, lane)
            for lane in self.lanes(one) & self.lanes(other)
        )

    def _known_parents(self, id_: str) -> list[str]:
        return [p for p in self.moves[id_].parents if p in self.moves and p != id_]


SawPass = Callable[[str, str], bool]
"""Answers whether every quorum of the first move was reached in knowledge of the second's."""


class Fate(Enum):
    """What becomes of an alive move."""

    EFFECTIVE = "effective"
    CONFLICTING = "conflicting"
    OUT = "out"


@dataclass(frozen=True)
class Outcome:
    """Which passed moves took effect, which conflict, and which came too late."""

    graph: LaneGraph
    alive: frozenset[str]
    saw_pass: SawPass

    @cached_property
    def _starting(self) -> dict[tuple[Lane, tuple[str, ...]], list[str]]:
        """The alive moves that start from the same parents in a lane."""
        found: dict[tuple[Lane, tuple[str, ...]], list[str]] = {}
        for id_ in sorted(self.alive):
            for lane in self.graph.lanes(id_):
                found.setdefault((lane, self.graph.parents_in(id_, lane)), []).append(id_)
        return found

    @cached_property
    def rivals(self) -> dict[str, tuple[str, ...]]:
        """For each alive move the others that start from the same parents in a common lane."""
        found: dict[str, set[str]] = {id_: set() for id_ in self.alive}
        for group in self._starting.values():
            for id_ in group:
                found[id_].update(other for other in group if other != id_)
        return {id_: tuple(sorted(others)) for id_, others in found.items()}

    @cached_property
    def effective(self) -> frozenset[str]:
        """Moves that took effect."""
        return frozenset(id_ for id_, fate in self._fates.items() if fate is Fate.EFFECTIVE)

    @cached_property
    def conflicting(self) -> frozenset[str]:
        """Moves that nobody can put in order; their lanes stay where they were."""
        return frozenset(id_ for id_, fate in self._fates.items() if fate is Fate.CONFLICTING)

    @cached_property
    def yields_to(self) -> dict[str, tuple[str, ...]]:
        """For each alive move the rivals that beat it if they stand themselves.

        A rival beats a move that was made or approved in knowledge that the rival had passed; of
        two that did not know of each other, the one to lower risk beats the other (fail safe).
        """
        return {
            id_: tuple(
                rival
                for rival in others
                if self.saw_pass(id_, rival)
                or (self._risk(rival) < self._risk(id_) and not self.saw_pass(rival, id_))
            )
            for id_, others in self.rivals.items()
        }

    @cached_property
    def _fates(self) -> dict[str, Fate]:
        """The fate of each alive move, settled from the roots as far as it follows.

        What is out beats nobody and blocks nobody. Moves that beat each other in a circle conflict.
        """
        fates: dict[str, Fate] = {}
        left = [id_ for id_ in self.graph.oldest_first if id_ in self.alive]
        while left:
            for id_ in left:
                fate = self._fate(id_, fates)
                if fate is not None:
                    fates[id_] = fate
            undecided = [id_ for id_ in left if id_ not in fates]
            if len(undecided) == len(left):
                circle = [id_ for id_ in left if self._is_grounded(id_, fates)]
                fates.update(
                    dict.fromkeys(circle or left, Fate.CONFLICTING if circle else Fate.OUT)
                )
                undecided = [id_ for id_ in left if id_ not in fates]
            left = undecided
        return fates

    def _fate(self, id_: str, fates: Mapping[str, Fate]) -> Fate | None:
        """Returns the fate of a move, or None while it depends on one that is not settled."""
        is_grounded = self._is_grounded(id_, fates)
        stronger = self.yields_to[id_]
        if is_grounded is False or any(self._stands(rival, fates) for rival in stronger):
            return Fate.OUT
        if not is_grounded or any(rival not in fates for rival in stronger):
            return None
        if any(self._stands(rival, fates) for rival in self.rivals[id_]):
            return Fate.CONFLICTING
        is_alone = all(fates.get(rival) is Fate.OUT for rival in self.rivals[id_])
        return Fate.EFFECTIVE if is_alone else None

    def _stands(self, id_: str, fates: Mapping[str, Fate]) -> bool:
        """Whether nothing can put a move out any more."""
        if id_ in fates:
            return fates[id_] is not Fate.OUT
        return self._is_grounded(id_, fates) is True and all(
            fates.get(rival) is Fate.OUT for rival in self.yields_to[id_]
        )

    def _is_grounded(self, id_: str, fates: Mapping[str, Fate]) -> bool | None:
        """Whether a move stands on the whole head of each of its lanes; None if not settled."""
        answers = {self._continues(id_, lane, fates) for lane in self.graph.lanes(id_)}
        if False in answers:
            return False
        return None if None in answers else True

    def _continues(self, id_: str, lane: Lane, fates: Mapping[str, Fate]) -> bool | None:
        """Whether a move names the whole head of a lane: nothing, one effect, or one conflict."""
        parents = self.graph.parents_in(id_, lane)
        found = {fates.get(p, None if p in self.alive else Fate.OUT) for p in parents}
        if Fate.OUT in found:
            return False
        if None in found:
            return None
        if Fate.CONFLICTING not in found:
            return len(parents) <= 1
        sides = self._starting[lane, self.graph.parents_in(parents[0], lane)]
        if any(side not in fates for side in sides):
            return None
        whole = {side for side in sides if fates[side] is Fate.CONFLICTING}
        return whole == set(parents) and whole <= self.graph.resolved(id_)

    @cached_property
    def resolved(self) -> frozenset[str]:
        """Conflicting moves that an effective one has put an end to."""
        return frozenset(p for id_ in self.effective for p in self.graph.resolved(id_))

    def heads(self, lane: Lane) -> tuple[str, ...]:
        """Returns what a new request must name as parents in a lane: sorted, [] if none."""
        return self._heads.get(lane, ())

    @cached_property
    def _heads(self) -> dict[Lane, tuple[str, ...]]:
        touching: dict[Lane, set[str]] = {}
        taken: dict[Lane, set[str]] = {}
        for id_ in self.effective | self.conflicting:
            for lane in self.graph.lanes(id_):
                touching.setdefault(lane, set()).add(id_)
                taken.setdefault(lane, set()).update(self.graph.parents_in(id_, lane))
        return {lane: tuple(sorted(ids - taken[lane])) for lane, ids in touching.items()}

    def conflict_groups(self, model: str) -> tuple[tuple[str, ...], ...]:
        """Returns the unresolved conflicts of a model as connected groups of ids."""
        left = {
            id_ for id_ in self.conflicting - self.resolved if self.graph.moves[id_].key[0] == model
        }
        groups = []
        while left:
            group, pending = set(), [min(left)]
            while pending:
                id_ = pending.pop()
                if id_ in left:
                    left.discard(id_)
                    group.add(id_)
                    pending.extend(self.rivals[id_])
            groups.append(tuple(sorted(group)))
        return tuple(sorted(groups))

    def _risk(self, id_: str) -> int:
        return self.graph.stages[self.graph.moves[id_].to_stage].risk
