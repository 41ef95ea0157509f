# SPDX-License-Identifier: Apache-2.0
"""Contracts by command line over real run folders: stated, checked, learned, repaired."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli import root
from strongroom.disk.contract_folder import contract_path, read_contracts, versions
from strongroom.domain.clock import FixedClock
from strongroom.domain.contract import Contract, ContractRule, Subject
from strongroom.domain.contract_text import parse_contract
from strongroom.domain.errors import BadInput, EnvironmentFault, Refused
from strongroom.services.contract_check import ContractCheck
from strongroom.services.contracts import Contracts
from strongroom.services.runs import Runs, open_runs
from strongroom.store.store_folder import StoreFolder, open_store_folder
from support.checkout import ROOT
from support.runs_on_disk import run_id, write_run

TEXT = """format = 1
name = "fraud"
experiments = ["iris"]

[[rule]]
about = "params.lr"
required = true
shape = "number"

[[rule]]
about = "tags.owner"
required = true
allowed = ["mara", "jon"]
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STRONGROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STRONGROOM_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "store", 1, params={"lr": 0.1}, tags={"owner": "mara"})
    write_run(tmp_path / "store", 2, params={"lr": "fast"}, tags={"owner": "mara"})
    write_run(tmp_path / "store", 3, params={}, tags={"Owner": "jon"})
    write_run(tmp_path / "store", 4, experiment="other")
    (tmp_path / "fraud.toml").write_text(TEXT)
    return tmp_path / "store"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = root.run([*words, "--json"], lambda _arguments: 0)
    return code, json.loads(capsys.readouterr().out)


def runs_of(store: Path) -> Runs:
    opened = open_runs(store, FixedClock(1), os.urandom)
    opened.refresh()
    return opened


def found(store: Path, text: str) -> set[str]:
    opened = runs_of(store)
    try:
        return {run.run_id for run in opened.search(text).runs}
    finally:
        opened.catalog.close()


def test_a_contract_is_stated_checked_repaired_and_holds_over_old_runs(store, capsys):
    code, stated = said(capsys, "contract", "set", "fraud.toml")
    assert (code, stated["version"], stated["held"], stated["broken"]) == (0, 1, 3, 2)
    code, checked = said(capsys, "contract", "check")
    assert code == 1
    by_rule = {each["about"]: each["broken"] for each in checked["rules"]}
    assert by_rule == {"params.lr": 2, "tags.owner": 1}
    assert found(store, "contract.breaks = 'params.lr'") == {run_id(2), run_id(3)}
    assert found(store, "contract.name = 'fraud' AND contract.breaks IS NULL") == {run_id(1)}
    assert found(store, "contract.breaks LIKE 'tags.%'") == {run_id(3)}

    words = ("contract", "repair", "--filter", "tags.Owner IS NOT NULL")
    code, preview = said(capsys, *words, "--rename-tag", "Owner", "owner")
    assert (code, preview["would"]) == (0, [run_id(3)])
    assert found(store, "contract.breaks = 'tags.owner'") == {run_id(3)}
    assert said(capsys, *words, "--rename-tag", "Owner", "owner", "--yes")[0] == 0
    assert said(capsys, "contract", "repair", run_id(3), "--param", "lr", "0.01")[0] == 0
    code, failed = said(capsys, "contract", "repair", run_id(2), "--param", "lr", "0.01")
    assert code == 2
    assert "has logged lr as “fast”" in failed["error"]["title"]

    code, one = said(capsys, "contract", "check", "--run", run_id(2))
    assert (code, one["violations"][0]["sentence"]) == (1, "param lr is “fast”, not a number")
    waive = ("contract", "repair", run_id(2), "--waive", "fraud", "params.lr")
    assert said(capsys, *waive)[1]["error"]["code"] == "E-USAGE"  # no reason
    assert said(capsys, *waive, "--reason", "an experiment about words")[0] == 0
    assert said(capsys, "contract", "check")[0] == 0
    assert found(store, "contract.waives = 'params.lr'") == {run_id(2)}
    assert said(capsys, "contract", "repair", run_id(2), "--hold", "fraud", "params.lr")[0] == 0
    assert said(capsys, "contract", "check")[0] == 1


def test_a_contract_learned_from_good_runs_is_one_they_keep(store, capsys):
    words = ("contract", "learn", "good", "--filter", "tags.owner = 'mara'", "-o", "good.toml")
    code, proposed = said(capsys, *words)
    assert code == 0
    assert {"about": "tags.owner", "having": 2, "of": 2} in proposed["proposals"]
    assert said(capsys, "contract", "check", "--draft", "good.toml", "tags.owner = 'mara'")[0] == 0
    assert said(capsys, "contract", "show")[1]["contracts"] == []  # nothing was stated


def test_every_version_stays_and_the_highest_is_in_force(store, capsys):
    said(capsys, "contract", "set", "fraud.toml")
    assert said(capsys, "contract", "set", "fraud.toml")[1]["version"] == 1  # the same words
    Path("fraud.toml").write_text(TEXT.replace("jon", "eve"))
    assert said(capsys, "contract", "set", "fraud.toml", "--after", "0")[0] == 3
    assert said(capsys, "contract", "set", "fraud.toml", "--after", "1")[1]["version"] == 2
    assert said(capsys, "contract", "retire", "fraud")[1]["version"] == 3
    assert versions(store) == {"fraud": [1, 2, 3]}
    assert said(capsys, "contract", "check")[1]["rules"] == []
    assert "jon" in str(said(capsys, "contract", "show", "fraud", "--version", "1")[1])
    root.run(["contract", "show", "fraud", "--version", "2"], lambda _arguments: 0)
    printed = capsys.readouterr().out.encode()
    assert parse_contract(printed) == Contracts(folder_of(store)).get("fraud", 2)


def folder_of(store: Path) -> StoreFolder:
    return open_store_folder(store, clock=FixedClock(1), random_bytes=os.urandom)


def test_two_people_who_state_one_version_do_not_write_over_each_other(store, monkeypatch):
    here, there = Contracts(folder_of(store)), Contracts(folder_of(store))
    first = Contract(name="a", rules=(ContractRule.of("params.lr"),))
    assert here.state(first).version == 1
    monkeypatch.setattr(there, "versions", lambda _name: [])  # looked a moment too early
    with pytest.raises(Refused) as caught:
        there.state(Contract(name="a"))
    assert caught.value.code == "E-CONFLICT"
    assert here.get("a").rules == first.rules


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x00" * 100,
        b"a = 1",
        b'format = 1\nname = "b"\nversion = 2\n',
        b"format = 9",
        b"#" * (2 << 20),
        b"a=" + b"[" * 100_000,
    ],
    ids=range(6),
)
def test_a_planted_contract_is_told_stops_the_gate_and_hides_no_run(store, hostile):
    contracts = Contracts(folder_of(store))
    contracts.state(Contract(name="fraud", rules=(ContractRule.of("params.lr"),)))
    contract_path(store, "fraud", 2).write_bytes(hostile)
    (store / "contracts" / "..evil.toml").write_bytes(b"")
    (store / "contracts" / "README.txt").write_bytes(b"")
    opened = runs_of(store)
    assert opened.search().total == 4
    assert opened.search("contract.breaks IS NOT NULL").total == 0
    (problem,) = opened.contracts.held().problems
    assert problem.startswith("fraud.2.toml: ")
    state = ContractCheck(opened)._state(run_id(1))
    with pytest.raises(Refused) as caught:
        ContractCheck(opened).gate(state)
    assert caught.value.code == "E-CONTRACT"
    assert contract_path(store, "fraud", 2).read_bytes() == hostile
    opened.contracts.state(Contract(name="fraud", rules=(ContractRule.of("params.lr"),)))
    assert opened.contracts.held().problems == ()
    assert versions(store)["fraud"] == [1, 2, 3]


def test_a_link_in_place_of_a_contract_is_not_followed(store, tmp_path):
    (store / "contracts").mkdir()
    (tmp_path / "elsewhere.toml").write_text('format = 1\nname = "a"\n')
    contract_path(store, "a", 1).symlink_to(tmp_path / "elsewhere.toml")
    held = read_contracts(store)
    assert held.contracts == ()
    assert len(held.problems) == 1


def test_a_full_disk_leaves_the_contract_before(store, monkeypatch):
    contracts = Contracts(folder_of(store))
    contracts.state(Contract(name="a", rules=(ContractRule.of("params.lr"),)))

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("strongroom.disk.contract_folder.write_whole", full)
    with pytest.raises(EnvironmentFault) as caught:
        contracts.state(Contract(name="a"))
    assert caught.value.code == "E-FULL"
    assert contracts.get("a").version == 1


def test_params_added_by_an_edit_are_taken_back_live_and_sealed(store):
    opened = runs_of(store)
    live = write_run(store, 9, status="")
    opened.refresh()
    names = [run_id(1), run_id(9)]
    outcome = opened.edits.add_param(names, "site", "berlin")
    assert {run.params.get("site") for run in opened.search("params.site = 'berlin'").runs} == {
        "berlin"
    }
    assert opened.edits.add_param(names, "site", "berlin").before == ()
    opened.edits.undo(outcome)
    assert opened.search("params.site IS NOT NULL").total == 0
    opened.edits.undo(opened.edits.undo(outcome))
    assert opened.search("params.site IS NOT NULL").total == 0
    assert opened.search("params.lr = 0.1").total == 1
    assert live.is_dir()


def test_a_tag_is_renamed_back_and_never_over_another(store):
    opened = runs_of(store)
    opened.tag([run_id(3)], "owner", "eve")
    outcome = opened.edits.rename_tag([run_id(2), run_id(3)], "Owner", "owner")
    (failure,) = outcome.failures
    assert isinstance(failure.error, BadInput)
    opened.tag([run_id(3)], "owner", None)
    outcome = opened.edits.rename_tag([run_id(2), run_id(3)], "Owner", "owner")
    assert {each.run_id for each in outcome.before} == {run_id(3)}
    assert opened.show(run_id(3)).run.tags == {"owner": "jon"}
    opened.edits.undo(outcome)
    assert opened.show(run_id(3)).run.tags == {"Owner": "jon"}


def test_rows_say_which_rules_they_break(store):
    opened = runs_of(store)
    opened.contracts.state(parse_contract(TEXT.encode()))
    by_row = ContractCheck(opened).rows(range(1, 6))
    with opened.catalog.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, run_id FROM run").all()
    named = {run: by_row.get(id_, ()) for id_, run in rows}
    assert named[run_id(3)] == ("params.lr", "tags.owner")
    assert named[run_id(2)] == ("params.lr",)
    assert named[run_id(1)] == named[run_id(4)] == ()


def test_the_example_of_the_page_is_a_contract():
    page = (ROOT / "docs/reference/contracts.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"<!-- contract -->\n```toml\n(.*?)```", page, re.DOTALL)
    contract = parse_contract(text.encode())
    assert {rule.subject for rule in contract.rules} == set(Subject)
