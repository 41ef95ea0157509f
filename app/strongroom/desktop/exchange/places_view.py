# SPDX-License-Identifier: Apache-2.0
"""Every place we exchange with: where it is, how it stands, what came and went, what is only here.

* What was never looked up is a dash; a place that cannot be reached keeps what is remembered.
* A place that does not answer says so and for how long; nothing else waits for it.
* The strip says of the selected place what it lacks, or why it cannot be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.exchange.explanation_strip import ExplanationStrip
from strongroom.desktop.exchange.sync_queue import Turn
from strongroom.desktop.exchange.words import counted, kind_of_place, readable
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
    TwoLineCell,
)
from strongroom.desktop.kit.surface import Surface, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import (
    count,
    day_and_time,
    duration,
    exact,
    sentence_case,
    size,
)
from strongroom.domain.clock import MICROSECONDS
from strongroom.services.exchange import Counts, RemoteInfo, RemoteStatus

if TYPE_CHECKING:
    from strongroom.desktop.kit.paint import Tone

STALE_AFTER_US = 2 * 86_400 * MICROSECONDS  # a weekend; older than that wants a look
_TITLES = {
    (False, False): "Both sides hold the same",
    (True, False): "This store holds something that is not there",
    (False, True): "There is something that is not here",
    (True, True): "Each side holds something that the other lacks",
}
"""By whether something is only here, and only there."""

_TURNS: dict[Turn, str] = {
    "waiting": "It waits for its turn: places are served one after the other",
    "running": "Exchanging: it takes in first, then brings what is only here",
    "silent": "Exchanging: it has just come back",
}
_SILENT = (
    "The share or the stick hangs. Everything else goes on without it; what was asked of it is"
    " done when it comes back. If it never does, unplug it or unmount it."
)

ICONS = {"Stick": "usb", "Share": "share-2", "Folder": "folder"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What a place is doing now.

    ``share`` of an exchange is done, None while nobody can tell; ``silent_s`` is how long it has
    not answered, 0 while it does.
    """

    turn: Turn = ""
    share: float | None = None
    silent_s: float = 0.0


IDLE = Doing()


class PlacesView(Surface):
    """The table of places with the strip of the selected one.

    Signals:
        selection_changed: Another place is selected.
        sync_requested, look_requested, plan_requested, pause_requested: Sync the selected place,
            look at it again, say what Sync would do, or leave it out until further notice (its
            name).
    """

    selection_changed = Signal()
    sync_requested = Signal(str)
    look_requested = Signal(str)
    plan_requested = Signal(str)
    pause_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__("bg_surface")
        self._infos: tuple[RemoteInfo, ...] = ()
        self._statuses: dict[str, RemoteStatus] = {}
        self._doing: dict[str, Doing] = {}
        self._rows: list[Row] = []
        self.table = Table(
            (
                Column("place", "Place", 300, stretch=True),
                Column("state", "State", 128),
                Column("in", "In", 136, "right", hint="What came in with the last pull"),
                Column("out", "Out", 136, "right", hint="What went out with the last push"),
                Column("only", "Only here", 96, "right", hint="What this place lacks"),
                Column("as_of", "As of", 132, "right"),
            ),
            name="Places",
            row_height=48,
        )
        self.sync_button = Button(
            "Sync this place", "secondary", "refresh-cw", small=True, changes=True
        )
        self.plan_button = Button("Dry run…", "secondary", small=True)
        self.pause_button = Button("Pause", "ghost", small=True)
        self.look_button = Button("Look again", "ghost", small=True)
        buttons = (self.look_button, self.pause_button, self.plan_button, self.sync_button)
        self.strip = ExplanationStrip(extra=row(*buttons))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.strip)
        self.table.selection_changed.connect(self._on_table_selection_changed)
        self.sync_button.clicked.connect(lambda: self.sync_requested.emit(self.current()))
        self.look_button.clicked.connect(lambda: self.look_requested.emit(self.current()))
        self.plan_button.clicked.connect(lambda: self.plan_requested.emit(self.current()))
        self.pause_button.clicked.connect(lambda: self.pause_requested.emit(self.current()))

    def current(self) -> str:
        """Returns the name of the selected place, "" for none."""
        return next(iter(self.table.selected()), "")

    def show_places(
        self,
        infos: Sequence[RemoteInfo],
        statuses: Mapping[str, RemoteStatus],
        doing: Mapping[str, Doing],
        now_us: int,
    ) -> None:
        """Shows places with what is known of them, and what they are doing, now."""
        self._infos, self._statuses, self._doing = tuple(infos), dict(statuses), dict(doing)
        rows = [
            _row(info, statuses.get(info.name), doing.get(info.name, IDLE), now_us)
            for info in infos
        ]
        if rows != self._rows:  # asked twice a second while something works or hangs
            self._rows = rows
            self.table.set_lines(rows)
        if infos and not self.table.selected():
            self.table.select(infos[0].name)
        self._show_strip()

    def status(self, name: str) -> RemoteStatus | None:
        """Returns what was last found out about a place."""
        return self._statuses.get(name)

    def _on_table_selection_changed(self, _keys: Sequence[str]) -> None:
        self._show_strip()
        self.selection_changed.emit()

    def _show_strip(self) -> None:
        name = self.current()
        info = next((info for info in self._infos if info.name == name), None)
        self.strip.setVisible(info is not None)
        if info is None:
            return
        status, doing = self._statuses.get(name), self._doing.get(name, IDLE)
        self._show_buttons(info, status, doing)
        if doing.silent_s:
            self.strip.show_words(
                "cloud-off", "warn", f"{name} has not answered for {_waited(doing)}", _SILENT,
                code="E-SHARE",
            )  # fmt: skip
        elif doing.turn:
            self.strip.show_words("refresh-cw", "info", _TURNS[doing.turn], info.path)
        elif status is None:
            self.strip.show_words("loader", "mute", f"Looking at {name}", info.path)
        elif not status.is_reachable:
            is_foreign = status.code == "E-TEAM"
            self.strip.show_words(
                "shield-x" if is_foreign else "cloud-off",
                "bad" if is_foreign else "warn",
                readable(status.title),
                status.advice,
                code=status.code,
            )
        else:
            self._show_difference(status, is_paused=info.is_paused)

    def _show_buttons(self, info: RemoteInfo, status: RemoteStatus | None, doing: Doing) -> None:
        can_sync = (status is None or status.is_reachable) and doing == IDLE
        self.sync_button.setEnabled(can_sync)
        self.plan_button.setEnabled(can_sync)
        self.look_button.setEnabled(not doing.turn)
        self.pause_button.set_words("Resume" if info.is_paused else "Pause")

    def _show_difference(self, status: RemoteStatus, *, is_paused: bool) -> None:
        here, there = counted(status.only_here), counted(status.only_there)
        said = [f"Only here: {here or 'nothing'}.", f"Only there: {there or 'nothing'}."]
        title = _TITLES[bool(here), bool(there)]
        icon = "arrow-left-right" if here or there else "circle-check"
        if status.damaged_there:
            title = "Something is damaged at this place"
            said.append(f"{count(status.damaged_there, 'file')} damaged there: Sync writes again"
                        " what this store holds; for the rest, ask whoever has the original to"
                        " push.")  # fmt: skip
        if not status.is_writable:
            said.append("It is write-protected: Sync only takes in.")
        if is_paused:
            said.append("It is paused: Sync now leaves it out.")
        tone: Tone = "info" if here or there else "ok"
        if status.damaged_there:
            tone, icon = "warn", "triangle-alert"
        self.strip.show_words(icon, tone, title, " ".join(said))


def state_cell(
    status: RemoteStatus | None, doing: Doing = IDLE, *, is_paused: bool = False
) -> Cell:
    """Returns how a place stands: a badge with icon and word."""
    if doing != IDLE:
        return _doing_cell(doing)
    if is_paused and (status is None or status.is_reachable):
        return BadgeCell("Paused", "mute", "pause")
    if status is None:
        return BadgeCell("Looking", "mute", "loader")
    return _reachable_cell(status) if status.is_reachable else _gone_cell(status)


def _doing_cell(doing: Doing) -> Cell:
    if doing.silent_s:
        return BadgeCell("No answer", "warn", "cloud-off")
    if doing.turn == "waiting":
        return BadgeCell("In the queue", "mute", "clock")
    share = "" if doing.share is None else f" {doing.share:.0%}"
    return BadgeCell(f"Syncing{share}", "info", "refresh-cw")


def _gone_cell(status: RemoteStatus) -> Cell:
    if status.code == "E-TEAM":
        return BadgeCell("Other team", "bad", "shield-x")
    if status.code == "E-SHARE":
        return BadgeCell("Gone", "warn", "cloud-off")
    return BadgeCell(f"Cannot check, {status.code}", "bad", "circle-alert")


def _reachable_cell(status: RemoteStatus) -> Cell:
    if status.damaged_there:
        return BadgeCell("Damaged", "warn", "triangle-alert")
    if not status.is_writable:
        return BadgeCell("Read only", "warn", "lock")
    return BadgeCell("Reachable", "ok", "circle-check")


def _row(info: RemoteInfo, status: RemoteStatus | None, doing: Doing, now_us: int) -> Row:
    kind = kind_of_place(info.path)
    times = [time for time in (info.pulled_at_us, info.pushed_at_us) if time is not None]
    return Row(
        info.name,
        (
            TwoLineCell(info.name, f"{kind}, {info.path}", ICONS[kind]),
            state_cell(status, doing, is_paused=info.is_paused),
            _moved(info.last_in, is_known=info.pulled_at_us is not None),
            _moved(info.last_out, is_known=info.pushed_at_us is not None),
            _only_here(status),
            as_of_cell(max(times, default=None), now_us),
        ),
        order={"as_of": max(times, default=0)},
    )


def _waited(doing: Doing) -> str:
    return duration(round(doing.silent_s) * MICROSECONDS)


def _moved(counts: Counts, *, is_known: bool) -> Cell:
    if not is_known:
        return MISSING
    things = counts.trust + counts.events + counts.manifests + counts.objects
    if not things:
        return NumberCell("nothing new", role="text_tertiary")
    return NumberCell(f"{count(things, 'item')}, {size(counts.bytes)}")


def _only_here(status: RemoteStatus | None) -> Cell:
    if status is None or not status.is_reachable:
        return MISSING
    return NumberCell(size(status.only_here.bytes), strong=not status.only_here.is_empty)


def as_of_cell(time_us: int | None, now_us: int) -> Cell:
    """Returns when a place was last met; in amber where that is long ago."""
    if time_us is None:
        return TextCell("Never", "text_tertiary")
    is_stale = now_us - time_us > STALE_AFTER_US
    return TimeCell(
        sentence_case(day_and_time(time_us, now_us)), exact(time_us),
        "warn_text" if is_stale else "text_secondary",
    )  # fmt: skip
