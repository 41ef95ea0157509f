# SPDX-License-Identifier: Apache-2.0
"""What the People page asks: who is in the team, why, with which keys, and the time."""

from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.revocations import Revocations
from strongroom.services.rights import Rights
from strongroom.services.rotation import Rotation
from strongroom.services.trust_forks import TrustForks


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleServices:
    """The team, the rights of its keys, the key of this workstation and its next one, the time."""

    people: People
    rights: Rights
    identities: Identities
    rotation: Rotation
    revocations: Revocations
    forks: TrustForks
    clock: Clock
