# SPDX-License-Identifier: Apache-2.0
"""Rules about signatures over a real store: each run by its folder as all runs by the catalog."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import strongroom as sr
from strongroom.domain.clock import SystemClock
from strongroom.domain.contract import Contract, ContractRule, Subject
from strongroom.domain.errors import Refused
from strongroom.domain.progress import Silent
from strongroom.services.contract_check import ContractCheck
from strongroom.services.contract_learning import learn
from strongroom.services.runs import Runs, open_runs
from strongroom.store.content import Content
from strongroom.store.liveness import observe
from strongroom.store.run_state import read_state
from support.runs_on_disk import random_bytes

INPUTS = [{"name": "age", "type": "long"}, {"name": "country", "type": "string"}]
OUTPUTS = [{"name": "score", "type": "double"}]
RULE = ContractRule(
    subject=Subject.SIGNATURE, key="*", inputs=("age: long", "country"), outputs=("score",)
)
HOUSE = Contract(name="house", rules=(RULE,))
YAML = """\
artifact_path: model
flavors:
  sklearn:
    sklearn_version: 1.5.0
signature:
  inputs: '[{"type": "long", "name": "age", "required": true}]'
  outputs: '[{"type": "double", "name": "score", "required": true}]'
"""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    train(tmp_path, "good", {"inputs": INPUTS, "outputs": OUTPUTS})
    train(tmp_path, "bare", None)
    train(tmp_path, "other", {"inputs": INPUTS[:1], "outputs": OUTPUTS})
    with sr.start_run("fraud", name="foreign", store=tmp_path) as run:
        run.log_text(YAML, "kept/MLmodel")
    with sr.start_run("fraud", name="none", store=tmp_path):
        pass
    opened = open_runs(tmp_path, SystemClock(), random_bytes)
    opened.refresh()
    yield opened
    opened.catalog.close()


def train(store: Path, name: str, signature: dict[str, object] | None) -> None:
    with sr.start_run("fraud", name=name, store=store) as run:
        run.log_model(b"weights", "model", signature=signature)
        assert run.losses.counts == {}


def sentences(runs: Runs, name: str) -> list[str]:
    return [each.sentence for each in ContractCheck(runs).run(name)]


def breaking(runs: Runs) -> set[str]:
    return {run.name for run in runs.search("contract.breaks = 'signatures.*'").runs}


def test_runs_from_before_the_contract_are_found_whoever_logged_them(runs):
    assert breaking(runs) == set()
    runs.contracts.state(HOUSE)
    assert breaking(runs) == {"bare", "other", "foreign"}
    assert sentences(runs, "good") == sentences(runs, "none") == []
    assert sentences(runs, "bare") == ["signature of model is missing"]
    assert sentences(runs, "other") == ["signature of model lacks the input country"]
    assert sentences(runs, "foreign") == ["signature of kept lacks the input country"]
    found = ContractCheck(runs).findings()
    assert (found.broken, found.held) == (3, 5)
    assert {each.run.name for each in found.runs} == breaking(runs)
    shown = runs.show("other").violations
    assert shown == ("house: signature of model lacks the input country",)


def test_rows_of_the_table_say_what_the_runs_say(runs):
    runs.contracts.state(HOUSE)
    with runs.catalog.read() as connection:
        ids = dict(connection.exec_driver_sql("SELECT name, id FROM run").all())
    told = ContractCheck(runs).rows(list(ids.values()))
    assert {name for name, id_ in ids.items() if id_ in told} == breaking(runs)
    assert set(told.values()) == {("signatures.*",)}


def test_a_file_is_read_once_and_never_again(runs, monkeypatch):
    runs.contracts.state(HOUSE)
    read: list[str] = []
    whole = Content.read

    def counted(self: Content, sha256: str, **more: object) -> bytes:
        read.append(sha256)
        return whole(self, sha256, **more)

    monkeypatch.setattr(Content, "read", counted)
    first = breaking(runs)
    assert len(read) == len(set(read)) == 4
    assert breaking(runs) == first
    ContractCheck(runs).findings(progress=Silent())
    assert len(read) == 4
    with runs.rebuilding():
        pass
    assert breaking(runs) == first, "another catalog reads them again"
    assert len(read) == 8


def test_a_model_whose_file_was_damaged_keeps_no_rule_and_says_why(runs):
    runs.contracts.state(HOUSE)
    folder = runs.run_folder("good")
    for pack in folder.glob("*.pack"):
        pack.write_bytes(bytes(len(pack.read_bytes())))
    assert "good" in breaking(runs)
    (told,) = sentences(runs, "good")
    assert told.startswith("signature of model cannot be read: ")
    assert "model/MLmodel" in told


def test_a_model_with_the_wrong_columns_is_not_registered(runs):
    runs.contracts.state(HOUSE)
    check = ContractCheck(runs)
    for name, stops in (("good", False), ("other", True)):
        state = read_state(runs.run_folder(name), observe(runs.now_us()))
        if not stops:
            assert check.gate(state) == ()
            continue
        with pytest.raises(Refused) as caught:
            check.gate(state)
        assert caught.value.code == "E-CONTRACT"
        assert caught.value.details == ("house: signature of model lacks the input country",)


def test_columns_that_all_models_have_are_learned(runs, tmp_path):
    train(tmp_path, "again", {"inputs": [*INPUTS, {"name": "x", "type": "double"}],
                              "outputs": OUTPUTS})  # fmt: skip
    runs.refresh()
    rules = {each.rule.about: each.rule for each in learn(runs, ["good", "again"])}
    assert rules["signatures.model"] == ContractRule(
        subject=Subject.SIGNATURE,
        key="model",
        is_required=True,
        inputs=("age: long", "country: string"),
        outputs=("score: double",),
    )
    assert "signatures.model" not in {each.rule.about for each in learn(runs, ["good", "bare"])}


def test_a_script_is_told_at_once_what_its_model_lacks(runs, tmp_path, caplog):
    runs.contracts.state(
        Contract(name="house", rules=(RULE, ContractRule(subject=Subject.SIGNATURE, key="final",
                                                         is_required=True)))
    )  # fmt: skip
    caplog.set_level(logging.WARNING, logger="strongroom")
    with sr.start_run("fraud", name="late", store=tmp_path) as run:
        run.log_model(b"weights", "model", signature={"inputs": INPUTS, "outputs": OUTPUTS})
        run.log_model(b"weights", "draft", signature={"inputs": INPUTS[:1], "outputs": OUTPUTS})
        run.log_model(b"weights", "bare")
        assert run.losses.counts == {}
    assert [record.getMessage() for record in caplog.records] == [
        "Run late: signature of draft lacks the input country (contract house/1).",
        "Run late: signature of bare is missing (contract house/1).",
        "Run late ends without what is asked of it: signature of final is missing (house/1)",
    ]


def test_a_huge_or_broken_file_is_no_signature(runs, tmp_path):
    runs.contracts.state(HOUSE)
    hostile = {
        "deep": "[" * 50_000,
        "long": "a" * ((1 << 20) + 1),
        "alias": "a: &a [1]\nflavors: *a\n",
        "list": json.dumps({"signature": {"inputs": [1]}}),
    }
    for name, text in hostile.items():
        with sr.start_run("fraud", name=name, store=tmp_path) as run:
            run.log_text(text, "MLmodel")
    runs.refresh()
    assert set(hostile) <= breaking(runs)
    for name in hostile:
        (told,) = sentences(runs, name)
        assert told.startswith("signature of the model cannot be read: "), told
