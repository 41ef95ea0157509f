# SPDX-License-Identifier: Apache-2.0
"""Ending every right of somebody: why, where each log is cut, and what that changes, before it is.

* What is shown is folded as it would be; nothing can be signed before it is shown.
* A key that somebody else may hold can be cut back: then the last event to believe is named, and
  everything after it stands in the list.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.labels import SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import Scroll, clear, column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.role_form import KEY_WIDTH
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.services.members import TeamMember
from strongroom.services.people import People
from strongroom.services.revocations import RevocationPreview, Revocations
from strongroom.services.trust_changes import TrustStep

COMPROMISED = "compromised"
WHY = (
    ("left", "Left the team"),
    ("lost", "Lost the key"),
    (COMPROMISED, "Somebody else may hold the key"),
)
MAX_LINES = 200  # lost events in the list; the command line has them all
SHORTEST_ID = 8  # letters of an event's id that tell it apart


class RevokeDialog(SigningDialog):
    """Shows what a revocation changes, and signs it.

    Args:
        people: Changes the team.
        revocations: Looks ahead.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        member: Whose rights end.
        ask_where: Asks where a draft goes, should others have to sign; None for Cancel.
        parent: The page.

    Signals:
        revoked: It was signed (a `TrustStep`).
    """

    revoked = Signal(object)

    def __init__(
        self,
        people: People,
        revocations: Revocations,
        tasks: Tasks,
        secrets: Secrets,
        member: TeamMember,
        *,
        ask_where: Callable[[], Path | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            f"Revoke {member.name}",
            title=f"End every right of {member.name}",
            sentence="What was signed before the cut still counts; nothing after it ever will.",
            width=640,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._revocations, self._tasks = people, revocations, tasks
        self._secrets, self._member, self._ask_where = secrets, member, ask_where
        self._preview: RevocationPreview | None = None
        self.reason = Choice(WHY, "left", name="Why")
        self.last_good = Field("Last event to believe", "id from the Audit page", mono=True)
        self._cut = row(form_label("Believe up to", KEY_WIDTH), (self.last_good, 1), spacing=0)
        self._cut.setVisible(False)
        self.changes = QVBoxLayout()
        self.changes.setSpacing(6)
        self.conclusion = SectionTitle("What it changes")
        scroll = Scroll(column(self.changes, None))
        scroll.setMinimumHeight(220)
        self.set_body(
            column(
                row(form_label("Why", KEY_WIDTH), self.reason, None, spacing=0), 8, self._cut, 12,
                self.conclusion, 8, (scroll, 1),
            )
        )  # fmt: skip
        self.revoke = self.add_action("Revoke", "danger", "user-x")
        self.revoke.clicked.connect(self._on_revoke_clicked)
        self.reason.chosen.connect(self._on_reason_chosen)
        self.last_good.submitted.connect(lambda _words: self._look())
        self.last_good.edit.editingFinished.connect(self._look)
        self._look()

    def lines(self) -> list[str]:
        """Returns what it changes, line by line."""
        found = (self.changes.itemAt(at) for at in range(self.changes.count()))
        shown = (item.widget() for item in found if item is not None)
        return [widget.accessibleName() for widget in shown if widget is not None]

    # ---------------------------------------------------------------- looking ahead

    def _look(self) -> None:
        """Folds the registry as it would be."""
        self._preview = None
        self.revoke.setEnabled(False)
        self.set_reason("Looking what it changes.")
        person, reason, last_good = self._member.person, self.reason.current(), self._last_good()
        self._tasks.ask(
            "people.preview",
            "Looking what a revocation changes",
            lambda _progress: self._revocations.preview(person, reason=reason, last_good=last_good),
            self._show,
            owner=self,
            failed=self._on_refused,
        )

    def _show(self, seen: RevocationPreview) -> None:
        self._preview = seen
        self.clear_fault()
        clear(self.changes)
        for icon, tone, words in _lines(seen):
            self.changes.addWidget(MarkLabel.for_icon(icon, words, tone))
        self.conclusion.set_note("nothing that was decided" if seen.is_quiet else "")
        self.revoke.set_words("Propose" if seen.missing else "Revoke")
        self.revoke.setEnabled(True)
        if seen.missing:
            more = f"{seen.missing} more signature{'s' if seen.missing > 1 else ''}"
            self.set_reason(f"Needs {more}: {', '.join(seen.wanted)}.")
        else:
            self.set_reason("Signs a new version of the team with your key.")

    def _on_refused(self, error: BaseException) -> None:
        clear(self.changes)
        self.set_reason("It cannot be done like this.", "bad", "circle-alert")
        errors.show(error, self)

    def _on_reason_chosen(self, reason: str) -> None:
        self._cut.setVisible(reason == COMPROMISED)
        self._look()

    def _last_good(self) -> tuple[str, ...]:
        named = "".join(self.last_good.text().split())
        is_asked = self.reason.current() == COMPROMISED and len(named) >= SHORTEST_ID
        return (named,) if is_asked else ()

    # ---------------------------------------------------------------- signing

    def _on_revoke_clicked(self) -> None:
        seen = self._preview
        if seen is None:
            return
        draft = self._ask_where() if seen.missing else None
        if seen.missing and draft is None:
            return
        person, reason, last_good = self._member.person, self.reason.current(), self._last_good()
        self.sign_with(
            self._secrets,
            "people.revoke",
            f"Revoking {self._member.name}",
            self.revoke,
            lambda ask: self._people.revoke(
                person, reason=reason, last_good=last_good, ask=ask, draft=draft
            ),
            self._on_revoked,
        )

    def _on_revoked(self, step: TrustStep) -> None:
        self.revoked.emit(step)
        self.accept()


def _lines(seen: RevocationPreview) -> Iterator[tuple[str, Tone, str]]:
    """Yields what a revocation changes, the gravest first: icon, tone, words."""
    for models, stage in seen.stuck:
        yield "triangle-alert", "warn", f"Nobody could approve {models} to {stage} any more"
    for moved in seen.stages:
        after = f"goes back to {moved.after}" if moved.after else "is registered no more"
        words = f"{moved.model} v{moved.version} leaves {moved.before}: {after}"
        yield "triangle-alert", "warn", words
    for request in seen.requests:
        what = f"{request.model} v{request.version} to {request.to_stage}"
        yield "git-fork", "warn", f"{what}: {request.before} becomes {request.after}"
    for lost in seen.lost[:MAX_LINES]:
        what = f"{lost.type} {lost.object}"
        yield "circle-minus", "mute", f"{what} loses its effect (event {lost.seq})"
    if len(seen.lost) > MAX_LINES:
        yield "circle-minus", "mute", f"and {len(seen.lost) - MAX_LINES:,} more events"
    for key in seen.keys:
        where = f"at event {key.cut} of {key.seen}" if key.seen else "before its first event"
        yield "user-x", "mute", f"{key.name} on {key.host} ends {where}"
    for change in seen.team:
        yield "minus", "mute", f"{change.subject} {change.text}"
