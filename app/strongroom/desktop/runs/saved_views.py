# SPDX-License-Identifier: Apache-2.0
"""Views a person saved: which runs, in which order and groups, with which columns.

* A view is a name for a question; the runs it shows are those of today.
* Views belong to this workstation. What cannot be read of them is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.finding import Question
from strongroom.desktop.runs.plot_fields import field_of, key_of
from strongroom.desktop.runs.services import RunsServices
from strongroom.domain.errors import BadInput

REMEMBERED = "runs.views"
MOST_VIEWS = 40
LONGEST_NAME = 60
_TEXTS = ("filter", "experiment", "order_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A name for a question and its columns; ``sorting`` is a column's key and its direction."""

    name: str
    question: Question
    sorting: tuple[str, bool] | None = None
    columns: object = None


class SavedViews(QObject):
    """The saved views, and how many runs each has.

    Args:
        services: What counts runs.
        tasks: The jobs of the window.
        session: Where views are kept.

    Signals:
        changed: Other views, or other counts (tuple of names and counts; None is not counted).
    """

    changed = Signal(object)

    def __init__(
        self, services: RunsServices, tasks: Tasks, session: Session, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks, self._session = services, tasks, session
        kept = session.value(REMEMBERED, [])
        read = [_read(each) for each in kept] if isinstance(kept, list) else []
        self._views = {view.name: view for view in read if view is not None}
        self._counts: dict[str, int | None] = {}

    def views(self) -> tuple[SavedView, ...]:
        """Returns the views in the order they were saved."""
        return tuple(self._views.values())

    def get(self, name: str) -> SavedView | None:
        """Returns a view by its name."""
        return self._views.get(name)

    def save(self, view: SavedView) -> None:
        """Keeps a view; one of the same name is replaced."""
        self.put((*(each for each in self.views() if each.name != view.name), view))

    def remove(self, name: str) -> None:
        """Forgets a view; runs are not touched."""
        self.put(tuple(view for view in self.views() if view.name != name))

    def put(self, views: Sequence[SavedView]) -> None:
        """Keeps these views and no others."""
        self._views = {view.name: view for view in views[-MOST_VIEWS:]}
        self._session.set_value(REMEMBERED, [_as_json(view) for view in self.views()])
        self.tell()
        self.count()

    def tell(self) -> None:
        """Says again which views there are."""
        self.changed.emit(tuple((name, self._counts.get(name)) for name in self._views))

    def count(self) -> None:
        """Counts the runs of every view."""
        views, table = self.views(), self._services.run_table
        if not views:
            return

        def work(_progress: object) -> dict[str, int | None]:
            return {view.name: _counted(view, table.count) for view in views}

        def done(counts: dict[str, int | None]) -> None:
            self._counts = counts
            self.tell()

        self._tasks.ask("runs.views", "Counting saved views", work, done, owner=self)


def _counted(view: SavedView, count: Any) -> int | None:  # noqa: ANN401 - `RunTable.count`
    question = view.question
    try:
        many: int = count(
            question.filter,
            experiment=question.experiment,
            is_deleted=question.is_deleted,
            is_archived=question.is_archived,
        )
    except BadInput:  # a filter that the language no longer reads
        return None
    return many


def _as_json(view: SavedView) -> dict[str, Any]:
    question = view.question
    return {
        "name": view.name,
        **{text: getattr(question, text) for text in _TEXTS},
        "hidden": question.hidden,
        "group": None if question.group_by is None else key_of(question.group_by),
        "sorting": None if view.sorting is None else list(view.sorting),
        "columns": view.columns,
    }


def _read(kept: object) -> SavedView | None:
    if not isinstance(kept, dict):
        return None
    name = kept.get("name")
    texts = {text: kept.get(text, "") for text in _TEXTS}
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        return None
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    sorting = kept.get("sorting")
    is_pair = isinstance(sorting, list) and len(sorting) == 2 and isinstance(sorting[0], str)
    group = field_of(kept.get("group"))
    return SavedView(
        name=name,
        question=Question(
            filter=texts["filter"],
            experiment=texts["experiment"],
            order_by=texts["order_by"],
            is_deleted=kept.get("hidden") == "deleted",
            is_archived=kept.get("hidden") == "archived",
            group_by=None if group is None or group.is_numeric else group,
        ),
        sorting=(sorting[0], bool(sorting[1])) if is_pair and isinstance(sorting, list) else None,
        columns=kept.get("columns"),
    )
