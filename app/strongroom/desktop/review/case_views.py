# SPDX-License-Identifier: Apache-2.0
"""The parts of a case that the pane and the dialog both show: gates, answers, reason, signature.

* A verdict is an icon, the measured value and a word; never colour alone.
* What was measured here again is named where it differs from what the request says.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import marks, paint, wording
from strongroom.desktop.kit.labels import Label, SectionTitle, plain_tooltip
from strongroom.desktop.kit.marks import Trust
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.review import lines
from strongroom.domain.gate import Verdict
from strongroom.services.review_case import Answer, ReviewCase

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

_ANSWERS = {
    "approve": ("Approved", "circle-check", "ok"),
    "reject": ("Rejected", "circle-x", "bad"),
    "changes": ("Asked for changes", "circle-minus", "warn"),
}


class StateLine(QWidget):
    """One line: an icon or initials, a name, a grey remark at the right, and a word after it.

    Args:
        name: The name.
        remark: What was measured, or when.
        icon_name: The icon at the left, "" shows initials.
        tone: Its tint, and that of the remark if it is bad.
        word: The verdict at the far right, "" for none.
        mark: An icon before the remark.
    """

    def __init__(
        self,
        name: str,
        remark: str,
        icon_name: str = "",
        tone: Tone = "mute",
        *,
        word: str = "",
        mark: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name, self._remark, self._icon_name = name, remark, icon_name
        self._word, self._mark = word, mark
        self._tone: Tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(part for part in (name, remark, word) if part))

    def sizeHint(self) -> QSize:
        """Returns a line of 27 px at 100 %."""
        return QSize(200, theme().line("dense") + 11)

    def minimumSizeHint(self) -> QSize:
        """Returns the height with a narrow width."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the line."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        middle = rect.center().y()
        dense = look.font("dense")
        left = 24.0
        if self._icon_name:
            paint.icon(painter, self._icon_name, 0, round(middle - 8), paint.TONE_ICON[self._tone])
        else:
            paint.avatar(painter, 0, middle, self._name)
            left = 26
        strong = look.font("dense", weight=500)
        name_width = min(look.width(self._name, strong), rect.width() * 0.62)
        right = rect.width()
        is_bad = self._tone == "bad"
        if self._word:
            font = look.font("dense", weight=600 if is_bad else 400)
            role: Role = "bad_text" if is_bad else "text_secondary"
            paint.text(painter, rect, self._word, role, font, "right")
            right -= max(look.scaled(44), round(look.width(self._word, font)) + 14)
        spot = QRectF(left + name_width + 12, 0, right - left - name_width - 12, rect.height())
        shown: Role = "bad_text" if is_bad and self._word else "text_secondary"
        if self._mark:
            width = min(look.width(self._remark, dense), spot.width() - 20)
            x = spot.right() - width - 22
            paint.icon(painter, self._mark, x, round(middle - 8), paint.TONE_ICON[self._tone])
            spot = QRectF(x + 22, 0, width, rect.height())
        short = paint.text(painter, spot, self._remark, shown, dense, "right")
        inside = QRectF(left, 0, name_width + 1, rect.height())
        short = paint.text(painter, inside, self._name, font=strong) or short
        tip = plain_tooltip(self.accessibleName()) if short else ""
        if tip != self.toolTip():
            self.setToolTip(tip)


class Quote(Surface):
    """What somebody wrote, behind a bar, with who and when."""

    def __init__(self, words: str, who: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        down = QVBoxLayout(self)
        down.setContentsMargins(14, 0, 0, 0)
        down.setSpacing(2)
        self.words = Label(words, wrap=True, selectable=True)
        down.addWidget(self.words)
        down.addWidget(Label(who, "text_tertiary", "dense"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bar."""
        super().paintEvent(event)
        paint.hairline(QPainter(self), QRectF(0, 0, 2, self.height()), "border_default")


def gates(case: ReviewCase, *, most: int = 0) -> QWidget:
    """Returns the gates, worst first; ``most`` above 0 gathers the passing ones above it."""
    order = {"fail": 0, "waived": 1, "pass": 2}
    found = sorted(case.gates, key=lambda gate: order.get(gate.verdict, 0))
    here = {verdict.name: verdict for verdict in case.measured_here}
    parts: list[QWidget] = [
        SectionTitle("Gates", lines.gates_note([gate.verdict for gate in found]))
    ]
    rest = len(found) - most if most and len(found) > most + 1 else 0
    for gate in found[: len(found) - rest]:
        parts.append(_gate(gate, has_word=not most))
        again = here.get(gate.name)
        if again is not None and again.measured != gate.measured:
            value = again.measured or "nothing"
            words = f"Measured here: {value}"
            parts.append(StateLine(words, "differs from the request", "triangle-alert", "warn"))
    if rest:
        parts.append(StateLine(f"{rest} more gates pass", "", "circle-check", "ok"))
    if not found:
        parts.append(Label("The policy demands no gate.", "text_tertiary", "dense"))
    return column(*parts)


def _gate(gate: Verdict, *, has_word: bool) -> StateLine:
    shown = marks.VERDICT.get(gate.verdict, marks.VERDICT["pending"])  # type: ignore[call-overload]  # a word from a request
    if gate.verdict == "waived":
        remark = f"Waived: {gate.reason}"
    else:
        remark = lines.gate_remark(gate.measured, gate.needed)
    return StateLine(gate.name, remark, shown.icon, shown.tone, word=shown.word if has_word else "")


def answers(case: ReviewCase, me: str, now_us: int) -> QWidget:
    """Returns who answered and when, who is still missing, and why I cannot if I cannot."""
    item = case.item
    parts: list[QWidget] = [SectionTitle("Approvals", f"{item.have} of {item.need}")]
    parts += [_answer(answer, me, now_us) for answer in case.answers]
    missing = item.need - item.have
    if item.request.status.is_open and missing > 0:
        if item.waits_for_me and me:
            parts.append(StateLine(f"{me}, you", "Waiting", tone="mute", mark="circle-dashed"))
            missing -= 1
        if missing > 0:
            words = wording.count(missing, "more approver", "more approvers")
            parts.append(StateLine(words, "Waiting", "circle-dashed"))
    if item.is_mine and item.request.status.is_open:
        words = "You asked for this and cannot approve it."
    elif "requester" in item.request.policy.exclude:
        words = f"{item.requester} asked for this and cannot approve it."
    else:
        words = ""
    if words:
        parts.append(
            column(Label(words, "text_tertiary", "dense", wrap=True), margins=(0, 4, 0, 0))
        )
    return column(*parts)


def _answer(answer: Answer, me: str, now_us: int) -> QWidget:
    word, icon, tone_word = _ANSWERS.get(answer.kind, (answer.kind, "info", "mute"))
    tone: Tone = "mute"
    if tone_word in {"ok", "bad", "warn"}:
        tone = tone_word  # type: ignore[assignment]  # one of the literals just tested
    when = lines.claimed_us(answer.time)
    said = f"{word} {wording.day_and_time(when, now_us)}" if when is not None else word
    if answer.code:
        said, icon, tone = f"Does not count ({answer.code})", "circle-x", "warn"
    name = f"{answer.name}, you" if answer.name == me else answer.name
    line = StateLine(name, said, tone=tone, mark=icon)
    if not answer.comment:
        return line
    comment = Label(answer.comment, "text_secondary", "dense", wrap=True, selectable=True)
    return column(line, column(comment, margins=(26, 0, 0, 6)))


def trust_of(case: ReviewCase) -> tuple[Trust, str]:
    """Returns what can be said of the request's own signature, and in which words.

    Only admitted events are folded, so its signature and chain hold; what remains to be said is
    whether the signer is known and whether the rules let it count.
    """
    item = case.item
    when = "signed the request"
    if item.requester.startswith("unknown key "):
        return "unknown", f"{item.requester} {when}; nobody here vouches for that key."
    files = len(case.version.files)
    if not case.version.is_content_here:
        return "cannot", f"{item.requester} {when}. The files are not in this store yet."
    return "valid", f"Signed by {item.requester}. {wording.count(files, 'file')} in this store."


def change_rows(case: ReviewCase, most: int) -> Sequence[tuple[str, str]]:
    """Returns the first differences as (what, ``before to after``)."""
    found = []
    for diff in case.diff:
        if diff.is_same:
            continue
        if diff.before and diff.after:
            words = f"{diff.before} to {diff.after}"
        else:
            words = f"{diff.after} is new" if diff.after else f"{diff.before} is gone"
        found.append((diff.what, words))
    return found[:most]


def fact_line(name: str, value: str) -> QWidget:
    """Returns a small grey name with a digest in the mono font behind it."""
    return row(
        Label(name, "text_tertiary", "caption"),
        Label(value, text="mono", selectable=True),
        spacing=8,
    )
