# SPDX-License-Identifier: Apache-2.0
"""Cases: what a person sees of a request before answering it, and what stands in the way.

* A case is read from the signed request and from the files here; nothing of it is remembered.
* The objection a person reads is the one that would refuse the signature.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.domain.access import denial
from strongroom.domain.errors import BadInput
from strongroom.domain.freshness import is_vouched_for
from strongroom.domain.gate import FAIL, Verdict, measure
from strongroom.domain.key_words import NO_KEY
from strongroom.domain.registry import RegistryState, RequestStatus, TransitionRequest
from strongroom.services.comparing import DiffRow, compare_versions
from strongroom.services.registry import Registry, VersionDetail
from strongroom.services.review_words import closed_sentence, statement_of
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A request as a list shows it; ``objection`` says why I may not approve, "" if I may."""

    request: TransitionRequest
    requester: str
    reason: str
    need: int
    have: int
    is_mine: bool
    waits_for_me: bool
    objection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Somebody's answer to a request, as people read it."""

    name: str
    kind: str
    time: str
    comment: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """Everything the dialog shows about one request; the statement is what will be signed."""

    item: ReviewItem
    version: VersionDetail
    incumbent: VersionDetail | None
    diff: tuple[DiffRow, ...]
    gates: tuple[Verdict, ...]
    measured_here: tuple[Verdict, ...]
    answers: tuple[Answer, ...]
    statement: str
    policy_digest: str
    blockers: tuple[str, ...]

    @property
    def may_approve(self) -> bool:
        """Whether nothing stands in the way of approving."""
        return not self.blockers


class ReviewCases:
    """The requests of the registry as people read them."""

    def __init__(self, workstation: Workstation, registry: Registry) -> None:
        self._at = workstation
        self._registry = registry

    def items(self) -> tuple[ReviewItem, ...]:
        """Returns every request, newest claim first; none while there is no team."""
        if not self._at.has_team():
            return ()
        snapshot = self._at.snapshot()
        found = [self.item(snapshot, request) for request in snapshot.state.requests.values()]
        return tuple(
            sorted(found, key=lambda i: (i.request.event.time, i.request.id), reverse=True)
        )

    def find(self, reference: str) -> TransitionRequest:
        """Returns the request a full id or a unique head of one names.

        Raises:
            BadInput: ``E-REQUEST``.
        """
        requests = self._at.snapshot().state.requests
        named = [id_ for id_ in requests if reference and id_.startswith(reference)]
        if len(named) != 1:
            raise BadInput(
                "E-REQUEST",
                f"{reference} names {'several requests' if named else 'no request'}",
                "strongroom transition list shows them with their ids.",
            )
        return requests[named[0]]

    def case(self, reference: str) -> ReviewCase:
        """Returns what a person needs to see before he answers.

        Raises:
            BadInput: ``E-REQUEST``.
        """
        request = self.find(reference)
        snapshot = self._at.snapshot()
        version = self.detail(request.key)
        incumbent = self._incumbent(snapshot.state, request)
        item = self.item(snapshot, request)
        here = measure(
            request.policy.gates, version.metrics, incumbent.metrics if incumbent else None
        )
        body = request.event.body
        gates = tuple(Verdict(**gate) for gate in body.get("gates", ()))
        return ReviewCase(
            item=item,
            version=version,
            incumbent=incumbent,
            diff=compare_versions(version, incumbent, request.policy.gates),
            gates=gates,
            measured_here=here,
            answers=tuple(
                Answer(
                    name=snapshot.latest.name_of(vote.writer),
                    kind=vote.kind,
                    time=vote.time,
                    comment=vote.comment,
                    code=vote.code,
                )
                for vote in sorted(request.votes, key=lambda vote: vote.time)
            ),
            statement=statement_of(request),
            policy_digest=request.policy.digest,
            blockers=tuple(self._blockers(snapshot, item, version, gates)),
        )

    def item(self, snapshot: Snapshot, request: TransitionRequest) -> ReviewItem:
        """Returns a request as a list shows it."""
        objection = self._objection(snapshot, request)
        is_mine = self.is_own(snapshot, request)
        answered = any(vote.person == self._person(snapshot) for vote in request.votes)
        return ReviewItem(
            request=request,
            requester=snapshot.latest.name_of(request.event.writer),
            reason=str(request.event.body.get("reason", "")),
            need=request.policy.need,
            have=len({vote.person for vote in request.approvals}),
            is_mine=is_mine,
            waits_for_me=request.status is RequestStatus.PENDING and not objection and not answered,
            objection=objection,
        )

    def _objection(self, snapshot: Snapshot, request: TransitionRequest) -> str:
        """Returns why this person may not approve this request now, "" if he may."""
        if request.status is not RequestStatus.PENDING:
            return closed_sentence(request)
        if self._at.card() is None:
            return f"{NO_KEY}."
        if "requester" in request.policy.exclude and self.is_own(snapshot, request):
            return "You asked for this and cannot approve it: somebody else must."
        cap = f"approve:{request.to_stage.lower()}"
        if not self.may(snapshot, cap, request.key[0]):
            return f"Your role does not include approving moves to {request.to_stage}."
        if any(vote.person == self._person(snapshot) for vote in request.approvals):
            return "You have approved this already."
        return ""

    def _blockers(
        self,
        snapshot: Snapshot,
        item: ReviewItem,
        version: VersionDetail,
        gates: tuple[Verdict, ...],
    ) -> Iterator[str]:
        if item.objection:
            yield item.objection
        if not version.is_content_here:
            yield "The files of this version are not in this store, so nobody can vouch for them."
        for gate in gates:
            if gate.verdict == FAIL:
                yield f"Approve needs the failed gate “{gate.name}” waived in writing."
        days, now = item.request.policy.require_fresh_snapshot_days, self._at.clock.now_us()
        refusals = snapshot.state.refusals
        if days and not is_vouched_for(snapshot.chains, refusals, self._mine(snapshot), now, days):
            yield (
                f"The policy asks for a snapshot of the last {days} days by a witness who is"
                " somebody else, and there is none here: pull one, or ask a witness to sign it."
            )

    def _mine(self, snapshot: Snapshot) -> frozenset[str]:
        """Returns the writers of the person at this workstation."""
        card, members = self._at.card(), snapshot.latest.members
        me = members[card.writer].person if card and card.writer in members else ""
        return frozenset(writer for writer, member in members.items() if member.person == me)

    def may(self, snapshot: Snapshot, cap: str, model: str) -> bool:
        """Whether this workstation may do that on a model with its next event."""
        card = self._at.card()
        if card is None:
            return False
        seq = len(snapshot.chains.by_writer.get(card.writer, ())) + 1
        found = denial(
            snapshot.latest, card.writer, seq, cap,
            kind="model", name=model, id_at=snapshot.chains.id_at,
        )  # fmt: skip
        return found is None

    def _person(self, snapshot: Snapshot) -> str:
        card = self._at.card()
        member = snapshot.latest.members.get(card.writer) if card else None
        return member.person if member else ""

    def is_own(self, snapshot: Snapshot, request: TransitionRequest) -> bool:
        """Whether the person here asked for it."""
        return bool(request.person) and request.person == self._person(snapshot)

    def detail(self, key: tuple[str, int, str]) -> VersionDetail:
        """Returns everything known of a version."""
        return self._registry.show(f"{key[0]}/{key[1]}+{key[2]}")

    def _incumbent(self, state: RegistryState, request: TransitionRequest) -> VersionDetail | None:
        retired = next((key for key, _ in request.retires), None)
        if retired is None:
            model = state.models.get(request.key[0])
            holder = model.holder(request.to_stage) if model else None
            retired = holder.key if holder and holder.key != request.key else None
        return self.detail(retired) if retired else None


def refusal_code(case: ReviewCase) -> str:
    """Returns the code under which a blocked approval is refused."""
    item = case.item
    if item.request.status in {RequestStatus.STALE, RequestStatus.CONFLICT}:
        return "E-CONFLICT"
    if item.request.status is not RequestStatus.PENDING:
        return "E-QUORUM"
    if item.is_mine and "requester" in item.request.policy.exclude:
        return "E-SELF"
    if not case.version.is_content_here:
        return "E-MISSING"
    return "E-CAP" if item.objection else "E-POLICY"
