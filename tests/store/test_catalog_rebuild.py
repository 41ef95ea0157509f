# SPDX-License-Identifier: Apache-2.0
"""However a store came to be what it is, the catalog says what a rebuild would say."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Cancelled, StrongroomError
from strongroom.domain.progress import Silent
from strongroom.domain.query import Field, FieldKind
from strongroom.services.runs import Runs, open_runs
from strongroom.store import discovery
from support.catalog_dump import dump
from support.runs_on_disk import MONTH, START_US, add_process, random_bytes, run_id, write_run

OTHER_MONTH = "2023-12"
numbers = st.integers(1, 3)
words = st.sampled_from(["red", "green", "blue"])


class Story:
    """What happens to a store, by programs that log, by people, by disks and by copying."""

    def __init__(self, root: Path) -> None:
        self.clock = FixedClock(START_US)
        self.runs: Runs = open_runs(root / "store", self.clock, random_bytes)
        self.root = root

    def folder(self, number: int) -> Path | None:
        found = sorted(self.runs.folder.runs.glob(f"*/{run_id(number)}"))
        return found[0] if found else None

    def log(self, number: int, word: str) -> None:
        if self.folder(number) is None:
            folder = write_run(
                self.runs.folder.root, number, experiment=word, params={"lr": 0.1, word: number},
                tags={"team": word}, metrics={"acc": [0.5, 0.9], word: [1.0]},
                artifacts={f"{word}.txt": word.encode()},
                status="" if word == "green" else "FINISHED", now_us=self.clock.now_us(),
            )  # fmt: skip
            self._set_times(folder)

    def resume(self, number: int, word: str) -> None:
        if folder := self.folder(number):
            add_process(
                folder, metrics={word: [0.1]}, tags={"team": word}, first_step=7, claims=True,
                now_us=self.clock.now_us(),
            )  # fmt: skip
            self._set_times(folder)

    def _set_times(self, folder: Path) -> None:
        """Gives journals the time of the story's clock, as if it were the machine's."""
        for journal in folder.glob("w-*.srj"):
            os.utime(journal, ns=(self.clock.now_us() * 1000,) * 2)

    def edit(self, number: int, word: str) -> None:
        name = run_id(number)
        acts: dict[str, Callable[[], object]] = {
            "red": lambda: self.runs.edits.archive([name]),
            "green": lambda: self.runs.edits.move([name], "moved"),
            "blue": lambda: self.runs.delete([name]),
        }
        try:
            self.runs.tag([name], "team", f"edited {word}")
            acts[word]()
        except StrongroomError:
            pass  # the catalog does not know it, or its folder is damaged

    def copy(self, number: int, _word: str) -> None:
        folder = self.folder(number)
        copy = self.runs.folder.runs / OTHER_MONTH / run_id(number)
        if folder and not copy.exists():
            shutil.copytree(folder, copy, copy_function=shutil.copy2)

    def remove(self, number: int, _word: str) -> None:
        if folder := self.folder(number):
            shutil.rmtree(folder)

    def move(self, number: int, _word: str) -> None:
        folder, there = self.folder(number), self.runs.folder.runs / OTHER_MONTH
        if folder and folder.parent != there and not (there / folder.name).exists():
            there.mkdir(exist_ok=True)
            folder.rename(there / folder.name)

    def damage(self, number: int, word: str) -> None:
        folder = self.folder(number)
        files = sorted(path for path in folder.iterdir() if path.is_file()) if folder else []
        if files:
            chance = random.Random(f"{number}{word}")
            path = chance.choice(files)
            data = bytearray(path.read_bytes())
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            aside = path.with_name("changed")  # a new name in the folder, as any copy makes one
            aside.write_bytes(data)
            aside.replace(path)

    def look(self, _number: int, _word: str) -> None:
        discovery.discover(self.runs.catalog, self.runs.folder, self.clock, Silent())

    def refresh(self, _number: int, _word: str) -> None:
        self.runs.refresh()

    def wait(self, _number: int, _word: str) -> None:
        self.clock.advance(700)


ACTS = (
    "log",
    "log",
    "resume",
    "edit",
    "copy",
    "remove",
    "move",
    "damage",
    "look",
    "refresh",
    "wait",
)


@pytest.mark.parametrize("coarse_ns", [0, discovery.COARSE_NS])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ACTS), numbers, words), min_size=3, max_size=14))
def test_any_story_of_a_store_leaves_the_catalog_a_rebuild_would_make(
    coarse_ns: int, story: list[tuple[str, int, str]]
) -> None:
    with TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "COARSE_NS", coarse_ns)
        at = Story(Path(root))
        for act, number, word in story:
            getattr(at, act)(number, word)
        at.runs.refresh()
        at.runs.refresh()  # what sealing left behind is looked at once more
        grown = dump(at.runs.catalog)
        with at.runs.rebuilding():
            pass
        assert grown == dump(at.runs.catalog)
        at.runs.catalog.close()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path)
    yield story
    story.runs.catalog.close()


def test_a_change_in_the_same_tick_of_a_coarse_disk_is_seen(at: Story) -> None:
    at.log(1, "red")
    at.runs.refresh()
    folder = at.folder(1)
    assert folder is not None
    before = folder.stat()
    at.resume(1, "blue")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))  # as FAT leaves it
    at.runs.refresh()
    assert at.runs.show(run_id(1)).run.metrics["blue"].last_step == 7


def test_a_folder_at_rest_is_not_looked_into_again(
    at: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.log(1, "red")
    at.runs.refresh()
    monkeypatch.setattr(discovery, "COARSE_NS", 0)  # two seconds later
    at.runs.refresh()

    def looked(_folder: object) -> None:
        raise AssertionError("the folder was the same, and was so for long")

    monkeypatch.setattr(discovery, "list_folder", looked)
    assert not at.runs.refresh().runs


def test_a_rebuild_that_is_stopped_leaves_the_catalog_as_it_was(at: Story) -> None:
    at.log(1, "red")
    at.runs.refresh()
    before = dump(at.runs.catalog)

    class Impatient(Silent):
        def step(self, done: int, total: int, what: str = "") -> None:
            raise Cancelled

    def rebuild() -> None:
        with at.runs.rebuilding(Impatient()):
            pytest.fail("nothing was read")

    with pytest.raises(Cancelled):
        rebuild()
    assert dump(at.runs.catalog) == before
    assert not list(at.runs.folder.cache.iterdir()), "nothing half made is left"


def test_no_value_is_offered_that_no_run_has_any_more(at: Story) -> None:
    at.log(1, "red")
    at.log(2, "blue")
    at.runs.refresh()
    at.runs.tag([run_id(1)], "team", "gold")
    at.remove(2, "")
    at.runs.refresh()
    team = Field(kind=FieldKind.TAG, key="team")
    experiment = Field(kind=FieldKind.ATTRIBUTE, key="experiment")
    assert at.runs.values(team) == ("gold",)
    assert at.runs.values(experiment) == ("red",)


def test_a_run_that_cannot_be_read_any_more_is_named_and_not_shown_as_it_was(at: Story) -> None:
    at.log(1, "red")
    at.runs.refresh()
    folder = at.folder(1)
    assert folder is not None
    (folder / "run.json").unlink()
    assert at.runs.refresh().runs == {run_id(1)}
    assert at.runs.search().total == 0
    assert [(each.code, each.path) for each in at.runs.findings()] == [
        ("E-MISSING", f"{MONTH}/{run_id(1)}")
    ]
    assert not at.runs.refresh().runs, "told once"
