# SPDX-License-Identifier: Apache-2.0
"""Who signed what travels as one file, a bundle or a receipt: somebody in the team, by one key.

* A key that was rotated still counts for what it signed; one that was revoked for anything else
  does not, whenever the file claims to have been made.
"""

from strongroom.domain.errors import Untrusted
from strongroom.domain.team import Member
from strongroom.trust.envelope import Envelope
from strongroom.trust.keys import from_hex

ROTATED = "rotated"


def check_signer(
    what: str, writer: str, parsed: Envelope, member: Member | None, advice: str
) -> None:
    """Accepts an envelope that its writer, who is in the team, signed alone.

    Args:
        what: ``bundle`` or ``receipt``.
        writer: Who claims to have made it.
        parsed: Its envelope.
        member: The writer as the team knows him, None for a stranger.
        advice: What to do about a signature that does not hold.

    Raises:
        Untrusted: ``E-SIG``; ``E-CUT`` if the writer was revoked.
    """
    if member is None:
        raise Untrusted("E-SIG", f"The {what} is signed by a key that is not in the team", advice)
    signature = parsed.signatures[0]
    is_own = len(parsed.signatures) == 1 and signature.keyid == writer
    if not is_own or not from_hex(member.alg, member.pub).verify(
        signature.sig, parsed.signed_bytes
    ):
        raise Untrusted("E-SIG", f"The signature of the {what} does not hold", advice)
    if not member.is_active and member.reason != ROTATED:
        raise Untrusted(
            "E-CUT",
            f"The {what} is signed by a key that was revoked",
            "Ask somebody who is in the team to make it again.",
        )
