# SPDX-License-Identifier: Apache-2.0
"""Who could do what: the versions of the team on a line, a grid of rights, and what follows.

* A person reads signs in a grid first; the words of each right stand below, for who is selected.
* What to tighten and what has changed since stand beside them: a review ends in a decision.
* Nothing is signed and nothing is changed here.
"""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog, QSizePolicy, QVBoxLayout, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner, MarkLabel
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.marks import Mark, mark
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Scroll, Split, Surface, clear, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.kit.wording import digest, moment
from strongroom.desktop.people.access_lines import SIGNS, columns_of, lines_of
from strongroom.desktop.people.cosign_dialog import ChangeLine
from strongroom.desktop.people.version_line import VersionLine
from strongroom.domain.clock import Clock, from_iso
from strongroom.domain.progress import Progress
from strongroom.domain.team_changes import TeamChange
from strongroom.services.access_grid import AccessGrid, Reach, grid_of
from strongroom.services.access_report import in_force_words, save_report, signatures_words
from strongroom.services.access_review import AccessReview, AccessReviews, InForce, ReviewedKey

READ_KEY = "people.access"
FILTERS = "Page to print (*.html);;Table (*.csv)"
_TONES: dict[Role, Tone] = {"ok_icon": "ok", "warn_icon": "warn"}
_DATE = "A day, such as 2026-11-20"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRead:
    """What one look at the rights found."""

    team: str
    versions: tuple[InForce, ...]
    review: AccessReview
    grid: AccessGrid
    since: tuple[TeamChange, ...]


class AccessView(Surface):
    """The review.

    Args:
        reviews: Who could do what, when.
        tasks: The jobs of the window.
        clock: What time it is.

    Signals:
        noticed: A review was saved (title, detail).
    """

    noticed = Signal(str, str)

    def __init__(self, reviews: AccessReviews, tasks: Tasks, clock: Clock) -> None:
        super().__init__("bg_surface")
        self._reviews, self._tasks, self._clock = reviews, tasks, clock
        self._found: AccessRead | None = None
        self._is_asked = False
        self.line = VersionLine()
        self.day = Field("Day of the review", _DATE, width=200)
        self.sentence = Label("", "text_secondary", wrap=True)
        self.doubt = Banner("warn", "", "")
        self.doubt.hide()
        self.fault = Banner("bad", "", "")
        self.fault.hide()
        self.table = Table((), name="Who could do what")
        self._key, self._duties, self._since = (QVBoxLayout() for _ in range(3))
        legend = row(*(MarkLegend(reach) for reach in SIGNS), None, spacing=16)
        head = column(
            row((self.line, 1), self.day, spacing=16), 4, self.sentence, self.doubt, self.fault, 6,
            legend, margins=(16, 12, 16, 10), edges="b",
        )  # fmt: skip
        panes = row(
            (_pane(self._key), 1), (_pane(self._duties, "l"), 1), (_pane(self._since, "l"), 1),
            spacing=0,
        )  # fmt: skip
        split = Split("vertical", self.table, panes, sizes=(300, 260))
        split.setObjectName("people.access")
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(head)
        down.addWidget(split, 1)
        self.line.chosen.connect(self._on_line_chosen)
        self.day.submitted.connect(lambda _words: self.look(at=self.day.text().strip()))
        self.table.selection_changed.connect(lambda _keys: self._show_key())

    def look(self, at: str = "", version: int = 0) -> None:
        """Reads who could do what on a day, or by a version; now if neither is named."""

        def work(_progress: Progress) -> AccessRead:
            review = self._reviews.review(at, version)
            if review.is_latest and not at:  # what lies on this machine counts as well
                review = self._reviews.with_findings_here(review)
            return AccessRead(
                team=self._reviews.team_name(), versions=self._reviews.versions(), review=review,
                grid=grid_of(review), since=self._reviews.since(review),
            )  # fmt: skip

        self._tasks.ask(
            READ_KEY, "Reading who could do what", work, self._show, owner=self,
            failed=self._on_failed,
        )  # fmt: skip

    def look_again(self) -> None:
        """Reads the same again, after the team has changed."""
        review = self._found.review if self._found is not None else None
        if review is None or (review.is_latest and not review.at):
            self.look()
        else:
            self.look(review.at, 0 if review.at else review.version.version)

    def ask_where(self) -> None:
        """Asks for a file and writes the review there: as a page, or as a table by ``.csv``."""
        if self._found is None:
            self._is_asked = True  # as soon as there is something to save
            self.look()
            return
        day = self._found.review.at or "now"
        path, chosen = QFileDialog.getSaveFileName(
            self, "Save the review", f"access-{day}.html", FILTERS
        )
        if path:
            file = Path(path)
            if not file.suffix:
                file = file.with_suffix(".csv" if "csv" in chosen else ".html")
            self.save(file)

    def save(self, path: Path) -> None:
        """Writes the review to a new file."""
        found = self._found
        if found is None:
            return

        def work(_progress: Progress) -> None:
            if path.suffix.lower() == ".csv":
                self._reviews.save_table(found.review, path)
            else:
                save_report(
                    found.review, found.since, path, team=found.team,
                    now_us=self._clock.now_us(),
                )  # fmt: skip

        def done(_nothing: None) -> None:
            self.noticed.emit(f"Saved as {path.name}", "It holds names and keys of the team.")

        self._tasks.change(
            "people.access.save", "Saving the review", work, done, owner=self,
            failed=self._on_save_failed,
        )  # fmt: skip

    def words(self) -> str:
        """Returns the sentence about the version in sight."""
        return self.sentence.text()

    # ---------------------------------------------------------------- inside

    def _show(self, found: AccessRead) -> None:
        self._found = found
        review = found.review
        possible = [each.version for each in review.possible]
        self.line.show_versions(found.versions, review.version.version, possible)
        self.fault.hide()
        self.day.set_bad(is_bad=False)
        if not review.at:
            self.day.set_text("")
        self.sentence.setText(f"{in_force_words(review.version)} {signatures_words(review)}")
        self.doubt.setVisible(bool(possible))
        if possible:
            listed = ", ".join(str(each) for each in possible)
            self.doubt.show_outcome(
                "warn", f"Version {listed} may have been in force already",
                "A version bears no date: it lies between what its makers had seen and its first"
                " use. Look at each of them before you decide.",
            )  # fmt: skip
        self.table.set_columns(columns_of(found.grid))
        self.table.set_lines(lines_of(found.grid, self._clock.now_us()))
        if not self.table.selected() and found.grid.rows:
            self.table.select(found.grid.rows[0].key.writer)
        self._show_key()
        self._show_duties(review)
        self._show_since(found)
        if self._is_asked:
            self._is_asked = False
            self.ask_where()

    def _show_key(self) -> None:
        clear(self._key)
        keys = self.table.selected()
        rows = self._found.grid.rows if self._found is not None else ()
        key = next((each.key for each in rows if keys and each.key.writer == keys[0]), None)
        if key is None:
            return
        self._key.addWidget(SectionTitle(key.name, key.host))
        self._key.addWidget(Label(self._signed_words(key), "text_tertiary", "dense", wrap=True))
        self._key.addSpacing(8)
        for right in key.rights:
            sign = MarkLabel.for_icon(
                "circle-minus" if right.ended else "circle-check", right.text,
                "warn" if right.ended else "ok",
            )  # fmt: skip
            self._key.addWidget(sign)
            if right.ended:
                ended = Label(f"Ended {right.ended}", "text_tertiary", "dense", wrap=True)
                self._key.addWidget(row(22, (ended, 1), spacing=0))
        if not key.rights:
            self._key.addWidget(Label("Reads, and signs nothing that counts.", "text_secondary"))
        self._key.addStretch(1)

    def _signed_words(self, key: ReviewedKey) -> str:
        whose = digest(key.writer, 4)
        if not key.last_signed:
            return f"{key.role}. Key {whose}, which had signed nothing"
        when = moment(from_iso(key.last_signed), self._clock.now_us())
        return f"{key.role}. Key {whose}, last signed {when}"

    def _show_duties(self, review: AccessReview) -> None:
        clear(self._duties)
        count = len(review.findings)
        self._duties.addWidget(SectionTitle("What to tighten", f"{count}" if count else ""))
        self._duties.addSpacing(8)
        for each in review.findings:
            self._duties.addWidget(Banner("warn", f"{each.subject}: {each.text}", each.advice))
            self._duties.addSpacing(8)
        if not count:
            self._duties.addWidget(
                Banner("ok", "Nothing to tighten", "No hand holds what should lie in two.")
            )
        self._duties.addStretch(1)

    def _show_since(self, found: AccessRead) -> None:
        clear(self._since)
        self._since.addWidget(SectionTitle("Changed since then"))
        self._since.addSpacing(8)
        for change in found.since:
            self._since.addWidget(ChangeLine(change))
        if not found.since:
            words = "This is the version in force." if found.review.is_latest else "Nothing."
            self._since.addWidget(Label(words, "text_secondary", wrap=True))
        self._since.addStretch(1)

    def _on_line_chosen(self, version: int) -> None:
        self.day.set_text("")
        self.look(version=version)

    def _on_save_failed(self, error: BaseException) -> None:
        errors.show(error, self)

    def _on_failed(self, error: BaseException) -> None:
        self.day.set_bad(is_bad=bool(self.day.text().strip()))
        title, advice = errors.words(error)
        self.fault.show_outcome("bad", title, advice)
        self.fault.show()


class MarkLegend(MarkLabel):
    """One sign of the grid and what it means, as wide as its words."""

    def __init__(self, reach: Reach) -> None:
        icon, role, words = SIGNS[reach]
        sign = Mark(icon=icon, tone=_TONES.get(role, "info"), word=words, short=words)

        def draw(painter: QPainter, rect: QRectF) -> None:
            mark(painter, rect, sign, words, "text_secondary")

        super().__init__(draw, words)
        self._words = words
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Returns the room of icon and words."""
        wide = round(theme().width(self._words, theme().font("dense"))) + 28
        return QSize(wide, super().sizeHint().height())


def _pane(layout: QVBoxLayout, edges: str = "") -> QWidget:
    layout.setSpacing(2)
    inside = column(layout, margins=(16, 12, 16, 12))
    around = column((Scroll(inside), 1), edges=edges, margins=(1 if edges else 0, 0, 0, 0))
    around.setMinimumWidth(200)
    return around
