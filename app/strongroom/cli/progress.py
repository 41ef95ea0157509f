# SPDX-License-Identifier: Apache-2.0
"""How far a long command is: one line on the terminal, rewritten; nothing where nobody looks."""

import sys
import time
from types import TracebackType
from typing import Self

import click

from strongroom.cli.output import plain

_INTERVAL_S = 0.1  # a terminal redraws no faster than people read


class TerminalProgress:
    """Rewrites one line on standard error, and clears it at the end."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._next = 0.0
        self._has_line = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._has_line:
            click.echo("\r\x1b[K", err=True, nl=False)

    def step(self, done: int, total: int, what: str = "") -> None:
        """Shows how far the work is, at most ten times a second."""
        now = time.monotonic()
        if not self._is_shown or now < self._next:
            return
        self._next = now + _INTERVAL_S
        self._has_line = True
        count = f" {done:,}/{total:,}" if total else (f" {done:,}" if done else "")
        click.echo(f"\r\x1b[K{plain(what)}{count}", err=True, nl=False)
