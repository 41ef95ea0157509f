# SPDX-License-Identifier: Apache-2.0
"""Importing in five steps: source, verify, choose, admit, report.

* Each page says what has and has not been written; until Admit that is nothing.
* Verifying reads every byte that would be copied, so what is damaged shows before Admit.
* Verifying and admitting run in the lane of the source and can be stopped; what was finished
  stays, and admitting again goes on from there, also after the window was closed.
* Files of versions and runs can be left where they are; events travel as chains and always come.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.exchange.explanation_strip import STANDINGS
from strongroom.desktop.exchange.explanations import explained
from strongroom.desktop.exchange.items_view import Chosen, ItemsView
from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.receipt_saver import ReceiptSaver
from strongroom.desktop.exchange.report_saver import ReportSaver
from strongroom.desktop.exchange.source_page import SourcePage
from strongroom.desktop.exchange.sync_queue import lane_of
from strongroom.desktop.exchange.words import (
    Saying,
    Tone,
    import_saying,
    verified_words,
)
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.dialog import Wizard
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.secrets import LOCKED, Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import count, exact, size
from strongroom.domain.clock import Clock
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.services.bundles import SUFFIX
from strongroom.services.exchange import Exchange, Outcome, RemoteInfo, Selection

SOURCE, VERIFY, CHOOSE, ADMIT, REPORT = range(5)
STEPS = ("Source", "Verify", "Choose", "Admit", "Report")
UNLOCK_KEY = "exchange.unlock"
SEALED = "This bundle is sealed: opening it needs the passphrase of your key."
VERIFY_KEY, ADMIT_KEY = "exchange.preview", "exchange.take"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a source holds, and how much room this store has (None if nobody can tell)."""

    outcome: Outcome
    free_bytes: int | None


class ImportWizard(Wizard):
    """The wizard.

    Args:
        exchange: Verifies and takes in.
        infos: The known places.
        tasks: The jobs of the window.
        clock: What time it is.
        secrets: Asks for the passphrase where a report is signed or a bundle is sealed.
        wanted: The place, folder or file chosen at the start.
        plugged: What can be imported from sticks that are plugged in, and what each is called.

    Signals:
        taken: Something was taken in or put into quarantine (an `Outcome`).
        interrupted: Admitting was stopped and has come to rest, or it failed; what was finished
            stays.
    """

    taken = Signal(object)
    interrupted = Signal()

    def __init__(
        self,
        exchange: Exchange,
        infos: Sequence[RemoteInfo],
        tasks: Tasks,
        clock: Clock,
        secrets: Secrets,
        *,
        wanted: str = "",
        plugged: Mapping[str, str] = MappingProxyType({}),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Import", STEPS, next_words="Verify", parent=parent)
        self._exchange, self._tasks, self._clock = exchange, tasks, clock
        self._infos = tuple(infos)
        self._plugged = dict(plugged)
        self._outcome: Outcome | None = None
        self._free_bytes: int | None = None
        self._secrets = secrets
        self._saver = ReportSaver(exchange, secrets, self)
        self._receipts = ReceiptSaver(exchange, secrets, self)
        self.sources = SourcePage(infos, clock.now_us(), plugged)
        self.verify_line = _line(tasks, VERIFY_KEY)
        self.verify_fault = Banner("bad", "", "")
        self.found = ItemsView("What the source holds", can_choose=True)
        self.found_words = Label("", "text_secondary", "dense", wrap=True)
        self.save_preview = Button("Save report…", "ghost", "save")
        self.admit_line = _line(tasks, ADMIT_KEY)
        self.admit_fault = Banner("warn", "", "")
        self.taken_in = ItemsView("What was taken in")
        self.conclusion = Banner("ok", "", "")
        self.save_button = Button("Save report…", "secondary", "save")
        self.receipt_button = Button("Save receipt…", "secondary", "badge-check")
        self._add_pages()
        self._connect()
        self.sources.choose(wanted)
        self._open_source()

    def begin(self) -> None:
        """Verifies the chosen source at once: whoever named it has answered the first page."""
        if self.source():
            self._verify()

    # ---------------------------------------------------------------- pages

    def _add_pages(self) -> None:
        self.add_page(
            "Where to import from",
            "A place of the team, a bundle or zip, or a folder with runs. Nothing has been written"
            " to this store.",
            self.sources,
            edge=0,
        )
        self.add_page(
            "Verifying",
            "Signatures, chains and the digest of every new file are checked at the source."
            " Nothing has been written to this store.",
            column(self.verify_line, self.verify_fault, None, margins=(0, 8, 0, 0)),
        )
        self.add_page(
            "Choose what to admit",
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
                row(
                    (self.conclusion, 1),
                    self.receipt_button,
                    self.save_button,
                    margins=(20, 0, 20, 12),
                    spacing=12,
                ),
                (self.taken_in, 1),
            ),
            edge=0,
        )

    def _connect(self) -> None:
        self.next_button.clicked.connect(self._on_next_clicked)
        self.back_button.clicked.connect(self._on_back_clicked)
        self.sources.changed.connect(self._look_at_source)
        self.sources.activated.connect(self._on_next_clicked)
        self.found.chosen.connect(self._show_choice)
        self.verify_line.stopped.connect(self._on_verify_stopped)
        self.admit_line.stopped.connect(self._on_admit_stopped)
        self.save_preview.clicked.connect(self._on_save_clicked)
        self.save_button.clicked.connect(self._on_save_clicked)
        self.receipt_button.clicked.connect(lambda: self._receipts.ask(Path(self.source())))
        self._saver.said.connect(self._on_saver_said)
        self._receipts.said.connect(self._on_saver_said)
        self.rejected.connect(self._on_rejected)

    # ---------------------------------------------------------------- source

    def source(self) -> str:
        """Returns the chosen place, folder or file, "" for none."""
        return self.sources.source()

    def _name(self) -> str:
        """Returns what the source is called."""
        source = self.source()
        return self._plugged.get(source) or Path(source).name or source

    def _lane(self) -> str:
        """Returns the lane of the source; a path that is a known place goes by its name."""
        source = self.source()
        known = next((info.name for info in self._infos if info.path == source), source)
        return lane_of(known)

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
            self.set_reason("Choose a place, a folder or a file.")

    # ---------------------------------------------------------------- verify, choose

    def _verify(self) -> None:
        source, name = self.source(), self._name()
        self.setWindowTitle(f"Import from {name}")
        self.steps.set_found(SOURCE, name)
        self.steps.set_found(VERIFY, "")
        self.verify_fault.hide()
        self.go_to(VERIFY, "Verify again")
        self.next_button.setEnabled(False)
        self.set_reason("Reading the source. Nothing is written.", "mute", "hard-drive")

        def work(progress: Progress) -> Verified:
            outcome = self._exchange.preview(source, progress=progress)
            return Verified(outcome=outcome, free_bytes=self._exchange.free_bytes())

        self._tasks.ask(
            VERIFY_KEY, f"Verifying {name}", work, self._show_found,
            owner=self, failed=self._on_verify_failed, lane=self._lane(),
        )  # fmt: skip

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
        if error.code == LOCKED:
            self._unlock(self._verify)

    def _unlock(self, again: Callable[[], None]) -> None:
        """Asks for the passphrase that opens a sealed bundle, then goes on where it stopped."""
        self._secrets.sign(
            UNLOCK_KEY, "Opening the key", SEALED,
            lambda ask, _progress: self._exchange.unlock(ask), lambda _nothing: again(),
            owner=self, parent=self,
        )  # fmt: skip

    def _cannot_verify(self, tone: Tone, title: str, sentence: str, icon: str) -> None:
        self.verify_fault.show_outcome(tone, title, sentence, "", icon)
        self.verify_fault.show()
        self.next_button.setEnabled(True)
        self.set_reason("Nothing has been written to this store.")

    def _show_found(self, verified: Verified) -> None:
        outcome = self._outcome = verified.outcome
        self._free_bytes = verified.free_bytes
        self.steps.set_found(VERIFY, verified_words(outcome))
        self.found.show_outcome(outcome)
        self.found_words.setText(_chain_sentence(outcome))
        self.go_to(CHOOSE, "Admit")
        self._show_choice()
        self.found.table.setFocus()

    def _show_choice(self) -> None:
        """Says what is ticked, what it takes, and whether there is room for it."""
        outcome = self._outcome
        if outcome is None:
            return
        chosen, free = self.found.choice(), self._free_bytes
        is_new, kept = not outcome.pulled.is_empty, _quarantinable(outcome)
        has_room = free is None or chosen.size_bytes < free
        room = "" if free is None else f" {size(free)} free."
        number = len(chosen.items)
        words = f"Admit {count(number, 'item')}" if number else "Admit what is new"
        self.next_button.set_words(words if is_new else "Keep rejected copies")
        self.next_button.setEnabled((is_new or kept) and has_room)
        if is_new and not has_room:
            self.set_reason(f"{size(chosen.size_bytes)} chosen.{room}", "bad", "hard-drive")
        elif is_new:
            left = f", {len(chosen.left):,} left where they are" if chosen.left else ""
            amount = size(chosen.size_bytes)
            said = f"{count(number, 'item')} chosen, {amount}{left}.{room}"
            self.set_reason(said, "mute", "hard-drive")
        elif kept:
            self.set_reason("Nothing here is new; copies of what is rejected can be kept.")
        else:
            self.set_reason("Nothing here is new, so there is nothing to take in.")

    # ---------------------------------------------------------------- admit, report

    def _admit(self) -> None:
        source, chosen = self.source(), self.found.choice()
        selection = selected(chosen)
        self.admit_fault.hide()
        self.go_to(ADMIT, "Go on", can_go_back=False)
        number = count(len(chosen.items), "item") if chosen.items else "Events alone"
        self.steps.set_found(CHOOSE, "All that is new" if chosen.is_all else number)
        self.next_button.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.set_reason("Writing to this store.", "mute", "hard-drive")
        self._tasks.change(
            ADMIT_KEY,
            f"Taking in {self._name()}",
            lambda progress: self._exchange.take(source, progress, selection=selection),
            self._show_report,
            owner=self,
            failed=self._on_admit_failed,
            stopped=self.interrupted.emit,
            lane=self._lane(),
        )

    def _on_admit_stopped(self) -> None:
        self._interrupt("Stopped", "What was finished stays, nothing is half taken in. Go on takes"
                        " in the rest.", "warn")  # fmt: skip

    def _on_admit_failed(self, error: BaseException) -> None:
        self.interrupted.emit()
        if isinstance(error, StrongroomError):
            self._interrupt(error.title, f"{error.advice} What was finished stays."
                            f" ({error.code})", "bad")  # fmt: skip
            if error.code == LOCKED:
                self._unlock(self._admit)
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

    def _show_report(self, outcome: Outcome) -> None:
        self._outcome = outcome
        saying = import_saying(outcome)
        self.steps.set_found(ADMIT, saying.title.partition(",")[0])
        self.steps.set_found(REPORT, verified_words(outcome))
        self.conclusion.show_outcome(saying.tone, saying.title, saying.sentence)
        self.taken_in.show_outcome(outcome)
        self.receipt_button.setVisible(Path(self.source()).suffix == SUFFIX)
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
        if self._outcome is not None:
            self._saver.ask(self._exchange.reports.of(self.source(), self._outcome))

    def save_report(self, path: Path) -> None:
        """Writes the report: as text if the name ends in .txt, else signed."""
        if self._outcome is not None:
            self._saver.save(self._exchange.reports.of(self.source(), self._outcome), path)

    def _on_saver_said(self, saying: Saying) -> None:
        self.set_reason(f"{saying.title}. {saying.sentence}", saying.tone)

    def _on_rejected(self) -> None:
        self._tasks.cancel(VERIFY_KEY)
        self._tasks.cancel(ADMIT_KEY)


def selected(chosen: Chosen) -> Selection:
    """Returns what is ticked as a selection: whose files come beside all events."""
    if chosen.is_all:
        return Selection()
    runs = tuple(item.key for item in chosen.items if item.kind == "run")
    versions = tuple(item.key for item in chosen.items if item.kind == "version")
    # An empty selection means everything: no event has this id.
    return Selection(runs=runs, events=versions or ("none",))


def _line(tasks: Tasks, key: str) -> ProgressLine:
    return ProgressLine(tasks, key, margins=(0, 0, 0, 12))


def _quarantinable(outcome: Outcome) -> bool:
    """Returns whether taking in would keep copies: run folders are left where they are."""
    return any(
        trouble.path.startswith(("obj/", "run/")) or trouble.path.endswith((".json", ".seg"))
        for trouble in outcome.rejected
    )


def _chain_sentence(outcome: Outcome) -> str:
    if all(item.kind == "run" for item in outcome.items) and not outcome.pulled.events:
        return "Runs that are unticked, and what is rejected, stay where they are."
    return (
        "Files of versions and runs can be left where they are and taken in later. Events travel as"
        " chains and always come; what is rejected goes to quarantine."
    )
