# SPDX-License-Identifier: Apache-2.0
"""Changing the trust document: make the next version, sign it as it demands, commit it.

* Heads never go down: what the admins had seen is what later cuts and grants hold on to.
* Root and admin keys are looked for in this home; where they do not suffice, nothing is signed.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from strongroom.domain.errors import Refused
from strongroom.domain.team import Head, TrustDocument
from strongroom.services.workstation import Workstation
from strongroom.trust import envelope
from strongroom.trust.identity import Identity, SecretsHandler
from strongroom.trust.signer import Ed25519Signer
from strongroom.trust.trustdoc import is_root_change

Edit = Callable[[TrustDocument], TrustDocument]
"""Makes the next version of a trust document, all but its number, predecessor and heads."""


class TrustChanges:
    """Changes the trust document from this workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def change(self, edit: Edit, ask: SecretsHandler | None) -> TrustDocument:
        """Makes, signs and commits the next version of the trust document."""
        once = asked_once(ask or self._at.ask)
        before = self._at.snapshot().latest
        after = edit(before)
        after = replace(
            after,
            version=before.version + 1,
            prev=before.id,
            heads=self.heads(before),
        )
        if is_root_change(before, after):
            signers = self._root_signers(before, once)
            missing = before.root_threshold - len(signers)
        else:
            signers = self._admin_signers(before, once)
            missing = before.admin_threshold - len(signers)
        if missing > 0:
            raise Refused(
                "E-CAP",
                "This workstation alone may not change the team",
                "Ask an admin of the team; root and admin keys stand in: strongroom team show.",
            )
        raw = envelope.seal(after.to_statement(), signers)
        changed = self._at.ledger().add_trust(raw)
        self._at.project()
        return changed

    def heads(self, before: TrustDocument) -> Mapping[str, Head]:
        """Returns what this workstation has seen of each log, never less than before."""
        heads = dict(before.heads)
        for writer, head in self._at.snapshot().chains.heads.items():
            if head[0] >= heads.get(writer, (0, ""))[0]:
                heads[writer] = head
        return heads

    def _admin_signers(self, document: TrustDocument, ask: SecretsHandler) -> list[Ed25519Signer]:
        card = self._at.require_card()
        if card.writer not in document.admin_writers:
            return []
        return [Ed25519Signer(self._at.keys(ask=ask))]

    def _root_signers(self, document: TrustDocument, ask: SecretsHandler) -> list[Ed25519Signer]:
        found = []
        for keyid in sorted(document.root_keys):
            path = self._at.home.key_file(keyid)
            if path.exists():
                root = Identity(
                    path,
                    writer=keyid,
                    keychain=self._at.keychain,
                    ask=ask,
                    clock=self._at.clock,
                )
                found.append(Ed25519Signer(root.unlock()))
        return found[: document.root_threshold]


def asked_once(ask: SecretsHandler) -> SecretsHandler:
    """Returns a handler that asks at most once: several keys of one person share a passphrase."""
    answers: list[str] = []

    def answer(question: str) -> str:
        if not answers:
            answers.append(ask(question))
        return answers[0]

    return answer
