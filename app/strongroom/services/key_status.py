# SPDX-License-Identifier: Apache-2.0
"""The key of this workstation as people see it: open, locked or none, why, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from strongroom.domain.access import ROLE_TITLES, role_of
from strongroom.domain.key_words import KEYCHAIN_LOCKED
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import KEPT_FOR_S, OPEN_FOR_S
from strongroom.trust.keychain import KeychainState

OPEN_MINUTES, KEPT_MINUTES = OPEN_FOR_S // 60, KEPT_FOR_S // 60

_PROTECTED_BY = {
    "keyring": "The keychain of this machine alone",
    "keyring+passphrase": "The keychain of this machine and a passphrase",
    "passphrase": "A passphrase alone",
}


class KeyState(StrEnum):
    """Open: signs without asking. Locked: asks first. None: nobody can sign here."""

    OPEN = "open"
    LOCKED = "locked"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """The key of this workstation.

    Attributes:
        state: Whether it can sign now.
        name: Whose it is, "" without a key.
        host: The workstation it was made for.
        writer: Its id.
        role: The title of its role in the team, "" outside one.
        protection: Which factors open it, as the key file says; "" without a key.
        keychain: What the keychain of the session can do now.
        seconds_left: How long it stays open.
        is_log_only: It may sign runs and nothing else.
    """

    state: KeyState
    keychain: KeychainState
    name: str = ""
    host: str = ""
    writer: str = ""
    role: str = ""
    protection: str = ""
    seconds_left: float = 0.0
    is_log_only: bool = False

    @property
    def needs_keychain(self) -> bool:
        """Whether the key cannot be opened because its keychain is locked or gone."""
        return "keyring" in self.protection and self.keychain is not KeychainState.UNLOCKED

    @property
    def is_keychain_locked(self) -> bool:
        """Whether the keychain has to be unlocked before the passphrase is of use."""
        return self.needs_keychain and self.keychain is KeychainState.LOCKED

    @property
    def protected_by(self) -> str:
        """What opens the key, in words."""
        return _PROTECTED_BY.get(self.protection, "Nothing")

    @property
    def keychain_words(self) -> str:
        """What the keychain of the session can do, in words."""
        return {
            KeychainState.UNLOCKED: "Open",
            KeychainState.LOCKED: "Locked",
            KeychainState.ABSENT: "None in this session",
        }[self.keychain]

    @property
    def advice(self) -> str:
        """What this means and what can be done, in a sentence or two."""
        if self.state is KeyState.NONE:
            return (
                "Tracking, charts and comparing need no key. Make one to register, to ask for a"
                " move, or to approve."
            )
        if self.state is KeyState.OPEN:
            return "It signs without asking, except approvals: each of them asks again."
        if self.is_keychain_locked:
            return (
                f"{KEYCHAIN_LOCKED}, and half of the key lies there. Unlock"
                " the keychain with the password of your login."
            )
        if self.needs_keychain:
            return (
                "This session has no keychain service, and half of the key lies in one. Start"
                " gnome-keyring or KWallet in your session, or work where the key was made."
            )
        if self.protection == "keyring":
            return "The keychain alone opens it. Approving needs a passphrase as well: set one."
        return f"It asks for the passphrase once and stays open for {OPEN_MINUTES} minutes."


def key_status(at: Workstation) -> KeyStatus:
    """Looks at card, key file, keychain and team; not for the window's thread."""
    card, keychain = at.card(), at.keychain.state()
    if card is None:
        return KeyStatus(state=KeyState.NONE, keychain=keychain)
    role = ""
    if at.has_team():
        document = at.snapshot().latest
        if card.writer in document.members:
            role = ROLE_TITLES[role_of(document, card.writer)]
    left = at.key_seconds_left()
    return KeyStatus(
        state=KeyState.OPEN if left else KeyState.LOCKED,
        keychain=keychain,
        name=card.name,
        host=card.host,
        writer=card.writer,
        role=role,
        protection=card.protection,
        seconds_left=left,
        is_log_only=card.is_log_only,
    )
