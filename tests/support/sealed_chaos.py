# SPDX-License-Identifier: Apache-2.0
"""Random histories of a team: sensible moves, races, old parents, cuts and policy edits."""

import random
from collections.abc import Callable
from typing import Any

from support.sealed_team import FOUR_EYES, Json, Team, Version, Wish, Writer, a_team

CAPS = ["log", "register", "request:*", "approve:*"]
EVIDENCE = [{"kind": "eval", "sha256": "ab" * 32}]


class Chaos:
    """One seeded history; ``replay`` gives the registry that the next request starts from."""

    def __init__(self, seed: int, replay: Callable[[Team], Any]) -> None:
        self.random, self.replay = random.Random(seed), replay
        self.team = a_team(f"chaos-{seed}")
        self.team.policies = self._policies()
        pick = self.random
        for number in range(4):
            caps = CAPS if pick.random() < 0.8 else ["register", "approve:staging"]
            person, groups = pick.choice(["", "p-x"]), pick.sample(["a", "b"], pick.randint(0, 2))
            self.team.writer(f"w{number}", caps, person=person, groups=groups)
        self.writers = list(self.team.writers.values())
        self.wishes: list[Wish] = []
        self.settings: list[str] = []
        self.versions: list[Version] = [
            pick.choice(self.writers).registers(
                "m", number, {"a": b"%d" % number}, run=pick.choice(["", "r1"])
            )
            for number in (1, 2)
        ]
        for _ in range(pick.randint(8, 30)):
            self._step()

    def _policies(self) -> Json:
        pick = self.random

        def policy() -> Json:
            return {
                **FOUR_EYES,
                "need": pick.choice([0, 1, 1, 2]),
                "veto": pick.random() < 0.7,
                "exclude": pick.choice([[], ["requester"], ["requester", "run-author"]]),
                "groups": pick.choice([[], [], ["a"], ["a", "b"]]),
                "require": pick.choice([[], [], ["eval"]]),
            }

        policies = {"*": {"production": policy(), "staging": policy()}}
        return {**policies, "m*": {"production": policy()}} if pick.random() < 0.3 else policies

    def _step(self) -> None:
        pick, chance = self.random, self.random.random()
        writer = pick.choice(self.writers)
        if pick.random() < 0.6:
            writer.sees(*pick.sample(self.writers, pick.randint(1, 4)))
        if chance < 0.4:
            self._asks(writer)
        elif chance < 0.85 and self.wishes:
            self._answers(writer, pick.choice(self.wishes[-4:]))
        elif chance < 0.93:
            version = pick.choice(self.versions)
            body = (
                version.body if pick.random() < 0.8 else {**version.body, "version": 0, "tree": ""}
            )
            parents = sorted(
                pick.sample(self.settings, min(len(self.settings), pick.randint(0, 2)))
            )
            self.settings.append(
                writer.signs("alias.set", {**body, "alias": "champion", "parents": parents})
            )
        elif chance < 0.96:
            writer.finishes_run("r1", {"run.json": b"{}"})
        elif writer.is_active and writer not in self.team.admins:
            self.team.cuts(writer, pick.randint(1, len(writer.ids)), "compromised")
        else:
            self.team.policies = self._policies()
            self.team.publishes()

    def _answers(self, writer: Writer, wish: Wish) -> None:
        pick = self.random
        kind = pick.choice(["stage.approve"] * 8 + ["stage.reject", "stage.changes", "out", "late"])
        if kind == "out":
            writer.withdraws(wish)
        elif kind == "late":
            writer.signs("stage.expire", {"request": wish.event})
        else:
            writer.answers(kind, wish, **({"version": 9} if pick.random() < 0.03 else {}))

    def _asks(self, writer: Writer) -> None:
        pick, registry = self.random, self.replay(self.team)
        version = pick.choice(self.versions)
        to = pick.choice(["Production", "Production", "Staging", "Archived", "None"])
        stages = {v: registry.stage(("m", v.number, v.tree))[0] for v in self.versions}
        holder = next((v for v in self.versions if stages[v] == "Production"), None)
        retires, moved = [], [version]
        lanes: set[tuple[Any, ...]] = set()
        if to == "Production" and holder not in (None, version):
            retired = pick.choice(["Archived", "Staging"])
            retires = [{"version": holder.number, "tree": holder.tree, "to": retired}]
            moved.append(holder)
        if "Production" in (to, stages[version]):
            lanes.add(("m", "s", "Production"))
        lanes |= {("m", "v", (v.number, v.tree)) for v in moved}
        parents = {head.id for lane in lanes for head in registry.outcome.heads(lane)}
        version.stage = stages[version]
        if pick.random() < 0.4 and self.wishes:  # a race: the same start as an older request
            old = pick.choice(self.wishes)
            parents = set(old.body["parents"])
            if old.version is version:
                version.stage = old.body["from"]
                retires = old.body["retires"] if old.body["to"] == to else retires
        more = {"parents": sorted(parents), "retires": retires}
        if pick.random() < 0.1:
            body = {**version.body, "from": version.stage, "to": to, "reason": "", **more}
            writer.signs("stage.emergency", body)
            return
        evidence = EVIDENCE if pick.random() < 0.6 else []
        expires = pick.choice(["", "", "2026-11-23T04:05"])
        self.wishes.append(writer.requests(version, to, evidence=evidence, expires=expires, **more))
