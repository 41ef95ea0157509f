# SPDX-License-Identifier: Apache-2.0
"""Many runs at once on the command line: a filter counts first and acts only when told to."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from strongroom.cli import output
from strongroom.cli import runs as run_commands
from strongroom.cli.options import shared_options
from support.runs_on_disk import run_id, write_run

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    @click.group()
    @shared_options
    def strongroom() -> None:
        """Stands in for the whole tree."""

    run_commands.add_commands(strongroom)
    store = tmp_path / "store"
    for number in range(1, 15):
        write_run(store, number, params={"n": number}, tags={"kind": "odd" if number % 2 else "x"})

    def run(*arguments: str) -> tuple[int, str, str]:
        code = output.run(strongroom, [*arguments, "--store", str(store)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def left(ask: Ask, *more: str) -> int:
    return int(json.loads(ask("runs", "search", *more, "--json")[1])["total"])


def test_a_filter_alone_counts_and_names_and_does_nothing(ask: Ask) -> None:
    code, out, err = ask("runs", "delete", "--filter", "params.n > 2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 12  # ten named
    assert lines[-2:] == [
        "and 2 more",
        "12 runs found, nothing was done. Add --yes to delete them.",
    ]
    assert left(ask) == 14
    document = json.loads(ask("runs", "delete", "--filter", "params.n > 13", "--json")[1])
    assert document == {"runs": [], "failed": [], "would": [run_id(14)], "total": 1}


def test_each_act_is_done_to_all_that_are_found_and_can_be_taken_back(
    ask: Ask, tmp_path: Path
) -> None:
    odd = ("--filter", "tags.kind = 'odd'", "--yes")
    assert len(json.loads(ask("runs", "delete", *odd, "--json")[1])["runs"]) == 7
    assert (left(ask), left(ask, "--deleted")) == (7, 7)
    assert ask("runs", "restore", *odd)[1].count("Restored") == 7
    assert ask("runs", "archive", "--filter", "params.n <= 3", "--yes")[0] == 0
    assert (left(ask), left(ask, "--archived")) == (11, 3)
    assert ask("runs", "unarchive", "--filter", "", "--yes")[1].count("Took back") == 3
    assert left(ask) == 14
    assert ask("runs", "move", *odd, "--to", "elsewhere")[1].count("Moved") == 7
    assert left(ask, "--experiment", "elsewhere") == 7
    inside = ("--experiment", "elsewhere", "--filter", "params.n < 6", "--yes")
    assert ask("runs", "tag", "owner", "mara", *inside)[1].count("Tagged") == 3
    assert left(ask, "tags.owner = 'mara'") == 3
    assert ask("runs", "untag", "owner", "--filter", "", "--yes")[0] == 0
    assert left(ask, "tags.owner = 'mara'") == 0
    target = tmp_path / "out"
    assert ask("runs", "export", "--filter", "params.n > 12", "-o", str(target))[0] == 0
    assert not target.exists()
    assert ask("runs", "export", "--filter", "params.n > 12", "-o", str(target), "--yes")[0] == 0
    assert len(list(target.iterdir())) == 2


def test_named_runs_need_no_yes_and_names_beside_a_filter_are_refused(ask: Ask) -> None:
    assert ask("runs", "delete", run_id(1))[0] == 0
    assert ask("runs", "tag", run_id(2), "a", "b", "--also", run_id(3))[1].count("Tagged") == 2
    assert left(ask) == 13
    for words in (
        ("runs", "delete"),
        ("runs", "delete", run_id(2), "--filter", "params.n > 1", "--yes"),
        ("runs", "tag", run_id(2), "a", "b", "--filter", "params.n > 1", "--yes"),
        ("runs", "tag", "a", "b"),
        ("runs", "untag", "a", "b", "c"),
    ):
        code, out, err = ask(*words)
        assert (code, out) == (2, ""), words
        assert "E-USAGE" in err or "Expected RUN" in err
    code, _, err = ask("runs", "archive", "--filter", "params.n >", "--yes")
    assert code == 2
    assert "E-FILTER" in err
    assert left(ask) == 13
