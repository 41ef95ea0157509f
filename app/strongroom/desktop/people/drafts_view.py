# SPDX-License-Identifier: Apache-2.0
"""Drafts of the team: what each would change, who has signed, and whose turn it is.

* Those that wait for a key of this workstation stand first.
* A draft is signed in the dialog that shows all it changes, never from a line of a list.
* Forgetting takes a draft off the list; its file stays where it is.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from strongroom.desktop.kit.blocks import Banner, EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import (
    MISSING,
    BadgeCell,
    Cell,
    Column,
    NumberCell,
    Row,
    TextCell,
    TimeCell,
)
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Scroll, Split, Surface, clear, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import count, exact
from strongroom.desktop.people.cosign_dialog import ChangeLine
from strongroom.desktop.people.member_pane import PANE_WIDTH
from strongroom.services.waiting_drafts import DraftState, WaitingDraft

STATES: dict[DraftState, tuple[str, Tone, str]] = {
    DraftState.MINE: ("Waits for you", "info", "pen-line"),
    DraftState.OTHERS: ("Waits for others", "mute", "users"),
    DraftState.IN_FORCE: ("In force", "ok", "circle-check"),
    DraftState.STALE: ("Overtaken", "warn", "circle-minus"),
    DraftState.GONE: ("Cannot be read", "warn", "file"),
}
"""What became of a draft: its word, tone and icon."""
NOTHING = "No change of the team waits for signatures"
WHY_NOTHING = (
    "Where two admins or several root keys have to sign, a change becomes a draft: a file that"
    " travels by stick or share and takes effect with the last signature. Drafts that were made or"
    " opened here are listed until they are in force."
)


class DraftsView(QStackedWidget):
    """The list, and the selected draft beside it.

    Signals:
        sign_wanted, forget_wanted: A button was pressed (the file of the draft).
        open_wanted: Somebody wants to open a draft that is not listed.
        selection_changed: Another draft is selected.
    """

    sign_wanted = Signal(object)
    forget_wanted = Signal(object)
    open_wanted = Signal()
    selection_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drafts: tuple[WaitingDraft, ...] = ()
        self.table = Table(
            (
                Column("what", "What it changes", 240, stretch=True),
                Column("version", "Version", 72, "right"),
                Column("signed", "Signed by", 150),
                Column("missing", "More needed", 100, "right"),
                Column("state", "State", 150),
                Column("met", "Met here", 110, "right"),
            ),
            name="Drafts of the team",
        )
        self.pane = DraftPane()
        self._empty = EmptyState(NOTHING, WHY_NOTHING, "Sign a draft…", "pen-line")
        split = Split("horizontal", self.table, self.pane)
        split.setObjectName("people.drafts")
        self.addWidget(split)
        self.addWidget(self._empty)
        self._empty.acted.connect(self.open_wanted)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.table.activated_row.connect(lambda key: self.sign_wanted.emit(Path(key)))
        self.pane.sign.clicked.connect(lambda: self.sign_wanted.emit(self.current()))
        self.pane.forget.clicked.connect(lambda: self.forget_wanted.emit(self.current()))

    def show_drafts(self, drafts: Sequence[WaitingDraft], now_us: int) -> None:
        """Shows drafts, those that wait for this workstation first."""
        self._drafts = tuple(drafts)
        self.setCurrentIndex(0 if drafts else 1)
        self.table.set_lines([_row(draft, now_us) for draft in drafts])
        if drafts and not self.table.selected():
            self.table.select(str(drafts[0].path))
        self._show_current()

    def current(self) -> Path | None:
        """Returns the file of the selected draft, None for none."""
        keys = self.table.selected()
        return Path(keys[0]) if keys and self._drafts else None

    def is_mine(self) -> bool:
        """Returns whether the selected draft waits for a key of this workstation."""
        found = self._selected()
        return found is not None and found.state is DraftState.MINE

    def _selected(self) -> WaitingDraft | None:
        path = self.current()
        return next((draft for draft in self._drafts if draft.path == path), None)

    def _on_table_selection_changed(self, _keys: tuple[str, ...]) -> None:
        self._show_current()
        self.selection_changed.emit()

    def _show_current(self) -> None:
        draft = self._selected()
        if draft is not None:
            self.pane.show_draft(draft)


class DraftPane(Surface):
    """One draft: whose turn it is, each change, who has signed and who still can."""

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self.banner = Banner("mute", "")
        self._changes = QVBoxLayout()
        self._changes.setSpacing(0)
        self._heading = SectionTitle("What it changes")
        self._facts = KeyValues(key_width=96)
        self.sign = Button("Sign…", "primary", "pen-line", name="Sign this draft", changes=True)
        self.forget = Button("Forget", "secondary", "x", name="Forget this draft")
        self.forget.setToolTip("Take it off this list; the file stays where it is")
        self._why = Label("", "text_tertiary", "caption", wrap=True)
        body = column(
            self.banner, 16, self._facts, 16, self._heading, 8, self._changes, None,
            margins=(20, 16, 20, 16),
        )  # fmt: skip
        foot = column(
            self._why, row(self.sign, self.forget, None), margins=(20, 10, 20, 12), spacing=6,
            edges="t",
        )  # fmt: skip
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(Scroll(body), 1)
        down.addWidget(foot)
        self.setMinimumWidth(PANE_WIDTH)
        self.setMaximumWidth(2 * PANE_WIDTH)

    def show_draft(self, draft: WaitingDraft) -> None:
        """Shows a draft."""
        word, tone, icon = STATES[draft.state]
        self.banner.show_outcome(tone, word, _sentence(draft), "", icon)
        clear(self._changes)
        view = draft.view
        facts = [Fact(key="File", value=str(draft.path), kind="mono")]
        if view is not None:
            facts += [
                Fact(key="Signed by", value=", ".join(view.signed) or "nobody"),
                Fact(key="May sign", value=", ".join(view.wanted) or "nobody"),
            ]
            for change in view.changes:
                self._changes.addWidget(ChangeLine(change))
        self._heading.setVisible(view is not None)
        self._facts.set_facts(facts)
        is_mine = draft.state is DraftState.MINE
        self.sign.setEnabled(is_mine)
        self._why.setText("" if is_mine else _why_not(draft))
        self._why.setVisible(not is_mine)

    def words(self) -> tuple[str, ...]:
        """Returns the changes in sight."""
        return tuple(each.words for each in self.findChildren(ChangeLine) if not each.isHidden())


def _row(draft: WaitingDraft, now_us: int) -> Row:
    word, tone, icon = STATES[draft.state]
    view = draft.view
    signed: Cell = TextCell(", ".join(view.signed) or "nobody") if view else MISSING
    return Row(
        str(draft.path),
        (
            TextCell(_summary(draft), spoken=_summary(draft)),
            NumberCell(str(draft.version)) if draft.version else MISSING,
            signed,
            NumberCell(str(view.missing)) if view else MISSING,
            BadgeCell(word, tone, icon),
            TimeCell.at(draft.met_us, now_us),
        ),
        quiet=view is None,
    )


def _summary(draft: WaitingDraft) -> str:
    if draft.view is None:
        return draft.path.name
    first, *more = draft.view.changes
    return f"{first.subject} {first.text}" + (f", and {len(more)} more" if more else "")


def _sentence(draft: WaitingDraft) -> str:
    view = draft.view
    if view is None:
        return draft.told
    needed = count(view.missing, "signature")
    if draft.state is DraftState.MINE:
        return (
            "Your signature is the last one needed: it comes into force with it."
            if view.missing == 1
            else f"It needs {needed} more; one of them can be yours."
        )
    return f"It needs {needed} more, of: {', '.join(view.wanted)}. Carry the file there."


def _why_not(draft: WaitingDraft) -> str:
    if draft.view is None:
        return f"Nothing is left to sign. It was met here at {exact(draft.met_us)}."
    return "No key of this workstation is asked for, or it has signed already."
