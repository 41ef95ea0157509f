# SPDX-License-Identifier: Apache-2.0
"""What people type becomes what is asked of the catalog.

* ``best`` is resolved by the metric's rule, ``contract`` by the contracts in force; the catalog
  knows runs and no opinions.
"""

import json

import numpy as np

from strongroom.domain.contract_query import with_contracts
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Among, AnyOf, Filter, Order
from strongroom.domain.query_best import resolved, resolved_orders
from strongroom.domain.query_parser import parse_filter, parse_order
from strongroom.services.contracts import Contracts
from strongroom.services.logged_models import LoggedModels
from strongroom.services.metric_schema import MetricSchemas
from strongroom.store.catalog import Catalog
from strongroom.store.contract_breaches import matching

MOST_SETTLED = 200_000  # ids of one list, some 1.4 MB of text


class Questions:
    """Reads filters and orders for one store.

    Args:
        schemas: What metrics mean.
        contracts: What runs are held to.
        models: Answer what contracts ask of signatures.
        catalog: Answers who breaks a contract before the rest is asked.
    """

    def __init__(
        self, schemas: MetricSchemas, contracts: Contracts, models: LoggedModels, catalog: Catalog
    ) -> None:
        self._schemas, self._contracts = schemas, contracts
        self._models, self._catalog = models, catalog

    def schema(self) -> MetricSchema:
        """Returns what metrics mean."""
        return self._schemas.read()

    def filter(self, text: str) -> Filter | None:
        """Returns what a filter asks for; blank text is no filter.

        Raises:
            FilterError: With the position of what cannot be read.
            BadInput: ``E-FILTER`` for ``best`` of a metric without a direction.
        """
        tree = parse_filter(text)
        if tree is None:
            return None
        return with_contracts(resolved(tree, self.schema()), self._contracts.all, self._settle)

    def orders(self, text: str) -> tuple[Order, ...]:
        """Returns the order a text asks for.

        Raises:
            FilterError, BadInput: As `filter`.
        """
        return resolved_orders(parse_order(text), self.schema())

    def _settle(self, tree: AnyOf) -> Filter:
        """Returns the runs that break rules as a list of ids, unless they are too many for one.

        A walk over an index would hold each run to every rule again.
        """
        settled = self._models.settled(tree)
        assert isinstance(settled, AnyOf)  # noqa: S101 - its parts are settled, not itself
        with self._catalog.read() as connection:
            parts = [matching(connection, part) for part in settled.parts]
        ids = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
        return Among(ids=json.dumps(ids.tolist())) if len(ids) <= MOST_SETTLED else settled
