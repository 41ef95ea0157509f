# SPDX-License-Identifier: Apache-2.0
"""Making a one-file bundle: a push whose remote is the file (ADR 17).

* What leaves is recorded by a signed event.
* A bundle of chosen things is whole, or there is none.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress
from strongroom.exchange.far_side import FarSide
from strongroom.exchange.onefile_builder import Built, Facts, OneFileBuilder
from strongroom.exchange.onefile_index import MAX_TITLE, Held
from strongroom.exchange.onefile_reader import SUFFIX
from strongroom.exchange.outcome import Outcome
from strongroom.exchange.push import push
from strongroom.services.bundle_choosing import BundleChoosing, BundleOrder, Chosen
from strongroom.services.bundle_opening import BundleOpening
from strongroom.services.carriage import CarriageMemory
from strongroom.services.local_side import local_side
from strongroom.services.recipients import recipients_of
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.growing_file import GrowingFile, WeighedFile
from strongroom.store.home_formats import CARRIAGE
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.signer import Ed25519Signer

EXPORT = "export.bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bundle that was written: its id, file, and what it holds."""

    id: str
    path: str
    title: str
    kind: str
    sha256: str
    size_bytes: int
    outcome: Outcome
    to: tuple[str, ...] = ()
    """The people it is sealed for, () if it is open to whoever finds it."""


class BundleMaking:
    """Makes the bundles of a workstation."""

    def __init__(
        self, workstation: Workstation, memory: CarriageMemory, opening: BundleOpening
    ) -> None:
        self._at, self._memory, self._opening = workstation, memory, opening
        self._choosing = BundleChoosing(workstation)

    def create(
        self, path: Path, order: BundleOrder, ask: SecretsHandler | None, progress: Progress | None
    ) -> Made:
        """Writes a bundle; refusals are those of `Bundles.create`."""
        final = bundle_path(path)
        snapshot = self._at.snapshot()
        names, _, _ = recipients_of(snapshot.latest, order.to, self._at.require_card().writer)
        self._at.check_may_sign()
        self._at.home.require_writable(CARRIAGE)
        self._at.runs.refresh()
        pair = self._at.keys(ask=ask)
        held, base = self._base(order.since, ask) if order.since else (Held(), "")
        chosen = self._choosing.signed(order)
        facts = self._facts(order, chosen, pair.writer, base)
        here = local_side(self._at)
        file = GrowingFile(final, random_bytes=self._at.random_bytes)
        try:
            builder = OneFileBuilder(file, FarSide(here, held, chosen.manifests), facts)
            pushed = push(here, builder, origin=final.name, progress=progress).outcome
            _check_whole(pushed, is_chosen=chosen.manifests is not None)
            built = builder.finish(Ed25519Signer(pair))
            self._record(built, ask)  # before it has its name: nothing leaves unrecorded
            builder.publish()
        except BaseException:
            file.discard()
            raise
        self._memory.note_sent(built, str(final))
        return Made(
            id=built.id,
            path=str(final),
            title=built.index.title,
            kind=built.index.kind,
            sha256=built.sha256,
            size_bytes=built.size_bytes,
            outcome=pushed,
            to=names,
        )

    def preview(
        self, path: Path, order: BundleOrder, ask: SecretsHandler | None, progress: Progress | None
    ) -> Outcome:
        """Says what a bundle would hold; nothing is written or signed. See `Bundles.preview`."""
        final = bundle_path(path)
        writer = self._at.require_card().writer
        recipients_of(self._at.snapshot().latest, order.to, writer)
        self._at.check_may_sign()
        self._at.runs.refresh()
        held, base = self._base(order.since, ask) if order.since else (Held(), "")
        chosen = self._choosing.unsigned(order)
        facts = self._facts(replace(order, to=()), chosen, writer, base)
        here = local_side(self._at)
        builder = OneFileBuilder(WeighedFile(final), FarSide(here, held, chosen.manifests), facts)
        return push(
            here, builder, origin=final.name, prospects=chosen.prospects, is_dry=True,
            progress=progress,
        ).outcome  # fmt: skip

    def _facts(self, order: BundleOrder, chosen: Chosen, writer: str, base: str) -> Facts:
        snapshot = self._at.snapshot()
        _, writers, keys = recipients_of(snapshot.latest, order.to, writer)
        kind, title = chosen.kind, chosen.title
        if chosen.manifests is None:
            kind = "delta" if order.since else "everything"
            what = "What is new in" if order.since else "All of"
            title = f"{what} {snapshot.latest.team_name}"
        return Facts(
            team=snapshot.trust.team,
            writer=writer,
            app=self._at.app,
            created_us=self._at.clock.now_us(),
            kind=kind,
            title=title[:MAX_TITLE],
            to=writers,
            keys=keys,
            base=base,
        )

    def _base(self, since: Path, ask: SecretsHandler | None) -> tuple[Held, str]:
        """Returns what the reader has by a receipt or an earlier bundle, and that one's id."""
        with explained(since), suppress(FileNotFoundError), since.open("rb") as file:
            if file.read(1) == b"{":
                receipt, id_ = self._opening.receipt(since)
                return receipt.held, id_
        with self._opening.bundle(since, ask) as bundle:
            self._opening.judged(bundle)
            return bundle.index.held, bundle.id

    def _record(self, built: Built, ask: SecretsHandler | None) -> None:
        body = {
            "bundle": built.id,
            "kind": built.index.kind,
            "receipt": "",
            "sha256": built.sha256,
            "title": built.index.title,
            "to": " ".join(built.index.to),
        }
        self._at.sign(EXPORT, body, ask=ask)


def bundle_path(path: Path) -> Path:
    """Returns where a bundle of that name lies: with the ending that says what it is."""
    final = path.absolute()
    return final if final.suffix == SUFFIX else final.with_name(final.name + SUFFIX)


def _check_whole(pushed: Outcome, *, is_chosen: bool) -> None:
    """Refuses a bundle that lacks a part of what its index would promise.

    Of everything, what is not here is no reason to hold back the rest: the index names it. What is
    here and does not hold is, for then the index would promise what does not come.

    Raises:
        Untrusted: ``E-MISSING``, ``E-HASH``, ``E-PATH`` and others.
    """
    if pushed.rejected:
        found = pushed.rejected[0]
        raise Untrusted(
            found.code,
            f"Something that should travel does not hold: {found.detail}",
            "Pull it again from a remote; strongroom verify lists all damage. None was written.",
        )
    if is_chosen and pushed.waiting:
        found = pushed.waiting[0]
        raise Untrusted(
            found.code,
            f"Something that should travel is not here: {found.detail}",
            "Pull it from a remote that has it, then make the bundle again. None was written.",
        )
