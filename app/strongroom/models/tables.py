# SPDX-License-Identifier: Apache-2.0
"""Judges Parquet and Arrow files by their ends: whole, and without types kept as pickles.

* pyarrow before 14.0.1 unpickled extension types named in a file's schema; such a file is code.
* The schema stands as it is in Arrow files and as base64 in Parquet: both spellings are sought.
"""

import base64

from strongroom.models.bounded import BoundedStream
from strongroom.models.verdict import Verdict, code, data, unknown

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"
MAX_FOOTER_BYTES = 12 << 20  # schemas of tens of thousands of columns
_PICKLED_TYPE = b"arrow.py_extension_type"


def _spellings() -> tuple[bytes, ...]:
    shifted = (base64.b64encode(b"\0" * shift + _PICKLED_TYPE) for shift in range(3))
    # four characters at each end also depend on the neighbours
    return (_PICKLED_TYPE, *(text[4:-4] for text in shifted))


def classify_table(stream: BoundedStream, size_bytes: int) -> Verdict:
    """Returns the class of a Parquet or Arrow file; the stream must seek."""
    magic = PARQUET_MAGIC if stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC else ARROW_MAGIC
    kind = "Parquet" if magic == PARQUET_MAGIC else "Arrow"
    tail = 4 + len(magic)
    if size_bytes < 2 * len(magic) + 4:
        return unknown(f"damaged {kind} file")
    stream.seek(size_bytes - tail)
    end = stream.read(tail)
    length = int.from_bytes(end[:4], "little")
    if not end.endswith(magic) or not 0 < length <= min(MAX_FOOTER_BYTES, size_bytes - tail):
        return unknown(f"damaged {kind} file")
    stream.seek(size_bytes - tail - length)
    footer = stream.read(length)
    stream.seek(0)
    start = stream.read(min(size_bytes, 1 << 20)) if magic == ARROW_MAGIC else b""
    if any(spelling in footer or spelling in start for spelling in _spellings()):
        return code(f"{kind} with types kept as pickles")
    return data(kind)
