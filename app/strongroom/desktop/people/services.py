# SPDX-License-Identifier: Apache-2.0
"""What the People page asks: who is in the team, why, with which keys, and the time."""

from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.domain.team import TrustDocument
from strongroom.services.access_review import AccessReviews
from strongroom.services.identities import Identities
from strongroom.services.members import TeamMember
from strongroom.services.people import People
from strongroom.services.revocations import Revocations
from strongroom.services.rights import Rights
from strongroom.services.root_keys import RootKeys
from strongroom.services.rotation import Rotation
from strongroom.services.trust_forks import TrustForks
from strongroom.services.waiting_drafts import WaitingDrafts


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleServices:
    """The team, its drafts, rights now and then, its root keys; the key of this workstation."""

    people: People
    rights: Rights
    identities: Identities
    rotation: Rotation
    revocations: Revocations
    forks: TrustForks
    reviews: AccessReviews
    roots: RootKeys
    drafts: WaitingDrafts
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRead:
    """What one look at the team found; ``document`` is None where there is none yet."""

    id: str
    document: TrustDocument | None = None
    members: tuple[TeamMember, ...] = ()
    needs_others: bool = False
    is_forked: bool = False
    put_aside: int = 0  # the version that was in force here, 0 if none was put aside


def read_team(services: PeopleServices) -> TeamRead:
    """Looks at the team; not for the window's thread."""
    people = services.people
    turned = services.forks.turned() if people.has_team() else None
    if not people.has_team():
        return TeamRead(id=people.team_id())
    return TeamRead(
        id=people.team_id(),
        document=people.team(),
        members=people.people(),
        needs_others=people.needs_others(),
        is_forked=services.forks.view() is not None,
        put_aside=turned.was.version if turned is not None else 0,
    )
