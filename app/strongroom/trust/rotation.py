# SPDX-License-Identifier: Apache-2.0
"""A new key for a writer, signed by the old one and by itself (trust.md 4.3).

* The old log ends with ``writer.rotate``: it names the new key, so the old key vouches for it; the
  proof in it is the new key's, so nobody names a key he does not hold.
* It gives no right. The admins let the new key take the old one's place in the trust document.
"""

import base64

from strongroom.domain import canonical
from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.event import Event, is_well_formed
from strongroom.trust.keys import KeyPair, from_hex, from_spki

ROTATE = "writer.rotate"


def rotation_body(team: str, old: str, heir: KeyPair, reason: str) -> dict[str, JsonValue]:
    """Returns the body of the last event of an old log: its heir, and that heir's proof."""
    message = _message(team, old, heir.writer)
    return {
        "writer": heir.writer,
        "pub": heir.ed25519_pub.hex,
        "p256": heir.p256_spki,
        "proof": base64.b64encode(heir.sign_ed25519(message)).decode("ascii"),
        "reason": reason,
    }


def heir_of(event: Event) -> str:
    """Returns the key that an event names as its writer's heir, "" if its proof does not hold."""
    if event.type != ROTATE or not is_well_formed(event):
        return ""
    try:
        key = from_hex("ed25519", str(event.body["pub"]))
        from_spki(str(event.body["p256"]))
        proof = base64.b64decode(str(event.body["proof"]), validate=True)
    except (Untrusted, ValueError):
        return ""
    is_proved = key.verify(proof, _message(event.team, event.writer, key.keyid))
    return key.keyid if is_proved and key.keyid == event.body["writer"] else ""


def _message(team: str, old: str, new: str) -> bytes:
    return canonical.encode({"rotate": "strongroom", "team": team, "from": old, "to": new})
