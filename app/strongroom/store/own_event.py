# SPDX-License-Identifier: Apache-2.0
"""The next event of a writer: what it continues, what it cites, and what it has seen.

* `seen` names only heads that changed since the writer's own previous event.
* A writer whose log is forked, or not all here, signs nothing: the number would be used twice.
"""

from collections.abc import Mapping

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import Clock, to_iso
from strongroom.domain.errors import Refused, Untrusted
from strongroom.domain.event import Event, subject_of
from strongroom.store.snapshot import Snapshot
from strongroom.trust.trust_chain import TrustChain

ADVICE = "Stop signing here: make a new identity and ask an admin to revoke the old one."


def next_event(
    snapshot: Snapshot,
    writer: str,
    type_: str,
    body: Mapping[str, JsonValue],
    *,
    clock: Clock,
    app: str,
) -> Event:
    """Returns the event that a writer would sign now; its id is not known before it is sealed.

    Raises:
        Refused: ``E-TEAM`` if there is no trust document, ``E-CUT`` after ``writer.rotate``.
        Untrusted: ``E-EQUIV`` or ``E-GAP`` if the writer's own log is forked or incomplete.
    """
    latest, chains = snapshot.latest, snapshot.chains
    chain = chains.by_writer.get(writer, ())
    for alarm in chains.alarms:
        if alarm.code == "E-EQUIV" and alarm.object.startswith(writer):
            raise Untrusted(
                "E-EQUIV",
                "This workstation's key has signed two different events under one number",
                ADVICE,
            )
    if chain and chain[-1].type == "writer.rotate":
        raise Refused(
            "E-CUT",
            "This key has named its heir and signs nothing more",
            "The new key signs once an admin has admitted it: strongroom people admit FILE.",
        )
    if snapshot.highest(writer) > len(chain):
        raise incomplete(len(chain))
    seen = snapshot.seen_so_far(chain[-1]) if chain else {}
    news = {w: head for w, head in chains.heads.items() if w != writer and _is_news(head, seen, w)}
    name, digest = subject_of(type_, body, snapshot.trust.team)
    return Event(
        id="",
        team=snapshot.trust.team,
        writer=writer,
        seq=len(chain) + 1,
        prev=chain[-1].id if chain else "",
        trust_version=latest.version,
        trust_id=latest.id,
        seen=news,
        time=to_iso(clock.now_us()),
        app=app,
        type=type_,
        body=body,
        subject_name=name,
        subject_digest=digest,
    )


def incomplete(count: int) -> Untrusted:
    """Returns the refusal to sign while part of the own log cannot be read."""
    return Untrusted(
        "E-GAP",
        f"This workstation's own log can be read up to event {count} only, and goes on after it",
        "Pull to complete it, and run: strongroom verify. Until then nothing is signed here.",
    )


def forked(trust: TrustChain) -> Untrusted:
    """Returns the refusal to sign while nobody can say which trust document is in force."""
    number = trust.forked[0].document.version
    return Untrusted(
        "E-TRUST-FORK",
        f"The team has {len(trust.forked)} documents with number {number}; nothing is signed until"
        " one is confirmed",
        "See both, and who can settle it, with: strongroom team fork. Tracking goes on.",
    )


def _is_news(head: tuple[int, str], seen: Mapping[str, tuple[int, str]], writer: str) -> bool:
    """Whether a head goes beyond what was named before; a chain that was frozen since does not."""
    return head[0] > seen.get(writer, (0, ""))[0]
