# SPDX-License-Identifier: Apache-2.0
"""Importing in five steps: source, verify, choose, admit, report.

* Each page says what has and has not been written; until Admit that is nothing.
* Verifying reads every byte that would be copied, so what is damaged shows before Admit.
* Verifying and admitting run off the window's thread and can be stopped; what was finished stays,
  and admitting again goes on from there.
* There is no choice among what verifies: events travel as chains.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.explanation_strip import STANDINGS
from strongroom.desktop.exchange.explanations import explained
from strongroom.desktop.exchange.items_view import ItemsView
from strongroom.desktop.exchange.places_view import as_of_cell
from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.words import (
    Tone,
    counted,
    import_saying,
    kind_of_place,
    report_json,
    report_text,
    taken_count,
    verified_words,
)
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import Column, Row, TwoLineCell
from strongroom.desktop.kit.dialog import Wizard
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.surface import Surface, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import count, exact
from strongroom.domain.clock import Clock
from strongroom.domain.errors import StrongroomError
from strongroom.services.exchange import Exchange, Outcome, RemoteInfo

SOURCE, VERIFY, CHOOSE, ADMIT, REPORT = range(5)
STEPS = ("Source", "Verify", "Choose", "Admit", "Report")
VERIFY_KEY, ADMIT_KEY = "exchange.preview", "exchange.take"


class ImportWizard(Wizard):
    """The wizard.

    Args:
        exchange: Verifies and takes in.
        infos: The known places.
        tasks: The jobs of the window.
        clock: What time it is.
        wanted: The place or folder chosen at the start.

    Signals:
        taken: Something was taken in or put into quarantine (an `Outcome`).
        interrupted: Admitting was stopped or failed; what was finished stays.
    """

    taken = Signal(object)
    interrupted = Signal()

    def __init__(
        self,
        exchange: Exchange,
        infos: Sequence[RemoteInfo],
        tasks: Tasks,
        clock: Clock,
        *,
        wanted: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Import", STEPS, next_words="Verify", parent=parent)
        self._exchange, self._tasks, self._clock = exchange, tasks, clock
        self._infos = tuple(infos)
        self._outcome: Outcome | None = None
        self.source_table = Table(
            (
                Column("place", "Place", 300, stretch=True),
                Column("as_of", "As of", 150, "right"),
            ),
            name="Known places",
            row_height=48,
            edge=20,
        )
        self.folder = Field("Folder", "Choose a folder, or type its path", mono=True)
        self.browse = Button("Choose…", "secondary", "folder-open", name="Choose a folder")
        self.verify_line = _line(tasks, VERIFY_KEY)
        self.verify_fault = Banner("bad", "", "")
        self.found = ItemsView("What the source holds")
        self.found_words = Label("", "text_secondary", "dense", wrap=True)
        self.save_preview = Button("Save report…", "ghost", "save")
        self.admit_line = _line(tasks, ADMIT_KEY)
        self.admit_fault = Banner("warn", "", "")
        self.taken_in = ItemsView("What was taken in")
        self.conclusion = Banner("ok", "", "")
        self.save_button = Button("Save report…", "secondary", "save")
        self._add_pages()
        self._connect()
        self._show_sources(wanted)
        self._open_source()

    # ---------------------------------------------------------------- pages

    def _add_pages(self) -> None:
        self.add_page(
            "Where to import from",
            "A place of the team, a copy of one on a stick, or a folder that holds run folders."
            " Nothing has been written to this store.",
            _source_page(self.source_table, self.folder, self.browse),
            edge=0,
        )
        self.add_page(
            "Verifying",
            "Signatures, chains and the digest of every new file are checked at the source."
            " Nothing has been written to this store.",
            column(self.verify_line, self.verify_fault, None, margins=(0, 8, 0, 0)),
        )
        self.add_page(
            "What would be taken in",
            "Signatures, chains and the digest of every new file were verified at the source."
            " Nothing has been written to this store yet.",
            column(
                row(
                    (self.found_words, 1), self.save_preview,
                    margins=(20, 0, 20, 8), spacing=16,
                ),
                (self.found, 1),
            ),
            edge=0,
        )  # fmt: skip
        self.add_page(
            "Taking in",
            "Each item is verified once more and appears whole or not at all. What was finished"
            " stays when you stop.",
            column(self.admit_line, self.admit_fault, None, margins=(0, 8, 0, 0)),
        )
        self.add_page(
            "Report",
            "What was taken in is written to this store; what was rejected is not.",
            column(
                row((self.conclusion, 1), self.save_button, margins=(20, 0, 20, 12), spacing=12),
                (self.taken_in, 1),
            ),
            edge=0,
        )

    def _connect(self) -> None:
        self.next_button.clicked.connect(self._on_next_clicked)
        self.back_button.clicked.connect(self._on_back_clicked)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.folder.changed.connect(self._on_folder_changed)
        self.source_table.selection_changed.connect(self._on_place_selected)
        self.source_table.activated_row.connect(lambda _key: self._on_next_clicked())
        self.verify_line.stopped.connect(self._on_verify_stopped)
        self.admit_line.stopped.connect(self._on_admit_stopped)
        self.save_preview.clicked.connect(self._on_save_clicked)
        self.save_button.clicked.connect(self._on_save_clicked)
        self.rejected.connect(self._on_rejected)

    # ---------------------------------------------------------------- source

    def source(self) -> str:
        """Returns the chosen place or folder, "" for none."""
        return self.folder.text().strip() or next(iter(self.source_table.selected()), "")

    def _show_sources(self, wanted: str) -> None:
        now_us = self._clock.now_us()
        self.source_table.set_lines(
            [
                Row(
                    info.name,
                    (
                        TwoLineCell(info.name, f"{kind_of_place(info.path)}, {info.path}"),
                        as_of_cell(info.pulled_at_us, now_us),
                    ),
                )
                for info in self._infos
            ]
        )
        if any(info.name == wanted for info in self._infos):
            self.source_table.select(wanted)
        elif wanted:
            self.folder.set_text(wanted)

    def _open_source(self) -> None:
        self.go_to(SOURCE, "Verify")
        self._look_at_source()

    def _look_at_source(self) -> None:
        if self.step() != SOURCE:
            return
        source = self.source()
        self.next_button.setEnabled(bool(source))
        if source:
            self.set_reason(f"{source}: nothing has been read yet.", "mute", "hard-drive")
        else:
            self.set_reason("Choose a place or a folder.")

    def _on_folder_changed(self, _text: str) -> None:
        if self.folder.text().strip():
            self.source_table.clearSelection()
        self._look_at_source()

    def _on_place_selected(self, keys: Sequence[str]) -> None:
        if keys:
            self.folder.set_text("")
        self._look_at_source()

    def _on_browse_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The folder to import from")
        if folder:
            self.folder.set_text(folder)
            self._on_folder_changed(folder)

    # ---------------------------------------------------------------- verify, choose

    def _verify(self) -> None:
        source = self.source()
        name = Path(source).name or source
        self.setWindowTitle(f"Import from {name}")
        self.steps.set_found(SOURCE, name)
        self.steps.set_found(VERIFY, "")
        self.verify_fault.hide()
        self.go_to(VERIFY, "Verify again")
        self.next_button.setEnabled(False)
        self.set_reason("Reading the source. Nothing is written.", "mute", "hard-drive")
        self._tasks.ask(
            VERIFY_KEY,
            f"Verifying {name}",
            lambda progress: self._exchange.preview(source, progress=progress),
            self._show_found,
            owner=self,
            failed=self._on_verify_failed,
        )

    def _on_verify_stopped(self) -> None:
        self._cannot_verify("warn", "Stopped", "Nothing was written.", "circle-stop")

    def _on_verify_failed(self, error: BaseException) -> None:
        if not isinstance(error, StrongroomError):
            errors.show(error, self)
            self._cannot_verify("bad", "Verifying failed", "Nothing was written.", "circle-alert")
            return
        icon = "cloud-off" if error.code == "E-SHARE" else "circle-alert"
        if error.code == "E-TEAM":
            icon = STANDINGS[explained(error.code).standing][0]
        advice = f"{error.advice} ({error.code})" if error.advice else error.code
        self._cannot_verify("bad", error.title, advice, icon)

    def _cannot_verify(self, tone: Tone, title: str, sentence: str, icon: str) -> None:
        self.verify_fault.show_outcome(tone, title, sentence, "", icon)
        self.verify_fault.show()
        self.next_button.setEnabled(True)
        self.set_reason("Nothing has been written to this store.")

    def _show_found(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.steps.set_found(VERIFY, verified_words(outcome))
        self.found.show_outcome(outcome)
        is_new, kept = not outcome.pulled.is_empty, _quarantinable(outcome)
        self.go_to(CHOOSE, _admit_words(outcome) if is_new else "Keep rejected copies")
        self.next_button.setEnabled(is_new or kept)
        self.found_words.setText(_chain_sentence(outcome))
        self.found.table.setFocus()
        if is_new:
            self.set_reason(
                f"To take in: {counted(outcome.pulled)}.", "mute",
                "hard-drive",
            )  # fmt: skip
        elif kept:
            self.set_reason("Nothing here is new; copies of what is rejected can be kept.")
        else:
            self.set_reason("Nothing here is new, so there is nothing to take in.")

    # ---------------------------------------------------------------- admit, report

    def _admit(self) -> None:
        source = self.source()
        self.admit_fault.hide()
        self.go_to(ADMIT, "Go on", can_go_back=False)
        self.steps.set_found(CHOOSE, "Everything that verifies")
        self.next_button.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.set_reason("Writing to this store.", "mute", "hard-drive")
        self._tasks.change(
            ADMIT_KEY,
            f"Taking in {Path(source).name or source}",
            lambda progress: self._exchange.take(source, progress=progress),
            self._show_report,
            owner=self,
            failed=self._on_admit_failed,
        )

    def _on_admit_stopped(self) -> None:
        self._interrupt("Stopped", "What was finished stays, nothing is half taken in. Go on takes"
                        " in the rest.", "warn")  # fmt: skip

    def _on_admit_failed(self, error: BaseException) -> None:
        if isinstance(error, StrongroomError):
            self._interrupt(error.title, f"{error.advice} What was finished stays."
                            f" ({error.code})", "bad")  # fmt: skip
            return
        errors.show(error, self)
        self._interrupt("Taking in failed", "What was finished stays.", "bad")

    def _interrupt(self, title: str, sentence: str, tone: Tone) -> None:
        self.admit_fault.show_outcome(tone, title, sentence)
        self.admit_fault.show()
        self.next_button.setEnabled(True)
        self.cancel_button.setEnabled(True)
        self.cancel_button.set_words("Close")
        self.set_reason("Not everything was taken in.", "warn")
        self.interrupted.emit()

    def _show_report(self, outcome: Outcome) -> None:
        self._outcome = outcome
        saying = import_saying(outcome)
        self.steps.set_found(ADMIT, saying.title.partition(",")[0])
        self.steps.set_found(REPORT, verified_words(outcome))
        self.conclusion.show_outcome(saying.tone, saying.title, saying.sentence)
        self.taken_in.show_outcome(outcome)
        self.go_to(REPORT, "Done", can_go_back=False)
        self.next_button.setEnabled(True)
        self.cancel_button.hide()
        self.next_button.setFocus()
        self.set_reason(
            f"Verified and written at {exact(self._clock.now_us())}.", "ok", "circle-check"
        )
        self.taken.emit(outcome)

    # ---------------------------------------------------------------- moving, saving, leaving

    def _on_next_clicked(self) -> None:
        if not self.next_button.isEnabled():
            return
        act = {
            SOURCE: self._verify, VERIFY: self._verify, CHOOSE: self._admit, ADMIT: self._admit,
        }.get(self.step(), self.accept)  # fmt: skip
        act()

    def _on_back_clicked(self) -> None:
        self._tasks.cancel(VERIFY_KEY)
        self._open_source()

    def _on_save_clicked(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the report", "import-report.txt", "Text (*.txt);;JSON (*.json)"
        )
        if path:
            self.save_report(Path(path))

    def save_report(self, path: Path) -> None:
        """Writes the report, as JSON if the name ends so, else as text."""
        outcome = self._outcome
        if outcome is None:
            return
        time = exact(self._clock.now_us())
        is_json = path.suffix.casefold() == ".json"
        words = report_json(outcome) if is_json else report_text(outcome, time)

        try:
            path.write_text(words, encoding="utf-8")
        except OSError as error:
            self.set_reason(f"The report was not saved: {error.strerror}", "bad")
        else:
            self.set_reason(f"Saved as {path.name}.", "ok", "circle-check")

    def _on_rejected(self) -> None:
        self._tasks.cancel(VERIFY_KEY)
        if any(state.key == ADMIT_KEY for state in self._tasks.running()):
            self._tasks.cancel(ADMIT_KEY)
            self.interrupted.emit()


def _source_page(table: Table, folder: Field, browse: Button) -> Surface:
    return column(
        (table, 1),
        row(SectionTitle("Or a folder"), margins=(20, 8, 20, 0), edges="t"),
        row((folder, 1), browse, margins=(20, 4, 20, 20)),
    )


def _line(tasks: Tasks, key: str) -> ProgressLine:
    return ProgressLine(tasks, key, margins=(0, 0, 0, 12))


def _admit_words(outcome: Outcome) -> str:
    new = taken_count(outcome)
    return f"Admit {count(new, 'item')}" if new else "Admit what is new"


def _quarantinable(outcome: Outcome) -> bool:
    """Returns whether taking in would keep copies: run folders are left where they are."""
    return any(
        trouble.path.startswith(("obj/", "run/")) or trouble.path.endswith((".json", ".seg"))
        for trouble in outcome.rejected
    )


def _chain_sentence(outcome: Outcome) -> str:
    if all(item.kind == "run" for item in outcome.items) and not outcome.pulled.events:
        return "Every run that verifies is taken in; what is rejected stays where it is."
    return (
        "Events travel as chains: none can be left out without all that follow it, so everything"
        " that verifies is taken in. What is rejected goes to quarantine."
    )
