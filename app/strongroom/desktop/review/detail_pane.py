# SPDX-License-Identifier: Apache-2.0
"""The pane beside the list: what the selected request is about, and the way to review it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Badge, Banner, MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Elided, SectionTitle
from strongroom.desktop.kit.surface import Scroll, Surface, clear, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.review import case_views, lines
from strongroom.services.review_case import ReviewCase

WIDTH = 424  # px at 100 %
LEAST, MOST = 340, 520  # px
NO_LIMIT = 10_000  # px: before the pane is on a page
MOST_CHANGES = 6
MOST_GATES = 4


class DetailPane(Surface):
    """Shows one case.

    Signals:
        review_requested, changes_requested, withdraw_requested: A button was pressed.
        version_requested: The version should be opened on its own page.
    """

    review_requested = Signal()
    changes_requested = Signal()
    withdraw_requested = Signal()
    version_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bg_surface", "l", parent=parent)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(20, 14, 20, 16)
        self._body.setSpacing(0)
        inner = Surface("bg_surface")
        inner.setLayout(self._body)
        self.changes_button = Button("Ask for changes", changes=True)
        self.changes_button.setObjectName("review.pane.changes")
        self.changes_button.clicked.connect(self.changes_requested)
        self.withdraw_button = Button("Withdraw", changes=True)
        self.withdraw_button.setObjectName("review.pane.withdraw")
        self.withdraw_button.clicked.connect(self.withdraw_requested)
        self.open_button = Button("", "secondary", "external-link", name="Open the version")
        self.open_button.clicked.connect(self.version_requested)
        self.review_button = Button("Review", "primary", changes=True)
        self.review_button.setObjectName("review.pane.review")
        self.review_button.clicked.connect(self.review_requested)
        self._foot = row(
            self.changes_button,
            self.withdraw_button,
            None,
            self.open_button,
            self.review_button,
            margins=(20, 12, 20, 16),
        )
        scroll = Scroll(inner)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        down = QVBoxLayout(self)
        down.setContentsMargins(1, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(scroll, 1)
        down.addWidget(self._foot)
        self.apply_theme()
        theme().follow(self)
        self.show_nothing()

    def apply_theme(self) -> None:
        """Takes over the width of the look in force."""
        parent = self.parentWidget()
        self.share(parent.width() if parent is not None else NO_LIMIT)

    def share(self, whole: int) -> None:
        """Takes its share of a page ``whole`` px wide: the list must stay readable."""
        self.setFixedWidth(min(theme().scaled(WIDTH), MOST, max(LEAST, round(whole * 0.4))))

    def show_nothing(self) -> None:
        """Empties the pane."""
        clear(self._body)
        self._foot.setVisible(False)

    def show_case(self, case: ReviewCase, me: str, now_us: int) -> None:
        """Shows a case to the person called ``me``."""
        clear(self._body)
        item = case.item
        request = item.request
        add = self._body.addWidget
        add(Elided(lines.name_of(request), text="title", weight=600))
        move = MarkLabel.for_move(request.from_stage, request.to_stage)
        if request.status.is_open and request.status.value == "pending":
            add(move)
        else:
            word, tone = lines.status_words(request.status)
            add(row((move, 1), Badge(word, tone)))
        self._body.addSpacing(12)
        trust, sentence = case_views.trust_of(case)
        add(Banner.for_trust(trust, sentence, ""))
        self._body.addSpacing(16)
        asked = lines.asked_us(request)
        when = f", {wording.day_and_time(asked, now_us)}" if asked is not None else ""
        add(case_views.Quote(item.reason or "No reason was given.", f"{item.requester}{when}"))
        self._body.addSpacing(14)
        add(case_views.gates(case, most=MOST_GATES))
        self._body.addSpacing(12)
        add(case_views.answers(case, me, now_us))
        self._body.addSpacing(12)
        self._add_changes(case)
        self._body.addStretch(1)
        is_open = request.status.is_open
        self._foot.setVisible(True)
        self.changes_button.setVisible(is_open and not item.is_mine)
        self.changes_button.setEnabled(not item.objection)
        self.changes_button.setToolTip(item.objection and "You may not answer this request.")
        self.withdraw_button.setVisible(is_open and item.is_mine)
        self.review_button.set_words("Review" if is_open else "Look again")
        self.review_button.set_kind("primary" if is_open else "secondary")

    def _add_changes(self, case: ReviewCase) -> None:
        incumbent = case.incumbent
        title = "Changes"
        note = f"nobody held {case.item.request.to_stage}"
        if incumbent is not None:
            title, note = f"Changes against v{incumbent.version.version}", ""
        self._body.addWidget(SectionTitle(title, note))
        found = case_views.change_rows(case, MOST_CHANGES)
        facts = [Fact(key=what, value=words) for what, words in found]
        self._body.addWidget(KeyValues(facts or [Fact(key="Values", value="no difference")], 128))
