# SPDX-License-Identifier: Apache-2.0
"""The state of the log above its events: a sentence, and a line with marks where it is broken."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import paint
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.marks import TRUST
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.wording import count, moment
from strongroom.services.audit import AuditEntry, ChainStatus


class ChainBar(Surface):
    """A conclusion, what follows from it, and the span of the log."""

    def __init__(self) -> None:
        super().__init__("bg_surface", "b")
        self._icon = _Shield()
        self._title = Label("", "text_primary", "strong")
        self._sentence = Label("", "text_secondary", wrap=True)
        self._line = _Line()
        self._from = Label("", "text_tertiary", "caption")
        self._until = Label("", "text_tertiary", "caption")
        words = column(self._title, self._sentence)
        body = column(
            row(self._icon, (words, 1), spacing=12),
            10,
            self._line,
            4,
            row(self._from, None, self._until),
            margins=(16, 12, 16, 8),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 1)
        layout.addWidget(body)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_status(self, status: ChainStatus, entries: Sequence[AuditEntry], now_us: int) -> None:
        """Shows how far the log holds."""
        if status.is_ok:
            events = count(status.event_count, "event")
            self._title.setText(
                f"All {events} are whole and in order"
                if status.event_count != 1
                else "The one event is whole"
            )
            told = f" {status.stale}" if status.stale else ""
            refused = (
                f" {status.refused_count} of them had no effect, because the rules said no."
                if status.refused_count
                else ""
            )
            self._sentence.setText(
                f"{count(status.writer_count, 'log')}, trust version {status.trust_version},"
                f" verified at {moment(now_us, now_us)}.{refused}{told}"
            )
        else:
            first = status.alarms[0]
            more = f" and {len(status.alarms) - 1} more" if len(status.alarms) > 1 else ""
            self._title.setText(f"The log is not whole: {first.code}{more}")
            self._sentence.setText(f"{first.detail} All other events are verified.")
        self._icon.show_state(is_ok=status.is_ok)
        self._line.show_state(is_ok=status.is_ok)
        ordered = sorted(entry.time_us for entry in entries if entry.time_us)
        self._from.setText(f"{moment(ordered[0], now_us)}, event 1" if ordered else "")
        last = f"{moment(ordered[-1], now_us)}, event {status.event_count:,}" if ordered else ""
        self._until.setText(last)


class _Shield(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._is_ok = True
        self.setFixedSize(24, 36)

    def show_state(self, *, is_ok: bool) -> None:
        self._is_ok = is_ok
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        name = TRUST["valid"].icon if self._is_ok else TRUST["revoked"].icon
        paint.icon(painter, name, 0, 2, "ok_icon" if self._is_ok else "warn_icon", 20)


class _Line(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._is_ok = True
        self.setFixedHeight(6)
        self.setAccessibleName("The span of the log")

    def sizeHint(self) -> QSize:
        return QSize(200, theme().scaled(6))

    def show_state(self, *, is_ok: bool) -> None:
        self._is_ok = is_ok
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.rounded(painter, rect, 3, "ok_icon")
        if not self._is_ok:
            mark = QRectF(rect.width() - 28, 0, 8, rect.height())
            paint.rounded(painter, mark.adjusted(-2, 0, 2, 0), 0, "bg_surface")
            paint.rounded(painter, mark, 2, "warn_icon")
