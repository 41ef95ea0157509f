# SPDX-License-Identifier: Apache-2.0
"""The first tab of a run: its facts, its datasets, what it is part of, its notes."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.surface import Scroll, column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.runs.detail_datasets import DatasetsPart
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.runs.sheet import status_words
from strongroom.desktop.runs.words import shown
from strongroom.domain.run import RunDetail, RunProcess, RunStatus
from strongroom.services.run_story import RelatedRun, RunStory

MOST_TAGS = 200
MOST_PROCESSES = 32  # lines; `runs show` lists them all
_TONES: dict[RunStatus, Tone] = {
    RunStatus.FAILED: "bad",
    RunStatus.KILLED: "warn",
    RunStatus.RUNNING: "info",
}
_ICONS = {
    RunStatus.RUNNING: "loader",
    RunStatus.SCHEDULED: "clock",
    RunStatus.FINISHED: "circle-check",
    RunStatus.FAILED: "circle-x",
    RunStatus.KILLED: "circle-stop",
}


class OverviewTab(QWidget):
    """Facts of a run, and the roads to what it belongs to.

    Signals:
        place_requested: A version made from the run was followed (a `Place`).
        run_requested: A related run was followed (its id).
    """

    place_requested = Signal(object)
    run_requested = Signal(str)

    def __init__(self, services: RunsServices, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = KeyValues(key_width=96)
        self.tags = KeyValues(key_width=96)
        self.datasets = DatasetsPart(services, tasks)
        self.datasets.place_requested.connect(self.place_requested)
        self.related = KeyValues(key_width=96)
        self.related.followed.connect(self._on_followed)
        self._parts: dict[str, QWidget] = {
            "Part of": self.related,
            "Datasets": self.datasets,
            "Tags": self.tags,
        }
        self._titles = {name: SectionTitle(name) for name in self._parts}
        body = column(self.facts, margins=(0, 12, 8, 12))
        inside = body.layout()
        for name, part in self._parts.items():
            if isinstance(inside, QVBoxLayout):
                inside.addSpacing(8)
                inside.addWidget(self._titles[name])
                inside.addWidget(part)
        if isinstance(inside, QVBoxLayout):
            inside.addStretch(1)
        for name in self._parts:
            self._reveal(name, 0)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(Scroll(body))

    def show_run(self, detail: RunDetail, now_us: int) -> None:
        """Shows facts, datasets and tags of a run."""
        self.facts.set_facts(facts_of(detail, now_us))
        tags = sorted(detail.run.tags.items())
        listed = [Fact(key=shown(key), value=shown(value)) for key, value in tags[:MOST_TAGS]]
        self.tags.set_facts(listed)
        self._reveal("Tags", len(tags))
        self.datasets.show_run(detail)
        self._reveal("Datasets", len(detail.inputs))

    def show_story(self, story: RunStory | None) -> None:
        """Shows what the run is part of; None takes the story of another run away."""
        facts = story_facts(story) if story is not None else []
        self.related.set_facts(facts)
        self._reveal("Part of", len(facts))

    def _reveal(self, name: str, count: int) -> None:
        """Shows a part and how much is in it, or hides an empty one."""
        self._parts[name].setVisible(bool(count))
        self._titles[name].setVisible(bool(count))
        self._titles[name].set_note(f"{count:,}" if count else "")

    def _on_followed(self, link: str) -> None:
        kind, _, rest = link.partition(":")
        if kind == "run":
            self.run_requested.emit(rest)
        else:
            name, _, version = rest.rpartition("/")
            self.place_requested.emit(Place.of("models", {"name": name, "version": version}))


def facts_of(detail: RunDetail, now_us: int) -> list[Fact]:
    """Returns when, where and how a run ran."""
    run = detail.run
    words = status_words(run)
    is_lost = words == "Lost contact"
    tone: Tone = "warn" if is_lost else _TONES.get(run.status, "mute")
    icon = "cloud-off" if is_lost else _ICONS[run.status]
    ended = wording.DASH
    if run.ended_us is not None:
        ended = wording.sentence_case(wording.day_and_time(run.ended_us, now_us))
    started = wording.sentence_case(wording.day_and_time(run.started_us, now_us))
    until_us = detail.last_seen_us if is_lost and detail.last_seen_us else now_us
    length = run.duration_us if run.duration_us is not None else until_us - run.started_us
    return [
        Fact(key="Status", value=words, kind="icon", icon=icon, tone=tone),
        Fact(key="Experiment", value=shown(run.experiment)),
        Fact(key="Started", value=started),
        Fact(key="Ended", value=ended),
        Fact(key="Duration", value=wording.duration(length)),
        Fact(key="User", value=shown(run.user) or wording.DASH),
        Fact(key="Host", value=shown(run.host) or wording.DASH),
        *_process_facts(detail.processes),
    ]


def _process_facts(processes: Sequence[RunProcess]) -> list[Fact]:
    """Returns who logged into a run of several processes, rank by rank."""
    facts = [
        Fact(key="" if number else wording.count(len(processes), "process", "processes"),
             value=shown(each.words))
        for number, each in enumerate(processes[:MOST_PROCESSES])
    ]  # fmt: skip
    hidden = len(processes) - MOST_PROCESSES
    return [*facts, Fact(key="", value=f"and {hidden:,} more")] if hidden > 0 else facts


def story_facts(story: RunStory) -> list[Fact]:
    """Returns links to versions, parent and children."""
    facts = [
        Fact(
            key="Version" if not number else "",
            value=f"{shown(each.model)} {each.version}, {each.stage}, by {shown(each.signer)}",
            kind="link",
            link=f"version:{each.model}/{each.version}",
        )
        for number, each in enumerate(story.versions)
    ]
    if story.parent is not None:
        facts.append(_link("Parent", story.parent))
    facts += [
        _link("Children" if not number else "", child)
        for number, child in enumerate(story.children)
    ]
    if not story.is_all:
        words = "Children were sought among the newest 500 runs of the experiment."
        facts.append(Fact(key="", value=words))
    return facts


def _link(key: str, run: RelatedRun) -> Fact:
    name = shown(run.name) or run.run_id[:8]
    return Fact(key=key, value=name, kind="link", link=f"run:{run.run_id}")
