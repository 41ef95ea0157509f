# SPDX-License-Identifier: Apache-2.0
"""Figures that were measured, each with its goal beside it, printed and kept for the page.

* A goal is text such as ``≤ 12 ms``; a figure that misses it says so and nothing fails: a noisy
  machine says nothing about the code.
"""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import SystemClock, to_iso

_BOUND = re.compile(r"([≤≥])\s*([\d.,]+)")
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Figure:
    """One measured figure: what, value, unit, and the goal of the design ("" if there is none)."""

    what: str
    value: float
    unit: str
    goal: str

    @property
    def is_missed(self) -> bool:
        """Whether the goal names a bound and the value lies beyond it."""
        bound = _BOUND.search(self.goal)
        if bound is None:
            return False
        limit = float(bound[2].replace(",", ""))
        return self.value > limit if bound[1] == "≤" else self.value < limit


told: list[Figure] = []
"""What was reported in this process, in its order."""


def report(*figures: Figure) -> None:
    """Prints figures as aligned lines and keeps them."""
    print()
    for figure in figures:
        goal = f"   goal {figure.goal}" if figure.goal else ""
        missed = "   MISSED" if figure.is_missed else ""
        print(f"  {figure.what:<60} {number(figure.value):>10} {figure.unit:<12}{goal}{missed}")
    told.extend(figures)


def page(figures: Sequence[Figure], command: str) -> str:
    """Returns the page of benchmarks: machine, day, command, and a row for each figure."""
    day = to_iso(SystemClock().now_us())[:10]
    how = (
        f"Written by `{command}` on {day}; nothing here was typed by hand. Times of the window are"
        " processor time of its own thread, medians; a machine that does other work at the same"
        " time makes them larger, so ratios to the peers measured in the same run say more."
    )
    lines = [
        "# Benchmarks",
        "",
        how,
        "",
        f"Machine: {_machine()}.",
        "",
        "| what | figure | unit | goal | met |",
        "|---|---:|---|---|---|",
    ]
    for figure in figures:
        met = "" if not figure.goal else "**no**" if figure.is_missed else "yes"
        what = figure.what.replace("|", "\\|")
        lines.append(f"| {what} | {number(figure.value)} | {figure.unit} | {figure.goal} | {met} |")
    return "\n".join([*lines, ""])


def number(value: float) -> str:
    """Returns a figure as people read it: three digits that matter."""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"


def _machine() -> str:
    model = ""
    if _CPU_INFO.exists():
        text = _CPU_INFO.read_text("utf-8", "replace")
        found = re.search(r"model name\s*: (.+)", text)
        model = f"{found[1].strip()}, " if found else ""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}{os.cpu_count()} cores, {system}"
