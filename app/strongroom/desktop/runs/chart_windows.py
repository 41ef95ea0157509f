# SPDX-License-Identifier: Apache-2.0
"""What opens from a chart: the chart alone, its numbers, its settings, and small questions.

* Every setting is taken over at once and is one undoable edit of the board.
* The chart alone follows its card: live points, settings, zoom and crosshair.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QListWidgetItem, QVBoxLayout, QWidget

from strongroom.desktop.charts.board import ChartBoard
from strongroom.desktop.charts.chart_dialogs import ChartNumbers, LargeChart
from strongroom.desktop.charts.chart_settings import ChartSettings
from strongroom.desktop.charts.layout import MOST_KEYS, Card, Size
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.charts.options import METRIC, ChartOptions
from strongroom.desktop.charts.popover import Popover
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field, SearchField
from strongroom.desktop.kit.list_rows import RowList, list_item
from strongroom.desktop.runs.board_shelf import LONGEST_NAME
from strongroom.desktop.runs.words import shown

MOST_LISTED = 200  # names at once, whatever a store holds; typing narrows them
MOST_X_METRICS = 60  # offered in a chart's settings


class ChartWindows(QObject):
    """Opens them.

    Args:
        board: Whose charts they are about.
        parent: The widget that asks.
    """

    def __init__(self, board: ChartBoard, parent: QWidget) -> None:
        super().__init__(parent)
        self._board, self._widget = board, parent
        self._large: tuple[str, LargeChart] | None = None
        board.updated.connect(self._on_updated)

    def enlarge(self, card_id: str) -> LargeChart:
        """Shows a chart alone; Escape leads back."""
        board, window = self._board, self._widget.window()
        options = board.options(card_id)
        dialog = LargeChart(options.title or card_id, window.size() * 0.9, parent=window)
        board.dress(card_id, dialog.chart)
        dialog.chart.set_link(board.link(options.x))
        board.feed(card_id, dialog.chart)
        small = board.chart(card_id)
        if small is not None and small.is_zoomed:
            dialog.chart.set_x_range(*small.x_range())
        self._large = card_id, dialog
        dialog.finished.connect(lambda: self._on_large_closed(dialog))
        dialog.open()
        return dialog

    def show_numbers(self, chart: LineChart, x: str) -> ChartNumbers:
        """Shows the visible points of a chart over ``x`` as a table."""
        title = shown(x.removeprefix(METRIC)) if x.startswith(METRIC) else ""
        dialog = ChartNumbers(chart, title, parent=self._widget.window())
        dialog.open()
        return dialog

    def open_settings(self, card_id: str, metrics: Sequence[str]) -> Popover:
        """Opens the settings of a chart beside it; ``metrics`` can lie along x."""
        layout = self._board.layout_value()
        card = layout.card(card_id)
        controls = ChartSettings(
            card_id, card.options, layout.options, card.size, metrics[:MOST_X_METRICS]
        )
        controls.changed.connect(lambda options: self.set_card(card_id, options))
        controls.size_chosen.connect(lambda size: self.resize_card(card_id, size))
        anchor = self._board.chart(card_id) or self._widget
        popover = Popover(controls, name=f"Settings of {card_id}", anchor=anchor)
        popover.open_beside()
        return popover

    def set_card(self, card_id: str, options: ChartOptions) -> None:
        """Sets one chart."""
        layout = self._board.layout_value().with_options(card_id, options)
        self._board.edit(f"settings of {card_id}", layout)
        self.refresh()

    def resize_card(self, card_id: str, size: Size) -> None:
        """Gives a card more or less room."""
        layout = self._board.layout_value()
        card = replace(layout.card(card_id), size=size)
        self._board.edit(f"size of {card_id}", layout.with_card(card))

    def ask_custom(self, metrics: Sequence[str]) -> "MetricsDialog":
        """Asks for the metrics of a new chart and puts it on the board."""
        dialog = MetricsDialog(metrics, parent=self._widget.window())
        dialog.accepted.connect(lambda: self.add_custom(dialog.title.text(), dialog.chosen()))
        dialog.open()
        return dialog

    def add_custom(self, title: str, keys: Sequence[str]) -> str:
        """Puts a chart of several metrics on the board; returns its card."""
        layout = self._board.layout_value()
        taken = {card.id for card in layout.cards}
        number = next(n for n in range(1, len(taken) + 2) if f"Custom {n}" not in taken)
        card = Card(
            id=f"Custom {number}",
            keys=tuple(keys)[:MOST_KEYS],
            options=ChartOptions(title=title.strip() or ", ".join(keys)[:LONGEST_NAME]),
        )
        self._board.edit("new chart", layout.with_card(card))
        return card.id

    def ask_name(self, save: Callable[[str], object]) -> "NameDialog":
        """Asks under which name to save the layout."""
        dialog = NameDialog(parent=self._widget.window())
        dialog.accepted.connect(lambda: save(dialog.name.text().strip()))
        dialog.open()
        return dialog

    def refresh(self) -> None:
        """Dresses the chart that is shown alone as its card is set now."""
        if self._large is not None:
            self._board.dress(self._large[0], self._large[1].chart)

    def _on_updated(self, card_id: str) -> None:
        if self._large is not None and self._large[0] == card_id:
            self._board.feed(card_id, self._large[1].chart)

    def _on_large_closed(self, dialog: LargeChart) -> None:
        if self._large is not None and self._large[1] is dialog:
            chart = self._board.chart(self._large[0])
            self._large = None
            if chart is not None:
                chart.setFocus(Qt.FocusReason.OtherFocusReason)


class MetricsDialog(Dialog):
    """Which metrics a new chart shows."""

    def __init__(self, metrics: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__("New chart", title="New chart", width=440, height=480, parent=parent)
        self._metrics = tuple(metrics)
        self._chosen: dict[str, None] = {}
        self.title = Field("Title of the chart", "Title")
        self.search = SearchField("Find metrics")
        self.list = RowList("Metrics")
        self.search.changed.connect(self._fill)
        self.list.itemChanged.connect(self._on_item_changed)
        body = QWidget()
        down = QVBoxLayout(body)
        down.setContentsMargins(0, 0, 0, 0)
        for part in (self.title, self.search, self.list):
            down.addWidget(part)
        self.set_body(body, margins=(20, 4, 20, 12))
        self._add = self.add_action("Add chart", "primary", closes=True)
        self._fill("")
        self._tell()

    def chosen(self) -> tuple[str, ...]:
        """Returns the metrics, in the order they were ticked."""
        return tuple(self._chosen)

    def _fill(self, text: str) -> None:
        words = text.lower().split()
        found = [key for key in self._metrics if all(word in key.lower() for word in words)]
        self.list.blockSignals(True)
        self.list.clear()
        for key in found[:MOST_LISTED]:
            item = list_item(shown(key))
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = key in self._chosen
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        key = str(item.data(Qt.ItemDataRole.UserRole))
        if item.checkState() is Qt.CheckState.Checked:
            self._chosen[key] = None
        else:
            self._chosen.pop(key, None)
        self._tell()

    def _tell(self) -> None:
        count = len(self._chosen)
        self._add.setEnabled(0 < count <= MOST_KEYS)
        too_many = f"At most {MOST_KEYS} metrics fit in one chart"
        self.set_reason("Tick at least one metric" if not count else too_many * (count > MOST_KEYS))


class NameDialog(Dialog):
    """Under which name a layout is saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Save layout", title="Save layout",
            sentence="Which charts stand where, their sizes and settings.", width=440,
            parent=parent,
        )  # fmt: skip
        self.name = Field("Name of the layout", "Name", size="large")
        self.name.edit.setMaxLength(LONGEST_NAME)
        self.name.changed.connect(lambda _text: self._tell())
        self._save = self.add_action("Save", "primary", closes=True)
        self.set_body(self.name)
        self._tell()

    def _tell(self) -> None:
        has_name = bool(self.name.text().strip())
        self._save.setEnabled(has_name)
        self.set_reason("" if has_name else "Give it a name")
