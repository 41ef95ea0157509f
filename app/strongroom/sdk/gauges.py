# SPDX-License-Identifier: Apache-2.0
"""Reads how busy the machine is: processor, memory, disk, network, graphics cards.

* On Linux from ``/proc`` alone, in some 0.2 ms; elsewhere from psutil, if it is there.
* Rates are what changed since the last look, so the first look has none of them.
* What cannot be read is left out: a figure is never made up, and nothing here raises.
"""

import importlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from strongroom.domain.captured import SYSTEM_PREFIXES
from strongroom.sdk.machine import PROC, text_of

PREFIX = SYSTEM_PREFIXES[0]
MB = 1e6
MAX_PROCESSES = 256  # of one training process's children; more are not added up
GPU_TIMEOUT_S = 3.0
GPU_FIELDS = ("index", "utilization.gpu", "memory.used", "memory.total", "power.draw",
              "temperature.gpu")  # fmt: skip
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MIB_IN_MB = (1 << 20) / MB

Reading = Callable[[], Mapping[str, float]]


class Gauges:
    """Looks at the machine again and again.

    Args:
        disk: A folder on the disk whose room is told: the store.
        network: Whether the network is looked at.
        proc: Where the system tells of itself.
    """

    def __init__(self, disk: Path, *, network: bool = False, proc: Path = PROC) -> None:
        self._disk, self._proc = disk, proc
        self._counters: dict[str, float] = {}
        self._at = self._since = 0.0
        self._cards = GpuGauge()
        is_linux = (proc / "stat").exists()
        processor: list[Reading] = [self._linux] if is_linux else [_by_psutil]
        if network:
            processor.append(self._network if is_linux else dict)
        self._readings: tuple[Reading, ...] = (*processor, self._room, self._cards.read)

    def read(self) -> dict[str, float]:
        """Returns what is known now, by metric."""
        now = time.monotonic()
        found: dict[str, float] = {}
        self._since = now - self._at if self._at else 0.0
        self._at = now
        for reading in self._readings:
            try:
                found.update(reading())
            except (OSError, ValueError, IndexError, ZeroDivisionError, KeyError):
                continue
        return {PREFIX + name: value for name, value in found.items()}

    # ------------------------------------------------------------------ Linux

    def _linux(self) -> dict[str, float]:
        return self._machine() | self._process(process_tree(os.getpid(), self._proc))

    def _machine(self) -> dict[str, float]:
        words = text_of(self._proc / "stat").split("\n", 1)[0].split()[1:9]
        spent = [int(word) for word in words]
        idle, total = spent[3] + spent[4], sum(spent)
        found = {}
        passed = self._change("total", total)
        rested = self._change("idle", idle)
        if passed:
            found["cpu_percent"] = 100.0 * (1.0 - (rested or 0.0) / passed)
        sizes = {
            key: int(value.split()[0])
            for key, _, value in (
                line.partition(":") for line in text_of(self._proc / "meminfo").splitlines()
            )
            if key in {"MemTotal", "MemAvailable"}
        }
        found["memory_percent"] = 100.0 * (1.0 - sizes["MemAvailable"] / sizes["MemTotal"])
        return found

    def _process(self, pids: Iterable[int]) -> dict[str, float]:
        ticks, pages, read, written = 0, 0, 0, 0
        for pid in pids:
            fields = text_of(self._proc / str(pid) / "stat").rpartition(")")[2].split()
            if len(fields) < 22:
                continue  # it has just ended
            ticks += int(fields[11]) + int(fields[12])
            pages += int(fields[21])
            for line in text_of(self._proc / str(pid) / "io").splitlines():
                key, _, value = line.partition(": ")
                read += int(value) if key == "read_bytes" else 0
                written += int(value) if key == "write_bytes" else 0
        found = {"process_memory_mb": pages * _PAGE / MB}
        if (rate := self._rate("ticks", ticks)) is not None:
            found["process_cpu_percent"] = 100.0 * rate / _TICKS
        for name, count in (("process_read_mb_s", read), ("process_write_mb_s", written)):
            if (rate := self._rate(name, count)) is not None:
                found[name] = rate / MB
        return found

    def _network(self) -> dict[str, float]:
        received, sent = 0, 0
        for line in text_of(self._proc / "net" / "dev").splitlines()[2:]:
            name, _, rest = line.partition(":")
            words = rest.split()
            if name.strip() != "lo" and len(words) > 8:
                received, sent = received + int(words[0]), sent + int(words[8])
        rates = {
            "network_received_mb_s": self._rate("received", received),
            "network_sent_mb_s": self._rate("sent", sent),
        }
        return {name: rate / MB for name, rate in rates.items() if rate is not None}

    def _room(self) -> dict[str, float]:
        room = shutil.disk_usage(self._disk)
        return {"disk_percent": 100.0 * (room.total - room.free) / room.total}

    def _rate(self, name: str, count: float) -> float | None:
        """Returns how much a counter grows in a second; a child that ended takes its share away."""
        grown = self._change(name, count)
        return None if grown is None or self._since <= 0 else max(0.0, grown) / self._since

    def _change(self, name: str, count: float) -> float | None:
        before = self._counters.get(name)
        self._counters[name] = count
        return None if before is None else count - before


class GpuGauge:
    """Asks ``nvidia-smi``, where there is one; three answers that fail end the asking."""

    def __init__(self, program: str | None = None) -> None:
        self._program = program or shutil.which("nvidia-smi")
        self._failures = 0

    def read(self) -> dict[str, float]:
        """Returns use, memory, power and temperature of each card, by its number."""
        if self._program is None or self._failures >= 3:
            return {}
        try:
            done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
                [
                    self._program,
                    f"--query-gpu={','.join(GPU_FIELDS)}",
                    "--format=csv,noheader,nounits",
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=GPU_TIMEOUT_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            self._failures += 1
            return {}
        return _cards(done.stdout.decode("utf-8", "replace"))


def process_tree(pid: int, proc: Path = PROC) -> list[int]:
    """Returns a process and its living children's numbers, at most `MAX_PROCESSES`."""
    found = [pid]
    for each in found:
        if len(found) >= MAX_PROCESSES:
            break
        try:
            tasks = list((proc / str(each) / "task").iterdir())
        except OSError:
            continue
        for task in tasks[:MAX_PROCESSES]:
            words = text_of(task / "children").split()
            found += [int(word) for word in words if word.isdecimal()]
    return found[:MAX_PROCESSES]


def _cards(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in text.splitlines()[:64]:
        words = [word.strip() for word in line.split(",")]
        if len(words) != len(GPU_FIELDS) or not words[0].isdecimal():
            continue
        card = f"gpu{int(words[0])}"
        use, held, of, power, heat = (_number(word) for word in words[1:])
        told = {
            f"{card}_percent": use,
            f"{card}_memory_mb": None if held is None else held * _MIB_IN_MB,
            f"{card}_memory_percent": 100.0 * held / of if held is not None and of else None,
            f"{card}_power_w": power,
            f"{card}_celsius": heat,
        }
        found |= {name: value for name, value in told.items() if value is not None}
    return found


def _number(word: str) -> float | None:
    """Returns a figure; a card that does not tell says ``[N/A]``."""
    try:
        return float(word)
    except ValueError:
        return None


def _by_psutil() -> dict[str, float]:
    """Returns what psutil tells, nothing where it is not installed."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return {}
    return {
        "cpu_percent": float(psutil.cpu_percent(interval=None)),
        "memory_percent": float(psutil.virtual_memory().percent),
        "process_memory_mb": psutil.Process().memory_info().rss / MB,
    }
