# SPDX-License-Identifier: Apache-2.0
"""The dialog that asks for a passphrase: who signs, why, and how long the key stays open then.

* It stays until the passphrase is right, or until Cancel; while one is checked, Cancel is too late.
* A locked keychain is told and unlocked here, by the session's own prompt and only on a press.
* The field is emptied before anybody hears the passphrase; nothing of it is kept.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.theme import theme
from strongroom.domain.key_words import KEYCHAIN_LOCKED, OWN_KEY_ASKED

if TYPE_CHECKING:
    from strongroom.services.key_status import KeyStatus

HINT_PROPERTY = "strongroom.passphrase_hint"
"""A property of the application: other words below the field, for keys that guard nothing."""
UNLOCK_WIDTH = 420  # px at 100 %
EDGES = (28, 24, 28, 16)


class UnlockDialog(Dialog):
    """Who signs, why, and a field for the passphrase.

    Args:
        status: The key that is opened.
        why: What the key is needed for.

    Signals:
        answered: The passphrase that was typed; the field is empty again by then.
        file_chosen: A file that holds the passphrase (a `Path`).
        keychain_wanted: The keychain of the session should ask for its password.
    """

    answered = Signal(str)
    file_chosen = Signal(object)
    keychain_wanted = Signal()

    def __init__(self, status: "KeyStatus", why: str, parent: QWidget | None = None) -> None:
        super().__init__("Strongroom", width=UNLOCK_WIDTH, parent=parent)
        self._is_checking = self._asks_keychain = False
        self._has_caps: bool | None = None
        self.field = Field("Passphrase", icon_name="lock", size="large", secret=True)
        self.field.setObjectName("unlock.passphrase")
        self.field.edit.installEventFilter(self)
        self.keep = Check("Keep open for 1 hour")
        self.keep.setObjectName("unlock.keep")
        self._caps = Label("", "warn_text", "caption", weight=500)
        self._error = Label("", "bad_text", "caption", wrap=True)
        self._error.setVisible(False)
        title, sentence = Label("Unlock to sign", text="title"), Label(why, "text_secondary")
        for words in (title, sentence):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words.setWordWrap(True)
        self._name = Label("Passphrase", "text_secondary", "dense", weight=500)
        self._name.setBuddy(self.field.edit)
        self._typing = column(
            row(self._name, None, self._caps),
            6,
            self.field,
            6,
            self._error,
            4,
            self.keep,
            8,
            Label(_hint(), "text_tertiary", "caption", wrap=True),
        )
        self._locked = MarkLabel.for_icon("lock", KEYCHAIN_LOCKED, "warn")
        self._locked_advice = Label(
            "Half of this key lies in it. It opens with the password of your login.",
            "text_secondary", "dense", wrap=True,
        )  # fmt: skip
        self._keychain = column(self._locked, 4, self._locked_advice)
        self._card = SignerCard(status)
        self.set_body(
            column(
                row(None, _Seal(), None), 12, title, sentence, 16, self._card, 16,
                self._typing, self._keychain,
            ),
            margins=EDGES,
        )  # fmt: skip
        self.file_button = self.add_aside("Use a file…")
        self.file_button.setToolTip("The first line of a file that only you can read")
        self.file_button.clicked.connect(self._on_file)
        self.unlock_button = self.add_action("Unlock", "primary")
        self.unlock_button.setObjectName("unlock.unlock")
        self.unlock_button.clicked.connect(self._on_unlock)
        self.field.changed.connect(self._on_typed)
        self._show_part(keychain=status.is_keychain_locked)

    def showEvent(self, event: QShowEvent) -> None:
        """Leads the keyboard from the field over the file to Cancel and Unlock, as they stand."""
        super().showEvent(event)
        QWidget.setTabOrder(self.keep, self.file_button)
        QWidget.setTabOrder(self.file_button, self.cancel_button)

    def ask_for(self, question: str) -> None:
        """Says whose passphrase is wanted, if it is not that of one's own key."""
        is_own = question == OWN_KEY_ASKED
        self._name.setText("Passphrase" if is_own else question)
        self.field.edit.setAccessibleName(self._name.text())
        self._card.setVisible(is_own)
        self.keep.setVisible(is_own)
        self._fit()

    def keeps_open(self) -> bool:
        """Whether one's own key should stay open after this."""
        return self.keep.isChecked() and not self.keep.isHidden()

    def ask_again(self, error: str, *, keychain: bool = False) -> None:
        """Says what was wrong and waits for another passphrase, or for the keychain."""
        self._is_checking = False
        self._error.setText("" if keychain else error)
        self._error.setVisible(bool(self._error.text()))
        if keychain and error:
            self._locked_advice.setText(error)
        self.field.set_bad(is_bad=bool(error) and not keychain)
        self.field.edit.setEnabled(True)
        self.cancel_button.setEnabled(True)
        self.file_button.setEnabled(True)
        self._show_part(keychain=keychain)
        if not keychain:
            self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def error(self) -> str:
        """Returns what was wrong with the last passphrase, "" for nothing."""
        return self._error.text()

    def finish(self) -> None:
        """Closes it after the work has ended."""
        self._is_checking = False
        self.accept()

    def reject(self) -> None:
        """Leaves, unless the passphrase is being checked: then it is too late to say no."""
        if not self._is_checking:
            super().reject()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Looks at typed letters for Caps Lock, which Qt does not tell."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._look_for_caps(event)
        return super().eventFilter(watched, event)

    def _look_for_caps(self, event: QKeyEvent) -> None:
        letter = event.text()
        if event.key() == Qt.Key.Key_CapsLock and self._has_caps is not None:
            self._has_caps = not self._has_caps
        elif len(letter) == 1 and letter.lower() != letter.upper():
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._has_caps = letter.isupper() != is_shifted
        self._caps.setText("Caps Lock is on" if self._has_caps else "")

    def _show_part(self, *, keychain: bool) -> None:
        """Shows the field, or that the keychain has to be unlocked first."""
        self._asks_keychain = keychain
        self._typing.setVisible(not keychain)
        self._keychain.setVisible(keychain)
        self.file_button.setVisible(not keychain)
        self.unlock_button.set_words("Unlock the keychain" if keychain else "Unlock")
        self.unlock_button.setEnabled(keychain or bool(self.field.text()))
        self._fit()

    def _fit(self) -> None:
        """Takes the height of the content and keeps the width."""
        width = theme().scaled(UNLOCK_WIDTH)
        self._error.setMinimumHeight(
            self._error.heightForWidth(width - 56) if self._error.text() else 0
        )
        self.resize(width, self.sizeHint().height())

    def _on_typed(self, words: str) -> None:
        self.unlock_button.setEnabled(bool(words) and not self._is_checking)
        if words:
            self.field.set_bad(is_bad=False)

    def _on_unlock(self) -> None:
        if self._is_checking:
            return
        if self._asks_keychain:
            self._wait("Waiting…")
            self.keychain_wanted.emit()
            return
        secret = self.field.text()
        if secret:
            self._wait("Checking…")
            self.answered.emit(secret)

    def _on_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "The file that holds the passphrase")
        if path and not self._is_checking:
            self._wait("Checking…")
            self.file_chosen.emit(Path(path))

    def _wait(self, words: str) -> None:
        self._is_checking = True
        self.field.forget()
        self.field.edit.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.file_button.setEnabled(False)
        self.unlock_button.set_words(words)
        self.unlock_button.setEnabled(False)


def _hint() -> str:
    """Returns what stands below the field; the demo's window says the passphrase there."""
    app = QApplication.instance()
    said = app.property(HINT_PROPERTY) if app is not None else None
    return str(said or "Otherwise it locks again after 10 minutes. Each approval asks anew.")


class _Seal(QWidget):
    """The mark of the program on its own ground."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(44, 44)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the mark."""
        painter = QPainter(self)
        paint.rounded(painter, QRectF(self.rect()), 10, "accent")
        paint.icon(painter, "vault", 12, 12, "text_on_accent", 20)


class SignerCard(Surface):
    """Initials, name, role and place, and the key id of who signs."""

    def __init__(self, status: "KeyStatus") -> None:
        super().__init__("bg_sunken", radius=8)
        self._name, self._key = status.name, status.writer
        self._place = f"{status.role} on {status.host}" if status.role else f"On {status.host}"
        self.setAccessibleName(f"{status.name}, {self._place}, key {status.writer[:8]}")
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over the height of the look in force."""
        look = theme()
        self.setFixedHeight(look.line() + look.line("dense") + 14)

    def sizeHint(self) -> QSize:
        """Returns two lines."""
        return QSize(320, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the card."""
        super().paintEvent(event)
        painter = QPainter(self)
        look = theme()
        paint.avatar(painter, 12, self.height() / 2, self._name, 28)
        mono = look.font("mono")
        key = wording.digest(self._key, 2)
        room = look.width(key, mono) + 24
        right = QRectF(0, 0, self.width() - 12, self.height())
        paint.text(painter, right, key, "text_tertiary", mono, "right")
        line = QRectF(50, 6, self.width() - 50 - room, look.line())
        paint.text(painter, line, self._name, font=look.font("body", weight=600))
        below = QRectF(50, 6 + look.line(), line.width(), look.line("dense"))
        paint.text(painter, below, self._place, "text_secondary", look.font("dense"))
