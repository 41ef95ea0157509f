# SPDX-License-Identifier: Apache-2.0
"""The menu that says which experiment is shown, with the number of runs of each."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.words import shown
from strongroom.services.experiments import Experiment

MOST_LISTED = 40  # experiments in the menu, those that ran last; a longer menu leaves the screen
_ALL, _IN = "all", "in:"
_HIDDEN = {"archived": "Archived runs", "deleted": "Deleted runs"}


class ScopeMenu(MenuButton):
    """All experiments, one of them, or archived or deleted runs.

    Signals:
        scope_chosen: Another scope was chosen (experiment or "", ``archived``, ``deleted`` or "").
    """

    scope_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("All experiments", name="Experiment", parent=parent)
        self.chosen.connect(self._on_chosen)

    def show_scope(self, experiments: Sequence[Experiment], question: Question) -> None:
        """Changes the entries and the words on the button."""
        total = sum(each.run_count for each in experiments)
        choices = [(_ALL, f"All experiments   {wording.count(total)}"), ("", "")]
        choices += [
            (_IN + each.name, f"{shown(each.name)}   {wording.count(each.run_count)}")
            for each in experiments[:MOST_LISTED]
        ]
        choices += [("", ""), *_HIDDEN.items()]
        current = _IN + question.experiment if question.experiment else _ALL
        self.set_choices(choices, question.hidden or current)
        words = shown(question.experiment)[:48] if question.experiment else "All experiments"
        self.set_words(_HIDDEN.get(question.hidden, words))
        self.setAccessibleName(f"Experiment: {self.text()}")

    def _on_chosen(self, key: str) -> None:
        hidden = key if key in _HIDDEN else ""
        self.scope_chosen.emit(key.removeprefix(_IN) if key.startswith(_IN) else "", hidden)
