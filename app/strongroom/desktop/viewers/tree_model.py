# SPDX-License-Identifier: Apache-2.0
"""The item model of a document's tree: rows are made when a branch is opened.

* A branch with more than `AT_ONCE` values is opened in stretches of so many.
"""

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from strongroom.services.views.shapes import Branch, Leaf, Node

AT_ONCE = 200
Index = QModelIndex | QPersistentModelIndex
_NOTHING = QModelIndex()


class Item:
    """A line of the tree: its name, its value, its place; its lines below, once opened."""

    __slots__ = ("below", "name", "node", "parent", "row", "stretch")

    def __init__(
        self, name: str, node: Node, parent: "Item | None", row: int, stretch: range | None = None
    ) -> None:
        self.name, self.node, self.parent, self.row = name, node, parent, row
        self.stretch = stretch  # of the node's values; None for all of them
        self.below: list[Item] | None = None

    def span(self) -> range:
        """Returns the numbers of the values below."""
        if not isinstance(self.node, Branch):
            return range(0)
        return self.stretch if self.stretch is not None else range(len(self.node.values))

    def open(self) -> "list[Item]":
        """Returns the lines below, made on the first call."""
        if self.below is None:
            self.below = self._stretches() if len(self.span()) > AT_ONCE else self._values()
        return self.below

    def words(self) -> str:
        """Returns what the line says of its value."""
        node = self.node
        if isinstance(node, Leaf):
            return node.text
        if self.stretch is not None:
            return ""
        count = len(node.values)
        what = "value" if node.is_list else "entry"
        many = "values" if node.is_list else "entries"
        return f"{count:,} {what if count == 1 else many}"

    def _stretches(self) -> "list[Item]":
        span = self.span()
        width = AT_ONCE
        while len(span) > width * AT_ONCE:
            width *= AT_ONCE
        return [
            Item(f"{at:,} to {min(at + width, span.stop) - 1:,}", self.node, self, row,
                 range(at, min(at + width, span.stop)))
            for row, at in enumerate(range(span.start, span.stop, width))
        ]  # fmt: skip

    def _values(self) -> "list[Item]":
        node = self.node
        if not isinstance(node, Branch):
            return []
        return [
            Item(str(at) if node.is_list else node.names[at], node.values[at], self, row)
            for row, at in enumerate(self.span())
        ]


class TreeModel(QAbstractItemModel):
    """Names at the left, values at the right."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Item("", Branch(is_list=False, names=(), values=()), None, 0)

    def set_root(self, root: Node) -> None:
        """Shows another document; a document that is one value is one line."""
        self.beginResetModel()
        if isinstance(root, Leaf):
            root = Branch(is_list=False, names=("",), values=(root,))
        self._root = Item("", root, None, 0)
        self.endResetModel()

    def item(self, index: Index) -> Item:
        """Returns the line of an index; the document for none."""
        held = index.internalPointer() if index.isValid() else None
        return held if isinstance(held, Item) else self._root

    def index_of(self, path: tuple[int, ...]) -> QModelIndex:
        """Returns the index of the value reached by these numbers, opening what lies above."""
        item = self._root
        for number in path:
            item = _reach(item, number)
        return QModelIndex() if item is self._root else self.createIndex(item.row, 0, item)

    def index(self, row: int, column: int, parent: Index = _NOTHING) -> QModelIndex:
        """Returns the index of a line below another."""
        below = self.item(parent).open()
        if not 0 <= row < len(below):
            return QModelIndex()
        return self.createIndex(row, column, below[row])

    def parent(self, index: Index = _NOTHING) -> QModelIndex:  # type: ignore[override]
        """Returns the line above."""
        above = self.item(index).parent if index.isValid() else None
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.row, 0, above)

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Returns how many lines are below."""
        return 0 if parent.column() > 0 else len(self.item(parent).open())

    def hasChildren(self, parent: Index = _NOTHING) -> bool:
        """Returns whether there is anything below, without opening it."""
        return parent.column() <= 0 and bool(self.item(parent).span())

    def columnCount(self, _parent: Index = _NOTHING) -> int:
        """Returns two: name and value."""
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Returns the words of a line."""
        if not index.isValid():
            return None
        item = self.item(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name if index.column() == 0 else item.words()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{item.name}: {item.words()}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Returns the titles of both columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("Name", "Value")[section]
        return None


def find(root: Node, words: str, most: int) -> list[tuple[int, ...]]:
    """Returns the places whose name or value holds the words, in the order of the document."""
    wanted = words.casefold()
    found: list[tuple[int, ...]] = []
    for path, name, node in _walk(root):
        text = node.text if isinstance(node, Leaf) else ""
        if wanted in name.casefold() or wanted in text.casefold():
            found.append(path)
            if len(found) >= most:
                break
    return found


def _walk(root: Node) -> Iterator[tuple[tuple[int, ...], str, Node]]:
    if isinstance(root, Leaf):
        yield (0,), "", root
        return
    waiting: list[tuple[tuple[int, ...], str, Node]] = [((), "", root)]
    while waiting:
        path, name, node = waiting.pop()
        if path:
            yield path, name, node
        if isinstance(node, Branch):
            waiting += [
                ((*path, at), "" if node.is_list else node.names[at], node.values[at])
                for at in range(len(node.values) - 1, -1, -1)
            ]


def _reach(item: Item, number: int) -> Item:
    """Returns the line of a value, through the stretches it may lie in."""
    while True:
        below = item.open()
        if not below or below[0].stretch is None:
            return below[number - item.span().start]
        width = len(below[0].span())
        item = below[(number - item.span().start) // width]
