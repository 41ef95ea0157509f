# SPDX-License-Identifier: Apache-2.0
"""Which step of a file that was logged again and again is shown: a slider, arrows, words.

* The slider goes from file to file, whatever steps lie between; the words say which step it is.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface
from strongroom.services.step_files import StepFiles


class StepBar(Surface):
    """Chooses a step; hidden while there is nothing to choose.

    Signals:
        path_chosen: The file of another step should be shown (its path).
    """

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._files: StepFiles | None = None
        self.before = Button("", "ghost", "chevron-left", small=True, name="Step before")
        self.after = Button("", "ghost", "chevron-right", small=True, name="Next step")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Step")
        self.says = Label("", "text_secondary", "dense")
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        self.slider.valueChanged.connect(self._on_moved)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(6)
        across.addWidget(self.before)
        across.addWidget(self.slider, 1)
        across.addWidget(self.after)
        across.addWidget(self.says)
        self.hide()

    def show_files(self, files: StepFiles | None, path: str) -> None:
        """Offers the steps of a file; None hides the bar."""
        self._files = files
        self.setVisible(files is not None)
        if files is None:
            return
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(files.paths) - 1)
        self.slider.setPageStep(max(1, len(files.paths) // 10))
        self.slider.setValue(files.at(path))
        self.slider.blockSignals(False)
        self._tell()

    def neighbours(self) -> tuple[str, ...]:
        """Returns the files of the next step and the one before, for reading ahead."""
        if self._files is None:
            return ()
        at, paths = self.slider.value(), self._files.paths
        return tuple(paths[each] for each in (at + 1, at - 1) if 0 <= each < len(paths))

    def step(self, by: int) -> None:
        """Goes on by so many files."""
        self.slider.setValue(self.slider.value() + by)

    def _on_moved(self, at: int) -> None:
        self._tell()
        if self._files is not None:
            self.path_chosen.emit(self._files.paths[at])

    def _tell(self) -> None:
        files, at = self._files, self.slider.value()
        if files is None:
            return
        last = len(files.paths)
        words = f"Step {files.steps[at]:,}, {at + 1:,} of {last:,}"
        self.says.setText(words)
        self.slider.setAccessibleDescription(words)
        self.before.setEnabled(at > 0)
        self.after.setEnabled(at < last - 1)
