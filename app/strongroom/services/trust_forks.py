# SPDX-License-Identifier: Apache-2.0
"""The guided way out of a fork: both sides in words, and the settlement by the root keys (ADR 19).

* A side is told by what it changes, who signed it, and who has worked under it since.
* The settlement confirms the whole line down to version 1, so that no third document with an old
  number can stop the team again.
* A side cannot be confirmed while root keys change on another one (ADR 30).
"""

from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.team import Settlement, TrustDocument
from strongroom.domain.team_changes import TeamChange, team_changes
from strongroom.domain.team_merge import carry_over
from strongroom.services.held_team import TurnedTeam
from strongroom.services.trust_changes import TrustChanges, TrustStep
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.trust_chain import TrustChain
from strongroom.trust.trustdoc import SignedTrust, demands


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkSide:
    """One line of versions that contends.

    Attributes:
        id: The id of its last document; its head names the side.
        first: The contended number.
        last: The number of its last document.
        signed: Who signed its first document: names of admins, labels of root keys.
        changes: What it changes against the last version both sides share.
        workers: Names of those who have signed events under it.
        wanted: Labels of the root keys that may confirm it.
        threshold: How many of them have to sign.
        here: Labels of those that are at hand.
        obstacle: Why it cannot be confirmed, "" if it can.
    """

    id: str
    first: int
    last: int
    signed: tuple[str, ...]
    changes: tuple[TeamChange, ...]
    workers: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    threshold: int = 0
    here: tuple[str, ...] = ()
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkView:
    """A fork as people read it before they settle it.

    Attributes:
        version: The number of the last version all sides share.
        sides: What contends.
    """

    version: int
    sides: tuple[ForkSide, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementPlan:
    """What settling for one side comes to, before anybody signs it."""

    after: TrustDocument
    base: TrustDocument
    kept: TrustDocument
    changes: tuple[TeamChange, ...]
    left_out: tuple[str, ...]


class TrustForks:
    """The verbs of ``strongroom team fork`` and ``team settle``."""

    def __init__(self, workstation: Workstation, changes: TrustChanges) -> None:
        self._at = workstation
        self._changes = changes

    def view(self) -> ForkView | None:
        """Returns the fork this workstation stands before, None if there is none."""
        trust = self._at.snapshot().trust
        if not trust.forked:
            return None
        return ForkView(
            version=trust.documents[-1].version,
            sides=tuple(self._side(trust, tip) for tip in _tips(trust)),
        )

    def turned(self) -> TurnedTeam | None:
        """Returns the version that was in force here and was put aside, until `accept`."""
        return self._at.held_team.turned(self._at.snapshot().trust)

    def accept(self) -> None:
        """Notes that somebody here knows why a version that was in force is put aside.

        Raises:
            Refused: ``E-TRUST-FORK`` if none is.
        """
        if self.turned() is None:
            raise Refused(
                "E-TRUST-FORK",
                "No version of the team that was in force here was put aside",
                "There is nothing to accept.",
            )
        self._at.held_team.accept(self._at.snapshot().trust)

    def plan(self, side: str, *, is_carrying: bool) -> SettlementPlan:
        """Returns what settling for a side comes to; nothing is signed.

        Args:
            side: The id of the side, or its beginning.
            is_carrying: Carry the changes of the other sides over where they do not contradict.

        Raises:
            Refused: ``E-TRUST-FORK`` if there is no fork here, or if root keys change on another
                side.
            BadInput: ``E-VERSION`` if no side, or more than one, is meant.
        """
        trust = self._at.snapshot().trust
        if not trust.forked:
            raise Refused("E-TRUST-FORK", "The team has not forked", "There is nothing to settle.")
        tips = _tips(trust)
        found = [tip for tip in tips if side and tip.id.startswith(side.lower())]
        if len(found) != 1:
            names = ", ".join(tip.id[:8] for tip in tips)
            raise BadInput(
                "E-VERSION",
                f"{side} names " + ("several sides" if found else "no side"),
                f"Name the beginning of one of: {names}.",
            )
        (kept,) = found
        fork = trust.documents[-1]
        obstacle = _obstacle(trust, kept)
        if obstacle:
            raise Refused("E-TRUST-FORK", "This side cannot be confirmed", obstacle)
        line = _line(trust, kept)
        after = self._changes.opened(kept)
        left_out: list[str] = []
        for tip in tips if is_carrying else ():
            if tip is not kept:
                carried = carry_over(fork, after, tip)
                after = carried.document
                left_out += carried.left_out
        aside = {each.document.id for each in trust.others} - {document.id for document in line}
        base = trust.documents[0]
        settles = Settlement(base=base.id, aside=tuple(sorted(aside - set(trust.aside))))
        after = replace(after, settles=settles)
        return SettlementPlan(
            after=after,
            base=base,
            kept=kept,
            changes=team_changes(kept, after),
            left_out=tuple(dict.fromkeys(left_out)),
        )

    def settle(
        self,
        plan: SettlementPlan,
        *,
        ask: SecretsHandler | None = None,
        draft: Path | None = None,
    ) -> TrustStep:
        """Signs a settlement with the root keys at hand, and commits it or writes a draft.

        Raises:
            Refused: ``E-CAP`` without a root key, ``E-QUORUM`` if others have to sign too.
            BadInput: ``E-NAME`` if the draft is there already.
        """
        return self._changes.propose(plan.kept, plan.after, ask, draft, plan.base)

    # ---------------------------------------------------------------- inside

    def _side(self, trust: TrustChain, tip: TrustDocument) -> ForkSide:
        fork = trust.documents[-1]
        line = _line(trust, tip)
        first = next(each for each in trust.forked if each.document.id == line[0].id)
        mine = {document.id for document in line}
        asked = demands(tip, replace(tip, settles=Settlement(base=fork.id, aside=("",))))
        here = self._changes.ring.here(asked, frozenset())
        return ForkSide(
            id=tip.id,
            first=first.document.version,
            last=tip.version,
            signed=_signers(fork, first),
            changes=team_changes(fork, tip),
            workers=tuple(sorted(self._workers(tip, mine))),
            wanted=tuple(sorted(key.label for key in tip.root_keys.values())),
            threshold=tip.root_threshold,
            here=tuple(sorted(tip.root_keys[keyid].label for keyid in here)),
            obstacle=_obstacle(trust, tip),
        )

    def _workers(self, tip: TrustDocument, mine: set[str]) -> set[str]:
        """Returns who signed events under a side; they wait until it is settled."""
        return {
            tip.name_of(waiting.writer)
            for waiting in self._at.snapshot().waiting
            if waiting.trust_id in mine
        }


def _tips(trust: TrustChain) -> list[TrustDocument]:
    """Returns the ends of all sides of the fork before the chain."""
    contending = {signed.document.id for signed in trust.forked}
    return [tip for tip in trust.tips if {each.id for each in _line(trust, tip)} & contending]


def _line(trust: TrustChain, tip: TrustDocument) -> list[TrustDocument]:
    """Returns a side from its contended document to its end."""
    on_chain = {document.id for document in trust.documents}
    line: list[TrustDocument] = []
    current: TrustDocument | None = tip
    while current is not None and current.id not in on_chain:
        line.insert(0, current)
        current = trust.find(current.prev)
    return line


def _obstacle(trust: TrustChain, tip: TrustDocument) -> str:
    """Returns why no settlement can confirm a side, "" if one can."""
    fork = trust.documents[-1]
    mine = _line(trust, tip)[0].id
    for other in _tips(trust):
        line = _line(trust, other)
        has_new_roots = any(document.root_json() != fork.root_json() for document in line)
        if line[0].id != mine and has_new_roots:
            return (
                "On another side the root keys were changed, and no settlement puts that aside."
                " Confirm that side. If its root keys are a thief's, only a new team helps: see"
                " the runbook of a fork."
            )
    return ""


def _signers(before: TrustDocument, signed: SignedTrust) -> tuple[str, ...]:
    keyids = [signature.keyid for signature in signed.envelope.signatures]
    roots = {**before.root_keys, **signed.document.root_keys}
    return tuple(
        sorted(
            roots[keyid].label if keyid in roots else signed.document.name_of(keyid)
            for keyid in keyids
        )
    )
