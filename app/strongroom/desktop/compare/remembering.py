# SPDX-License-Identifier: Apache-2.0
"""What the Compare page remembers: runs, toggle, tools, charts, sizes, folds, width of the names.

* What no longer holds is left out, part by part.
"""

from PySide6.QtWidgets import QSplitter

from strongroom.desktop.compare.arrangement import Arrangement
from strongroom.desktop.compare.aside import Aside
from strongroom.desktop.compare.table import ComparisonTable
from strongroom.desktop.compare.tools import TableTools
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.switches import Toggle

KEPT, RUNS = "compare.layout", "compare.runs"


class Remembering:
    """Keeps and restores the layout of one page."""

    def __init__(
        self,
        session: Session,
        toggle: Toggle,
        tools: TableTools,
        aside: Aside,
        split: QSplitter,
        table: ComparisonTable,
    ) -> None:
        self._session, self._toggle, self._tools = session, toggle, tools
        self._aside, self._split, self._table = aside, split, table

    def keep(self) -> None:
        """Remembers the layout as it is now."""
        self._session.set_value(
            KEPT,
            {
                "only_differing": self._toggle.isChecked(),
                "tools": dict(self._tools.choices()),
                "charts": self._aside.layout_of(),
                "sizes": list(self._split.sizes()),
                "names": self._table.name_width(),
                "folded": [*sorted(self._table.folded())],
            },
        )

    def keep_runs(self, arrangement: Arrangement) -> None:
        """Remembers which runs are compared."""
        if arrangement.run_ids:
            self._session.set_value(RUNS, {**arrangement.arguments()})

    def runs(self) -> Arrangement:
        """Returns which runs were compared last, none if that is not known."""
        kept = self._session.value(RUNS, {})
        if not isinstance(kept, dict):
            return Arrangement()
        named = {name: text for name, text in kept.items() if isinstance(text, str)}
        return Arrangement.from_place(Place.of("compare", named))

    def restore(self) -> None:
        """Takes over what was remembered."""
        kept = self._session.value(KEPT, {})
        if not isinstance(kept, dict):
            return
        self._toggle.setChecked(kept.get("only_differing") is not False)
        tools, charts, sizes = kept.get("tools"), kept.get("charts"), kept.get("sizes")
        if isinstance(tools, dict):
            self._tools.take_choices(tools)
        if isinstance(charts, dict):
            self._aside.take_layout(charts)
        if isinstance(sizes, list) and len(sizes) == 2:
            whole = [size for size in sizes if isinstance(size, int) and size > 0]
            self._split.setSizes(whole if len(whole) == 2 else self._split.sizes())
        folded = kept.get("folded")
        for key in folded if isinstance(folded, list) else ():
            self._table.fold(str(key), folded=True)
        width = kept.get("names")
        if isinstance(width, int):
            self._table.set_name_width(width)
