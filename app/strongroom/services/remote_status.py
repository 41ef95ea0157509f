# SPDX-License-Identifier: Apache-2.0
"""How a remote and this store differ now: asked without copying anything.

* A share that is gone is an answer, not an error.
"""

from dataclasses import dataclass, field

from strongroom.domain.errors import StrongroomError
from strongroom.domain.progress import Progress
from strongroom.exchange.outcome import Counts
from strongroom.exchange.pull import check_team, pull
from strongroom.exchange.push_plan import plan_push
from strongroom.services.exchange_memory import ExchangeMemory, RemoteInfo
from strongroom.services.remote_places import RemotePlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStatus:
    """How this store and a remote differ now, or why that cannot be said.

    ``damaged_there`` counts files of the remote that do not hold; they are in no other count.
    ``unsigned_here`` counts finished runs that nobody has signed: a plain push leaves them here.
    """

    info: RemoteInfo
    is_reachable: bool
    is_writable: bool = False
    code: str = ""
    title: str = ""
    advice: str = ""
    only_here: Counts = field(default_factory=Counts)
    only_there: Counts = field(default_factory=Counts)
    damaged_there: int = 0
    unsigned_here: int = 0


def look(
    places: RemotePlaces,
    memory: ExchangeMemory,
    name: str,
    progress: Progress | None = None,
) -> RemoteStatus:
    """Returns how a remote and this store differ.

    Raises:
        BadInput: ``E-REMOTE`` for an unknown name.
        Cancelled: If somebody asked to stop.
    """
    info = places.info(name)
    try:
        here, remote = places.local(), places.open(info.path)
        check_team(here, remote)
        plan = plan_push(here, remote, damaged=frozenset(info.damaged), progress=progress)
        there = pull(
            here, remote, origin=name, marks=memory.marks(name), is_dry=True,
            suspects=info.damaged, progress=progress,
        )  # fmt: skip
    except StrongroomError as error:
        return RemoteStatus(
            info=info, is_reachable=False, code=error.code, title=error.title, advice=error.advice
        )
    return RemoteStatus(
        info=info,
        is_reachable=True,
        is_writable=remote.is_writable,
        only_here=plan.counts,
        only_there=there.outcome.pulled,
        damaged_there=len(there.damaged),
    )
