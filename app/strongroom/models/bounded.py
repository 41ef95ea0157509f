# SPDX-License-Identifier: Apache-2.0
"""Reading bytes of strangers: no single read, no line and no expansion without a limit.

* A `Budget` is shared by all files of one tree: a thousand small bombs are one big bomb.
* A `BoundedStream` refuses a read that a hostile length field asked for.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.domain.errors import Untrusted

CHUNK_BYTES = 1 << 20  # large enough to be quick, small enough to hold a few
MAX_READ_BYTES = 16 << 20  # the largest piece any format needs at once (a zip's directory)
MAX_EXPANDED_BYTES = 320 << 20  # unpacked and read in under 4 s; arrays cost only their headers
MAX_OPCODES = 1_200_000  # walked in about 3 s; arrays are one opcode each, whatever their size
MAX_MEMBERS = 20_000  # members of one archive; torch writes one per tensor
MAX_NESTING = 4  # an archive in an archive in a stream: nobody's model goes deeper


class Reader(Protocol):
    """A binary file somebody opened for us; seekable if ``seekable`` says so."""

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes; none at the end."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Moves to an offset."""
        ...

    def seekable(self) -> bool:
        """Returns whether ``seek`` works."""
        ...

    def close(self) -> None:
        """Closes the file."""
        ...


@dataclass(slots=True)
class Budget:
    """What one inspection may still spend: expanded bytes and pickle opcodes."""

    expanded_bytes: int = field(default=MAX_EXPANDED_BYTES)
    opcodes: int = field(default=MAX_OPCODES)

    def spend_bytes(self, count: int) -> None:
        """Takes expanded bytes from the budget.

        Raises:
            Untrusted: ``E-BOMB`` when nothing is left.
        """
        self.expanded_bytes -= count
        if self.expanded_bytes < 0:
            raise Untrusted(
                "E-BOMB",
                f"A packed file expands to more than {MAX_EXPANDED_BYTES >> 20} MiB",
                "Ask the author for the unpacked model; nothing of it was kept.",
            )


class BoundedStream(io.RawIOBase):
    """A read-only view of a reader that refuses reads larger than any honest format needs.

    `zipfile` and other readers follow length fields of the file; this is where they stop.
    """

    def __init__(self, source: Reader, budget: Budget | None = None) -> None:
        super().__init__()
        self._source = source
        self._budget = budget

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns whether the file below can seek."""
        return self._source.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Moves to an offset and returns it."""
        self._source.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Returns the current offset."""
        return self._source.seek(0, io.SEEK_CUR)

    def read(self, size: int | None = -1, /) -> bytes:
        """Returns exactly ``size`` bytes, or fewer at the end of the file.

        Raises:
            Untrusted: ``E-SIZE`` if more is asked for than `MAX_READ_BYTES`; ``E-BOMB`` if a
                budget was given and is spent.
        """
        wanted = MAX_READ_BYTES if size is None or size < 0 else size
        if wanted > MAX_READ_BYTES:
            raise Untrusted(
                "E-SIZE",
                f"A file asks for {wanted:,} bytes at once where {MAX_READ_BYTES:,} are allowed",
                "The file is damaged or hostile; it was not read further.",
            )
        parts: list[bytes] = []
        while wanted > 0:
            part = self._source.read(min(wanted, CHUNK_BYTES))
            if not part:
                break
            if self._budget is not None:
                self._budget.spend_bytes(len(part))
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def chunks(stream: BoundedStream) -> Iterator[bytes]:
    """Yields the rest of a stream in pieces of up to `CHUNK_BYTES`."""
    while part := stream.read(CHUNK_BYTES):
        yield part
