# SPDX-License-Identifier: Apache-2.0
"""The receipt for a one-file bundle: a small signed file that travels home later (ADR 17).

* It says who took in which bundle, what became of it, and what that workstation has now: the base
  of the next bundle for it.
* A receipt is a claim of its signer. Believing a false one costs him content he then lacks, and
  nobody else anything.
"""

from dataclasses import dataclass

from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.team import STATEMENT_TYPE
from strongroom.exchange.carrier import check_signer
from strongroom.exchange.onefile_index import Held, read_held
from strongroom.trust import envelope
from strongroom.trust.signer import Signer
from strongroom.trust.trust_chain import TrustChain

PREDICATE_TYPE = "urn:strongroom:receipt:v1"
ADVICE = "Ask for the receipt again; the bundle itself is not touched by this."
_FIELDS = {"team", "writer", "app", "time", "bundle", "title", "counts", "rejected", "held"}
_COUNTS = {"new", "same", "waiting", "conflicts", "rejected"}
MAX_REJECTED = 1_000  # lines; the counts tell the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a bundle where it arrived; ``rejected`` are pairs of code and path."""

    team: str
    writer: str
    app: str
    time: str
    bundle: str
    title: str
    new: int
    same: int
    waiting: int
    conflicts: int
    rejected_count: int
    rejected: tuple[tuple[str, str], ...]
    held: Held

    def to_statement(self) -> JsonValue:
        """Returns the in-toto Statement whose canonical bytes are signed."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "strongbundle", "digest": {"sha256": self.bundle}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "team": self.team,
                "writer": self.writer,
                "app": self.app,
                "time": self.time,
                "bundle": self.bundle,
                "title": self.title,
                "counts": {
                    "new": self.new,
                    "same": self.same,
                    "waiting": self.waiting,
                    "conflicts": self.conflicts,
                    "rejected": self.rejected_count,
                },
                "rejected": [{"code": code, "path": path} for code, path in self.rejected],
                "held": self.held.to_json(),
            },
        }


def seal_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """Returns the signed bytes of a receipt."""
    return envelope.seal(receipt.to_statement(), [signer])


def read_receipt(raw: bytes, trust: TrustChain) -> tuple[Receipt, str]:
    """Reads a receipt that an enrolled writer signed; returns it with its id.

    Raises:
        Untrusted: ``E-SIZE``, ``E-CANON``, ``E-FORMAT``, ``E-TEAM``, ``E-SIG``; ``E-CUT`` if
            its signer was revoked.
    """
    parsed = envelope.parse(raw, max_bytes=envelope.MAX_MANIFEST_BYTES)
    try:
        receipt = _read(parsed.document)
        is_same = receipt.to_statement() == parsed.document
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _unreadable(str(error)) from error
    if not is_same:
        raise _unreadable("it says something twice, differently")
    if receipt.team != trust.team:
        raise Untrusted("E-TEAM", "The receipt belongs to another team", ADVICE)
    member = trust.latest.members.get(receipt.writer) if trust.latest else None
    check_signer("receipt", receipt.writer, parsed, member, ADVICE)
    return receipt, parsed.payload_id


def _read(statement: JsonValue) -> Receipt:
    predicate = statement["predicate"]
    if set(predicate) != _FIELDS or statement["predicateType"] != PREDICATE_TYPE:
        raise ValueError("its fields differ")
    texts = ("team", "writer", "app", "time", "bundle", "title")
    if not all(isinstance(predicate[key], str) for key in texts):
        raise ValueError("a text was expected")
    if not all(is_digest(predicate[key]) for key in ("team", "writer", "bundle")):
        raise ValueError("team, writer and bundle are digests")
    from_iso(predicate["time"])
    counts, rejected = predicate["counts"], predicate["rejected"]
    if set(counts) != _COUNTS or not all(type(n) is int and n >= 0 for n in counts.values()):
        raise ValueError("counts are numbers")
    if len(rejected) > MAX_REJECTED or not all(
        isinstance(each["code"], str) and isinstance(each["path"], str) for each in rejected
    ):
        raise ValueError("what was rejected is named by code and path")
    return Receipt(
        team=predicate["team"],
        writer=predicate["writer"],
        app=predicate["app"],
        time=predicate["time"],
        bundle=predicate["bundle"],
        title=predicate["title"],
        new=counts["new"],
        same=counts["same"],
        waiting=counts["waiting"],
        conflicts=counts["conflicts"],
        rejected_count=counts["rejected"],
        rejected=tuple((each["code"], each["path"]) for each in rejected),
        held=read_held(predicate["held"]),
    )


def _unreadable(why: str) -> Untrusted:
    return Untrusted("E-FORMAT", f"This is not a receipt we know ({why})", ADVICE)
