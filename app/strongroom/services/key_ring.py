# SPDX-License-Identifier: Apache-2.0
"""The keys that can sign a change of the team from here: those of this home, and those lent.

* A root key may lie on a stick or stand on paper. It is lent while the program runs and is copied
  nowhere; when the program ends it is forgotten.
* Keys of this home share one asking for the passphrase; a lent key has a passphrase of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import BadInput
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import Identity, SecretsHandler
from strongroom.trust.keyfile import WrongSecret
from strongroom.trust.keys import KeyPair
from strongroom.trust.rootkey import read_paper, read_root_key
from strongroom.trust.signer import Ed25519Signer
from strongroom.trust.trustdoc import Demand


@dataclass(frozen=True, slots=True, kw_only=True)
class LentKey:
    """A root key that lies elsewhere: its id, what it is called, and where it lies."""

    keyid: str
    label: str
    path: Path | None


class KeyRing:
    """Finds and opens keys that are asked for."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation
        self._lent: dict[str, LentKey] = {}
        self._papers: dict[str, KeyPair] = {}

    @property
    def lent(self) -> tuple[LentKey, ...]:
        """What has been lent, by label."""
        return tuple(sorted(self._lent.values(), key=lambda key: (key.label, key.keyid)))

    def lend(self, path: Path) -> LentKey:
        """Takes a root key file into use where it lies; its passphrase is asked when it signs.

        Raises:
            BadInput: ``E-NAME`` if it cannot be read, or if only the public card lies there.
            Untrusted: ``E-FORMAT`` if it is no root key file.
        """
        card = read_root_key(path)
        if not card.has_secret:
            raise BadInput(
                "E-NAME",
                f"{card.path} is the public card of a root key, and the key does not lie beside it",
                "Put in the stick that holds both files; type a key on paper in with --key -.",
            )
        found = LentKey(keyid=card.keyid, label=card.label, path=path)
        self._lent[found.keyid] = found
        return found

    def lend_paper(self, text: str) -> LentKey:
        """Takes a root key into use that was typed from paper.

        Raises:
            BadInput: ``E-USAGE`` with the line that holds a slip.
        """
        pair = read_paper(text)
        found = LentKey(keyid=pair.writer, label="from paper", path=None)
        self._lent[found.keyid] = found
        self._papers[found.keyid] = pair
        return found

    def here(self, asked: Sequence[Demand], signed: frozenset[str]) -> frozenset[str]:
        """Returns the keys at hand that are asked for and have not signed."""
        wanted = {keyid for demand in asked for keyid in demand.keys} - signed
        return frozenset(keyid for keyid in wanted if self._has(keyid))

    def signers(
        self, asked: Sequence[Demand], signed: frozenset[str], ask: SecretsHandler
    ) -> list[Ed25519Signer]:
        """Opens as many of the keys at hand as are asked for, and no more.

        Raises:
            EnvironmentFault: ``E-LOCKED``.
        """
        chosen: list[str] = []
        here = self.here(asked, signed)
        for demand in asked:
            lacking = demand.missing(signed | set(chosen))
            chosen += sorted((here & demand.keys.keys()) - set(chosen))[:lacking]
        once = asked_once(ask)
        return [Ed25519Signer(self._opened(keyid, once, ask)) for keyid in chosen]

    def open_root(self, keyid: str, ask: SecretsHandler) -> KeyPair:
        """Opens one root key of this home or a lent one.

        Raises:
            BadInput: ``E-NAME`` if it is not at hand.
            EnvironmentFault: ``E-LOCKED``.
        """
        if not self._has(keyid):
            raise _not_at_hand(keyid)
        return self._opened(keyid, ask, ask)

    def open_lent(self, keyid: str, ask: SecretsHandler) -> KeyPair:
        """Opens a root key where it was lent from, whatever this home holds.

        Raises:
            BadInput: ``E-NAME`` if it was not lent.
            EnvironmentFault: ``E-LOCKED``.
        """
        lent = self._lent.get(keyid)
        if lent is None:
            raise _not_at_hand(keyid)
        if lent.path is None:
            return self._papers[keyid]
        card = read_root_key(lent.path)
        try:
            return card.unlock(ask(f"Passphrase of the root key {lent.label}"))
        except WrongSecret as error:  # several keys may be asked for: say which
            told = f"The passphrase does not open the root key {lent.label}"
            raise WrongSecret(error.code, told, error.advice) from error

    def _has(self, keyid: str) -> bool:
        return keyid in self._lent or self._at.home.key_file(keyid).exists()

    def _opened(self, keyid: str, once: SecretsHandler, ask: SecretsHandler) -> KeyPair:
        card = self._at.card()
        if card is not None and card.writer == keyid:
            return self._at.keys(ask=once)
        if keyid in self._lent:
            return self.open_lent(keyid, ask)
        kept = Identity(
            self._at.home.key_file(keyid),
            writer=keyid,
            keychain=self._at.keychain,
            ask=once,
            clock=self._at.clock,
        )
        return kept.unlock()


def _not_at_hand(keyid: str) -> BadInput:
    return BadInput(
        "E-NAME",
        f"The root key {keyid[:4]} {keyid[4:8]} is not at hand",
        "Put in the stick it lies on, and name the file with --key.",
    )


def asked_once(ask: SecretsHandler) -> SecretsHandler:
    """Returns a handler that asks at most once: several keys of one person share a passphrase."""
    answers: list[str] = []

    def answer(question: str) -> str:
        if not answers:
            answers.append(ask(question))
        return answers[0]

    return answer


def asked_once_each(ask: SecretsHandler) -> SecretsHandler:
    """Returns a handler that asks each question at most once, for an act of several steps."""
    answers: dict[str, str] = {}

    def answer(question: str) -> str:
        if question not in answers:
            answers[question] = ask(question)
        return answers[question]

    return answer
