# SPDX-License-Identifier: Apache-2.0
"""What people type becomes what is asked of the catalog.

* ``best`` is resolved by the metric's rule, ``contract`` by the contracts in force; the catalog
  knows runs and no opinions.
"""

from strongroom.domain.contract_query import with_contracts
from strongroom.domain.metric_schema import MetricSchema
from strongroom.domain.query import Filter, Order
from strongroom.domain.query_best import resolved, resolved_orders
from strongroom.domain.query_parser import parse_filter, parse_order
from strongroom.services.contracts import Contracts
from strongroom.services.metric_schema import MetricSchemas


class Questions:
    """Reads filters and orders for one store.

    Args:
        schemas: What metrics mean.
        contracts: What runs are held to.
    """

    def __init__(self, schemas: MetricSchemas, contracts: Contracts) -> None:
        self._schemas, self._contracts = schemas, contracts

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
        return with_contracts(resolved(tree, self.schema()), self._contracts.all)

    def orders(self, text: str) -> tuple[Order, ...]:
        """Returns the order a text asks for.

        Raises:
            FilterError, BadInput: As `filter`.
        """
        return resolved_orders(parse_order(text), self.schema())
