# SPDX-License-Identifier: Apache-2.0
"""The settings as the window lives them: shown at once, kept when saved, gone when cancelled.

* A draft is shown and not written. `discard` brings back exactly what held before it.
* Files are written in a task; the window never waits for them.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import Density, theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.domain.progress import Progress
from strongroom.domain.setting import SettingValue
from strongroom.services.settings import Settings, SettingState

if TYPE_CHECKING:
    from PySide6.QtGui import QStyleHints

THEME, TEXT_SCALE = "appearance.theme", "appearance.text_scale"
DENSITY, REDUCED_MOTION = "appearance.density", "appearance.reduced_motion"


class Preferences(QObject):
    """What holds in the open window.

    Args:
        settings: What is kept.

    Signals:
        changed: What holds, or what is drafted, is another one now.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self._draft: dict[str, SettingValue | None] = {}
        self._hints: QStyleHints = QGuiApplication.styleHints()
        self._hints.colorSchemeChanged.connect(self.apply)

    def state(self, key: str) -> SettingState:
        """Returns what is kept for a setting, and who said it."""
        return self.settings.state(key)

    def value(self, key: str) -> SettingValue:
        """Returns what is shown: the draft, else what is kept."""
        if key not in self._draft:
            return self.settings.value(key)
        drafted = self._draft[key]
        return self.settings.value_without_own(key) if drafted is None else drafted

    def draft(self) -> Mapping[str, SettingValue | None]:
        """Returns what is shown and not saved; None takes a choice back."""
        return dict(self._draft)

    def has_own(self, key: str) -> bool:
        """Returns whether somebody chose this, in the draft or in the file."""
        if key in self._draft:
            return self._draft[key] is not None
        return self.settings.own(key) is not None

    def preview(self, key: str, value: SettingValue | None) -> None:
        """Shows a value without keeping it; None shows what would hold without a choice."""
        if self.settings.locked(key):
            return
        if value == self.settings.own(key):
            self._draft.pop(key, None)
        else:
            self._draft[key] = value
        self.apply()

    def discard(self) -> None:
        """Shows again what is kept."""
        self._draft.clear()
        self.apply()

    def save(
        self,
        tasks: Tasks,
        *,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Keeps what is drafted, in a task; what could not be kept stays drafted."""
        draft = dict(self._draft)

        def write(_progress: Progress) -> None:
            for key, value in draft.items():
                if value is None:
                    self.settings.unset(key)
                else:
                    self.settings.set(key, value)

        def done(_answer: None) -> None:
            for key, value in draft.items():
                if self._draft.get(key) == value:
                    self._draft.pop(key, None)
            self.apply()

        tasks.change("settings.save", "Saving settings", write, done, owner=self, failed=failed)

    def choose(self, key: str, value: SettingValue, tasks: Tasks) -> None:
        """Shows and keeps one value at once, for a command of the menu."""
        self.preview(key, value)
        self.save(tasks)

    def apply(self, _changed: object = None) -> None:
        """Gives the window the look that holds."""
        density = str(self.value(DENSITY))
        theme().switch(
            self._theme_name(),
            int(self.value(TEXT_SCALE)) / 100,
            density=cast("Density", density) if density in get_args(Density) else None,
            moves=not self.value(REDUCED_MOTION),
        )
        self.changed.emit()

    def _theme_name(self) -> ThemeName:
        chosen = self.value(THEME)
        if chosen in get_args(ThemeName):
            return cast("ThemeName", chosen)
        return system_theme(self._hints)


def system_theme(hints: "QStyleHints") -> ThemeName:
    """Returns the theme the system asks for, light where it asks for nothing."""
    accessibility = getattr(hints, "accessibility", None)  # since Qt 6.10
    if accessibility is not None:
        wanted = accessibility().contrastPreference()
        if wanted == Qt.ContrastPreference.HighContrast:
            return "high-contrast"
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"
