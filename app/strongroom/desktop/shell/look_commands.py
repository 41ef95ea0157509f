# SPDX-License-Identifier: Apache-2.0
"""Theme, text size and row height as commands: chosen and kept at once, locked with a reason."""

from collections.abc import Callable, Sequence

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.preferences import DENSITY, TEXT_SCALE, THEME, Preferences
from strongroom.domain.setting import SettingValue, setting

LOOK = "View/Appearance"
USUAL_TEXT = 100
KEYS = {
    (THEME, "system"): "Ctrl+F9",
    (THEME, "light"): "Ctrl+F10",
    (THEME, "dark"): "Ctrl+F11",
    (THEME, "high-contrast"): "Ctrl+F12",
}
LOOK_MENU = (  # under the right button on the frame
    tuple(f"view.theme_{name}" for name in ("system", "light", "dark", "high_contrast")),
    tuple(f"view.rows_{name}" for name in ("compact", "usual", "comfortable")),
    ("view.larger_text", "view.smaller_text", "view.usual_text"),
    ("window.palette", "go.settings"),
)


def look_commands(tasks: Tasks, preferences: Preferences) -> Sequence[Command]:
    """Returns the commands of the View menu that change the look."""

    def may(key: str) -> Callable[[WindowState], Reason | None]:
        def why_not(_state: WindowState) -> Reason | None:
            lock = preferences.settings.locked(key)
            return Reason(f"Set by policy: {lock}") if lock else None

        return why_not

    def choose(key: str, value: SettingValue) -> Callable[[], None]:
        return lambda: preferences.choose(key, value, tasks)

    def size(step: int) -> Callable[[], None]:
        def change() -> None:
            chosen = setting(TEXT_SCALE)
            if chosen is not None:
                wanted = int(preferences.value(TEXT_SCALE)) + step * chosen.step
                bounded = max(chosen.low, min(chosen.high, wanted))
                preferences.choose(TEXT_SCALE, bounded, tasks)

        return change

    choices = [
        Command(
            id=f"view.{prefix}_{value.replace('-', '_')}", title=f"{title}: {words}",
            run=choose(key, value), menu=LOOK, icon=icon, enabled=may(key), group="View",
            shortcut=KEYS.get((key, value), ""),
        )
        for key, prefix, title, icon in (
            (THEME, "theme", "Theme", "contrast"), (DENSITY, "rows", "Row height", "list"),
        )
        for value, words in _choices(key)
    ]  # fmt: skip
    return [
        *choices,
        Command(
            id="view.larger_text", title="Larger text", run=size(1), menu=LOOK, icon="zoom-in",
            shortcut="Ctrl++", enabled=may(TEXT_SCALE), group="View",
        ),
        Command(
            id="view.smaller_text", title="Smaller text", run=size(-1), menu=LOOK,
            icon="zoom-out", shortcut="Ctrl+-", enabled=may(TEXT_SCALE), group="View",
        ),
        Command(
            id="view.usual_text", title="Usual text size", menu=LOOK, icon="search",
            run=choose(TEXT_SCALE, USUAL_TEXT), shortcut="Ctrl+0", enabled=may(TEXT_SCALE),
            group="View",
        ),
    ]  # fmt: skip


def _choices(key: str) -> tuple[tuple[str, str], ...]:
    chosen = setting(key)
    return chosen.choices if chosen is not None else ()
