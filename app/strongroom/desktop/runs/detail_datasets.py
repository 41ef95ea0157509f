# SPDX-License-Identifier: Apache-2.0
"""The datasets of a run: what they are, who else used them, and whether they are still the same.

* Nothing is read before somebody asks; reading can be cancelled where it was asked for.
* An answer stands beside the dataset it is about, and goes when another run is shown.
"""

import json
import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import errors, wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import clear, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.words import shown
from strongroom.desktop.viewers.profile_dialog import ProfileDialog
from strongroom.domain.data_profile import read_profile
from strongroom.domain.dataset_check import DataFinding, DataVerdict
from strongroom.domain.run import RunDetail
from strongroom.services.datasets import DatasetUse, digest_filter

MOST_SHOWN = 50  # datasets of one run
MOST_COLUMNS = 8  # named in one line
MOST_CHANGES = 4  # differences told of one dataset
_CHECK, _USES = "runs.check_data", "runs.data_uses"
_HEX = re.compile(r"[0-9a-f]{16,128}")
_TITLES = {
    DataVerdict.SAME: "is the same",
    DataVerdict.CHANGED: "has changed",
    DataVerdict.GONE: "is gone",
}
_TONES: dict[DataVerdict, Tone] = {
    DataVerdict.SAME: "ok",
    DataVerdict.CHANGED: "bad",
    DataVerdict.GONE: "warn",
    DataVerdict.UNKNOWN: "mute",
}
_ICONS = {
    DataVerdict.SAME: "circle-check",
    DataVerdict.CHANGED: "git-compare-arrows",
    DataVerdict.GONE: "circle-x",
    DataVerdict.UNKNOWN: "circle-help",
}


class DatasetsPart(QWidget):
    """Facts of the datasets, a question, and its answers.

    Signals:
        place_requested: The runs that used the same data are to be listed (a `Place`).
    """

    place_requested = Signal(object)

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._run_id = ""
        self._inputs: tuple[dict[str, str], ...] = ()
        self.facts = KeyValues(key_width=96)
        self.facts.followed.connect(self._on_columns)
        self.uses = KeyValues(key_width=96)
        self.uses.followed.connect(self._on_followed)
        self.ask_button = Button("Is the data still the same?", "secondary", "database", small=True)
        self.ask_button.clicked.connect(self.check)
        self.stop_button = Button("Cancel", "ghost", small=True, name="Cancel reading the data")
        self.stop_button.clicked.connect(self._stop)
        self.stop_button.hide()
        self._answers = QVBoxLayout()
        self._answers.setSpacing(4)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        down.addWidget(self.facts)
        down.addWidget(self.uses)
        down.addWidget(row(self.ask_button, self.stop_button, None, spacing=4))
        down.addLayout(self._answers)
        self.uses.hide()

    def show_run(self, detail: RunDetail) -> None:
        """Shows the datasets of a run; answers about the same ones stay."""
        if (detail.run.run_id, detail.inputs) == (self._run_id, self._inputs):
            return
        self.forget()
        self._run_id, self._inputs = detail.run.run_id, detail.inputs
        self.facts.set_facts(dataset_facts(detail.inputs))
        if detail.inputs:
            self._ask_uses()

    def forget(self) -> None:
        """Takes the answers about another run away."""
        self._tasks.cancel(_CHECK)
        self._tasks.cancel(_USES)
        self._run_id, self._inputs = "", ()
        self.facts.set_facts(())
        self.uses.set_facts(())
        self.uses.hide()
        self._rest()
        clear(self._answers)

    def check(self) -> None:
        """Reads the data and says whether it is still the same."""
        run_id, datasets = self._run_id, self._services.datasets
        if not self._inputs:
            return
        clear(self._answers)
        self.ask_button.setEnabled(False)
        self.stop_button.show()

        def take(found: Sequence[DataFinding]) -> None:
            if run_id == self._run_id:
                self._rest()
                self._show(found)

        def failed(fault: BaseException) -> None:
            self._rest()
            errors.show(fault, self, self.check)

        self._tasks.ask(
            _CHECK,
            "Reading the data of the run",
            lambda progress: datasets.check(run_id, progress=progress),
            take,
            owner=self,
            failed=failed,
        )

    def show_columns(self, place: int = 0) -> ProfileDialog | None:
        """Opens what the columns of a dataset hold, None if no profile of it was logged."""
        given = self._inputs[place] if place < len(self._inputs) else {}
        profile = read_profile(given.get("profile", ""))
        if profile is None:
            return None
        name = shown(given.get("name", "")) or "the dataset"
        dialog = ProfileDialog(name, profile, parent=self.window())
        dialog.open()
        return dialog

    def answers(self) -> list[Banner]:
        """Returns what is said of each dataset."""
        items = (self._answers.itemAt(at) for at in range(self._answers.count()))
        found = (item.widget() for item in items if item is not None)
        return [each for each in found if isinstance(each, Banner)]

    # ------------------------------------------------------------ inside

    def _show(self, found: Sequence[DataFinding]) -> None:
        for each in found[:MOST_SHOWN]:
            name = shown(each.name) or "The dataset"
            is_told = each.verdict is not DataVerdict.UNKNOWN
            title = f"{name} {_TITLES[each.verdict]}" if is_told else f"{name}: cannot tell"
            self._answers.addWidget(
                Banner(_TONES[each.verdict], title, _sentence(each), "", _ICONS[each.verdict])
            )

    def _stop(self) -> None:
        self._tasks.cancel(_CHECK)
        self._rest()

    def _rest(self) -> None:
        self.ask_button.setEnabled(True)
        self.stop_button.hide()

    def _ask_uses(self) -> None:
        run_id, datasets = self._run_id, self._services.datasets

        def take(found: Sequence[DatasetUse]) -> None:
            if run_id != self._run_id:
                return
            facts = [
                Fact(
                    key="Also used",
                    value=f"{shown(use.name)}: {wording.count(use.total, 'other run')}",
                    kind="link",
                    link=use.digest,
                )
                for use in found
                if use.total
            ]
            self.uses.set_facts(facts)
            self.uses.setVisible(bool(facts))

        self._tasks.ask(
            _USES,
            "Looking for runs with the same data",
            lambda _progress: datasets.uses(run_id, limit=1),
            take,
            owner=self,
            failed=lambda _fault: None,  # the facts above stand without it
        )

    def _on_columns(self, place: str) -> None:
        self.show_columns(int(place))

    def _on_followed(self, digest: str) -> None:
        self.place_requested.emit(Place.of("runs", words=digest_filter(digest)))


def dataset_facts(inputs: Sequence[dict[str, str]]) -> list[Fact]:
    """Returns name, rows, size, digest, version and source of each dataset."""
    facts: list[Fact] = []
    for place, each in enumerate(inputs[:MOST_SHOWN]):
        context = shown(each.get("context", "")) or "Input"
        rows, size = each.get("rows", ""), each.get("size", "")
        if rows:
            rows = wording.count(int(rows), "row") if _is_whole(rows) else f"{shown(rows)} rows"
            rows = f", {rows}"
        told = f", {wording.size(int(size))}" if _is_whole(size) else ""
        name = f"{shown(each.get('name', ''))}{rows}{told}"
        facts.append(Fact(key=context.capitalize(), value=name))
        for field, title in (
            ("digest", "Digest"),
            ("version", "Version"),
            ("source", "Source"),
            ("path", "Read from"),
            ("schema", "Schema"),
            ("snapshot", "Copy kept"),
        ):
            value = each.get(field, "")
            value = shown(columns_in_words(value) if field == "schema" else value)
            is_digest = field == "digest" and _HEX.fullmatch(value) is not None
            if value:
                facts.append(Fact(key=title, value=value, kind="digest" if is_digest else "mono"))
        profile = read_profile(each.get("profile", ""))
        if profile is not None:
            facts.append(Fact(key="Profile", value=profile.words))
            facts.append(Fact(key="", value="Show the columns…", kind="link", link=str(place)))
    return facts


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def columns_in_words(schema: str) -> str:
    """Returns a schema as people say it, such as ``2 columns: age integer, pay integer``."""
    try:
        listed = json.loads(schema)
    except (ValueError, RecursionError):
        return schema
    if isinstance(listed, dict) and isinstance(listed.get("shape"), list):
        extents = " × ".join(map(str, listed["shape"][:8]))
        return f"{extents} {listed.get('dtype', '')}".strip()
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return schema
    named = [f"{each.get('name', '')} {each.get('type', '')}".strip() for each in listed]
    more = f" and {len(named) - MOST_COLUMNS:,} more" if len(named) > MOST_COLUMNS else ""
    return f"{wording.count(len(named), 'column')}: {', '.join(named[:MOST_COLUMNS])}{more}"


def _sentence(found: DataFinding) -> str:
    """Returns the sentence of an answer with what differs, as plain text."""
    words = [shown(found.sentence)]
    for change in found.changes[:MOST_CHANGES]:
        before, now = shown(change.before) or "none", shown(change.now) or "none"
        words.append(f"{shown(change.what).capitalize()}: {before} → {now}.")
    if len(found.changes) > MOST_CHANGES:
        words.append(f"And {len(found.changes) - MOST_CHANGES:,} more differences.")
    if found.snapshot and found.is_bad:
        words.append(f"The run kept a copy: {shown(found.snapshot)}.")
    return " ".join(words)
