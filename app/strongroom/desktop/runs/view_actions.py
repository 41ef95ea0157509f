# SPDX-License-Identifier: Apache-2.0
"""Saving what the table shows under a name, and coming back to it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QMenu, QWidget

from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.undo import Step
from strongroom.desktop.runs.column_actions import ColumnActions
from strongroom.desktop.runs.column_layout import ColumnLayout
from strongroom.desktop.runs.loading import RunsLoader
from strongroom.desktop.runs.model import RunsModel
from strongroom.desktop.runs.saved_views import LONGEST_NAME, SavedView, SavedViews
from strongroom.desktop.runs.words import shown

FOCUS_MS = 150  # the screen gives the focus back within a few


class ViewActions(QObject):
    """Saves, opens and forgets views.

    Args:
        views: The saved views.
        loader: Whose question is saved.
        model: Whose sorting is saved.
        layout: Whose columns are saved.
        columns: Shows other columns.
        page: The parent of dialogs.
    """

    def __init__(
        self,
        views: SavedViews,
        loader: RunsLoader,
        model: RunsModel,
        layout: ColumnLayout,
        columns: ColumnActions,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._views, self._loader, self._model = views, loader, model
        self._layout, self._columns, self._page = layout, columns, page

    def ask_save(self) -> Dialog:
        """Asks under which name to save what is shown."""
        dialog = Dialog(
            "Save view",
            title="Save this view",
            sentence="Filter, order, groups and columns. The runs it shows are always today's.",
            parent=self._page,
        )
        name = Field("Name", "Candidates > 0.93", size="large")
        name.set_text(shown(self._loader.question.filter)[:LONGEST_NAME])
        dialog.set_body(column(Label("Name", "text_secondary", "dense"), 4, name))
        save = dialog.add_action("Save view", "primary", "bookmark", closes=True)

        def look(words: str) -> None:
            is_there = self._views.get(words.strip()) is not None
            dialog.set_reason("The view of this name is replaced" if is_there else "", "warn")
            save.setEnabled(0 < len(words.strip()) <= LONGEST_NAME)

        name.changed.connect(look)
        look(name.text())
        dialog.accepted.connect(lambda: self.save(name.text().strip()))
        dialog.open()
        return dialog

    def save(self, name: str) -> None:
        """Saves what is shown under a name."""
        before = self._views.views()
        question = self._loader.question
        self._views.save(
            SavedView(
                name=name,
                question=question,
                sorting=self._model.sorting,
                columns=self._layout.to_json(),
            )
        )
        self._did(f"save view {shown(name)}", before)

    def remove(self, name: str) -> None:
        """Forgets a view."""
        before = self._views.views()
        self._views.remove(name)
        self._did(f"forget view {shown(name)}", before)

    def open(self, name: str) -> SavedView | None:
        """Shows columns and sorting of a view and returns it; None if there is none."""
        view = self._views.get(name)
        if view is not None:
            self._columns.change(f"columns of {shown(name)}", self._layout.take_json, view.columns)
            self._model.set_sorting(view.sorting)
        return view

    def choose(self, below: QWidget, opened: Callable[[str], None]) -> QMenu:
        """Opens the list of views below a button; the first has the keyboard."""
        menu = QMenu(self._page)
        menu.setFont(theme().font("body"))
        menu.aboutToHide.connect(menu.deleteLater)
        for view in self._views.views():
            action = menu.addAction(shown(view.name).replace("&", "&&"))
            action.triggered.connect(lambda _=False, name=view.name: opened(name))

        def show() -> None:
            menu.popup(below.mapToGlobal(QPoint(0, below.height() + 2)))
            menu.setActiveAction(menu.actions()[0])

        if self._page.isActiveWindow():
            show()
        else:
            # The palette has just gone and the screen is giving the focus back: Qt misses that
            # where a menu holds the keyboard, and the window would stay deaf.
            QTimer.singleShot(FOCUS_MS, menu, show)
        return menu

    def _did(self, title: str, before: tuple[SavedView, ...]) -> None:
        after = self._views.views()
        undo, redo = partial(self._views.put, before), partial(self._views.put, after)
        self._columns.tell(Step(title=title, undo=undo, redo=redo))
