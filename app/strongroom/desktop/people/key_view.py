# SPDX-License-Identifier: Apache-2.0
"""My key: open, locked or none, what opens it, and what can be done about it.

* The state is told by an icon and a word, the advice by a sentence; each act that makes sense now
  is a button, and no other.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Scroll, Surface, column, row
from strongroom.services.key_status import KEPT_MINUTES, OPEN_MINUTES, KeyState, KeyStatus

BODY_WIDTH = 640  # px at 100 %: lines that are read, not scanned
_HEADS: dict[KeyState, tuple[Tone, str, str]] = {
    KeyState.OPEN: ("ok", "The key is open", "lock-open"),
    KeyState.LOCKED: ("mute", "The key is locked", "lock"),
    KeyState.NONE: ("warn", "There is no key on this workstation", "key-round"),
}


class KeyView(Surface):
    """The key of this workstation.

    Signals:
        create_wanted, unlock_wanted, lock_wanted, keep_wanted, protect_wanted, request_wanted,
        rotate_wanted: A button was pressed.
    """

    create_wanted = Signal()
    unlock_wanted = Signal()
    lock_wanted = Signal()
    keep_wanted = Signal()
    protect_wanted = Signal()
    request_wanted = Signal()
    rotate_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self.banner = Banner("mute", "Looking for the key")
        self.create_button = Button("Make my key…", "primary", "key-round")
        self.unlock_button = Button("Unlock…", "primary", "lock-open")
        self.lock_button = Button("Lock now", "primary", "lock")
        self.keep_button = Button("Keep open for 1 hour", "secondary", "clock")
        self._facts = KeyValues(key_width=140)
        self.protect_button = Button("Change the passphrase…", "secondary", "shield")
        self.rotate_button = Button(
            "Rotate…", "secondary", "refresh-cw", name="Rotate my key", changes=True
        )
        self.request_button = Button("Show my request…", "secondary", "user-plus")
        for button, wanted in (
            (self.create_button, self.create_wanted),
            (self.unlock_button, self.unlock_wanted),
            (self.lock_button, self.lock_wanted),
            (self.keep_button, self.keep_wanted),
            (self.protect_button, self.protect_wanted),
            (self.request_button, self.request_wanted),
            (self.rotate_button, self.rotate_wanted),
        ):
            button.clicked.connect(wanted)
        self._whose = column(
            SectionTitle("Whose it is, and what opens it"), 8, self._facts, 12,
            row(self.protect_button, self.rotate_button, self.request_button, None), 24,
        )  # fmt: skip
        self._rules = column(
            SectionTitle("How it is kept"), 8, *_spaced(
                f"An opened key stays open for {OPEN_MINUTES} minutes, or for {KEPT_MINUTES} if"
                " you say so; the strip at the foot counts down.",
                "It locks at once when the screen locks, when nobody uses the window for the time"
                " in Settings, Security, and when you press the countdown.",
                "Each approval asks for the passphrase again, also while the key is open.",
                "Only keychains that encrypt are used: Secret Service, KWallet, macOS Keychain,"
                " Windows Vault. Others are refused by name.",
            ),
        )  # fmt: skip
        body = column(
            self.banner, 12,
            row(self.create_button, self.unlock_button, self.lock_button, self.keep_button, None),
            24, self._whose, self._rules, None,
        )  # fmt: skip
        body.setMaximumWidth(BODY_WIDTH)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(Scroll(row((body, 4), None, margins=(24, 20, 24, 20))))

    def show_status(self, status: KeyStatus) -> None:
        """Shows the key as it is now."""
        tone, title, icon = _HEADS[status.state]
        self.banner.show_outcome(tone, title, status.advice, "", icon)
        is_none, is_open = status.state is KeyState.NONE, status.state is KeyState.OPEN
        self.create_button.setVisible(is_none)
        self.unlock_button.setVisible(status.state is KeyState.LOCKED)
        self.lock_button.setVisible(is_open)
        self.keep_button.setVisible(is_open)
        self._whose.setVisible(not is_none)
        self.rotate_button.setVisible(bool(status.role))  # only a team has to be told
        self.protect_button.set_words(
            "Set a passphrase…" if status.protection == "keyring" else "Change the passphrase…"
        )
        self._facts.set_facts(
            [
                Fact(key="Name", value=status.name),
                Fact(key="Role", value=_role(status)),
                Fact(key="Workstation", value=status.host),
                Fact(key="Key", value=status.writer, kind="digest"),
                Fact(key="Opened by", value=status.protected_by),
                Fact(key="Keychain now", value=status.keychain_words),
            ]
        )


def _role(status: KeyStatus) -> str:
    if status.is_log_only and not status.role:
        return "A training host, not in a team yet"
    return status.role or "Not in a team yet"


def _spaced(*sentences: str) -> list[QWidget | int]:
    found: list[QWidget | int] = []
    for sentence in sentences:
        found += [Label(sentence, "text_secondary", wrap=True), 6]
    return found
