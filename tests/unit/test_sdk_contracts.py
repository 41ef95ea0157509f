# SPDX-License-Identifier: Apache-2.0
"""A script is told once what breaks its contract; nothing is refused, nothing else costs."""

import json
import logging
import subprocess
from pathlib import Path

import pytest

import strongroom as sr
from strongroom.disk.contract_folder import write_version
from strongroom.domain.contract import Contract, ContractRule, Subject
from strongroom.sdk.contract_watch import ContractWatch
from support.checkout import ROOT
from support.no_internet import isolated

RULES = (
    ContractRule(subject=Subject.PARAM, key="lr", is_required=True, shapes=("number",)),
    ContractRule(subject=Subject.TAG, key="owner", is_required=True, allowed=("mara",)),
    ContractRule(subject=Subject.METRIC, key="loss", is_required=True, high=10.0, why="Ask jon."),
    ContractRule(subject=Subject.NAMES, key="metrics", shapes=("snake_case",)),
    ContractRule(subject=Subject.ARTIFACT, key="*.txt", is_required=True),
    ContractRule(subject=Subject.DATASET, key="training", is_required=True),
    ContractRule(subject=Subject.CONDITION, key="quick", must="duration < 60"),
)
FRAUD = Contract(name="fraud", experiments=("fraud-*",), rules=RULES)


@pytest.fixture
def store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Path:
    write_contract(tmp_path)
    caplog.set_level(logging.WARNING, logger="strongroom")
    return tmp_path


def write_contract(store: Path) -> None:
    store.mkdir(exist_ok=True)
    write_version(store, FRAUD)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_run_that_keeps_its_contract_hears_nothing_and_says_which_it_was(store, caplog):
    with sr.start_run("fraud-1", store=store) as run:
        sr.log_param("lr", 0.1)
        sr.set_tag("owner", "mara")
        sr.log_metric("loss", 0.5)
        sr.log_text("fine", "notes.txt")
        sr.log_input(name="churn")
    assert said(caplog) == []
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["source"]["contract"] == "fraud/1"


def test_each_broken_rule_is_said_once_and_everything_is_kept(store, caplog):
    with sr.start_run("fraud-1", name="first", store=store) as run:
        for step in range(5):
            sr.log_metric("loss", 0.5 if step < 2 else 99.0, step)
            sr.log_metrics({"valLoss": 1.0}, step)
        sr.log_param("lr", "fast")
        sr.set_tag("owner", "eve")
        sr.set_tag("owner", "eve")
        assert run.losses.counts == {}
    assert said(caplog) == [
        "Run first: metrics valLoss is not words_joined_by_underscores (contract fraud/1).",
        "Run first: metric loss reached 99, not at most 10 (contract fraud/1). Ask jon.",
        "Run first: param lr is “fast”, not a number (contract fraud/1).",
        "Run first: tag owner is “eve”, not one of mara (contract fraud/1).",
        (
            "Run first ends without what is asked of it: artifact *.txt is missing (fraud/1); "
            "a dataset for training is missing (fraud/1)"
        ),
    ]


def test_a_column_with_a_value_out_of_bounds_is_said(store, caplog):
    with sr.start_run("fraud-1", name="first", store=store) as run:
        sr.log_batch({"loss": [1.0, float("nan"), 50.0, 2.0]})
        run.end("KILLED")  # which promises nothing more
    (sentence,) = said(caplog)
    assert "metric loss reached 50, not at most 10" in sentence


def test_other_experiments_and_a_script_that_wants_none_are_left_in_peace(
    store, caplog, monkeypatch
):
    with sr.start_run("churn", store=store) as run:
        sr.log_param("lr", "fast")
        assert run.watch is None
    monkeypatch.setenv("STRONGROOM_CONTRACT", "0")
    with sr.start_run("fraud-1", store=store) as run:
        sr.log_param("lr", "fast")
        assert run.watch is None
    assert said(caplog) == []


def test_a_damaged_contract_is_said_and_training_goes_on(store, caplog):
    (store / "contracts" / "fraud.2.toml").write_bytes(b"\x00\xff")
    with sr.start_run("fraud-1", store=store) as run:
        sr.log_param("lr", "fast")
    (sentence,) = said(caplog)
    assert "fraud.2.toml" in sentence
    assert run.is_ended


def test_a_fault_of_the_watch_ends_the_watching_and_nothing_else(store, caplog, monkeypatch):
    monkeypatch.setattr(ContractWatch, "_judge", lambda *_: 1 / 0)
    with sr.start_run("fraud-1", store=store) as run:
        sr.log_param("lr", "fast")
        sr.log_metric("loss", 99.0)
        sr.log_metric("loss", 98.0)
        assert run.losses.counts == {}
    assert len(said(caplog)) == 1


def test_a_metric_without_bounds_is_looked_at_once(store):
    with sr.start_run("fraud-1", store=store) as run:
        sr.log_metric("acc", 1.0)
        assert "acc" in run._keys  # from now on one look into a set, as without a contract
        sr.log_metric("loss", 1.0)
        assert "loss" not in run._keys
        sr.log_metric("loss", 11.0)
        assert "loss" in run._keys
        run.end("KILLED")


def test_a_training_host_reads_contracts_with_the_standard_library_only(tmp_path):
    write_contract(tmp_path)
    program = f"""
import json, sys
sys.path.insert(0, {str(ROOT / "app")!r})
import strongroom
with strongroom.start_run("fraud-1", name="bare", store={str(tmp_path)!r}):
    strongroom.log_param("lr", "fast")
names = {{name.partition(".")[0] for name in sys.modules}}
print(json.dumps(sorted(names - sys.stdlib_module_names - {{"strongroom", "__main__"}})))
"""
    done = subprocess.run(
        isolated("-S", "-c", program), capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == []
    assert "Run bare: param lr is “fast”, not a number" in done.stderr
