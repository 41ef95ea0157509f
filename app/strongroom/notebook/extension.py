# SPDX-License-Identifier: Apache-2.0
"""``%load_ext strongroom``: runs, comparison and a live panel in a notebook.

* ``%strongroom`` shows the newest runs, ``%strongroom metrics.loss < 0.3`` those it holds for.
* ``%strongroom watch`` follows the active run in a panel, ``stop`` leaves it as it is;
  ``show RUN`` and ``compare RUN RUN…`` are `get_run` and `compare_runs`.
* ``%%tracked EXPERIMENT`` makes a run of a cell.
"""

import shlex
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

from strongroom.domain.errors import StrongroomError
from strongroom.notebook.panel import EVERY_S, RunPanel
from strongroom.sdk.session import SESSION
from strongroom.services.found_runs import Shown
from strongroom.services.run_search import compare_runs, get_run, search_runs

NEWEST = 20


class Shell(Protocol):
    """What is used of IPython's shell, so that it need not be imported."""

    display_pub: Any

    def register_magic_function(
        self, func: Callable[..., object], magic_kind: str = "line", magic_name: str | None = None
    ) -> None:
        """Gives a function a name behind a percent sign."""
        ...

    def run_cell(self, raw_cell: str) -> Any:  # noqa: ANN401 - IPython's own result
        """Runs the source of a cell."""
        ...


class Extension:
    """The magics of one shell.

    Args:
        shell: IPython's shell.
        every_s: Seconds between two looks of a panel.
    """

    def __init__(self, shell: Shell, every_s: float = EVERY_S) -> None:
        self._shell = shell
        self._every_s = every_s
        self.panels: list[RunPanel] = []

    def strongroom(self, line: str) -> Shown | None:
        """Answers ``%strongroom``; a mistake is one line, not a traceback."""
        verb, _, rest = line.strip().partition(" ")
        try:
            if verb == "watch" and not rest:
                self._watch()
                return None
            if verb == "stop" and not rest:
                self.stop()
                return None
            if verb == "show" and rest:
                return get_run(rest.strip())
            if verb == "compare" and rest:
                return compare_runs(shlex.split(rest))
            return search_runs(line.strip(), limit=NEWEST)
        except StrongroomError as error:
            self._say(f"{error.code}: {error.title}\n{error.advice}")
        except ValueError as error:  # quotes that do not end
            self._say(str(error))
        return None

    def tracked(self, line: str, cell: str) -> None:
        """Answers ``%%tracked EXPERIMENT``: the cell is a run, FAILED if it raises."""
        run = SESSION.start(line.strip() or None, name=None, run_id=None, parent=None, store=None)
        result = self._shell.run_cell(cell)
        run.end("FINISHED" if result.success else "FAILED")

    def stop(self) -> None:
        """Stops every panel."""
        for panel in self.panels:
            panel.stop()
        self.panels.clear()

    def _watch(self) -> None:
        run = SESSION.current()
        if run is None:
            self._say("No run is active here. Start one: run = strongroom.start_run()")
            return
        name = uuid4().hex
        is_there = False

        def show(data: dict[str, str]) -> None:
            nonlocal is_there
            self._shell.display_pub.publish(
                data=data, metadata={}, transient={"display_id": name}, update=is_there
            )
            is_there = True

        self.panels = [panel for panel in self.panels if panel.is_following]
        panel = RunPanel(run, show, self._every_s)
        self.panels.append(panel)
        panel.start()

    def _say(self, words: str) -> None:
        self._shell.display_pub.publish(data={"text/plain": words}, metadata={})


_extensions: dict[int, Extension] = {}


def load_ipython_extension(shell: Shell) -> None:
    """Adds the magics to a shell; IPython calls it for ``%load_ext strongroom``."""
    extension = _extensions.setdefault(id(shell), Extension(shell))
    shell.register_magic_function(extension.strongroom, "line", "strongroom")
    shell.register_magic_function(extension.tracked, "cell", "tracked")


def unload_ipython_extension(shell: Shell) -> None:
    """Stops the panels; IPython calls it for ``%unload_ext strongroom``."""
    extension = _extensions.pop(id(shell), None)
    if extension is not None:
        extension.stop()
