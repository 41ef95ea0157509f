# SPDX-License-Identifier: Apache-2.0
"""The palette: every command by name, from the keyboard.

* Letters match in order anywhere in the title; runs of letters and word starts rank higher. Where
  the words themselves are found, strewn letters do not count.
* A disabled command stays in the list and says why; Enter on it does nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.command import Command, WindowState
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.theme import theme

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
MOST_RECENT = 5
CLOSE = 90  # points a word: it stands in the title as it was typed
MOST_SHOWN = 60  # nobody reads further; typing one more letter is faster


@dataclass(frozen=True, slots=True, kw_only=True)
class PaletteEntry:
    """One line of the palette: a command, or an object to open.

    Attributes:
        key: What ``run`` gets.
        title: The words that are matched.
        detail: Grey words behind them.
        icon: A lucide icon.
        shortcut: In Qt's portable form.
        why_not: Why it cannot run now, "" if it can.
        group: The heading it stands under.
    """

    key: str
    title: str
    detail: str = ""
    icon: str = ""
    shortcut: str = ""
    why_not: str = ""
    group: str = "Commands"


def command_entries(commands: Sequence[Command], state: WindowState) -> list[PaletteEntry]:
    """Returns commands as lines of the palette, with why they cannot run now."""
    entries = []
    for command in commands:
        reason = command.why_not(state)
        entries.append(
            PaletteEntry(
                key=f"command:{command.id}",
                title=command.title_now(),
                detail=command.detail,
                icon=command.icon,
                shortcut=command.shortcut,
                why_not=reason.text if reason else "",
                group=command.group,
            )
        )
    return entries


def score(query: str, title: str) -> float | None:
    """Returns how well a title matches, higher is better, None if it does not."""
    words, low = query.lower().split(), title.lower()
    total = 0.0
    for word in words:
        found = _score_word(word, low)
        if found is None:
            return None
        total += found
    return total - len(title) / 1000


def matched(query: str, title: str) -> tuple[int, int]:
    """Returns start and end of the first word of the query in the title, (0, 0) for none."""
    word = (query.lower().split() or [""])[0]
    start = title.lower().find(word) if word else -1
    return (start, start + len(word)) if start >= 0 else (0, 0)


def _score_word(word: str, title: str) -> float | None:
    at = title.find(word)
    if at >= 0:
        return 100.0 + (50 if at == 0 or not title[at - 1].isalnum() else 0) - at / 10
    position = -1
    total = 0.0
    for letter in word:
        found = title.find(letter, position + 1)
        if found < 0:
            return None
        total += 10 if found == position + 1 or not title[found - 1].isalnum() else 1
        position = found
    return total


class Palette(QDialog):
    """The palette over the window.

    Args:
        entries: Returns what can be chosen now.
        run: Runs the entry of a key.
        recent: Returns the keys that were run last, the newest first.

    Signals:
        sought: Somebody typed (the words); objects may be looked for.
    """

    sought = Signal(str)

    def __init__(
        self,
        entries: Callable[[], Sequence[PaletteEntry]],
        run: Callable[[str], None],
        recent: Callable[[], Sequence[str]] = tuple,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Command palette")
        self._source, self._run, self._recent = entries, run, recent
        self._entries: tuple[PaletteEntry, ...] = ()
        self._objects: tuple[PaletteEntry, ...] = ()
        self.edit = QLineEdit()
        self.edit.setFrame(False)
        self.edit.setPlaceholderText("Search or run a command")
        self.edit.setAccessibleName("Search commands")
        self.edit.textChanged.connect(self._on_text_changed)
        self.edit.installEventFilter(self)
        self.list = QListWidget()
        thin_bars(self.list)
        self.list.setAccessibleName("Commands")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.viewport().setAutoFillBackground(False)
        self.list.setItemDelegate(_EntryDelegate(self))
        self.list.itemClicked.connect(self._on_item_clicked)
        down = QVBoxLayout(self)
        down.setContentsMargins(8, 0, 8, 40)
        down.setSpacing(5)
        down.addWidget(self.edit)
        down.addWidget(self.list, 1)
        self.apply_theme()
        theme().follow(self)

    def apply_theme(self) -> None:
        """Takes over sizes and fonts of the look in force."""
        look = theme()
        self.resize(look.scaled(640), look.scaled(470))
        self.edit.setFixedHeight(look.scaled(52))
        self.edit.setFont(look.font("title", weight=400, size=15))
        self.edit.setTextMargins(36, 0, look.scaled(80), 0)
        palette = self.edit.palette()
        palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.edit.setPalette(palette)
        ground = self.list.palette()
        ground.setColor(ground.ColorRole.Base, Qt.GlobalColor.transparent)
        self.list.setPalette(ground)

    def query(self) -> str:
        """Returns what is typed."""
        return self.edit.text()

    def shown(self) -> tuple[PaletteEntry, ...]:
        """Returns the entries that match, best first within their groups."""
        found = [self.list.item(at).data(ENTRY_ROLE) for at in range(self.list.count())]
        return tuple(entry for entry in found if isinstance(entry, PaletteEntry))

    def showEvent(self, event: QShowEvent) -> None:
        """Reads the entries anew and takes the keyboard."""
        super().showEvent(event)
        self._entries, self._objects = tuple(self._source()), ()
        self.edit.clear()
        self._on_text_changed("")
        self.edit.setFocus()

    def event(self, event: QEvent) -> bool:
        """Closes when another window gets the keyboard."""
        if event.type() == QEvent.Type.WindowDeactivate and self.isVisible():
            self.reject()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Moves with the arrows while the keyboard stays in the field; Enter runs."""
        if watched is self.edit and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress
            key = event.key()
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8}
            steps[Qt.Key.Key_PageUp] = -8
            if is_press and key in steps:
                self._move(steps[Qt.Key(key)])
                return True
            if is_press and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self.run_current()
                return True
        return super().eventFilter(watched, event)

    def show_objects(self, query: str, entries: Sequence[PaletteEntry]) -> None:
        """Shows things that were found below the commands, if they are still asked for."""
        if query != self.query().strip():
            return
        self._objects = tuple(entries)
        current = self.list.currentIndex().data(ENTRY_ROLE)
        self._fill(self.query())
        if isinstance(current, PaletteEntry):
            self._select(current.key)

    def run_current(self) -> None:
        """Runs the marked entry if it may run, and closes."""
        entry = self.list.currentIndex().data(ENTRY_ROLE)
        if isinstance(entry, PaletteEntry) and not entry.why_not:
            self.accept()
            self._run(entry.key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints frame, magnifying glass, count, hairlines and the keys at the foot."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        paint.hairline(painter, rect, "bg_raised")
        paint.rounded(painter, rect, 0, None, "border_default")
        head = look.scaled(52)
        paint.icon(painter, "search", 18, round((head - 18) / 2), "text_tertiary", 18)
        count = QRectF(0, 0, rect.width() - 18, head)
        words = f"{len(self.shown())} of {len(self._entries)}"
        paint.text(painter, count, words, "text_tertiary", look.font("dense"), "right")
        paint.hairline(painter, QRectF(1, head, rect.width() - 2, 1))
        foot = rect.height() - 36
        paint.hairline(painter, QRectF(1, foot, rect.width() - 2, 1))
        small = look.font("caption", weight=400)
        x = 18.0
        for keys, does in ((("↑", "↓"), "move"), (("Enter",), "run"), (("Esc",), "close")):
            caps = sum(max(18.0, round(look.width(key, look.font("caption"))) + 13) for key in keys)
            paint.key_caps(painter, x + caps, foot + 18, keys)
            x += caps + 6
            paint.text(painter, QRectF(x, foot, 120, 36), does, "text_tertiary", small)
            x += look.width(does, small) + 16

    def _move(self, step: int) -> None:
        rows = [
            at for at in range(self.list.count()) if self.list.item(at).data(ENTRY_ROLE) is not None
        ]
        if rows:
            current = self.list.currentRow()
            at = rows.index(current) if current in rows else -1
            self.list.setCurrentRow(rows[max(0, min(len(rows) - 1, at + step))])

    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        self.list.setCurrentItem(item)
        self.run_current()

    def _on_text_changed(self, query: str) -> None:
        self._objects = ()
        self._fill(query)
        self.sought.emit(query)

    def _fill(self, query: str) -> None:
        scored = [(score(query, entry.title), entry) for entry in self._entries]
        best = sorted(
            ((found, entry) for found, entry in scored if found is not None),
            key=lambda pair: -pair[0] if query else 0.0,
        )[:MOST_SHOWN]
        close = [pair for pair in best if pair[0] >= CLOSE * len(query.split())]
        if close or self._objects:
            best = close  # letters strewn over a title would only bury what was meant
        shown = [entry for _, entry in best]
        shown.sort(key=lambda entry: bool(entry.why_not))  # what can run now comes first
        if not query:
            shown = self._recently() + shown
        shown += self._objects
        self.list.clear()
        for group in dict.fromkeys(entry.group for entry in shown):
            heading = QListWidgetItem(group)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(heading)
            for entry in shown:
                if entry.group == group:
                    self.list.addItem(_item(entry))
        self._move(1)
        self.update()

    def _recently(self) -> list[PaletteEntry]:
        """Returns what was run last, the newest first, under a heading of its own."""
        known = {entry.key: entry for entry in self._entries}
        found = [known[key] for key in self._recent() if key in known]
        return [replace(entry, group="Recent") for entry in found[:MOST_RECENT]]

    def _select(self, key: str) -> None:
        for at in range(self.list.count()):
            entry = self.list.item(at).data(ENTRY_ROLE)
            if isinstance(entry, PaletteEntry) and entry.key == key:
                self.list.setCurrentRow(at)
                return


def _item(entry: PaletteEntry) -> QListWidgetItem:
    item = QListWidgetItem(entry.title)
    item.setData(ENTRY_ROLE, entry)
    why = f", not available: {entry.why_not}" if entry.why_not else ""
    item.setData(int(Qt.ItemDataRole.AccessibleTextRole), f"{entry.title}{why}")
    return item


class _EntryDelegate(QStyledItemDelegate):
    """Paints headings and entries."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self._palette = palette

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Returns 28 px for a heading, 36 px for an entry."""
        is_entry = index.data(ENTRY_ROLE) is not None
        return QSize(200, theme().scaled(36 if is_entry else 28))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints one line."""
        look = theme()
        rect = QRectF(option.rect)
        entry = index.data(ENTRY_ROLE)
        if not isinstance(entry, PaletteEntry):
            heading = str(index.data(Qt.ItemDataRole.DisplayRole))
            font = look.font("caption", weight=600)
            paint.text(painter, rect.adjusted(10, 4, 0, 0), heading, "text_tertiary", font)
            return
        on = bool(option.state & QStyle.StateFlag.State_Selected)
        if on:
            paint.rounded(painter, rect, 6, "bg_selected")
        off = bool(entry.why_not)
        tint: Role = "text_disabled" if off else "accent_text" if on else "text_secondary"
        middle = rect.center().y()
        if entry.icon:
            paint.icon(painter, entry.icon, rect.x() + 10, round(middle - 8), tint)
        font = look.font("body", weight=500)
        x = rect.x() + 38
        role: Role = "text_tertiary" if off else "text_primary"
        paint.text(
            painter, QRectF(x, rect.y(), rect.width() - 60, rect.height()), entry.title, role, font
        )
        start, end = matched(self._palette.query(), entry.title)
        if end:
            before = look.width(entry.title[:start], font)
            width = look.width(entry.title[start:end], font)
            paint.hairline(painter, QRectF(x + before, round(middle + 8), width, 1), "accent_text")
        used = 20.0
        if off:
            paint.icon(painter, "lock", rect.right() - 26, round(middle - 7), "text_tertiary", 14)
            used = 36
        elif entry.shortcut:
            native = QKeySequence(entry.shortcut).toString(QKeySequence.SequenceFormat.PortableText)
            used += paint.key_caps(painter, rect.right() - 10, middle, native.split("+"))
        left = x + look.width(entry.title, font) + 12
        room = QRectF(left, rect.y(), max(0, rect.right() - used - left), rect.height())
        words = entry.why_not or entry.detail
        paint.text(painter, room, words, "text_tertiary", look.font("dense"))
