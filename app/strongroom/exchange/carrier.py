# SPDX-License-Identifier: Apache-2.0
"""What travels as one file, a bundle's index or a receipt: read strictly, signed by one of us.

* It has exactly the fields of its kind, of bounded length, and one spelling: what was understood
  is written out again and must be the same document.
* A key that was rotated still counts for what it signed; one that was revoked for anything else
  does not, whenever the file claims to have been made.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol, TypeVar

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.newer_format import refuse_newer
from strongroom.domain.team import Member
from strongroom.trust.envelope import MAX_MANIFEST_BYTES, Envelope, parse
from strongroom.trust.keys import from_hex

ROTATED = "rotated"
MAX_APP, MAX_TIME = 100, 40  # characters of what a document says of its making


class Document(Protocol):
    """What can be written out as the statement it was read from."""

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        ...


Read = TypeVar("Read", bound=Document)


def read_document(
    raw: bytes,
    read: Callable[[JsonValue], Read],
    refusal: Callable[[str], Untrusted],
    *,
    kind: str,
    what: str,
) -> tuple[Read, Envelope]:
    """Reads a document; whose signature it bears is `check_signer`'s question.

    Args:
        raw: Its envelope.
        read: Understands a statement; may raise what looking into a strange one raises.
        refusal: Makes the refusal of a document that cannot be understood, from the reason.
        kind: Its predicate type.
        what: ``The bundle`` or ``The receipt``.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``; ``refusal``.
        NewerFormat: ``E-FORMAT`` for a document of tomorrow.
    """
    parsed = parse(raw, max_bytes=MAX_MANIFEST_BYTES)
    refuse_newer(parsed.document, kind, what)
    try:
        document = read(parsed.document)
        is_same = document.to_statement() == parsed.document
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise refusal(str(error)) from error
    if not is_same:
        raise refusal("it says something twice, differently")
    return document, parsed


def predicate_of(
    statement: JsonValue,
    kind: str,
    *,
    digests: Collection[str],
    texts: Mapping[str, int],
    others: Collection[str],
) -> JsonValue:
    """Returns the predicate of a statement that has exactly the fields of its kind.

    Args:
        statement: The document.
        kind: Its predicate type.
        digests: Fields that are digests.
        texts: Fields that are texts, with the characters each may have.
        others: Fields that the caller looks at.

    Raises:
        ValueError, KeyError, TypeError: If it has others, or a longer one.
    """
    predicate = statement["predicate"]
    if set(predicate) != {*digests, *texts, *others} or statement["predicateType"] != kind:
        raise ValueError("its fields differ")
    for name in (*digests, *texts):
        if not isinstance(predicate[name], str):
            raise ValueError(f"{name} is no text")
    if not all(is_digest(predicate[name]) for name in digests):
        raise ValueError(f"{', '.join(sorted(digests))} are digests")
    if any(len(predicate[name]) > longest for name, longest in texts.items()):
        raise ValueError("a text is too long")
    return predicate


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
