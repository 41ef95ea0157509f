# SPDX-License-Identifier: Apache-2.0
"""What a person can choose: every setting, its kind, its bounds, its default. A closed list.

* A value of another kind, or outside its bounds, is no value: whoever reads it takes the next one.
* Settings change how things look and behave here; none of them is evidence, none opens a network.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

SettingValue = str | bool | int
Kind = Literal["choice", "switch", "number"]


_SWITCH = dict.fromkeys(("true", "on", "yes", "1"), True) | dict.fromkeys(
    ("false", "off", "no", "0"), False
)


class Origin(StrEnum):
    """Who said a value, the loudest first; a lock of the machine's policy is louder than all."""

    POLICY = "policy"
    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROJECT = "project"
    USER = "user"
    MACHINE = "machine"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Something a person can choose.

    Attributes:
        key: ``section.name``; never changes once released.
        title: What the page says.
        detail: One sentence: what it changes.
        kind: One of several words, on or off, or a whole number.
        default: What holds when nobody chose.
        choices: (value, words) of kind ``choice``.
        low: The least value of kind ``number``.
        high: The greatest one.
        step: How far apart two values of the page are; other numbers are fine in a file.
        unit: What stands behind the number, such as ``%``.
    """

    key: str
    title: str
    detail: str
    kind: Kind
    default: SettingValue
    choices: tuple[tuple[str, str], ...] = ()
    low: int = 0
    high: int = 0
    step: int = 1
    unit: str = ""

    @property
    def section(self) -> str:
        """The table it stands in: what comes before the dot."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The name within its table."""
        return self.key.partition(".")[2]

    def accepts(self, value: object) -> bool:
        """Returns whether this is a value of its kind, within its bounds."""
        if self.kind == "switch":
            return isinstance(value, bool)
        if self.kind == "choice":
            return isinstance(value, str) and value in dict(self.choices)
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )

    def read(self, text: str) -> SettingValue | None:
        """Returns the value that a command line or a variable spells, None if it spells none."""
        word = text.strip()
        if self.kind == "switch":
            return _SWITCH.get(word.lower())
        if self.kind == "choice":
            return word if self.accepts(word) else None
        try:
            number = float(word.removesuffix("%").strip())
        except ValueError:
            return None
        if not math.isfinite(number) or number != int(number):
            return None
        return int(number) if self.accepts(int(number)) else None

    def expected(self) -> str:
        """Returns what is accepted, for a message: ``light, dark or system``."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            words = [value for value, _ in self.choices]
            return f"{', '.join(words[:-1])} or {words[-1]}"
        return f"a whole number from {self.low} to {self.high}"

    def words(self, value: SettingValue) -> str:
        """Returns a value as people read it."""
        if self.kind == "switch":
            return "On" if value else "Off"
        if self.kind == "choice":
            return dict(self.choices).get(str(value), str(value))
        return f"{value} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingState:
    """A setting with what holds for it now.

    Attributes:
        setting: What can be chosen.
        value: What holds.
        origin: Who said it.
        lock: Why nobody here can change it, "" if one can.
        where: The file or variable that says it, "" for the default.
    """

    setting: Setting
    value: SettingValue
    origin: Origin
    lock: str = ""
    where: str = ""


SECTIONS = (
    ("appearance", "Appearance"),
    ("window", "Window"),
    ("security", "Security"),
    ("logging", "Logging"),
)
"""The tables of the file and how the page heads them, in order."""

SETTINGS = (
    Setting(
        key="appearance.theme", title="Theme", kind="choice", default="system",
        detail="Light, dark, high contrast, or what the system asks for.",
        choices=(("system", "Follow the system"), ("light", "Light"), ("dark", "Dark"),
                 ("high-contrast", "High contrast")),
    ),
    Setting(
        key="appearance.text_scale", title="Text size", kind="number", default=100,
        low=80, high=200, step=10, unit="%",
        detail="Scales text and everything that holds text, over the whole window.",
    ),
    Setting(
        key="appearance.density", title="Row height", kind="choice", default="usual",
        detail="How close together the rows of tables stand.",
        choices=(("compact", "Compact"), ("usual", "Usual"), ("comfortable", "Comfortable")),
    ),
    Setting(
        key="appearance.reduced_motion", title="Reduce motion", kind="switch", default=False,
        detail="Messages appear at once instead of fading in; nothing else moves.",
    ),
    Setting(
        key="window.reopen_place", title="Open where I left off", kind="switch", default=True,
        detail="The window starts on the page and filter it was closed on, not on Runs.",
    ),
    Setting(
        key="window.message_seconds", title="Show messages for", kind="number", default=6,
        low=2, high=60, step=2, unit="s",
        detail="How long a message stays in the corner; Notices keeps every one of them.",
    ),
    Setting(
        key="window.confirm_close", title="Ask before stopping work", kind="switch", default=True,
        detail="Closing the window while something runs asks first.",
    ),
    Setting(
        key="security.lock_after_minutes", title="Lock my key without use after", kind="number",
        default=5, low=1, high=60, step=1, unit="min",
        detail="An open key is forgotten when nobody touched the window for so long.",
    ),
    Setting(
        key="security.lock_with_screen", title="Lock my key with the screen", kind="switch",
        default=True, detail="When the session locks its screen, an open key is forgotten.",
    ),
    Setting(
        key="logging.code", title="Keep the code of a run", kind="switch", default=True,
        detail="The script that was started and, in a git repository, what was not committed.",
    ),
    Setting(
        key="logging.packages", title="Keep the list of packages", kind="switch", default=True,
        detail="Every installed package with its version, as requirements.txt of the run.",
    ),
    Setting(
        key="logging.system_metrics", title="Measure the machine", kind="switch", default=True,
        detail="Processor, memory, disk and GPU while a run lasts.",
    ),
    Setting(
        key="logging.network_metrics", title="Measure the network too", kind="switch",
        default=False, detail="Bytes sent and received by the whole machine.",
    ),
    Setting(
        key="logging.system_seconds", title="Measure the machine every", kind="number", default=5,
        low=1, high=600, step=5, unit="s",
        detail="The first figures come after this time; a shorter run has none.",
    ),
    Setting(
        key="logging.gpu_hour_cost", title="Cost of a GPU for one hour", kind="number", default=0,
        low=0, high=100_000, step=10, unit="cents",
        detail="What a run's System tab counts its cost by; with 0 it tells hours alone.",
    ),
)  # fmt: skip
"""Every setting, in the order of the page."""


def setting(key: str) -> Setting | None:
    """Returns the setting of a key, None if there is none."""
    return next((each for each in SETTINGS if each.key == key), None)
