# SPDX-License-Identifier: Apache-2.0
"""The menu under the right button on rows: what can be done with the selected runs now."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.menu import command_menu
from strongroom.desktop.kit.only_read import only_read
from strongroom.desktop.runs.commands import RUN_MENU
from strongroom.desktop.runs.table import RunsTable


class RowsHost(Protocol):
    """What the menu needs of the page."""

    table: RunsTable

    def commands(self) -> Sequence[Command]:
        """Returns what a person can do."""


def open_row_menu(page: RowsHost, run_id: str, place: QPoint) -> QMenu:
    """Opens the menu of the selected runs; a run outside of them is selected first.

    Args:
        page: The page with the table.
        run_id: The run under the mouse, "" for the head of a group.
        place: Where the menu opens, on the screen.
    """
    table = page.table
    if run_id and run_id not in table.selected():
        table.select(run_id)
    count = len(table.selected_ids())
    # A great many are known by number alone; the commands ask for their names.
    chosen = table.selected() or ("",) * min(count, 2)
    menu = command_menu(
        table, page.commands(), RUN_MENU,
        WindowState(page="runs", selection=chosen, has_store=True, only_read=only_read(table)),
        about=wording.count(count, "run") if count > 1 else "",
    )  # fmt: skip
    menu.popup(place)
    return menu
