# SPDX-License-Identifier: Apache-2.0
"""One setting on the page: what it is, what it changes, the control, its reset, or its lock."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.labels import Label, plain_tooltip
from strongroom.desktop.kit.stepper import Stepper
from strongroom.desktop.kit.switches import Toggle
from strongroom.desktop.shell.preferences import Preferences
from strongroom.domain.setting import Origin, Setting
from strongroom.services.settings import SettingState

_LOUDER = {
    Origin.FLAG: "Set for this start on the command line",
    Origin.ENVIRONMENT: "Set by the variable",
    Origin.PROJECT: "Set by the project's",
}


class SettingRow(QWidget):
    """A row.

    Args:
        setting: What can be chosen.
        preferences: What holds.

    Signals:
        chosen: Somebody chose (key, value); None takes the choice back.
    """

    chosen = Signal(str, object)

    def __init__(
        self, setting: Setting, preferences: Preferences, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setting, self._preferences = setting, preferences
        self.control = self._make_control()
        self.reset = Button("", "ghost", "rotate-ccw", name=f"Reset {setting.title}")
        keeps_room = self.reset.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)  # controls of all rows stand below each other
        self.reset.setSizePolicy(keeps_room)
        self.reset.clicked.connect(lambda: self.chosen.emit(setting.key, None))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(setting.title, text="strong", wrap=True))
        words.addWidget(Label(setting.detail, "text_secondary", "dense", wrap=True))
        self._note = QVBoxLayout()
        words.addLayout(self._note)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 8, 0, 8)
        across.setSpacing(8)
        across.addLayout(words, 1)
        across.addWidget(self.control)
        across.addWidget(self.reset)
        self.show_state()

    def matches(self, words: str) -> bool:
        """Returns whether every word of a search is in title, detail, choices or key."""
        choices = " ".join(shown for _, shown in self.setting.choices)
        whole = f"{self.setting.title} {self.setting.detail} {choices} {self.setting.key}".lower()
        return all(word in whole for word in words.lower().split())

    def show_state(self) -> None:
        """Shows what holds, and who said it if that was somebody else."""
        key = self.setting.key
        state, value = self._preferences.state(key), self._preferences.value(key)
        if isinstance(self.control, Choice):
            self.control.set_choices(self.setting.choices, str(value))
        elif isinstance(self.control, Stepper):
            self.control.set_value(int(value))
        else:
            before = self.control.blockSignals(True)
            self.control.setChecked(bool(value))
            self.control.setText("On" if value else "Off")
            self.control.blockSignals(before)
        note = _note(state)
        self.control.setEnabled(not note)
        self.reset.setEnabled(not note and self._preferences.has_own(key))
        self.reset.setVisible(self.reset.isEnabled())
        self.reset.setToolTip(plain_tooltip(self._reset_words(state)))
        while (item := self._note.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if note:
            self._note.addWidget(MarkLabel.for_icon("lock" if state.lock else "info", note))

    def _reset_words(self, state: SettingState) -> str:
        if not self.reset.isEnabled():
            return "Nobody chose this here" if not _note(state) else _note(state)
        back = self._preferences.settings.value_without_own(self.setting.key)
        return f"Reset to {self.setting.words(back)}"

    def _make_control(self) -> Choice | Stepper | Toggle:
        made, key = self.setting, self.setting.key
        value = self._preferences.value(key)
        if made.kind == "choice":
            choice = Choice(made.choices, str(value), name=made.title)
            choice.chosen.connect(lambda chosen: self.chosen.emit(key, chosen))
            return choice
        if made.kind == "number":
            stepper = Stepper(
                made.title, int(value), made.low, made.high, step=made.step, unit=made.unit
            )
            stepper.changed.connect(lambda chosen: self.chosen.emit(key, chosen))
            return stepper
        toggle = Toggle("On" if value else "Off", on=bool(value), name=made.title)
        toggle.toggled.connect(lambda chosen: self.chosen.emit(key, chosen))
        return toggle


def _note(state: SettingState) -> str:
    """Returns why the control cannot be used, "" if it can."""
    if state.lock:
        return f"Set by policy: {state.lock}"
    said = _LOUDER.get(state.origin, "")
    if not said:
        return ""
    return f"{said} {state.where}".rstrip() if state.origin is not Origin.FLAG else ""
