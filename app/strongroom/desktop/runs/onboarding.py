# SPDX-License-Identifier: Apache-2.0
"""A fresh store: what is done, and the snippet that logs the first run, which shows up by itself.

* The snippet works as pasted: it names the store where a script would not find it by itself.
* No key is needed to log; the second step says so and leads on.
"""

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.blocks import CodeBlock, MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.facts import Link
from strongroom.desktop.kit.labels import Elided, Label
from strongroom.desktop.kit.surface import Line, Scroll, column, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.runs.code_colours import CodeColours
from strongroom.domain.places import default_store

if TYPE_CHECKING:
    from strongroom.desktop.kit.tokens import Role

WIDTH = 600
CIRCLE = 24


def snippet(store: str) -> str:
    """Returns a script that logs a first run into a store."""
    is_found = store == str(default_store())
    named = "" if is_found else ", store=STORE"
    where = "" if is_found else f"STORE = {store!r}\n\n"
    return (
        f"import strongroom as sr\n\n{where}"
        f'with sr.start_run("first-experiment"{named}):\n'
        "    for step in range(100):\n"
        '        sr.log_metric("loss", 1 / (step + 1), step=step)'
    )


class Onboarding(QWidget):
    """The page of a store that has no runs.

    Args:
        store: Where it lies.

    Signals:
        demo_requested, import_requested, identity_requested, store_requested: What was pressed.
    """

    demo_requested = Signal()
    import_requested = Signal()
    identity_requested = Signal()
    store_requested = Signal()

    def __init__(self, store: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        code = snippet(store)
        self.block = CodeBlock(code, "First run", lines=code.count("\n") + 1)
        self._colours = CodeColours(self.block.document())
        self._store_step = _Step(1, "Store ready", store, is_done=True)
        self._person_step = _Step(2, "Identity and key", "Not needed to log runs")
        self.identity = Link("Make one to sign with")
        self.other = Link("Use another store")
        self.identity.clicked.connect(self.identity_requested)
        self.other.clicked.connect(self.store_requested)
        imports = Button("Import…", "secondary", "download", name="Import runs", changes=True)
        self.demo = Button("Open the demo workspace", "primary", "play")
        imports.clicked.connect(self.import_requested)
        self.demo.clicked.connect(self.demo_requested)
        waits = MarkLabel.for_icon(
            "loader", "Waiting for the first run. It shows up here by itself."
        )
        body = column(
            None,
            Label("No runs yet", text="display"),
            Label(
                "This store is ready. A run appears as soon as a script logs one.",
                "text_secondary", wrap=True,
            ),
            16,
            row(self._store_step, self.other),
            8,
            row(self._person_step, self.identity),
            8,
            _Step(3, "Log your first run", "Works with no key, no window and no network",
                  is_next=True),
            8,
            row(40, (self.block, 1), spacing=0),
            8,
            row(40, (waits, 1), spacing=0),
            20,
            Line(),
            16,
            row(Label("Nothing to log today?", "text_secondary"), None, imports, self.demo),
            None,
            margins=(0, 16, 0, 16),
        )  # fmt: skip
        body.setMaximumWidth(theme().scaled(WIDTH))
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._body = body
        across = row(None, (body, 8), None, margins=(24, 0, 24, 0))
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(Scroll(across))
        order = (self.block.copy_button, self.demo, imports, self.other, self.identity)
        for one, following in itertools.pairwise(order):
            QWidget.setTabOrder(one, following)
        theme().follow(self)

    def show_facts(self, person: str, free: str) -> None:
        """Says who is signed in, "" for nobody, and how much room the store has."""
        self._store_step.show_state(
            f"{self._store}, {free} free" if free else self._store, is_done=True
        )
        self._person_step.show_state(person or "Not needed to log runs", is_done=bool(person))
        self.identity.setVisible(not person)

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        self._body.setMaximumWidth(theme().scaled(WIDTH))
        self._colours.apply_theme()


class _Step(QWidget):
    """A step: a circle with its number or a tick, title and detail."""

    def __init__(
        self, number: int, title: str, detail: str, *, is_done: bool = False, is_next: bool = False
    ) -> None:
        super().__init__()
        self._number, self._title = number, title
        self._is_done, self._is_next = is_done, is_next
        self._detail = Elided(detail, "text_secondary", "dense", elide="middle")
        down = QVBoxLayout(self)
        down.setContentsMargins(40, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(Label(title, text="strong"))
        down.addWidget(self._detail)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def show_state(self, detail: str, *, is_done: bool) -> None:
        """Shows another state."""
        self._is_done = is_done
        self._detail.set_text(detail)
        self._name()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns two lines."""
        look = theme()
        return QSize(200, look.line("strong") + look.line("dense") + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the circle."""
        painter = QPainter(self)
        look = theme()
        circle = QRectF(0, 6, CIRCLE, CIRCLE)
        if self._is_done:
            paint.rounded(painter, circle, CIRCLE / 2, "ok_bg")
            paint.icon(painter, "check", 5, 11, "ok_icon", 14)
            return
        fill: Role | None = "accent" if self._is_next else None
        edge: Role | None = None if self._is_next else "border_control"
        paint.rounded(painter, circle, CIRCLE / 2, fill, edge)
        tint: Role = "text_on_accent" if self._is_next else "text_secondary"
        font = look.font("caption", weight=600, size=round(11 / look.scale))
        paint.text(painter, circle, str(self._number), tint, font, "centre", "none")

    def _name(self) -> None:
        done = ", done" if self._is_done else ""
        self.setAccessibleName(f"Step {self._number}{done}: {self._title}. {self._detail.text()}")
