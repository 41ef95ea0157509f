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
    """One measured figure: what, value, unit, and the goal of the design ("" if there is none).

    ``limit`` says what the machine itself took for the least that has to be done, measured in the
    same run ("" where nobody measured it). ``why`` says what stands in the way of the goal: the
    page tells it where the goal is missed.
    """

    what: str
    value: float
    unit: str
    goal: str
    limit: str = ""
    why: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the goal names a bound and the value lies beyond it."""
        bound = _BOUND.search(self.goal)
        if bound is None:
            return False
        limit = float(bound[2].replace(",", ""))
        return self.value > limit if bound[1] == "≤" else self.value < limit


Sections = dict[str, list[Figure]]
told: Sections = {}
"""What was reported in this process, in its order, below the first line of each bench."""
_section = [""]


def begin(section: str) -> None:
    """Says what the figures that follow are about."""
    _section[0] = section


def report(*figures: Figure) -> None:
    """Prints figures as aligned lines and keeps them."""
    print()
    for figure in figures:
        goal = f"   goal {figure.goal}" if figure.goal else ""
        missed = "   MISSED" if figure.is_missed else ""
        limit = f"   least {figure.limit}" if figure.limit else ""
        taken = f"{number(figure.value):>10} {figure.unit:<12}"
        print(f"  {figure.what:<60} {taken}{goal}{limit}{missed}")
    told.setdefault(_section[0], []).extend(figures)


def page(sections: Sections, command: str) -> str:
    """Returns the page of benchmarks: machine, day, command, and a row for each figure."""
    day = to_iso(SystemClock().now_us())[:10]
    how = (
        f"Written by `{command}` on {day}; nothing here was typed by hand. Times of the window are"
        " processor time of its own thread, medians; a machine that does other work at the same"
        " time makes them larger, so ratios to the peers measured in the same run say more. A"
        " goal is the design's; the least is what the machine took for what has to be done anyway,"
        " such as one write or one fsync, measured in the same run."
    )
    figures = [figure for section in sections.values() for figure in section]
    goals = [figure for figure in figures if figure.goal]
    missed = [figure for figure in goals if figure.is_missed]
    met = f"{len(goals) - len(missed)} of {len(goals)} goals are met."
    told_missed = ["## Goals that are missed, and why", "", *map(_missed, missed), ""]
    lines = [
        "# Benchmarks",
        "",
        how,
        "",
        f"Machine: {_machine()}.",
        "",
        met,
        "",
        *(told_missed if missed else ()),
    ]
    for section, measured in sections.items():
        lines += [f"## {section}", "", *_table(measured), ""]
    return "\n".join(lines)


def _missed(figure: Figure) -> str:
    """Returns the line of a goal that was missed: by how much, and what is in the way."""
    least = f" The machine itself took {figure.limit}." if figure.limit else ""
    why = f" {figure.why}" if figure.why else " What is in the way has not been found out."
    taken = f"{number(figure.value)} {figure.unit} where {figure.goal} is the goal."
    return f"- {figure.what}: {taken}{least}{why}"


def _table(figures: Sequence[Figure]) -> list[str]:
    rows = ["| what | figure | unit | goal | met | least |", "|---|---:|---|---|---|---|"]
    for figure in figures:
        met = "" if not figure.goal else "**no**" if figure.is_missed else "yes"
        cells = (figure.what.replace("|", "\\|"), number(figure.value), figure.unit, figure.goal,
                 met, figure.limit)  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return rows


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
