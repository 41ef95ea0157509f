# SPDX-License-Identifier: Apache-2.0
"""A histogram, and, where it was logged again and again, how it moved: by step, or as a table.

* Of one step the counts are exact; over steps they stand in common bins, and the words say so.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.cells import Column, NumberCell, Row
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.viewers.histogram_picture import HistogramPicture
from strongroom.services.histogram_steps import HistogramSteps
from strongroom.services.step_files import StepFiles
from strongroom.services.views.shapes import HistogramView

FORMS = (("one", "This step"), ("steps", "Over steps"), ("table", "Table"))


class HistogramViewer(QWidget):
    """Shows a histogram; ``picture`` paints it, ``table`` lists it.

    Signals:
        steps_asked: The histograms of all steps are wanted; `show_steps` answers.
        path_chosen: The file of another step should be opened (its path).
    """

    steps_asked = Signal()
    path_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: HistogramView | None = None
        self._files: StepFiles | None = None
        self._path = ""
        self._steps: HistogramSteps | None = None
        self.form = Segmented(FORMS, "one", name="Form")
        self.form.changed.connect(lambda _key: self._fill())
        self.picture = HistogramPicture()
        self.picture.moved.connect(self._say)
        self.picture.step_chosen.connect(self._on_step_chosen)
        self.table = Table(
            (
                Column("low", "From", 120, "right"),
                Column("high", "To", 120, "right"),
                Column("count", "Count", 120, "right"),
            ),
            name="Histogram",
            edge=8,
        )
        self.says = Elided("", "text_secondary", "dense")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.picture)
        self._stack.addWidget(self.table)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(6)
        down.addWidget(row(self.form, None))
        down.addWidget(self.says)
        down.addWidget(self._stack, 1)

    def show_histogram(self, view: HistogramView, path: str, files: StepFiles | None) -> None:
        """Shows another histogram; ``files`` are those of its other steps."""
        if files != self._files:
            self._steps = None
        self._view, self._path, self._files = view, path, files
        if files is None and self.form.current() == "steps":
            self.form.set_current("one")
        self._fill()

    def show_steps(self, files: StepFiles, steps: HistogramSteps) -> None:
        """Shows what all steps hold, unless other files are shown by now."""
        if files == self._files:
            self._steps = steps
            self._fill()

    # ------------------------------------------------------------ inside

    def _fill(self) -> None:
        view, form = self._view, self.form.current()
        if view is None:
            return
        self._stack.setCurrentIndex(int(form == "table"))
        if form == "table":
            edges = zip(view.edges, view.edges[1:], strict=False)
            self.table.set_lines(
                [
                    Row(str(at), tuple(NumberCell(_figure(each)) for each in (low, high, count)))
                    for at, ((low, high), count) in enumerate(zip(edges, view.counts, strict=True))
                ]
            )
        elif form == "steps" and self._files is not None:
            if self._steps is None:
                self.steps_asked.emit()
                self.says.set_text("Reading the histograms of all steps…")
                return
            at = self._files.at(self._path)
            step = self._files.steps[at] if at >= 0 else None
            steps = self._steps.steps
            self.picture.show_steps(self._steps, steps.index(step) if step in steps else -1)
        else:
            self.picture.show_one(view)
        self._say()

    def _say(self) -> None:
        view = self._view
        if view is None:
            return
        place, steps = self.picture.current(), self._steps
        over = self.form.current() == "steps"
        if over and self._files is None:
            words = "It was logged once: there are no other steps"
        elif over and steps is not None:
            words = self._of_steps(steps, place)
        elif place is not None and not over:
            bin_ = place[1]
            low, high = view.edges[bin_], view.edges[bin_ + 1]
            words = f"{_figure(low)} to {_figure(high)}: {_figure(view.counts[bin_])}"
        else:
            lost = f", {view.left_out:,} not finite" if view.left_out else ""
            span = f"{_figure(view.edges[0])} to {_figure(view.edges[-1])}"
            words = f"{_figure(sum(view.counts))} values in {len(view.counts):,} bins, {span}{lost}"
        self.says.set_text(words)
        self.picture.setAccessibleDescription(words)

    def _of_steps(self, steps: HistogramSteps, place: tuple[int, int] | None) -> str:
        if place is None:
            read = len(steps.steps)
            part = f"{read:,} of {steps.total:,}" if read < steps.total else f"{read:,}"
            return f"{part} steps in common bins; lines are the median and the middle half"
        step, bin_ = place
        low, high = float(steps.edges[bin_]), float(steps.edges[bin_ + 1])
        count, median = float(steps.counts[step, bin_]), float(steps.quantiles[step, 2])
        return (
            f"Step {steps.steps[step]:,}: about {_figure(round(count, 1))} from {_figure(low)} to "
            f"{_figure(high)}, median {_figure(median)}"
        )

    def _on_step_chosen(self, at: int) -> None:
        files, steps = self._files, self._steps
        if files is not None and steps is not None:
            self.path_chosen.emit(files.paths[files.steps.index(steps.steps[at])])


def _figure(value: float) -> str:
    return wording.number(value)
