# SPDX-License-Identifier: Apache-2.0
"""The transition dialog: everything about a request, and the sentence an approver signs.

* What is signed is what is shown: the case is read again before anything is signed, and if it is
  another one nothing is signed and the new case is shown.
* Nobody approves blind: every byte of the version is read again before the passphrase is asked.
* Cancel is the default and has the keyboard; Approve says why it is disabled.
* Rejecting and asking for changes need a comment.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Badge, Banner
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.kept_width import keep_width
from strongroom.desktop.kit.labels import Elided, Label, SectionTitle
from strongroom.desktop.kit.marks import TRUST
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.sign_box import SignBox
from strongroom.desktop.kit.surface import Scroll, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.review import case_views, lines
from strongroom.desktop.review.difference_table import columns, difference_lines
from strongroom.desktop.review.services import ReviewServices
from strongroom.domain.ids import in_groups
from strongroom.domain.progress import Progress
from strongroom.domain.registry import TransitionRequest
from strongroom.services.registry import Registry
from strongroom.services.review_case import ReviewCase

SIDE_WIDTH = 412  # px at 100 %


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """Nothing was signed, because the case is another one than was shown."""

    case: ReviewCase


class TransitionDialog(Dialog):
    """Shows one case and takes the answer to it.

    Args:
        services: What the page has.
        tasks: The jobs of the window.
        case: What is shown first.

    Signals:
        decided: An answer was signed (the request afterwards, what was done in one word).
    """

    decided = Signal(object, str)

    def __init__(
        self,
        services: ReviewServices,
        tasks: Tasks,
        case: ReviewCase,
        parent: QWidget | None = None,
    ) -> None:
        request = case.item.request
        super().__init__(
            f"Review request {in_groups(request.id, 2)}",
            width=1120,
            height=744,
            cancel_is_default=True,
            parent=parent,
        )
        self._services, self._tasks = services, tasks
        self._secrets = Secrets(tasks, services.identities, self)
        self._case = case
        self._is_signing = False
        self.comment = self._make_comment("")
        self.sign_box = SignBox()
        self._make_actions()
        self.show_case(case)

    @property
    def case(self) -> ReviewCase:
        """The case that is shown, which is the one that would be signed."""
        return self._case

    def show_case(self, case: ReviewCase) -> None:
        """Shows a case in place of an older one; a typed comment stays."""
        self._case = case
        self.comment = self._make_comment(self.comment.text())
        lead = "You are about to sign:" if case.may_approve else "What an approval would sign:"
        self.sign_box = SignBox(lead)
        request = case.item.request
        self.sign_box.set_content(
            case.statement,
            (
                ("Tree digest", in_groups(request.key[2], 16)),
                ("Request", in_groups(request.id, 2)),
                ("Policy", in_groups(case.policy_digest, 2)),
            ),
        )
        table = Table(columns(case), name="Differences", row_height=28, selection="one", edge=20)
        table.set_lines(difference_lines(case))
        middle = row((table, 1), self._make_right(), spacing=0)
        inside = row(self.sign_box, margins=(20, 12, 20, 12), fill="bg_surface", edges="t")
        self.set_body(column(self._make_head(), (middle, 1), inside), margins=(0, 0, 0, 0))
        self.setWindowTitle(f"Review request {in_groups(request.id, 2)}")
        self._look_again()

    def reload(self) -> None:
        """Reads the case again, after somebody else's answer arrived."""
        id_ = self._case.item.request.id
        self._tasks.ask(
            "reviews.dialog",
            "Reading the request",
            lambda _progress: self._services.reviews.case(id_),
            self._on_reloaded,
            owner=self,
        )

    def approve(self) -> None:
        """Asks for the passphrase and signs the sentence that is shown."""
        shown, comment = self._case, self.comment.text().strip()
        if shown.blockers or self._is_signing:
            return
        reviews = self._services.reviews
        id_, tree = shown.item.request.id, shown.item.request.key[2]

        registry = self._services.registry

        def work(ask: Ask, progress: Progress) -> TransitionRequest:
            read_again(registry, shown, progress)
            return reviews.approve(id_, comment=comment, seen_tree=tree, ask=ask)

        self._sign("approve", "Approving needs the passphrase of your key.", "Approved", work)

    def refuse(self) -> None:
        """Signs that the request may not take effect; needs a comment."""
        comment = self._needed_comment("Say why you reject it in your comment.")
        if not comment:
            return
        id_, reviews = self._case.item.request.id, self._services.reviews
        self._sign(
            "reject",
            "Rejecting needs the passphrase of your key.",
            "Rejected",
            lambda ask, _progress: reviews.reject(id_, comment=comment, ask=ask),
        )

    def ask_for_changes(self) -> None:
        """Closes the request and says what should change; needs a comment."""
        comment = self._needed_comment("Say what should change in your comment.")
        if not comment:
            return
        id_, reviews = self._case.item.request.id, self._services.reviews
        self._sign(
            "changes",
            "Your answer needs the passphrase of your key.",
            "Changes asked",
            lambda ask, _progress: reviews.ask_for_changes(id_, comment=comment, ask=ask),
        )

    def withdraw(self) -> None:
        """Takes the own request back."""
        id_, reviews = self._case.item.request.id, self._services.reviews
        reason = self.comment.text().strip()
        self._sign(
            "withdraw",
            "Withdrawing needs the passphrase of your key.",
            "Withdrawn",
            lambda ask, _progress: reviews.withdraw(id_, reason=reason, ask=ask),
        )

    # ---------------------------------------------------------------- inside

    def _make_comment(self, words: str) -> TextArea:
        comment = TextArea("Your comment", "Optional, becomes part of the record", words, lines=2)
        comment.setObjectName("review.transition.comment")
        comment.changed.connect(self._on_comment_changed)
        return comment

    def _make_actions(self) -> None:
        self.withdraw_button = self.add_action("Withdraw")
        self.changes_button = self.add_action("Ask for changes")
        self.reject_button = self.add_action("Reject", "danger")
        self._actions.removeWidget(self.cancel_button)
        self._actions.addWidget(self.cancel_button)
        self.approve_button = self.add_action("Approve", "primary", "pen-line")
        for button, act, name in (
            (self.withdraw_button, self.withdraw, "withdraw"),
            (self.changes_button, self.ask_for_changes, "ask"),
            (self.reject_button, self.refuse, "reject"),
            (self.approve_button, self.approve, "approve"),
        ):
            button.clicked.connect(act)
            button.setObjectName(f"review.transition.{name}")

    def _make_head(self) -> QWidget:
        case, now = self._case, self._services.clock.now_us()
        item = case.item
        request = item.request
        asked = lines.asked_us(request)
        when = f" {wording.day_and_time(asked, now)}" if asked is not None else ""
        reason = lines.one_line(item.reason)
        title = Elided(f"Approve {lines.name_of(request)} for {request.to_stage}", text="title")
        sentence = Elided(f"Requested by {item.requester}{when}: {reason}", "text_secondary")
        trust, _ = case_views.trust_of(case)
        mark = TRUST[trust]
        until = lines.expires_us(request)
        note = "Does not expire"
        if until is not None:
            left = wording.remaining(until, now)
            note = left if left == "Expired" else f"Expires {left}"
        if not request.status.is_open:
            note = lines.status_words(request.status)[0]
        expires = Label(note, "text_tertiary", "dense")
        expires.setAlignment(Qt.AlignmentFlag.AlignRight)
        right = column(row(None, Badge(mark.word, mark.tone, mark.icon)), expires, spacing=4)
        return row(
            (column(title, sentence, spacing=2), 1),
            right,
            margins=(20, 12, 20, 9),
            spacing=24,
            edges="b",
        )

    def _make_right(self) -> QWidget:
        me = self._services.identities.show()
        now = self._services.clock.now_us()
        body = column(
            case_views.gates(self._case),
            12,
            case_views.answers(self._case, me.name if me else "", now),
            12,
            SectionTitle("Your comment"),
            self.comment,
            None,
            margins=(20, 12, 20, 12),
            fill="bg_surface",
        )
        keep_width(body, SIDE_WIDTH)
        scroll = Scroll(body)
        keep_width(scroll, SIDE_WIDTH)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        frame = row(scroll, margins=(1, 0, 0, 0), edges="l", fill="bg_surface")
        keep_width(frame, SIDE_WIDTH + 1)
        return frame

    def _look_again(self) -> None:
        """Decides which answers are possible, and says at the left why Approve is not."""
        case = self._case
        item = case.item
        request = item.request
        writer = self._services.writer()
        has_answered = any(vote.writer == writer for vote in request.votes)
        may_answer = (
            request.status.is_open
            and not item.is_mine
            and (not item.objection or has_answered)
            and not self._is_signing
        )
        self.withdraw_button.setVisible(item.is_mine and request.status.is_open)
        self.withdraw_button.setEnabled(not self._is_signing)
        self.changes_button.setEnabled(may_answer)
        self.reject_button.setEnabled(may_answer)
        self.approve_button.setEnabled(not case.blockers and not self._is_signing)
        if case.blockers:
            self.set_reason(case.blockers[0], "bad")
        else:
            self.set_reason("Approve asks for your passphrase.", "mute", "key-round")

    def reason(self) -> str:
        """Returns the sentence at the left of the footer."""
        item = self._reason.itemAt(0)
        widget = item.widget() if item is not None else None
        return widget.accessibleName() if widget is not None else ""

    def _needed_comment(self, words: str) -> str:
        comment = self.comment.text().strip()
        if not comment:
            self.set_reason(words, "bad")
            self.comment.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        return comment

    def _on_comment_changed(self, _words: str) -> None:
        if not self._is_signing:
            self._look_again()

    def _sign(
        self, key: str, why: str, word: str, work: Callable[[Ask, Progress], TransitionRequest]
    ) -> None:
        """Signs what is shown, or shows what it has become."""
        shown, reviews = self._case, self._services.reviews
        self._is_signing = True
        self.clear_fault()
        self._look_again()

        def checked(ask: Ask, progress: Progress) -> TransitionRequest | _Moved:
            now = reviews.case(shown.item.request.id)
            if fingerprint(now) != fingerprint(shown):
                return _Moved(case=now)
            return work(ask, progress)

        def done(outcome: TransitionRequest | _Moved) -> None:
            if isinstance(outcome, _Moved):
                self._on_moved(outcome.case)
                return
            self.decided.emit(outcome, word)
            self.accept()

        self._secrets.sign(
            f"review.{key}",
            f"Signing: {lines.name_of(shown.item.request)}",
            why,
            checked,
            done,
            owner=self,
            failed=self._on_failed,
            ended=self._on_ended,
            parent=self,
        )

    def _on_ended(self) -> None:
        self._is_signing = False
        self._look_again()

    def _on_failed(self, fault: BaseException) -> None:
        self._is_signing = False
        errors.show(fault, self)
        self.reload()

    def _on_reloaded(self, case: ReviewCase) -> None:
        if fingerprint(case) != fingerprint(self._case):
            self._on_moved(case)

    def _on_moved(self, case: ReviewCase) -> None:
        self.show_case(case)
        bar = Banner(
            "warn",
            "This request changed while you looked at it",
            "Nothing was signed. What you see now is how it stands.",
            "Dismiss",
        )
        bar.acted.connect(self.clear_fault)
        self.show_fault(bar)


def fingerprint(case: ReviewCase) -> tuple[object, ...]:
    """Returns what has to be the same in the case that was shown and the one that is signed."""
    request = case.item.request
    return (
        case.statement,
        case.policy_digest,
        request.key,
        request.status,
        tuple(sorted((vote.event, vote.code) for vote in request.votes)),
        case.gates,
        case.measured_here,
        case.blockers,
        tuple((file.path, file.sha256) for file in case.version.files),
    )


def read_again(registry: Registry, case: ReviewCase, progress: Progress) -> None:
    """Reads every file of a case's version to its end, which checks its digest.

    Raises:
        Untrusted: ``E-HASH`` or ``E-MISSING``.
        Cancelled: Between two pieces.
    """
    content, run = registry.content(), case.version.version.run
    total = max(1, sum(file.size_bytes for file in case.version.files))
    done = 0
    for file in case.version.files:
        for piece in content.pieces(file.sha256, run=run):
            done += len(piece)
            progress.step(done, total, file.path)
