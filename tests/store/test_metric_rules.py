# SPDX-License-Identifier: Apache-2.0
"""Stated metric rules: kept in the store, read strictly, written whole, told by the commands."""

import json
import multiprocessing
import os
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.bootstrap import open_services
from strongroom.cli import metrics as metric_commands
from strongroom.cli import output
from strongroom.cli.options import shared_options
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Untrusted
from strongroom.domain.metric import is_name
from strongroom.domain.metric_schema import Direction, MetricRule, learned_rule
from strongroom.services.metric_schema import MetricSchemas
from strongroom.services.runs import open_runs
from strongroom.store.metric_rules import read_rules, write_rules
from strongroom.store.store_folder import StoreFolder, open_store_folder
from support.runs_on_disk import write_run

ACC = MetricRule(key="acc", unit="%", direction=Direction.HIGHER, low=0.0, high=100.0)


def folder_of(path: Path) -> StoreFolder:
    return open_store_folder(path, clock=FixedClock(1), random_bytes=os.urandom)


def rules() -> st.SearchStrategy[MetricRule]:
    bound = st.none() | st.floats(allow_nan=False, allow_infinity=False)
    units = st.sampled_from(["", "ms", "°C", "µs", "1/s"])
    return st.builds(
        lambda key, unit, direction, one, other: MetricRule(
            key=key,
            unit=unit,
            direction=direction,
            low=one if one is None or other is None else min(one, other),
            high=other if one is None or other is None else max(one, other),
        ),
        st.text(min_size=1, max_size=40).filter(is_name),
        units,
        st.sampled_from(Direction),
        bound,
        bound,
    )


@given(st.dictionaries(st.text(max_size=3), rules(), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_rules_read_back_as_they_were_written(tmp_path_factory, chosen):
    path = tmp_path_factory.mktemp("rules") / "metric-schema.json"
    unique = {rule.key: rule for rule in chosen.values()}
    write_rules(path, unique.values())
    assert read_rules(path) == tuple(unique[key] for key in sorted(unique))
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"format":2,"rules":[]}',
        b'{"format":1,"rules":{}, "x":1}',
        b'{"format":1,"rules":[1]}',
        b'{"format":1,"rules":[{"key":"a"}]}',
        b'{"format": 1,"rules":[]}',
        b'{"format":1,"rules":[{"direction":"up","high":"","key":"a","low":"","unit":""}]}',
        b'{"format":1,"rules":[{"direction":"none","high":"1","key":"a","low":"","unit":""}]}',
        b'{"format":1,"rules":[{"direction":"none","high":"nan","key":"a","low":"","unit":""}]}',
        b'{"format":1,"rules":[{"direction":"none","high":"","key":"","low":"","unit":""}]}',
        b"x" * (5 << 20),
    ],
    ids=range(14),
)
def test_a_damaged_file_is_said_and_never_written_over(tmp_path, damaged):
    folder = folder_of(tmp_path)
    folder.metric_schema.write_bytes(damaged)
    schemas = MetricSchemas(folder)
    assert schemas.read().rule("acc") == learned_rule("acc")
    assert schemas.damage()
    with pytest.raises(Untrusted):
        schemas.set(ACC)
    assert folder.metric_schema.read_bytes() == damaged


def test_a_rule_stated_by_one_program_is_seen_by_another(tmp_path):
    here, there = MetricSchemas(folder_of(tmp_path)), MetricSchemas(folder_of(tmp_path))
    assert there.read().rule("acc").is_learned
    assert here.set(ACC).metrics == {"acc"}
    assert not here.set(ACC)
    assert there.read().rule("acc") == here.read().rule("acc") == ACC
    assert there.forget("acc").metrics == {"acc"}
    assert here.read().rule("acc") == learned_rule("acc")
    assert here.damage() == ""


def test_runs_that_break_a_rule_say_how(tmp_path):
    write_run(tmp_path, metrics={"acc": [0.5, 97.0], "loss": [0.1], "val/auc": [-0.5]})
    runs = open_runs(tmp_path, FixedClock(1), os.urandom)
    runs.refresh()
    (run,) = runs.search().runs
    assert runs.metric_schemas.breaches(run) == (
        "acc reached 97, above its bound of 1",
        "val/auc fell to -0.5, below its bound of 0",
    )
    runs.metric_schemas.set(ACC)
    assert runs.metric_schemas.breaches(run) == ("val/auc fell to -0.5, below its bound of 0",)


def _state(path: Path, name: str) -> None:
    schemas = MetricSchemas(folder_of(path))
    for number in range(10):
        schemas.set(MetricRule(key=f"{name}{number}", high=float(number)))


def test_no_rule_is_lost_between_programs_that_write_at_once(tmp_path):
    folder_of(tmp_path)
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=_state, args=(tmp_path, name)) for name in "ab"]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
    stated = MetricSchemas(folder_of(tmp_path)).read().rules
    assert {rule.key for rule in stated} == {f"{name}{n}" for name in "ab" for n in range(10)}


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_run(tmp_path, metrics={"val/acc": [0.5], "lr": [0.1]})

    @click.group()
    @shared_options
    def strongroom() -> None:
        """Stands in for the whole tree."""

    metric_commands.add_commands(strongroom)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = output.run(strongroom, ["metrics", "schema", *arguments, "--store", str(tmp_path)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_commands_state_list_and_forget_rules(ask):
    learned = {
        "key": "val/acc", "unit": "", "direction": "higher", "low": 0.0, "high": 1.0,
        "is_learned": True,
    }  # fmt: skip
    code, out, err = ask("list", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["rules"][1] == learned
    code, out, _ = ask("set", "val/acc", "--unit", "%", "--high", "100", "--json")
    stated = {**learned, "unit": "%", "high": 100.0, "is_learned": False}
    assert json.loads(out) == stated
    code, out, _ = ask("set", "val/acc", "--high", "none", "--json")
    assert json.loads(out) == {**stated, "high": None}
    code, out, _ = ask("list")
    assert "val/acc  %     higher  0          a person" in out
    code, out, _ = ask("forget", "val/acc")
    assert (code, out) == (0, "val/acc follows its name again\n")
    code, out, _ = ask("list", "--json")
    assert json.loads(out)["rules"][1] == learned


@pytest.mark.parametrize(
    "wrong",
    [("x", "--low", "abc"), ("x", "--low", "2", "--high", "1"), ("x", "--unit", "a\nb"), ("",)],
)
def test_a_rule_that_cannot_hold_is_bad_input(ask, wrong):
    code, out, err = ask("set", *wrong)
    assert (code, out) == (2, "")
    assert err


def test_verify_names_a_damaged_file_of_rules(tmp_path):
    services = open_services(tmp_path / "store", tmp_path / "home", clock=FixedClock(1))
    assert services.integrity.verify().is_ok
    services.runs.folder.metric_schema.write_bytes(b"{}")
    (finding,) = services.integrity.verify().findings
    assert (finding.code, finding.path) == ("E-FORMAT", "metric-schema.json")
    services.close()


def test_damage_is_said_by_the_command(ask, tmp_path):
    (tmp_path / "metric-schema.json").write_bytes(b"{}")
    code, out, err = ask("list")
    assert code == 1
    assert "E-FORMAT" in err
    assert "val/acc" in out
