# SPDX-License-Identifier: Apache-2.0
"""What Sync would do at one place, item by item, before anybody does it.

* Nothing is written anywhere: neither here nor there.
* Both directions are asked for apart, so that what only lies here can be told from what comes.
"""

from dataclasses import dataclass

from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.exchange.items_view import ItemsView
from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.sync_queue import lane_of
from strongroom.desktop.exchange.words import counted
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.exchange import Exchange, Outcome

PLAN_KEY = "exchange.plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would come in and what would go out, None where nothing can be written."""

    coming: Outcome
    going: Outcome | None


class PlanDialog(Dialog):
    """The two lists; its primary button syncs.

    Args:
        exchange: Is asked what it would do.
        tasks: The jobs of the window.
        name: The place.
    """

    def __init__(
        self, exchange: Exchange, tasks: Tasks, name: str, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            f"Dry run with {name}",
            title=f"What Sync would do with {name}",
            sentence="Nothing has been written, neither here nor there.",
            width=840,
            height=600,
            cancel="Close",
            parent=parent,
        )
        self._name, self._tasks = name, tasks
        self.tabs = Segmented((("in", "Comes in"), ("out", "Goes out")), "in", name="Direction")
        self.coming = ItemsView("What would come in")
        self.going = ItemsView("What would go out")
        self.words = Label("", "text_secondary", "dense", wrap=True)
        self.line = ProgressLine(tasks, PLAN_KEY, margins=(20, 0, 20, 12))
        self.fault = Banner("bad", "", "")
        self.fault.hide()
        self._lists = QStackedWidget()
        self._lists.addWidget(self.coming)
        self._lists.addWidget(self.going)
        self._plan: Plan | None = None
        self.set_body(
            column(
                self.line,
                row((self.fault, 1), margins=(20, 0, 20, 0)),
                row(self.tabs, 12, (self.words, 1), margins=(20, 0, 20, 8)),
                (self._lists, 1),
            ),
            margins=(0, 0, 0, 0),
        )
        self.sync = self.add_action("Sync this place", "primary", "refresh-cw", closes=True)
        self.sync.setEnabled(False)
        self.set_reason(f"Looking at both sides of {name}.")
        self.tabs.changed.connect(lambda _key: self._show())
        self.line.stopped.connect(self.reject)
        self.finished.connect(lambda _result: tasks.cancel(PLAN_KEY))

        def ask(progress: Progress) -> Plan:
            (coming,) = exchange.pull(name, is_dry=True, progress=progress)
            if not exchange.status(name, progress=progress).is_writable:
                return Plan(coming=coming, going=None)
            (going,) = exchange.push(name, is_dry=True, progress=progress)
            return Plan(coming=coming, going=going)

        tasks.ask(
            PLAN_KEY, f"Asking what Sync with {name} would do", ask, self._show_plan,
            owner=self, failed=self._on_failed, lane=lane_of(name),
        )  # fmt: skip

    def _show_plan(self, plan: Plan) -> None:
        self._plan = plan
        self.coming.show_outcome(plan.coming)
        going = plan.going or Outcome(remote=self._name, is_dry=True)
        self.going.show_outcome(going)
        counts = {"in": len(_new(plan.coming)), "out": len(_new(going))}
        self.tabs.set_counts({key: number for key, number in counts.items() if number})
        comes, goes = counted(plan.coming.pulled), counted(going.pushed)
        if comes or goes or plan.coming.rejected:
            self.set_reason(f"Comes in: {comes or 'nothing'}. Goes out: {goes or 'nothing'}.")
        else:
            self.set_reason("Both sides hold the same.", "ok")
        self.sync.setEnabled(bool(comes or goes or plan.coming.rejected))
        if goes and not comes and not plan.coming.rejected:
            self.tabs.set_current("out")
        self._show()

    def _show(self) -> None:
        is_out = self.tabs.current() == "out"
        self._lists.setCurrentWidget(self.going if is_out else self.coming)
        plan = self._plan
        if plan is None:
            return
        if not is_out:
            words = counted(plan.coming.pulled)
            self.words.setText(f"{words} would be taken in." if words else "Nothing is new there.")
        elif plan.going is None:
            self.words.setText("The place is write-protected: nothing goes out.")
        else:
            words = counted(plan.going.pushed)
            self.words.setText(
                f"Only on this computer as far as this place knows: {words}." if words
                else "Everything that is here is there as well."
            )  # fmt: skip

    def _on_failed(self, error: BaseException) -> None:
        title, advice = "The place could not be asked", f"{type(error).__name__}: {error}"
        if isinstance(error, StrongroomError):
            title, advice = error.title, f"{error.advice} ({error.code})"
        self.fault.show_outcome("bad", title, advice)
        self.fault.show()
        self.set_reason("Nothing has been written.")


def _new(outcome: Outcome) -> list[str]:
    return [item.key for item in outcome.items if item.result == "new"]
