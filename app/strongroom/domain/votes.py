# SPDX-License-Identifier: Apache-2.0
"""Votes: which answers to a request count, which policy they are held against, what they decide.

* One vote a person, whatever number of devices; the requester's own never counts where the policy
  excludes him (E-SELF).
* An approval is bound to every field of the request (E-BIND) and to the policy (E-POLICY).
* The policy in force is that of the trust version before the first one whose heads cover the
  request and a full quorum, else the latest (formats.md 0.12).
* A rejection made after having seen a full quorum is too late.
* Where the policy asks for a fresh snapshot of a witness, an approval has seen one (E-POLICY).
* A request or an answer that counts only by a right of which its signer did not know is late
  (E-LATE): where that decides the outcome, the request waits to be confirmed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from strongroom.domain import canonical
from strongroom.domain.access import denial
from strongroom.domain.chains import Chains
from strongroom.domain.event import Event
from strongroom.domain.freshness import has_fresh_snapshot
from strongroom.domain.late import LATE, is_late
from strongroom.domain.policy import Policy
from strongroom.domain.registry import RequestStatus, Vote
from strongroom.domain.team import TrustDocument

ANSWERS = ("stage.approve", "stage.reject", "stage.changes")
CLOSERS = {
    "stage.reject": RequestStatus.REJECTED,
    "stage.changes": RequestStatus.CHANGES_ASKED,
    "stage.withdraw": RequestStatus.WITHDRAWN,
    "stage.expire": RequestStatus.EXPIRED,
}
_NO_GATES = canonical.digest([])
_BOUND = ("model", "version", "tree", "from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The outcome of the votes on one request, before lanes are looked at."""

    policy: Policy
    votes: tuple[Vote, ...]
    counted: tuple[Event, ...]
    closed: RequestStatus | None
    is_policy_current: bool
    is_passed: bool
    is_lapsed: bool
    is_request_late: bool = False
    is_vote_late: bool = False
    """Whether a late answer would decide the outcome if it counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """What is needed to judge votes: the trust chain, the chains, and who ran the model's run."""

    trust: Sequence[TrustDocument]
    chains: Chains
    aside: Mapping[str, int] = field(default_factory=dict)
    snapshots: Sequence[Event] = ()
    """The valid ``witness.snapshot`` events."""

    @property
    def latest(self) -> TrustDocument:
        """The latest trust document; rights are always judged by it."""
        return self.trust[-1]

    def person(self, writer: str) -> str:
        """Returns the person behind a writer, or the writer himself if he is unknown."""
        member = self.latest.members.get(writer)
        return member.person if member else writer

    def tally(self, request: Event, answers: Sequence[Event], run_authors: frozenset[str]) -> Tally:
        """Judges all answers to a well-formed request.

        Args:
            request: The ``stage.request`` event.
            answers: Well-formed events that name the request, of any answering type.
            run_authors: Persons who finished the run that the version came from.
        """
        policy = self._policy_in_force(request, answers, run_authors)
        votes = tuple(
            self._vote(request, answer, policy, run_authors, self.latest)
            for answer in answers
            if answer.type in ANSWERS
        )
        is_current = policy.digest == request.body["policy"]
        counted = self._counted(request, answers, votes, policy)
        closed = self._closed(request, answers, votes, policy)
        gates = has_gates(request, policy)
        is_request_late = self.is_late(request, request)
        is_vote_late = self._do_late_votes_decide(request, answers, votes, policy)
        gates = gates and not is_request_late and not is_vote_late
        passed = closed is None and is_current and gates and self.is_quorum(policy, counted)
        lapsed = not passed and closed is None and is_current and gates
        if lapsed:
            then = tuple(
                self._vote(request, answer, policy, run_authors, self._cited(answer))
                for answer in answers
                if answer.type in ANSWERS
            )
            lapsed = self.is_quorum(policy, self._counted(request, answers, then, policy))
        return Tally(
            policy=policy,
            votes=votes,
            counted=counted,
            closed=closed,
            is_policy_current=is_current,
            is_passed=passed,
            is_lapsed=lapsed,
            is_request_late=is_request_late,
            is_vote_late=is_vote_late,
        )

    def is_late(self, event: Event, request: Event) -> bool:
        """Whether a request or an answer counts only by a right that its version did not give."""
        verb = "request" if event.id == request.id else "approve"
        return is_late(
            self.trust,
            self.aside,
            event,
            f"{verb}:{str(request.body['to']).lower()}",
            kind="model",
            name=str(request.body["model"]),
            id_at=self.chains.id_at,
        )

    def is_quorum(self, policy: Policy, approvals: Iterable[Event]) -> bool:
        """Whether these approvals come from enough persons and groups."""
        people = self.latest.people
        persons = {self.person(approval.writer) for approval in approvals}
        return policy.has_quorum(
            {person: people[person].groups if person in people else () for person in persons}
        )

    def has_seen_quorum(
        self, viewer: Event, request: Event, policy: Policy, counted: Iterable[Event]
    ) -> bool:
        """Whether an event has seen a request and a full quorum for it."""
        if not self.chains.has_seen(viewer, request):
            return False
        seen = [approval for approval in counted if self.chains.has_seen(viewer, approval)]
        return self.is_quorum(policy, seen)

    def _do_late_votes_decide(
        self,
        request: Event,
        answers: Sequence[Event],
        votes: Sequence[Vote],
        policy: Policy,
    ) -> bool:
        lenient = [replace(vote, code="") if vote.code == LATE else vote for vote in votes]
        if lenient == list(votes):
            return False

        def outcome(judged: Sequence[Vote]) -> tuple[RequestStatus | None, bool]:
            closed = self._closed(request, answers, judged, policy)
            counted = self._counted(request, answers, judged, policy)
            return closed, closed is None and self.is_quorum(policy, counted)

        return outcome(lenient) != outcome(votes)

    def _policy_in_force(
        self, request: Event, answers: Sequence[Event], run_authors: frozenset[str]
    ) -> Policy:
        model, stage = str(request.body["model"]), str(request.body["to"])
        for before, after in zip(self.trust, self.trust[1:], strict=False):
            if not self._covers(after, request):
                continue
            policy = before.policy(model, stage)
            covered = [answer for answer in answers if self._covers(after, answer)]
            votes = [
                self._vote(request, answer, policy, run_authors, self.latest)
                for answer in covered
                if answer.type in ANSWERS
            ]
            if self.is_quorum(policy, self._counted(request, covered, votes, policy)):
                return policy
        return self.latest.policy(model, stage)

    def _covers(self, document: TrustDocument, event: Event) -> bool:
        seq, id_ = document.heads.get(event.writer, (0, ""))
        return seq >= event.seq and self.chains.id_at(event.writer, seq) == id_

    def _cited(self, event: Event) -> TrustDocument:
        cited = self.aside.get(event.trust_id, event.trust_version)
        return self.trust[min(cited, len(self.trust)) - 1]

    def _vote(
        self,
        request: Event,
        answer: Event,
        policy: Policy,
        run_authors: frozenset[str],
        document: TrustDocument,
    ) -> Vote:
        return Vote(
            event=answer.id,
            kind=answer.type.partition(".")[2],
            person=self.person(answer.writer),
            writer=answer.writer,
            comment=str(answer.body["comment"]),
            time=answer.time,
            code=self._objection(request, answer, policy, run_authors, document),
        )

    def _objection(
        self,
        request: Event,
        answer: Event,
        policy: Policy,
        run_authors: frozenset[str],
        document: TrustDocument,
    ) -> str:
        cap = f"approve:{str(request.body['to']).lower()}"
        denied = denial(
            document,
            answer.writer,
            answer.seq,
            cap,
            kind="model",
            name=str(request.body["model"]),
            id_at=self.chains.id_at,
        )
        if denied:
            return denied.code
        if any(answer.body[key] != request.body[key] for key in _BOUND):
            return "E-BIND"
        if answer.body["policy"] != request.body["policy"] or self._is_stale(answer, policy):
            return "E-POLICY"
        evidence = sorted({item["sha256"] for item in request.body["evidence"]})
        gates = canonical.digest(request.body["gates"]) if request.body["gates"] else _NO_GATES
        if answer.body["evidence_seen"] != evidence or answer.body["gates"] != gates:
            return "E-BIND"
        person = self.person(answer.writer)
        is_own = "requester" in policy.exclude and person == self.person(request.writer)
        if is_own or ("run-author" in policy.exclude and person in run_authors):
            return "E-SELF"
        return LATE if self.is_late(answer, request) else ""

    def _is_stale(self, answer: Event, policy: Policy) -> bool:
        """Whether an approval was given without the fresh snapshot that its policy asks for."""
        days = policy.require_fresh_snapshot_days
        if answer.type != "stage.approve" or not days:
            return False
        me = self.person(answer.writer)
        others = (each for each in self.snapshots if self.person(each.writer) != me)
        return not has_fresh_snapshot(self.chains, others, answer, days)

    def _counted(
        self, request: Event, answers: Sequence[Event], votes: Sequence[Vote], policy: Policy
    ) -> tuple[Event, ...]:
        by_id = {answer.id: answer for answer in answers}
        approvals = [by_id[v.event] for v in votes if v.kind == "approve" and not v.code]
        refusing = {
            vote.person
            for vote in votes
            if vote.kind == "reject"
            and not vote.code
            and not self.has_seen_quorum(by_id[vote.event], request, policy, approvals)
        }
        return tuple(a for a in approvals if self.person(a.writer) not in refusing)

    def _closed(
        self,
        request: Event,
        answers: Sequence[Event],
        votes: Sequence[Vote],
        policy: Policy,
    ) -> RequestStatus | None:
        invalid = {vote.event for vote in votes if vote.code}
        approvals = [
            answer
            for answer in answers
            if answer.type == "stage.approve" and answer.id not in invalid
        ]
        found = set()
        for answer in answers:
            if answer.type not in CLOSERS or answer.id in invalid:
                continue
            if answer.type == "stage.reject" and not policy.veto:
                continue
            if answer.type == "stage.withdraw" and self.person(answer.writer) != self.person(
                request.writer
            ):
                continue
            if answer.type == "stage.expire" and not (
                "" < str(request.body["expires"]) < answer.time
            ):
                continue
            if not self.has_seen_quorum(answer, request, policy, approvals):
                found.add(CLOSERS[answer.type])
        return next((status for status in CLOSERS.values() if status in found), None)


def has_gates(request: Event, policy: Policy) -> bool:
    """Whether every gate of a policy passed or was waived, and all required evidence is named."""
    good = {gate["name"] for gate in request.body["gates"] if gate["verdict"] in {"pass", "waived"}}
    kinds = {item["kind"] for item in request.body["evidence"]}
    return {gate.name for gate in policy.gates} <= good and set(policy.require) <= kinds
