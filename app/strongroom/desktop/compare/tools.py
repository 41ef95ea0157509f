# SPDX-License-Identifier: Apache-2.0
"""The row above the table: search, layout, value of a metric, order, form and noise of deltas.

* Every choice is remembered and restored by `choices` and `take_choices`.
"""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.compare.sharing import WAYS
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.surface import Surface
from strongroom.desktop.kit.wrapped import WrappedRow
from strongroom.domain.comparison import USUAL_NOISE, MetricChoice, NoiseBand

VALUES = (("last", "Last value"), ("min", "Lowest"), ("max", "Highest"), ("best", "Best"))
ORDERS = (("name", "By name"), ("difference", "Biggest difference first"))
LAYOUTS = (("columns", "Runs as columns"), ("rows", "Runs as rows"))
FORMS = (("absolute", "Deltas as figures"), ("percent", "Deltas in percent"))
NOISES = (
    ("usual", "Usual noise: 0.5 % of the bounds, else 2 %"),
    ("off", "No noise: colour every delta"),
    ("1", "Noise up to 1 %"),
    ("5", "Noise up to 5 %"),
    ("10", "Noise up to 10 %"),
)
_ORDER_WORDS = {"name": "By name", "difference": "By difference"}
_LAYOUT_WORDS = {"columns": "Runs across", "rows": "Runs down"}
_FORM_WORDS = {"absolute": "Figures", "percent": "Percent"}


class TableTools(Surface):
    """The tools of the table.

    Signals:
        searched: Other words are searched for.
        value_chosen: Another value of each metric (a `MetricChoice`).
        changed: Layout, order, form or noise are others.
    """

    searched = Signal(str)
    value_chosen = Signal(object)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(None, "b", parent=parent)
        self.search = SearchField("Search fields", size="small")
        self.search.setMaximumWidth(220)
        self.search.setMinimumWidth(110)
        self.values = _menu(VALUES, "last", "Value of a metric")
        self.orders = _menu(ORDERS, "name", "Order of rows")
        self.layouts = _menu(LAYOUTS, "columns", "Layout")
        self.forms = _menu(FORMS, "absolute", "Form of deltas")
        self.noises = _menu(NOISES, "usual", "Noise band")
        self.more = MenuButton("", WAYS, icon_name="ellipsis", name="Save or copy", small=True)
        across = WrappedRow(self)
        across.setContentsMargins(16, 6, 8, 7)
        for tool in (
            self.search,
            self.layouts,
            self.values,
            self.orders,
            self.forms,
            self.noises,
            self.more,
        ):
            across.addWidget(tool)
        self.search.changed.connect(self.searched)
        self.values.chosen.connect(self._on_value)
        for menu in (self.layouts, self.orders, self.forms, self.noises):
            menu.chosen.connect(self._on_changed)
        self._say()

    def value(self) -> MetricChoice:
        """Returns which value of a metric is shown."""
        return MetricChoice(self.values.current())

    def by_difference(self) -> bool:
        """Returns whether the biggest difference comes first."""
        return self.orders.current() == "difference"

    def has_runs_down(self) -> bool:
        """Returns whether runs are rows."""
        return self.layouts.current() == "rows"

    def show_layout(self, layout: str) -> None:
        """Makes runs ``columns`` or ``rows``; tells it only if it is another layout."""
        if layout != self.layouts.current():
            self.layouts.set_choices(LAYOUTS, layout)
            self._on_changed(layout)

    def in_percent(self) -> bool:
        """Returns whether deltas are relative."""
        return self.forms.current() == "percent"

    def noise(self) -> NoiseBand:
        """Returns the noise band."""
        chosen = self.noises.current()
        if chosen == "usual":
            return USUAL_NOISE
        share = 0.0 if chosen == "off" else int(chosen) / 100
        return NoiseBand(of_range=share, of_value=share)

    def choices(self) -> dict[str, str]:
        """Returns what is chosen, to be remembered."""
        return {name: menu.current() for name, menu in self._menus().items()}

    def take_choices(self, kept: Mapping[str, object]) -> None:
        """Takes over remembered choices; those that no longer exist are left out."""
        for name, menu in self._menus().items():
            known = dict(_CHOICES[name])
            if kept.get(name) in known:
                menu.set_choices(_CHOICES[name], str(kept[name]))
        self._say()

    def _menus(self) -> dict[str, MenuButton]:
        return {
            "layout": self.layouts,
            "value": self.values,
            "order": self.orders,
            "form": self.forms,
            "noise": self.noises,
        }

    def _on_value(self, _key: str) -> None:
        self._say()
        self.value_chosen.emit(self.value())

    def _on_changed(self, _key: str) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        words = {
            self.layouts: ("Layout", _LAYOUT_WORDS[self.layouts.current()]),
            self.values: ("Value of a metric", dict(VALUES)[self.values.current()]),
            self.orders: ("Order of rows", _ORDER_WORDS[self.orders.current()]),
            self.forms: ("Form of deltas", _FORM_WORDS[self.forms.current()]),
            self.noises: ("Noise band", _noise_words(self.noises.current())),
        }
        for menu, (what, chosen) in words.items():
            menu.set_words(chosen)
            menu.setAccessibleName(f"{what}: {chosen}")
            menu.setToolTip(what)


_CHOICES = {"layout": LAYOUTS, "value": VALUES, "order": ORDERS, "form": FORMS, "noise": NOISES}


def _menu(choices: tuple[tuple[str, str], ...], current: str, name: str) -> MenuButton:
    return MenuButton(current, choices, current, name=name, small=True)


def _noise_words(chosen: str) -> str:
    return {"usual": "Noise: usual", "off": "Noise: off"}.get(chosen, f"Noise: {chosen} %")
