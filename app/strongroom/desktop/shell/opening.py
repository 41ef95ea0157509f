# SPDX-License-Identifier: Apache-2.0
"""What is read of a store before its window can be furnished; all of it in a job.

* The window's frame is painted first: the job waits for that, because importing holds the
  interpreter and would delay the frame by what it takes.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from strongroom.bootstrap import Services, open_services
from strongroom.demo.people import PASSPHRASE_HINT, people_of
from strongroom.domain.clock import Clock
from strongroom.domain.progress import Progress

LONGEST_WAIT_S = 1.0  # for a window that nobody paints: minimised, or on another desktop


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store that is open for a person, and what the dialogs say about its passphrase."""

    services: Services
    hint: str


def open_store(
    store: Path,
    home: Path,
    progress: Progress,
    *,
    painted: threading.Event | None = None,
    clock: Clock | None = None,
) -> Opened:
    """Opens a store for the person of a home.

    Args:
        store: The store's folder.
        home: The person's.
        progress: Hears the steps; a Cancel is heard before the store is touched.
        painted: Is set when the frame has been painted; waited for.
        clock: What time it is.

    Raises:
        Cancelled: If somebody asked to stop.
        StrongroomError: If the store cannot be opened.
    """
    if painted is not None:
        painted.wait(LONGEST_WAIT_S)
    progress.step(0, 0)
    is_demo = any(person.home == home for person in people_of(store))
    services = open_services(store, home, clock=clock)
    return Opened(services=services, hint=PASSPHRASE_HINT if is_demo else "")
