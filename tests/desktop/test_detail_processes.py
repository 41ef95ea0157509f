# SPDX-License-Identifier: Apache-2.0
"""The detail of a run tells of its processes and of what its data hold."""

from pathlib import Path

import pytest

import strongroom as sr
from strongroom.desktop.runs.detail_datasets import dataset_facts
from strongroom.desktop.runs.detail_overview import facts_of


def test_ranks_and_the_profile_of_data_stand_in_the_overview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRONGROOM_RUN_ID", "ab" * 16)
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in ("1", "0"):
        monkeypatch.setenv("RANK", rank)
        with sr.start_run(store=tmp_path):
            if rank == "0":
                sr.log_input({"age": [31, None, 58], "city": ["Ulm"] * 3}, name="people")
    detail = sr.get_run("ab" * 16, store=tmp_path).detail
    told = [fact.value for fact in facts_of(detail, 0)[-2:]]
    assert told[0].startswith("rank 0 of 2 on ")
    assert told[1].startswith("rank 1 of 2 on ")
    assert all(words.endswith("FINISHED") for words in told)
    assert facts_of(detail, 0)[-2].key == "2 processes"
    (profile,) = [fact.value for fact in dataset_facts(detail.inputs) if fact.key == "Profile"]
    assert profile == "2 columns: 1 integer, 1 text; 16.667% missing"


def test_a_run_of_one_process_says_nothing_of_processes(tmp_path: Path) -> None:
    with sr.start_run(store=tmp_path) as run:
        pass
    detail = sr.get_run(run, store=tmp_path).detail
    assert detail.processes == ()
    assert facts_of(detail, 0)[-1].key == "Host"
