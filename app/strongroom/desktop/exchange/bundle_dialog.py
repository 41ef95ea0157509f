# SPDX-License-Identifier: Apache-2.0
"""Making a one-file bundle: what travels, for whom, what it weighs, where it lies.

* What is chosen is weighed as soon as it is chosen; nothing is written or signed for that.
* A bundle appears whole under its name, read back from the medium, or not at all.
* What seems to be a secret stops it before a byte leaves; who lets it through signs that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.exchange.progress_line import ProgressLine
from strongroom.desktop.exchange.words import counted
from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.cells import CheckCell, Column, Group, Line, Row, TextCell
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import count, size
from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.domain.secret import SecretsFound
from strongroom.services.bundles import SUFFIX, BundleOrder, Bundles, Made
from strongroom.services.exchange import Outcome

WEIGH_KEY, MAKE_KEY = "exchange.weigh", "exchange.bundle"
KINDS = (
    ("everything", "Everything that is signed"),
    ("since", "What a receipt or an earlier bundle lacks"),
    ("chosen", "Chosen models and experiments"),
)
_BOX = Column("box", "", 28, checks=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """What can travel, and for whom: names of models, experiments and people."""

    models: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class BundleDialog(Dialog):
    """The dialog.

    Args:
        bundles: Weighs and makes it.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        choosable: What can travel, and for whom.

    Signals:
        made: A bundle was written (a `Made`).
        held_back: Something that seems to be a secret stopped it (the findings).
    """

    made = Signal(object)
    held_back = Signal(object)

    def __init__(
        self,
        bundles: Bundles,
        tasks: Tasks,
        secrets: Secrets,
        choosable: Choosable,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Make a bundle",
            title="Carry it one way, as one file",
            sentence="Whoever takes it in checks every signature and byte, and can send a receipt.",
            width=760,
            height=620,
            parent=parent,
        )
        self._bundles, self._tasks, self._secrets = bundles, tasks, secrets
        self._ticked: set[str] = set()
        self._to: set[str] = set()
        self._weight: Outcome | None = None
        self._names = choosable
        self.kind = Choice(list(KINDS), "everything", name="What travels")
        self.since = Field("Receipt or earlier bundle", "A file", mono=True, size="large")
        self.browse_since = Button("Choose…", "secondary", "folder-open", name="Choose a receipt")
        self._since_row = row((self.since, 1), self.browse_since)
        things = Column("name", "Models and experiments", 200, stretch=True)
        self.things = Table((_BOX, things), name="What travels", edge=0, plain=True)
        self.things.set_lines(self._thing_lines())
        whom = Column("name", "Sealed for", 160, stretch=True)
        self.people = Table((_BOX, whom), name="For whom it is sealed", edge=0, plain=True)
        self.path = Field("File", "/media/STICK-04/bundle" + SUFFIX, mono=True, size="large")
        self.browse = Button("Choose…", "secondary", "folder-open", name="Choose where it lies")
        self.weight = Banner("mute", "Weighing", "", "", "scale")
        self.fault = Banner("bad", "", "")
        self.fault.hide()
        self.line = ProgressLine(tasks, MAKE_KEY, margins=(0, 0, 0, 12))
        self.make = self.add_action("Make the bundle", "primary", "package")
        self.set_body(self._laid_out(choosable))
        self._connect()
        self._show_people()
        self._look()
        self._weigh()

    def _laid_out(self, choosable: Choosable) -> QWidget:
        self._none = Label(
            "Nobody is ticked: whoever finds the file can read it." if choosable.people
            else "There is nobody else in the team to seal it for.",
            "text_tertiary", "dense", wrap=True,
        )  # fmt: skip
        left = column(
            SectionTitle("What travels"), 4, self.kind, 8, self._since_row, (self.things, 1)
        )
        right = column(SectionTitle("For whom"), 4, self._none, 8, (self.people, 1))
        return column(
            self.line, self.fault, (row((left, 3), (right, 2), spacing=24), 1), 12, self.weight, 12,
            SectionTitle("Where the file goes"), 4, row((self.path, 1), self.browse),
        )  # fmt: skip

    def _connect(self) -> None:
        self.kind.chosen.connect(lambda _kind: self._on_changed())
        self.since.changed.connect(lambda _text: self._on_changed())
        self.things.checked.connect(self._on_thing_checked)
        self.things.all_checked.connect(self._on_all_things_checked)
        self.people.checked.connect(self._on_person_checked)
        self.people.all_checked.connect(self._on_all_people_checked)
        self.browse_since.clicked.connect(self._on_browse_since_clicked)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.path.changed.connect(lambda _text: self._look())
        self.make.clicked.connect(self.begin)
        self.finished.connect(lambda _result: self._tasks.cancel(WEIGH_KEY))
        self.rejected.connect(lambda: self._tasks.cancel(MAKE_KEY))
        self.line.stopped.connect(self._on_line_stopped)

    # ---------------------------------------------------------------- what is chosen

    def order(self) -> BundleOrder:
        """Returns what shall travel, and for whom."""
        kind = self.kind.current()
        ticked = sorted(self._ticked) if kind == "chosen" else []
        return BundleOrder(
            models=[key.partition(":")[2] for key in ticked if key.startswith("model:")],
            experiments=[key.partition(":")[2] for key in ticked if key.startswith("experiment:")],
            since=Path(self.since.text().strip()) if kind == "since" else None,
            to=sorted(self._to),
        )

    def set_path(self, path: str) -> None:
        """Says where it shall lie."""
        self.path.set_text(path)

    def _lacks(self) -> str:
        """Returns what has to be chosen before it can be weighed, "" if nothing."""
        kind = self.kind.current()
        if kind == "chosen" and not self._ticked:
            return "Tick what shall travel."
        if kind == "since" and not self.since.text().strip():
            return "Choose the receipt, or the bundle before this one."
        return ""

    def _target(self) -> Path:
        """Returns where it shall lie; while nobody has said, somewhere to weigh it at."""
        return Path(self.path.text().strip() or f"bundle{SUFFIX}").expanduser()

    def _thing_lines(self) -> Sequence[Line]:
        lines: list[Line] = []
        for kind, title, names in (
            ("model", "Models", self._names.models),
            ("experiment", "Experiments", self._names.experiments),
        ):
            if names:
                lines.append(Group(kind, title, f"{len(names):,}"))
            for name in names:
                key = f"{kind}:{name}"
                cells = (CheckCell(key in self._ticked, name), TextCell(name))
                lines.append(Row(key, cells))
        return lines

    def _show_people(self) -> None:
        self.people.set_lines(
            [
                Row(name, (CheckCell(name in self._to, name), TextCell(name)))
                for name in self._names.people
            ]
        )
        self._none.setVisible(not self._to)

    # ---------------------------------------------------------------- weighing

    def _weigh(self) -> None:
        self._weight = None
        if lacks := self._lacks():
            self._tasks.cancel(WEIGH_KEY)
            self.weight.show_outcome("mute", "Nothing is chosen yet", lacks, "", "scale")
            return
        self.weight.show_outcome("mute", "Weighing", "Nothing is written.", "", "scale")
        order, path = self.order(), self._target()

        def work(progress: Progress) -> Outcome:
            return self._bundles.preview(path, order, progress=progress)

        self._tasks.ask(
            WEIGH_KEY, "Weighing a bundle", work, self._show_weight, owner=self,
            failed=self._on_weigh_failed,
        )  # fmt: skip

    def _show_weight(self, found: Outcome) -> None:
        self._weight = found
        open_secrets = sum(not each.allowed_by for each in found.secrets)
        words = counted(found.pushed)
        if not words:
            self.weight.show_outcome("mute", "Nothing would travel", "Its reader has all of it.")
        elif open_secrets:
            self.weight.show_outcome(
                "warn", f"{size(found.pushed.bytes)}, and {count(open_secrets, 'secret')} in it",
                "Making it shows where they stand; nothing leaves before each was let through.",
            )  # fmt: skip
        elif found.waiting:
            first = found.waiting[0]
            self.weight.show_outcome("warn", f"{first.detail} ({first.code})", words)
        else:
            self.weight.show_outcome("ok", f"It weighs {size(found.pushed.bytes)}", words)
        self._look()

    def _on_weigh_failed(self, error: BaseException) -> None:
        title, advice = errors.words(error)
        self.weight.show_outcome("warn", title, advice)
        self._look()

    # ---------------------------------------------------------------- making

    def begin(self) -> None:
        """Makes the bundle; Cancel leaves nothing on the medium."""
        order, path = self.order(), self._target()
        self.fault.hide()
        self.make.setEnabled(False)
        self.set_reason("Writing. Nothing stands under the name before all of it does.")
        self._secrets.sign(
            MAKE_KEY, "Making a bundle", "Making a bundle is signed with your key.",
            lambda ask, progress: self._bundles.create(
                path, experiments=order.experiments, models=order.models, since=order.since,
                to=order.to, ask=ask, progress=progress,
            ),
            self._on_made, owner=self, failed=self._on_failed, ended=self._look, parent=self,
        )  # fmt: skip

    def _on_made(self, made: Made) -> None:
        self.made.emit(made)
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, SecretsFound):
            self.held_back.emit(error.findings)
            return
        if not isinstance(error, StrongroomError):
            errors.show(error, self)
        title, advice = errors.words(error)
        self.fault.show_outcome("bad", title, advice)
        self.fault.show()

    def _on_line_stopped(self) -> None:
        self.fault.show_outcome("warn", "Stopped", "Nothing was written.", "", "circle-stop")
        self.fault.show()
        self._look()

    def _look(self) -> None:
        is_making = any(state.key == MAKE_KEY for state in self._tasks.running())
        kind, lacks = self.kind.current(), self._lacks()
        self._since_row.setVisible(kind == "since")
        self.things.setVisible(kind == "chosen")
        has_path = bool(self.path.text().strip())
        self.make.setEnabled(not lacks and has_path and not is_making)
        if is_making:
            return
        self.set_reason(lacks or ("" if has_path else "Choose where the file goes."))

    # ---------------------------------------------------------------- answers

    def _on_changed(self) -> None:
        self._look()
        self._weigh()

    def _on_thing_checked(self, key: str, is_on: bool) -> None:
        (self._ticked.add if is_on else self._ticked.discard)(key)
        self.things.set_lines(self._thing_lines())
        self._on_changed()

    def _on_all_things_checked(self, is_on: bool) -> None:
        keys = {line.key for line in self._thing_lines() if isinstance(line, Row)}
        self._ticked = keys if is_on else set()
        self.things.set_lines(self._thing_lines())
        self._on_changed()

    def _on_person_checked(self, name: str, is_on: bool) -> None:
        (self._to.add if is_on else self._to.discard)(name)
        self._show_people()

    def _on_all_people_checked(self, is_on: bool) -> None:
        self._to = set(self._names.people) if is_on else set()
        self._show_people()

    def _on_browse_since_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "A receipt, or the bundle before", "",
            f"Receipts and bundles (*.json *{SUFFIX});;All files (*)",
        )  # fmt: skip
        if path:
            self.since.set_text(path)

    def _on_browse_clicked(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Where the bundle lies", f"bundle{SUFFIX}", f"Bundles (*{SUFFIX})"
        )
        if path:
            self.path.set_text(path)
            self._weigh()
