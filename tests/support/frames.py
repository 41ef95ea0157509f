# SPDX-License-Identifier: Apache-2.0
"""What frames cost: processor time of the window's thread, which other programs bend little."""

import time
from collections.abc import Callable
from statistics import median

from PySide6.QtWidgets import QApplication


def cpu_ms(act: Callable[[], object]) -> float:
    """Returns what doing something and painting it took this thread, in ms."""
    start = time.thread_time()
    act()
    QApplication.processEvents()
    return (time.thread_time() - start) * 1000


def median_frame(act: Callable[[int], object], count: int, *, most_seconds: float = 4.0) -> float:
    """Returns the median of many frames, in ms of this thread; fewer if they take too long.

    Args:
        act: Does what leads to one frame; gets the number of the frame.
        count: Frames.
        most_seconds: After so long at least three frames are enough.
    """
    end = time.monotonic() + most_seconds
    times: list[float] = []
    for number in range(count):
        times.append(cpu_ms(lambda at=number: act(at)))  # type: ignore[misc]
        if time.monotonic() > end and len(times) >= 3:
            break
    return median(times)
