# SPDX-License-Identifier: Apache-2.0
"""A checksum inside a document of a run folder, so that a flipped byte is refused where it is read.

* The member ``check`` is the CRC-32 of the document's canonical bytes without it. It is no
  signature: it finds what disks and sticks do, not what people do.
* A document without it is from before there was one, or from another program; it is read as it is.
"""

import zlib
from collections.abc import Mapping
from typing import Any

from strongroom.domain.canonical import JsonValue, encode
from strongroom.domain.errors import Untrusted

CHECK = "check"
_BEGIN = b'"check":"'
_DIGITS = 8


def encode_checked(document: Mapping[str, JsonValue]) -> bytes:
    """Returns the canonical bytes of a document with its ``check``.

    Raises:
        ValueError: As `canonical.encode`.
    """
    data = encode({**document, CHECK: "0" * _DIGITS})  # encoded once: documents may be large
    at = data.find(_BEGIN) + len(_BEGIN)
    return data[:at] + b"%08x" % zlib.crc32(_without(data)) + data[at + _DIGITS :]


def refuse_changed(document: Mapping[str, Any], data: bytes, name: str) -> None:
    """Holds a document against its ``check``, if it has one.

    Args:
        document: What was decoded.
        data: The canonical bytes it was decoded from.
        name: What messages call it.

    Raises:
        Untrusted: ``E-HASH`` if it was changed.
    """
    if CHECK not in document:
        return
    if document[CHECK] != f"{zlib.crc32(_without(data)):08x}":
        raise Untrusted(
            "E-HASH",
            f"{name} was changed after it was written",
            "Copy the run folder again from where it came, or repair it from a remote.",
        )


def _without(data: bytes) -> bytes:
    """Returns the canonical bytes of a document without its ``check``.

    Members are sorted and quotes inside texts are escaped, so the first one that looks like it is
    the document's own: what stands before it in a run's documents has no member of that name.
    """
    start = data.find(_BEGIN)
    end = start + len(_BEGIN) + _DIGITS + 1
    if data[end : end + 1] == b",":
        return data[:start] + data[end + 1 :]
    return data[: start - 1] + data[end:]  # the last member: the comma stands before it
