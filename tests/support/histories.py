# SPDX-License-Identifier: Apache-2.0
"""Random histories: several people on several workstations with partial views, some of them rude.

Half of the moves are what an honest client signs; the others bend one field of it.
"""

from random import Random

from strongroom.domain.errors import StrongroomError
from strongroom.domain.event import Event
from strongroom.domain.policy import Policy
from support.team_builder import Station, Team, Writer, a_team

STAGES = ("None", "Archived", "Staging", "Production")
POLICIES = (
    Policy(),
    Policy(need=1, exclude=("requester",), veto=True),
    Policy(need=1),
    Policy(need=2, exclude=("requester",)),
    Policy(need=1, groups=("risk",), veto=True),
    Policy(need=0, groups=("risk",)),
    Policy(need=2, groups=("risk", "ml"), exclude=("run-author",)),
    Policy(need=1, require_fresh_snapshot_days=14),
)


class History:
    """A team that does something at random with every step."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        random = self.random
        self.team: Team = a_team()
        enrol = self.team.enrol
        alice = enrol("Alice", caps=["log", "register", "request:*"])
        alone = [
            alice,
            enrol("Bob", caps=["log", "register", "request:*", "approve:staging"], groups=["ml"]),
            enrol("Mara", caps=["request:*", "approve:*"], groups=["risk"]),
            enrol("Nils", caps=["request:*", "approve:*", "witness"], groups=["risk", "ml"]),
            enrol("Alice's laptop", caps=["approve:*"], person=alice.person),
        ]
        self.versions: list[tuple[str, int, str]] = []
        self.events: list[Event] = []
        for writer in alone[:2]:
            writer.finishes_run("r1")
        for number in (1, 2, 3):
            run = random.choice(["", "r1"])
            self.versions.append(alice.registers("churn", number, run=run))
        self.writers = [writer.apart() for writer in alone]

    @property
    def requests(self) -> list[Event]:
        """The requests and emergencies so far."""
        return [e for e in self.events if e.type in {"stage.request", "stage.emergency"}]

    def steps(self, count: int) -> None:
        """Lets things happen a number of times."""
        for _ in range(count):
            self.step()

    def step(self) -> None:
        """Lets somebody do something; what a client refuses is simply not done."""
        doing = self.random.choice(
            [self.ask, self.ask, self.answer, self.answer, self.answer, self.answer,
             self.meet, self.meet, self.point, self.rush, self.end, self.govern, self.vouch]
        )  # fmt: skip
        try:
            doing(self.random.choice(self.writers))
        except StrongroomError:
            return

    def whole(self) -> Station:
        """Returns a workstation that holds everything."""
        station = Station(self.team.id)
        for each in self.team.stations():
            station.takes_all_of(each)
        return station

    def ask(self, writer: Writer) -> None:
        """Requests a move, honestly or with other parents or fields."""
        body = writer.request_body(
            self.random.choice(self.versions), self.random.choice(STAGES),
            expires=self.random.choice(["", "", "2001-01-01T00:00:00.000000Z"]),
        )  # fmt: skip
        bend = self.random.randrange(8)
        known = [request.id for request in self.requests]
        if bend == 0 and known:
            count = self.random.randint(0, min(3, len(known)))
            body["parents"] = sorted(self.random.sample(known, count))
        elif bend == 1:
            body["retires"] = []
        elif bend == 2:
            body["from"] = self.random.choice(STAGES)
        elif bend == 3 and len(body["parents"]) > 1:
            body["parents"] = body["parents"][:1]
        self.events.append(writer.signs("stage.request", body))

    def answer(self, writer: Writer) -> None:
        """Approves, rejects or asks for changes, of one of the latest requests."""
        request = self.random.choice(self.requests[-4:] or [None])
        if request is None:
            return
        if request.id not in writer.state().registry.requests:
            writer.sees(*self.writers)
        if request.id not in writer.state().registry.requests:
            return
        kind = self.random.choice(["stage.approve"] * 6 + ["stage.reject", "stage.changes"])
        more = {"policy": "0" * 64} if self.random.randrange(20) == 0 else {}
        self.events.append(writer.answers(kind, request, **more))

    def meet(self, writer: Writer) -> None:
        """Brings one workstation what another one holds."""
        writer.sees(self.random.choice(self.writers))

    def point(self, writer: Writer) -> None:
        """Sets or removes an alias."""
        key = self.random.choice([*self.versions, None])
        self.events.append(writer.points("churn", "champion", key))

    def rush(self, writer: Writer) -> None:
        """Declares an emergency."""
        self.events.append(writer.rushes(self.random.choice(self.versions), "Production"))

    def end(self, writer: Writer) -> None:
        """Withdraws or expires a request."""
        request = self.random.choice(self.requests or [None])
        if request is not None:
            ending = self.random.choice([writer.withdraws, writer.expires])
            self.events.append(ending(request))

    def vouch(self, writer: Writer) -> None:
        """Signs a snapshot, as a witness or not, today, long ago or years ahead by his clock."""
        heads = {w: list(head) for w, head in writer.station.snapshot.chains.heads.items()}
        days = ["2023-11-14", "2023-11-15", "2023-11-16", "2033-11-14", "2023-10-31", "2023-10-01"]
        claims = [*(f"{day}T00:00:00.000000Z" for day in days), "yesterday"]
        time = self.random.choice(claims)
        self.events.append(writer.signs("witness.snapshot", {"heads": heads}, time=time))

    def govern(self, writer: Writer) -> None:
        """Changes a policy, or cuts somebody off, sometimes in his past."""
        if self.random.randrange(3):
            stage = self.random.choice(["staging", "production", "archived"])
            self.team.station.takes_all_of(writer.station)
            self.team.policy(stage, self.random.choice(POLICIES))
        elif self.random.randrange(3) == 0:
            chain = writer.station.snapshot.chains.by_writer.get(writer.id, ())
            if chain:
                at = self.random.choice(chain)
                self.team.revokes(writer, reason="compromised", cut=(at.seq, at.id))
        elif self.team.latest.members[writer.id].is_active:
            self.team.grants(writer, self.random.choice(["approve:*", "request:*", "register"]))
        for each in self.writers:
            if self.random.randrange(2):
                each.station.takes(trust=self.team.documents)
