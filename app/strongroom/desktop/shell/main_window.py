# SPDX-License-Identifier: Apache-2.0
"""The window: menu bar with the palette field, rail, pages, status strip.

* The shell knows no page: it gets `PageSpec` values, takes the pages when they are made, and only
  asks what `Page` promises. A place can be opened before its page is there.
* Every way to a place goes through `open_place`, so Back always works.
* Closing cancels what runs, waits for it, and leaves nothing behind.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.menu import Groups, command_menu
from strongroom.desktop.kit.only_read import only_read
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.task import Tasks, TaskState
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.undo import Step, UndoStack
from strongroom.desktop.shell import window_commands
from strongroom.desktop.shell.commands import CommandRegistry
from strongroom.desktop.shell.dropped import folder_of
from strongroom.desktop.shell.history import History
from strongroom.desktop.shell.look_commands import LOOK_MENU
from strongroom.desktop.shell.menu_bar import MenuBar
from strongroom.desktop.shell.notices import Notices, ToastHost
from strongroom.desktop.shell.page_spec import PageSpec
from strongroom.desktop.shell.page_stack import PageStack
from strongroom.desktop.shell.palette import Palette, PaletteEntry, command_entries
from strongroom.desktop.shell.palette_field import PaletteField
from strongroom.desktop.shell.question_dialog import QuestionDialog
from strongroom.desktop.shell.rail import Rail
from strongroom.desktop.shell.status_strip import StatusStrip, WindowStatus
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock

PALETTE = "window.palette"
RECENT = "palette.recent"
MOST_REMEMBERED = 20
SMALLEST = (1100, 700)
USUAL = (1440, 900)


class MainWindow(QMainWindow):
    """The window.

    Args:
        pages: The places of the rail; the pages themselves `join` when they are made.
        commands: Commands that belong to no page.
        tasks: The jobs of the window.
        clock: Tells the time of notices.
        state: Returns store, person and capabilities; page and selection are filled in here.
        session: Remembers what was run from the palette.

    Signals:
        sign_in_requested: Somebody pressed who is signed in.
        painted: The window was painted for the first time.
        place_changed: Another place is open (a `Place`).
        changed: A page changed something (a `Changes`), after all pages heard of it.
        closing: The window is about to close.
    """

    sign_in_requested = Signal()
    chain_requested = Signal()
    exchange_requested = Signal()
    store_menu_requested = Signal()
    support_requested = Signal()
    demo_requested = Signal()
    demo_remove_requested = Signal()
    folder_dropped = Signal(object)
    painted = Signal()
    place_changed = Signal(object)
    changed = Signal(object)
    closing = Signal()

    def __init__(
        self,
        pages: Sequence[PageSpec],
        commands: Sequence[Command],
        *,
        tasks: Tasks,
        clock: Clock,
        state: Callable[[], WindowState] = WindowState,
        session: Session | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Strongroom")
        self.setMinimumSize(*SMALLEST)
        self.resize(*USUAL)
        self._specs = {spec.id: spec for spec in pages}
        self._is_painted = False
        self._base_state = state
        self._objects: Callable[[], Sequence[PaletteEntry]] = tuple
        self._open_object: Callable[[str], None] | None = None
        self.tasks, self._clock, self._session = tasks, clock, session or Session()
        self._may_close = False
        self.asks_before_closing: Callable[[], bool] = lambda: True
        self.setAcceptDrops(True)
        self.history = History()
        self.undo = UndoStack(self)
        self.notices = Notices(clock, self)
        self.commands = CommandRegistry(self.state, self)
        self._make_frame(pages)
        self._toast = ToastHost(self.notices, self)
        self._palette: Palette | None = None
        self.commands.add(window_commands.of(self))
        self.commands.add(commands)
        self.commands.fill(self._menus)
        self.commands.look_again()
        self.undo.changed.connect(self.commands.look_again)
        tasks.failed.connect(self._on_task_failed)
        if pages:
            self.open_place(Place(pages[0].id))
        theme().follow(self)

    def state(self) -> WindowState:
        """Returns what commands decide on now."""
        base = self._base_state()
        page = self.page()
        return WindowState(
            page=self.page_id(),
            selection=page.selection() if page is not None else (),
            has_store=base.has_store,
            person=base.person,
            role=base.role,
            capabilities=base.capabilities,
            only_read=only_read(self),
        )

    def page(self) -> Page | None:
        """Returns the page that is open."""
        return self._stack.current_page()

    def page_id(self) -> str:
        """Returns the id of the page that is open."""
        return self._stack.current_id()

    def place(self) -> Place | None:
        """Returns where somebody is: on a page, or waiting for one."""
        made = self._stack.made(self.page_id())
        return made.place() if made is not None else self.history.current

    def pages(self) -> tuple[Page, ...]:
        """Returns the pages that are made, in the order of the rail."""
        return self._stack.pages()

    def missing(self) -> tuple[str, ...]:
        """Returns the ids of the pages that are still to be made, the open one first."""
        return self._stack.missing()

    def furnish(
        self,
        *,
        state: Callable[[], WindowState],
        objects: Callable[[], Sequence[PaletteEntry]],
        open_object: Callable[[str], None],
    ) -> None:
        """Takes what a store knows: who is there, what can be jumped to, and how.

        Args:
            state: Returns store, person and capabilities; page and selection are filled in here.
            objects: Returns things to jump to for the palette.
            open_object: Opens one of them by its key.
        """
        self._base_state, self._objects, self._open_object = state, objects, open_object
        self.commands.look_again()

    def join(self, page: Page) -> None:
        """Takes a page that was made, and shows it if its place is open.

        Raises:
            KeyError: If no place was kept for it.
        """
        self._stack.join(page)
        page.place_requested.connect(self.open_place)
        page.place_changed.connect(self._on_page_place_changed)
        page.selection_changed.connect(self.commands.look_again)
        page.changed.connect(self._on_page_changed)
        page.undoable.connect(lambda step: self._on_page_undoable(page.page_id, step))
        self._join_bar(page)
        self.commands.add(page.commands(), 1 + list(self._specs).index(page.page_id))
        self.commands.fill(self._menus)
        self._refresh_badge(page)
        if self.page_id() == page.page_id:
            self._show(self.history.take() or Place(page.page_id))
        else:
            self.commands.look_again()

    def add_commands(self, commands: Sequence[Command]) -> None:
        """Takes commands that came with the store and belong to no page."""
        self.commands.add(commands)
        self.commands.fill(self._menus)
        self.commands.look_again()

    def open_place(self, place: Place) -> bool:
        """Opens a place and remembers it; returns whether there is such a page."""
        if place.page not in self._specs:
            return False
        self.history.visit(place)
        self._show(place)
        return True

    def go_back(self) -> None:
        """Opens the place before."""
        place = self.history.back()
        if place is not None:
            self._show(place)

    def go_forward(self) -> None:
        """Opens the place somebody went back from."""
        place = self.history.forward()
        if place is not None:
            self._show(place)

    def specs(self) -> tuple[PageSpec, ...]:
        """Returns the pages in the order of the rail."""
        return tuple(self._specs.values())

    @property
    def palette_box(self) -> Palette:
        """The palette; made when it is first wanted."""
        if self._palette is None:
            self._palette = Palette(self._palette_entries, self._run_entry, self._recent, self)
        return self._palette

    def open_palette(self) -> None:
        """Opens the palette over the upper part of the window."""
        at = QPoint((self.width() - self.palette_box.width()) // 2, 96)
        self.palette_box.move(self.mapToGlobal(at))
        self.palette_box.show()

    def open_jobs(self) -> None:
        """Opens the list of what runs."""
        from strongroom.desktop.shell.jobs_dialog import JobsDialog  # read when somebody asks

        dialog = JobsDialog(self.tasks, parent=self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def open_notices(self) -> None:
        """Opens the history of notices."""
        from strongroom.desktop.shell.notices_panel import NoticesPanel  # ditto

        panel = NoticesPanel(self.notices, self._clock, self, support=self.support_requested.emit)
        panel.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        panel.open()

    def set_status(self, status: WindowStatus) -> None:
        """Shows store, person, exchange and chain in the strip."""
        self.strip.set_status(status)

    def set_store(self, name: str, team: str) -> None:
        """Shows the store's name and the short team id at the head of the rail."""
        self.rail.store.set_store(name, team)

    def add_strip(self, strip: QWidget) -> None:
        """Puts a strip above rail and pages, for what concerns all of them."""
        self._down.insertWidget(0, strip)

    def refresh(self, changes: Changes) -> None:
        """Tells every page what was touched, and looks at badges and commands again."""
        for page in self.pages():
            page.refresh(changes)
        self.refresh_badges()
        self.commands.look_again()

    def refresh_badges(self) -> None:
        """Asks every page for its badge."""
        for page in self.pages():
            self._refresh_badge(page)

    def _refresh_badge(self, page: Page) -> None:
        waits = self._specs[page.page_id].waits_for_me
        self.rail.set_badge(page.page_id, page.badge(), waits_for_me=waits)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells that the window was painted for the first time."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)  # when what stands in it is painted too

    def showEvent(self, event: QShowEvent) -> None:
        """Gives the keyboard to the page at first, not to the palette field."""
        super().showEvent(event)
        if self.focusWidget() is None or self.focusWidget() is self._search:
            self._stack.setFocus()

    def close_at_once(self) -> None:
        """Closes without asking; what runs is cancelled."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks while something is being changed; then cancels what runs and waits for it."""
        changing = [state for state in self.tasks.running() if state.is_change]
        if changing and not self._may_close and self.asks_before_closing():
            event.ignore()
            self._ask_to_close(changing)
            return
        self.closing.emit()
        self._toast.stop()
        if self._palette is not None:
            self._palette.hide()
        self.tasks.close()
        super().closeEvent(event)

    def _ask_to_close(self, changing: Sequence[TaskState]) -> None:
        names = "\n".join(state.name for state in changing)
        QuestionDialog(
            "Close while something is running",
            "It is cancelled at its next step; what is finished stays finished.",
            "Stop and close", self.close_at_once, kind="danger", icon="x",
            cancel="Keep working", details=names, parent=self,
        ).open()  # fmt: skip

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what the page does, or on the frame how the window looks."""
        page, place = self.page(), event.globalPos()
        on_page = page is not None and page.rect().contains(page.mapFromGlobal(place))
        groups = self._page_menu(page) if page is not None and on_page else LOOK_MENU
        command_menu(self, self.commands.commands(), groups, self.state()).popup(place)

    def _page_menu(self, page: Page) -> Groups:
        own = page.menu or [[command.id for command in page.commands()]]
        return (("go.back", "go.forward", "edit.undo", "edit.redo"), *own, ("help.page",))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts one folder of this machine."""
        if folder_of(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens a folder that was dropped."""
        folder = folder_of(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self.folder_dropped.emit(folder)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the toast in its corner."""
        super().resizeEvent(event)
        self.rail.fit(self.width())
        self._toast.place()

    def _make_frame(self, pages: Sequence[PageSpec]) -> None:
        self._menus = MenuBar()
        self._search = PaletteField()
        self._search.clicked.connect(self.open_palette)
        self._top = Surface("bg_chrome", "b")
        across = QHBoxLayout(self._top)
        across.setContentsMargins(4, 0, 8, 1)
        across.addWidget(self._menus, 1)
        across.addWidget(self._search)
        self._top.setFixedHeight(theme().height("menu_bar"))
        self.setMenuWidget(self._top)
        self.rail = Rail(
            [(spec.id, spec.title, spec.icon) for spec in pages if not spec.at_foot],
            [(spec.id, spec.title, spec.icon) for spec in pages if spec.at_foot],
        )
        self.rail.chosen.connect(self.go_to)
        self.rail.store_menu_requested.connect(self.store_menu_requested)
        self._stack = PageStack(pages)
        self._join_bar(self._stack.waiting)
        self.strip = StatusStrip(self.tasks)
        self.strip.sign_in_requested.connect(self.sign_in_requested)
        self.strip.chain_requested.connect(self.chain_requested)
        self.strip.jobs_requested.connect(self.open_jobs)
        self.strip.exchange_requested.connect(self.exchange_requested)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._stack, 1)
        body = QWidget()
        self._down = QVBoxLayout(body)
        self._down.setContentsMargins(0, 0, 0, 0)
        self._down.setSpacing(0)
        self._down.addLayout(middle, 1)
        self._down.addWidget(self.strip)
        self.setCentralWidget(body)

    def apply_theme(self) -> None:
        """Takes over the heights of the look in force."""
        self._top.setFixedHeight(theme().height("menu_bar"))

    def _join_bar(self, page: Page) -> None:
        if page.bar is not None:
            page.bar.back_requested.connect(self.go_back)
            page.bar.forward_requested.connect(self.go_forward)

    def _palette_entries(self) -> list[PaletteEntry]:
        commands = [each for each in self.commands.commands() if each.id != PALETTE]  # it is open
        return [*command_entries(commands, self.state()), *self._objects()]

    def _recent(self) -> tuple[str, ...]:
        kept = self._session.value(RECENT, [])
        return tuple(key for key in kept if isinstance(key, str)) if isinstance(kept, list) else ()

    def _run_entry(self, key: str) -> None:
        others = [each for each in self._recent() if each != key]
        self._session.set_value(RECENT, [key, *others[: MOST_REMEMBERED - 1]])
        kind, _, rest = key.partition(":")
        if kind == "command":
            self.commands.run(rest)
        elif self._open_object is not None:
            self._open_object(key)

    def _show(self, place: Place) -> None:
        page = self._stack.made(place.page)
        before = page.focusWidget() if page is not None else None
        was_on_page = self._stack.isAncestorOf(self.focusWidget())
        self._stack.show_page(place.page)
        shown = page or self._stack.waiting
        if was_on_page:  # what had the keyboard is hidden now, and Qt gave it to a button
            shown.take_keyboard(before)
        self.rail.set_current(place.page)
        if page is not None:
            page.show_place(place)
        self._mark_history()
        self.commands.look_again()
        self.place_changed.emit(place)

    def _mark_history(self) -> None:
        page = self.page()
        if page is not None and page.bar is not None:
            page.bar.set_history(
                can_go_back=self.history.can_go_back, can_go_forward=self.history.can_go_forward
            )

    def next_pane(self) -> None:
        """Moves the keyboard from rail to page to strip and round."""
        panes: list[QWidget] = [self.rail, self._stack, self.strip]
        focused = self.focusWidget()
        holds = [pane.isAncestorOf(focused) for pane in panes]
        at = holds.index(True) if True in holds else -1
        for step in range(1, len(panes) + 1):
            pane = panes[(at + step) % len(panes)]
            for widget in pane.findChildren(QWidget):
                takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                if takes and widget.isVisible() and widget.isEnabled():
                    widget.setFocus(Qt.FocusReason.TabFocusReason)
                    return

    def go_to(self, page: str) -> None:
        """Opens a page where somebody left it."""
        if page == self.page_id():
            self.rail.set_current(page)
            return
        made = self._stack.made(page)
        self.open_place(made.place() if made is not None else Place(page))

    def _on_page_place_changed(self, place: Place) -> None:
        self.history.visit(place)
        self._mark_history()
        self.place_changed.emit(place)

    def _on_page_changed(self, changes: Changes) -> None:
        self.refresh(changes)
        self.changed.emit(changes)

    def _on_page_undoable(self, page: str, step: Step) -> None:
        """Remembers a step; undoing it leads back to the page where it can be seen."""

        def there(act: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                self.go_to(page)
                act()

            return run

        self.undo.push(step.title, there(step.undo), there(step.redo), kind=step.kind)

    def _on_task_failed(
        self, error: BaseException, _name: str, retry: Callable[[], None] | None
    ) -> None:
        errors.show(error, self.page() or self, retry)
