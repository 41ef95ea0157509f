# SPDX-License-Identifier: Apache-2.0
"""The Audit page: every signed event, how far the log holds, and packages for an auditor.

* The state of the log stands above it in one sentence; what is missing stands in the list too.
* An event without effect is shown with its code: refusing it is part of the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.desktop.audit.chain_bar import ChainBar
from strongroom.desktop.audit.export_dialog import ExportDialog
from strongroom.desktop.audit.pane import EventPane
from strongroom.desktop.audit.verify_dialog import VerifyDialog
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import (
    Column,
    Notice,
    NumberCell,
    PersonCell,
    Row,
    TextCell,
    TimeCell,
    TrustCell,
)
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.command import Command, with_store
from strongroom.desktop.kit.fields import SearchField
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import Split
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.domain.changes import Changes
from strongroom.domain.clock import MICROSECONDS, Clock, to_iso
from strongroom.services.audit import Audit, AuditEntry, ChainStatus, EntryDetail
from strongroom.services.evidence import Evidence
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registry import Registry

PERIODS = (("0", "All time"), ("30", "Last 30 days"), ("7", "Last 7 days"), ("1", "Last 24 hours"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditServices:
    """What the page asks."""

    audit: Audit
    evidence: Evidence
    registry: Registry
    people: People
    identities: Identities
    clock: Clock


class AuditPage(Page):
    """The log as a table, and one event beside it."""

    page_id = "audit"
    title = "Audit"

    def __init__(self, services: AuditServices, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._entries: tuple[AuditEntry, ...] = ()
        self._status: ChainStatus | None = None
        self._wanted = ""
        self.filter = SearchField("Filter events", "Filter by who, what, object", width=260)
        self.period = Choice(PERIODS, "0", name="Period", icon_name="calendar")
        self.verify_button = Button("Verify a package…", "secondary", "shield-check")
        self.export_button = Button("Export package…", "primary", "package", changes=True)
        self.bar_of_chain = ChainBar()
        self.table = Table(
            (
                Column("number", "Event", 64, "right"),
                Column("time", "Time", 104, "right"),
                Column("who", "Who", 156),
                Column("what", "What", 152),
                Column("object", "Object", 200, stretch=True),
                Column("trust", "Trust", 132),
            ),
            name="Events",
        )
        self._pane = EventPane()
        self._split = Split("horizontal", self.table, self._pane)
        self._split.setObjectName("audit.split")
        self._empty = EmptyState(
            "Nothing is signed yet",
            "Events appear when a team registers, requests and approves. Found a team with:\n\n"
            "strongroom team create NAME",
        )
        super().__init__(
            PageBar(
                "Audit", [], [self.filter, self.period, self.verify_button, self.export_button]
            ),
            self.bar_of_chain,
            self._empty,
            self._split,
        )
        self._empty.hide()
        self._secrets = Secrets(tasks, services.identities, self)
        self.filter.changed.connect(lambda _words: self._show_entries())
        self.period.chosen.connect(lambda _key: self._read())
        self.verify_button.clicked.connect(self.verify_package)
        self.export_button.clicked.connect(self.export_package)
        self.table.selection_changed.connect(self._on_table_selection_changed)

    def show_place(self, place: Place) -> None:
        """Reads the log; the place may name an event."""
        self._wanted = place.argument("event")
        self._read()

    def refresh(self, changes: Changes) -> None:
        """Reads the log again when events came."""
        if changes.events or changes.is_team or changes.quarantined:
            self._read()

    def selection(self) -> tuple[str, ...]:
        """Returns the events selected."""
        return self.table.selected()

    def badge(self) -> str:
        """Returns ``!`` while something is missing, forked or damaged."""
        return "!" if self._status is not None and not self._status.is_ok else ""

    def commands(self) -> list[Command]:
        """Returns what can be done here."""
        return [
            Command(
                id="audit.export", title="Export audit package…", run=self.export_package,
                menu="Review", icon="package", enabled=with_store, group="Audit", changes=True,
            ),
            Command(
                id="audit.verify", title="Verify a package…", run=self.verify_package,
                menu="Review", icon="shield-check", shortcut="Ctrl+Shift+V", group="Audit",
            ),
        ]  # fmt: skip

    # ---------------------------------------------------------------- doing

    def export_package(self) -> None:
        """Opens the dialog that writes an audit package."""
        dialog = ExportDialog(
            self._services.registry, self._services.evidence, self._tasks, self._secrets,
            parent=self,
        )  # fmt: skip
        dialog.exported.connect(lambda: self.changed.emit(Changes(events=frozenset({"export"}))))
        dialog.open()

    def verify_package(self) -> None:
        """Opens the dialog that verifies a package somebody handed over."""
        dialog = VerifyDialog(
            self._services.evidence, self._tasks, self._services.people.team_id(), parent=self
        )
        dialog.open()

    # ---------------------------------------------------------------- inside

    def _read(self) -> None:
        days = int(self.period.current() or 0)
        since = ""
        if days:
            since = to_iso(self._services.clock.now_us() - days * 86_400 * MICROSECONDS)
        self._tasks.ask(
            "audit.entries",
            "Reading the log",
            lambda _progress: (
                self._services.audit.status() if self._services.people.team_id() else None,
                self._services.audit.entries(since=since)
                if self._services.people.team_id()
                else (),
            ),
            lambda found: self._show(*found),
            owner=self,
        )

    def _show(self, status: ChainStatus | None, entries: tuple[AuditEntry, ...]) -> None:
        self._status, self._entries = status, entries
        has_log = status is not None
        self._empty.setVisible(not has_log)
        self._split.setVisible(has_log)
        self.bar_of_chain.setVisible(has_log)
        self.export_button.setEnabled(has_log)
        if status is not None:
            self.bar_of_chain.show_status(status, entries, self._services.clock.now_us())
        self._show_entries()
        self.selection_changed.emit()

    def _show_entries(self) -> None:
        words = self.filter.text().casefold().split()
        now_us = self._services.clock.now_us()
        shown = [entry for entry in self._entries if _matches(entry, words)]
        alarms = self._status.alarms if self._status and not words else ()
        lines: list[Row | Notice] = [
            Notice(f"alarm {alarm.code} {alarm.object}", f"{alarm.code}: {alarm.detail}")
            for alarm in alarms
        ]
        lines += [_row(entry, now_us) for entry in shown]
        self.table.set_lines(lines)
        wanted = self._wanted
        if shown and (wanted or not self.table.selected()):
            self.table.select(wanted or shown[0].id)
            self._wanted = ""

    def _on_table_selection_changed(self, keys: Sequence[str]) -> None:
        self.selection_changed.emit()
        if not keys or keys[0].startswith("alarm "):
            return
        self._tasks.ask(
            "audit.detail",
            "Reading the event",
            lambda _progress: self._services.audit.detail(keys[0]),
            self._show_detail,
            owner=self,
        )

    def _show_detail(self, detail: EntryDetail) -> None:
        self._pane.show_event(detail, self._services.clock.now_us())


def _matches(entry: AuditEntry, words: Sequence[str]) -> bool:
    doubt = "W-CLOCK" if entry.clock else ""
    parts = (entry.who, entry.host, entry.type, entry.object, entry.code, doubt)
    text = " ".join(parts).casefold()
    return all(word in text for word in words)


def _row(entry: AuditEntry, now_us: int) -> Row:
    return Row(
        entry.id,
        (
            NumberCell(f"{entry.number:,}", role="text_secondary"),
            TimeCell.at(entry.time_us, now_us),
            PersonCell(entry.who, "cpu" if entry.is_machine else ""),
            TextCell(entry.type, mono=True),
            TextCell(entry.object),
            TrustCell(entry.trust, f"No effect, {entry.code}" if entry.code else ""),
        ),
        tint="warn" if entry.code else "",
    )
