# SPDX-License-Identifier: Apache-2.0
"""What the models page needs of the services, and nothing of how they are put together."""

from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.services.artifacts import Artifacts
from strongroom.services.handover import Handover
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registering import Registering
from strongroom.services.registry import Registry
from strongroom.services.review import Reviews


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServices:
    """Versions, requests about them, their files, who I am, what the policy says, the time."""

    registry: Registry
    registering: Registering
    reviews: Reviews
    handover: Handover
    identities: Identities
    people: People
    artifacts: Artifacts
    clock: Clock
