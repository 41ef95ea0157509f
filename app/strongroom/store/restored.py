# SPDX-License-Identifier: Apache-2.0
"""The mark of a store that was restored from a backup: its old key signs nothing more here.

* What was signed between the backup and the loss may live on a share or a stick. The old key would
  use its numbers again, and two events under one number freeze a writer for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.canonical import JsonValue, decode_loose, encode
from strongroom.domain.clock import from_iso, to_iso
from strongroom.domain.errors import Untrusted

FILE = "restored.json"
FORMAT = 1
MAX_BYTES = 1 << 20  # a line a writer; no team has ten thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """From which backup a store was restored, when that was made, and when it was put back.

    ``heads`` is how many events of each writer the backup held.
    """

    backup: str
    made_us: int
    restored_us: int
    heads: Mapping[str, int]

    @property
    def stamp(self) -> str:
        """What tells this restoring from every other."""
        return f"{self.backup} {to_iso(self.restored_us)}"


def restored_mark(*, backup: str, made_us: int, now_us: int, heads: Mapping[str, int]) -> bytes:
    """Returns the mark as it lies in a store; it comes with the store's own files, not after."""
    document: JsonValue = {
        "format": FORMAT,
        "backup": backup,
        "made": to_iso(made_us),
        "restored": to_iso(now_us),
        "heads": dict(heads),
    }
    return encode(document)


def read_restored(root: Path) -> Restored | None:
    """Returns the mark of a store, None if it was not restored.

    Raises:
        Untrusted: ``E-FORMAT`` if there is a mark that cannot be read.
    """
    try:
        data = (root / FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = decode_loose(data, max_bytes=MAX_BYTES)
        return Restored(
            backup=str(document["backup"]),
            made_us=from_iso(document["made"]),
            restored_us=from_iso(document["restored"]),
            heads={str(writer): int(count) for writer, count in document["heads"].items()},
        )
    except (Untrusted, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Untrusted(
            "E-FORMAT",
            f"{root / FILE} cannot be read",
            "The store was restored from a backup; restore it again, or make a new identity.",
        ) from error
