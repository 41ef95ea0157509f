# SPDX-License-Identifier: Apache-2.0
"""Searches answer what they say, whatever is typed into them."""

import math

import pytest
from sqlalchemy.dialects import sqlite

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput
from strongroom.domain.query import FilterError
from strongroom.domain.query_parser import parse_filter
from strongroom.services.runs import Runs, open_runs
from strongroom.store.query_compiler import compile_filter
from support.runs_on_disk import START_US, random_bytes, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("search")
    for number in range(1, 11):
        write_run(
            root,
            number,
            experiment="even" if number % 2 == 0 else "odd",
            name=f"Run_{number}",
            params={"lr": number / 10, "net": "Ada" if number < 6 else "bob"}
            | ({"rare": "x"} if number == 3 else {}),
            metrics={"acc": [0.0, number / 10]} | ({"nan": [math.nan]} if number == 1 else {}),
            status="FAILED" if number == 10 else "FINISHED",
        )
    opened = open_runs(root, FixedClock(START_US), random_bytes)
    opened.refresh()
    yield opened
    opened.catalog.close()


def numbers(runs: Runs, text: str, order: str = "start_time", **more: int) -> list[int]:
    page = runs.search(text, order_by=order, **more)
    return [int(run.name.removeprefix("Run_")) for run in page.runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.acc > 0.75", [8, 9, 10]),
        ("metrics.acc >= 0.8 and params.net = 'bob' and status = 'FINISHED'", [8, 9]),
        ("params.lr < 0.35", [1, 2, 3]),
        ("params.lr = '0.5'", [5]),
        ("params.lr = 0.50", [5]),
        ("params.lr IN (0.1, '0.2', 'zzz')", [1, 2]),
        ("params.net LIKE 'A%'", [1, 2, 3, 4, 5]),
        ("params.net LIKE 'a%'", []),
        ("params.net ILIKE 'a%'", [1, 2, 3, 4, 5]),
        ("params.net != 'bob'", [1, 2, 3, 4, 5]),
        ("params.rare IS NULL and experiment = 'odd'", [1, 5, 7, 9]),
        ("params.rare IS NOT NULL", [3]),
        ("params.rare != 'x'", []),
        ("NOT params.rare = 'x' and metrics.acc < 0.45", [1, 2, 4]),
        ("params.net NOT IN ('bob') or metrics.acc = 1", [1, 2, 3, 4, 5, 10]),
        ("metrics.nan IS NOT NULL", [1]),
        ("metrics.nan > 0 or metrics.nan <= 0", []),
        ("name = 'Run_7' or run_name LIKE '%\\_8'", [7]),
        ("attributes.status != 'FINISHED'", [10]),
        ("duration >= 0 and not (end_time > '2030-01-01')", list(range(1, 11))),
        ("host = 'bench' and user = 'ada' and start_time > 1699999999999", list(range(1, 11))),
    ],
)
def test_a_filter_finds_exactly_its_runs(runs: Runs, text: str, expected: list[int]) -> None:
    assert numbers(runs, text) == expected
    assert runs.search(text, limit=1).total == len(expected)


def test_order_pages_and_missing_values_last(runs: Runs) -> None:
    assert numbers(runs, "", "metrics.acc DESC", limit=3) == [10, 9, 8]
    assert numbers(runs, "", "metrics.acc DESC", limit=3, offset=3) == [7, 6, 5]
    assert numbers(runs, "", "params.lr", limit=2) == [1, 2]
    assert numbers(runs, "", "params.rare DESC", limit=3)[0] == 3
    assert numbers(runs, "", "params.rare", limit=1, offset=1) != [3]
    assert numbers(runs, "", "params.net DESC, metrics.acc DESC", limit=6) == [10, 9, 8, 7, 6, 5]
    everything = [
        number
        for offset in range(0, 12, 2)
        for number in numbers(runs, "", "params.rare", limit=2, offset=offset)
    ]
    assert sorted(everything) == list(range(1, 11))


ATTACKS = [
    "'; DROP TABLE run; --",
    '" OR 1=1 --',
    "' OR '1'='1",
    "x' UNION SELECT sql FROM sqlite_master --",
    "NEAR(",
    "%_\\",
    "\\' OR 1=1",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "' || load_extension('x') || '",
    "\u2019; DELETE FROM run",
    "a*b^2 AND NOT",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_sql_in_a_filter_is_only_text(runs: Runs, attack: str) -> None:
    quoted = attack.replace("'", "''")
    key = attack.replace("`", "")
    for text in (
        attack,
        f"params.net = '{quoted}'",
        f"name LIKE '{quoted}'",
        f"params.`{key}` = 'x'",
        f"experiment IN ('{quoted}')",
    ):
        try:
            found = runs.search(text, experiment=attack, order_by=f"params.`{key}` DESC").total
        except FilterError:
            found = 0
        assert found == 0
    with pytest.raises(BadInput):
        runs.place(attack)
    assert runs.search().total == 10


def test_33_every_text_of_a_filter_is_a_bound_parameter() -> None:
    secret = "s3cret-value"
    tree = parse_filter(
        f"params.`{secret}` = '{secret}' and name ILIKE '{secret}' or tags.a IN ('{secret}', 7777)"
        f" and experiment = '{secret}' and metrics.`{secret}` > 7777 and duration > 7777"
    )
    assert tree is not None
    compiled = compile_filter(tree).compile(dialect=sqlite.dialect())
    assert secret not in str(compiled)
    assert "7777" not in str(compiled)


def test_a_megabyte_of_filter_is_refused_at_once(runs: Runs) -> None:
    with pytest.raises(BadInput):
        runs.search("metrics.a = 1 or " * 60_000)
