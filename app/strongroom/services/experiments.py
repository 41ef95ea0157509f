# SPDX-License-Identifier: Apache-2.0
"""Experiments: the named groups of runs, and how busy each is."""

from dataclasses import dataclass

from strongroom.store.catalog import Catalog
from strongroom.store.run_columns import experiment_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A group of runs; counts leave deleted runs out, times are microseconds UTC."""

    name: str
    run_count: int
    running_count: int
    last_started_us: int | None


class Experiments:
    """Answers what experiments there are."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def list(self) -> tuple[Experiment, ...]:
        """Returns the experiments that have runs, the one that ran last first."""
        with self._catalog.read() as connection:
            return tuple(
                Experiment(
                    name=name, run_count=runs, running_count=running, last_started_us=started
                )
                for name, runs, running, started in experiment_rows(connection)
            )
