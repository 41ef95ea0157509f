# SPDX-License-Identifier: Apache-2.0
"""The commands about runs: one JSON document, fixed exit codes, fixed field names."""

import json
from pathlib import Path

import click
import pytest

from strongroom.cli import artifacts, experiments, output
from strongroom.cli import runs as run_commands
from strongroom.cli.options import shared_options
from support.runs_on_disk import run_id, write_run


@pytest.fixture
def root() -> click.Group:
    @click.group()
    @shared_options
    def strongroom() -> None:
        """Stands in for the whole tree."""

    for module in (run_commands, experiments, artifacts):
        module.add_commands(strongroom)
    return strongroom


@pytest.fixture
def ask(root: click.Group, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_run(
        tmp_path,
        name="be\x1b[31mst\u202e",
        params={"lr": 0.1},
        tags={"t": "v"},
        metrics={"acc": [0.5, float("nan"), float("inf")]},
        artifacts={"model/a.txt": b"abc"},
    )
    write_run(tmp_path, 2, metrics={"acc": [0.25]})

    def run(*arguments: str) -> tuple[int, str, str]:
        code = output.run(root, [*arguments, "--store", str(tmp_path)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_search_prints_the_fixed_document(ask) -> None:
    code, out, err = ask("runs", "search", "params.lr = 0.1", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "runs": [
            {
                "run_id": run_id(1),
                "experiment": "iris",
                "name": "be\x1b[31mst\u202e",
                "status": "FINISHED",
                "params": {"lr": "0.1"},
                "metrics": {"acc": "Infinity"},
                "tags": {"t": "v"},
            }
        ],
        "total": 1,
    }


def test_history_spells_what_json_cannot_say(ask) -> None:
    code, out, _ = ask("runs", "history", run_id(1), "acc", "--json")
    assert code == 0
    points = json.loads(out)["points"]
    assert [point[:2] for point in points] == [[0, 0.5], [1, "NaN"], [2, "Infinity"]]
    assert all(isinstance(point[2], int) for point in points)


def test_a_bad_filter_is_exit_2_with_code_title_advice(ask) -> None:
    code, out, err = ask("runs", "search", "metrics.acc >")
    assert (code, out) == (2, "")
    assert err.startswith("E-FILTER: ")
    assert len(err.splitlines()) == 2
    code, out, err = ask("runs", "search", "metrics.acc >", "--json")
    assert code == 2
    assert set(json.loads(out)["error"]) == {"code", "title", "advice"}


def test_unknown_things_and_options_are_exit_2(ask) -> None:
    for arguments in (("runs", "show", "nothing"), ("runs", "search", "--colour"), ("walk",)):
        code, out, _ = ask(*arguments, "--json")
        assert code == 2
        assert json.loads(out)["error"]["title"]


def test_names_never_reach_a_terminal_raw(ask) -> None:
    for arguments in (("runs", "search"), ("runs", "show", run_id(1)), ("experiments", "list")):
        code, out, _ = ask(*arguments)
        assert code == 0
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_tag_delete_restore_and_export_end_on_the_disk(ask, tmp_path: Path) -> None:
    assert ask("runs", "tag", run_id(2)[:8], "colour", "blue")[0] == 0
    assert ask("runs", "delete", run_id(2))[0] == 0
    assert json.loads(ask("runs", "search", "--json")[1])["total"] == 1
    assert ask("runs", "restore", run_id(2))[0] == 0
    assert json.loads(ask("runs", "search", "tags.colour = 'blue'", "--json")[1])["total"] == 1
    assert ask("runs", "export", run_id(1), run_id(2), "-o", str(tmp_path / "out"))[0] == 0
    assert (tmp_path / "out" / run_id(2) / "sealed.json").exists()
    assert ask("runs", "close", run_id(2))[0] == 2


def test_artifacts_are_listed_and_taken_out(ask, tmp_path: Path) -> None:
    document = json.loads(ask("artifacts", "list", run_id(1), "--json")[1])
    assert [(each["path"], each["size"]) for each in document["artifacts"]] == [("model/a.txt", 3)]
    assert ask("artifacts", "get", run_id(1), "model", "-o", str(tmp_path / "out"))[0] == 0
    assert (tmp_path / "out/model/a.txt").read_bytes() == b"abc"
    assert ask("artifacts", "get", run_id(1), "nope", "-o", str(tmp_path / "o2"))[0] == 2
    experiments_found = json.loads(ask("experiments", "list", "--json")[1])["experiments"]
    assert [(each["name"], each["runs"]) for each in experiments_found] == [("iris", 2)]
