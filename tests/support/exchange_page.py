# SPDX-License-Identifier: Apache-2.0
"""The Exchange page of a peer, shown and at rest."""

from pytestqt.qtbot import QtBot

from strongroom.desktop.exchange.page import ExchangePage, ExchangeServices
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.services.audit import Audit
from strongroom.services.bundles import Bundles
from strongroom.services.experiments import Experiments
from strongroom.services.secrets import Secrets
from strongroom.services.sticks import Sticks
from strongroom.services.witness import Witness
from support.peers import Peer
from support.settling import settle


def opened(peer: Peer, tasks: Tasks, qtbot: QtBot) -> ExchangePage:
    """Returns the page of a peer after its first look."""
    services = ExchangeServices(
        exchange=peer.exchange,
        people=peer.people,
        audit=Audit(peer.at, peer.registry, Witness(peer.at)),
        identities=peer.identities,
        sticks=Sticks(peer.at),
        overrides=Secrets(peer.at),
        bundles=Bundles(peer.at),
        registry=peer.registry,
        experiments=Experiments(peer.at.catalog),
        clock=peer.clock,
    )
    page = ExchangePage(services, tasks)
    qtbot.addWidget(page)
    page.resize(1256, 800)
    page.show()
    page.show_place(Place("exchange"))
    settle(tasks)
    return page
