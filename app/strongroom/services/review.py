# SPDX-License-Identifier: Apache-2.0
"""Reviews: requesting a transition, and answering a request.

* What is signed is what was shown: an answer carries the digests of the case it was given for.
* What the rules forbid is refused here with a reason; every peer refuses it again by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.domain.access import denial
from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.event import Event
from strongroom.domain.gate import FAIL, Verdict, measure
from strongroom.domain.registry import (
    RegistryState,
    RequestStatus,
    TransitionRequest,
)
from strongroom.domain.requests import approval_body, request_body
from strongroom.domain.stage import Stage
from strongroom.domain.team import TrustDocument
from strongroom.services.comparing import DiffRow, compare_versions
from strongroom.services.identities import Identities
from strongroom.services.registry import Registry, VersionDetail, find_version
from strongroom.services.review_words import closed_sentence, statement_of
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot
from strongroom.trust.identity import SecretsHandler


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


class Reviews:
    """The verbs of ``strongroom transition`` and ``strongroom rollback``."""

    def __init__(
        self, workstation: Workstation, registry: Registry, identities: Identities
    ) -> None:
        self._at = workstation
        self._registry = registry
        self._identities = identities

    # ---------------------------------------------------------------- reading

    def items(self) -> tuple[ReviewItem, ...]:
        """Returns every request, newest claim first; none while there is no team."""
        if not self._at.has_team():
            return ()
        snapshot = self._at.snapshot()
        found = [self._item(snapshot, request) for request in snapshot.state.requests.values()]
        return tuple(
            sorted(found, key=lambda i: (i.request.event.time, i.request.id), reverse=True)
        )

    def waiting_count(self) -> int:
        """Returns how many requests wait for my answer."""
        return sum(item.waits_for_me for item in self.items())

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
        version = self._detail(request.key)
        incumbent = self._incumbent(snapshot.state, request)
        item = self._item(snapshot, request)
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
            blockers=tuple(self._blockers(item, version, gates)),
        )

    # ---------------------------------------------------------------- requesting

    def request(
        self,
        reference: str,
        stage: str,
        *,
        reason: str,
        expires: str = "",
        waived: dict[str, str] | None = None,
        ask: SecretsHandler | None = None,
    ) -> TransitionRequest:
        """Asks for a version to be moved to a stage.

        Raises:
            BadInput: ``E-VERSION``, ``E-STAGE``, or ``E-REASON`` without a reason.
            Refused: ``E-CAP``, ``E-CONFLICT``, ``E-MISSING`` if its content is not here.
            EnvironmentFault: ``E-LOCKED``, ``E-FULL``, ``E-STORE``.
        """
        if not reason.strip():
            raise BadInput("E-REASON", "A request needs a reason", "Say why, in a sentence.")
        snapshot = self._at.snapshot()
        state, document = snapshot.state, snapshot.latest
        version = find_version(state, reference)
        target = find_stage(document, stage)
        self._check_right(snapshot, f"request:{target.key}", version.model)
        detail = self._detail(version.key)
        if not detail.is_content_here:
            raise Refused(
                "E-MISSING",
                f"The content of {reference} is not in this store",
                "Pull from a remote that holds it.",
            )
        policy = document.policy(version.model, target.name)
        model = state.models[version.model]
        holder = model.holder(target.name) if target.is_exclusive else None
        incumbent = self._detail(holder.key) if holder and holder.key != version.key else None
        gates = measure(
            policy.gates, detail.metrics, incumbent.metrics if incumbent else None, waived
        )
        body = request_body(
            state,
            document,
            version.key,
            target.name,
            reason=reason.strip(),
            evidence=(),
            gates=[gate.to_json() for gate in gates],
            expires=expires,
        )
        event = self._at.sign("stage.request", body, ask=ask)
        return self._at.snapshot().state.requests[event.id]

    def rollback(
        self, name: str, *, to: str = "", reason: str, ask: SecretsHandler | None = None
    ) -> TransitionRequest:
        """Asks for the version that was in Production before to be moved there again.

        Raises:
            BadInput: ``E-VERSION`` if there is no earlier version.
        """
        state = self._at.snapshot().state
        model = self._registry.model(name)
        current = model.holder("Production")
        earlier = [
            change
            for change in self._registry.history(name)
            if change.to_stage == "Production"
            and (current is None or change.version != current.version)
        ]
        if to:
            target = find_version(state, f"{name}/{to}")
        elif earlier:
            last = earlier[-1]
            target = find_version(state, f"{name}/{last.version}+{last.tree}")
        else:
            raise BadInput(
                "E-VERSION",
                f"No other version of {name} was in Production before",
                "Name one with --to VERSION.",
            )
        reference = f"{name}/{target.version}+{target.tree}"
        return self.request(reference, "Production", reason=reason, ask=ask)

    # ---------------------------------------------------------------- answering

    def approve(
        self,
        reference: str,
        *,
        comment: str = "",
        seen_tree: str = "",
        ask: SecretsHandler | None = None,
    ) -> TransitionRequest:
        """Signs that a request may take effect.

        Args:
            reference: The request.
            comment: Becomes part of the record.
            seen_tree: The tree digest that was shown to the person; refused if it is another.
            ask: Asks for the passphrase; it is asked again for each approval.

        Raises:
            BadInput: ``E-REQUEST``.
            Refused: ``E-SELF``, ``E-CAP``, ``E-CONFLICT``, ``E-QUORUM``, ``E-BIND``, ``E-MISSING``.
            Untrusted: ``E-HASH`` or ``E-MISSING`` if a byte of the version does not hold.
            EnvironmentFault: ``E-LOCKED``.
        """
        case = self.case(reference)
        request = case.item.request
        if seen_tree and seen_tree != request.key[2]:
            raise Refused("E-BIND", "The request names other files than were shown", "Look again.")
        if case.blockers:
            raise Refused(self._refusal_code(case), case.blockers[0], _advice(case))
        self._read_again(case.version)
        self._identities.require_passphrase()
        self._at.keys(ask=ask, is_fresh=True)
        return self._answer(request, "approve", comment, statement=case.statement, ask=ask)

    def reject(
        self, reference: str, *, comment: str, ask: SecretsHandler | None = None
    ) -> TransitionRequest:
        """Signs that a request may not take effect.

        Raises:
            BadInput: ``E-REQUEST``; ``E-REASON`` without a comment.
            Refused: ``E-CAP``, ``E-SELF``, ``E-QUORUM`` if it is closed.
        """
        return self._refuse(reference, "reject", comment, ask)

    def ask_for_changes(
        self, reference: str, *, comment: str, ask: SecretsHandler | None = None
    ) -> TransitionRequest:
        """Closes a request and says what should change before a new one.

        Raises:
            BadInput: ``E-REQUEST``; ``E-REASON`` without a comment.
            Refused: ``E-CAP``, ``E-SELF``, ``E-QUORUM`` if it is closed.
        """
        return self._refuse(reference, "changes", comment, ask)

    def withdraw(
        self, reference: str, *, reason: str = "", ask: SecretsHandler | None = None
    ) -> TransitionRequest:
        """Takes an own request back.

        Raises:
            BadInput: ``E-REQUEST``.
            Refused: ``E-CAP`` if it is somebody else's, ``E-QUORUM`` if it is closed.
        """
        request = self.find(reference)
        item = self._item(self._at.snapshot(), request)
        if not item.is_mine:
            raise Refused(
                "E-CAP", "Only its requester may withdraw a request", "Reject it instead."
            )
        self._check_open(request)
        event = self._at.sign("stage.withdraw", {"request": request.id, "reason": reason}, ask=ask)
        return self._after(event, request)

    def changes_of(self, request: TransitionRequest) -> Changes:
        """Returns what an answer to this request touched."""
        return Changes(
            requests=frozenset({request.id}),
            models=frozenset({request.key[0]}),
            events=frozenset({request.id}),
        )

    # ---------------------------------------------------------------- inside

    def _read_again(self, detail: VersionDetail) -> None:
        """Reads every byte that is about to be vouched for; nobody approves blind.

        Raises:
            Untrusted: ``E-HASH`` or ``E-MISSING``.
        """
        content = self._registry.content()
        for file in detail.files:
            for _ in content.pieces(file.sha256, run=detail.version.run):
                pass

    def _refuse(
        self, reference: str, kind: str, comment: str, ask: SecretsHandler | None
    ) -> TransitionRequest:
        request = self.find(reference)
        if not comment.strip():
            raise BadInput("E-REASON", "This answer needs a comment", "Say why, in a sentence.")
        self._check_open(request)
        snapshot = self._at.snapshot()
        self._check_right(snapshot, f"approve:{request.to_stage.lower()}", request.key[0])
        if self._is_own(snapshot, request):
            raise Refused("E-SELF", "You asked for this yourself", "Withdraw it instead.")
        return self._answer(request, kind, comment.strip(), ask=ask)

    def _answer(
        self,
        request: TransitionRequest,
        kind: str,
        comment: str,
        *,
        statement: str = "",
        ask: SecretsHandler | None = None,
    ) -> TransitionRequest:
        type_ = f"stage.{kind}"
        body = approval_body(request, comment=comment, statement=statement, kind=type_)
        event = self._at.sign(type_, body, ask=ask)
        return self._after(event, request)

    def _after(self, event: Event, request: TransitionRequest) -> TransitionRequest:
        state = self._at.snapshot().state
        code = state.refusals.get(event.id)
        if code:
            raise Refused(code, "The answer was signed and has no effect", "Ask an admin.")
        return state.requests[request.id]

    def _item(self, snapshot: Snapshot, request: TransitionRequest) -> ReviewItem:
        objection = self._objection(snapshot, request)
        is_mine = self._is_own(snapshot, request)
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
            return "There is no identity here to sign with."
        if "requester" in request.policy.exclude and self._is_own(snapshot, request):
            return "You asked for this and cannot approve it: somebody else must."
        cap = f"approve:{request.to_stage.lower()}"
        if not self._may(snapshot, cap, request.key[0]):
            return f"Your role does not include approving moves to {request.to_stage}."
        if any(vote.person == self._person(snapshot) for vote in request.approvals):
            return "You have approved this already."
        return ""

    def _blockers(
        self, item: ReviewItem, version: VersionDetail, gates: tuple[Verdict, ...]
    ) -> Iterator[str]:
        if item.objection:
            yield item.objection
        if not version.is_content_here:
            yield "The files of this version are not in this store, so nobody can vouch for them."
        for gate in gates:
            if gate.verdict == FAIL:
                yield f"Approve needs the failed gate “{gate.name}” waived in writing."

    def _refusal_code(self, case: ReviewCase) -> str:
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

    def _check_open(self, request: TransitionRequest) -> None:
        if not request.status.is_open:
            raise Refused("E-QUORUM", closed_sentence(request), "Make a new request if needed.")

    def _check_right(self, snapshot: Snapshot, cap: str, model: str) -> None:
        self._at.require_card()
        if not self._may(snapshot, cap, model):
            raise Refused(
                "E-CAP",
                f"You may not do this: the right {cap} on {model} is missing",
                "Ask an admin for a role that has it; strongroom people list shows who is admin.",
            )

    def _may(self, snapshot: Snapshot, cap: str, model: str) -> bool:
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

    def _is_own(self, snapshot: Snapshot, request: TransitionRequest) -> bool:
        return bool(request.person) and request.person == self._person(snapshot)

    def _detail(self, key: tuple[str, int, str]) -> VersionDetail:
        return self._registry.show(f"{key[0]}/{key[1]}+{key[2]}")

    def _incumbent(self, state: RegistryState, request: TransitionRequest) -> VersionDetail | None:
        retired = next((key for key, _ in request.retires), None)
        if retired is None:
            model = state.models.get(request.key[0])
            holder = model.holder(request.to_stage) if model else None
            retired = holder.key if holder and holder.key != request.key else None
        return self._detail(retired) if retired else None


def find_stage(document: TrustDocument, name: str) -> Stage:
    """Returns the stage of a name in any case.

    Raises:
        BadInput: ``E-STAGE``.
    """
    found = next((stage for stage in document.stages if stage.key == name.strip().lower()), None)
    if found is None:
        names = ", ".join(stage.name for stage in document.stages)
        raise BadInput("E-STAGE", f"There is no stage {name}", f"Stages: {names}.")
    return found


def _advice(case: ReviewCase) -> str:
    if case.item.is_mine:
        return "Ask a release approver; strongroom people list shows who is one."
    return "strongroom transition show ID lists what is missing."
