# SPDX-License-Identifier: Apache-2.0
"""Asking for the passphrase: work on a worker asks, the window shows a dialog, the worker waits.

* A secret goes from the field to the service and is kept nowhere in between.
* A wrong passphrase signs nothing: the dialog stays, says so, and the work starts again.
* Cancel, a closed window or a cancelled job ends the work with `Cancelled` before it signs.
* One dialog at a time: what is signed meanwhile waits, and finds the key open. Cancel is meant for
  all that waited behind it, so nobody is asked again for what he has just refused.
* A locked keychain is told in the same dialog; only a press there opens the session's own prompt.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import shiboken6

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.kit.window_thread import WindowThread
from strongroom.domain.errors import Cancelled, EnvironmentFault
from strongroom.domain.key_words import OWN_KEY_ASKED
from strongroom.domain.progress import Progress

if TYPE_CHECKING:
    from strongroom.services.identities import Identities
    from strongroom.services.key_status import KeyStatus

T = TypeVar("T")
Ask = Callable[[str], str]
"""What services take to ask for a secret: a question, answered from another thread."""

LOOK_EVERY_S = 0.1  # how soon a waiting worker hears that its job was cancelled
LOCKED = "E-LOCKED"
STILL_LOCKED = "It is still locked: the prompt of the session was left, or did not come."


@dataclass(slots=True)
class _Asking:
    """One piece of work that may ask several times; its dialog stays open in between."""

    why: str
    parent: QWidget | None
    refusals: int
    """How often somebody had said no when this was begun."""
    status: "KeyStatus | None" = None
    question: str = OWN_KEY_ASKED
    answered: threading.Event = field(default_factory=threading.Event)
    answer: "str | Path | None" = field(default=None, repr=False)
    wants_keychain: bool = False
    keeps_open: bool = False
    error: str = ""
    was_answered: bool = False
    dialog: UnlockDialog | None = None


class _Refusals(QObject):
    """Counts, for all pages of a window, how often somebody left the dialog."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(tasks)
        self.count = 0

    @classmethod
    def of(cls, tasks: Tasks) -> "_Refusals":
        """Returns the one count of a window."""
        found = tasks.findChild(cls)
        return found if isinstance(found, cls) else cls(tasks)


class Secrets(QObject):
    """Runs changes that sign something, and asks for the passphrase where they need it.

    Args:
        tasks: The jobs of the window.
        identities: Whose key is opened.
        parent: The page that signs.
    """

    def __init__(
        self, tasks: Tasks, identities: "Identities", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks, self._identities, self._window = tasks, identities, parent
        self._refusals = _Refusals.of(tasks)
        self._window_thread = WindowThread.current()

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
            ended: Is called on the window's thread however it ended, also after Cancel; not once
                the owner is gone.
            parent: The window the dialog belongs to; the page's if left out.
        """
        asking = _Asking(why, parent or self._window, self._refusals.count)

        def over() -> None:
            _close(asking)
            if ended is not None and shiboken6.isValid(owner):
                ended()

        self._tasks.change(
            key,
            name,
            lambda progress: self._run(asking, work, progress),
            done,
            owner=owner,
            failed=failed,
            ended=over,
        )

    # ---------------------------------------------------------------- on the worker

    def _run(self, asking: _Asking, work: Callable[[Ask, Progress], T], progress: Progress) -> T:
        """Does the work, again after each wrong passphrase and after the keychain has opened."""
        while True:
            asking.was_answered = False
            try:
                answer = work(lambda question: self._ask(asking, question, progress), progress)
            except EnvironmentFault as fault:
                if fault.code != LOCKED:
                    raise
                if asking.was_answered:
                    asking.error = f"{fault.title}. {fault.advice}"
                elif not self._open_keychain(asking, progress):
                    raise
            else:
                if asking.keeps_open and asking.was_answered:
                    self._identities.keep_open()
                return answer

    def _ask(self, asking: _Asking, question: str, progress: Progress) -> str:
        """Returns the passphrase that somebody types, or chose a file with."""
        asking.status, asking.question = self._identities.key_status(), question
        answer = self._wait(asking, progress)
        asking.was_answered = True
        return self._identities.passphrase_in(answer) if isinstance(answer, Path) else answer

    def _open_keychain(self, asking: _Asking, progress: Progress) -> bool:
        """Lets somebody unlock the keychain if that is what is missing; whether it is open."""
        asking.status = self._identities.key_status()
        if not asking.status.is_keychain_locked:
            return False
        asking.wants_keychain, asking.error = True, ""
        while asking.wants_keychain:
            self._wait(asking, progress)
            if self._identities.unlock_keychain():
                asking.wants_keychain = False
            asking.error = STILL_LOCKED if asking.wants_keychain else ""
        return True

    def _wait(self, asking: _Asking, progress: Progress) -> "str | Path":
        if self._refusals.count > asking.refusals:
            raise Cancelled
        asking.answered.clear()
        self._window_thread.hand_over(partial(self._on_asked, asking))
        what = "the keychain" if asking.wants_keychain else "the passphrase"
        while not asking.answered.wait(LOOK_EVERY_S):
            progress.step(0, 0, f"Waiting for {what}")
        answer, asking.answer = asking.answer, None
        if answer is None:
            raise Cancelled
        return answer

    # ---------------------------------------------------------------- in the window

    def _on_asked(self, asking: _Asking) -> None:
        if asking.dialog is not None and shiboken6.isValid(asking.dialog):
            asking.dialog.ask_for(asking.question)
            asking.dialog.ask_again(asking.error, keychain=asking.wants_keychain)
            return
        parent, status = asking.parent, asking.status
        if status is None or parent is None or not shiboken6.isValid(parent):
            asking.answered.set()
            return
        dialog = asking.dialog = UnlockDialog(status, asking.why, parent)
        dialog.ask_for(asking.question)

        def give(answer: str | Path) -> None:
            asking.answer, asking.keeps_open = answer, dialog.keeps_open()
            asking.answered.set()

        def refuse() -> None:
            self._refusals.count += 1
            asking.answered.set()

        dialog.answered.connect(give)
        dialog.file_chosen.connect(give)
        dialog.keychain_wanted.connect(lambda: give(""))
        dialog.rejected.connect(refuse)
        dialog.open()


def _close(asking: _Asking) -> None:
    """Takes the dialog away after the work has ended."""
    dialog, asking.dialog = asking.dialog, None
    if dialog is not None and shiboken6.isValid(dialog):
        dialog.finish()
