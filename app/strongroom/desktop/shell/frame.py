# SPDX-License-Identifier: Apache-2.0
"""The frame of the window, before there is a store: menus, rail, the place of the page, strip.

* Cheap: neither SQL nor Arrow nor charts are imported for it; a test looks.
"""

from pathlib import Path

from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.frame_commands import frame_commands
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.page_spec import PLACES
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.status_strip import WindowStatus
from strongroom.domain.clock import Clock


def build_frame(
    store: Path, tasks: Tasks, session: Session, preferences: Preferences, clock: Clock
) -> MainWindow:
    """Returns the window without its pages, not shown yet.

    Args:
        store: The store it will show.
        tasks: The jobs of the window.
        session: What pages remember of their layout.
        preferences: The settings as the window lives them.
        clock: What time it is.
    """
    window = MainWindow(
        PLACES,
        frame_commands(lambda: window, tasks, preferences),
        tasks=tasks,
        clock=clock,
        session=session,
    )
    window.set_store(store.name, "")
    window.set_status(WindowStatus(store=str(store)))
    return window
