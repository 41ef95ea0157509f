# SPDX-License-Identifier: Apache-2.0
"""Reads the headers of array files: NumPy's .npy and safetensors, standard library only.

* A .npy of objects is a pickle behind a header; every other type is plain bytes.
* A safetensors file is its header and then exactly the bytes the header describes: no gap, no
  overlap, nothing behind.
"""

import ast
import json
import math
import re
import struct
from typing import Any

from strongroom.models.bounded import MAX_READ_BYTES, BoundedStream
from strongroom.models.verdict import Verdict, code, data, unknown

NPY_MAGIC = b"\x93NUMPY"
MAX_NPY_HEADER_BYTES = 64 * 1024  # structured types with thousands of fields fit; numpy allows 10k
MAX_AXES = 64  # numpy's own limit
_PLAIN_TYPE = re.compile(r"[<>=|]?(\?|[biufcSUVaMm]\d*(\[\d*[A-Za-zμ]{1,8}\])?)")
_SAFETENSORS_TYPES = {
    **dict.fromkeys(["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"], 1),
    **dict.fromkeys(["U16", "I16", "F16", "BF16"], 2),
    **dict.fromkeys(["U32", "I32", "F32"], 4),
    **dict.fromkeys(["U64", "I64", "F64", "C64"], 8),
}  # bytes of one element


def classify_npy(stream: BoundedStream) -> Verdict:
    """Returns the class of a .npy file from its header."""
    head = stream.read(12)
    width = 2 if head[6:7] == b"\x01" else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    if not head.startswith(NPY_MAGIC) or head[6] not in {1, 2, 3} or length > MAX_NPY_HEADER_BYTES:
        return unknown("damaged .npy header")
    text = (head[8 + width :] + stream.read(length - (12 - 8 - width))).decode("latin-1")
    try:
        header = ast.literal_eval(text.strip())
        kinds = list(_types(header["descr"], 0))
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        return unknown("damaged .npy header")
    if any(kind.lstrip("<>=|").startswith("O") for kind in kinds):
        return code("array of Python objects, kept as a pickle")
    if all(_PLAIN_TYPE.fullmatch(kind) for kind in kinds):
        return data("array of plain numbers or text")
    return unknown("array of an unfamiliar type")


def _types(descr: Any, depth: int) -> list[str]:  # noqa: ANN401 - a literal of the file
    if depth > 16:
        raise ValueError("a type nested too deeply")
    if isinstance(descr, str):
        return [descr]
    if isinstance(descr, tuple):  # (type, shape) or (type, metadata)
        return _types(descr[0], depth + 1)
    if not isinstance(descr, list):
        raise ValueError("no type")
    return [kind for field in descr for kind in _types(field[1], depth + 1)]


def classify_safetensors(stream: BoundedStream, size_bytes: int) -> Verdict:
    """Returns ``data-only`` if header and size agree to the byte, else ``unknown``."""
    prefix = stream.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
    if not 2 <= length <= min(MAX_READ_BYTES, size_bytes):
        return unknown("damaged safetensors header")
    try:
        header = json.loads(stream.read(length).decode("utf-8"), object_pairs_hook=_unique)
        end = _end_of_tensors(header)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        return unknown(f"damaged safetensors header: {str(error)[:60]}")
    if 8 + length + end != size_bytes:
        return unknown("safetensors header and file size disagree")
    return data("safetensors")


def _end_of_tensors(header: dict[str, Any]) -> int:
    spans = []
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        shape = tensor["shape"]
        numbers = [begin, end, *shape]
        if len(shape) > MAX_AXES or not all(type(each) is int and each >= 0 for each in numbers):
            raise ValueError("a tensor without a shape")
        if end - begin != math.prod(shape) * _SAFETENSORS_TYPES[tensor["dtype"]]:
            raise ValueError("a tensor of another size than its shape")
        spans.append((begin, end))
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise ValueError("a gap or an overlap between tensors")
        at = end
    return at


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
