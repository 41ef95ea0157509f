# SPDX-License-Identifier: Apache-2.0
"""Reviews: requesting a transition, and answering a request.

* What is signed is what was shown: an answer carries the digests of the case it was given for.
* What the rules forbid is refused here with a reason; every peer refuses it again by itself.
"""

from strongroom.domain.changes import Changes
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.event import Event
from strongroom.domain.gate import measure
from strongroom.domain.registry import TransitionRequest
from strongroom.domain.requests import approval_body, request_body
from strongroom.domain.stage import Stage
from strongroom.domain.team import TrustDocument
from strongroom.services.identities import Identities
from strongroom.services.registry import Registry, VersionDetail, find_version
from strongroom.services.review_case import ReviewCase, ReviewCases, ReviewItem, refusal_code
from strongroom.services.review_words import closed_sentence
from strongroom.services.workstation import Workstation
from strongroom.store.snapshot import Snapshot
from strongroom.trust.identity import SecretsHandler


class Reviews:
    """The verbs of ``strongroom transition`` and ``strongroom rollback``."""

    def __init__(
        self, workstation: Workstation, registry: Registry, identities: Identities
    ) -> None:
        self._at = workstation
        self._registry = registry
        self._identities = identities
        self._cases = ReviewCases(workstation, registry)

    # ---------------------------------------------------------------- reading

    def items(self) -> tuple[ReviewItem, ...]:
        """Returns every request, newest claim first; none while there is no team."""
        return self._cases.items()

    def waiting_count(self) -> int:
        """Returns how many requests wait for my answer."""
        return sum(item.waits_for_me for item in self.items())

    def find(self, reference: str) -> TransitionRequest:
        """Returns the request a full id or a unique head of one names.

        Raises:
            BadInput: ``E-REQUEST``.
        """
        return self._cases.find(reference)

    def case(self, reference: str) -> ReviewCase:
        """Returns what a person needs to see before he answers.

        Raises:
            BadInput: ``E-REQUEST``.
        """
        return self._cases.case(reference)

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
        detail = self._cases.detail(version.key)
        if not detail.is_content_here:
            raise Refused(
                "E-MISSING",
                f"The content of {reference} is not in this store",
                "Pull from a remote that holds it.",
            )
        policy = document.policy(version.model, target.name)
        model = state.models[version.model]
        holder = model.holder(target.name) if target.is_exclusive else None
        incumbent = self._cases.detail(holder.key) if holder and holder.key != version.key else None
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
        cap, model = f"approve:{request.to_stage.lower()}", request.key[0]
        if case.blockers:
            with self._at.attempt(cap, model):
                raise Refused(refusal_code(case), case.blockers[0], _advice(case))
        with self._at.attempt("approve", f"{model}/{request.key[1]}"):
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
        item = self._cases.item(self._at.snapshot(), request)
        if not item.is_mine:
            with self._at.attempt("stage.withdraw", request.key[0]):
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
        if self._cases.is_own(snapshot, request):
            with self._at.attempt(f"approve:{request.to_stage.lower()}", request.key[0]):
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

    def _check_open(self, request: TransitionRequest) -> None:
        if not request.status.is_open:
            raise Refused("E-QUORUM", closed_sentence(request), "Make a new request if needed.")

    def _check_right(self, snapshot: Snapshot, cap: str, model: str) -> None:
        self._at.require_card()
        if not self._cases.may(snapshot, cap, model):
            with self._at.attempt(cap, model):
                raise Refused(
                    "E-CAP",
                    f"You may not do this: the right {cap} on {model} is missing",
                    "Ask an admin for a role that has it; strongroom people list shows them.",
                )


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
