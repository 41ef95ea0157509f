# SPDX-License-Identifier: Apache-2.0
"""A share somebody fills with names: it costs him disk, us one alarm, and the team nothing else."""

import os
import time
from collections.abc import Iterator
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


def test_49_a_hundred_thousand_junk_files_cost_a_second_and_no_memory(team: Team) -> None:
    ada, ben = team.peers
    junk = team.share / "obj" / "ab"
    junk.mkdir(exist_ok=True)
    first = junk / "junk"
    first.write_bytes(b"x")
    for number in range(30_000):
        os.link(first, junk / f"junk-{number}")
    inbox = team.share / "inbox"
    inbox.mkdir()
    for number in range(30_000):
        os.link(first, inbox / f"{number:016x}.enrol.json")
    ada.say(1)
    start = time.process_time()
    ada.push()
    assert ben.pull().is_clean
    assert time.process_time() - start < 10
    assert ben.digest == ada.digest


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
