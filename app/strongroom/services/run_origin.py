# SPDX-License-Identifier: Apache-2.0
"""Where a run comes from, as short texts to compare: its data, its code, its environment.

* Read from the run's own folder. What a sealed run used is read once; it stays the same for ever.
* Packages are those a run recorded: ``name==version`` lines of its ``requirements.txt``.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from strongroom.domain.canonical import JsonValue
from strongroom.domain.captured import package_list
from strongroom.domain.errors import StrongroomError
from strongroom.domain.run import Run
from strongroom.journal.reader import read_header
from strongroom.services.artifacts import Artifacts
from strongroom.services.runs import Runs
from strongroom.store.liveness import Observer
from strongroom.store.run_state import read_state
from strongroom.store.store_folder import fault

REQUIREMENTS = "requirements.txt"
MOST_BYTES = 256 << 10  # of one requirements file: thousands of packages
MOST_PACKAGES = 2_000
MOST_KEPT = 400  # origins of sealed runs kept in memory: two full comparisons
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,120})(?:\[[^\]]{0,200}\])?\s*(==|===)\s*(\S+)")
_SOURCE = ("commit", "branch", "remote", "dirty", "entry", "argv", "cwd", "reason")
_DATASET = ("digest", "rows", "source", "source_type", "schema")


class RunOrigins:
    """Reads origins and remembers what cannot change."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._artifacts = Artifacts(runs)
        self._lock = Lock()
        self._datasets: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._packages: OrderedDict[str, dict[str, str]] = OrderedDict()

    def code(self, run_id: str) -> tuple[dict[str, str], dict[str, str]]:
        """Returns what ``run.json`` says of the code, and of the machine it ran on.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: If the folder cannot be trusted.
            EnvironmentFault: ``E-STORE`` if it cannot be read.
        """
        folder = self._runs.run_folder(run_id)
        try:
            source = read_header(folder).source
        except OSError as error:
            raise fault(error, folder) from error
        texts = {key: _text(value) for key, value in source.items()}
        of_code = {key: texts[key] for key in _SOURCE if key in texts}
        return of_code, {key: text for key, text in texts.items() if key not in _SOURCE}

    def packages(self, run_id: str, paths: Mapping[str, str]) -> dict[str, str]:
        """Returns the pinned packages of a run, by name.

        Args:
            run_id: The run.
            paths: Its artifacts' paths with their SHA-256; only requirements files matter.
        """
        path = package_list(paths, (REQUIREMENTS,))
        if not path:
            return {}
        with self._lock:
            known = self._packages.get(paths[path])
        if known is None:
            try:
                data = self._artifacts.read(run_id, path, max_bytes=MOST_BYTES)
            except StrongroomError:
                return {}  # the row stays empty; opening the file says what is wrong with it
            known = packages(data.decode("utf-8", "replace"))
            self._keep(self._packages, paths[path], known)
        return known

    def datasets(self, run: Run) -> dict[str, str]:
        """Returns the data a run used, field by field.

        Raises:
            BadInput: ``E-RUN``.
            Untrusted: If the folder cannot be trusted.
            EnvironmentFault: ``E-STORE`` if it cannot be read.
        """
        with self._lock:
            known = self._datasets.get(run.run_id)
        if known is None:
            folder = self._runs.run_folder(run.run_id)
            try:
                known = _datasets(read_state(folder, Observer(now_us=0, boot_id="")).inputs)
            except OSError as error:
                raise fault(error, folder) from error
            if run.is_sealed:
                self._keep(self._datasets, run.run_id, known)
        return known

    def _keep(
        self, kept: OrderedDict[str, dict[str, str]], key: str, found: dict[str, str]
    ) -> None:
        with self._lock:
            kept[key] = found
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)


def packages(text: str) -> dict[str, str]:
    """Returns the pinned packages of a requirements file: name, lower case, and version."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _PINNED.match(line.strip())
        if match and len(found) < MOST_PACKAGES:
            name = re.sub(r"[-_.]+", "-", match[1]).lower()  # PEP 503: one package, one name
            found[name] = match[3].rstrip(";,")
    return found


def _datasets(inputs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for each in inputs:
        name, context = each.get("name", ""), each.get("context", "")
        title = f"{name} ({context})" if context and context not in name else name
        counts[title] = counts.get(title, 0) + 1
        if counts[title] > 1:
            title = f"{title} {counts[title]}"
        found |= {f"{title}, {key}": each[key] for key in _DATASET if each.get(key)}
    return found


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
