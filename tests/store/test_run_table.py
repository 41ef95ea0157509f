# SPDX-License-Identifier: Apache-2.0
"""The order of all rows, groups and their figures, and rows with only the asked fields."""

import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.query import Field, FieldKind
from strongroom.services.run_table import RowOrder, RunTable
from strongroom.services.runs import Runs, open_runs
from strongroom.store.discovery import report
from support.runs_on_disk import START_US, random_bytes, run_id, write_run

LR = Field(kind=FieldKind.PARAM, key="lr")
KIND = Field(kind=FieldKind.TAG, key="kind")
STATUS = Field(kind=FieldKind.ATTRIBUTE, key="status")
LOSS = Field(kind=FieldKind.METRIC, key="loss")
OTHER = Field(kind=FieldKind.METRIC, key="other")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    store = tmp_path_factory.mktemp("store")
    opened = open_runs(store, FixedClock(START_US), random_bytes)
    for number in range(1, 13):
        write_run(
            store,
            number,
            name=f"{'Calm' if number % 3 else 'quick'}-{number}",
            experiment="iris" if number % 2 else "wine",
            params={} if number % 5 == 0 else {"lr": number % 4 / 10},
            tags={"kind": "tree" if number < 4 else "line"},
            metrics={"loss": [1.0, number * 7 % 11]} if number % 4 else {"other": [1.0]},
            status="FAILED" if number == 8 else "FINISHED",
            started_us=START_US + number * 1_000_000,
        )
    opened.refresh()
    yield opened
    opened.catalog.close()


@pytest.fixture
def table(runs: Runs) -> RunTable:
    return RunTable(runs)


def names(table: RunTable, order: RowOrder) -> list[str]:
    return [row.run.name for row in table.rows(order.ids.tolist(), ())]


@pytest.mark.parametrize(
    "order_by",
    ["", "metrics.loss DESC", "metrics.loss ASC", "params.lr DESC", "tags.kind", "name",
     "duration DESC"],
)  # fmt: skip
@pytest.mark.parametrize("chosen", ["", "metrics.loss > 2", "NOT params.lr = 0.1"])
@pytest.mark.parametrize("limit", [None, 5, 12])
def test_the_order_is_that_of_a_search_whatever_the_first_rows_are(
    runs: Runs, table: RunTable, order_by: str, chosen: str, limit: int | None
) -> None:
    order = table.order(chosen, order_by=order_by, limit=limit)
    page = runs.search(chosen, order_by=order_by, limit=100)
    expected = [run.name for run in page.runs]
    assert names(table, order) == expected[: len(order.ids)]
    assert order.is_complete or len(order.ids) == limit
    assert not order.is_complete or len(order.ids) == page.total


def test_groups_stand_in_the_order_of_their_first_run_and_runs_without_a_value_last(
    table: RunTable,
) -> None:
    order = table.order(group_by=LR, order_by="metrics.loss DESC", limit=3)
    found = np.split(order.ids, order.starts[1:])
    shown = {
        value: [row.run.params.get("lr") for row in table.rows(ids.tolist(), (LR,))]
        for value, ids in zip(order.values, found, strict=True)
    }
    assert list(shown) == ["0.3", "0.2", "0.1", "0.0", None]
    assert all(set(lrs) == {value} for value, lrs in shown.items())
    plain = names(table, table.order(order_by="metrics.loss DESC"))
    for ids in found:  # inside a group the order is that of the table
        inside = [row.run.name for row in table.rows(ids.tolist(), ())]
        assert inside == [name for name in plain if name in inside]


def test_groups_of_attributes_and_tags_hold_what_the_filter_holds_for(table: RunTable) -> None:
    by_status = table.order("tags.kind = 'line'", group_by=STATUS)
    assert by_status.values == ("FINISHED", "FAILED")
    assert np.diff(np.append(by_status.starts, len(by_status.ids))).tolist() == [8, 1]
    experiment = Field(kind=FieldKind.ATTRIBUTE, key="experiment")
    assert table.order(group_by=experiment, experiment="wine").values == ("wine",)
    assert table.order(group_by=KIND).values == ("line", "tree")
    assert table.order("metrics.loss > 99", group_by=KIND).values == ()


@pytest.mark.parametrize("field", [LOSS, Field(kind=FieldKind.ATTRIBUTE, key="duration")])
def test_figures_and_times_make_no_groups(table: RunTable, field: Field) -> None:
    with pytest.raises(BadInput, match="not grouped"):
        table.order(group_by=field)


def test_the_figures_of_a_group_are_those_of_its_runs(table: RunTable) -> None:
    order = table.order(group_by=LR)
    figures = table.figures(order, LOSS)
    for at, ids in enumerate(np.split(order.ids, order.starts[1:])):
        lasts = [
            row.run.metrics["loss"].last
            for row in table.rows(ids.tolist(), (LOSS,))
            if row.run.metrics
        ]
        assert figures.counts[at] == len(lasts)
        assert figures.means[at] == pytest.approx(statistics.mean(lasts)) if lasts else True
        if len(lasts) > 1:
            assert figures.spreads[at] == pytest.approx(statistics.stdev(lasts))
        else:
            assert np.isnan(figures.spreads[at])
    assert np.isnan(table.figures(order, LOSS, "minimum").means).any()


def test_rows_bring_what_was_asked_for_and_nothing_else(table: RunTable) -> None:
    ids = table.order(order_by="name").ids.tolist()
    first = table.rows([ids[0], 99_999, ids[3]], (LOSS, KIND))
    assert [row.id for row in first] == [ids[0], ids[3]]
    assert all(set(row.run.metrics) <= {"loss"} for row in first)
    assert all(row.run.params == {} and set(row.run.tags) == {"kind"} for row in first)
    assert all(row.run.metrics == {} for row in table.rows(ids, (LR,)))


def test_runs_are_found_by_id_and_by_the_start_of_a_name(table: RunTable) -> None:
    known = table.ids_of([run_id(3), "no such run", run_id(7)])
    assert list(known) == [run_id(3), run_id(7)]
    assert table.run_ids(np.array([known[run_id(7)], known[run_id(3)]])) == (run_id(7), run_id(3))
    quick = table.named("QUICK-")
    assert sorted(row.run.name for row in table.rows(quick.tolist(), ())) == [
        "quick-12", "quick-3", "quick-6", "quick-9",
    ]  # fmt: skip
    assert len(table.named("quick%")) == 0
    assert [run.params for run in table.whole([run_id(7), "nobody"])] == [{"lr": "0.3"}]


def test_why_a_run_could_not_be_sealed_is_told_with_its_row(tmp_path: Path) -> None:
    folder = write_run(tmp_path, 1, metrics={"loss": [1.0]}, status="")
    opened = open_runs(tmp_path, FixedClock(START_US), random_bytes)
    opened.refresh()
    table = RunTable(opened)
    ids = table.order().ids.tolist()
    assert [row.damage for row in table.rows(ids, ())] == [""]
    name = f"{folder.parent.name}/{folder.name}"
    report(opened.catalog, name, Untrusted("E-HASH", "A point is not as it was written", ""))
    (damaged,) = table.rows(ids, ())
    assert damaged.damage == "E-HASH: A point is not as it was written"
    (folder / "run.json").unlink()  # what cannot be read at all has no row: a rebuild has none
    opened.refresh()
    assert table.rows(ids, ()) == ()
    opened.catalog.close()


def test_the_usual_columns_come_from_a_few_rows(table: RunTable) -> None:
    ids = table.order().ids.tolist()
    counts = {column.field: column.run_count for column in table.common_fields(ids)}
    assert counts == {LR: 10, KIND: 12, LOSS: 9, OTHER: 3}


def test_counting_needs_no_rows(table: RunTable) -> None:
    assert table.count("tags.kind = 'tree'") == 3
    assert table.count(experiment="wine") == 6
    assert table.newest_id() == 12
