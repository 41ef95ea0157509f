# SPDX-License-Identifier: Apache-2.0
"""Files of a run that do not hold: who still has them, and bringing them back.

* One strip says what is being read, what was found, and offers the one next step.
* Remotes, sticks and backups are asked by a worker; Cancel stands where the wait is seen.
"""

from collections import Counter
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.only_read import only_read
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.words import shown
from strongroom.services.artifact_repair import (
    ArtifactRepair,
    DamagedArtifact,
    RepairOutcome,
    RepairPlan,
)

MOST_NAMED = 3  # files and places named in the sentence
_KEY = "runs.repair"
Step = Literal["cancel", "close", "repair"]


class RepairStrip(QWidget):
    """What is known of damaged files, with one action.

    Signals:
        repaired: Files were brought back; what is shown of them should be read again.
    """

    repaired = Signal()

    def __init__(
        self, repair: ArtifactRepair | None, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._repair, self._tasks = repair, tasks
        self._run_id, self._path = "", ""
        self._next: Step = "cancel"
        self.banner = Banner("mute", "")
        self.banner.acted.connect(self._on_acted)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 4)
        down.addWidget(self.banner)
        self.hide()

    def is_able(self) -> bool:
        """Whether there is anybody to ask: a store without a person has no places."""
        return self._repair is not None

    def ask(self, run_id: str, path: str = "") -> None:
        """Reads the files of a run, or one of them, and asks who has those that do not hold."""
        repair = self._repair
        if repair is None or not run_id:
            return
        self._run_id, self._path = run_id, path
        self._wait("Reading the files of this run" if not path else "Reading the file")
        self._tasks.ask(
            _KEY,
            "Looking for copies of damaged files",
            lambda progress: repair.plan(run_id, path, progress=progress),
            self._show_plan,
            owner=self,
            failed=self._on_failed,
        )

    def stop(self) -> None:
        """Gives up waiting; what was brought back stays."""
        self._tasks.cancel(_KEY)
        self.hide()

    def forget(self) -> None:
        """Goes away with the run it spoke of."""
        self._tasks.cancel(_KEY)
        self._run_id, self._path = "", ""
        self.hide()

    # ------------------------------------------------------------ inside

    def _bring_back(self) -> None:
        repair, run_id, path = self._repair, self._run_id, self._path
        if repair is None:
            return
        self._wait("Bringing files back")
        self._tasks.change(
            _KEY,
            "Bringing damaged files back",
            lambda progress: repair.repair(run_id, path, progress=progress),
            self._show_outcome,
            owner=self,
            failed=self._on_failed,
            stopped=self.hide,
        )

    def _on_acted(self) -> None:
        if self._next == "repair":
            self._bring_back()
        elif self._next == "cancel":
            self.stop()
        else:
            self.hide()

    def _wait(self, words: str) -> None:
        self._next = "cancel"
        self.banner.show_outcome("mute", words, "Every byte is compared.", "Cancel", "loader")
        self.show()

    def _say(self, tone: Tone, title: str, sentence: str, following: Step = "close") -> None:
        self._next = following
        action = "Bring back" if following == "repair" else "Close"
        self.banner.show_outcome(tone, title, sentence, action)
        self.show()

    def _show_plan(self, plan: RepairPlan) -> None:
        if not plan.damaged:
            files = wording.count(plan.checked, "file")
            self._say("ok", "Nothing is damaged", f"All bytes of {files} were read and hold.")
            return
        count = wording.count(len(plan.damaged), "file")
        title = f"{count} {'does' if len(plan.damaged) == 1 else 'do'} not hold"
        words = [_named(plan.damaged), _who(plan.damaged), *_silent(plan.silent)]
        why_not = only_read(self)
        if plan.can_repair and why_not:
            self._say("warn", title, f"{' '.join(words)} {why_not}.")
        elif plan.can_repair:
            self._say("warn", title, " ".join(words), "repair")
        else:
            self._say("bad", title, " ".join(words))

    def _show_outcome(self, outcome: RepairOutcome) -> None:
        count = wording.count(len(outcome.repaired), "file")
        places = Counter(shown(each.source.name) for each in outcome.repaired)
        came = ", ".join(name for name, _ in places.most_common(MOST_NAMED))
        if not outcome.left:
            self._say("ok", f"{count} brought back", f"From {came}. All bytes hold again.")
        else:
            words = [_named(outcome.left), _who(outcome.left), *_silent(outcome.silent)]
            left = wording.count(len(outcome.left), "file")
            self._say("bad", f"{count} brought back, {left} left", " ".join(words))
        if outcome.repaired:
            self.repaired.emit()

    def _on_failed(self, fault: BaseException) -> None:
        self.hide()
        errors.show(fault, self)


def _named(damaged: tuple[DamagedArtifact, ...]) -> str:
    names = ", ".join(shown(each.path) for each in damaged[:MOST_NAMED])
    more = len(damaged) - MOST_NAMED
    return f"{names} and {more:,} more." if more > 0 else f"{names}."


def _who(damaged: tuple[DamagedArtifact, ...]) -> str:
    """Returns who seems to have copies, and of how many."""
    names = Counter(shown(offer.name) for each in damaged for offer in each.offers)
    if not names:
        return "No place that answers has a copy."
    told = [f"{name} has {count:,}" for name, count in names.most_common(MOST_NAMED)]
    nobody = sum(1 for each in damaged if not each.offers)
    return ", ".join(told) + (f"; nobody has {nobody:,}." if nobody else ".")


def _silent(silent: tuple[str, ...]) -> list[str]:
    return [f"Not asked: {shown(line)}." for line in silent[:MOST_NAMED]]
