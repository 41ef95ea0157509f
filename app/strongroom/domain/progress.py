# SPDX-License-Identifier: Apache-2.0
"""How long work reports and hears a Cancel."""

from typing import Protocol


class Progress(Protocol):
    """Hears how far a job is; also the point at which the job may be told to stop."""

    def step(self, done: int, total: int, what: str = "") -> None:
        """Reports ``done`` of ``total`` (0 = unknown).

        Raises:
            Cancelled: If somebody asked the job to stop.
        """
        ...


class Silent:
    """Progress that nobody watches and nobody cancels."""

    def step(self, done: int, total: int, what: str = "") -> None:
        """Does nothing."""
