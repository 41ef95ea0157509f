# SPDX-License-Identifier: Apache-2.0
"""Changing the trust document: make the next version, sign it as it demands, commit it.

* Heads never go down: what the admins had seen is what later cuts and grants hold on to.
* Root and admin keys are looked for in this home. Where they do not suffice, the change becomes a
  draft: a file that others sign until it is enough; whoever adds the last signature commits it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.changes import Changes
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.key_words import MAKE_ONE, NO_KEY, NOT_IN_TEAM, ONLY_ADMINS
from strongroom.domain.team import Head, TrustDocument
from strongroom.domain.team_changes import TeamChange, team_changes
from strongroom.domain.team_edits import TeamEdit
from strongroom.services.draft_memory import DraftMemory
from strongroom.services.given_file import read_given, write_given
from strongroom.services.key_ring import KeyRing
from strongroom.services.workstation import Workstation
from strongroom.store.own_event import forked
from strongroom.trust import draft as drafts
from strongroom.trust import envelope
from strongroom.trust.draft import Draft
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.trustdoc import demands, is_root_change, read_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStep:
    """What became of a change of the team.

    Attributes:
        document: The version in force now, or the proposed one.
        draft: The file that needs more signatures, None if the change is in force.
        missing: How many signatures it needs at least; 0 if it is in force.
    """

    document: TrustDocument
    draft: Path | None = None
    missing: int = 0

    @property
    def changes(self) -> Changes:
        """What is different now; nothing while signatures are missing."""
        return Changes(is_team=self.draft is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A draft as a person reads it before signing.

    Attributes:
        id: What is signed: the digest of the proposed document.
        version: The number it would have.
        changes: What it changes, in words.
        signed: Names of those who have signed.
        wanted: Names of those whose signature would help.
        missing: How many signatures it needs at least.
        is_mine: Whether a key of this home is among the wanted ones.
    """

    id: str
    version: int
    changes: tuple[TeamChange, ...]
    signed: tuple[str, ...]
    wanted: tuple[str, ...]
    missing: int
    is_mine: bool


class TrustChanges:
    """Changes the trust document from this workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self.ring = KeyRing(workstation)
        self._memory = DraftMemory(workstation.home, workstation.clock)

    def change(
        self, edit: TeamEdit, ask: SecretsHandler | None, draft: Path | None = None
    ) -> TrustStep:
        """Makes the next version and commits it, or writes a draft if others have to sign too.

        Args:
            edit: Makes the next version.
            ask: Asks for the passphrase of a key.
            draft: A new file for the draft, should one be needed.

        Raises:
            Refused: ``E-CAP`` if no key here may sign it; ``E-QUORUM`` if others have to sign as
                well and no file was named. Nothing was changed then.
            BadInput: ``E-NAME`` if the file is there already.
        """
        trust = self._at.snapshot().trust
        if trust.forked:
            raise forked(trust)
        before = self._at.snapshot().latest
        return self.propose(before, edit(self.opened(before)), ask, draft)

    def propose(
        self,
        before: TrustDocument,
        after: TrustDocument,
        ask: SecretsHandler | None,
        draft: Path | None = None,
        base: TrustDocument | None = None,
    ) -> TrustStep:
        """Signs a next version with the keys at hand, and commits it or writes a draft.

        Args:
            before: The version it follows.
            after: The next version.
            ask: Asks for the passphrase of a key.
            draft: A new file for the draft, should one be needed.
            base: The last undisputed version, if it ends a fork.

        Raises:
            Refused, BadInput: As `change`.
        """
        asked = demands(before, after)
        here = self.ring.here(asked, frozenset())
        if not here:
            with self._at.attempt("team.change", f"version {after.version}"):
                raise self._not_mine(after, is_root=is_root_change(before, after))
        missing = max(demand.missing(here) for demand in asked)
        if missing and draft is None:
            raise Refused(
                "E-QUORUM",
                f"This change needs {missing} more signature{'s' if missing > 1 else ''}",
                "Name a file for the draft and let others sign it: --draft FILE, then"
                " strongroom team cosign FILE.",
            )
        signers = self.ring.signers(asked, frozenset(), ask or self._at.ask)
        return self._settle(drafts.propose(before, after, signers, base), draft, is_new=True)

    def view(self, path: Path) -> DraftView:
        """Returns what a draft changes and who has signed it.

        Raises:
            BadInput: ``E-NAME`` for no such file, ``E-TRUST-GAP`` if the team has gone on.
            Untrusted: If it does not read, breaks a rule, or a signature does not hold.
        """
        found = self._read(path)
        self._memory.note(path)
        mine = self.ring.here(found.demands, found.signers)
        return DraftView(
            id=found.after.id,
            version=found.after.version,
            changes=team_changes(found.before, found.after),
            signed=_names(found, found.signers),
            wanted=_names(found, found.candidates),
            missing=found.missing,
            is_mine=bool(mine & found.candidates),
        )

    def cosign(self, path: Path, seen: str, ask: SecretsHandler | None) -> TrustStep:
        """Adds the signatures of the keys here; the last one puts the draft into force.

        Args:
            path: The draft.
            seen: The id of the draft that was read; the file may lie where others write.
            ask: Asks for the passphrase of a key.

        Raises:
            BadInput, Untrusted: As `view`; ``E-BIND`` if the file now holds another draft.
            Refused: ``E-CAP`` if no key here is asked for, or has signed already.
        """
        found = self._read(path)
        if found.after.id != seen:
            raise Untrusted(
                "E-BIND",
                f"{path.name} is not the draft that was read: somebody has changed it",
                "Nothing was signed. Read it again, and ask its proposer.",
            )
        signers = self.ring.signers(found.demands, found.signers, ask or self._at.ask)
        if not signers and found.missing and self._at.card() is None:
            raise Refused("E-CAP", NO_KEY, MAKE_ONE)
        if not signers and found.missing:
            wanted = ", ".join(_names(found, found.candidates))
            raise Refused(
                "E-CAP",
                "No key here can add a signature to this draft",
                f"It waits for {found.missing} of: {wanted}.",
            )
        return self._settle(drafts.cosign(found, signers) if signers else found, path, is_new=False)

    def opened(self, before: TrustDocument) -> TrustDocument:
        """Returns the next version before anything is changed in it: number, place and heads."""
        return replace(
            before,
            version=before.version + 1,
            prev=before.id,
            heads=self._heads(before),
            settles=None,
        )

    # ---------------------------------------------------------------- inside

    def _not_mine(self, after: TrustDocument, *, is_root: bool) -> Refused:
        """Returns the refusal of a change for which no key is at hand."""
        if is_root:
            return Refused(
                "E-CAP",
                "This change needs the root keys, and none of them is at hand",
                "Put in the stick and name it with --key; strongroom root list says where they"
                " lie.",
            )
        card = self._at.card()
        if card is None:
            return Refused("E-CAP", NO_KEY, MAKE_ONE)
        why = ONLY_ADMINS if card.writer in after.members else NOT_IN_TEAM
        return Refused("E-CAP", why, "Ask an admin; strongroom people list says who is one.")

    def _heads(self, before: TrustDocument) -> Mapping[str, Head]:
        """Returns what this workstation has seen of each log, never less than before."""
        heads = dict(before.heads)
        for writer, head in self._at.snapshot().chains.heads.items():
            if head[0] >= heads.get(writer, (0, ""))[0]:
                heads[writer] = head
        return heads

    def _settle(self, draft: Draft, path: Path | None, *, is_new: bool) -> TrustStep:
        if not draft.missing:
            changed = self._at.ledger().add_trust(draft.raw)
            if changed.settles is not None:  # who settles knows what he puts aside
                self._at.held_team.accept(self._at.snapshot().trust)
            self._at.project()
            if path is not None:
                self._memory.forget(path)  # it waits for nobody any more
            return TrustStep(document=changed)
        assert path is not None  # noqa: S101 - without one the change was refused before signing
        write_given(path, draft.raw, is_new=is_new)
        self._memory.note(path)
        return TrustStep(document=draft.after, draft=path, missing=draft.missing)

    def _read(self, path: Path) -> Draft:
        raw = read_given(path, envelope.MAX_TRUST_BYTES)
        trust = self._at.snapshot().trust
        proposed = read_trust(raw).document
        latest = self._at.snapshot().latest
        if proposed.settles is None:
            if trust.forked:
                raise forked(trust)
            return drafts.read_draft(latest, raw)
        before = next((tip for tip in trust.tips if tip.id == proposed.prev), latest)
        return drafts.read_draft(before, raw, trust.find(proposed.settles.base))


def _names(draft: Draft, keyids: frozenset[str]) -> tuple[str, ...]:
    """Returns people's names, and the labels of root keys, sorted."""
    found = []
    for keyid in keyids:
        root = draft.after.root_keys.get(keyid) or draft.before.root_keys.get(keyid)
        version = draft.after if keyid in draft.after.members else draft.before
        found.append(root.label if root else version.name_of(keyid))
    return tuple(sorted(found))
