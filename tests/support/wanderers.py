# SPDX-License-Identifier: Apache-2.0
"""Four workstations and three sticks: what people do between two meetings, at random.

Everything is the product's own: keys, ledgers, services, folders. Only chance decides who acts,
which stick he has in his hand, and after how many file operations he pulls it out.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from strongroom.domain.bundle import parse_manifest
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused, Untrusted
from strongroom.domain.parts import LEAST_PART_BYTES
from strongroom.domain.requests import alias_body, approval_body, emergency_body, request_body
from strongroom.exchange.local import content_events
from strongroom.exchange.selection import EVERYTHING, Selection
from strongroom.services.bundles import Bundles
from strongroom.services.exchange import Outcome
from strongroom.trust import envelope
from support.faulty_folder import Death, dying
from support.faulty_remote import RemoteFault, struck
from support.peers import MODEL, Peer, Team
from support.share_laws import false_names, gaps

NAMES = ("Ada", "Ben", "Cid", "Dee")
STICKS = ("red", "green", "blue")
STAGES = ("Staging", "Production", "Archived", "None")
ANSWERS = ("stage.approve", "stage.approve", "stage.approve", "stage.reject", "stage.changes")
PASSING = frozenset({"E-WITHHELD"})
"""What a pull may say while a push was cut short: the rest of it is still under way."""


class Wanderers:
    """The team, its sticks, and what was found wrong on the way.

    Args:
        root: Where everything lies.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.peers = Team(root, NAMES).peers
        founder = self.peers[0]
        for member in founder.at.snapshot().latest.members.values():
            founder.people.grant(member.person, "release-approver")
        self.sticks = {name: root / name for name in STICKS}
        for peer in self.peers:
            peer.at.part_bytes = LEAST_PART_BYTES
            for name, folder in self.sticks.items():
                peer.add_remote(folder, name)
        founder.push("red")
        for peer in self.peers[1:]:
            peer.pull("red")
        self._trained, self._handed = 0, 0
        self._known: dict[str, frozenset[str]] = {}

    # ---------------------------------------------------------------- what people do

    def say(self, who: int, nth: int = 0) -> None:
        """Signs something small; the program may be killed before its n-th change of the disk."""
        with dying(Death(nth)) as death:
            self.peers[who].say(1)
        if death.has_struck:
            self.peers[who] = self.peers[who].restarted()
            self.peers[who].say(1)

    def register(self, who: int) -> None:
        """Registers one of few contents, so that two people meet under one number."""
        self._trained += 1
        content = hashlib.sha256(b"%d" % (self._trained % 5)).digest() * (40, 2100)[who % 2]
        with suppress(BadInput, Refused):  # the same files were registered already
            self.peers[who].register(f"run-{self._trained}", data={"weights.bin": content})

    def ask(self, who: int, which: int, stage: str) -> None:
        """Requests a move of some version, from the state as this workstation knows it."""
        peer = self.peers[who]
        snapshot = peer.at.snapshot_or_empty()
        if snapshot.trust.latest is None:
            return
        versions = [v for model in snapshot.state.models.values() for v in model.versions]
        if not versions:
            return
        key = versions[which % len(versions)].key
        with suppress(BadInput, Refused):
            make = emergency_body if which % 7 == 6 else request_body
            peer.at.sign(
                "stage.emergency" if which % 7 == 6 else "stage.request",
                make(snapshot.state, snapshot.latest, key, stage, reason="better"),
            )

    def answer(self, who: int, which: int, kind: str) -> None:
        """Answers some request, whatever its state."""
        peer = self.peers[who]
        if not peer.at.has_team():
            return
        requests = sorted(peer.at.snapshot().state.requests.values(), key=lambda each: each.id)
        if not requests:
            return
        request = requests[which % len(requests)]
        with suppress(BadInput, Refused):
            statement = "I reviewed this." if kind == "stage.approve" else ""
            body = approval_body(request, comment="seen", statement=statement, kind=kind)
            peer.at.sign(kind, body)

    def alias(self, who: int, which: int) -> None:
        peer = self.peers[who]
        if not peer.at.has_team():
            return
        state = peer.at.snapshot().state
        if MODEL in state.models:
            versions = state.models[MODEL].versions
            key = None if which % 5 == 4 else versions[which % len(versions)].key
            peer.at.sign("alias.set", alias_body(state, MODEL, "champion", key))

    def change_team(self, who: int, is_leaving: bool) -> None:
        """The founder lets somebody go, with a cut at what he has seen, or takes him back."""
        founder = self.peers[0]
        member = founder.at.snapshot().latest.members[self.peers[who].writer]
        with suppress(BadInput, Refused):
            if is_leaving:
                founder.people.revoke(member.person)
            else:
                founder.people.grant(member.person, "analyst")

    # ---------------------------------------------------------------- meetings

    def sync(
        self,
        who: int,
        stick: str,
        way: str,
        fault: RemoteFault,
        selection: Selection = EVERYTHING,
    ) -> None:
        """Pushes or pulls while the stick is in; where it is pulled out, a person is told."""
        told: list[type[Exception]] = [EnvironmentFault] if fault.nth else []
        if not selection.is_all:
            told.append(BadInput)  # nothing here is called so
        with struck(fault), suppress(*told):
            self._exchange(who, stick, way, selection)

    def sync_until_killed(self, who: int, stick: str, way: str, nth: int) -> None:
        """Pushes or pulls, dies before the n-th change of a disk, and is started again."""
        with dying(Death(nth)):
            self._exchange(who, stick, way)
        self.peers[who] = self.peers[who].restarted()

    def hand_over(self, who: int, whom: int, nth: int) -> None:
        """Writes a bundle, in the midst of which the program may die; another takes it in."""
        peer, other = self.peers[who], self.peers[whom]
        self._handed += 1
        file = self.root / f"{self._handed}.strongbundle"
        with dying(Death(nth)), suppress(Refused, Untrusted):  # his content may not be all here
            Bundles(peer.at).create(file)
        self.peers[who] = peer.restarted()
        if file.exists() and who != whom:
            try:
                outcome = other.exchange.take(str(file))
            except Untrusted as refused:
                assert (refused.code, self._has_left(peer, other)) == ("E-CUT", True)  # noqa: PT017
            else:
                assert codes(outcome) <= PASSING, outcome.rejected

    @staticmethod
    def _has_left(peer: Peer, other: Peer) -> bool:
        """Whether the newest team that either of two knows has let the first one go."""
        known = [each.at.snapshot_or_empty().trust for each in (peer, other)]
        latest = max(known, key=lambda trust: len(trust.versions)).latest
        return latest is not None and not latest.members[peer.writer].is_active

    def _exchange(self, who: int, stick: str, way: str, selection: Selection = EVERYTHING) -> None:
        peer, folder = self.peers[who], self.sticks[stick]
        before = gaps(folder)
        act = peer.exchange.push if way == "push" else peer.exchange.pull
        try:
            (outcome,) = act(stick, selection=selection)
            assert codes(outcome) <= PASSING, outcome.rejected
        finally:
            hasty = gaps(folder).keys() - before.keys() if selection.is_all else set()
            assert not hasty & _held(peer), "events came before content that is here"

    # ---------------------------------------------------------------- what must hold

    def check(self) -> None:
        """Every stick and every workstation holds what it shows, and nobody forgets."""
        for name, folder in self.sticks.items():
            assert false_names(folder) == [], name
        for peer in self.peers:
            snapshot = peer.at.ledger().refresh()
            assert snapshot.problems == ()
            known = frozenset(snapshot.raw)
            assert known >= self._known.get(peer.name, frozenset()), f"{peer.name} forgot"
            self._known[peer.name] = known

    def meet(self) -> None:
        """Everybody syncs with the red stick twice; then the other sticks get everything."""
        for _ in range(2):
            for peer in self.peers:
                (outcome,) = peer.exchange.sync("red")
                assert codes(outcome) <= PASSING, outcome.rejected
        for stick in ("green", "blue"):
            assert codes(self.peers[0].pull(stick)) <= PASSING
            self.peers[0].push(stick)

    def check_agreement(self) -> None:
        """All have the same state and content, and so does whoever reads one stick."""
        assert len({peer.digest for peer in self.peers}) == 1
        digest = self.peers[0].digest
        for peer in self.peers:
            (outcome,) = peer.exchange.sync("red")
            assert outcome.new.is_empty
            assert outcome.is_clean
            assert not outcome.waiting
            assert peer.problems() == []
            assert not peer.at.snapshot().alarms
            peer.at.runs.refresh()  # as every look at the runs does
            assert peer.at.runs.search().total == self._runs(peer)
        for stick in self.sticks:
            assert self.peers[0].exchange.verify(stick, is_reading_data=True).is_ok
        stranger = Peer(self.root / "reader", "Eve")
        stranger.people.trust(self.peers[0].people.team_id())
        stranger.add_remote(self.sticks["blue"], "blue")
        assert stranger.pull("blue").is_clean
        assert stranger.digest == digest
        stranger.close()

    def _runs(self, peer: Peer) -> int:
        """How many runs a workstation must show: its own, and all that arrived."""
        snapshot = peer.at.snapshot()
        refused = snapshot.state.refusals
        arrived = {
            str(event.body["run"])
            for event in snapshot.chains.events()
            if event.type == "run.finish" and event.id not in refused
        }
        own = {path.name for path in (peer.store / "runs").glob("*/*") if path.is_dir()}
        return len(arrived | own)

    def close(self) -> None:
        for peer in self.peers:
            peer.close()


def _held(peer: Peer) -> set[str]:
    """Returns the digests of all content of rightful events that a workstation could push."""
    if not peer.at.has_team():
        return set()
    content, files = peer.registry.content(), peer.at.ledger().files
    found: set[str] = set()
    for event in content_events(peer.at.snapshot()):
        digest = str(event.body["manifest"])
        if files.has_manifest(digest):
            parsed = envelope.parse(
                files.read_manifest(digest), max_bytes=envelope.MAX_MANIFEST_BYTES
            )
            manifest = parse_manifest(parsed.document)
            here = {f.sha256 for f in manifest.files if content.has(f.sha256, run=manifest.run)}
            found |= {digest} | here
    return found


def codes(outcome: Outcome) -> frozenset[str]:
    return frozenset(trouble.code for trouble in outcome.rejected)
