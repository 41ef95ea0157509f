# SPDX-License-Identifier: Apache-2.0
"""Columns of values over all runs of a question, for plots: what has which value, at a glance.

* Answers come from the catalog alone; no run folder is opened.
* At most `MOST_RUNS` runs, the newest ones; a table says how many there are in all.
"""

from collections.abc import Sequence
from dataclasses import replace

from strongroom.domain.progress import Progress, Silent
from strongroom.domain.query import Field
from strongroom.domain.query_best import resolved_field
from strongroom.services.questions import Questions
from strongroom.store.catalog import Catalog
from strongroom.store.run_values import (
    MOST_RUNS,
    Spread,
    ValueColumn,
    ValueTable,
    read_spread,
    read_values,
)
from strongroom.store.search import condition

__all__ = ["MOST_RUNS", "RunValues", "Spread", "ValueColumn", "ValueTable"]


class RunValues:
    """Answers plots; safe to ask from worker threads."""

    def __init__(self, catalog: Catalog, questions: Questions) -> None:
        self._catalog = catalog
        self._questions = questions

    def read(
        self,
        fields: Sequence[Field],
        filter: str = "",  # noqa: A002 - the word of `Runs.search`
        *,
        experiment: str = "",
        is_deleted: bool = False,
        limit: int = MOST_RUNS,
        progress: Progress | None = None,
    ) -> ValueTable:
        """Returns these fields of the newest ``limit`` runs a filter holds for, newest first.

        Raises:
            FilterError: With the position of what cannot be read.
            BadInput: ``E-FILTER`` for the best of a metric whose direction nobody knows.
            Cancelled: Between two blocks of rows.
        """
        tree, schema = self._questions.filter(filter), self._questions.schema()
        where = condition(tree=tree, experiment=experiment, is_deleted=is_deleted)
        known = [resolved_field(field, schema) for field in fields]
        with self._catalog.read() as connection:
            table = read_values(connection, where, known, progress or Silent(), limit=limit)
        columns = zip(table.columns, fields, strict=True)
        return replace(table, columns=tuple(replace(each, field=asked) for each, asked in columns))

    def spread(
        self,
        filter: str = "",  # noqa: A002 - as above
        *,
        experiment: str = "",
        is_deleted: bool = False,
    ) -> tuple[Spread, ...]:
        """Returns metrics and params of a sample of the runs, those most runs have first.

        Raises:
            FilterError: With the position of what cannot be read.
        """
        tree = self._questions.filter(filter)
        where = condition(tree=tree, experiment=experiment, is_deleted=is_deleted)
        with self._catalog.read() as connection:
            return read_spread(connection, where)
