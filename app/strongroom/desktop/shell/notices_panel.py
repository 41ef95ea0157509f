# SPDX-License-Identifier: Apache-2.0
"""The history of notices as a list: what happened, how often and when, and the whole words."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import EmptyState
from strongroom.desktop.kit.cells import Column, NumberCell, Row, TextCell, TimeCell
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.shell.notices import NoticeEntry, Notices
from strongroom.domain.clock import Clock

_ICON_ROLES: dict[str, Role] = {"ok": "ok_icon", "warn": "warn_icon", "bad": "bad_icon"}
_ICONS = {"ok": "circle-check", "warn": "triangle-alert", "bad": "circle-x"}


class NoticesPanel(Dialog):
    """The history: what happened, how often and when, the whole words below, to be copied.

    Args:
        notices: The history.
        clock: Tells the time.
        support: Opens the support bundle; offered when given.
    """

    def __init__(
        self,
        notices: Notices,
        clock: Clock,
        parent: QWidget | None = None,
        support: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            "Notices", title="Notices", width=680, height=520, cancel="Close", parent=parent
        )
        self._entries = {entry.cause: entry for entry in notices.entries()}
        if not self._entries:
            self.set_body(EmptyState("Nothing yet", "What happens in the background is kept here."))
            return
        self.table = Table(
            (
                Column("what", "What happened", 300, stretch=True),
                Column("times", "Times", 64, "right"),
                Column("when", "Last", 110, "right"),
            ),
            name="Notices",
            edge=20,
            plain=True,
        )
        now_us = clock.now_us()
        self.table.set_lines([_line(entry, now_us) for entry in self._entries.values()])
        self.details = TextArea("Details", lines=4, read_only=True)
        below = column(self.details, margins=(20, 8, 20, 12))
        self.set_body(column((self.table, 1), below), margins=(0, 4, 0, 0))
        self.table.selection_changed.connect(lambda _keys: self._show_details())
        if support is not None:
            bundle = self.add_action("Save support bundle…", "secondary", "save")
            bundle.clicked.connect(self.accept)
            bundle.clicked.connect(support)
        self.copy_button = self.add_action("Copy details", "primary", "copy")
        self.copy_button.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.details.text())
        )
        self.table.select(next(iter(self._entries)))
        self._show_details()

    def _show_details(self) -> None:
        entry = self._entries.get(self.table.current_key() or "")
        if entry is not None:
            times = f", {entry.times} times" if entry.times > 1 else ""
            said = [entry.title, entry.detail, f"{wording.exact(entry.at_us)}{times}"]
            self.details.set_text("\n".join(part for part in said if part))


def _line(entry: NoticeEntry, now_us: int) -> Row:
    what = TextCell(
        entry.title,
        icon=_ICONS.get(entry.tone, "info"),
        icon_role=_ICON_ROLES.get(entry.tone, "text_secondary"),
    )
    return Row(
        entry.cause,
        (what, NumberCell(wording.count(entry.times)), TimeCell.at(entry.at_us, now_us)),
    )
