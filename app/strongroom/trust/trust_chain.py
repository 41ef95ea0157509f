# SPDX-License-Identifier: Apache-2.0
"""The chain of a team's trust documents: which of all valid ones are its versions 1..N.

* A document is valid or not by the documents it follows alone, so no order of arrival shows.
* Two valid successors of one version stop the chain there (E-TRUST-FORK), until a later document
  that the root keys signed confirms its own line: every other side is put aside, those that turn
  up afterwards as well (ADR 19).
* A settlement that a later one names counts for nothing. Documents are named by digest, so no two
  can name each other, and there is always one answer.
* No settlement puts a change of the root keys aside: it counts for nothing. Keys that were replaced
  could take the team over from below their replacement (ADR 30).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from strongroom.domain.chains import Alarm
from strongroom.domain.errors import Untrusted
from strongroom.domain.team import TrustDocument
from strongroom.trust.trustdoc import SignedTrust, check_successor


@dataclass(frozen=True, kw_only=True)
class TrustChain:
    """The valid versions 1..N of a team's trust document, and what is wrong with the rest."""

    versions: tuple[SignedTrust, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    forked: tuple[SignedTrust, ...] = ()
    """The valid documents that contend for the next number, if there are several."""
    others: tuple[SignedTrust, ...] = ()
    """Valid documents off the chain: contending, put aside, and what follows them."""
    aside: Mapping[str, int] = field(default_factory=dict)
    """The ids of documents put aside: the number of the last version their side shared."""

    @property
    def documents(self) -> tuple[TrustDocument, ...]:
        """The documents, oldest first."""
        return tuple(signed.document for signed in self.versions)

    @property
    def latest(self) -> TrustDocument | None:
        """The newest valid document."""
        return self.versions[-1].document if self.versions else None

    @property
    def team(self) -> str:
        """The team id, "" while there is no version 1."""
        return self.versions[0].document.id if self.versions else ""

    def find(self, document_id: str) -> TrustDocument | None:
        """Returns a valid document, on the chain or off it, or None."""
        return self._by_id.get(document_id)

    @property
    def tips(self) -> tuple[TrustDocument, ...]:
        """The valid documents that nothing follows, by id: the ends of all sides."""
        followed = {document.prev for document in self._by_id.values()}
        return tuple(each for id_, each in sorted(self._by_id.items()) if id_ not in followed)

    @cached_property
    def _by_id(self) -> Mapping[str, TrustDocument]:
        return {each.document.id: each.document for each in (*self.versions, *self.others)}

    def place(self, version: int, document_id: str) -> int | None:
        """Returns which version of the chain a citation counts as, None if it names no such one.

        What a workstation signed under a side that was put aside stays in its log; it counts as
        signed under the last version that both sides shared.
        """
        document = self.find(document_id)
        if document is None or document.version != version:
            return None
        return self.aside.get(document_id, version)


def build_chain(candidates: Iterable[SignedTrust], team: str) -> TrustChain:
    """Orders documents into the valid chain of a pinned team; order of arrival does not matter."""
    by_raw = sorted(candidates, key=lambda signed: signed.envelope.raw)
    tree = _Tree(by_raw, team)
    chain: list[SignedTrust] = []
    alarms: list[Alarm] = []
    forked: tuple[SignedTrust, ...] = ()
    aside: dict[str, int] = {}
    heirs = tree.heirs("")
    while heirs:
        before = chain[-1].document.id if chain else ""
        alarms += tree.refused.get(before, ())
        standing = tree.standing(before, heirs)
        if len(standing) != 1:
            forked = tuple(heirs)
            break
        for heir in heirs:
            if heir is not standing[0]:
                aside.update(dict.fromkeys(tree.branch(heir), len(chain)))
        chain += standing
        heirs = tree.heirs(chain[-1].document.id)
    if not forked:
        alarms += tree.refused.get(chain[-1].document.id if chain else "", ())
    alarms += _missing(by_raw, chain, forked)
    on_chain = {signed.document.id for signed in chain}
    return TrustChain(
        versions=tuple(chain),
        alarms=tuple(alarms),
        forked=forked,
        others=tuple(each for id_, each in sorted(tree.valid.items()) if id_ not in on_chain),
        aside=aside,
    )


def _missing(
    candidates: Iterable[SignedTrust], chain: list[SignedTrust], forked: tuple[SignedTrust, ...]
) -> Iterator[Alarm]:
    """Tells of the fork that stops the chain, or of the number that is missing in it."""
    reached = len(chain)
    if forked:
        detail = f"There are {len(forked)} valid documents with number {reached + 1}."
        yield Alarm(code="E-TRUST-FORK", object=f"trust/{reached + 1}", detail=detail)
        return
    beyond = max((signed.document.version for signed in candidates), default=0)
    if beyond > reached + 1:
        detail = f"Version {beyond} is here, version {reached + 1} is not."
        yield Alarm(code="E-TRUST-GAP", object=f"trust/{reached + 1}", detail=detail)


class _Tree:
    """All valid documents by what they follow."""

    def __init__(self, candidates: Iterable[SignedTrust], team: str) -> None:
        self.valid: dict[str, SignedTrust] = {}
        self.refused: dict[str, list[Alarm]] = {}
        self._following: dict[str, list[SignedTrust]] = {}
        self._children: dict[str, list[SignedTrust]] = {}
        self._counts: dict[str, bool] = {}
        for signed in candidates:
            self._following.setdefault(signed.document.prev, []).append(signed)
        pending = [""]
        while pending:
            before = pending.pop()
            heirs = self._grow(before, team)
            self._children[before] = heirs
            pending += [heir.document.id for heir in heirs]
        self._settlements = [each for each in self.valid.values() if each.document.settles]

    @cached_property
    def _rooted(self) -> frozenset[str]:
        """The ids of documents that change the root keys, or are followed by one that does."""
        found: set[str] = set()
        for id_, signed in reversed(self.valid.items()):  # what follows a document stands after it
            before = self.valid.get(signed.document.prev)
            is_change = before and before.document.root_json() != signed.document.root_json()
            if is_change or any(h.document.id in found for h in self._children.get(id_, ())):
                found.add(id_)
        return frozenset(found)

    def heirs(self, before: str) -> list[SignedTrust]:
        """Returns the valid successors of a document, one envelope each; "" is before version 1."""
        return self._children.get(before, [])

    def standing(self, before: str, heirs: list[SignedTrust]) -> list[SignedTrust]:
        """Returns the successor that settlements confirm, or all if none or several are."""
        if len(heirs) == 1:
            return heirs
        confirmed = {
            line
            for each in self._settlements
            if self._does_count(each.document.id) and (line := self._line(each.document, before))
        }
        if len(confirmed) != 1:
            return heirs
        return [heir for heir in heirs if heir.document.id in confirmed]

    def branch(self, top: SignedTrust) -> Iterator[str]:
        """Yields the ids of a document and of everything that follows it."""
        pending = [top.document.id]
        while pending:
            id_ = pending.pop()
            yield id_
            pending += [heir.document.id for heir in self._children.get(id_, ())]

    def _grow(self, before: str, team: str) -> list[SignedTrust]:
        """Judges everything that names a document as the one before it.

        Anybody can copy a document and leave a signature out; that copy is no reason for an alarm.
        """
        found: dict[str, SignedTrust] = {}
        invalid: dict[str, Alarm] = {}
        for signed in self._following.get(before, ()):
            document = signed.document
            if not before and document.id != team:
                continue
            try:
                base = self._base(document)
                check_successor(self.valid[before].document if before else None, signed, base)
            except Untrusted as error:
                where = f"trust/{document.version}"
                alarm = Alarm(code=error.code, object=where, detail=error.title)
                invalid.setdefault(document.id, alarm)
            else:
                found.setdefault(document.id, signed)
        self.valid.update(found)
        self.refused[before] = [alarm for id_, alarm in sorted(invalid.items()) if id_ not in found]
        return list(found.values())

    def _base(self, document: TrustDocument) -> TrustDocument | None:
        """Returns the last undisputed version of a settlement: one of its ancestors."""
        if document.settles is None:
            return None
        lineage = {each.id: each for each in self._lineage(document.prev)}
        if not set(document.settles.aside).isdisjoint(lineage):
            return None  # it would put aside what it stands on
        return lineage.get(document.settles.base)

    def _lineage(self, id_: str) -> Iterator[TrustDocument]:
        while id_ in self.valid:
            document = self.valid[id_].document
            yield document
            id_ = document.prev

    def _line(self, settlement: TrustDocument, fork: str) -> str:
        """Returns the successor of a fork that a settlement confirms, "" if it is silent on it."""
        after = settlement
        for document in self._lineage(settlement.prev):
            if document.id == fork:
                return after.id
            if settlement.settles is None or document.id == settlement.settles.base:
                return ""
            after = document
        return ""

    def _does_overrule(self, settlement: TrustDocument) -> bool:
        """Whether a settlement would put a change of the root keys aside."""
        after = settlement
        for document in self._lineage(settlement.prev):
            beside = (heir.document.id for heir in self.heirs(document.id))
            if any(id_ != after.id and id_ in self._rooted for id_ in beside):
                return True
            if settlement.settles is None or document.id == settlement.settles.base:
                return False
            after = document
        return False

    def _does_count(self, id_: str) -> bool:
        """Whether this settlement leaves root keys alone, and none that counts names it."""
        if id_ not in self._counts:
            self._counts[id_] = not self._does_overrule(self.valid[id_].document) and not any(
                self._does_count(later.document.id)
                for later in self._settlements
                if later.document.settles and id_ in later.document.settles.aside
            )
        return self._counts[id_]
