# SPDX-License-Identifier: Apache-2.0
"""The documentation in the window: our own Markdown pages and a search over all of them.

* Pages are read, and words are looked for, off the window's thread.
* Links lead to our own pages and nowhere else: no file beside them, no address, no program.
* No picture or style sheet is loaded.
"""

from pathlib import Path, PurePosixPath

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.help_page import PageView
from strongroom.desktop.shell.help_results import HelpResults
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.resources import docs_root
from strongroom.services.doc_search import DocHit, Documentation

CONTENTS = "index.md"
LARGEST = 1024 * 1024  # bytes of a page
SEARCH = "?"  # before the words of a search, where a page would stand
SOUGHT_AFTER_MS = 120  # after the last key
_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 8,
    Qt.Key.Key_PageUp: -8,
}


class HelpDialog(Dialog):
    """A window with one page, or what a search found.

    Args:
        place: The page, such as ``how-to/analysts.md#find``; ``?words`` searches for words.
        tasks: The jobs of the window.
        documentation: What is searched.
    """

    def __init__(
        self,
        place: str,
        tasks: Tasks,
        documentation: Documentation | None = None,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Help", width=760, height=640, cancel="Close", parent=parent)
        self.setModal(False)
        self._tasks, self._documentation = tasks, documentation or Documentation()
        self._places: list[str] = []
        self._sought = ""  # its words are marked on the page
        self.view = PageView()
        self.view.anchorClicked.connect(self._on_view_anchor_clicked)
        self.results = HelpResults()
        self.results.opened.connect(self.go)
        self.results.contents_requested.connect(lambda: self.go(CONTENTS))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.results)
        self.back = Button("Back", "ghost", "arrow-left")
        self.contents = Button("Contents", "ghost", "list")
        self.search = SearchField("Search the documentation", width=280)
        self.back.clicked.connect(self.go_back)
        self.contents.clicked.connect(lambda: self.go(CONTENTS))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._search_now)
        self.search.changed.connect(lambda _words: self._soon.start(SOUGHT_AFTER_MS))
        self.search.edit.installEventFilter(self)
        self.finished.connect(lambda _result: self._soon.stop())
        tools = row(self.back, self.contents, None, self.search, margins=(12, 4, 12, 4), edges="b")
        self.set_body(column(tools, (self._pages, 1)), margins=(0, 0, 0, 0))
        self.go(place)

    def place(self) -> str:
        """Returns the page that is open, or ``?words`` for what was found."""
        return self._places[-1] if self._places else ""

    def go(self, place: str) -> None:
        """Opens a page, or searches for the words behind a question mark."""
        is_typing_on = place.startswith(SEARCH) and self.place().startswith(SEARCH)
        if is_typing_on:
            self._places.pop()
        self._places.append(place)
        self._read()

    def go_back(self) -> None:
        """Opens the page before."""
        if len(self._places) > 1:
            self._places.pop()
            self._read()

    def focus_search(self) -> None:
        """Gives the keyboard to the field."""
        self.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.edit.selectAll()

    # ------------------------------------------------------------ Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Searches with Ctrl+F or a slash."""
        is_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_Slash or (event.key() == Qt.Key.Key_F and is_control):
            self.focus_search()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Moves in what was found, and opens it, while the field has the keyboard."""
        if watched is self.search.edit and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress
            if is_press and event.key() in _STEPS:
                self.results.step(_STEPS[Qt.Key(event.key())])
                return True
            if is_press and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._open_best()
                return True
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------ inside

    def _read(self) -> None:
        place = self._places[-1]
        self.back.setEnabled(len(self._places) > 1)
        self.clear_reason()
        if place.startswith(SEARCH):
            self._look_for(place.removeprefix(SEARCH))
            return
        self._pages.setCurrentWidget(self.view)
        page, _, heading = place.partition("#")
        self._tasks.ask(
            "help.page", "Opening a page of the documentation",
            lambda _progress: _text(page),
            lambda text: self.view.show_page(text, heading, self._sought),
            owner=self, failed=lambda error: self.view.show_page(_why(error), ""),
        )  # fmt: skip

    def _look_for(self, words: str, *, opens: bool = False) -> None:
        documentation = self._documentation
        if self.search.text() != words:
            self.search.edit.setText(words)
            self._soon.stop()
        self._sought = words

        def show(hits: tuple[DocHit, ...]) -> None:
            self.results.show_hits(words, hits)
            self._pages.setCurrentWidget(self.results)
            if opens:
                self.results.open_current()

        self._tasks.ask(
            "help.search", "Searching the documentation",
            lambda _progress: documentation.search(words), show, owner=self,
            failed=lambda error: self.view.show_page(_why(error), ""),
        )  # fmt: skip

    def _search_now(self) -> None:
        words = self.search.text().strip()
        if words:
            self.go(SEARCH + words)
            return
        self._sought = ""
        self.view.mark("")
        if self.place().startswith(SEARCH):
            if len(self._places) > 1:
                self.go_back()
            else:
                self.go(CONTENTS)

    def _open_best(self) -> None:
        """Opens what is selected; after typing, what the typed words find first."""
        words = self.search.text().strip()
        if self._soon.isActive() and words:
            self._soon.stop()
            if not self.place().startswith(SEARCH):
                self._places.append("")
            self._places[-1] = SEARCH + words
            self._look_for(words, opens=True)
        elif self._pages.currentWidget() is self.results:
            self.results.open_current()

    def _on_view_anchor_clicked(self, url: QUrl) -> None:
        target = resolved(self.place(), url.toString())
        if target:
            self.clear_reason()
            self.go(target)
        else:
            self.set_reason("This link leads out of the documentation and is not opened", "mute")

    def clear_reason(self) -> None:
        """Takes the remark about a link away."""
        self.set_reason("")


def resolved(place: str, link: str) -> str:
    """Returns the page a link on another page leads to, "" if it leads out of the documentation."""
    if ":" in link or "\\" in link or link.startswith(("/", "%")):
        return ""
    target, _, heading = link.partition("#")
    base = PurePosixPath(place.partition("#")[0])
    parts: list[str] = []
    for part in (*base.parent.parts, *PurePosixPath(target).parts) if target else base.parts:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part != ".":
            parts.append(part)
    found = "/".join(parts)
    if not found.endswith(".md"):
        return ""
    return f"{found}#{heading}" if heading else found


def _text(page: str) -> str:
    """Returns the Markdown of a page.

    Raises:
        EnvironmentFault: ``E-MISSING`` if it is not installed.
    """
    try:
        root = docs_root().resolve()
        path = root.joinpath(*PurePosixPath(page).parts).resolve()
        if not path.is_relative_to(root) or path.suffix != ".md":
            raise FileNotFoundError(page)
        return _read_bounded(path)
    except OSError as error:
        raise EnvironmentFault(
            "E-MISSING",
            "This page of the documentation is not installed",
            "It is part of the source package, in the folder docs.",
        ) from error


def _read_bounded(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LARGEST).decode("utf-8", "replace")


def _why(error: BaseException) -> str:
    if isinstance(error, EnvironmentFault):
        return f"## {error.title}\n\n{error.advice}"
    return "## This page cannot be shown"
