# SPDX-License-Identifier: Apache-2.0
"""JSON and YAML as a tree that opens where it is looked at, with a search for names and values."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.scroll_bar import thin_bars
from strongroom.desktop.kit.surface import row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.viewers.find_keys import FindKeys
from strongroom.desktop.viewers.tree_model import TreeModel, find
from strongroom.services.views.shapes import Branch, Leaf, TreeView

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

MOST_FOUND = 1_000
OPENED_AT_ONCE = 40  # values a document may have on its first levels to be opened at once
_ROLES: dict[str, "Role"] = {"text": "syntax_str", "number": "syntax_num", "word": "syntax_op"}


class TreeViewer(QWidget):
    """Shows a document; ``tree`` holds its lines."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._view: TreeView | None = None
        self._found: list[tuple[int, ...]] = []
        self._at = -1
        self.model = TreeModel(self)
        self.tree = _Tree(self.model)
        self.search = SearchField("Find names and values", "Find names and values")
        self.search.changed.connect(self._on_words)
        self.search.edit.installEventFilter(self)
        self.says = Label("", "text_tertiary", "caption")
        back = Button("", "ghost", "arrow-up", small=True, name="Previous place")
        forth = Button("", "ghost", "arrow-down", small=True, name="Next place")
        back.clicked.connect(lambda: self.step(-1))
        forth.clicked.connect(lambda: self.step(1))
        FindKeys(self.search.setFocus, self.tree)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(row((self.search, 1), self.says, back, forth, spacing=4))
        down.addWidget(self.tree, 1)

    def show_tree(self, view: TreeView) -> None:
        """Shows another document, its first levels open if they are small."""
        self._view, self._found, self._at = view, [], -1
        self.search.set_text("")
        self.says.setText(f"{view.nodes:,} values")
        self.model.set_root(view.root)
        if isinstance(view.root, Branch):
            inner = [len(each.values) for each in view.root.values if isinstance(each, Branch)]
            if len(view.root.values) + sum(inner) <= OPENED_AT_ONCE:
                self.tree.expandToDepth(0)

    def step(self, by: int) -> None:
        """Goes to the next (1) or previous (-1) place that was found."""
        if self._found:
            self._at = (self._at + by) % len(self._found)
            index = self.model.index_of(self._found[self._at])
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)
            most = "+" if len(self._found) >= MOST_FOUND else ""
            self.says.setText(f"{self._at + 1:,} of {len(self._found):,}{most}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes on, Shift+Enter back."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        ):
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            return True
        return super().eventFilter(watched, event)

    def _on_words(self, words: str) -> None:
        view = self._view
        if view is None:
            return
        if not words:
            self._found, self._at = [], -1
            self.says.setText(f"{view.nodes:,} values")
            return

        def take(found: list[tuple[int, ...]]) -> None:
            if view is self._view and words == self.search.text():
                self._found, self._at = found, -1
                if found:
                    self.step(1)
                else:
                    self.says.setText("Not found")

        self._tasks.ask(
            f"viewers.tree.{id(self)}",
            "Searching a document",
            lambda _progress: find(view.root, words, MOST_FOUND),
            take,
            owner=self,
        )


class _Tree(QTreeView):
    """The lines, painted by role; Ctrl+C copies the value."""

    def __init__(self, model: TreeModel) -> None:
        super().__init__()
        thin_bars(self)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(_Lines(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setHeaderHidden(True)
        self.setAccessibleName("Document")
        head = self.header()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        self.setColumnWidth(0, 200)
        self.setIndentation(16)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies the value of the current line."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            item = self._model.item(self.currentIndex())
            QGuiApplication.clipboard().setText(item.words())
            return
        super().keyPressEvent(event)


class _Lines(QStyledItemDelegate):
    """Paints a name or a value on one line."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paints ground, words and ring."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        model = index.model()
        if not isinstance(model, TreeModel):
            return
        look = theme()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, look.colour("bg_selected"))
        node = model.item(index).node
        role: Role = "text_primary" if index.column() == 0 else "text_tertiary"
        mono = index.column() == 1 and isinstance(node, Leaf)
        if mono and isinstance(node, Leaf):
            role = _ROLES[node.kind]
        font = look.font("mono" if mono else "dense", weight=500 if index.column() == 0 else 0)
        inside = QRectF(rect).adjusted(4, 0, -4, 0)
        paint.text(painter, inside, str(index.data() or ""), role, font)
        if state & QStyle.StateFlag.State_HasFocus:
            paint.focus_ring(painter, QRectF(rect), 2)
