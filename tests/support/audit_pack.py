# SPDX-License-Identifier: Apache-2.0
"""The trust documents, logs and proofs of a package, without the package around them."""

from collections.abc import Iterable

from strongroom.trust.trustdoc import read_trust
from support.sealed_team import sha256
from support.team_builder import Station


class Papers:
    """Trust documents under their names in a package, and nothing else.

    Args:
        documents: Their envelopes.
    """

    def __init__(self, documents: Iterable[bytes]) -> None:
        self.files: dict[str, bytes] = {}
        for raw in documents:
            number = read_trust(raw).document.version
            self.files[f"data/trust/{number:08d}.{sha256(raw)[:16]}.json"] = raw

    def under(self, folder: str) -> list[str]:
        """Returns the names below a folder."""
        return sorted(name for name in self.files if name.startswith(folder))

    def read(self, name: str, _limit: int) -> bytes:
        """Returns the bytes of a file."""
        return self.files[name]

    def sha256(self, name: str) -> str:
        """Returns the digest of a file."""
        return sha256(self.files[name])


class Pack(Papers):
    """What a workstation would put into a package for the auditor's script.

    Args:
        station: The workstation.
    """

    def __init__(self, station: Station) -> None:
        super().__init__(station.trust)
        snapshot = station.snapshot
        for writer, chain in snapshot.chains.by_writer.items():
            lines = b"".join(snapshot.raw[event.id] + b"\n" for event in chain)
            if lines:
                self.files[f"data/log/{writer}.jsonl"] = lines
        for alarm in snapshot.chains.alarms:
            if alarm.code == "E-EQUIV":
                writer, _, seq = alarm.object.partition("/")
                here = sorted(snapshot.events[writer, int(seq)], key=lambda each: each.event.id)
                lines = b"".join(each.raw + b"\n" for each in here[:2])
                self.files[f"data/equivocation/{writer}.jsonl"] = lines
