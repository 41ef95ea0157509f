# SPDX-License-Identifier: Apache-2.0
"""Settings: what holds, who said it, and changing one.

* Which voice wins is `disk.setting_voices`: the same as for a training script.
* Nobody changes what is locked, and the reason is said.
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from strongroom.disk.setting_voices import SettingVoices, variable_of
from strongroom.disk.settings_file import write_setting
from strongroom.domain.errors import BadInput, Refused
from strongroom.domain.setting import (
    SETTINGS,
    Origin,
    Setting,
    SettingState,
    SettingValue,
    setting,
)

__all__ = ["SettingState", "Settings", "variable_of"]


class Settings:
    """The settings of whoever sits here; may be shared between threads.

    Args:
        user: The person's file.
        policy: The machine's file.
        project: The project's file, None outside of a project.
        environ: The environment.
        flags: Values of this start alone, by key.
    """

    def __init__(
        self,
        user: Path,
        policy: Path,
        *,
        project: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        flags: Mapping[str, SettingValue] | None = None,
    ) -> None:
        self.path, self.policy_path, self._project = user, policy, project
        self._environ, self._flags = environ, dict(flags or {})
        self._guard = threading.Lock()
        self._read()

    def value(self, key: str) -> SettingValue:
        """Returns what holds for a setting.

        Raises:
            BadInput: ``E-SETTING`` if there is no such setting.
        """
        return self.state(key).value

    def state(self, key: str) -> SettingState:
        """Returns what holds for a setting, who said it, and whether it is locked.

        Raises:
            BadInput: ``E-SETTING`` if there is no such setting.
        """
        chosen = _known(key)
        with self._guard:
            return self._voices.state(chosen)

    def states(self) -> tuple[SettingState, ...]:
        """Returns every setting, in the order of the page."""
        return tuple(self.state(each.key) for each in SETTINGS)

    def locked(self, key: str) -> str:
        """Returns why nobody here can change a setting, "" if one can.

        Raises:
            BadInput: ``E-SETTING`` if there is no such setting.
        """
        return self.state(key).lock

    def problems(self) -> tuple[str, ...]:
        """Returns one sentence for each entry of a file or variable that is ignored, and why."""
        with self._guard:
            return self._voices.problems()

    def set(self, key: str, value: SettingValue) -> SettingState:
        """Writes a value into the person's file; returns what holds then.

        Raises:
            BadInput: ``E-SETTING`` for no such setting, no such value, or a file that has to be
                changed by hand.
            Refused: ``E-LOCKED-SETTING`` if the machine's policy locks it.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        chosen = _known(key)
        if not chosen.accepts(value):
            raise BadInput(
                "E-SETTING", f"{key} cannot be {value}", f"It has to be {chosen.expected()}."
            )
        return self._change(chosen, value)

    def set_text(self, key: str, text: str) -> SettingState:
        """Writes a value as a command line spells it; raises as `set` does."""
        chosen = _known(key)
        value = chosen.read(text)
        if value is None:
            raise BadInput(
                "E-SETTING", f"{key} cannot be {text[:80]}", f"It has to be {chosen.expected()}."
            )
        return self.set(key, value)

    def own(self, key: str) -> SettingValue | None:
        """Returns what the person's file says, None if it says nothing."""
        with self._guard:
            return self._voices.of_user.values.get(key)

    def value_without_own(self, key: str) -> SettingValue:
        """Returns what would hold if the person's file said nothing.

        Raises:
            BadInput: ``E-SETTING`` if there is no such setting.
        """
        state = self.state(key)
        if state.origin not in {Origin.USER, Origin.FLAG}:
            return state.value
        with self._guard:
            said = self._voices.of_policy.values.get(key)
        return state.setting.default if said is None else said

    def unset(self, key: str) -> SettingState:
        """Takes a value out of the person's file; raises as `set` does."""
        return self._change(_known(key), None)

    def read_again(self) -> tuple[str, ...]:
        """Looks at the files again and returns the keys whose value differs now.

        Cheap while no file has changed: it looks at their times alone.
        """
        with self._guard:
            if self._stamps == self._look():
                return ()
        before = {state.setting.key: state for state in self.states()}
        with self._guard:
            self._read()
        return tuple(
            state.setting.key for state in self.states() if state != before[state.setting.key]
        )

    def _change(self, chosen: Setting, value: SettingValue | None) -> SettingState:
        with self._guard:
            lock = self._voices.lock(chosen.key)
        if lock:
            raise Refused(
                "E-LOCKED-SETTING",
                f"{chosen.title} is set by the policy of this machine",
                f"{lock} Ask whoever looks after it; the policy is {self.policy_path}.",
            )
        write_setting(self.path, chosen, value)
        with self._guard:
            self._flags.pop(chosen.key, None)  # whoever chooses now means it now
            self._read()
        return self.state(chosen.key)

    def _look(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(path) for path in (self.policy_path, self.path, self._project))

    def _read(self) -> None:
        self._stamps = self._look()
        self._voices = SettingVoices.read(
            self.path,
            self.policy_path,
            project=self._project,
            environ=self._environ,
            flags=self._flags,
        )


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found is not None else None


def _known(key: str) -> Setting:
    found = setting(key)
    if found is None:
        raise BadInput(
            "E-SETTING",
            f"There is no setting {key[:80]}",
            "strongroom settings list shows every one of them.",
        )
    return found
