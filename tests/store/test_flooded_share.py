# SPDX-License-Identifier: Apache-2.0
"""A share somebody fills with names: it costs him disk, us one alarm, and the team nothing else."""

import os
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput
from strongroom.exchange import check
from strongroom.store import repository
from support.peers import Team, codes, files_of


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """A team whose share holds churn/1; both have seen it."""
    made = Team(tmp_path, has_model=True)
    made.peers[0].push()
    made.peers[1].pull()
    yield made
    made.close()


def test_49_a_hundred_thousand_junk_files_are_neither_opened_nor_remembered(team: Team) -> None:
    ada, ben = team.peers
    folders = {"obj/ab": "junk-{}", "inbox": "{:016x}.enrol.json"}
    for folder, name in folders.items():
        place = team.share / folder
        place.mkdir(parents=True, exist_ok=True)
        first = place / name.format(0)
        first.write_bytes(b"x")
        for number in range(1, 50_000):  # one file below each folder takes 50,000 names
            os.link(first, place / name.format(number))
    junk = {team.share / folder for folder in folders}
    ada.say(1)
    with opened_files() as opened:
        tracemalloc.start()
        ada.push()
        assert ben.pull().is_clean
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert ben.digest == ada.digest
    assert [path for path in opened if Path(path).parent not in junk]
    assert not [path for path in opened if Path(path).parent in junk]
    assert peak < 8 << 20, f"{peak / 2**20:.1f} MiB, as much as the names themselves"


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Hears what this process opens in the block, by whichever way."""
    opened: list[str] = []
    is_on = True

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if is_on and event == "open" and isinstance(arguments[0], str | os.PathLike):
            opened.append(os.fspath(arguments[0]))

    sys.addaudithook(hear)
    yield opened
    is_on = False


@pytest.mark.parametrize("folder", ["trust", "log", "one log"])
def test_49_a_folder_flooded_with_names_of_ours_hides_itself_and_nothing_else(
    team: Team, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, ben = team.peers
    monkeypatch.setattr(repository, "MAX_LISTED", 50)
    for number in range(60):
        digest = f"{number:064x}"
        if folder == "trust":
            (team.share / "trust" / f"{number + 5:08d}.{digest[-16:]}.json").write_bytes(b"{}")
        elif folder == "log":
            (team.share / "log" / "00" / digest).mkdir(parents=True)
        else:
            log = team.share / "log" / ben.writer[:2] / ben.writer
            log.mkdir(parents=True, exist_ok=True)
            (log / f"{number + 1:010d}-{number + 1:010d}.{digest[-16:]}.seg").write_bytes(b"{}")
    ada.say(1)
    pushed = ada.push()
    assert pushed.pushed.events == 1, "who pushes is not held up"
    pulled = ben.pull()
    assert set(codes(pulled)) == {"E-SIZE"}, "and no alarm of a rollback that never was"
    assert ben.digest == ada.digest, "what the others wrote arrives"
    assert {t.path.split("/")[0] for t in pulled.rejected} == {folder.rsplit(maxsplit=1)[-1]}


def test_50_a_log_that_grew_beyond_what_people_write_is_told_by_name(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = team.peers
    assert ada.exchange.verify("share", is_reading_data=True).notes == ()
    monkeypatch.setattr(check, "MANY_EVENTS", 2)
    (note,) = ada.exchange.verify("share", is_reading_data=True).notes
    assert note.startswith("The log of Ada has ")
    assert "people revoke" in note


def test_7_names_of_remotes_that_a_careless_eye_takes_for_one_are_one(team: Team) -> None:
    ada, _ = team.peers
    other = team.root / "other"
    other.mkdir()
    for name in ("SHARE", "Share", "ſhare"):
        with pytest.raises(BadInput) as refusal:
            ada.exchange.add(name, other)
        assert refusal.value.code == "E-REMOTE"
        assert refusal.value.title.startswith("share is ")
        assert ada.exchange.add(name, team.share).name == "share"
    assert files_of(other) == {}
    assert len(ada.exchange.remotes()) == 1
