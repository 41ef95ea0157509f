# SPDX-License-Identifier: Apache-2.0
"""What the reviews page needs: five topics of services, nothing of how they are put together."""

from dataclasses import dataclass

from strongroom.desktop.kit.secrets import Signer, signer_of
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

    def signer(self) -> Signer | None:
        """Returns whose key signs here, None without an identity."""
        return signer_of(self.identities)

    def writer(self) -> str:
        """Returns the key id that signs here, "" without an identity."""
        card = self.identities.show()
        return card.writer if card else ""
