# SPDX-License-Identifier: Apache-2.0
"""Who says what about settings, and which voice wins: the same for the window and for training.

* The loudest voice wins: flag, environment, the project's ``strongroom.toml``, the person's
  file, the machine's policy, the default. What the policy locks is louder than all of them.
* Nothing here writes and nothing raises: a file that cannot be read says nothing and is told.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.disk.settings_file import FileOfSettings, read_settings
from strongroom.domain.setting import SETTINGS, Origin, Setting, SettingState, SettingValue

PREFIX = "STRONGROOM_"


def variable_of(chosen: Setting) -> str:
    """Returns the environment variable of a setting: ``STRONGROOM_APPEARANCE_THEME``."""
    return PREFIX + chosen.key.upper().replace(".", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingVoices:
    """Every voice at one moment.

    Attributes:
        user: The person's file.
        policy: The machine's file.
        project: The project's file, None outside of a project.
        environ: The environment.
        flags: Values of this start alone, by key.
        of_user: What the person's file says.
        of_policy: What the machine's file says.
        of_project: What the project's file says.
    """

    user: Path
    policy: Path
    project: Path | None
    environ: Mapping[str, str]
    flags: Mapping[str, SettingValue]
    of_user: FileOfSettings = field(default_factory=FileOfSettings)
    of_policy: FileOfSettings = field(default_factory=FileOfSettings)
    of_project: FileOfSettings = field(default_factory=FileOfSettings)

    @classmethod
    def read(
        cls,
        user: Path,
        policy: Path,
        *,
        project: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        flags: Mapping[str, SettingValue] | None = None,
    ) -> "SettingVoices":
        """Reads the files."""
        return cls(
            user=user,
            policy=policy,
            project=project,
            environ=environ,
            flags=flags or {},
            of_user=read_settings(user),
            of_policy=read_settings(policy, is_policy=True),
            of_project=read_settings(project) if project else FileOfSettings(),
        )

    def state(self, chosen: Setting) -> SettingState:
        """Returns what holds for a setting, who said it, and whether it is locked."""
        if lock := self.lock(chosen.key):
            value = self.of_policy.values.get(chosen.key, chosen.default)
            return SettingState(
                setting=chosen, value=value, origin=Origin.POLICY, lock=lock, where=str(self.policy)
            )
        for origin, said, where in self._said(chosen):
            if said is not None:
                return SettingState(setting=chosen, value=said, origin=origin, where=where)
        return SettingState(setting=chosen, value=chosen.default, origin=Origin.DEFAULT)

    def lock(self, key: str) -> str:
        """Returns why nobody here can change a setting, "" if one can."""
        if key not in self.of_policy.locked:
            return ""
        return self.of_policy.reason or "Set by the policy of this machine."

    def problems(self) -> tuple[str, ...]:
        """Returns one sentence for each entry of a file or variable that is ignored, and why."""
        told = [*self.of_policy.problems, *self.of_user.problems, *self.of_project.problems]
        for each in SETTINGS:
            text = self.environ.get(variable_of(each))
            if text is not None and each.read(text) is None:
                told.append(f"{variable_of(each)} has to be {each.expected()}; it is ignored")
        return tuple(told)

    def _said(self, chosen: Setting) -> tuple[tuple[Origin, SettingValue | None, str], ...]:
        spoken = self.environ.get(variable_of(chosen))
        return (
            (Origin.FLAG, self.flags.get(chosen.key), ""),
            (
                Origin.ENVIRONMENT,
                chosen.read(spoken) if spoken is not None else None,
                variable_of(chosen),
            ),
            (Origin.PROJECT, self.of_project.values.get(chosen.key), str(self.project or "")),
            (Origin.USER, self.of_user.values.get(chosen.key), str(self.user)),
            (Origin.MACHINE, self.of_policy.values.get(chosen.key), str(self.policy)),
        )
