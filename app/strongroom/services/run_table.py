# SPDX-License-Identifier: Apache-2.0
"""The runs table: all rows as an order of ids, whole in memory; cells as windows of rows.

* A million rows are eight megabytes; nothing is read of a run before somebody looks at it.
* Groups stand in the order of their first run, runs without the field last, under no value.
* Figures over a group leave out runs without a number; a spread needs two of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from strongroom.domain.errors import BadInput, StrongroomError
from strongroom.domain.query import Field
from strongroom.domain.run import Run
from strongroom.services.contract_check import ContractCheck
from strongroom.services.runs import Runs
from strongroom.store import run_table
from strongroom.store.hydration import hydrate
from strongroom.store.run_columns import Column
from strongroom.store.run_table import Floats, Ids, TableRow

__all__ = ["FIRST", "Floats", "GroupFigures", "Ids", "RowOrder", "RunTable", "TableRow"]

SPARK_POINTS = 128  # two for each px of a wide cell
FIRST = 10_000  # rows a large answer begins with, there in a few milliseconds


def _no_starts() -> Ids:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowOrder:
    """The rows of an answer.

    Attributes:
        ids: Catalog ids in order; grouped, one group after the other.
        is_complete: Whether these are all; a large answer begins with its first rows.
        values: What the runs of each group have in common; None has no value ("Other").
        starts: Where each group begins in ``ids``.
    """

    ids: Ids
    is_complete: bool = True
    values: tuple[str | None, ...] = ()
    starts: Ids = field(default_factory=_no_starts)
    _places: list[Ids] = field(default_factory=list, init=False, repr=False)

    def places(self) -> Ids:
        """Returns where each run stands in ``ids``, by catalog id, -1 for others; made once."""
        if not self._places:
            places = np.full(int(self.ids.max(initial=0)) + 1, -1, np.int64)  # 8 MB a million
            places[self.ids] = np.arange(len(self.ids))
            self._places.append(places)
        return self._places[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupFigures:
    """Count, mean and standard deviation of one metric in every group; NaN where there is none."""

    counts: Ids
    means: Floats
    spreads: Floats


class RunTable:
    """Answers the runs table of one store.

    Args:
        runs: The runs of the store.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._contracts = ContractCheck(runs)

    def order(
        self,
        filter: str = "",  # noqa: A002 - the word of `Runs.search`
        *,
        experiment: str = "",
        order_by: str = "",
        is_deleted: bool = False,
        is_archived: bool = False,
        group_by: Field | None = None,
        limit: int | None = None,
    ) -> RowOrder:
        """Returns which runs a filter holds for, in order, in groups if asked for.

        Args:
            filter: A filter as `Runs.search` takes it.
            experiment: The runs of one experiment, "" for all.
            order_by: An order as `Runs.search` takes it, "" for newest first.
            is_deleted: Deleted runs instead of the others.
            is_archived: Archived runs instead of the others.
            group_by: A param, a tag or an attribute.
            limit: At most so many rows; groups are always whole.

        Raises:
            FilterError: With the position of what cannot be read.
            BadInput: ``E-USAGE`` if runs cannot be grouped by the field.
        """
        questions = self._runs.questions
        tree, orders = questions.filter(filter), questions.orders(order_by)
        if group_by is not None and group_by.is_numeric:
            raise BadInput(
                "E-USAGE", f"Runs are not grouped by {group_by.key}", "Use a param or a tag."
            )
        with self._runs.catalog.read() as connection:
            ids, is_complete = run_table.order(
                connection,
                tree=tree,
                experiment=experiment,
                orders=orders,
                is_deleted=is_deleted,
                is_archived=is_archived,
                limit=None if group_by is not None else limit,
            )
            if group_by is None:
                return RowOrder(ids=ids, is_complete=is_complete)
            return _grouped(ids, *run_table.values(connection, group_by))

    def rows(self, ids: Sequence[int], fields: Collection[Field]) -> tuple[TableRow, ...]:
        """Returns rows with only these fields; runs that are gone are left out."""
        with self._runs.catalog.read() as connection:
            found = run_table.rows(connection, ids, fields)
        broken = self._contracts.rows(ids)
        if not broken:
            return found
        return tuple(replace(row, broken=broken.get(row.id, ())) for row in found)

    def whole(self, run_ids: Sequence[str]) -> tuple[Run, ...]:
        """Returns runs with everything the catalog has of them; unknown ones are left out."""
        with self._runs.catalog.read() as connection:
            known = run_table.ids_of(connection, run_ids)
            return hydrate(connection, [known[each] for each in run_ids if each in known])

    def common_fields(self, ids: Sequence[int]) -> tuple[Column, ...]:
        """Returns the metrics, params and tags some rows have, with how many of them do."""
        with self._runs.catalog.read() as connection:
            found = run_table.common_fields(connection, ids)
        columns = [Column(field=each, run_count=many) for each, many in found]
        return tuple(sorted(columns, key=lambda column: (column.field.kind, column.field.key)))

    def figures(self, order: RowOrder, metric: Field, statistic: str = "last") -> GroupFigures:
        """Returns mean and spread of a metric in each group.

        Args:
            order: The groups.
            metric: The metric.
            statistic: ``last``, ``minimum``, ``maximum`` or ``count`` of each run.
        """
        with self._runs.catalog.read() as connection:
            runs, values = run_table.metric_values(connection, metric, statistic)
        return _figures(order, runs, values)

    def sparks(self, run_ids: Sequence[str], key: str) -> dict[str, Floats]:
        """Returns the values of a metric by step, thinned for a line as small as a cell.

        The highest and the lowest value stay. A run whose points cannot be read has none.
        """
        found: dict[str, Floats] = {}
        for run_id in run_ids:
            try:
                values = self._runs.history(run_id, key).values
            except (StrongroomError, OSError):
                values = np.empty(0)
            found[run_id] = thinned(values)
        return found

    def ids_of(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Returns the catalog ids of runs; unknown ones are left out."""
        with self._runs.catalog.read() as connection:
            return run_table.ids_of(connection, run_ids)

    def run_ids(self, ids: Ids) -> tuple[str, ...]:
        """Returns the run ids of rows, in order."""
        with self._runs.catalog.read() as connection:
            return run_table.names_of(connection, ids)

    def named(self, start: str) -> Ids:
        """Returns the rows whose names begin with a text, whatever its case."""
        with self._runs.catalog.read() as connection:
            return run_table.named(connection, start)

    def newest_id(self) -> int:
        """Returns the largest catalog id; runs that come later have larger ones."""
        with self._runs.catalog.read() as connection:
            return run_table.newest_id(connection)

    def count(
        self,
        filter: str = "",  # noqa: A002 - the word of `Runs.search`
        *,
        experiment: str = "",
        is_deleted: bool = False,
        is_archived: bool = False,
    ) -> int:
        """Returns how many runs a filter holds for.

        Raises:
            FilterError: With the position of what cannot be read.
        """
        page = self._runs.search(
            filter,
            experiment=experiment,
            limit=0,
            is_deleted=is_deleted,
            is_archived=is_archived,
        )
        return page.total


def thinned(values: Floats, most: int = SPARK_POINTS) -> Floats:
    """Returns at most so many values: the extremes of each stretch, in the order they came."""
    if len(values) <= most:
        return values
    stretches = np.array_split(values, most // 2)
    ends: list[float] = []
    for stretch in stretches:
        finite = np.isfinite(stretch)
        if not finite.any():
            ends += [float("nan")] * 2
            continue
        low = int(np.where(finite, stretch, np.inf).argmin())
        high = int(np.where(finite, stretch, -np.inf).argmax())
        ends += [float(stretch[min(low, high)]), float(stretch[max(low, high)])]
    return np.array(ends)


def _grouped(ids: Ids, runs: Ids, numbers: Ids, texts: list[str]) -> RowOrder:
    """Returns the ids group after group; groups in the order of their first run."""
    if not len(ids):
        return RowOrder(ids=ids)
    codes = np.full(int(max(ids.max(), runs.max(initial=0))) + 1, len(texts), np.int64)
    codes[runs] = numbers
    of_row = codes[ids]
    present, first = np.unique(of_row, return_index=True)
    first[present == len(texts)] = len(ids)  # runs without a value stand last
    ranks = np.zeros(len(texts) + 1, np.int64)
    in_rank = present[np.argsort(first, kind="stable")]
    ranks[in_rank] = np.arange(len(in_rank))
    ranked = ranks[of_row]
    order = np.argsort(ranked, kind="stable")
    counts = np.bincount(ranked, minlength=len(in_rank))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    values = tuple(texts[code] if code < len(texts) else None for code in in_rank.tolist())
    return RowOrder(ids=ids[order], values=values, starts=starts)


def _figures(order: RowOrder, runs: Ids, values: Floats) -> GroupFigures:
    many = len(order.values)
    sizes = np.diff(np.append(order.starts, len(order.ids)))
    top = int(max(order.ids.max(initial=0), runs.max(initial=0)))
    group_of = np.full(top + 1, -1, np.int64)
    group_of[order.ids] = np.repeat(np.arange(many), sizes)
    codes = group_of[runs]
    is_in = (codes >= 0) & np.isfinite(values)
    codes, chosen = codes[is_in], values[is_in]
    counts = np.bincount(codes, minlength=many)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        means = np.bincount(codes, chosen, many) / np.where(counts, counts, np.nan)
        squares = np.bincount(
            codes, (chosen - means[codes]) ** 2, many
        )  # twice over: no cancelling
        spreads = np.sqrt(squares / np.where(counts > 1, counts - 1, np.nan))
    return GroupFigures(counts=counts, means=means, spreads=spreads)
