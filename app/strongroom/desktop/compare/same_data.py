# SPDX-License-Identifier: Apache-2.0
"""Whether the data of the compared runs is still what they used: one strip, one sentence a kind.

* A place that several runs read is read once.
* Nothing is read before somebody asks; Cancel stands where the wait is seen.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.compare.words import name_of
from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.dataset_check import DataFinding, DataVerdict
from strongroom.domain.run import Run

if TYPE_CHECKING:
    from strongroom.desktop.kit.paint import Tone

MOST_NAMED = 4  # datasets named for one answer
_KEY = "compare.check_data"
_SAID = {
    DataVerdict.CHANGED: "Changed",
    DataVerdict.GONE: "Gone",
    DataVerdict.UNKNOWN: "Cannot tell",
}
Findings = Sequence[tuple[str, Sequence[DataFinding]]]


class SameData(QWidget):
    """The strip; hidden until it is asked."""

    def __init__(
        self, services: CompareServices, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._run_ids: tuple[str, ...] = ()
        self.banner = Banner("mute", "")
        self.banner.acted.connect(self.forget)
        down = QVBoxLayout(self)
        down.setContentsMargins(16, 0, 16, 8)
        down.addWidget(self.banner)
        self.hide()

    def ask(self, runs: Sequence[Run]) -> None:
        """Reads the data of runs and says whether it is the same."""
        asked = self._run_ids = tuple(run.run_id for run in runs)
        datasets = self._services.datasets
        if not asked:
            return
        self.banner.show_outcome(
            "mute", "Reading the data of these runs", "Every byte is compared.", "Cancel", "loader"
        )
        self.show()

        def take(found: Findings) -> None:
            if asked == self._run_ids:
                self._show(found, {run.run_id: name_of(run) for run in runs})

        def failed(fault: BaseException) -> None:
            self.hide()
            errors.show(fault, self)

        self._tasks.ask(
            _KEY,
            "Reading the data of the compared runs",
            lambda progress: datasets.check_many(asked, progress),
            take,
            owner=self,
            failed=failed,
        )

    def keep_to(self, runs: Sequence[Run]) -> None:
        """Goes away when other runs are compared than those that were asked about."""
        if self._run_ids and set(self._run_ids) != {run.run_id for run in runs}:
            self.forget()

    def forget(self) -> None:
        """Stops reading and goes away."""
        self._tasks.cancel(_KEY)
        self._run_ids = ()
        self.hide()

    def _show(self, found: Findings, names: dict[str, str]) -> None:
        every = [(names[run_id], each) for run_id, findings in found for each in findings]
        same = sum(1 for _, each in every if each.verdict is DataVerdict.SAME)
        tone: Tone = "ok"
        if any(each.verdict is DataVerdict.UNKNOWN for _, each in every) or not every:
            tone = "mute"
        if any(each.is_bad for _, each in every):
            tone = "bad"
        title = f"{same:,} of {wording.count(len(every), 'dataset')} the same"
        if not every:
            title = "These runs logged no datasets"
        told = [_said(verdict, every) for verdict in _SAID]
        quiet = [names[run_id] for run_id, findings in found if not findings]
        if quiet and every:
            told.append(f"No datasets: {_listed(quiet)}.")
        self.banner.show_outcome(tone, title, " ".join(filter(None, told)), "Close")


def _said(verdict: DataVerdict, every: Sequence[tuple[str, DataFinding]]) -> str:
    """Returns the sentence of one answer, "" if nobody has it."""
    named = []
    for run, each in every:
        if each.verdict is verdict:
            what = ", ".join(
                f"{shown(c.what)} {shown(c.before) or 'none'} → {shown(c.now) or 'none'}"
                for c in each.changes[:2]
            )
            named.append(f"{shown(each.name)} of {run}" + (f" ({what})" if what else ""))
    return f"{_SAID[verdict]}: {_listed(named)}." if named else ""


def _listed(names: Sequence[str]) -> str:
    named, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return f"{named} and {more:,} more" if more > 0 else named
