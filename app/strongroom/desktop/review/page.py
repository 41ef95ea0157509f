# SPDX-License-Identifier: Apache-2.0
"""The reviews page: what waits for me, what I asked for, what is open, what was decided.

* The list and the case are read on a worker; the window's "no" is the service's own reason.
* After an answer the page shows what the store says now, never what it hoped for.
"""

from collections.abc import Sequence
from typing import cast

import shiboken6

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QStackedWidget

from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.command import Command, Reason, WindowState, with_store
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.review import lines
from strongroom.desktop.review.detail_pane import DetailPane
from strongroom.desktop.review.lines import EMPTY, TABS, Tab
from strongroom.desktop.review.request_dialog import RequestDialog
from strongroom.desktop.review.services import ReviewServices
from strongroom.desktop.review.transition_dialog import TransitionDialog
from strongroom.domain.changes import Changes
from strongroom.domain.registry import TransitionRequest
from strongroom.services.review_case import ReviewCase, ReviewItem

__all__ = ["ReviewServices", "ReviewsPage"]

LEAST_FILTER, MOST_FILTER = 132, 240  # px, px at 100 %


class _Filter(SearchField):
    """A filter that likes to be wide and may become narrow."""

    def sizeHint(self) -> QSize:
        """Returns the width it takes where there is room."""
        return QSize(theme().scaled(MOST_FILTER), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Returns the least width."""
        return QSize(LEAST_FILTER, super().minimumSizeHint().height())


class ReviewsPage(Page):
    """Requests at the left, the selected case at the right.

    Signals:
        noticed: Something was done that deserves a notice (title, detail).
    """

    page_id = "reviews"
    title = "Reviews"
    noticed = Signal(str, str)

    def __init__(self, services: ReviewServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._items: tuple[ReviewItem, ...] = ()
        self._case: ReviewCase | None = None
        self._dialog: TransitionDialog | None = None
        self._asked_place: Place | None = None
        self._has_loaded = self._is_led = False
        self._wanted = ""
        self.tabs = Segmented(TABS, "mine", name="Requests")
        self.tabs.setObjectName("reviews.tabs")
        self.filter = _Filter("Filter requests", "Filter by model, person, stage")
        self.filter.setObjectName("reviews.filter")
        self.request_button = Button("Request transition", "secondary", "stamp", changes=True)
        self.request_button.setObjectName("reviews.request")
        self.table = Table(lines.columns("mine", has_expiry=False), name="Requests", row_height=48)
        self.table.setObjectName("reviews.table")
        self.pane = DetailPane()
        self._empty = EmptyState(*EMPTY["mine"])
        self._list = QStackedWidget()
        self._list.addWidget(self.table)
        self._list.addWidget(self._empty)
        bar = PageBar("Reviews", [self.tabs], [self.filter, self.request_button])
        super().__init__(bar, row((self._list, 1), self.pane, spacing=0))
        self._connect()
        self._list.installEventFilter(self)
        self.reload()

    # ---------------------------------------------------------------- what the shell asks

    def show_place(self, place: Place) -> None:
        """Opens a tab, a request (its id or the head of it), or asks for a version's move."""
        tab = place.argument("tab")
        if tab in dict(TABS):
            self._lead_to(tab)
        if place.filter != self.filter.text():
            self.filter.set_text(place.filter)
        request = place.argument("request")
        if request:
            self._wanted = request
            self._select_wanted()
        version = place.argument("ask")
        if version and place is not self._asked_place:
            self._asked_place = place  # going Back to it must not ask again
            self.request_transition(version)
        self.reload()

    def place(self) -> Place:
        """Returns tab, selected request and filter."""
        arguments = {"tab": self.tabs.current()}
        selected = self.table.selected()
        if selected:
            arguments["request"] = selected[0]
        return Place.of("reviews", arguments, self.filter.text())

    def refresh(self, changes: Changes) -> None:
        """Reads the list again if a request, a model or the team changed."""
        if not (changes.requests or changes.models or changes.is_team or changes.events):
            return
        self.reload()
        dialog = self._dialog
        if dialog is not None and shiboken6.isValid(dialog):
            dialog.reload()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives list and pane their shares."""
        super().resizeEvent(event)
        self.pane.share(self.width())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leaves out columns when the list becomes narrow, and brings them back."""
        if watched is self._list and event.type() == QEvent.Type.Resize and self._has_loaded:
            self._fit_columns()
        return super().eventFilter(watched, event)

    def selection(self) -> tuple[str, ...]:
        """Returns the id of the selected request."""
        return self.table.selected()

    def badge(self) -> str:
        """Returns how many requests wait for me."""
        waiting = sum(item.waits_for_me for item in self._items)
        return str(waiting) if waiting else ""

    def commands(self) -> Sequence[Command]:
        """Returns what can be done with the selected request."""
        return (
            Command(
                id="review.request", title="Request transition…", run=self.request_transition,
                menu="Review", icon="stamp", enabled=with_store, changes=True,
            ),
            Command(
                id="review.open", title="Review the selected request…", run=self.open_review,
                menu="Review", icon="pen-line", shortcut="Ctrl+Return", enabled=self._may_open,
                changes=True,
            ),
            Command(
                id="review.approve", title="Approve…", run=self.open_review, menu="Review",
                icon="circle-check", enabled=self._may_approve,
                detail="Opens the dialog that shows what will be signed", changes=True,
            ),
            Command(
                id="review.reject", title="Reject…", run=self.open_to_answer, menu="Review",
                icon="circle-x", enabled=self._may_reject, changes=True,
            ),
            Command(
                id="review.withdraw", title="Withdraw my request…", run=self.open_review,
                menu="Review", icon="undo-2", enabled=self._may_withdraw, changes=True,
            ),
        )  # fmt: skip

    # ---------------------------------------------------------------- acts

    def reload(self) -> None:
        """Reads the list of requests."""
        self._tasks.ask(
            "reviews.list",
            "Reading requests",
            lambda _progress: self._services.reviews.items(),
            self._on_listed,
            owner=self,
        )

    def open_review(self) -> None:
        """Opens the transition dialog of the selected request."""
        self._open_dialog(wants_comment=False)

    def open_to_answer(self) -> None:
        """Opens the transition dialog with the keyboard in the comment."""
        self._open_dialog(wants_comment=True)

    def request_transition(self, version: str = "") -> None:
        """Opens the dialog that asks for a move, of a version if one is named."""
        dialog = RequestDialog(self._services, self._tasks, version, parent=self)
        dialog.requested.connect(self._on_requested)
        dialog.open()

    def dialog(self) -> TransitionDialog | None:
        """Returns the transition dialog if it is open."""
        dialog = self._dialog
        return dialog if dialog is not None and shiboken6.isValid(dialog) else None

    # ---------------------------------------------------------------- inside

    def _connect(self) -> None:
        self.tabs.changed.connect(self._on_tab_changed)
        self.filter.changed.connect(lambda _words: self._show_lines())
        self.request_button.clicked.connect(self.request_transition)
        self.table.selection_changed.connect(self._on_selected)
        self.table.activated_row.connect(lambda _key: self.open_review())
        self.table.context_requested.connect(self._on_context_requested)
        self._empty.acted.connect(self._on_empty_acted)
        self.pane.review_requested.connect(self.open_review)
        self.pane.changes_requested.connect(self.open_to_answer)
        self.pane.withdraw_requested.connect(self.open_review)
        self.pane.version_requested.connect(self._on_version_requested)

    def _tab(self) -> Tab:
        return cast("Tab", self.tabs.current())

    def _show_lines(self) -> None:
        """Shows the lines of the tab, or why there are none."""
        tab, words, now = self._tab(), self.filter.text(), self._services.clock.now_us()
        has_expiry = any(
            lines.expires_us(item.request) is not None
            for item in self._items
            if lines.belongs(item, tab)
        )
        room = round(self._list.width() / theme().scale)
        columns = lines.columns(tab, has_expiry=has_expiry, room=room)
        found = lines.lines(self._items, tab, words, columns, now)
        if columns != self.table.columns():
            selected = self.table.selected()
            with QSignalBlocker(self.table):  # the selection is put back below
                self.table.set_lines(())
                self.table.set_columns(columns)
                self.table.set_lines(found)
                if selected:
                    self.table.select(selected[0])
        else:
            self.table.set_lines(found)
        self._list.setCurrentWidget(self.table if found else self._empty)
        if not found:
            self._explain(tab, words)
        if not self.table.selected():
            first = next((line.key for line in found if hasattr(line, "cells")), "")
            if not (first and self.table.select(first)):
                self._on_selected(())

    def _fit_columns(self) -> None:
        """Shows the lines again if another number of columns fits."""
        before, room = self.table.columns(), round(self._list.width() / theme().scale)
        has_expiry = before[-1].title == "Expires"
        if lines.columns(self._tab(), has_expiry=has_expiry, room=room) != before:
            self._show_lines()

    def _explain(self, tab: Tab, words: str) -> None:
        title, why = EMPTY[tab]
        action = ""
        if words and any(lines.belongs(item, tab) for item in self._items):
            title, why = "No request matches", f"Nothing in this list has “{words}” in it."
            action = "Show all"
        elif not self._has_loaded:
            title, why = "Reading requests", "This takes a moment."
        elif tab == "mine" and any(item.request.status.is_open for item in self._items):
            action = "Show all open"
        self._empty.set_words(title, why)
        self._empty.button.set_words(action)
        self._empty.button.setVisible(bool(action))

    def _on_empty_acted(self) -> None:
        if self.filter.text():
            self.filter.set_text("")
        else:
            self.tabs.set_current("open")

    def _on_listed(self, items: tuple[ReviewItem, ...]) -> None:
        self._items, self._has_loaded = items, True
        self.tabs.set_counts(lines.counts(items))
        self._show_lines()
        self._select_wanted()
        if self.table.selected():
            self._ask_case(self.table.selected()[0])
        self.selection_changed.emit()

    def _select_wanted(self) -> None:
        """Selects the request somebody came for, in the tab where it is."""
        wanted = self._wanted
        item = next((one for one in self._items if one.request.id.startswith(wanted)), None)
        if not wanted or item is None:
            return
        self._wanted = ""
        if not lines.belongs(item, self._tab()):
            self._lead_to("open" if item.request.status.is_open else "closed")
        if not lines.matches(item, self.filter.text()):
            self.filter.set_text("")
        self.table.select(item.request.id)

    def _on_tab_changed(self, _tab: str) -> None:
        self._show_lines()
        if not self._is_led:  # going Back, or to a request, is no new place
            self.place_changed.emit(self.place())

    def _lead_to(self, tab: str) -> None:
        """Opens a tab without making it a place of its own."""
        self._is_led = True
        self.tabs.set_current(tab)
        self._is_led = False

    def _on_selected(self, keys: tuple[str, ...]) -> None:
        self.selection_changed.emit()
        self.pane.setVisible(bool(keys))
        if not keys:
            self._case = None
            self.pane.show_nothing()
            return
        self._ask_case(keys[0])

    def _ask_case(self, id_: str) -> None:
        self._tasks.ask(
            "reviews.case",
            "Reading the request",
            lambda _progress: self._services.reviews.case(id_),
            self._on_case,
            owner=self,
        )

    def _on_case(self, case: ReviewCase) -> None:
        if self.table.selected() != (case.item.request.id,):
            return
        self._case = case
        me = self._services.identities.show()
        self.pane.show_case(case, me.name if me else "", self._services.clock.now_us())
        self.selection_changed.emit()

    def _open_dialog(self, *, wants_comment: bool) -> None:
        case = self._case
        if case is None or self.dialog() is not None:
            return
        dialog = TransitionDialog(self._services, self._tasks, case, self)
        self._dialog = dialog
        dialog.decided.connect(self._on_decided)
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()
        if wants_comment:
            dialog.comment.edit.setFocus()

    def _on_dialog_finished(self, _result: int) -> None:
        self._dialog = None

    def _on_decided(self, request: TransitionRequest, word: str) -> None:
        self._wanted = request.id
        state = lines.status_words(request.status)[0]
        detail = f"{lines.name_of(request)}: {request.from_stage} to {request.to_stage}, {state}"
        self.noticed.emit(word, detail)
        self._announce(request)

    def _on_requested(self, request: TransitionRequest) -> None:
        self._wanted = request.id
        state = lines.status_words(request.status)[0]
        detail = f"{lines.name_of(request)}: {request.from_stage} to {request.to_stage}, {state}"
        self.noticed.emit("Requested", detail)
        self._announce(request)

    def _announce(self, request: TransitionRequest) -> None:
        """Tells the window what was touched and reads the list again, window or not."""
        self.changed.emit(self._services.reviews.changes_of(request))
        self.reload()

    def _on_version_requested(self) -> None:
        if self._case is not None:
            model, version, tree = self._case.item.request.key
            arguments = {"name": model, "version": f"{version}+{tree[:8]}"}
            self.place_requested.emit(Place.of("models", arguments))

    def _on_context_requested(self, _key: str, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Review…", self.open_review)
        menu.addAction("Open the version", self._on_version_requested)
        menu.popup(at)

    # ---------------------------------------------------------------- why not

    def _may_open(self, state: WindowState) -> Reason | None:
        if state.page != self.page_id or not state.selection or self._case is None:
            return Reason("Select a request on the Reviews page first")
        return None

    def _may_approve(self, state: WindowState) -> Reason | None:
        missing = self._may_open(state)
        if missing is None and self._case is not None and self._case.blockers:
            return Reason(self._case.blockers[0])
        return missing

    def _may_reject(self, state: WindowState) -> Reason | None:
        missing = self._may_open(state)
        if missing is not None or self._case is None:
            return missing
        if self._case.item.is_mine:
            return Reason("You asked for this yourself: withdraw it instead")
        return Reason(self._case.item.objection) if self._case.item.objection else None

    def _may_withdraw(self, state: WindowState) -> Reason | None:
        missing = self._may_open(state)
        if missing is not None or self._case is None:
            return missing
        if not self._case.item.is_mine:
            return Reason("Only its requester may withdraw a request")
        if not self._case.item.request.status.is_open:
            return Reason("This request is closed")
        return None
