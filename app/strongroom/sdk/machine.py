# SPDX-License-Identifier: Apache-2.0
"""What a run ran on: processor, cores it may use, memory, graphics cards. Read once a process.

* Limits of a container count: a run that may use 4 of 64 cores ran on 4.
* Nothing is started to find out; what the system does not write down is left empty.
"""

import os
import platform
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")
_MOST_BYTES = 1 << 20
MAX_GPUS = 64


@cache
def machine_facts() -> Mapping[str, str]:
    """Returns cpu, cpus, memory and, where there are cards, gpu and gpus; all as text."""
    cards = graphics_cards()
    facts = {
        "cpu": _processor(),
        "cpus": _cores(),
        "memory": _memory(),
        "gpu": ", ".join(f"{many} × {name}" for name, many in Counter(cards).items()),
        "gpus": str(len(cards)) if cards else "",
    }
    return {name: text for name, text in facts.items() if text}


def graphics_cards(environ: Mapping[str, str] = os.environ, proc: Path = PROC) -> list[str]:
    """Returns the name of each card this process may use, in the order of their slots."""
    names = []
    try:
        folders = sorted((proc / "driver" / "nvidia" / "gpus").iterdir())[:MAX_GPUS]
    except OSError:
        return []
    for folder in folders:
        for line in text_of(folder / "information").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "Model" and value.strip():
                names.append(value.strip()[:100])
    chosen = environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return names
    wanted = [each.strip() for each in chosen.split(",") if each.strip()]
    if "-1" in wanted:  # everything from there on is hidden
        wanted = wanted[: wanted.index("-1")]
    if all(each.isdecimal() and int(each) < len(names) for each in wanted):
        return [names[int(each)] for each in wanted]
    return names[: len(wanted)]  # named by their ids: as many as were named


def text_of(path: Path) -> str:
    """Returns a file of the system, "" if it is not there."""
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _processor() -> str:
    for line in text_of(PROC / "cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return " ".join(value.split())[:200]
    return platform.processor()[:200]


def _cores() -> str:
    count = os.cpu_count() or 0
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    quota, _, period = text_of(CGROUP / "cpu.max").strip().partition(" ")
    if quota.isdecimal() and period.isdecimal() and int(period):
        share = int(quota) / int(period)
        if share < count:
            return f"{share:g}"
    return str(count) if count else ""


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return ""
    limit = text_of(CGROUP / "memory.max").strip()
    if limit.isdecimal():
        size = min(size, int(limit))
    return f"{size / (1 << 30):.1f} GiB"
