# SPDX-License-Identifier: Apache-2.0
"""The receipt for a one-file bundle: a small signed file that travels home later (ADR 17).

* It says who took in which bundle, what became of it, and what that workstation has now: the base
  of the next bundle for it.
* A receipt is a claim of its signer. Believing a false one costs him content he then lacks, and
  nobody else anything.
"""

import re
from dataclasses import dataclass

from strongroom.domain.artifact import MAX_PATH_CHARACTERS
from strongroom.domain.canonical import JsonValue
from strongroom.domain.clock import from_iso
from strongroom.domain.errors import Untrusted
from strongroom.domain.team import STATEMENT_TYPE
from strongroom.exchange.carrier import (
    MAX_APP,
    MAX_TIME,
    check_signer,
    predicate_of,
    read_document,
)
from strongroom.exchange.onefile_index import MAX_TITLE, Held, read_held
from strongroom.trust import envelope
from strongroom.trust.signer import Signer
from strongroom.trust.trust_chain import TrustChain

PREDICATE_TYPE = "urn:strongroom:receipt:v1"
ADVICE = "Ask for the receipt again; the bundle itself is not touched by this."
_CODE = re.compile(r"[A-Z]-[A-Z0-9-]{1,30}")
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
    receipt, parsed = read_document(
        raw, _read, _unreadable, kind=PREDICATE_TYPE, what="The receipt"
    )
    if receipt.team != trust.team:
        raise Untrusted("E-TEAM", "The receipt belongs to another team", ADVICE)
    member = trust.latest.members.get(receipt.writer) if trust.latest else None
    check_signer("receipt", receipt.writer, parsed, member, ADVICE)
    return receipt, parsed.payload_id


def _read(statement: JsonValue) -> Receipt:
    predicate = predicate_of(
        statement,
        PREDICATE_TYPE,
        digests={"team", "writer", "bundle"},
        texts={"app": MAX_APP, "time": MAX_TIME, "title": MAX_TITLE},
        others={"counts", "rejected", "held"},
    )
    from_iso(predicate["time"])
    counts, rejected = predicate["counts"], predicate["rejected"]
    if set(counts) != _COUNTS or not all(type(n) is int and n >= 0 for n in counts.values()):
        raise ValueError("counts are numbers")
    if len(rejected) > MAX_REJECTED or not all(map(_is_refusal, rejected)):
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


def _is_refusal(told: JsonValue) -> bool:
    return (
        isinstance(told["code"], str)
        and _CODE.fullmatch(told["code"]) is not None
        and isinstance(told["path"], str)
        and len(told["path"]) <= MAX_PATH_CHARACTERS
    )


def _unreadable(why: str) -> Untrusted:
    return Untrusted("E-FORMAT", f"This is not a receipt we know ({why})", ADVICE)
