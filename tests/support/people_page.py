# SPDX-License-Identifier: Apache-2.0
"""What the People page asks, of one workstation; and the page of it, shown and at rest."""

from pytestqt.qtbot import QtBot

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.page import PeoplePage, PeopleServices
from strongroom.services.access_review import AccessReviews
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.revocations import Revocations
from strongroom.services.rights import Rights
from strongroom.services.root_keys import RootKeys
from strongroom.services.rotation import Rotation
from strongroom.services.trust_forks import TrustForks
from strongroom.services.waiting_drafts import WaitingDrafts
from strongroom.services.workstation import Workstation
from support.cheap_keys import CHEAP
from support.settling import settle


def services_of(at: Workstation) -> PeopleServices:
    """Returns what the page asks; keys that are made there cost nothing to guess."""
    people = People(at)
    return PeopleServices(
        people=people,
        rights=Rights(at),
        identities=Identities(at),
        rotation=Rotation(at, people.changes, cost=CHEAP),
        revocations=Revocations(at, people.changes),
        forks=TrustForks(at, people.changes),
        reviews=AccessReviews(at),
        roots=RootKeys(at, people.changes, cost=CHEAP),
        drafts=WaitingDrafts(at, people.changes),
        clock=at.clock,
    )


def opened(at: Workstation, tasks: Tasks, qtbot: QtBot, place: Place | None = None) -> PeoplePage:
    """Returns the page after its first look."""
    page = PeoplePage(services_of(at), tasks)
    qtbot.addWidget(page)
    page.resize(1256, 800)
    page.show()
    page.show_place(place or Place("people"))
    settle(tasks)
    return page
