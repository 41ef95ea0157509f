# SPDX-License-Identifier: Apache-2.0
"""What the reviews page needs: five topics of services, nothing of how they are put together."""

from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registry import Registry
from strongroom.services.review import Reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewServices:
    """Requests and answers, versions, who I am, what the policy says, and the time."""

    reviews: Reviews
    registry: Registry
    identities: Identities
    people: People
    clock: Clock

    def writer(self) -> str:
        """Returns the key id that signs here, "" without an identity."""
        card = self.identities.show()
        return card.writer if card else ""
