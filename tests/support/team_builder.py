# SPDX-License-Identifier: Apache-2.0
"""A team at work, on the product's own code: real keys, real envelopes, the real gate.

Everybody has a workstation of his own. By default all share what they sign at once; `apart` cuts a
workstation off, and then only `sees` brings it what others signed::

    team = a_team()
    alice = team.enrol("Alice", "analyst")
    mara = team.enrol("Mara", "release-approver")
    v1 = alice.registers("churn", 1)
    wish = alice.requests(v1, "Production")
    mara.approves(wish)
    assert team.state().stage_of(v1) == "Production"
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from strongroom.domain import requests
from strongroom.domain.access import FOUNDER_CAPS, ROLES
from strongroom.domain.clock import FixedClock
from strongroom.domain.event import Event
from strongroom.domain.ids import person_id
from strongroom.domain.policy import DEFAULT_POLICIES, Policy
from strongroom.domain.registry import RegistryState, VersionKey
from strongroom.domain.team import Grant, Member, Person, RootKey, TrustDocument
from strongroom.store.gate import Passage, pass_all
from strongroom.store.own_event import next_event
from strongroom.store.snapshot import Snapshot
from strongroom.trust import envelope
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import read_trust

APP = "strongroom/0.1.0"
Edit = Callable[[TrustDocument], TrustDocument]


@cache
def key_of(name: str) -> KeyPair:
    """Returns the key pair that belongs to a name; the same in every test."""
    digest = hashlib.sha256(name.encode()).digest()
    return KeyPair.from_secrets(digest, hashlib.sha256(digest).digest())


def tree_of(text: str) -> str:
    """Returns a digest to stand for a model's files."""
    return hashlib.sha256(text.encode()).hexdigest()


class Station:
    """What one workstation holds: trust documents and envelopes that passed its gate."""

    def __init__(self, team: str) -> None:
        self.team = team
        self.trust: list[bytes] = []
        self.passage = Passage(
            snapshot=Snapshot(trust=TrustChain(), events={}), left=(), rejected=()
        )

    @property
    def snapshot(self) -> Snapshot:
        """What it holds, folded when asked."""
        return self.passage.snapshot

    def takes(self, envelopes: Iterable[bytes] = (), *, trust: Iterable[bytes] = ()) -> Passage:
        """Passes trust documents and envelopes through the gate, in the order given."""
        chain, events, left = self.snapshot.trust, self.snapshot.events, list(self.passage.left)
        held = set(self.snapshot.raw.values())
        envelopes = [raw for raw in envelopes if raw not in held]
        fresh = [raw for raw in trust if raw not in self.trust]
        if fresh:
            self.trust += fresh
            chain = build_chain(map(read_trust, self.trust), self.team)
            if chain.versions[: len(self.snapshot.trust.versions)] != self.snapshot.trust.versions:
                left, events = [*self.snapshot.raw.values(), *left], {}
        if fresh or envelopes:
            self.passage = pass_all(chain, events, [*left, *envelopes])
        return self.passage

    def takes_all_of(self, other: "Station") -> None:
        """Takes whatever another workstation holds."""
        self.takes(other.everything(), trust=other.trust)

    def everything(self) -> list[bytes]:
        """Returns every envelope here, admitted or waiting."""
        return [*self.snapshot.raw.values(), *self.passage.left]

    def state(self) -> "View":
        """Returns the registry as this workstation folds it."""
        return View(self.snapshot.state)


class View:
    """A registry state with the questions that tests ask."""

    def __init__(self, state: RegistryState) -> None:
        self.registry = state
        self.digest = state.digest

    def stage_of(self, key: VersionKey) -> str:
        """Returns the stage of a version."""
        version = self.registry.version(key)
        assert version is not None
        return version.stage

    def by(self, key: VersionKey) -> str:
        """Returns the request that gave a version its stage."""
        version = self.registry.version(key)
        assert version is not None
        return version.by

    def status(self, request: Event) -> str:
        """Returns what became of a request."""
        return self.registry.requests[request.id].status.value

    def alias(self, model: str, alias: str) -> VersionKey | None:
        """Returns where an alias points."""
        return self.registry.models[model].aliases.get(alias)

    def conflicts(self, model: str) -> list[list[str]]:
        """Returns the open conflicts of a model."""
        return [list(group) for group in self.registry.models[model].conflicts]

    def refusal(self, event: Event) -> str:
        """Returns why an event has no effect, "" if it has."""
        return self.registry.refusals.get(event.id, "")


class Writer:
    """One person on one workstation."""

    def __init__(self, team: "Team", name: str, person: str) -> None:
        self.team = team
        self.name = name
        self.key = key_of(name)
        self.id = self.key.writer
        self.person = person or person_id(self.id)
        self.is_apart = False
        self.station = team.station

    def __repr__(self) -> str:
        return self.name

    # ---------------------------------------------------------------- what is seen

    def apart(self) -> "Writer":
        """Cuts this workstation off: it keeps what it holds, and shares nothing any more."""
        own = Station(self.team.id)
        own.takes_all_of(self.station)
        self.station, self.is_apart = own, True
        return self

    def sees(self, *others: "Writer") -> "Writer":
        """Brings this workstation what others hold; of everybody if nobody is named."""
        for other in others or tuple(self.team.writers.values()):
            if other.station is not self.station:
                self.station.takes_all_of(other.station)
        return self

    def state(self) -> View:
        """Returns the registry as this workstation folds it."""
        return self.station.state()

    # ---------------------------------------------------------------- signing

    def drafts(self, type_: str, body: Mapping[str, Any], **frame: Any) -> bytes:
        """Signs the next event of this log and keeps it in the hand."""
        event = next_event(
            self.station.snapshot, self.id, type_, body, clock=self.team.clock, app=APP
        )
        return self.seals(replace(event, **frame))

    def seals(self, event: Event) -> bytes:
        """Signs an event as it stands, right or wrong."""
        return envelope.seal(event.to_statement(), [Ed25519Signer(self.key)])

    def publishes(self, raw: bytes) -> Event:
        """Takes an envelope into this workstation and returns its event."""
        passage = self.station.takes([raw])
        id_ = envelope.parse(raw, max_bytes=envelope.MAX_EVENT_BYTES).payload_id
        found = [a.event for here in passage.snapshot.events.values() for a in here]
        event = next((event for event in found if event.id == id_), None)
        assert event is not None, f"not admitted: {passage.rejected or passage.snapshot.waiting}"
        return event

    def signs(self, type_: str, body: Mapping[str, Any], **frame: Any) -> Event:
        """Signs the next event of this log and takes it in; ``frame`` overrides its fields."""
        return self.publishes(self.drafts(type_, body, **frame))

    def says_hello(self) -> Event:
        """Signs something without effect."""
        return self.signs("writer.hello", {"host": "ws", "app": APP})

    # ---------------------------------------------------------------- work

    def finishes_run(self, run: str) -> Event:
        """Signs the end of a run."""
        body = {
            "run": run, "experiment": "digits", "name": "", "status": "FINISHED",
            "sealed": tree_of(run), "manifest": "", "tree": "", "origin": "local",
        }  # fmt: skip
        return self.signs("run.finish", body)

    def registers(self, model: str, number: int, *, tree: str = "", run: str = "") -> VersionKey:
        """Signs the registration of a version and returns its identity."""
        tree = tree or tree_of(f"{model}/{number}")
        body = {
            "model": model, "version": number, "tree": tree, "manifest": "", "run": run,
            "artifact": "model", "format_risk": "data-only", "flavors": [], "replaces": "",
        }  # fmt: skip
        self.signs("version.register", body)
        return model, number, tree

    def request_body(self, key: VersionKey, to: str, **more: Any) -> dict[str, Any]:
        """Returns the body an honest client makes from what this workstation holds."""
        snapshot = self.station.snapshot
        known = {k: more.pop(k) for k in ("evidence", "gates", "expires") if k in more}
        body = requests.request_body(
            snapshot.state, snapshot.latest, key, to, reason="better", **known
        )
        return {**body, **more}

    def requests(self, key: VersionKey, to: str, **more: Any) -> Event:
        """Signs a request; ``more`` overrides fields of its body."""
        return self.signs("stage.request", self.request_body(key, to, **more))

    def answers(self, kind: str, request: Event, **more: Any) -> Event:
        """Signs an approval, a rejection or a wish for changes, without asking whether it may."""
        wish = replace_status(self.station.snapshot.state, request)
        body = requests.approval_body(wish, comment="looked at it", statement="", kind=kind)
        return self.signs(kind, {**body, **more})

    def approves(self, request: Event, **more: Any) -> Event:
        """Signs an approval."""
        return self.answers("stage.approve", request, **more)

    def rejects(self, request: Event, **more: Any) -> Event:
        """Signs a rejection."""
        return self.answers("stage.reject", request, **more)

    def asks_for_changes(self, request: Event, **more: Any) -> Event:
        """Signs a wish for changes."""
        return self.answers("stage.changes", request, **more)

    def withdraws(self, request: Event) -> Event:
        """Signs a withdrawal."""
        return self.signs("stage.withdraw", {"request": request.id, "reason": "no longer"})

    def expires(self, request: Event) -> Event:
        """Signs that a request's time has run out."""
        return self.signs("stage.expire", {"request": request.id})

    def rushes(self, key: VersionKey, to: str, **more: Any) -> Event:
        """Signs an emergency."""
        snapshot = self.station.snapshot
        body = requests.emergency_body(snapshot.state, snapshot.latest, key, to, reason="fire")
        return self.signs("stage.emergency", {**body, **more})

    def points(self, model: str, alias: str, key: VersionKey | None, **more: Any) -> Event:
        """Signs the setting of an alias, or its removal."""
        body = requests.alias_body(self.station.snapshot.state, model, alias, key)
        return self.signs("alias.set", {**body, **more})


class Team:
    """Root and admin keys, the trust documents, and everybody in the team."""

    def __init__(self, name: str = "Fraud ML") -> None:
        self.root = key_of(f"root of {name}")
        self.clock = FixedClock()
        self.writers: dict[str, Writer] = {}
        self.documents: list[bytes] = []
        founder = key_of("Founder")
        person = person_id(founder.writer)
        first = TrustDocument(
            id="",
            team_name=name,
            version=1,
            prev="",
            nonce="00" * 16,
            root_threshold=1,
            root_keys={self.root.writer: root_key(self.root)},
            admin_threshold=1,
            admin_writers=(founder.writer,),
            people={person: Person(person=person, name="Founder", groups=())},
            members={founder.writer: a_member(founder, person, FOUNDER_CAPS)},
            policies=DEFAULT_POLICIES,
            heads={},
            limits={},
        )
        raw = sealed(first, self.root)
        self.id = read_trust(raw).document.id
        self.station = Station(self.id)
        self.publishes(raw)
        self.founder = Writer(self, "Founder", person)
        self.writers["Founder"] = self.founder
        self.admins = [founder]

    @property
    def latest(self) -> TrustDocument:
        """The newest trust document of the shared workstation."""
        return self.station.snapshot.latest

    def state(self) -> View:
        """Returns the registry folded from everything anybody holds."""
        whole = Station(self.id)
        for station in self.stations():
            whole.takes_all_of(station)
        return whole.state()

    def stations(self) -> list[Station]:
        """Returns every workstation once, the shared one first."""
        stations = [self.station]
        for writer in self.writers.values():
            if writer.station not in stations:
                stations.append(writer.station)
        return stations

    def joins(self) -> View:
        """Brings everybody together again: one shared state."""
        for _ in range(2):  # the second round carries what waited in the first
            for station in self.stations():
                for other in self.stations():
                    station.takes_all_of(other)
        for writer in self.writers.values():
            writer.station, writer.is_apart = self.station, False
        return self.state()

    # ---------------------------------------------------------------- the trust document

    def publishes(self, raw: bytes) -> None:
        """Hands a trust document to every workstation that is not apart."""
        self.documents.append(raw)
        self.station.takes(trust=[raw])

    def changes(
        self, edit: Edit, *, signers: Sequence[KeyPair] = (), **frame: Any
    ) -> TrustDocument:
        """Signs and publishes the next trust document, by the admins unless others are named."""
        document = edit(self.draft(**frame))
        self.publishes(sealed(document, *(signers or self.admins)))
        return self.latest

    def draft(self, **frame: Any) -> TrustDocument:
        """Returns the next trust document as an honest admin starts it."""
        latest = self.latest
        heads = dict(latest.heads)
        for writer, head in self.station.snapshot.chains.heads.items():
            if head[0] >= heads.get(writer, (0, ""))[0]:
                heads[writer] = head
        next_one = replace(latest, version=latest.version + 1, prev=latest.id, heads=heads)
        return replace(next_one, **frame)

    def enrol(
        self,
        name: str,
        role: str = "",
        *,
        caps: Sequence[str] = (),
        person: str = "",
        groups: Sequence[str] = (),
        scope: str = "*",
    ) -> Writer:
        """Takes somebody in, with a role or with capabilities; ``person`` for a second device."""
        writer = Writer(self, name, person)
        caps = caps or ROLES[role]
        entry = Person(person=writer.person, name=name, groups=tuple(groups))
        member = a_member(writer.key, writer.person, caps, scope)

        def add(document: TrustDocument) -> TrustDocument:
            return replace(
                document,
                people={writer.person: entry, **document.people},
                members={**document.members, writer.id: member},
            )

        self.changes(add)
        self.writers[name] = writer
        return writer

    def policy(self, stage: str, policy: Policy, *, model: str = "*") -> TrustDocument:
        """Replaces the policy of one stage."""

        def put(document: TrustDocument) -> TrustDocument:
            entry = {**document.policies.get(model, {}), stage: policy}
            return replace(document, policies={**document.policies, model: entry})

        return self.changes(put)

    def revokes(
        self, writer: Writer, *, reason: str = "left", cut: tuple[int, str] | None = None
    ) -> TrustDocument:
        """Ends every right of a writer at what the admins have seen, or at an earlier cut."""

        def end(document: TrustDocument) -> TrustDocument:
            member = document.members[writer.id]
            at = cut or document.heads.get(writer.id, (0, ""))
            grants = tuple(g if g.cut else replace(g, cut=at) for g in member.grants)
            gone = replace(member, grants=grants, is_active=False, reason=reason)
            return replace(document, members={**document.members, writer.id: gone})

        return self.changes(end)

    def grants(
        self, writer: Writer, cap: str, *, scope: str = "*", after: int | None = None
    ) -> None:
        """Gives a capability from now on."""

        def give(document: TrustDocument) -> TrustDocument:
            member = document.members[writer.id]
            seq = document.heads.get(writer.id, (0, ""))[0] if after is None else after
            grant = Grant(cap=cap, scope=scope, after_seq=seq, cut=None)
            more = replace(member, grants=(*member.grants, grant))
            return replace(document, members={**document.members, writer.id: more})

        self.changes(give)


def a_team(name: str = "Fraud ML") -> Team:
    """Returns a team of its founder alone."""
    return Team(name)


def a_member(key: KeyPair, person: str, caps: Iterable[str], scope: str = "*") -> Member:
    """Returns the entry of an active writer."""
    return Member(
        writer=key.writer,
        person=person,
        host="ws",
        alg="ed25519",
        pub=key.ed25519_pub.hex,
        p256=key.p256_spki,
        grants=tuple(Grant(cap=cap, scope=scope, after_seq=0, cut=None) for cap in sorted(caps)),
        is_active=True,
        reason="",
    )


def root_key(key: KeyPair) -> RootKey:
    """Returns the entry of a root key."""
    return RootKey(keyid=key.writer, alg="ed25519", pub=key.ed25519_pub.hex, label="safe")


def sealed(document: TrustDocument, *keys: KeyPair) -> bytes:
    """Returns a trust document signed by these keys."""
    return envelope.seal(document.to_statement(), [Ed25519Signer(key) for key in keys])


def replace_status(state: RegistryState, request: Event) -> Any:
    """Returns a request as if it were pending, so that a test may sign what a client would not."""
    return replace(state.requests[request.id], status="pending")
