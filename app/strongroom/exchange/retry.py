# SPDX-License-Identifier: Apache-2.0
"""A second look at something in quarantine: the same gate, with what is known by now.

* Bytes decide what a thing is, not the name it came under.
* What is refused again stays where it is.
"""

import hashlib
from dataclasses import dataclass, field

from strongroom.domain.changes import Changes
from strongroom.domain.errors import Untrusted
from strongroom.exchange.local import LocalSide, check_manifest, content_events
from strongroom.store.ledger import Intake
from strongroom.store.segments import MAX_SEGMENT_LINES
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex
from strongroom.trust.trustdoc import read_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Whether the thing was taken in; if not, code and one sentence.

    No code says that it is nothing that could be taken in: then the first refusal stands.
    """

    is_taken: bool
    code: str = ""
    detail: str = ""
    changes: Changes = field(default_factory=Changes)


def try_again(here: LocalSide, data: bytes) -> Retry:
    """Passes bytes through the gate as what they are: trust document, manifest, or events.

    Raises:
        EnvironmentFault: ``E-FULL``, ``E-STORE``.
    """
    try:
        read_trust(data)
    except Untrusted:
        pass
    else:
        return _result(here.ledger.take([data], []))
    found = _manifest(here, data)
    if found is not None:
        return found
    lines = [line for line in data.split(b"\n") if line][:MAX_SEGMENT_LINES]
    if not any(map(_is_event, lines)):
        return Retry(is_taken=False)
    return _result(here.ledger.take([], lines))


def _is_event(line: bytes) -> bool:
    try:
        envelope.parse(line, max_bytes=envelope.MAX_EVENT_BYTES)
    except Untrusted:
        return False
    return True


def _result(intake: Intake) -> Retry:
    changes = Changes(
        events=frozenset(event.id for event in intake.events), is_team=bool(intake.trust)
    )
    if intake.rejected:
        error = intake.rejected[0][1]
        return Retry(is_taken=False, code=error.code, detail=error.title, changes=changes)
    if intake.waiting:
        first = intake.waiting[0]
        return Retry(is_taken=False, code=first.code, detail=first.reason, changes=changes)
    if not (intake.trust or intake.events or intake.same):
        return Retry(is_taken=False)
    return Retry(is_taken=True, detail="It was taken in", changes=changes)


def _manifest(here: LocalSide, data: bytes) -> Retry | None:
    """Takes a manifest in if an event names it; None if the bytes are none."""
    digest = hashlib.sha256(data).hexdigest()
    snapshot = here.ledger.refresh()
    if snapshot.trust.latest is None:
        return None
    named = [e for e in content_events(snapshot) if e.body["manifest"] == digest]
    if not named:
        return None

    def is_signed(writer: str, parsed: envelope.Envelope) -> bool:
        member = snapshot.latest.members[writer]
        signature = parsed.signatures[0]
        key = from_hex(member.alg, member.pub)
        return signature.keyid == writer and key.verify(signature.sig, parsed.signed_bytes)

    try:
        check_manifest(data, named[0], is_signed)
    except Untrusted as error:
        return Retry(is_taken=False, code=error.code, detail=error.title)
    here.ledger.files.put_manifest(data)
    return Retry(
        is_taken=True,
        detail="It was taken in; pull again for its content",
        changes=Changes(events=frozenset({named[0].id})),
    )
