# SPDX-License-Identifier: Apache-2.0
"""The late rule: what was signed in ignorance of a change that the admins made without seeing it.

* A right is given from what the admins had seen of a log on (``heads``). An event beyond that which
  cites an earlier version was signed apart from the change: neither side knew of the other.
* Such an event counts by a right that its own version gave and nobody took. Where only the change
  it did not know of allows it, a human confirms it (trust.md 3.5, ADR 20).
* What the change takes away is the cut's to say (E-CUT), a changed policy the votes' (E-POLICY).
* Nothing here asks a clock.
"""

from collections.abc import Mapping, Sequence

from strongroom.domain.access import NOWHERE, IdAt, rights
from strongroom.domain.event import Event
from strongroom.domain.team import TrustDocument

LATE = "E-LATE"


def is_late(
    trust: Sequence[TrustDocument],
    aside: Mapping[str, int],
    event: Event,
    cap: str,
    *,
    kind: str,
    name: str,
    id_at: IdAt = NOWHERE,
) -> bool:
    """Whether an event that is allowed is allowed only by what came after the version it cites.

    Args:
        trust: The valid versions 1..N, in order.
        aside: Trust documents that were put aside, and the last version their side shared.
        event: The event.
        cap: The capability it needs, e.g. ``approve:production``.
        kind: ``model`` or ``experiment``.
        name: The name within the kind.
        id_at: Looks up ids, to hold a cut against the chain it was made for.
    """
    cited = min(aside.get(event.trust_id, event.trust_version), len(trust))
    if cited == len(trust):
        return False
    member = trust[cited - 1].members.get(event.writer)
    known = {(g.cap, g.scope, g.after_seq) for g in (member.grants if member else ())}
    held = rights(trust[-1], event.writer, event.seq, cap, kind=kind, name=name, id_at=id_at)
    return bool(held) and not any((g.cap, g.scope, g.after_seq) in known for g in held)
