# SPDX-License-Identifier: Apache-2.0
"""The documentation in the window: our own Markdown pages, read off the window's thread.

* Links lead to our own pages and nowhere else: no file beside them, no address, no program.
* No picture or style sheet is loaded.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.resources import docs_root

CONTENTS = "index.md"
LARGEST = 1024 * 1024  # bytes of a page
_USUAL_WEIGHT = 450
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")


def lay_out(document: QTextDocument) -> None:
    """Gives a page our type: space between blocks, headings by size, code in the mono font."""
    look = theme()
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        is_code, is_code_next = _is_code(block), _is_code(block.next())
        shape = QTextBlockFormat()
        shape.setLineHeight(140, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if level:
            shape.setTopMargin(look.scaled(22 if level < 3 else 14))
        shape.setBottomMargin(0 if is_code and is_code_next else look.scaled(8))
        cursor = QTextCursor(block)
        cursor.mergeBlockFormat(shape)
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            font = look.font("body")
            if level:
                font = look.font("display" if level == 1 else "title")
            elif is_code or fragment.charFormat().fontFixedPitch():
                font = look.font("mono")
            elif fragment.charFormat().fontWeight() > _USUAL_WEIGHT:
                font = look.font("strong")
            letters = QTextCharFormat()
            letters.setFont(font)
            if fragment.charFormat().isAnchor():
                letters.setForeground(look.colour("accent_text"))
            elif is_code:
                letters.setForeground(look.colour("text_secondary"))
            cursor.setPosition(fragment.position())
            cursor.setPosition(
                fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor
            )
            cursor.mergeCharFormat(letters)
            fragments += 1
        block = block.next()


def _is_code(block: QTextBlock) -> bool:
    shape = block.blockFormat()
    return block.isValid() and shape.hasProperty(QTextFormat.Property.BlockCodeLanguage)


class PageView(QTextBrowser):
    """Shows Markdown and loads nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        thin_bars(self)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Documentation")
        self.document().setDocumentMargin(20)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Takes over the font of the look in force."""
        self.setFont(theme().font("body"))

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:  # noqa: ANN401 - Qt's own signature
        """Loads nothing, whatever a page names."""
        return None

    def show_page(self, text: str, heading: str) -> None:
        """Shows a page, scrolled to a heading."""
        self.setMarkdown(_PICTURE.sub(r"*\1*", text))
        lay_out(self.document())
        block = self.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and _slug(block.text()) == heading:
                cursor = QTextCursor(block)
                self.setTextCursor(cursor)
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + self.cursorRect(cursor).top() - 8)
                return
            block = block.next()


class HelpDialog(Dialog):
    """A window with one page at a time.

    Args:
        place: The page, such as ``how-to/analysts.md#find``.
        tasks: The jobs of the window.
    """

    def __init__(self, place: str, tasks: Tasks, *, parent: QWidget | None = None) -> None:
        super().__init__("Help", width=760, height=640, cancel="Close", parent=parent)
        self.setModal(False)
        self._tasks = tasks
        self._places: list[str] = []
        self.view = PageView()
        self.view.anchorClicked.connect(self._on_view_anchor_clicked)
        self.back = Button("Back", "ghost", "arrow-left")
        self.contents = Button("Contents", "ghost", "list")
        self.back.clicked.connect(self.go_back)
        self.contents.clicked.connect(lambda: self.go(CONTENTS))
        tools = row(self.back, self.contents, None, margins=(12, 4, 12, 4), edges="b")
        self.set_body(column(tools, (self.view, 1)), margins=(0, 0, 0, 0))
        self.go(place)

    def place(self) -> str:
        """Returns the page that is open."""
        return self._places[-1] if self._places else ""

    def go(self, place: str) -> None:
        """Opens a page."""
        self._places.append(place)
        self._read()

    def go_back(self) -> None:
        """Opens the page before."""
        if len(self._places) > 1:
            self._places.pop()
            self._read()

    def _read(self) -> None:
        place = self._places[-1]
        self.back.setEnabled(len(self._places) > 1)
        page, _, heading = place.partition("#")
        self._tasks.ask(
            "help.page", "Opening a page of the documentation",
            lambda _progress: _text(page), lambda text: self.view.show_page(text, heading),
            owner=self, failed=lambda error: self.view.show_page(_why(error), ""),
        )  # fmt: skip

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


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
