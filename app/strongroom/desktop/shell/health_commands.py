# SPDX-License-Identifier: Apache-2.0
"""The way to the health of the store: a command in the menu, and the store in the strip."""

from strongroom.bootstrap import Services
from strongroom.desktop.kit.command import Command, with_store
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.domain.changes import Changes


def health_commands(window: MainWindow, services: Services) -> tuple[Command, ...]:
    """Returns the command that opens the dialog."""

    def tell(changes: Changes) -> None:
        window.refresh(changes)
        window.changed.emit(changes)

    def show() -> None:
        from strongroom.desktop.shell.health_dialog import HealthDialog  # read when somebody asks

        dialog = HealthDialog(services, window.tasks, parent=window)
        dialog.changed.connect(tell)
        dialog.place_requested.connect(window.open_place)
        dialog.open()

    window.strip.store_requested.connect(show)
    return (
        Command(
            id="store.health", title="Store health…", run=show, menu="File", icon="hard-drive",
            enabled=with_store, group="File",
            detail="What is not sealed, pushed or backed up, and what takes the space",
        ),
    )  # fmt: skip
