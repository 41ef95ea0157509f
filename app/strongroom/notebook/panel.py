# SPDX-License-Identifier: Apache-2.0
"""A panel under a cell that follows a run until it ends, without script, server or network.

* One daemon thread reads what was written and replaces the panel's content; the notebook's own
  message for that is all it needs.
* The thread ends with the run, with ``%strongroom stop`` and when the extension is unloaded.
"""

import threading
from collections.abc import Callable

from strongroom.sdk.active_run import ActiveRun
from strongroom.services.live_panel import LivePanel

EVERY_S = 1.0
Show = Callable[[dict[str, str]], None]


class RunPanel:
    """Follows an active run.

    Args:
        run: The run.
        show: Puts both forms of the panel where it stands; called again for each change.
        every_s: Seconds between two looks.
    """

    def __init__(self, run: ActiveRun, show: Show, every_s: float = EVERY_S) -> None:
        self.run = run
        self._show = show
        self._every_s = every_s
        self._panel = LivePanel(run.folder, f"{run.name} · {run.run_id[:8]}")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="strongroom-panel", daemon=True)

    def start(self) -> None:
        """Shows what there is and begins to follow."""
        self._panel.read()
        self._put("running")
        self._thread.start()

    def stop(self) -> None:
        """Stops following; the panel stays as it is."""
        self._stopped.set()
        self._thread.join(timeout=10)

    @property
    def is_following(self) -> bool:
        """Whether the panel still changes."""
        return self._thread.is_alive()

    def _follow(self) -> None:
        while not self._stopped.wait(self._every_s):
            has_ended = self.run.is_ended  # asked before reading: what came until then is read
            if self._panel.read() or has_ended:
                self._put("ended" if has_ended else "running")
            if has_ended:
                return

    def _put(self, state: str) -> None:
        self._show({"text/html": self._panel.html(state), "text/plain": self._panel.text(state)})
