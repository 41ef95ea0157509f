# SPDX-License-Identifier: Apache-2.0
"""Counts the steps of a job whose parts do not know of each other."""

from strongroom.domain.progress import Progress


class Steps:
    """A job of so many steps, told to whoever watches.

    Args:
        progress: Who watches, and may stop the job.
        total: How many steps there are.
    """

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def next(self, what: str) -> None:
        """Says what begins now; the step before it is done.

        Raises:
            Cancelled: If somebody asked the job to stop.
        """
        self._progress.step(self._done, self._total, what)
        self._done += 1

    def finish(self) -> None:
        """Says that everything is done."""
        self._progress.step(self._total, self._total, "Done")
