# SPDX-License-Identifier: Apache-2.0
"""The window: menu bar with the palette field, rail, pages, status strip.

* The shell knows no page: it gets `PageSpec` values and only asks what `Page` promises.
* Every way to a place goes through `open_place`, so Back always works.
* Closing cancels what runs, waits for it, and leaves nothing behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMenuBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import errors, paint
from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.commands import CommandRegistry
from strongroom.desktop.shell.history import History
from strongroom.desktop.shell.notices import Notices, NoticesPanel, ToastHost
from strongroom.desktop.shell.palette import Palette, PaletteEntry
from strongroom.desktop.shell.rail import Rail
from strongroom.desktop.shell.status_strip import StatusStrip, WindowStatus
from strongroom.domain.changes import Changes
from strongroom.domain.clock import Clock

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

SMALLEST = (1100, 700)
USUAL = (1440, 900)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """A page for the rail.

    Attributes:
        id: The page id, such as ``runs``.
        title: What the rail says.
        icon: A lucide icon.
        page: The page.
        shortcut: Such as ``Ctrl+1``.
        at_foot: Stands at the foot of the rail (settings).
        waits_for_me: Its badge counts what waits for the person.
    """

    id: str
    title: str
    icon: str
    page: Page
    shortcut: str = ""
    at_foot: bool = False
    waits_for_me: bool = False


class MainWindow(QMainWindow):
    """The window.

    Args:
        pages: The pages in the order of the rail.
        commands: Commands that belong to no page.
        tasks: The jobs of the window.
        clock: Tells the time of notices.
        state: Returns store, person and capabilities; page and selection are filled in here.
        objects: Returns things to jump to for the palette; ``open_object`` gets their key.
        open_object: Opens one of them.

    Signals:
        sign_in_requested: Somebody pressed who is signed in.
        place_changed: Another place is open (a `Place`).
        changed: A page changed something (a `Changes`), after all pages heard of it.
        closing: The window is about to close.
    """

    sign_in_requested = Signal()
    chain_requested = Signal()
    exchange_requested = Signal()
    store_menu_requested = Signal()
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
        objects: Callable[[], Sequence[PaletteEntry]] = tuple,
        open_object: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Strongroom")
        self.setMinimumSize(*SMALLEST)
        self.resize(*USUAL)
        self._specs = {spec.id: spec for spec in pages}
        self._base_state, self._objects, self._open_object = state, objects, open_object
        self.tasks, self._clock = tasks, clock
        self.history = History()
        self.notices = Notices(clock, self)
        self.commands = CommandRegistry(self.state, self)
        self._make_frame(pages)
        self._toast = ToastHost(self.notices, self)
        self._palette = Palette(self._palette_entries, self._run_entry, self)
        self.commands.add(self._own_commands())
        self.commands.add(commands)
        for spec in pages:
            self._join(spec)
        self._menus.setFont(theme().font("dense"))
        self.commands.fill(self._menus)
        tasks.failed.connect(self._on_task_failed)
        if pages:
            self.open_place(Place(pages[0].id))

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
        )

    def page(self) -> Page | None:
        """Returns the page that is open."""
        widget = self._stack.currentWidget()
        return widget if isinstance(widget, Page) else None

    def page_id(self) -> str:
        """Returns the id of the page that is open."""
        current = self.page()
        return next((key for key, spec in self._specs.items() if spec.page is current), "")

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

    def open_palette(self) -> None:
        """Opens the palette over the upper part of the window."""
        at = QPoint((self.width() - self._palette.width()) // 2, 96)
        self._palette.move(self.mapToGlobal(at))
        self._palette.show()

    def open_notices(self) -> None:
        """Opens the history of notices."""
        panel = NoticesPanel(self.notices, self._clock, self)
        panel.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        panel.open()

    def set_status(self, status: WindowStatus) -> None:
        """Shows store, person, exchange and chain in the strip."""
        self.strip.set_status(status)

    def set_store(self, name: str, team: str) -> None:
        """Shows the store's name and the short team id at the head of the rail."""
        self.rail.store.set_store(name, team)

    def refresh(self, changes: Changes) -> None:
        """Tells every page what was touched, and looks at badges and commands again."""
        for spec in self._specs.values():
            spec.page.refresh(changes)
        self.refresh_badges()
        self.commands.look_again()

    def refresh_badges(self) -> None:
        """Asks every page for its badge."""
        for spec in self._specs.values():
            self.rail.set_badge(spec.id, spec.page.badge(), waits_for_me=spec.waits_for_me)

    def showEvent(self, event: QShowEvent) -> None:
        """Gives the keyboard to the page at first, not to the palette field."""
        super().showEvent(event)
        if self.focusWidget() is None or self.focusWidget() is self._search:
            self._stack.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancels what runs and waits for it."""
        self.closing.emit()
        self._toast.stop()
        self._palette.hide()
        self.tasks.close()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the toast in its corner."""
        super().resizeEvent(event)
        self._toast.place()

    def _make_frame(self, pages: Sequence[PageSpec]) -> None:
        self._menus = QMenuBar()
        self._menus.setNativeMenuBar(False)
        self._menus.setAccessibleName("Menu")
        self._search = _PaletteField()
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
        self.rail.chosen.connect(self._on_rail_chosen)
        self.rail.store_menu_requested.connect(self.store_menu_requested)
        self._stack = QStackedWidget()
        self._stack.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._stack.setAccessibleName("Page")
        self.strip = StatusStrip(self.tasks)
        self.strip.sign_in_requested.connect(self.sign_in_requested)
        self.strip.chain_requested.connect(self.chain_requested)
        self.strip.exchange_requested.connect(self.exchange_requested)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._stack, 1)
        body = QWidget()
        down = QVBoxLayout(body)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(middle, 1)
        down.addWidget(self.strip)
        self.setCentralWidget(body)

    def apply_theme(self) -> None:
        """Takes over fonts and heights of the look in force."""
        self._menus.setFont(theme().font("dense"))
        self._top.setFixedHeight(theme().height("menu_bar"))

    def _join(self, spec: PageSpec) -> None:
        page = spec.page
        self._stack.addWidget(page)
        page.place_requested.connect(self.open_place)
        page.place_changed.connect(self._on_page_place_changed)
        page.selection_changed.connect(self.commands.look_again)
        page.changed.connect(self._on_page_changed)
        if page.bar is not None:
            page.bar.back_requested.connect(self.go_back)
            page.bar.forward_requested.connect(self.go_forward)
        self.commands.add(page.commands())

    def _own_commands(self) -> list[Command]:
        def go(page: str) -> Callable[[], None]:
            return lambda: self._on_rail_chosen(page)

        places = [
            Command(
                id=f"go.{spec.id}",
                title=spec.title,
                run=go(spec.id),
                menu="View",
                icon=spec.icon,
                shortcut=spec.shortcut,
                group="Places",
            )
            for spec in self._specs.values()
        ]
        return [
            Command(
                id="window.palette",
                title="Search or run a command",
                run=self.open_palette,
                menu="Edit",
                icon="search",
                shortcut="Ctrl+K",
            ),
            *places,
            Command(
                id="go.back", title="Back", run=self.go_back, menu="View",
                icon="arrow-left", shortcut="Alt+Left",
            ),
            Command(
                id="go.forward", title="Forward", run=self.go_forward, menu="View",
                icon="arrow-right", shortcut="Alt+Right",
            ),
            Command(
                id="window.next_pane", title="Next pane", run=self._next_pane, menu="Window",
                icon="layout-grid", shortcut="F6",
            ),
            Command(
                id="window.notices", title="Notices", run=self.open_notices, menu="Window",
                icon="bell", shortcut="Ctrl+Shift+N",
            ),
        ]  # fmt: skip

    def _palette_entries(self) -> list[PaletteEntry]:
        state = self.state()
        entries = []
        for command in self.commands.commands():
            reason = command.enabled(state)
            entries.append(
                PaletteEntry(
                    key=f"command:{command.id}",
                    title=command.title,
                    detail=command.detail,
                    icon=command.icon,
                    shortcut=command.shortcut,
                    why_not=reason.text if reason else "",
                    group=command.group,
                )
            )
        return [*entries, *self._objects()]

    def _run_entry(self, key: str) -> None:
        kind, _, rest = key.partition(":")
        if kind == "command":
            self.commands.run(rest)
        elif self._open_object is not None:
            self._open_object(key)

    def _show(self, place: Place) -> None:
        page = self._specs[place.page].page
        was_on_page, before = self._stack.isAncestorOf(self.focusWidget()), page.focusWidget()
        self._stack.setCurrentWidget(page)
        if was_on_page:  # what had the keyboard is hidden now, and Qt gave it to a button
            page.take_keyboard(before)
        self.rail.set_current(place.page)
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

    def _next_pane(self) -> None:
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

    def _on_rail_chosen(self, page: str) -> None:
        if page == self.page_id():
            self.rail.set_current(page)
            return
        self.open_place(self._specs[page].page.place())

    def _on_page_place_changed(self, place: Place) -> None:
        self.history.visit(place)
        self._mark_history()
        self.place_changed.emit(place)

    def _on_page_changed(self, changes: Changes) -> None:
        self.refresh(changes)
        self.changed.emit(changes)

    def _on_task_failed(
        self, error: BaseException, _name: str, retry: Callable[[], None] | None
    ) -> None:
        errors.show(error, self.page() or self, retry)


class _PaletteField(QPushButton):
    """The field at the right of the menu bar that opens the palette."""

    def __init__(self) -> None:
        super().__init__("Search or run a command")
        self.setAccessibleName("Search or run a command")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Returns 264 x 29 px at 100 %."""
        return QSize(theme().scaled(264), theme().height("menu_bar") - 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, icon, words and shortcut."""
        painter = QPainter(self)
        look = theme()
        frame = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        edge: Role = "border_control" if look.tokens.is_high_contrast else "border_default"
        paint.rounded(painter, frame, 6, "bg_surface", edge)
        paint.icon(painter, "search", 8, round(frame.center().y() - 6.5), "text_tertiary", 13)
        font = look.font("caption", weight=400)
        paint.text(painter, frame.adjusted(27, 0, 0, 0), self.text(), "text_tertiary", font)
        paint.text(painter, frame.adjusted(0, 0, -8, 0), "Ctrl K", "text_tertiary", font, "right")
        if self.hasFocus():
            paint.focus_ring(painter, frame)
