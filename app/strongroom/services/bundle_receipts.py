# SPDX-License-Identifier: Apache-2.0
"""Receipts for one-file bundles: written where one was taken in, confirmed where it was made.

* That a receipt came home is a signed event, once.
"""

from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.errors import BadInput
from strongroom.exchange.far_side import held_here
from strongroom.exchange.onefile_index import check_index_bounds
from strongroom.exchange.receipt import Receipt, seal_receipt
from strongroom.services.bundle_making import EXPORT
from strongroom.services.bundle_opening import BundleOpening
from strongroom.services.carriage import CarriageMemory, TakenBundle
from strongroom.services.local_side import local_side
from strongroom.services.workstation import Workstation
from strongroom.store.growing_file import GrowingFile
from strongroom.store.home_formats import CARRIAGE
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A receipt that came home: who took in what, and what was refused there."""

    id: str
    bundle: str
    title: str
    by: str
    at_us: int
    is_ours: bool
    new: int
    waiting: int
    rejected: tuple[tuple[str, str], ...]
    rejected_count: int


class BundleReceipts:
    """Writes and reads the receipts of a workstation."""

    def __init__(
        self, workstation: Workstation, memory: CarriageMemory, opening: BundleOpening
    ) -> None:
        self._at, self._memory, self._opening = workstation, memory, opening

    def write(
        self, bundle: Path | str, target: Path, *, ask: SecretsHandler | None = None
    ) -> TakenBundle:
        """Writes the receipt for a bundle that was taken in here; as `Bundles.write_receipt`."""
        id_ = bundle if isinstance(bundle, str) else self._id_of(bundle, ask)
        taken = next((each for each in self._memory.taken() if each.id == id_), None)
        if taken is None:
            raise BadInput(
                "E-MISSING",
                "This bundle was not taken in on this workstation",
                "Take it in first: strongroom bundle take FILE.",
            )
        pair = self._at.keys(ask=ask)
        receipt = Receipt(
            team=self._at.snapshot().trust.team,
            writer=pair.writer,
            app=self._at.app,
            time=to_iso(taken.taken_at_us),
            bundle=taken.id,
            title=taken.title,
            new=taken.new,
            same=taken.same,
            waiting=taken.waiting,
            conflicts=taken.conflicts,
            rejected_count=taken.rejected_count,
            rejected=taken.rejected,
            held=held_here(local_side(self._at)),
        )
        raw = seal_receipt(receipt, Ed25519Signer(pair))
        check_index_bounds(len(raw), len(receipt.held.lacks))
        file = GrowingFile(target.absolute(), random_bytes=self._at.random_bytes)
        try:
            file.write(raw)
            file.publish()
        except BaseException:
            file.discard()
            raise
        return taken

    def confirm(self, path: Path, *, ask: SecretsHandler | None = None) -> Confirmed:
        """Takes note of a receipt that came home; as `Bundles.confirm`."""
        self._at.home.require_writable(CARRIAGE)
        receipt, id_ = self._opening.receipt(path)
        name = self._at.snapshot().latest.name_of(receipt.writer)
        is_known = any(
            event.type == EXPORT and event.body.get("receipt") == id_
            for event in self._at.snapshot().chains.events()
        )
        if not is_known:
            body = {
                "bundle": receipt.bundle, "kind": "", "receipt": id_, "sha256": "",
                "title": receipt.title, "to": receipt.writer,
            }  # fmt: skip
            self._at.sign(EXPORT, body, ask=ask)
        return Confirmed(
            id=id_,
            bundle=receipt.bundle,
            title=receipt.title,
            by=name,
            at_us=from_iso(receipt.time),
            is_ours=self._memory.note_receipt(receipt, name),
            new=receipt.new,
            waiting=receipt.waiting,
            rejected=receipt.rejected,
            rejected_count=receipt.rejected_count,
        )

    def _id_of(self, path: Path, ask: SecretsHandler | None) -> str:
        with self._opening.bundle(path, ask) as bundle:
            self._opening.judged(bundle)
            return bundle.id
