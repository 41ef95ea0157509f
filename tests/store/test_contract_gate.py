# SPDX-License-Identifier: Apache-2.0
"""A model is not registered while its run breaks what it must keep; real keys, real files."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.domain.contract import Contract, ContractRule, Level, Subject
from strongroom.domain.errors import Refused
from strongroom.services.contract_repair import rule_of, take_waiver_back, waive
from strongroom.services.registering import Registering
from support.peers import MODEL, Peer

OWNER = ContractRule(subject=Subject.TAG, key="owner", is_required=True, allowed=("mara",))
AUC = ContractRule(subject=Subject.METRIC, key="auc", is_required=True, high=0.5)
HOUSE = Contract(name="house", rules=(AUC, OWNER))


@pytest.fixture
def ada(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Peer]:
    peer = Peer(tmp_path / "ada", "Ada")
    peer.people.create_team("Churn ML")
    yield peer
    peer.close()
    said = [record.getMessage() for record in caplog.get_records("call")]
    assert said[0] == "Run first: metric auc reached 0.9, not at most 0.5 (contract house/1)."


def refused(peer: Peer, run: str) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        Registering(peer.at, peer.registry).register(run, "model", MODEL)
    assert caught.value.code == "E-CONTRACT"
    assert peer.registry.state().models == {}  # nothing was signed
    return caught.value.details


def test_a_run_that_breaks_its_contract_registers_nothing_until_it_is_repaired_or_waived(ada):
    ada.at.runs.contracts.state(HOUSE)
    run = ada.train("first")
    assert refused(ada, run) == (
        "house: metric auc reached 0.919, not at most 0.5",
        "house: tag owner is missing",
    )
    ada.at.runs.tag([run], "owner", "mara")
    assert refused(ada, run) == ("house: metric auc reached 0.919, not at most 0.5",)
    edits = ada.at.runs.edits
    contract, rule = rule_of(ada.at.runs, "house", "metrics.auc")
    waive(edits, [run], contract, rule, "the bound was meant for another data set")
    take_waiver_back(edits, [run], contract, rule)
    refused(ada, run)
    waive(edits, [run], contract, rule, "the bound was meant for another data set")
    assert Registering(ada.at, ada.registry).register(run, "model", MODEL).version.version == 1


def test_what_is_only_told_stops_nobody(ada):
    should = tuple(replace(rule, level=Level.SHOULD) for rule in HOUSE.rules)
    ada.at.runs.contracts.state(replace(HOUSE, rules=should))
    assert ada.register("first").version.version == 1


def test_several_contracts_hold_one_run_each_for_itself(ada):
    ada.at.runs.contracts.state(HOUSE)
    more = Contract(
        name="more",
        experiments=(MODEL[:2] + "*",),
        rules=(
            ContractRule(subject=Subject.DATASET, key="training", is_required=True),
            ContractRule(subject=Subject.CONDITION, key="deep", must="params.depth > 6"),
        ),
    )
    ada.at.runs.contracts.state(more)
    run = ada.train("first")
    assert refused(ada, run)[2:] == (
        "more: deep: params.depth > 6 does not hold",
        "more: a dataset for training is missing",
    )
    facts = json.loads((ada.at.runs.run_folder(run) / "run.json").read_text())
    assert facts["source"]["contract"] == "house/1, more/1"
    ada.at.runs.contracts.retire("house")
    assert len(refused(ada, run)) == 2
