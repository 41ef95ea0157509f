# SPDX-License-Identifier: Apache-2.0
"""What can be done to runs from the table: open, tick, copy the id, tag, delete, restore.

* Every change goes through `Tasks.change`; the page tells the window what it touched.
* Deleting hides a run and says so; nothing is removed from the disk.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.changes import Changes


class Host(Protocol):
    """What the menu needs of the page."""

    def open_run(self, run_id: str) -> None:
        """Shows one run in detail."""

    def tick(self, run_ids: Sequence[str], *, on: bool) -> None:
        """Ticks or unticks runs."""

    def charted(self) -> tuple[str, ...]:
        """Returns the ticked runs."""

    def showing_deleted(self) -> bool:
        """Returns whether deleted runs are shown."""


class RunActions:
    """Changes runs and tells the page.

    Args:
        services: What changes them.
        tasks: The jobs of the window.
        page: Hears of faults; its ``changed`` signal tells what was touched.
    """

    def __init__(self, services: RunsServices, tasks: Tasks, page: QWidget) -> None:
        self._services, self._tasks, self._page = services, tasks, page

    def build_menu(self, host: Host, run_ids: Sequence[str]) -> QMenu:
        """Returns the menu of the selected runs; it goes away when it is closed."""
        menu = QMenu(self._page)
        menu.aboutToHide.connect(menu.deleteLater)
        chosen = tuple(run_ids)
        is_one = len(chosen) == 1
        are_ticked = set(chosen) <= set(host.charted())
        if is_one:
            menu.addAction("Open").triggered.connect(lambda: host.open_run(chosen[0]))
        words = "Take off the charts" if are_ticked else "Show on the charts"
        menu.addAction(words).triggered.connect(lambda: host.tick(chosen, on=not are_ticked))
        menu.addSeparator()
        copy = "Copy run id" if is_one else f"Copy {len(chosen)} run ids"
        menu.addAction(copy).triggered.connect(lambda: self.copy_ids(chosen))
        menu.addAction("Tag…").triggered.connect(lambda: self.ask_tag(chosen))
        menu.addSeparator()
        if host.showing_deleted():
            menu.addAction("Restore").triggered.connect(lambda: self.restore(chosen))
        else:
            menu.addAction("Delete…").triggered.connect(lambda: self.ask_delete(chosen))
        return menu

    def copy_ids(self, run_ids: Sequence[str]) -> None:
        """Puts run ids on the clipboard, one a line."""
        QGuiApplication.clipboard().setText("\n".join(run_ids))

    def ask_tag(self, run_ids: Sequence[str]) -> Dialog:
        """Asks for a tag's name and value."""
        chosen = tuple(run_ids)
        what = wording.count(len(chosen), "run")
        dialog = Dialog(f"Tag {what}", title=f"Tag {what}", parent=self._page)
        key = Field("Name", "owner", size="large")
        value = Field("Value", "mara", size="large")
        dialog.set_body(
            column(Label("Name", "text_secondary", "dense"), 4, key, 12,
                   Label("Value", "text_secondary", "dense"), 4, value)
        )  # fmt: skip
        save = dialog.add_action("Set tag", "primary", "tag", closes=True)
        save.setEnabled(False)
        key.changed.connect(lambda words: save.setEnabled(bool(words.strip())))
        dialog.accepted.connect(lambda: self.tag(chosen, key.text().strip(), value.text()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def ask_delete(self, run_ids: Sequence[str]) -> Dialog:
        """Asks whether runs are to be hidden."""
        chosen = tuple(run_ids)
        what = wording.count(len(chosen), "run")
        dialog = Dialog(
            f"Delete {what}",
            title=f"Delete {what}",
            sentence="The bytes stay on the disk. Choose Deleted runs in the experiment menu to "
            "see them again and to restore them.",
            parent=self._page,
        )
        dialog.add_action("Delete", "danger", "trash-2", closes=True)
        dialog.accepted.connect(lambda: self.delete(chosen))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def tag(self, run_ids: Sequence[str], key: str, value: str) -> None:
        """Sets a tag on runs."""
        runs = self._services.runs
        self._change("Tagging runs", lambda: runs.tag(run_ids, key, value))

    def delete(self, run_ids: Sequence[str]) -> None:
        """Hides runs."""
        runs = self._services.runs
        self._change("Deleting runs", lambda: runs.delete(run_ids))

    def restore(self, run_ids: Sequence[str]) -> None:
        """Shows deleted runs again."""
        runs = self._services.runs
        self._change("Restoring runs", lambda: runs.restore(run_ids))

    def _change(self, name: str, work: Callable[[], Changes]) -> None:
        def tell(changes: Changes) -> None:
            changed = getattr(self._page, "changed", None)
            if isinstance(changed, SignalInstance):
                changed.emit(changes)

        self._tasks.change(
            "runs.change",
            name,
            lambda _progress: work(),
            tell,
            owner=self._page,
            failed=lambda fault: _show(fault, self._page),
        )


def _show(fault: BaseException, page: QWidget) -> None:
    errors.show(fault, page)
