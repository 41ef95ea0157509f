# SPDX-License-Identifier: Apache-2.0
"""Opening what came as one file, a bundle or a receipt: nothing counts before its maker does.

* Who made it is judged under our trust documents and those it brings itself.
"""

from contextlib import suppress
from pathlib import Path

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.exchange.onefile_index import check_maker
from strongroom.exchange.onefile_reader import OneFile
from strongroom.exchange.receipt import Receipt, read_receipt
from strongroom.services.workstation import Workstation
from strongroom.store.faults import explained
from strongroom.store.plainfile import read_bounded, too_large
from strongroom.store.segments import trust_name
from strongroom.store.snapshot import no_team
from strongroom.trust import envelope
from strongroom.trust.identity import SecretsHandler
from strongroom.trust.trust_chain import TrustChain, build_chain
from strongroom.trust.trustdoc import SignedTrust, read_trust

MAX_BROUGHT_BYTES = 64 << 20  # of trust documents; a thousand versions of a large team


class BundleOpening:
    """Opens bundles and receipts for a workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._at = workstation

    def bundle(self, path: Path, ask: SecretsHandler | None) -> OneFile:
        """Opens a bundle, whose maker is not judged yet; raises as `OneFile`.

        Raises:
            Refused: ``E-TEAM`` without a team.
        """
        if not self._at.home.pinned_team():
            raise no_team()
        return OneFile(path.expanduser().absolute(), lambda: self._at.keys(ask=ask))

    def judged(self, bundle: OneFile) -> TrustChain:
        """Accepts who made a bundle; returns the chain with the documents it brings.

        A maker whom we know is held to his signature before anything else of the file is read.

        Raises:
            Untrusted: As `check_maker`; ``E-SIZE`` if it brings more documents than anybody needs.
        """
        here = self._at.snapshot_or_empty().trust
        team = self._at.home.pinned_team()
        if here.latest is not None and bundle.index.writer in here.latest.members:
            check_maker(bundle.index, bundle.envelope, here, team)
        brought = self._brought(bundle, here)
        chain = build_chain([*here.versions, *here.forked, *brought], team)
        check_maker(bundle.index, bundle.envelope, chain, team)
        return chain

    def _brought(self, bundle: OneFile, here: TrustChain) -> list[SignedTrust]:
        """Reads the trust documents of a bundle that we do not have."""
        known = {
            f"trust/{trust_name(each.document.version, each.envelope.raw)}"
            for each in here.versions
        }
        files = [file for file in bundle.trust_files() if file.path not in known]
        size = sum(file.size for file in files)
        if size > MAX_BROUGHT_BYTES:
            raise too_large("What it brings of the team", size, MAX_BROUGHT_BYTES)
        brought = []
        for file in files:
            with suppress(Untrusted):  # the pull says which one and why
                brought.append(read_trust(bundle.read_trust(file)))
        return brought

    def receipt(self, path: Path) -> tuple[Receipt, str]:
        """Reads a receipt of somebody in the team; returns it with its id.

        Raises:
            BadInput: ``E-NAME`` if there is no such file.
            Untrusted: As `read_receipt`.
        """
        with explained(path):
            try:
                raw = read_bounded(path, envelope.MAX_MANIFEST_BYTES)
            except FileNotFoundError as error:
                raise BadInput("E-NAME", f"There is no file {path}", "Check the name.") from error
        return read_receipt(raw, self._at.snapshot().trust)
