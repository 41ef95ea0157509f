# SPDX-License-Identifier: Apache-2.0
"""The way out of a fork: both sides in words, the one to keep, what is carried over, and root keys.

* Nothing is signed before the plan of the chosen side is shown; the root keys at hand sign it.
* Which side is right is for people to say: none is chosen here at first.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import Scroll, clear, column, row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.cosign_dialog import ChangeLine
from strongroom.desktop.people.role_form import KEY_WIDTH
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.services.trust_changes import TrustStep
from strongroom.services.trust_forks import ForkSide, ForkView, SettlementPlan, TrustForks

UNDECIDED = ""


class ForkDialog(SigningDialog):
    """Shows both sides of a fork and settles it for one.

    Args:
        forks: Tells and settles forks.
        tasks: The jobs of the window.
        secrets: Asks for passphrases.
        ask_where: Asks where a draft goes, should more root keys have to sign; None for Cancel.
        parent: The page.

    Signals:
        settled: It was signed (a `TrustStep`).
    """

    settled = Signal(object)

    def __init__(
        self,
        forks: TrustForks,
        tasks: Tasks,
        secrets: Secrets,
        *,
        ask_where: Callable[[], Path | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Two versions of the team",
            title="Settle which version of the team holds",
            sentence="Talk to the admins who signed them first. Nothing is lost: what the other"
            " side changed can be carried over.",
            width=680,
            cancel_is_default=True,
            parent=parent,
        )
        self._forks, self._tasks, self._secrets = forks, tasks, secrets
        self._ask_where = ask_where
        self._view: ForkView | None = None
        self._plan: SettlementPlan | None = None
        self.side = Choice([(UNDECIDED, "Not chosen yet")], UNDECIDED, name="The side that holds")
        self.carry = Check("Carry over what the other side changed", on=True)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(4)
        scroll = Scroll(column(self.lines, None))
        scroll.setMinimumHeight(280)
        self.set_body(
            column(
                (scroll, 1), 12,
                row(form_label("What holds", KEY_WIDTH), self.side, None, spacing=0), 8,
                row(form_label("", KEY_WIDTH), self.carry, None, spacing=0),
            )
        )  # fmt: skip
        self.settle = self.add_action("Settle", "primary", "pen-line")
        self.settle.setEnabled(False)
        self.settle.clicked.connect(self._on_settle_clicked)
        self.side.chosen.connect(self._look)
        self.carry.toggled.connect(self._look)
        self.begin(tasks, "both sides", forks.view, self._show)

    def _show(self, view: ForkView | None) -> None:
        self._view = view
        clear(self.lines)
        if view is None:
            self.lines.addWidget(Label("The team has not forked.", "text_secondary"))
            self.set_reason("There is nothing to settle.")
            return
        choices = [(UNDECIDED, "Not chosen yet")]
        for at, side in enumerate(view.sides, 1):
            choices.append((side.id, f"Side {at}, signed by {_listed(side.signed)}"))
            for widget in _side(at, side):
                self.lines.addWidget(widget)
        self.side.set_choices(choices, UNDECIDED)
        self.set_reason("Choose the side that holds.")

    def _look(self, _changed: object = None) -> None:
        """Plans the settlement for the chosen side."""
        self._plan = None
        self.settle.setEnabled(False)
        side, is_carrying = self.side.current(), self.carry.isChecked()
        if side == UNDECIDED:
            self.set_reason("Choose the side that holds.")
            return
        found = self._chosen()
        if found is not None and found.obstacle:
            self.set_reason("This side cannot be confirmed: see what is said below it.", "warn")
            return
        self._tasks.ask(
            "people.plan",
            "Planning the settlement",
            lambda _progress: self._forks.plan(side, is_carrying=is_carrying),
            self._show_plan,
            owner=self,
            failed=self._on_failed,
        )

    def _show_plan(self, plan: SettlementPlan) -> None:
        self._plan = plan
        side = self._chosen()
        if self._view is None or side is None:
            return
        self._show_sides(self._view, plan)
        lacking = max(0, side.threshold - len(side.here))
        self.settle.setEnabled(bool(side.here))
        self.settle.set_words("Propose" if lacking else "Settle")
        keys = f"{side.threshold} of {_listed(side.wanted)}"
        if not side.here:
            self.set_reason(f"Needs {keys}; none of them is at hand.", "warn")
        elif lacking:
            self.set_reason(f"Needs {keys}; here: {_listed(side.here)}.")
        else:
            self.set_reason(f"Signs with {_listed(side.here)}; the team goes on from there.")

    def _chosen(self) -> ForkSide | None:
        sides = self._view.sides if self._view is not None else ()
        return next((side for side in sides if side.id == self.side.current()), None)

    def _show_sides(self, view: ForkView, plan: SettlementPlan) -> None:
        clear(self.lines)
        for at, side in enumerate(view.sides, 1):
            for widget in _side(at, side):
                self.lines.addWidget(widget)
        self.lines.addSpacing(8)
        self.lines.addWidget(SectionTitle("Carried over to the side that holds"))
        for change in plan.changes:
            self.lines.addWidget(ChangeLine(change))
        for words in plan.left_out:
            self.lines.addWidget(Label(f"Left out: {words}", "warn_text", wrap=True))

    def _on_settle_clicked(self) -> None:
        plan, side = self._plan, self._chosen()
        if plan is None or side is None:
            return
        lacking = side.threshold > len(side.here)
        draft = self._ask_where() if lacking else None
        if lacking and draft is None:
            return
        self.sign_with(
            self._secrets,
            "people.settle",
            "Settling the team",
            self.settle,
            lambda ask: self._forks.settle(plan, ask=ask, draft=draft),
            self._on_settled,
        )

    def _on_settled(self, step: TrustStep) -> None:
        self.settled.emit(step)
        self.accept()


def _side(at: int, side: ForkSide) -> Iterator[QWidget]:
    """Yields the words of one side."""
    title = SectionTitle(f"Side {at}", f"{side.id[:8]}, signed by {_listed(side.signed)}")
    yield title
    for change in side.changes:
        yield ChangeLine(change)
    if side.workers:
        yield Label(f"Worked under it since: {_listed(side.workers)}", "text_secondary", wrap=True)
    if side.obstacle:
        yield Label(f"It cannot be confirmed. {side.obstacle}", "warn_text", wrap=True)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nobody"
