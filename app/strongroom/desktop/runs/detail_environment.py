# SPDX-License-Identifier: Apache-2.0
"""Where a run comes from and what it ran in: code, commit, arguments; packages with a search.

Packages are read from the run's own list (`domain.captured`); a run without one says so.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.runs.detail_params import PairsTab
from strongroom.desktop.runs.words import shown
from strongroom.domain.run import RunDetail

MOST_READ = 512 * 1024  # bytes of a requirements file
_NONE = (
    "No list of packages was logged. start_run keeps one by itself unless logging.packages is "
    "switched off; a pip freeze logged as requirements.txt is read too."
)
SOURCES = {
    "entry": "Entry point",
    "argv": "Arguments",
    "cwd": "Folder",
    "commit": "Git commit",
    "branch": "Git branch",
    "dirty": "Uncommitted",
    "remote": "Git remote",
    "repo": "Repository",
    "reason": "Why this run",
    "python": "Python",
    "platform": "Platform",
    "cpu": "Processor",
    "cpus": "Cores",
    "memory": "Memory",
    "gpu": "GPU",
    "slurm_job": "SLURM job",
    "slurm_array_job": "SLURM array",
    "slurm_array_task": "SLURM task",
    "lsf_job": "LSF job",
    "pbs_job": "PBS job",
    "ci_job": "CI job",
    "airflow_run": "Airflow run",
    "argo_workflow": "Argo workflow",
    "trace": "Trace",
}
_MACHINE = ("python", "platform", "cpu", "cpus", "memory", "gpu", "gpus")
_UNSHOWN = ("gpus",)  # the number of cards stands before their names


class EnvironmentTab(QWidget):
    """Python, platform and packages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = KeyValues(key_width=96)
        self._from = Elided("", "text_tertiary", "caption", elide="middle")
        self.packages = PairsTab("packages", ("Package", "Version"), _NONE)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 12, 0, 0)
        down.setSpacing(4)
        down.addWidget(self.facts)
        down.addWidget(self._from)
        down.addWidget(self.packages, 1)

    def show_run(self, detail: RunDetail) -> None:
        """Shows Python and platform."""
        self.facts.set_facts(
            [
                *source_facts(detail, only=_MACHINE),
                Fact(key="Host", value=shown(detail.run.host) or "not known"),
            ]
        )

    def show_packages(self, path: str, packages: dict[str, str]) -> None:
        """Shows packages and the file they were read from."""
        self._from.set_text(f"Read from {shown(path)}" if path else "")
        self._from.setVisible(bool(path))
        self.packages.show_pairs(packages)


def source_facts(detail: RunDetail, only: Sequence[str] = ()) -> list[Fact]:
    """Returns where the code came from, or the chosen facts of it."""
    known = list(SOURCES)
    facts = []
    for key, value in sorted(
        detail.source.items(),
        key=lambda item: (known.index(item[0]) if item[0] in known else len(known), item[0]),
    ):
        is_wanted = key in only if only else key not in _MACHINE
        if value and is_wanted and key not in _UNSHOWN:
            facts.append(Fact(key=SOURCES.get(key, shown(key)), value=shown(value), kind="mono"))
    return facts


def packages_of(text: str) -> dict[str, str]:
    """Returns name and version of each line of a requirements file."""
    found: dict[str, str] = {}
    for line in text.splitlines()[:20_000]:
        words = line.partition(" #")[0].strip()
        if not words or words.startswith(("#", "-")):
            continue
        at = min((words.find(mark) for mark in "=<>!~@ ;" if mark in words), default=len(words))
        name, version = words[:at].strip(), words[at:].strip()
        found[name] = version.removeprefix("==").strip() or "any"
    return found
