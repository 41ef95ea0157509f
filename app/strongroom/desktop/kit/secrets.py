# SPDX-License-Identifier: Apache-2.0
"""Asking for the passphrase: work on a worker asks, the window shows a dialog, the worker waits.

* A secret goes from the field to the service and is kept nowhere in between.
* A wrong passphrase signs nothing: the dialog stays, says so, and the work starts again.
* Cancel, a closed window or a cancelled job ends the work with `Cancelled` before it signs.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import shiboken6

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.domain.errors import Cancelled, EnvironmentFault
from strongroom.domain.progress import Progress

if TYPE_CHECKING:
    from strongroom.services.identities import Identities

T = TypeVar("T")
Ask = Callable[[str], str]
"""What services take to ask for a secret: a question, answered from another thread."""

LOOK_EVERY_S = 0.1  # how soon a waiting worker hears that its job was cancelled
LOCKED = "E-LOCKED"
HINT_PROPERTY = "strongroom.passphrase_hint"
"""A property of the application: other words below the field, for keys that guard nothing."""
UNLOCK_WIDTH = 420  # px at 100 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key is opened: the name, a line about the place, and the key id in hexadecimal."""

    name: str
    place: str
    key: str


def signer_of(identities: "Identities") -> Signer | None:
    """Returns whose key signs here, None without an identity."""
    card = identities.show()
    return Signer(name=card.name, place=f"On {card.host}", key=card.writer) if card else None


@dataclass(slots=True)
class _Asking:
    """One piece of work that may ask several times; its dialog stays open in between."""

    why: str
    parent: QWidget | None
    ended: Callable[[], None] | None
    answered: threading.Event = field(default_factory=threading.Event)
    answer: str | None = None
    error: str = ""
    was_answered: bool = False
    dialog: "UnlockDialog | None" = None


class Secrets(QObject):
    """Runs changes that sign something, and asks for the passphrase where they need it.

    Args:
        tasks: The jobs of the window.
        signer: Returns whose key will be opened, None if there is no identity.
        parent: The page that signs.
    """

    _asked = Signal(object)
    _ended = Signal(object)

    def __init__(
        self, tasks: Tasks, signer: Callable[[], Signer | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks, self._signer, self._window = tasks, signer, parent
        self._asked.connect(self._on_asked, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def sign(
        self,
        key: str,
        name: str,
        why: str,
        work: Callable[[Ask, Progress], T],
        done: Callable[[T], None],
        *,
        owner: QObject,
        failed: Callable[[BaseException], None] | None = None,
        ended: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Runs a change that may ask for the passphrase.

        Args:
            key: Dotted path of the change, such as ``review.approve``.
            name: What the strip shows.
            why: The sentence of the dialog: ``Approving needs the passphrase of your key.``
            work: Runs on a worker with an `Ask` for the service; is called again after a wrong
                passphrase, so it must not have written anything before it asked.
            done: Hears the answer on the window's thread.
            owner: The answer is dropped when this object is gone.
            failed: Hears the exception instead of the window.
            ended: Is called on the window's thread however it ended, also after Cancel.
            parent: The window the dialog belongs to; the page's if left out.
        """
        asking = _Asking(why, parent or self._window, ended)
        self._tasks.change(
            key,
            name,
            lambda progress: self._run(asking, work, progress),
            done,
            owner=owner,
            failed=failed,
        )

    def _run(self, asking: _Asking, work: Callable[[Ask, Progress], T], progress: Progress) -> T:
        """Does the work on the worker, again after each wrong passphrase."""
        try:
            while True:
                asking.was_answered = False
                try:
                    return work(lambda _question: self._wait(asking, progress), progress)
                except EnvironmentFault as fault:
                    if fault.code != LOCKED or not asking.was_answered:
                        raise
                    asking.error = f"{fault.title}. {fault.advice}"
        finally:
            self._ended.emit(asking)

    def _wait(self, asking: _Asking, progress: Progress) -> str:
        asking.answered.clear()
        self._asked.emit(asking)
        while not asking.answered.wait(LOOK_EVERY_S):
            progress.step(0, 0, "Waiting for the passphrase")
        answer, asking.answer = asking.answer, None
        if answer is None:
            raise Cancelled
        asking.was_answered = True
        return answer

    def _on_asked(self, asking: _Asking) -> None:
        if asking.dialog is not None:
            asking.dialog.ask_again(asking.error)
            return
        signer = self._signer()
        parent = asking.parent
        if signer is None or parent is None or not shiboken6.isValid(parent):
            asking.answered.set()
            return
        dialog = asking.dialog = UnlockDialog(signer, asking.why, parent)

        def give(secret: str) -> None:
            asking.answer = secret
            asking.answered.set()

        dialog.answered.connect(give)
        dialog.rejected.connect(asking.answered.set)
        dialog.open()

    def _on_ended(self, asking: _Asking) -> None:
        dialog, asking.dialog = asking.dialog, None
        if dialog is not None and shiboken6.isValid(dialog):
            dialog.finish()
        if asking.ended is not None:
            asking.ended()


def _hint() -> str:
    """Returns what stands below the field; the demo's window says the passphrase there."""
    app = QApplication.instance()
    said = app.property(HINT_PROPERTY) if app is not None else None
    return str(said or "The key stays open for 10 minutes. Each approval asks again.")


class UnlockDialog(Dialog):
    """Who signs, why, and a field for the passphrase; it stays until the passphrase is right.

    Args:
        signer: Whose key is opened.
        why: What the key is needed for.

    Signals:
        answered: The passphrase that was typed; the field is empty again by then.
    """

    answered = Signal(str)

    def __init__(self, signer: Signer, why: str, parent: QWidget | None = None) -> None:
        super().__init__("Strongroom", width=UNLOCK_WIDTH, parent=parent)
        self._is_checking = False
        self.field = Field("Passphrase", icon_name="lock", size="large", secret=True)
        self.field.setObjectName("unlock.passphrase")
        self._error = Label("", "bad_text", "caption", wrap=True)
        self._error.setVisible(False)
        title, sentence = Label("Unlock to sign", text="title"), Label(why, "text_secondary")
        for words in (title, sentence):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words.setWordWrap(True)
        name = Label("Passphrase", "text_secondary", "dense", weight=500)
        name.setBuddy(self.field.edit)
        hint = Label(_hint(), "text_tertiary", "caption", wrap=True)
        self.set_body(
            column(
                row(None, _Seal(), None),
                12,
                title,
                sentence,
                16,
                _SignerCard(signer),
                16,
                name,
                6,
                self.field,
                6,
                self._error,
                4,
                hint,
            ),
            margins=(28, 24, 28, 16),
        )
        self.unlock_button = self.add_action("Unlock", "primary")
        self.unlock_button.setObjectName("unlock.unlock")
        self.unlock_button.clicked.connect(self._on_unlock)
        self.field.changed.connect(self._on_typed)
        self.unlock_button.setEnabled(False)
        self._fit()

    def ask_again(self, error: str) -> None:
        """Says what was wrong and waits for another passphrase."""
        self._is_checking = False
        self._error.setText(error)
        self._error.setVisible(True)
        self.field.set_bad(is_bad=True)
        self.field.edit.setEnabled(True)
        self.cancel_button.setEnabled(True)
        self.unlock_button.set_words("Unlock")
        self.unlock_button.setEnabled(bool(self.field.text()))
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._fit()

    def error(self) -> str:
        """Returns what was wrong with the last passphrase, "" for nothing."""
        return self._error.text()

    def finish(self) -> None:
        """Closes it after the work has ended."""
        self._is_checking = False
        self.accept()
        self.deleteLater()

    def reject(self) -> None:
        """Leaves, unless the passphrase is being checked: then it is too late to say no."""
        if not self._is_checking:
            super().reject()

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
        secret = self.field.text()
        if not secret or self._is_checking:
            return
        self._is_checking = True
        self.field.edit.clear()
        self.field.edit.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.unlock_button.set_words("Checking…")
        self.unlock_button.setEnabled(False)
        self.answered.emit(secret)


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


class _SignerCard(Surface):
    """Initials, name, place and key id of who signs."""

    def __init__(self, signer: Signer) -> None:
        super().__init__("bg_sunken", radius=8)
        self._signer = signer
        self.setAccessibleName(f"{signer.name}, {signer.place}, key {signer.key[:8]}")
        self.apply_theme()

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
        paint.avatar(painter, 12, self.height() / 2, self._signer.name, 28)
        mono = look.font("mono")
        key = wording.digest(self._signer.key, 2)
        room = look.width(key, mono) + 24
        right = QRectF(0, 0, self.width() - 12, self.height())
        paint.text(painter, right, key, "text_tertiary", mono, "right")
        line = QRectF(50, 6, self.width() - 50 - room, look.line())
        paint.text(painter, line, self._signer.name, font=look.font("body", weight=600))
        below = QRectF(50, 6 + look.line(), line.width(), look.line("dense"))
        paint.text(painter, below, self._signer.place, "text_secondary", look.font("dense"))
